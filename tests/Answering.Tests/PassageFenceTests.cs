using EnterpriseRag.Answering.Prompting;
using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Search;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Answering.Tests;

public sealed class PassageFenceTests
{
    private static readonly Passage[] s_passages = [Passage("The notice period is three months."), Passage("Rent is due on the third day.")];

    [Fact]
    public void The_same_passages_in_the_same_scope_get_the_same_boundary()
    {
        string first = PassageFence.Boundary("scope", s_passages);

        PassageFence.Boundary("scope", [.. s_passages]).ShouldBe(first);
        first.Length.ShouldBe(12);
        first.ShouldAllBe(c => char.IsAsciiHexDigitLower(c));
    }

    [Fact]
    public void Another_scope_text_or_order_gets_another()
    {
        string[] boundaries =
        [
            PassageFence.Boundary("scope", s_passages),
            PassageFence.Boundary("other", s_passages),
            PassageFence.Boundary("scope", [s_passages[1], s_passages[0]]),
            PassageFence.Boundary("scope", [s_passages[0]]),
            PassageFence.Boundary("scope", [s_passages[0], Passage("Rent is due on the third day!")]),
        ];

        boundaries.ShouldBeUnique();
    }

    private static Passage Passage(string text) =>
        new(new MatterId(Guid.Empty), new DocumentId(Guid.Empty), new DocumentVersionId(Guid.Empty), "document", 0, 1, 0, [], "en", text, 0, 0, 0, []);
}
