namespace EnterpriseRag.Inference.Tests;

public sealed class SmokeTests
{
}
