using System.Globalization;
using System.Text;

namespace EnterpriseRag.Testing.Tokenizers;

/// <summary>Random texts that tokenizers disagree on: the same seed gives the same texts.</summary>
public sealed class UnicodeFuzzer(int seed)
{
    // Words between which nothing special happens, and pieces on which it does.
    private static readonly string[] s_words =
    [
        "the", "Vertrag", "Kündigungsfrist", "naïve", "straße", "ÉCOLE", "İstanbul", "ΣΊΣΥΦΟΣ", "договор", "एक", "ไทย", "漢字", "日本語", "한국어", "עברית", "العربية", "café", "e\u0301te\u0301",
        "HTTPServer", "camelCase", "ALLCAPS", "snake_case", "x", "I", "a", "Donaudampfschifffahrtsgesellschaft", "www.example.org/pfad?q=1&r=2", "foo@bar.example", "§ 622 Abs. 2 BGB", "Art. 17",
    ];

    private static readonly string[] s_pieces =
    [
        "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'LL", "'Ve", "'\u017F", "'\u212A", "\u2019s", "n't", " do not", "''", "\"", "'twas", "can't've",
        "0", "12", "123", "1234567", "3.14", "1,000", "½", "²", "Ⅷ", "٣٤", "०१", "𝟙𝟚", "①", "㊿", "-5", "€12", "50%",
        " ", "  ", "   ", "                    ", "\t", "\t\t ", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r", " \n", "\n ", " \r\n  ", "\u00A0", "\u2003\u2003", "\u3000", "\u2028", "\u2029", "\u0085", "\u200B", "\u202F", "\v", "\f",
        "\u0000", "\u0001", "\u0007", "\u001B[0m", "\u007F", "\u009F", "\u00AD", "\uFEFF", "\uFFFD", "\uFFFE", "\uFFFF", "\u2060", "\u180E", "\u061C", "\u206A", "\uFFF9",
        "\u0301", "\u0323\u0307", "\u0344", "\u20DD", "\u0483", "\u1734", "\u0E33", "\u09BE", "\u0BBE", "\u1AB0", "\u1DF6", "\uFE0F", "\u20E3", "\u034F", "\u0F73", "a\u0323\u0307", "q\u0307\u0323", "\u1E9B\u0323", "D\u0307\u0323",
        "ﬁ", "ﬆ", "Ĳ", "ǅ", "ŉ", "ẞ", "ß", "ſ", "K", "Å", "Ω", "℃", "㎏", "㍿", "ﷺ", "ｱ", "Ａ", "ｶﾞ", "⁵", "ℌ", "™", "…", "㋿", "\uA7F2",
        "각", "가\u11A8", "\u1100\u1161", "\u1100\u1161\u11A8", "\u1161", "\u11A8", "\u115F\u1160", "힣", "ㄱ", "ﾡ",
        "😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🇩", "1️⃣", "❤️", "🧑🏿‍🚀", "🫠", "🪿", "𠀀", "𠜎𠜱", "𪚥", "𝐀𝐁", "𝒳", "𐐷", "𐐀", "🄰", "𞤀", "𒀀", "𖿢", "\U0001E900", "\U0002F800", "\U0002CEB0", "\U00030000", "\U000E0041", "\U0010FFFD", "\U0001FBF0", "\U00011938",
        "،", "؟", "।", "。", "「", "」", "、", "！", "（", "—", "–", "‐", "„", "“", "«", "·", "•", "†", "‰", "′", "‿", "※", "٪", "¿", "¡", "\u2E4F", "\u1CD3", "\uA8FC", "\u05BE",
        ".", ",", "!", "?", ";", ":", "-", "--", "---", "/", "//", "\\", "_", "__", "*", "**", "#", "##", "###", "@", "&", "=", "==", "+", "<", ">", "|", "~", "`", "```", "^", "$", "%", "(", ")", "()", "[", "]", "{", "}", "...", "!?!",
        "▁", "▁▁", "Ġ", "Ċ", "<0x0A>", "<0xE4>", "<unk>", "<s>", "</s>", "<pad>", "<mask>", " <mask>", "<mask> ", "[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "<unused7>",
        "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|endofprompt|>", "<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<think>", "</think>", "<tool_call>", "<|reserved_special_token_3|>", "<|", "|>", "<|im_", "[SEP", "<s", "##ing",
    ];

    private static readonly (int First, int Last)[] s_blocks =
    [
        (0x20, 0x7E), (0x0, 0x1F), (0x80, 0xFF), (0x100, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x530, 0x58F), (0x590, 0x5FF), (0x600, 0x6FF), (0x700, 0x8FF),
        (0x900, 0xDFF), (0xE00, 0xFFF), (0x1000, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x17FF), (0x1800, 0x1CFF), (0x1D00, 0x1DFF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x23FF), (0x2400, 0x2BFF),
        (0x2C00, 0x2DFF), (0x2E00, 0x2FFF), (0x3000, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7FF), (0xE000, 0xF8FF), (0xF900, 0xFAFF), (0xFB00, 0xFFFF),
        (0x10000, 0x10FFF), (0x11000, 0x11FFF), (0x12000, 0x16FFF), (0x17000, 0x1BFFF), (0x1C000, 0x1D1FF), (0x1D200, 0x1DFFF), (0x1E000, 0x1EFFF), (0x1F000, 0x1FAFF), (0x1FB00, 0x1FFFF),
        (0x20000, 0x2A6DF), (0x2A700, 0x2FFFF), (0x30000, 0x3FFFF), (0x40000, 0xDFFFF), (0xE0000, 0xEFFFF), (0xF0000, 0x10FFFF),
    ];

    private readonly Random _random = new(seed);

    /// <summary>The next text: 1 to about 60 pieces of one style or of all.</summary>
    public string Next()
    {
        var style = _random.Next(6);
        var text = new StringBuilder();
        for (var count = 1 + _random.Next(style == 5 ? 60 : 16); count > 0; count--)
        {
            switch (style == 5 ? _random.Next(5) : style)
            {
                case 0:
                    text.Append(Of(s_words)).Append(_random.Next(4) == 0 ? Of(s_pieces) : " ");
                    break;
                case 1:
                    text.Append(Of(s_pieces));
                    break;
                case 2:
                    AppendBlock(text);
                    break;
                case 3:
                    text.Append(Character(0, 0x10FFFF));
                    break;
                default:
                    text.Append(new string(_random.Next(3) == 0 ? '\n' : ' ', _random.Next(1, 9))).Append(Of(s_words)).Append(Of(s_pieces)).Append(Case(Of(s_words)));
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>Several texts.</summary>
    public IEnumerable<string> Take(int count)
    {
        for (var i = 0; i < count; i++)
        {
            yield return Next();
        }
    }

    private string Of(string[] choices) => choices[_random.Next(choices.Length)];

    private string Case(string word) => _random.Next(3) switch { 0 => word.ToUpper(CultureInfo.InvariantCulture), 1 => word.ToLowerInvariant(), _ => word };

    private void AppendBlock(StringBuilder text)
    {
        var (first, last) = s_blocks[_random.Next(s_blocks.Length)];
        for (var count = _random.Next(1, 6); count > 0; count--)
        {
            text.Append(Character(first, last));
        }
    }

    private string Character(int first, int last) => Rune.TryCreate(_random.Next(first, last + 1), out var rune) ? rune.ToString() : "\uD800";
}
