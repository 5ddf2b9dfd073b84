namespace EnterpriseRag.Storage.Tests;

public sealed class SmokeTests
{
}
