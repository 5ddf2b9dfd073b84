using System.Reflection;
using System.Xml.Linq;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Architecture.Tests;

/// <summary>The modules and the edges that docs and house style allow (Direction): a module may see what stands left of it, never what stands right.</summary>
internal static class Modules
{
    private const string Prefix = "EnterpriseRag.";

    public static readonly IReadOnlyDictionary<string, string[]> MaySee = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Foundation"] = [],
        ["Inference.Native"] = ["Foundation"],
        ["Inference"] = ["Foundation", "Inference.Native"],
        ["Storage"] = ["Foundation"],
        ["Audit"] = ["Foundation", "Storage"],
        ["Retrieval"] = ["Foundation", "Inference", "Storage", "Audit"],
        ["Ingestion"] = ["Foundation", "Inference", "Storage", "Audit", "Retrieval"],
        ["Answering"] = ["Foundation", "Inference", "Storage", "Audit", "Retrieval"],
        ["Portal"] = ["Foundation", "Inference.Native", "Inference", "Storage", "Audit", "Retrieval", "Ingestion", "Answering"],
        ["Cli"] = ["Foundation", "Inference.Native", "Inference", "Storage", "Audit", "Retrieval", "Ingestion", "Answering"],
    };

    public static IEnumerable<string> All => MaySee.Keys;

    /// <summary>The built assembly; it lies beside the tests.</summary>
    public static Assembly Load(string module) =>
        Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, string.Equals(module, "Cli", StringComparison.Ordinal) ? "rag.dll" : $"{Prefix}{module}.dll"));

    /// <summary>Our modules that the built code uses.</summary>
    public static IEnumerable<string> UsedBy(string module) =>
        Load(module).GetReferencedAssemblies()
            .Select(reference => reference.Name ?? "")
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..]);

    /// <summary>Our modules that the project file names, used or not.</summary>
    public static IEnumerable<string> NamedBy(string module) =>
        XDocument.Load(Path.Combine(RepositoryFiles.Root, "src", Prefix + module, $"{Prefix}{module}.csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension((string?)reference.Attribute("Include") ?? "")[Prefix.Length..]);
}
