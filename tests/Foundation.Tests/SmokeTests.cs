namespace EnterpriseRag.Foundation.Tests;

public sealed class SmokeTests
{
}
