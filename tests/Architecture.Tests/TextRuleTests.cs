using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Architecture.Tests;

/// <summary>Rules about the text of tracked files. What they forbid is spelled in two parts here, or this file would break them.</summary>
public sealed partial class TextRuleTests
{
    private static readonly string[] s_registryHosts = ["registry.npmjs" + ".org", "api.nuget" + ".org", "www.nuget" + ".org", "pypi" + ".org", "files.pythonhosted" + ".org", "registry.yarnpkg" + ".com", "deb.debian" + ".org", "proxy.golang" + ".org", "crates" + ".io"];

    // Index segments are read where they are mapped, without a copy; a reference into the view needs an offset of that type once.
    private static readonly string[] s_pointerExceptions = ["src/EnterpriseRag.Retrieval/Index/Embedded/MappedFile.cs"];

    [Fact]
    public void Native_integers_and_unsafe_code_stay_in_the_native_binding() =>
        Checkout.Source
            .Where(path => !path.StartsWith("src/EnterpriseRag.Inference.Native/", StringComparison.Ordinal) && !s_pointerExceptions.Contains(path, StringComparer.Ordinal))
            .Where(path => PointerWords().IsMatch(WithoutComments(Checkout.Read(path))))
            .ShouldBeEmpty();

    [Fact]
    public void The_request_context_of_AspNet_stays_in_the_portal() =>
        Checkout.Source
            .Where(path => !path.StartsWith("src/EnterpriseRag.Portal/", StringComparison.Ordinal) && WithoutComments(Checkout.Read(path)).Contains("HttpContext", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Fact]
    public void No_tracked_text_names_a_package_registry() =>
        Checkout.OurText
            .Where(path => s_registryHosts.Any(host => Checkout.Read(path).Contains(host, StringComparison.OrdinalIgnoreCase)))
            .ShouldBeEmpty();

    [Fact]
    public void No_tracked_text_names_a_folder_of_the_machine_it_was_written_on() =>
        Checkout.OurText.Where(path => MachinePath().IsMatch(Checkout.Read(path))).ShouldBeEmpty();

    [Fact]
    public void Only_the_evaluation_reaches_outside_the_repository() =>
        Checkout.OurText
            .Where(path => path.StartsWith("src/", StringComparison.Ordinal) || path.StartsWith("tests/", StringComparison.Ordinal) || path.StartsWith("deploy/", StringComparison.Ordinal))
            .Where(path => !path.StartsWith("tests/Evaluation/", StringComparison.Ordinal) && !string.Equals(path, "tests/eval.sh", StringComparison.Ordinal))
            .Where(path => Checkout.Read(path).Contains("../" + "shared", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Fact]
    public void Source_has_neither_regions_nor_notes_to_self() =>
        Checkout.Source.Where(path => LeftOver().IsMatch(Checkout.Read(path))).ShouldBeEmpty();

    private static string WithoutComments(string code) => Comment().Replace(code, "");

    [GeneratedRegex(@"//.*$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Comment();

    // Not nuint: the index type of the vector loads is a number, not an address.
    [GeneratedRegex(@"\b(nint|IntPtr|UIntPtr|unsafe)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PointerWords();

    // A path, not the end of an address or of a relative path.
    [GeneratedRegex(@"(?<![\w./-])/wor[k]/", RegexOptions.CultureInvariant)]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"^\s*#region|\bTO[D]O\b|\bFIX[M]E\b", RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex LeftOver();
}
