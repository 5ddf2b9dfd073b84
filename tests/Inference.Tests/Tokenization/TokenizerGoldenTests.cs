using System.Globalization;
using EnterpriseRag.Inference.Tokenization;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Tokenization;

public sealed class TokenizerGoldenTests
{
    [Theory]
    [MemberData(nameof(Golden.Names), MemberType = typeof(Golden))]
    public void Ids_equal_those_of_the_reference(string name)
    {
        var (tokenizer, cases) = Golden.Of(name);

        foreach (var golden in cases)
        {
            tokenizer.Encode(golden.Text, new EncodeOptions(SpecialTokensInText: true)).Ids.ShouldBe(golden.Ids, golden.Text);
            Ids(tokenizer, golden.Text, new EncodeOptions(SpecialTokensInText: true)).ShouldBe(golden.Ids, golden.Text);
        }
    }

    [Theory]
    [MemberData(nameof(Golden.Names), MemberType = typeof(Golden))]
    public void Offsets_in_code_points_equal_those_of_the_reference(string name)
    {
        var (tokenizer, cases) = Golden.Of(name);

        foreach (var golden in cases)
        {
            var offsets = tokenizer.Encode(golden.Text, new EncodeOptions(SpecialTokensInText: true)).Offsets;
            Render(offsets.Select(span => (CodePoints(golden.Text, span.Start), CodePoints(golden.Text, span.End))))
                .ShouldBe(Render(golden.Offsets.Select(pair => (pair[0], pair[1]))), golden.Text);
        }
    }

    [Theory]
    [MemberData(nameof(Golden.Names), MemberType = typeof(Golden))]
    public void Decoded_text_equals_that_of_the_reference(string name)
    {
        var (tokenizer, cases) = Golden.Of(name);

        foreach (var golden in cases)
        {
            tokenizer.Decode(golden.Ids, skipSpecialTokens: false).ShouldBe(golden.Decoded);
        }
    }

    [Theory]
    [MemberData(nameof(Golden.Names), MemberType = typeof(Golden))]
    public void Template_tokens_are_added_on_request(string name)
    {
        var (tokenizer, cases) = Golden.Of(name);

        foreach (var golden in cases)
        {
            Ids(tokenizer, golden.Text, new EncodeOptions(AddSpecialTokens: true, SpecialTokensInText: true)).ShouldBe(golden.IdsWithSpecials ?? golden.Ids, golden.Text);
        }
    }

    [Theory]
    [MemberData(nameof(Golden.Names), MemberType = typeof(Golden))]
    public void Special_tokens_are_plain_text_unless_asked_for(string name)
    {
        var (tokenizer, cases) = Golden.Of(name);

        foreach (var golden in cases)
        {
            Ids(tokenizer, golden.Text, default).ShouldBe(golden.IdsAsPlainText ?? golden.Ids, golden.Text);
            tokenizer.CountTokens(golden.Text).ShouldBe((golden.IdsAsPlainText ?? golden.Ids).Length);
        }
    }

    private static int[] Ids(Tokenizer tokenizer, string text, EncodeOptions options)
    {
        List<int> ids = [];
        tokenizer.Encode(text, options, ids).ShouldBe(ids.Count);
        return [.. ids];
    }

    private static int CodePoints(string text, int units) => text.AsSpan(0, units).ToString().EnumerateRunes().Count();

    private static string Render(IEnumerable<(int Start, int End)> spans) =>
        string.Join(' ', spans.Select(span => string.Create(CultureInfo.InvariantCulture, $"{span.Start}-{span.End}")));
}
