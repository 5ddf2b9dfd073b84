using System.Globalization;
using System.Reflection;
using EnterpriseRag.Inference.Native.Bindings;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Native;

public sealed class OrtOrdinalsTests
{
    [Fact]
    public void Every_ordinal_stands_where_the_header_of_1_30_has_it()
    {
        Dictionary<string, int> header = File.ReadLines(RepositoryFiles.Fixture("ort-api-ordinals.txt"))
            .Select(line => line.Split('\t'))
            .ToDictionary(parts => parts[1], parts => int.Parse(parts[0], CultureInfo.InvariantCulture), StringComparer.Ordinal);

        FieldInfo[] used = typeof(OrtOrdinals).GetFields(BindingFlags.Public | BindingFlags.Static);

        used.Length.ShouldBeGreaterThan(40);
        foreach (FieldInfo field in used)
        {
            header.ShouldContainKeyAndValue(field.Name, (int)field.GetRawConstantValue()!);
        }
    }
}
