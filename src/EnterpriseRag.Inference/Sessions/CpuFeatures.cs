using System.Runtime.Intrinsics.X86;

namespace EnterpriseRag.Inference.Sessions;

/// <summary>What the processor offers beyond .NET's own flags.</summary>
internal static class CpuFeatures
{
    /// <summary>8-bit dot products that do not saturate: AVX512-VNNI or AVX-VNNI. False on processors that are not x64.</summary>
    public static bool HasVnni { get; } = DetectVnni();

    private static bool DetectVnni()
    {
        if (!Avx2.IsSupported)
        {
            return false; // the operating system must save the wide registers too, which this flag includes
        }

        const int Extended = 7;
        (int maxLeaf, _, _, _) = X86Base.CpuId(0, 0);
        if (maxLeaf < Extended)
        {
            return false;
        }

        (int maxSubLeaf, _, int ecx, _) = X86Base.CpuId(Extended, 0);
        bool avx512Vnni = Avx512F.IsSupported && (ecx & (1 << 11)) != 0;
        return avx512Vnni || (maxSubLeaf >= 1 && (X86Base.CpuId(Extended, 1).Eax & (1 << 4)) != 0);
    }
}
