using EnterpriseRag.Inference.Generation;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class StopStringsTests
{
    [Fact]
    public void Without_stop_strings_text_passes_at_once()
    {
        var stops = new StopStrings(null);

        stops.Push("any text").ShouldBe("any text");
        stops.Finish().ShouldBe("");
    }

    [Theory]
    [InlineData("one END two", "one ", true)]
    [InlineData("one EN", "one EN", false)]
    [InlineData("EEND", "E", true)]
    [InlineData("STOPEND", "", true)]
    [InlineData("no stop here", "no stop here", false)]
    public void The_result_does_not_depend_on_how_the_text_is_cut(string text, string expected, bool found)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            var stops = new StopStrings(["END", "STOP"]);

            string result = string.Concat(text.Chunk(size).Select(piece => stops.Push(new string(piece)))) + stops.Finish();

            result.ShouldBe(expected);
            stops.Found.ShouldBe(found);
        }
    }

    [Fact]
    public void Only_what_may_become_a_stop_string_is_held_back()
    {
        var stops = new StopStrings(["\n\n"]);

        stops.Push("line\n").ShouldBe("line");
        stops.Push("next").ShouldBe("\nnext");
    }
}
