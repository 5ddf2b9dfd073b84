using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Ingestion.Receive;

/// <summary>Who may change the documents of a matter, from the database of this moment. A wall beats every grant but the platform administrator's, who reads nothing.</summary>
internal static class IntakeAccess
{
    /// <summary>Null when permitted. A matter that the person cannot see does not exist for them.</summary>
    public static async Task<Failure?> CheckAsync(RagDbContext context, Actor actor, MatterId matter, CancellationToken cancellationToken)
    {
        var notFound = new Failure(FailureKind.NotFound, "There is no such matter.");
        if (!await context.Matters.AnyAsync(m => m.Id == matter, cancellationToken))
        {
            return notFound;
        }

        if (actor.Roles.Contains(PlatformRoles.Administrator, StringComparer.Ordinal))
        {
            return null;
        }

        if (await context.MatterWalls.AnyAsync(w => w.MatterId == matter && w.PersonId == actor.Person, cancellationToken))
        {
            return notFound;
        }

        var role = await context.MatterMembers.Where(m => m.MatterId == matter && m.PersonId == actor.Person).Select(m => (MatterRole?)m.Role).SingleOrDefaultAsync(cancellationToken);
        return role switch
        {
            MatterRole.Contributor or MatterRole.Owner => null,
            MatterRole.Reader => new Failure(FailureKind.Forbidden, "Readers of a matter cannot change its documents. Ask an owner to make you a contributor."),
            _ => notFound,
        };
    }
}
