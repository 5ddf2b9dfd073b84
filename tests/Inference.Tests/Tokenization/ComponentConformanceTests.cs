using System.Text.Json;
using EnterpriseRag.Testing.Tokenizers;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Tokenization;

/// <summary>
/// Each component and setting by itself against the reference implementation, on the same random texts: in front of a model that has only byte tokens, which
/// shows the text that arrives, and in front of one that has a single token, which shows the pieces.
/// </summary>
public sealed class ComponentConformanceTests
{
    private const int Texts = 150;
    private const int Seed = 77;

    private static readonly string[] s_normalizers =
    [
        """{"type":"NFC"}""", """{"type":"NFD"}""", """{"type":"NFKC"}""", """{"type":"NFKD"}""", """{"type":"Lowercase"}""", """{"type":"StripAccents"}""", """{"type":"Nmt"}""", """{"type":"ByteLevel"}""",
        """{"type":"Strip","strip_left":true,"strip_right":true}""", """{"type":"Strip","strip_left":true,"strip_right":false}""", """{"type":"Strip","strip_left":false,"strip_right":true}""",
        """{"type":"Prepend","prepend":"▁"}""", """{"type":"Prepend","prepend":"ab"}""",
        """{"type":"Replace","pattern":{"String":" "},"content":"▁"}""", """{"type":"Replace","pattern":{"String":"e"},"content":""}""", """{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "}""",
        """{"type":"Replace","pattern":{"Regex":"[^\\p{L}]"},"content":"-+"}""", """{"type":"Replace","pattern":{"Regex":"(``|'')"},"content":"\""}""", """{"type":"Replace","pattern":{"Regex":"^"},"content":"|"}""",
        """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""",
        """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":false,"strip_accents":false,"lowercase":true}""",
        """{"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":true,"strip_accents":true,"lowercase":false}""",
        """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":false}""",
        """{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"},{"type":"Lowercase"},{"type":"Strip","strip_left":true,"strip_right":true}]}""",
        """{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},{"type":"Prepend","prepend":"▁"}]}""",
    ];

    private static readonly string[] s_preTokenizers =
    [
        """{"type":"Whitespace"}""", """{"type":"WhitespaceSplit"}""", """{"type":"BertPreTokenizer"}""", """{"type":"CharDelimiterSplit","delimiter":"e"}""",
        """{"type":"Digits","individual_digits":true}""", """{"type":"Digits","individual_digits":false}""",
        """{"type":"Punctuation"}""", """{"type":"Punctuation","behavior":"Removed"}""", """{"type":"Punctuation","behavior":"Contiguous"}""", """{"type":"Punctuation","behavior":"MergedWithNext"}""", """{"type":"Punctuation","behavior":"MergedWithPrevious"}""",
        """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""",
        """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":true}""", """{"type":"Metaspace","replacement":"_","prepend_scheme":"always","split":false}""",
        """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""", """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}""", """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":false}""",
        """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}]}""",
        """{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},{"type":"Digits","individual_digits":true},{"type":"Punctuation"}]}""",
        """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}]}""",
        .. Splits(new { String = " " }), .. Splits(new { String = "''" }), .. Splits(new { Regex = @"\d+|[.!?]" }),
        .. Expressions.Select(expression => JsonSerializer.Serialize(new { type = "Split", pattern = new { Regex = expression }, behavior = "Isolated", invert = false })),
        .. Expressions.Select(expression => JsonSerializer.Serialize(new { type = "Split", pattern = new { Regex = expression }, behavior = "Removed", invert = true })),
    ];

    private static readonly string[] s_decoders =
    [
        "null", """{"type":"ByteFallback"}""", """{"type":"Fuse"}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":true}""",
        """{"type":"WordPiece","prefix":"##","cleanup":true}""", """{"type":"WordPiece","prefix":"##","cleanup":false}""", """{"type":"BPEDecoder","suffix":"</w>"}""", """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""",
        """{"type":"Replace","pattern":{"String":"▁"},"content":" "}""", """{"type":"Replace","pattern":{"Regex":"[aeiou]+"},"content":"*"}""", """{"type":"Strip","content":"▁","start":1,"stop":0}""",
        """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""",
        """{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":"▁","start":2,"stop":1},{"type":"Replace","pattern":{"String":"▁▁"},"content":" "}]}""",
        """{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]}""",
        """{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}]}""",
    ];

    private static readonly string[] s_postProcessors =
    [
        """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""", """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""", """{"type":"BertProcessing","sep":["x",2],"cls":["y",1]}""",
        """{"type":"RobertaProcessing","sep":["x",2],"cls":["y",1],"trim_offsets":true,"add_prefix_space":true}""", """{"type":"RobertaProcessing","sep":["x",2],"cls":["y",1],"trim_offsets":false,"add_prefix_space":false}""",
        """{"type":"Sequence","processors":[{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"x":{"id":"x","ids":[5,6],"tokens":["x","y"]}}},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}]}""",
    ];

    // GPT-2, Llama 3, Qwen, cl100k, Qwen 3.5, o200k, Tekken have scanners; the rest runs in .NET's engine: DeepSeek, Kimi, Falcon, BLOOM, Grok and constructs by themselves.
    private static string[] Expressions =>
    [
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"[一-龥぀-ゟ゠-ヿ]+",
        @"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @" ?[^(\s|[.,!?…。，、।۔،])]+",
        @"\w+", @"\W+", @"\b", @"\d+", @"\h+", @"[\w-]+@?", @"^", "$", ".", @"x*", @"(?m:.)+", @"\R", @"\p{^L}+", @"\P{Lu}", @"[[:space:]]", @"[^\p{Hiragana}\p{Katakana}ー]+", @"(?<=a)b|(?<!a)c", @"a{,2}b?", @"(?:ab){1,2}+", @"(?i)STRA[ß]E|K|ſ", @"\x{20}|\u00e9|\x41", @"[\x{4e00}-\x{9fff}]",
    ];

    public static TheoryData<string> Kinds { get; } = ["normalizer", "pre_tokenizer", "post_processor", "decoder", "model", "added_tokens"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Each_component_equals_that_of_the_reference_implementation(string kind)
    {
        var files = Files(kind).ToList();

        var differences = await TokenizerConformance.CompareAsync(files, [.. new UnicodeFuzzer(Seed).Take(Texts).Where(text => !OldChineseMarks(text)), "", " ", "a"], TestContext.Current.CancellationToken);

        files.Zip(differences).Where(pair => pair.Second.Count > 0)
            .Select(pair => $"{pair.Second.Count} differences, such as {Escaped(pair.Second.MinBy(difference => difference.Text.Length)!.ToString())}: {pair.First[..Math.Min(700, pair.First.Length)]}") // not empty
            .ShouldBeEmpty();
    }

    private static IEnumerable<string> Files(string kind) => kind switch
    {
        "normalizer" => s_normalizers.SelectMany(normalizer => (string[])[File(normalizer: normalizer, model: Bytes), File(normalizer: normalizer, preTokenizer: s_preTokenizers[0], model: OneToken)]),
        "pre_tokenizer" => s_preTokenizers.SelectMany(preTokenizer => (string[])[File(preTokenizer: preTokenizer, model: Bytes), File(preTokenizer: preTokenizer, model: OneToken)]),
        "post_processor" => s_postProcessors.Select(processor => File(added: RobertaMask, preTokenizer: """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""", processor: processor, model: ByteLevelLetters)),
        "decoder" => s_decoders.SelectMany(decoder => (string[])[File(decoder: decoder, model: Bytes), File(preTokenizer: """{"type":"WhitespaceSplit"}""", decoder: decoder, model: Pieces)]),
        "model" => s_models.Select(model => File(normalizer: """{"type":"Lowercase"}""", preTokenizer: """{"type":"Whitespace"}""", model: model)),
        _ => AddedTokens(),
    };

    private static readonly string[] s_models =
    [
        Pieces,
        SmallBpe("'fuse_unk':true,'unk_token':'<unk>',"), SmallBpe("'fuse_unk':false,'unk_token':'<unk>',"), SmallBpe("'byte_fallback':true,'unk_token':'<unk>',"),
        SmallBpe("'byte_fallback':true,'fuse_unk':true,'unk_token':'<unk>',"), SmallBpe(""), SmallBpe("'ignore_merges':true,"), SmallBpe("'continuing_subword_prefix':'##','unk_token':'<unk>',"),
        SmallBpe("'end_of_word_suffix':'</w>','unk_token':'<unk>',"),
        """{"type":"WordPiece","unk_token":"<unk>","continuing_subword_prefix":"##","max_input_chars_per_word":8,"vocab":{"<unk>":0,"the":1,"v":2,"##er":3,"##trag":4,"ver":5,"##t":6,"a":7,"##a":8,"漢":9,"##字":10,"##s":11,"s":12,"c":13,"##am":14,"##e":15,"##l":16}}""",
        Unigram("true"), Unigram("false"),
    ];

    private static string Bytes => $$"""{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":true,"ignore_merges":false,"vocab":{ {{ByteTokens(0)}} },"merges":[]}""";

    private static string OneToken => """{"type":"WordLevel","vocab":{"<unk>":0},"unk_token":"<unk>"}""";

    private static string Pieces => """{"type":"WordLevel","vocab":{"<unk>":0,"the":1,"##ing":2,"x":3,"'s":4,"do":5,"not":6,"n't":7,".":8,"▁":9,"▁▁":10,"a":11,"I":12,"<0xE4>":13,"<0x0A>":14,"Ġ":15,"Ċ":16,"camelCase":17,"!":18,"café":19,"漢字":20,"😀":21,"''":22,"ab</w>":23},"unk_token":"<unk>"}""";

    private static string ByteLevelLetters => """{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,"byte_fallback":false,"ignore_merges":false,"vocab":{"<unk>":0,"Ġ":1,"t":2,"h":3,"e":4,"Ġt":5,"Ġth":6,"a":7,"ĠĠ":8,"Ċ":9},"merges":["Ġ t","Ġt h","Ġ Ġ"]}""";

    private static string RobertaMask => """[{"id":10,"content":"<mask>","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true},{"id":11,"content":"<s>","single_word":false,"lstrip":false,"rstrip":true,"normalized":false,"special":true},{"id":12,"content":"x","single_word":true,"lstrip":false,"rstrip":false,"normalized":true,"special":false}]""";

    private static string ByteTokens(int from) => string.Join(',', Enumerable.Range(0, 256).Select(value => $"\"<0x{value:X2}>\":{value + from}"));

    private static string SmallBpe(string settings)
    {
        string[] tokens = ["<unk>", "a", "e", "t", "h", "r", "v", "th", "the", "##e", "##h", "##he", "t</w>", "e</w>", "<0xC3>", "<0xA9>", "<0xE6>", "<0xBC>", "<0xA2>", "ve", "ver", "##r", "##er", "he</w>", "straße", "th##e"];
        var merges = settings.Contains("prefix", StringComparison.Ordinal) ? """["##h ##e","t ##he"]""" : settings.Contains("suffix", StringComparison.Ordinal) ? """["h e</w>"]""" : """["t h","th e","v e","ve r"]""";
        return $$"""{"type":"BPE","dropout":null,{{settings.Replace('\'', '"')}}"vocab":{ {{string.Join(',', tokens.Select((token, id) => $"{JsonSerializer.Serialize(token)}:{id}"))}} },"merges":{{merges}}}""";
    }

    private static string Unigram(string byteFallback) =>
        $$"""{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",-2.5],["e",-3.0],["th",-3.5],["the",-4.0],["t",-5.0],["h",-5.0],["er",-4.5],["v",-6.0],["ver",-7.25],["漢字",-8.0],{{string.Join(',', Enumerable.Range(0, 256).Select(value => $"[\"<0x{value:X2}>\",-20.0]"))}}],"byte_fallback":{{byteFallback}}}""";

    private static IEnumerable<string> AddedTokens()
    {
        foreach (var normalized in (string[])["true", "false"])
        {
            foreach (var flags in (string[])["\"single_word\":false,\"lstrip\":false,\"rstrip\":false", "\"single_word\":true,\"lstrip\":false,\"rstrip\":false", "\"single_word\":false,\"lstrip\":true,\"rstrip\":false", "\"single_word\":false,\"lstrip\":false,\"rstrip\":true", "\"single_word\":true,\"lstrip\":true,\"rstrip\":true"])
            {
                string[] contents = ["the", "a", "<s>", "</s>", "\n", "  ", "É", "camel", "camelCase", "'s", "<mask>", "x", "漢", "▁", "I", "1"];
                var tokens = contents.Select((content, i) => $$"""{"id":{{300 + i}},"content":{{JsonSerializer.Serialize(content)}},{{flags}},"normalized":{{normalized}},"special":{{(i % 3 == 0 ? "true" : "false")}}}""");
                yield return File(added: $"[{string.Join(',', tokens)}]", normalizer: """{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"Lowercase"}]}""", preTokenizer: """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""", model: Bytes);
                yield return File(added: $"[{string.Join(',', tokens)}]", preTokenizer: """{"type":"Whitespace"}""", model: OneToken);
            }
        }
    }

    // Known gap of expressions with \p{Han}: no character of the BMP has the category and script of these.
    private static bool OldChineseMarks(string text) => text.EnumerateRunes().Any(rune => rune.Value is 0x16FE2 or 0x16FF0 or 0x16FF1 or 0x1F200);

    private static string Escaped(string text) => string.Concat(text.Select(unit => unit is >= ' ' and <= '~' ? unit.ToString() : $"\\u{(int)unit:X4}"));

    private static IEnumerable<string> Splits(object pattern) =>
        from behavior in (string[])["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
        from invert in (bool[])[false, true]
        select JsonSerializer.Serialize(new { type = "Split", pattern, behavior, invert });

    private static string File(string added = "[]", string normalizer = "null", string preTokenizer = "null", string processor = "null", string decoder = "null", string model = "") =>
        $$"""{"version":"1.0","truncation":null,"padding":null,"added_tokens":{{added}},"normalizer":{{normalizer}},"pre_tokenizer":{{preTokenizer}},"post_processor":{{processor}},"decoder":{{decoder}},"model":{{model}}}""";
}
