using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace EnterpriseRag.Storage.Configurations;

internal sealed class DocumentConfiguration : IEntityTypeConfiguration<Document>
{
    public void Configure(EntityTypeBuilder<Document> builder)
    {
        builder.ToTable("document").HasKey(document => document.Id);
        builder.Property(document => document.Id).ValueGeneratedNever();
        builder.HasOne<Matter>().WithMany().HasForeignKey(document => document.MatterId).OnDelete(DeleteBehavior.Restrict);
        builder.HasMany(document => document.Versions).WithOne().HasForeignKey(version => version.DocumentId);
    }
}

internal sealed class DocumentVersionConfiguration : IEntityTypeConfiguration<DocumentVersion>
{
    public void Configure(EntityTypeBuilder<DocumentVersion> builder)
    {
        builder.ToTable("document_version").HasKey(version => version.Id);
        builder.Property(version => version.Id).ValueGeneratedNever();
    }
}

internal sealed class ChunkConfiguration : IEntityTypeConfiguration<Chunk>
{
    public void Configure(EntityTypeBuilder<Chunk> builder)
    {
        builder.ToTable("chunk").HasKey(chunk => new { chunk.VersionId, chunk.Ordinal });
        builder.Property(chunk => chunk.Ordinal).ValueGeneratedNever();
        builder.HasOne<DocumentVersion>().WithMany().HasForeignKey(chunk => chunk.VersionId);
    }
}
