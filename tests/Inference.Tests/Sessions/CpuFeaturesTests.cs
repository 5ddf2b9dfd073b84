using EnterpriseRag.Inference.Sessions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Sessions;

public sealed class CpuFeaturesTests
{
    [Fact]
    public void Vnni_is_seen_where_the_kernel_sees_it()
    {
        string flags = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) ?? "";

        CpuFeatures.HasVnni.ShouldBe(flags.Split(' ').Any(flag => flag is "avx512_vnni" or "avx_vnni"));
    }
}
