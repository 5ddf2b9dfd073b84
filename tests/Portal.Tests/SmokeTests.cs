namespace EnterpriseRag.Portal.Tests;

public sealed class SmokeTests
{
}
