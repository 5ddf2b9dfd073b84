using System.Security.Cryptography;
using EnterpriseRag.Inference.Native;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Native;

public sealed class OrtLibraryTests
{
    [Fact]
    public void The_library_beside_the_program_is_the_pinned_one()
    {
        using FileStream library = File.OpenRead(OrtLibrary.Resolve(null));

        Convert.ToHexStringLower(SHA256.HashData(library)).ShouldBe("ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23");
    }

    [Fact]
    public void It_reports_version_1_30()
    {
        OrtEnvironment.Start(null, NullLogger.Instance);

        OrtLibrary.Version.ShouldBe("1.30.0");
    }

    [Fact]
    public void A_setting_wins_over_the_library_beside_the_program()
    {
        string copy = Path.Combine(Path.GetTempPath(), $"ort-{Environment.ProcessId}.so");
        File.WriteAllBytes(copy, [1]);
        try
        {
            OrtLibrary.Resolve(copy).ShouldBe(copy);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    [Fact]
    public void A_setting_that_names_no_file_is_an_error_with_the_key() =>
        Should.Throw<FileNotFoundException>(() => OrtLibrary.Resolve("/nowhere/libonnxruntime.so")).Message.ShouldContain("Inference:Runtime:LibraryPath");

    [Fact]
    public void A_second_library_in_one_process_is_refused()
    {
        OrtEnvironment.Start(null, NullLogger.Instance);

        Should.Throw<InvalidOperationException>(() => OrtLibrary.Load("/another/libonnxruntime.so")).Message.ShouldContain("already loaded");
    }
}
