using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Configurations;
using EnterpriseRag.Storage.Jobs;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Storage;

/// <summary>
/// The database <c>rag</c>, schema <c>rag</c>. Tables are made by the SQL scripts under Migrations/rag, never by EF. Not safe for concurrent use: one per
/// unit of work, from <c>IDbContextFactory&lt;RagDbContext&gt;</c>.
/// </summary>
public sealed class RagDbContext(DbContextOptions<RagDbContext> options) : DbContext(options)
{
    public DbSet<Matter> Matters => Set<Matter>();

    public DbSet<MatterMember> MatterMembers => Set<MatterMember>();

    public DbSet<MatterWall> MatterWalls => Set<MatterWall>();

    public DbSet<Document> Documents => Set<Document>();

    public DbSet<DocumentVersion> DocumentVersions => Set<DocumentVersion>();

    public DbSet<Chunk> Chunks => Set<Chunk>();

    public DbSet<PersonalToken> PersonalTokens => Set<PersonalToken>();

    /// <summary>Written through the job queue; public for counting.</summary>
    public DbSet<Job> Jobs => Set<Job>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<MatterId>().HaveConversion<MatterIdConverter>();
        configurationBuilder.Properties<DocumentId>().HaveConversion<DocumentIdConverter>();
        configurationBuilder.Properties<DocumentVersionId>().HaveConversion<DocumentVersionIdConverter>();
        configurationBuilder.Properties<PersonId>().HaveConversion<PersonIdConverter>();
        configurationBuilder.Properties<RecordingLevel>().HaveConversion<short>();
        configurationBuilder.Properties<MatterRole>().HaveConversion<short>();
        configurationBuilder.Properties<VersionState>().HaveConversion<short>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema("rag");
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(RagDbContext).Assembly);
        modelBuilder.NameColumnsInSnakeCase();
    }
}
