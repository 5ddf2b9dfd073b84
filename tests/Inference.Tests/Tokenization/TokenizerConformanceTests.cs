using EnterpriseRag.Testing.Tokenizers;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Tokenization;

public sealed class TokenizerConformanceTests
{
    private const int Strings = 2000;
    private const int Seed = 20261122;

    public static TheoryData<string> Names { get; } = [.. ReferenceTokenizer.All.Select(tokenizer => tokenizer.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Ids_spans_and_texts_equal_those_of_the_reference_implementation(string name)
    {
        var file = ReferenceTokenizer.All.Single(tokenizer => string.Equals(tokenizer.Name, name, StringComparison.Ordinal)).Path;

        var differences = await TokenizerConformance.CompareAsync(file, [.. new UnicodeFuzzer(Seed).Take(Strings)], TestContext.Current.CancellationToken);

        differences.Take(5).ShouldBeEmpty($"{differences.Count} differences");
    }
}
