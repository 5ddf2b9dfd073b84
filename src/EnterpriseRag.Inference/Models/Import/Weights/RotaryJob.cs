using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>Computes the tables of cosines and sines: row = position, column = frequency; columns beyond the frequencies do not turn. In doubles: positions reach 10^5.</summary>
internal sealed class RotaryJob(string name, int positions, double[] frequencies, int width, double factor, DataSlot cos, DataSlot sin) : WriteJob
{
    private const int RowsAtATime = 1024;

    public override string Name => name;

    // No source bytes: progress counts what is read.
    public override long Work => 0;

    public override RoundingLoss Write(SafeFileHandle file, CancellationToken cancellationToken)
    {
        var cosines = new float[RowsAtATime * width];
        var sines = new float[RowsAtATime * width];
        for (var first = 0; first < positions; first += RowsAtATime)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = Math.Min(RowsAtATime, positions - first);
            for (var i = 0; i < rows * width; i++)
            {
                var column = i % width;
                if (column >= frequencies.Length)
                {
                    (sines[i], cosines[i]) = (0, 1);
                    continue;
                }

                var (s, c) = Math.SinCos((first + (i / width)) * frequencies[column]);
                (sines[i], cosines[i]) = ((float)(s * factor), (float)(c * factor));
            }

            var at = (long)first * width * sizeof(float);
            RandomAccess.Write(file, MemoryMarshal.AsBytes(cosines.AsSpan(0, rows * width)), cos.Offset + at);
            RandomAccess.Write(file, MemoryMarshal.AsBytes(sines.AsSpan(0, rows * width)), sin.Offset + at);
        }

        return default;
    }
}
