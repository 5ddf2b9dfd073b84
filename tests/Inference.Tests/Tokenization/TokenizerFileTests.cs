using System.Text;
using System.Text.Json;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Inference.Tokenization.Normalizers;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Tokenization;

public sealed class TokenizerFileTests
{
    private const string Nasty = "A\u0000b  \uD83D\uDE00 e\u0301ﬁ\r\n½ <x> ▁ Ġ \uFFFD日本";

    [Theory]
    [InlineData("normalizer", """{"type":"Cyrillise"}""", "Cyrillise")]
    [InlineData("pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"Telepathy"}]}""", "Telepathy")]
    [InlineData("post_processor", """{"type":"Embellish"}""", "Embellish")]
    [InlineData("decoder", """{"type":"Guess"}""", "Guess")]
    [InlineData("model", """{"type":"Oracle"}""", "Oracle")]
    [InlineData("model", """{"merges":[]}""", "type")]
    [InlineData("normalizer", "7", "normalizer")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"(a"},"content":""}""", "(a")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"(?~a)b"},"content":""}""", "(?~")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"\\p{Thai}"},"content":""}""", "\\p{Thai}")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"(a)\\1"},"content":""}""", "\\1")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"[😀]"},"content":""}""", "U+FFFF")]
    [InlineData("normalizer", """{"type":"Precompiled","precompiled_charsmap":"!!"}""", "base64")]
    [InlineData("model", """{"type":"BPE","dropout":0.1,"vocab":{"a":0},"merges":[]}""", "dropout")]
    [InlineData("model", """{"type":"BPE","end_of_word_suffix":7,"vocab":{"a":0},"merges":[]}""", "end_of_word_suffix")]
    [InlineData("model", """{"type":"WordPiece","vocab":{"a":0}}""", "unk_token")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"String":"a"},"behavior":"Shredded","invert":false}""", "Shredded")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":0},"merges":["a b"]}""", "merge 0")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":7000000},"merges":[]}""", "7000000")]
    [InlineData("model", """{"type":"Unigram","unk_id":null,"vocab":[["a",-1]]}""", "unk_id")]
    [InlineData("model", """{"type":"Unigram","unk_id":0,"vocab":[["a","b"]]}""", "number")]
    [InlineData("added_tokens", """[{"id":-1,"content":"x"}]""", "added token")]
    public void What_is_not_known_or_broken_is_refused_by_its_name(string part, string json, string named)
    {
        var file = $$"""{"{{part}}":{{json}}{{(part is "model" ? "" : ",\"model\":" + SmallTokenizer.Bpe("[]"))}}}""";

        Should.Throw<TokenizerFormatException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(file))).Message.ShouldContain(named);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        var bytes = File.ReadAllBytes(RepositoryFiles.Fixture("smollm2-tokenizer.json"));
        for (var cut = 0; cut < 40; cut++)
        {
            var length = (int)((long)bytes.Length * cut / 40);
            Should.Throw<TokenizerFormatException>(() => Tokenizer.Parse(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_but_never_crashes()
    {
        var random = new Random(5);
        var files = new[] { SmallByteLevel(), SmallUnigram() }.Select(Encoding.UTF8.GetBytes).ToArray();
        var refused = 0;
        for (var round = 0; round < 4000; round++)
        {
            var bytes = Damage(files[round % files.Length], random);
            try
            {
                var tokenizer = Tokenizer.Parse(bytes);
                tokenizer.Decode(tokenizer.Encode(Nasty, new EncodeOptions(true, true)).Ids, skipSpecialTokens: false);
                tokenizer.CountTokens(Nasty);
            }
            catch (TokenizerFormatException)
            {
                refused++;
            }
        }

        refused.ShouldBeInRange(1000, 3999);
    }

    [Fact]
    public void A_garbage_charsmap_is_read_or_refused_but_never_crashes()
    {
        var random = new Random(9);
        var real = RealCharsMap();
        Span<byte> utf8 = stackalloc byte[8];
        for (var round = 0; round < 60; round++)
        {
            var bytes = round % 2 == 0 ? real.ToArray() : new byte[random.Next(4000)];
            for (var change = 0; change < 1 + (round * 20); change++)
            {
                bytes[random.Next(round % 4 == 0 ? Math.Min(bytes.Length, 400_000) : bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                var map = CharsMap.Read(bytes);
                for (var i = 0; i < 5000; i++)
                {
                    random.NextBytes(utf8);
                    map.TryReplace(utf8[..random.Next(8)], out _);
                }
            }
            catch (TokenizerFormatException)
            {
            }
        }
    }

    private static byte[] RealCharsMap()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RepositoryFiles.Model("multilingual-e5-small"), "tokenizer.json")));
        return json.RootElement.GetProperty("normalizer").GetProperty("normalizers")[1].GetProperty("precompiled_charsmap").GetBytesFromBase64();
    }

    private static byte[] Damage(byte[] source, Random random)
    {
        var bytes = source.ToList();
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 20)));
                    break;
                case 2:
                    bytes.InsertRange(at, source.Skip(random.Next(source.Length)).Take(random.Next(1, 30)).ToArray());
                    break;
                default:
                    bytes[at] = "{}[]\":,0-9nt\\"u8[random.Next(13)];
                    break;
            }
        }

        return [.. bytes];
    }

    private static string SmallByteLevel() => SmallTokenizer.Json(
        $"[{SmallTokenizer.Added(60, "<x>", "\"lstrip\":true,\"special\":true")}]",
        preTokenizer: """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":true}]}""",
        postProcessor: """{"type":"ByteLevel","trim_offsets":true}""",
        decoder: """{"type":"ByteLevel"}""",
        model: SmallTokenizer.Bpe("""["a b",["ab","c"]]""", "\"byte_fallback\":true,\"unk_token\":\"a\",", "ab", "abc", "Ġ"));

    private static string SmallUnigram() => SmallTokenizer.Json(
        normalizer: """{"type":"Sequence","normalizers":[{"type":"Replace","pattern":{"String":"b"},"content":"a"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},{"type":"Replace","pattern":{"Regex":"[é-ü]+"},"content":"e"}]}""",
        preTokenizer: """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""",
        postProcessor: """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"s","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"s":{"id":"s","ids":[0],"tokens":["s"]}}}""",
        decoder: """{"type":"Sequence","decoders":[{"type":"Metaspace","replacement":"▁"}]}""",
        model: """{"type":"Unigram","unk_id":0,"vocab":[["s",0.0],["a",-2.5],["▁a",-1],["e",-3],["aa",-4.25],["▁",-5]],"byte_fallback":false}""");
}
