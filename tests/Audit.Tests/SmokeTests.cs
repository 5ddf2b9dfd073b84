namespace EnterpriseRag.Audit.Tests;

public sealed class SmokeTests
{
}
