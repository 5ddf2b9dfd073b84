using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Answering.Grounding;
using EnterpriseRag.Inference;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Answering.Tests;

/// <summary>The checker with the real embedding model.</summary>
public sealed class SentenceCheckerTests : IClassFixture<SentenceCheckerTests.Checker>
{
    private readonly SentenceChecker _checker;

    public SentenceCheckerTests(Checker fixture) => _checker = fixture.Value;

    private static readonly IReadOnlyList<GroundingSource> s_sources =
    [
        Source(
            1,
            "Framework agreement",
            "The Customer may terminate this Agreement by giving sixty (60) days' written notice.",
            "The Supplier shall not use subcontractors without the prior written consent of the Customer."),
        Source(2, "Minutes of the advisory board meeting", "Held on 24 February 2026 in Hamburg and by video conference."),
        Source(4, "Minutes of the advisory board meeting", "The next meeting takes place on 23 June 2026 in Lübeck."),
        Source(3, "Travel policy", "Hotel costs are reimbursed up to EUR 165 a night.", "In London the limit is EUR 230.", "The policy was adopted on 1 October 2025."),
    ];

    [Theory]
    [InlineData("The Customer may terminate this Agreement by giving sixty (60) days' written notice.", 1)]
    [InlineData("Hotel costs are reimbursed up to EUR 165 a night.", 3)]
    public async Task The_sources_own_words_are_verified(string sentence, int source)
    {
        var verdict = await CheckAsync(sentence);
        verdict.State.ShouldBe(SentenceState.Verified);
        verdict.Citations.ShouldBe([source]);
    }

    [Theory]
    [InlineData("The Customer can terminate the Agreement with a written notice of 60 days.", 1)]
    [InlineData("Hotel costs of up to EUR 165 a night are reimbursed.", 3)]
    public async Task Other_words_with_the_same_claims_are_a_paraphrase(string sentence, int source)
    {
        var verdict = await CheckAsync(sentence);
        verdict.State.ShouldBe(SentenceState.Paraphrase, verdict.Reason);
        verdict.Citations.ShouldBe([source]);
    }

    [Theory]
    [InlineData("The Customer may terminate this Agreement by giving ninety days' written notice.", "numbers")]
    [InlineData("Hotel costs are reimbursed up to EUR 185 a night.", "numbers")]
    [InlineData("The travel policy was adopted on 1 November 2025.", "dates")]
    [InlineData("Hotel costs in Zanzibar are reimbursed up to EUR 165 a night.", "names")]
    [InlineData("The Supplier shall use subcontractors with the consent of the Customer.", "negation")]
    [InlineData("The Customer may not terminate this Agreement with sixty days of notice.", "negation")]
    [InlineData("The policy says \"limit of luxury\" for hotel costs up to EUR 165.", "quotation")]
    [InlineData("The next meeting of the board is scheduled for 24 February 2026 in Hamburg.", "dates")]
    [InlineData("In London the limit for hotel costs is EUR 165.", "names")]
    [InlineData("The weather is usually pleasant there.", "similarity")]
    public async Task A_sentence_with_a_claim_that_is_not_in_the_source_is_unverified(string sentence, string reason)
    {
        var verdict = await CheckAsync(sentence);
        verdict.State.ShouldBe(SentenceState.Unverified);
        verdict.Reason.ShouldBe(reason);
    }

    [Fact]
    public async Task A_number_that_was_not_offered_as_a_source_is_unverified()
    {
        var verdict = await _checker.CheckAsync("Hotel costs are reimbursed up to EUR 165 a night.", [9], s_sources, TestContext.Current.CancellationToken);
        verdict.Reason.ShouldBe("citation");
    }

    [Fact]
    public async Task A_sentence_must_hold_in_the_source_it_cites()
    {
        var verdict = await _checker.CheckAsync("Hotel costs are reimbursed up to EUR 165 a night.", [1], s_sources, TestContext.Current.CancellationToken);
        verdict.State.ShouldBe(SentenceState.Unverified);
    }

    [Fact]
    public async Task Claims_gathered_from_two_sources_are_unverified()
    {
        var verdict = await CheckAsync("The Customer may terminate by giving 60 days' notice and pays EUR 165.");
        verdict.State.ShouldBe(SentenceState.Unverified);
        verdict.Reason.ShouldBe("numbers");
    }

    private Task<SentenceVerdict> CheckAsync(string sentence) => _checker.CheckAsync(sentence, [], s_sources, TestContext.Current.CancellationToken);

    private static GroundingSource Source(int number, string context, params string[] sentences) => new(number, string.Join(' ', sentences), context, sentences);

    public sealed class Checker : IDisposable
    {
        private readonly ServiceProvider _services;

        public Checker()
        {
            var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Models:Directory"] = Path.Combine(RepositoryFiles.Root, "deploy", "models") };
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
            _services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddInference(configuration).BuildServiceProvider();
            Value = new SentenceChecker(_services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(EmbeddingRoles.Passage));
        }

        internal SentenceChecker Value { get; }

        public void Dispose() => _services.Dispose();
    }
}
