using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Portal.Identity;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Storage;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Portal.Documents;

/// <summary>A matter as its members and administrators see it. <c>MayHandIn</c>: the caller may add documents.</summary>
internal sealed record MatterView(Guid Id, string Name, string Purpose, string LegalBasis, string RetentionClass, RecordingLevel RecordingLevel, bool Privileged, bool MayHandIn);

/// <summary>Matters and their members. Changes are <c>config</c> leaves before they take effect.</summary>
internal sealed class MatterRegister(IDbContextFactory<RagDbContext> contexts, ScopeResolver scopes, Matters store, ConfigurationRecord record, SharedPrefixes prefixes)
{
    /// <summary>Readers: the matters of their scope. Administrators: all matters (names and settings, no documents).</summary>
    public async Task<IReadOnlyList<MatterView>> ListAsync(Actor actor, CancellationToken cancellationToken)
    {
        if (!actor.Roles.Contains(PlatformRoles.Administrator, StringComparer.Ordinal))
        {
            return await ListReadableAsync(actor, cancellationToken);
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var matters = await db.Matters.AsNoTracking().OrderBy(m => m.Name).ToListAsync(cancellationToken);
        return [.. matters.Select(static m => View(m, mayHandIn: true))];
    }

    /// <summary>The matters of the caller's scope; none without the reader role.</summary>
    public async Task<IReadOnlyList<MatterView>> ListReadableAsync(Actor actor, CancellationToken cancellationToken)
    {
        if (!actor.Roles.Contains(PlatformRoles.Reader, StringComparer.Ordinal))
        {
            return [];
        }

        var readable = (await scopes.ResolveAsync(actor.Person, cancellationToken)).Matters.ToArray();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var matters = await db.Matters.AsNoTracking().Where(m => readable.Contains(m.Id)).OrderBy(m => m.Name)
            .Select(m => new { Matter = m, Member = db.MatterMembers.FirstOrDefault(x => x.MatterId == m.Id && x.PersonId == actor.Person) })
            .ToListAsync(cancellationToken);
        return [.. matters.Select(static m => View(m.Matter, m.Member is { Role: MatterRole.Contributor or MatterRole.Owner }))];
    }

    /// <summary>Finds a matter of the caller's list by id or exact name.</summary>
    public async Task<MatterId?> FindAsync(Actor actor, string idOrName, CancellationToken cancellationToken)
    {
        var matters = await ListAsync(actor, cancellationToken);
        var found = Guid.TryParse(idOrName, out var id) ? matters.FirstOrDefault(m => m.Id == id) : matters.FirstOrDefault(m => string.Equals(m.Name, idOrName, StringComparison.Ordinal));
        return found is null ? null : new MatterId(found.Id);
    }

    /// <summary>Whatever the caller may read: for the seed, which acts for nobody, and for the check of names.</summary>
    public async Task<MatterId?> FindByNameAsync(string name, CancellationToken cancellationToken)
    {
        var found = await store.FindByNameAsync(name, cancellationToken);
        return found?.Id;
    }

    /// <summary>Creates a matter. Fails with Invalid when a field is empty or unknown to the ledger, Conflict when the name is taken.</summary>
    public async Task<Result<MatterId>> CreateAsync(Actor creator, NewMatter matter, CancellationToken cancellationToken)
    {
        // Only names that the ledger can write down: otherwise every question in this matter would be refused later.
        var why = new ProcessingContext(matter.Purpose, matter.LegalBasis, matter.RetentionClass, (RecordingLevelCode)matter.RecordingLevel, matter.Privileged);
        if (AuditVocabulary.Fault(why) is { } fault)
        {
            return new Failure(FailureKind.Invalid, fault);
        }

        if (await FindByNameAsync(matter.Name, cancellationToken) is not null)
        {
            return new Failure(FailureKind.Conflict, "There is a matter of that name.");
        }

        await record.AppendAsync(creator, "matter.create", matter, cancellationToken);
        var created = await store.CreateAsync(matter, cancellationToken);
        return created.IsSuccess ? created.Value.Id : created.Failure;
    }

    /// <summary>Adds a member or changes the member's role; the same role again changes and records nothing.</summary>
    public async Task<Result<bool>> SetMemberAsync(Actor changer, MatterId matter, PersonId person, MatterRole role, CancellationToken cancellationToken)
    {
        if (!Enum.IsDefined(role))
        {
            return new Failure(FailureKind.Invalid, "The role in the matter is reader, contributor or owner.");
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.MatterMembers.AnyAsync(m => m.MatterId == matter && m.PersonId == person && m.Role == role, cancellationToken))
        {
            return true;
        }

        await record.AppendAsync(changer, "matter.member", new { Matter = matter.Value, Role = role }, cancellationToken);
        var set = await store.SetMemberAsync(matter, person, role, cancellationToken);
        prefixes.Forget();
        return set.IsSuccess ? true : set.Failure;
    }

    /// <summary>Excludes a person from a matter whatever memberships there are.</summary>
    public async Task<Result<bool>> SetWallAsync(Actor changer, MatterId matter, PersonId person, CancellationToken cancellationToken)
    {
        await record.AppendAsync(changer, "matter.wall", new { Matter = matter.Value }, cancellationToken);
        var set = await store.SetWallAsync(matter, person, cancellationToken);
        prefixes.Forget();
        return set.IsSuccess ? true : set.Failure;
    }

    public async Task<IReadOnlyList<(Guid Person, MatterRole Role)>> MembersAsync(MatterId matter, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var members = await db.MatterMembers.AsNoTracking().Where(m => m.MatterId == matter).ToListAsync(cancellationToken);
        return [.. members.Select(m => (m.PersonId.Value, m.Role))];
    }

    private static MatterView View(Matter m, bool mayHandIn) =>
        new(m.Id.Value, m.Name, m.Purpose, m.LegalBasis, m.RetentionClass, m.RecordingLevel, m.Privileged, mayHandIn);
}
