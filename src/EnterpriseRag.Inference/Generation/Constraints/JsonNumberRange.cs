using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>Numbers between bounds. Of numbers with a fraction the bounds must be whole.</summary>
internal static class JsonNumberRange
{
    // Numbers have at most 17 digits here, so a bound beyond bounds nothing.
    private const double Beyond = 1e17;

    public static int Emit(GrammarBuilder builder, JsonText json, JsonObject keywords, string path, bool isInteger, int next)
    {
        isInteger |= Bound(keywords, "multipleOf", path) switch
        {
            null => false,
            1 => true,
            _ => throw new NotSupportedException($"JSON schema at {path}: 'multipleOf' other than 1 is not supported."),
        };
        double? minimum = Bound(keywords, "minimum", path);
        double? maximum = Bound(keywords, "maximum", path);
        double? above = Bound(keywords, "exclusiveMinimum", path);
        double? below = Bound(keywords, "exclusiveMaximum", path);
        if (isInteger)
        {
            double low = Math.Max(Math.Ceiling(minimum ?? -Beyond), above is { } a ? Math.Floor(a) + 1 : -Beyond);
            double high = Math.Min(Math.Floor(maximum ?? Beyond), below is { } b ? Math.Ceiling(b) - 1 : Beyond);
            return low <= -Beyond && high >= Beyond ? json.Integer(next) : Integers(builder, json, low, high, next);
        }

        if (minimum is null && maximum is null && above is null && below is null)
        {
            return json.Number(next);
        }

        // The stricter of two lower (upper) bounds.
        bool excludesLow = above is { } exclusive && exclusive >= (minimum ?? double.NegativeInfinity);
        bool excludesHigh = below is { } excluded && excluded <= (maximum ?? double.PositiveInfinity);
        double from = excludesLow ? above!.Value : minimum ?? -Beyond; // set when it excludes
        double to = excludesHigh ? below!.Value : maximum ?? Beyond; // set when it excludes
        if (from % 1 != 0 || to % 1 != 0)
        {
            throw new NotSupportedException($"JSON schema at {path}: bounds with a fraction are supported for integers only.");
        }

        return Numbers(builder, json, (from, excludesLow), (to, excludesHigh), next);
    }

    private static int Integers(GrammarBuilder builder, JsonText json, double low, double high, int next)
    {
        List<int> ways = [];
        if (high >= 0 && low <= high && low < Beyond)
        {
            ways.Add(json.Between((long)Math.Max(low, 0), Most(high), next));
        }

        if (low < 0 && low <= high && high > -Beyond)
        {
            ways.Add(builder.Literal("-", json.Between((long)Math.Max(-high, 1), Most(-low), next)));
        }

        return builder.Any([.. ways]);
    }

    private static int Numbers(GrammarBuilder builder, JsonText json, (double Value, bool Excluded) low, (double Value, bool Excluded) high, int next)
    {
        List<int> ways = [];
        if (high.Value >= 0 && low.Value < Beyond)
        {
            Magnitudes(builder, json, low.Value < 0 ? (0, false) : low, high, next, ways);
        }

        if (low.Value < 0 && high.Value > -Beyond)
        {
            // Without -0.
            List<int> negative = [];
            Magnitudes(builder, json, high.Value >= 0 ? (0, true) : (-high.Value, high.Excluded), (-low.Value, low.Excluded), next, negative);
            ways.Add(builder.Literal("-", builder.Any([.. negative])));
        }

        return builder.Any([.. ways]);
    }

    private static void Magnitudes(GrammarBuilder builder, JsonText json, (double Value, bool Excluded) low, (double Value, bool Excluded) high, int next, List<int> ways)
    {
        if (low.Value > high.Value)
        {
            return;
        }

        long from = (long)low.Value;
        bool isOpen = high.Value >= Beyond;
        long to = isOpen ? from : (long)high.Value;
        // So that a reader with doubles does not round a fraction onto the bound.
        int places = Math.Max(14 - (int)Math.Log10(Math.Max(to, 1)), 1);
        int first = low.Excluded ? json.PositiveFraction(places, next) : json.Fraction(places, next);
        if (isOpen)
        {
            ways.Add(json.Between(from, from, first));
            ways.Add(json.Between(from + 1, null, json.Fraction(places, next)));
            return;
        }

        if (from < to)
        {
            ways.Add(json.Between(from, from, first));
        }

        if (to - from > 1)
        {
            ways.Add(json.Between(from + 1, to - 1, json.Fraction(places, next)));
        }

        if (!high.Excluded && (from < to || !low.Excluded))
        {
            ways.Add(json.Between(to, to, json.ZeroFraction(next)));
        }
    }

    private static long? Most(double value) => value >= Beyond ? null : (long)value;

    private static double? Bound(JsonObject keywords, string name, string path) => !keywords.TryGetPropertyValue(name, out JsonNode? node) ? null
        : node is JsonValue value && value.TryGetValue(out double bound) ? bound
        : throw new ArgumentException($"JSON schema at {path}: '{name}' must be a number.");
}
