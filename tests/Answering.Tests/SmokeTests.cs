namespace EnterpriseRag.Answering.Tests;

public sealed class SmokeTests
{
}
