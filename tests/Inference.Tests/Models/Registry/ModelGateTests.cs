using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Inference.Tests.Models.Import;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Registry;

public sealed class ModelGateTests : IDisposable
{
    private readonly TemporaryFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData("langid")]
    [InlineData("multilingual-e5-small")]
    [InlineData("smollm2-135m-instruct")]
    public void A_folder_in_the_box_is_approved_by_the_card_inside_the_program(string name)
    {
        var folder = ModelFolder.Open(RepositoryFiles.Model(name));

        using var services = Services();
        services.GetRequiredService<ModelGate>().Admit(folder).ShouldBeSameAs(folder);
        var card = services.GetRequiredService<ModelApprovals>().CardOf(folder);
        card.Approval.ShouldBe(ModelApproval.Approved);
        card.Languages.ShouldNotBeEmpty();
        card.Licence.ShouldNotBeNull();
    }

    [Fact]
    public async Task The_import_of_the_model_in_the_box_is_believed_after_it_was_made_again()
    {
        using var services = Services(("Models:Generation", await ImportedModel.FolderAsync()));
        var folder = ModelFolder.Open(await ImportedModel.FolderAsync());
        services.GetRequiredService<ModelApprovals>().StandingOf(folder.Sha256).Approval.ShouldBe(ModelApproval.Unreviewed);

        services.GetRequiredService<ModelGate>().Admit(folder);

        services.GetRequiredService<ModelApprovals>().StandingOf(folder.Sha256).ShouldSatisfyAllConditions(s => s.MayLoad.ShouldBeTrue(), s => s.IsShipped.ShouldBeTrue());
        services.GetRequiredService<AuditedGenerator>().Model.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_folder_whose_card_only_claims_to_come_from_the_box_does_not_load()
    {
        var folder = await ImportTinyAsync("forged");
        var card = ModelCard.Read(folder);
        await File.WriteAllBytesAsync(folder.File("card.json"), (card with { Source = new ModelCardSource("SmolLM2-135M-Instruct.Q4_1.gguf", "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", 98_362_432), Approval = ModelApproval.Approved }).ToJson());
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "SHA256SUMS"), ChecksumList.Format(folder.Files.Select(f => KeyValuePair.Create(f, ModelFolder.HashFile(folder.File(f), CancellationToken.None)))));
        var forged = ModelFolder.Open(folder.Path);

        using var services = Services();
        Should.Throw<ModelFolderException>(() => services.GetRequiredService<ModelGate>().Admit(forged)).Message.ShouldContain("rag models approve");
        services.GetRequiredService<ModelApprovals>().StandingOf(forged.Sha256).Approval.ShouldBe(ModelApproval.Unreviewed);
    }

    [Fact]
    public async Task An_approval_counts_once_the_ledger_has_it_and_for_these_bytes_alone()
    {
        var folder = await ImportTinyAsync("mine");
        using var services = Services();
        var approvals = services.GetRequiredService<ModelApprovals>();
        var gate = services.GetRequiredService<ModelGate>();
        Should.Throw<ModelFolderException>(() => gate.Admit(folder));

        services.GetRequiredService<ModelReview>().Decide(folder, ModelApproval.Approved, "Clara", "read its card", trial: null, leaf: null);
        Should.Throw<ModelFolderException>(() => gate.Admit(folder)).Message.ShouldContain("not in the ledger yet");
        approvals.Unrecorded().ShouldBe([new UnrecordedDecision(folder.Sha256, ModelApproval.Approved)]);

        approvals.MarkRecorded(folder.Sha256, ModelApproval.Approved, 7, new string('a', 64));
        gate.Admit(folder).ShouldBeSameAs(folder);
        approvals.Unrecorded().ShouldBeEmpty();

        var other = await ImportTinyAsync("other-name");
        Should.Throw<ModelFolderException>(() => gate.Admit(other));
    }

    [Fact]
    public async Task What_is_in_the_box_can_be_refused_too()
    {
        var folder = ModelFolder.Open(RepositoryFiles.Model("multilingual-e5-small"));
        using var services = Services();

        services.GetRequiredService<ModelReview>().Decide(folder, ModelApproval.Refused, "Clara", "another one is used", null, null);

        Should.Throw<ModelFolderException>(() => services.GetRequiredService<ModelGate>().Admit(folder)).Message.ShouldContain("another one is used");
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("altered")]
    [InlineData("of another folder")]
    [InlineData("of another installation")]
    public async Task A_record_that_is_not_sealed_here_decides_nothing(string record)
    {
        var folder = await ImportTinyAsync("mine");
        using var services = Services();
        var approvals = services.GetRequiredService<ModelApprovals>();
        services.GetRequiredService<ModelReview>().Decide(folder, ModelApproval.Approved, "Clara", "fine", null, (7, new string('a', 64)));
        approvals.StandingOf(folder.Sha256).MayLoad.ShouldBeTrue();
        var path = _data.Sub($"model-records/{folder.Sha256}.decision");
        var sha256 = folder.Sha256;
        switch (record)
        {
            case "altered":
                await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace("Clara", "Clare", StringComparison.Ordinal));
                break;
            case "of another folder":
                sha256 = new string('b', 64);
                File.Move(path, _data.Sub($"model-records/{sha256}.decision"));
                break;
            default:
                File.Delete(_data.Sub("secrets/model-records.key"));
                SecretFile.Write(_data.Sub("secrets/model-records.key"), new byte[32]);
                break;
        }

        var standing = approvals.StandingOf(sha256);
        standing.MayLoad.ShouldBeFalse();
        standing.Problem.ShouldNotBeNull().ShouldContain("rag models approve");
    }

    [Fact]
    public async Task A_model_that_gives_other_outputs_than_at_its_approval_does_not_serve()
    {
        var path = await ImportedModel.FolderAsync();
        using (var services = Services(("Models:Generation", path)))
        {
            services.GetRequiredService<AuditedGenerator>().Model.ShouldNotBeNull();
        }

        var approvals = new ModelApprovals(Options.Create(new DataOptions { Directory = _data.Path }));
        var sha256 = ModelFolder.Open(path).Sha256;
        var decision = approvals.FindDecision(sha256).ShouldNotBeNull();
        var golden = decision.Generation.ShouldNotBeNull();
        var step = golden.Prompts[0].Steps[0];
        approvals.Decide(sha256, decision with
        {
            Generation = new([golden.Prompts[0] with { Steps = [step with { Logits = [.. step.Logits.Select(l => l - (step.Spread / 4))] }] }]),
        });

        using var again = Services(("Models:Generation", path));
        again.GetRequiredService<AuditedGenerator>().Model.ShouldBeNull();
    }

    [Fact]
    public async Task The_newest_approved_language_model_is_the_one_in_use()
    {
        var old = await ImportTinyAsync("old");
        var recent = await ImportTinyAsync("recent");
        var unreviewed = await ImportTinyAsync("unreviewed");
        foreach (var (folder, minutes) in new[] { (old, 3), (recent, 2), (unreviewed, 1) })
        {
            File.SetLastWriteTimeUtc(Path.Combine(folder.Path, "SHA256SUMS"), TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-minutes));
        }

        using var services = Services();
        var approvals = services.GetRequiredService<ModelApprovals>();
        var locations = services.GetRequiredService<ModelLocations>();
        locations.GenerationInUse(approvals).ShouldBeNull();
        var review = services.GetRequiredService<ModelReview>();
        review.Decide(old, ModelApproval.Approved, "Clara", "fine", null, (7, new string('a', 64)));
        review.Decide(recent, ModelApproval.Approved, "Clara", "fine", null, (8, new string('a', 64)));

        locations.GenerationInUse(approvals).ShouldBe(recent.Path);
    }

    private async Task<ModelFolder> ImportTinyAsync(string name)
    {
        var source = _data.Write("tiny.gguf", TinyLlama.Writer().ToBytes());
        return await ModelImporter.ImportAsync(source, _data.Sub("models/" + name), new ModelImportOptions(), null, CancellationToken.None);
    }

    private ServiceProvider Services(params (string Key, string Value)[] settings)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Append(("Data:Directory", _data.Path)).ToDictionary(s => s.Item1, s => (string?)s.Item2, StringComparer.Ordinal)).Build();
        var services = new ServiceCollection();
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        return services.AddInference(configuration).BuildServiceProvider();
    }
}
