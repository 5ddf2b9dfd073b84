namespace EnterpriseRag.Retrieval.Tests;

public sealed class SmokeTests
{
}
