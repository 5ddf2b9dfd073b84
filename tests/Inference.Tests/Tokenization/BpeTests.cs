using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Inference.Tokenization.Models;
using EnterpriseRag.Inference.Tokenization.Text;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Tokenization;

public sealed class BpeTests
{
    [Fact]
    public void Merges_read_the_same_in_both_notations()
    {
        var spaced = SmallTokenizer.Of(model: SmallTokenizer.Bpe("""["a b","ab c"]""", "", "ab", "abc"));
        var pairs = SmallTokenizer.Of(model: SmallTokenizer.Bpe("""[["a","b"],["ab","c"]]""", "", "ab", "abc"));

        spaced.Tokens("abcabd").ShouldBe("abc/ab/d");
        pairs.Tokens("abcabd").ShouldBe("abc/ab/d");
    }

    [Fact]
    public void Merges_as_pairs_may_hold_spaces()
    {
        SmallTokenizer.Of(model: SmallTokenizer.Bpe("""[[" "," "],["  ","a"]]""", "", "  ", "  a")).Tokens("b  ac").ShouldBe("b/  a/c");
    }

    [Fact]
    public void The_lowest_rank_merges_first_and_of_those_the_leftmost()
    {
        SmallTokenizer.Of(model: SmallTokenizer.Bpe("""["b c","a b","a a"]""", "", "bc", "ab", "aa")).Tokens("abcaabdaaa").ShouldBe("a/bc/a/ab/d/aa/a");
    }

    [Fact]
    public void A_whole_piece_in_the_vocabulary_wins_when_merges_are_ignored()
    {
        SmallTokenizer.Of(model: SmallTokenizer.Bpe("[]", "\"ignore_merges\":true,", "abc")).Tokens("abc").ShouldBe("abc");
        SmallTokenizer.Of(model: SmallTokenizer.Bpe("[]", "", "abc")).Tokens("abc").ShouldBe("a/b/c");
    }

    [Theory]
    [InlineData("\"unk_token\":\"<u>\",", "aéüb", "a/<u>/<u>/b")]
    [InlineData("\"unk_token\":\"<u>\",\"fuse_unk\":true,", "aéüb", "a/<u>/b")]
    [InlineData("", "aéüb", "a/b")]
    public void Unknown_characters_follow_the_settings(string settings, string text, string expected)
    {
        SmallTokenizer.Of(model: SmallTokenizer.Bpe("[]", settings, "<u>")).Tokens(text).ShouldBe(expected);
    }

    [Fact]
    public void Unknown_characters_fall_back_to_bytes_where_all_of_them_are_tokens()
    {
        var tokenizer = SmallTokenizer.Of(model: SmallTokenizer.Bpe("[]", "\"byte_fallback\":true,\"unk_token\":\"<u>\",", "<u>", "<0xC3>", "<0xA9>"));

        tokenizer.Tokens("aéü").ShouldBe("a/<0xC3>/<0xA9>/<u>");
        tokenizer.Encode("aé").Offsets.ShouldBe([new TextSpan(0, 1), new TextSpan(1, 2), new TextSpan(1, 2)]);
    }

    [Fact]
    public void Linked_list_and_heap_give_what_the_plain_rule_gives()
    {
        var model = TokenizerFile.Parse(File.ReadAllBytes(EnterpriseRag.Testing.RepositoryFiles.Fixture("smollm2-tokenizer.json"))).Model.ShouldBeOfType<BpeModel>();
        var worker = model.CreateWorker();
        var random = new Random(3);
        const string Letters = "Ġaeinrstĉinthe";
        for (var round = 0; round < 500; round++)
        {
            var piece = string.Create(random.Next(1, 60), random, (units, source) =>
            {
                foreach (ref var unit in units)
                {
                    unit = Letters[source.Next(Letters.Length)];
                }
            });
            var tokens = new TokenBuffer();
            worker.Tokenize(piece, tokens);
            tokens.Ids.ToArray().ShouldBe(Plain(model, piece), piece);
        }
    }

    private static int[] Plain(BpeModel model, string piece)
    {
        var ids = piece.EnumerateRunes().Select(rune => model.CharacterId(rune, isFirst: false, isLast: false)).ToList();
        while (true)
        {
            var best = (Rank: int.MaxValue, At: -1, Merged: 0);
            for (var i = 0; i + 1 < ids.Count; i++)
            {
                if (model.Merges.TryGet(ids[i], ids[i + 1], out var rank, out var merged) && rank < best.Rank)
                {
                    best = (rank, i, merged);
                }
            }

            if (best.At < 0)
            {
                return [.. ids];
            }

            ids[best.At] = best.Merged;
            ids.RemoveAt(best.At + 1);
        }
    }
}
