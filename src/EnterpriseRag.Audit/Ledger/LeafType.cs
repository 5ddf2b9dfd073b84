namespace EnterpriseRag.Audit.Ledger;

/// <summary>Frozen numbers (ledger.md 2.14). Types of later issues are listed so that a verifier knows every name.</summary>
internal enum LeafType : short
{
    Genesis = 1,
    Config = 2,
    Policy = 3,
    Agreement = 4,
    DocumentVersion = 5,
    Session = 6,
    Auth = 7,
    Ddl = 8,
    Request = 10,
    Context = 11,
    Oversight = 12,
    Response = 20,
    Abort = 21,
    Refusal = 22,
    ViewRequest = 30,
    ViewApprove = 31,
    ViewOpen = 32,
    ViewClose = 33,
    ReidRequest = 34,
    ReidApprove = 35,
    ReidOpen = 36,
    Export = 40,
    HoldPlace = 50,
    HoldRelease = 51,
    RestrictSet = 52,
    RestrictLift = 53,
    EraseRequest = 60,
    EraseDeferred = 61,
    EraseExecute = 62,
    EraseFinal = 63,
    RetentionExpire = 64,
    RetentionFinal = 65,
    KeyCreate = 70,
    KeyRotate = 71,
    KeyDestroy = 72,
    Anchor = 80,
    Verify = 81,
    ClockAnomaly = 82,
    Gap = 83,
    Recover = 84,
}

internal static class LeafTypes
{
    private static readonly Dictionary<LeafType, string> s_names = new()
    {
        [LeafType.Genesis] = "genesis",
        [LeafType.Config] = "config",
        [LeafType.Policy] = "policy",
        [LeafType.Agreement] = "agreement",
        [LeafType.DocumentVersion] = "doc.version",
        [LeafType.Session] = "session",
        [LeafType.Auth] = "auth",
        [LeafType.Ddl] = "ddl",
        [LeafType.Request] = "request",
        [LeafType.Context] = "context",
        [LeafType.Oversight] = "oversight",
        [LeafType.Response] = "response",
        [LeafType.Abort] = "abort",
        [LeafType.Refusal] = "refusal",
        [LeafType.ViewRequest] = "view.request",
        [LeafType.ViewApprove] = "view.approve",
        [LeafType.ViewOpen] = "view.open",
        [LeafType.ViewClose] = "view.close",
        [LeafType.ReidRequest] = "reid.request",
        [LeafType.ReidApprove] = "reid.approve",
        [LeafType.ReidOpen] = "reid.open",
        [LeafType.Export] = "export",
        [LeafType.HoldPlace] = "hold.place",
        [LeafType.HoldRelease] = "hold.release",
        [LeafType.RestrictSet] = "restrict.set",
        [LeafType.RestrictLift] = "restrict.lift",
        [LeafType.EraseRequest] = "erase.request",
        [LeafType.EraseDeferred] = "erase.deferred",
        [LeafType.EraseExecute] = "erase.execute",
        [LeafType.EraseFinal] = "erase.final",
        [LeafType.RetentionExpire] = "retention.expire",
        [LeafType.RetentionFinal] = "retention.final",
        [LeafType.KeyCreate] = "key.create",
        [LeafType.KeyRotate] = "key.rotate",
        [LeafType.KeyDestroy] = "key.destroy",
        [LeafType.Anchor] = "anchor",
        [LeafType.Verify] = "verify",
        [LeafType.ClockAnomaly] = "clock.anomaly",
        [LeafType.Gap] = "gap",
        [LeafType.Recover] = "recover",
    };

    private static readonly Dictionary<string, LeafType> s_types = s_names.ToDictionary(p => p.Value, p => p.Key, StringComparer.Ordinal);

    public static IReadOnlyCollection<string> Names => s_types.Keys;

    public static string Name(LeafType type) => s_names[type];

    /// <summary>The name, or the bare number of a type that a newer version wrote.</summary>
    public static string NameOf(short number) => s_names.TryGetValue((LeafType)number, out var name) ? name : $"{number}";

    public static LeafType? Parse(string name) => s_types.TryGetValue(name, out var type) ? type : null;

    public static bool IsTerminal(LeafType type) => type is LeafType.Response or LeafType.Abort or LeafType.Refusal;
}
