using EnterpriseRag.Foundation;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Storage.Tests;

public sealed class MattersTests(FreshDatabases databases) : IClassFixture<FreshDatabases>
{
    private Matters Matters => databases.Get<Matters>();

    [Fact]
    public async Task A_created_matter_is_found_by_its_name()
    {
        var created = await Matters.CreateAsync(new NewMatter(" Acme ./. Beta ", "P-007", "art6-1-f", "std-3y", RecordingLevel.Hash, Privileged: true), CancellationToken.None);

        var found = (await Matters.FindByNameAsync("Acme ./. Beta", CancellationToken.None)).ShouldNotBeNull();
        found.Id.ShouldBe(created.Value.Id);
        found.RecordingLevel.ShouldBe(RecordingLevel.Hash);
        found.Privileged.ShouldBeTrue();
    }

    [Theory]
    [InlineData("", "p", "b", "r")]
    [InlineData("n", " ", "b", "r")]
    [InlineData("n", "p", "", "r")]
    [InlineData("n", "p", "b", "")]
    public async Task A_matter_without_name_purpose_basis_or_class_is_refused(string name, string purpose, string basis, string retention) =>
        (await Matters.CreateAsync(new NewMatter(name, purpose, basis, retention), CancellationToken.None)).Failure?.Kind.ShouldBe(FailureKind.Invalid);

    [Fact]
    public async Task A_name_is_taken_once()
    {
        await Matters.CreateAsync(new NewMatter("twice", "p", "b", "r"), CancellationToken.None);

        (await Matters.CreateAsync(new NewMatter("twice", "p", "b", "r"), CancellationToken.None)).Failure?.Kind.ShouldBe(FailureKind.Conflict);
    }

    [Fact]
    public async Task Members_and_walls_are_set_changed_and_taken_away()
    {
        var matter = (await databases.AddMatterAsync()).Id;
        var person = new PersonId(databases.Ids.Next());

        (await Matters.SetMemberAsync(matter, person, MatterRole.Reader, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await Matters.SetMemberAsync(matter, person, MatterRole.Owner, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await Matters.SetWallAsync(matter, person, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await Matters.SetWallAsync(matter, person, CancellationToken.None)).IsSuccess.ShouldBeTrue();

        await using (var context = databases.Set.Contexts.CreateDbContext())
        {
            (await context.MatterMembers.SingleAsync(member => member.MatterId == matter)).Role.ShouldBe(MatterRole.Owner);
            (await context.MatterWalls.CountAsync(wall => wall.MatterId == matter)).ShouldBe(1);
        }

        (await Matters.RemoveMemberAsync(matter, person, CancellationToken.None)).ShouldBeTrue();
        (await Matters.RemoveMemberAsync(matter, person, CancellationToken.None)).ShouldBeFalse();
        (await Matters.LiftWallAsync(matter, person, CancellationToken.None)).ShouldBeTrue();
        (await Matters.LiftWallAsync(matter, person, CancellationToken.None)).ShouldBeFalse();
    }

    [Fact]
    public async Task Nobody_joins_a_matter_that_is_not_there()
    {
        var nowhere = new MatterId(databases.Ids.Next());

        (await Matters.SetMemberAsync(nowhere, new PersonId(databases.Ids.Next()), MatterRole.Reader, CancellationToken.None)).Failure?.Kind.ShouldBe(FailureKind.NotFound);
        (await Matters.SetWallAsync(nowhere, new PersonId(databases.Ids.Next()), CancellationToken.None)).Failure?.Kind.ShouldBe(FailureKind.NotFound);
    }

    [Fact]
    public async Task A_living_documents_name_is_unique_in_its_matter_and_free_again_while_it_is_deleted()
    {
        var matter = (await databases.AddMatterAsync()).Id;
        await using var context = databases.Set.Contexts.CreateDbContext();
        var first = Add(context, matter);
        await context.SaveChangesAsync();

        Add(context, matter);
        var refusal = await Should.ThrowAsync<DbUpdateException>(() => context.SaveChangesAsync());
        refusal.InnerException.ShouldBeOfType<PostgresException>().ConstraintName.ShouldBe("document_name");

        first.DeletingAt = TimeProvider.System.GetUtcNow();
        await context.SaveChangesAsync();
    }

    [Fact]
    public async Task A_version_cannot_stand_in_another_matter_than_its_document()
    {
        var version = await databases.AddVersionAsync();
        var other = await databases.AddMatterAsync();
        await using var context = databases.Set.Contexts.CreateDbContext();

        var moved = context.DocumentVersions.Where(row => row.Id == version.Id).ExecuteUpdateAsync(set => set.SetProperty(row => row.MatterId, other.Id));

        (await Should.ThrowAsync<PostgresException>(() => moved)).SqlState.ShouldBe(PostgresErrorCodes.ForeignKeyViolation);
    }

    [Fact]
    public async Task Every_field_of_a_version_and_its_chunks_comes_back()
    {
        var version = await databases.AddVersionAsync();
        await using (var context = databases.Set.Contexts.CreateDbContext())
        {
            context.Chunks.Add(new Chunk { VersionId = version.Id, Ordinal = 3, Start = 10, Length = 20, Page = 2, HeadingPath = ["§ 1", "Kündigung"], Language = "de", Text = "Drei Monate. Zum Ende.", SentenceStarts = [0, 13], SentenceLengths = [12, 9], SentenceLanguages = ["de", "de"] });
            await context.SaveChangesAsync();
        }

        await using var again = databases.Set.Contexts.CreateDbContext();
        var read = await again.DocumentVersions.AsNoTracking().SingleAsync(row => row.Id == version.Id);
        read.Sha256.ShouldBe(version.Sha256);
        read.CreatedBy.ShouldBe(version.CreatedBy);
        read.CreatedAt.ShouldBe(version.CreatedAt, TimeSpan.FromMicroseconds(1));
        read.State.ShouldBe(VersionState.Queued);
        var chunk = await again.Chunks.SingleAsync(row => row.VersionId == version.Id);
        chunk.HeadingPath.ShouldBe(["§ 1", "Kündigung"]);
        chunk.SentenceStarts.ShouldBe([0, 13]);
        chunk.Text.ShouldBe("Drei Monate. Zum Ende.");
    }

    private Document Add(RagDbContext context, MatterId matter)
    {
        var document = new Document { Id = new DocumentId(databases.Ids.Next()), MatterId = matter, Name = "same.pdf", CreatedAt = TimeProvider.System.GetUtcNow() };
        context.Documents.Add(document);
        return document;
    }
}
