namespace EnterpriseRag.Architecture.Tests;

public sealed class SmokeTests
{
}
