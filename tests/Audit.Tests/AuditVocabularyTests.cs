using Shouldly;
using Xunit;

namespace EnterpriseRag.Audit.Tests;

public sealed class AuditVocabularyTests
{
    [Theory]
    [InlineData("contract-review", "art6-1-f", null)]
    [InlineData("contract-review+hr", "art6-1-b+art6-1-f", null)]
    [InlineData("contract review", "art6-1-f", "purpose")]
    [InlineData("contract-review+", "art6-1-f", "purpose")]
    [InlineData("contract-review", "art6-1-f+art9-2-a", "legal basis")]
    public void A_request_over_several_matters_names_each_purpose_and_basis(string purpose, string basis, string? fault)
    {
        var found = AuditVocabulary.Fault(new ProcessingContext(purpose, basis, "std-12m", RecordingLevelCode.Content, Privileged: false));
        if (fault is null)
        {
            found.ShouldBeNull();
        }
        else
        {
            found.ShouldNotBeNull().ShouldContain(fault);
        }
    }
}
