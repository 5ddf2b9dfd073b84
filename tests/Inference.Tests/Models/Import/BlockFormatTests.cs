using System.Globalization;
using System.Text.Json;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Gguf.Blocks;
using EnterpriseRag.Inference.Models.Import.Weights;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import;

public sealed class BlockFormatTests
{
    public static TheoryData<string> Types => [.. Golden().EnumerateObject().Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Blocks_decode_to_the_golden_values(string type)
    {
        var (format, packed, expected) = Load(type);
        var values = new float[expected.Length];

        format.Decode(packed, values);

        for (var i = 0; i < expected.Length; i++)
        {
            Math.Abs((double)values[i] - expected[i]).ShouldBeLessThanOrEqualTo(Math.Abs(expected[i]) * 1e-6, string.Create(CultureInfo.InvariantCulture, $"{type}[{i}]"));
        }
    }

    [Theory]
    [InlineData("Q8_0")]
    [InlineData("Q4_0")]
    [InlineData("Q5_0")]
    [InlineData("IQ4_NL")]
    public void Types_whose_grid_fits_move_to_eight_bits_without_rounding(string type)
    {
        var (format, packed, expected) = Load(type);
        var quants = new byte[expected.Length];
        var scales = new float[expected.Length / 32];

        format.TryRepackEightBit(packed, quants, scales).ShouldBeTrue();

        quants.Select((q, i) => (q - 128) * scales[i / 32]).ToArray().ShouldBe(expected);
    }

    [Fact]
    public void Q4_0_moves_to_four_bits_without_rounding()
    {
        var (format, packed, expected) = Load("Q4_0");
        var quants = new byte[expected.Length / 2];
        var scales = new float[expected.Length / 32];

        format.TryRepackFourBit(packed, quants, scales).ShouldBeTrue();

        Enumerable.Range(0, expected.Length).Select(i => (((quants[i / 2] >> (i % 2 * 4)) & 15) - 8) * scales[i / 32]).ToArray().ShouldBe(expected);
    }

    [Fact]
    public void Eight_bit_rounding_follows_the_rule_and_reports_its_loss()
    {
        var (format, packed, values) = Load("Q4_1");
        _ = (format, packed);
        var quants = new byte[values.Length];
        var scales = new float[values.Length / 32];

        var loss = EightBitBlocks.Quantise(values, quants, scales);

        double squaredError = 0, squaredValue = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var block = values.AsSpan(i / 32 * 32, 32).ToArray();
            var scale = (float)(Half)(block.Max(Math.Abs) / 127f);
            scales[i / 32].ShouldBe(scale);
            ((int)quants[i]).ShouldBe((int)Math.Clamp(MathF.Round(values[i] * (1f / scale)), -127, 127) + 128);
            squaredError += Math.Pow(values[i] - ((quants[i] - 128) * scale), 2);
            squaredValue += Math.Pow(values[i], 2);
        }

        loss.Relative.ShouldBe(Math.Sqrt(squaredError / squaredValue), 1e-6);
    }

    [Fact]
    public void Blocks_of_zeros_stay_zero()
    {
        var quants = new byte[32];
        var scales = new float[1];

        EightBitBlocks.Quantise(new float[32], quants, scales).Relative.ShouldBe(0);

        quants.ShouldAllBe(q => q == 128);
        scales.ShouldBe([0f]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(1e30f)]
    public void Values_that_no_scale_can_hold_are_refused_in_every_lane(float value)
    {
        for (var lane = 0; lane < 32; lane++)
        {
            var values = Enumerable.Repeat(0.5f, 32).ToArray();
            values[lane] = value;

            Should.Throw<ModelImportException>(() => EightBitBlocks.Quantise(values, new byte[32], new float[1]));
            Should.Throw<ModelImportException>(() => FourBitBlocks.Quantise(values, new byte[16], new float[1]));
        }
    }

    [Fact]
    public void Four_bit_rounding_keeps_the_largest_value_exactly()
    {
        var values = Enumerable.Range(0, 32).Select(i => (i - 20) / 16f).ToArray();
        var quants = new byte[16];
        var scales = new float[1];

        FourBitBlocks.Quantise(values, quants, scales);

        (((quants[0] & 15) - 8) * scales[0]).ShouldBe(values[0]);
        for (var i = 0; i < 32; i++)
        {
            Math.Abs(((((quants[i / 2] >> (i % 2 * 4)) & 15) - 8) * scales[0]) - values[i]).ShouldBeLessThanOrEqualTo(Math.Abs(scales[0]) / 2 + 1e-6f);
        }
    }

    private static (BlockFormat Format, byte[] Packed, float[] Values) Load(string type)
    {
        var golden = Golden().GetProperty(type);
        return (
            BlockFormats.Named(type),
            Convert.FromHexString(golden.GetProperty("hex").GetString()!), // the fixture has it for every type
            [.. golden.GetProperty("values").EnumerateArray().Select(value => (float)value.GetDouble())]);
    }

    private static JsonElement Golden() => JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.Fixture("gguf-blocks.json"))).RootElement.GetProperty("types");
}
