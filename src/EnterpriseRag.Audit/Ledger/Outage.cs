using System.Net.Sockets;
using EnterpriseRag.Storage.Keys;
using EnterpriseRag.Storage.Postgres;
using Npgsql;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>Which failures mean "cannot write now", as opposed to a bug.</summary>
internal static class Outage
{
    /// <summary>The server or the way to it failed; the same statement may pass later.</summary>
    public static bool IsDatabase(Exception e) =>
        e is PostgresException p ? IsTransient(p) : e is NpgsqlException or TimeoutException or IOException or SocketException or ObjectDisposedException;

    /// <summary>As above, or keys cannot be had. <paramref name="e"/> comes from work that is limited by our own timeout only.</summary>
    public static bool IsAny(Exception e) =>
        e is PostgresException or OperationCanceledException or KeyUnavailableException or DatabaseSetupException or LedgerBrokenException || IsDatabase(e);

    // 08 connection, 53 resources (disk full, connections), 57 operator intervention (shutdown, timeout), 58 system, 40 rollback, XX internal; 55P03 lock timeout, 25P03 idle kill.
    private static bool IsTransient(PostgresException e) =>
        e.SqlState is "55P03" or "25P03" || e.SqlState[..2] is "08" or "53" or "57" or "58" or "40" or "XX";
}
