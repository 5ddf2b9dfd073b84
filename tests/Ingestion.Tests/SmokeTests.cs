namespace EnterpriseRag.Ingestion.Tests;

public sealed class SmokeTests
{
}
