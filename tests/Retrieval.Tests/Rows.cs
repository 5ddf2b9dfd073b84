using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Storage;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Retrieval.Tests;

/// <summary>Rows that tests of retrieval need in Postgres; in the product ingestion and administration write them.</summary>
internal sealed class Rows(TestDatabases databases)
{
    private readonly IdFactory _ids = new(TimeProvider.System);

    public PersonId NewPerson() => new(_ids.Next());

    public async Task<MatterId> AddMatterAsync(params PersonId[] members)
    {
        var id = new MatterId(_ids.Next());
        await using var context = await databases.Contexts.CreateDbContextAsync();
        context.Matters.Add(new Matter
        {
            Id = id,
            Name = $"Matter {id}",
            Purpose = "test",
            LegalBasis = "test",
            RetentionClass = "test",
            CreatedAt = TimeProvider.System.GetUtcNow(),
        });
        context.MatterMembers.AddRange(members.Select(m => new MatterMember { MatterId = id, PersonId = m }));
        await context.SaveChangesAsync();
        return id;
    }

    public async Task AddWallAsync(MatterId matter, PersonId person)
    {
        await using var context = await databases.Contexts.CreateDbContextAsync();
        context.MatterWalls.Add(new MatterWall { MatterId = matter, PersonId = person });
        await context.SaveChangesAsync();
    }

    /// <summary>Document, version and chunks of an indexed version.</summary>
    public async Task AddVersionAsync(IndexedVersion version, VersionState state = VersionState.Ready)
    {
        await using var context = await databases.Contexts.CreateDbContextAsync();
        var now = TimeProvider.System.GetUtcNow();
        if (await context.Documents.FindAsync(version.Document) is null)
        {
            context.Documents.Add(new Document { Id = version.Document, MatterId = version.Matter, Name = $"Document {version.Document}", CreatedAt = now });
        }

        context.DocumentVersions.Add(new DocumentVersion
        {
            Id = version.Version,
            DocumentId = version.Document,
            MatterId = version.Matter,
            Number = 1 + context.DocumentVersions.Count(v => v.DocumentId == version.Document),
            Sha256 = new byte[32],
            SizeBytes = 1,
            MediaType = "text/plain",
            State = state,
            CreatedBy = NewPerson(),
            CreatedAt = now,
        });
        context.Chunks.AddRange(version.Passages.Select(p => new Chunk
        {
            VersionId = version.Version,
            Ordinal = p.Ordinal,
            Start = 100 * p.Ordinal,
            Length = p.Text.Length,
            Page = 1,
            HeadingPath = ["Heading"],
            Language = p.Language,
            Text = p.Text,
            SentenceStarts = p.Sentences.Select(s => s.Start).ToArray(),
            SentenceLengths = p.Sentences.Select(s => s.Length).ToArray(),
            SentenceLanguages = p.Sentences.Select(s => s.Language).ToArray(),
        }));
        await context.SaveChangesAsync();
    }
}
