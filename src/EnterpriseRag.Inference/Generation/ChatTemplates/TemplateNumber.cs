using System.Globalization;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>Numbers of templates: how they are read from texts and written, by JavaScript's rules.</summary>
internal static class TemplateNumber
{
    /// <summary>The number that a scalar stands for in a comparison: an empty text is 0, a text that is no number is not a number.</summary>
    public static double Of(object? value) => value switch
    {
        long number => number,
        double number => number,
        bool flag => flag ? 1 : 0,
        MarkedText text => text.Text.AsSpan().Trim() is var trimmed && trimmed.IsEmpty ? 0
            : double.TryParse(trimmed, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var parsed) ? parsed
            : double.NaN,
        _ => throw new ChatTemplateException($"Chat template: {TemplateValue.Name(value)} is not a number."),
    };

    /// <summary>The whole number a text begins with, or null.</summary>
    public static long? ParseInteger(string text)
    {
        var span = text.AsSpan().TrimStart();
        var digits = span.Length > 0 && span[0] is '-' or '+' ? 1 : 0;
        while (digits < span.Length && char.IsAsciiDigit(span[digits]))
        {
            digits++;
        }

        return long.TryParse(span[..digits], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>The number a text begins with, or null.</summary>
    public static double? ParseFloat(string text)
    {
        var span = text.AsSpan().TrimStart();
        for (var length = Math.Min(span.Length, 64); length > 0; length--)
        {
            // Trailing blanks are refused by the style, so the longest prefix that parses is the number.
            if (double.TryParse(span[..length], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
                && double.IsFinite(number))
            {
                return number;
            }
        }

        return null;
    }

    /// <summary>Shortest digits that read back the same; an exponent from 1e21 up and below 1e-6.</summary>
    public static string Print(double number)
    {
        if (!double.IsFinite(number))
        {
            return double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
        }

        if (number == 0)
        {
            return "0";
        }

        var (digits, exponent) = Shortest(Math.Abs(number).ToString("R", CultureInfo.InvariantCulture));
        var sign = number < 0 ? "-" : "";
        return exponent switch
        {
            >= 21 or < -6 => FormattableString.Invariant($"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent)}"),
            < 0 => sign + "0." + new string('0', -exponent - 1) + digits,
            _ when digits.Length <= exponent + 1 => sign + digits.PadRight(exponent + 1, '0'),
            _ => sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..],
        };
    }

    /// <summary>Digits without zeros at the ends, and the power of ten of the first.</summary>
    private static (string Digits, int Exponent) Shortest(string number)
    {
        var e = number.IndexOf('E', StringComparison.Ordinal);
        var mantissa = e < 0 ? number : number[..e];
        var power = e < 0 ? 0 : int.Parse(number.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var point = mantissa.IndexOf('.', StringComparison.Ordinal) is >= 0 and var at ? at : mantissa.Length;
        var all = mantissa.Replace(".", "", StringComparison.Ordinal);
        var zeros = all.Length - all.TrimStart('0').Length;
        return (all.Trim('0'), power + point - 1 - zeros);
    }

    /// <summary>A number of a JSON document: whole ones as long, whatever they are written like.</summary>
    public static object OfJson(double number) => number % 1 == 0 && Math.Abs(number) < 1L << 53 ? (long)number : number;
}
