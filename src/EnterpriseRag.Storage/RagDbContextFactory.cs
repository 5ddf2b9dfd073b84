using EnterpriseRag.Storage.Postgres;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Storage;

/// <summary>Contexts over the pool of role <c>rag_app</c>. The pool opens with the first context. Safe for concurrent callers.</summary>
public sealed class RagDbContextFactory(Databases databases) : IDbContextFactory<RagDbContext>
{
    private readonly Lazy<DbContextOptions<RagDbContext>> _options = new(() => new DbContextOptionsBuilder<RagDbContext>().UseNpgsql(databases.Rag).Options);

    public RagDbContext CreateDbContext() => new(_options.Value);
}
