using EnterpriseRag.Foundation;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace EnterpriseRag.Storage;

/// <summary>A matter to create: what it is for is mandatory, because the ledger writes it into every record.</summary>
public sealed record NewMatter(string Name, string Purpose, string LegalBasis, string RetentionClass, RecordingLevel RecordingLevel = RecordingLevel.Content, bool Privileged = false);

/// <summary>Creates matters and says who is in them. Who may call what is the caller's decision. Safe for concurrent callers.</summary>
public sealed class Matters(IDbContextFactory<RagDbContext> contexts, IdFactory ids, TimeProvider time)
{
    private const int LongestName = 200;

    /// <returns>The matter; <c>Invalid</c> for an empty or overlong field, <c>Conflict</c> when the name is taken.</returns>
    public async Task<Result<Matter>> CreateAsync(NewMatter wanted, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(wanted.Name) || wanted.Name.Length > LongestName)
        {
            return new Failure(FailureKind.Invalid, $"A matter needs a name of 1 to {LongestName} characters.");
        }

        if (string.IsNullOrWhiteSpace(wanted.Purpose) || string.IsNullOrWhiteSpace(wanted.LegalBasis) || string.IsNullOrWhiteSpace(wanted.RetentionClass))
        {
            return new Failure(FailureKind.Invalid, "A matter needs a purpose, a legal basis and a retention class.");
        }

        var matter = new Matter
        {
            Id = new MatterId(ids.Next()),
            Name = wanted.Name.Trim(),
            Purpose = wanted.Purpose.Trim(),
            LegalBasis = wanted.LegalBasis.Trim(),
            RetentionClass = wanted.RetentionClass.Trim(),
            RecordingLevel = wanted.RecordingLevel,
            Privileged = wanted.Privileged,
            CreatedAt = time.GetUtcNow(),
        };
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Matters.Add(matter);
        try
        {
            await context.SaveChangesAsync(cancellationToken);
            return matter;
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return new Failure(FailureKind.Conflict, "There is a matter of that name.");
        }
    }

    public async Task<Matter?> FindByNameAsync(string name, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Matters.AsNoTracking().SingleOrDefaultAsync(matter => matter.Name == name, cancellationToken);
    }

    /// <summary>Makes the person a member, or changes the role. A wall still beats it.</summary>
    /// <returns>The membership; <c>NotFound</c> when there is no such matter.</returns>
    public async Task<Result<MatterMember>> SetMemberAsync(MatterId matter, PersonId person, MatterRole role, CancellationToken cancellationToken)
    {
        var wasSet = await ExecuteAsync(
            $"""
            INSERT INTO rag.matter_member(matter_id, person_id, role)
            SELECT id, {person.Value}, {(short)role} FROM rag.matter WHERE id = {matter.Value}
            ON CONFLICT (matter_id, person_id) DO UPDATE SET role = EXCLUDED.role
            """,
            cancellationToken);
        return wasSet ? new MatterMember { MatterId = matter, PersonId = person, Role = role } : NoMatter();
    }

    /// <returns>False when the person was not a member.</returns>
    public Task<bool> RemoveMemberAsync(MatterId matter, PersonId person, CancellationToken cancellationToken) =>
        ExecuteAsync($"DELETE FROM rag.matter_member WHERE matter_id = {matter.Value} AND person_id = {person.Value}", cancellationToken);

    /// <summary>Excludes the person, whatever memberships there are or will be. Twice is as once.</summary>
    /// <returns>The wall; <c>NotFound</c> when there is no such matter.</returns>
    public async Task<Result<MatterWall>> SetWallAsync(MatterId matter, PersonId person, CancellationToken cancellationToken)
    {
        var wasSet = await ExecuteAsync(
            $"""
            INSERT INTO rag.matter_wall(matter_id, person_id)
            SELECT id, {person.Value} FROM rag.matter WHERE id = {matter.Value}
            ON CONFLICT (matter_id, person_id) DO UPDATE SET person_id = EXCLUDED.person_id
            """,
            cancellationToken);
        return wasSet ? new MatterWall { MatterId = matter, PersonId = person } : NoMatter();
    }

    /// <returns>False when there was no wall.</returns>
    public Task<bool> LiftWallAsync(MatterId matter, PersonId person, CancellationToken cancellationToken) =>
        ExecuteAsync($"DELETE FROM rag.matter_wall WHERE matter_id = {matter.Value} AND person_id = {person.Value}", cancellationToken);

    private async Task<bool> ExecuteAsync(FormattableString sql, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Database.ExecuteSqlAsync(sql, cancellationToken) > 0;
    }

    private static Failure NoMatter() => new(FailureKind.NotFound, "There is no such matter.");
}
