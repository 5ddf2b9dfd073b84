using System.Security.Cryptography;

namespace EnterpriseRag.Inference.Generation.Sampling;

/// <summary>
/// SplitMix64. System.Random with a seed would do, but does not promise the same sequence in the next framework, and answers with a seed shall stay.
/// </summary>
internal struct SeededRandom(long seed)
{
    private ulong _state = (ulong)seed;

    public static SeededRandom Create(long? seed) => new(seed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))));

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
