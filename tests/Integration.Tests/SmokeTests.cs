namespace EnterpriseRag.Integration.Tests;

public sealed class SmokeTests
{
}
