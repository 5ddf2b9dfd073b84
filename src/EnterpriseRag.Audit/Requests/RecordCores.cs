using EnterpriseRag.Audit.Canonical;
using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Audit.Requests;

/// <summary>Names of sealed segments; part of the stored format.</summary>
internal static class Segments
{
    public const string Prompt = "prompt";
    public const string Response = "response";
    public const string Withheld = "withheld";
    public const string DocumentHash = "doc_sha256";
}

/// <summary>The members of each record of a request (ledger.md 2.6), added to its frame.</summary>
internal static class RecordCores
{
    private static readonly string[] s_kinds = ["ask", "search", "chat", "embed", "evaluate"];
    private static readonly string[] s_modes = ["auto", "quotes", "generate", "direct"];
    private static readonly string[] s_outcomes = ["quotes", "generated", "withheld", "declined", "listed"];

    public static CoreObject Request(CoreObject core, RequestRecord record)
    {
        var matters = new CoreArray();
        foreach (var matter in record.Matters)
        {
            matters.Add(CoreFactory.Text(matter.Value));
        }

        var opens = new CoreArray();
        foreach (var use in new[] { TicketUse.Retrieval, TicketUse.Generation })
        {
            if (record.Opens.HasFlag(use))
            {
                opens.Add(use == TicketUse.Retrieval ? "retrieval" : "generation");
            }
        }

        core.Add("kind", OneOf(record.Kind, s_kinds, "kind"))
            .Add("mode", OneOf(record.Mode, s_modes, "mode"))
            .Add("filter", Versioned(record.ScopeDecision, "scope decision"))
            .Add("matters", matters)
            .Add("opens", opens);
        if (record.Conversation is { } conversation)
        {
            core.Add("corr", CoreFactory.Code(conversation, "conversation"));
        }

        if (record.EmbeddingModelSha256 is { } embedding)
        {
            core.Add("emb_model_sha256", Hash(embedding, "embedding model"));
        }

        return record.Model is { } model ? Model(core, model) : core;
    }

    public static CoreObject Context(CoreObject core, ContextRecord record)
    {
        var chunks = new CoreArray();
        foreach (var chunk in record.Chunks)
        {
            var entry = new CoreObject()
                .Add("d", CoreFactory.Text(chunk.Version.Value))
                .Add("o", chunk.Ordinal)
                .Add("r", chunk.Rank)
                .Add("s", chunk.ScoreMicro)
                .Add("u", chunk.Used);
            chunks.Add(chunk.FlaggedInstruction ? entry.Add("f", true) : entry);
        }

        return core
            .Add("index", Versioned(record.IndexVersion, "index version"))
            .Add("emb_model_sha256", Hash(record.EmbeddingModelSha256, "embedding model"))
            .Add("k", record.K)
            .Add("denied", record.DeniedByAccess)
            .Add("chunks", chunks);
    }

    public static CoreObject Response(CoreObject core, ResponseRecord record, int groups)
    {
        var guards = new CoreArray();
        foreach (var (policy, count) in record.Guards.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            guards.Add(new CoreObject().Add("id", CoreFactory.Code(policy, "guard")).Add("n", count));
        }

        return core
            .Add("fin", AuditVocabulary.Code(record.Finish))
            .Add("outcome", OneOf(record.Outcome, s_outcomes, "outcome"))
            .Add("in_tok", record.InputTokens)
            .Add("out_tok", record.OutputTokens)
            .Add("groups", groups)
            .Add("guard", guards)
            .Add("lat_us", new CoreObject()
                .Add("queue", record.Latency.Queue)
                .Add("retrieval", record.Latency.Retrieval)
                .Add("ttft", record.Latency.FirstShown)
                .Add("total", record.Latency.Total));
    }

    public static CoreObject Abort(CoreObject core, string reason, int groups, long shownBytes) => core
        .Add("reason", reason)
        .Add("partial", groups > 0)
        .Add("groups", groups)
        .Add("shown_len", Sealing.SegmentCipher.PaddedLength(shownBytes)); // padded: the exact length tells about the text

    private static CoreObject Model(CoreObject core, ModelUse model)
    {
        core.Add("model", Versioned(model.Model, "model"))
            .Add("model_sha256", Hash(model.ModelSha256, "model"))
            .Add("engine", Versioned(model.Engine, "engine"))
            .Add("tmpl", Versioned(model.Template, "template"))
            .Add("tmpl_sha256", Hash(model.TemplateSha256, "template"))
            .Add("max_tok", model.MaxTokens)
            .Add("temp_milli", model.TemperatureMilli)
            .Add("seed", model.Seed);
        return model.AdapterSha256 is { } adapter ? core.Add("adapter_sha256", Hash(adapter, "adapter")) : core;
    }

    private static string OneOf(string value, string[] known, string what) =>
        Array.IndexOf(known, value) >= 0 ? value : throw new ArgumentException($"The {what} '{value}' is unknown. Known: {string.Join(", ", known)}.", nameof(value));

    private static string Versioned(string value, string what) =>
        AuditVocabulary.IsVersionedCode(value) ? value : throw new ArgumentException($"The {what} must be a code of at most 128 letters, digits and . _ : @ / -: records carry no free text.", nameof(value));

    private static string Hash(string value, string what) =>
        AuditVocabulary.IsSha256(value) ? value : throw new ArgumentException($"The hash of the {what} must be 64 lower-case hexadecimal digits.", nameof(value));
}
