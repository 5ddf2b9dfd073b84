using System.Buffers.Binary;
using System.Numerics;

namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>CRC-32C (Castagnoli), hardware-backed where the machine has it. Finds torn and rotten bytes; it is no defence against an attacker.</summary>
internal static class Crc32C
{
    public const uint Start = uint.MaxValue;

    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes)
        {
            state = BitOperations.Crc32C(state, b);
        }

        return state;
    }

    public static uint Finish(uint state) => ~state;

    public static uint Of(ReadOnlySpan<byte> bytes) => Finish(Append(Start, bytes));
}
