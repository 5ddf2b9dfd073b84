using EnterpriseRag.Answering.Grounding;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Answering.Tests;

public sealed class ClaimsTests
{
    [Theory]
    [InlineData("EUR 1.250,50", "EUR 1,250.50")]
    [InlineData("thirty days", "30 Tage")]
    [InlineData("dreißig Tage", "thirty days")]
    [InlineData("1,000,000 euros", "1.000.000 Euro")]
    public void Figures_are_equal_in_both_notations(string one, string other) =>
        Claims.Of(one).Numbers.SetEquals(Claims.Of(other).Numbers).ShouldBeTrue();

    [Theory]
    [InlineData("on 1 March 2026")]
    [InlineData("am 1. März 2026")]
    [InlineData("on March 1, 2026")]
    [InlineData("01.03.2026")]
    [InlineData("2026-03-01")]
    [InlineData("the 1st of March 2026")]
    public void Dates_are_equal_in_all_spellings(string text)
    {
        var claims = Claims.Of(text);
        claims.Dates.ShouldBe([new DateOnly(2026, 3, 1)]);
        claims.Numbers.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("The tenant may not sublet.", true)]
    [InlineData("Der Mieter darf nicht untervermieten.", true)]
    [InlineData("Es besteht kein Anspruch.", true)]
    [InlineData("The tenant can't sublet.", true)]
    [InlineData("The tenant may sublet.", false)]
    [InlineData("A notable exception.", false)]
    public void Negation_is_seen(string text, bool negated) => Claims.Of(text).Negated.ShouldBe(negated);

    [Fact]
    public void Names_are_words_with_capitals_inside_the_sentence()
    {
        Claims.Of("The supplier Northwind delivers to McKay in March.").Names.ShouldBe(["Northwind", "McKay"]);
    }

    [Fact]
    public void Quoted_words_are_collected_in_all_quotation_marks()
    {
        Claims.Of("It says \"at once\" and „unverzüglich“.").Quoted.ShouldBe(["at once", "unverzüglich"]);
    }
}
