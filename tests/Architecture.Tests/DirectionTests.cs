using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using EnterpriseRag.Foundation;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Architecture.Tests;

public sealed class DirectionTests
{
    public static TheoryData<string> AllModules => [.. Modules.All];

    [Fact]
    public void Every_source_project_is_a_module_with_known_edges() =>
        Directory.GetDirectories(Path.Combine(RepositoryFiles.Root, "src")).Select(folder => Path.GetFileName(folder)["EnterpriseRag.".Length..]).ShouldBe(Modules.All, ignoreOrder: true);

    [Theory]
    [MemberData(nameof(AllModules))]
    public void A_module_sees_only_what_the_direction_allows(string module)
    {
        Modules.UsedBy(module).Except(Modules.MaySee[module], StringComparer.Ordinal).ShouldBeEmpty();
        Modules.NamedBy(module).Except(Modules.MaySee[module], StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(AllModules))]
    public void Only_the_portal_sees_AspNet(string module)
    {
        if (!string.Equals(module, "Portal", StringComparison.Ordinal))
        {
            Modules.Load(module).GetReferencedAssemblies().Select(reference => reference.Name ?? "").Where(name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)).ShouldBeEmpty();
        }
    }

    [Fact]
    public void Only_the_ledger_makes_audit_tickets()
    {
        typeof(AuditTicket).GetConstructors().ShouldBeEmpty();
        typeof(AuditTicket).Assembly.GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName)
            .Except(["EnterpriseRag.Audit", "EnterpriseRag.Audit.Tests", "EnterpriseRag.Testing"], StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(AllModules))]
    public void No_product_module_opens_its_internals_to_another_product_module(string module)
    {
        var friends = Modules.Load(module).GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName);
        var products = Modules.All.Select(name => $"EnterpriseRag.{name}").Append("rag");
        string[] allowed = module switch
        {
            "Foundation" => ["EnterpriseRag.Audit"], // the constructor of the ticket
            "Inference.Native" => ["EnterpriseRag.Inference"], // the binding is public to nobody
            _ => [],
        };
        friends.Intersect(products, StringComparer.Ordinal).ShouldBe(allowed);
    }

    [Theory]
    [MemberData(nameof(AllModules))]
    public void No_module_offers_a_raw_chat_client(string module) =>
        Modules.Load(module).GetExportedTypes()
            .Where(type => type.GetInterfaces().Any(contract => string.Equals(contract.FullName, "Microsoft.Extensions.AI.IChatClient", StringComparison.Ordinal)))
            .ShouldBeEmpty("generation is called through a ticket");

    [Fact]
    public void Unsafe_code_is_allowed_in_the_native_binding_only() =>
        Checkout.Tracked
            .Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) || path.EndsWith(".props", StringComparison.Ordinal))
            .Where(path => XDocument.Parse(Checkout.Read(path)).Descendants("AllowUnsafeBlocks").Any())
            .ShouldBe(["src/EnterpriseRag.Inference.Native/EnterpriseRag.Inference.Native.csproj"]);

    [Theory]
    [MemberData(nameof(AllModules))]
    public void Every_module_has_a_page_that_says_what_it_is(string module) =>
        Checkout.Tracked.Contains($"src/EnterpriseRag.{module}/README.md", StringComparer.Ordinal).ShouldBeTrue($"src/EnterpriseRag.{module}/README.md is missing");
}
