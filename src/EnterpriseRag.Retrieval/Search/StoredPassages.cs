using EnterpriseRag.Foundation;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Postgres;
using NpgsqlTypes;

namespace EnterpriseRag.Retrieval.Search;

/// <summary>Text and place of a chunk as Postgres has it now.</summary>
internal sealed record StoredPassage(
    MatterId Matter,
    DocumentId Document,
    string DocumentName,
    int Page,
    int Start,
    string[] HeadingPath,
    string Language,
    string Text,
    int[] SentenceStarts,
    int[] SentenceLengths,
    string[] SentenceLanguages);

/// <summary>
/// Loads the texts of found passages. Only ready versions of documents that are not being deleted, in matters of the scope as Postgres
/// knows it: the second lock behind the index's filter.
/// </summary>
internal sealed class StoredPassages(Databases databases)
{
    private static readonly string s_query =
        $"""
        SELECT c.version_id, c.ordinal, d.matter_id, d.id, d.name, c.page, c.start, c.heading_path, c.language, c.text,
               c.sentence_starts, c.sentence_lengths, c.sentence_languages
        FROM unnest($1, $2) AS wanted(version_id, ordinal)
        JOIN rag.chunk c ON c.version_id = wanted.version_id AND c.ordinal = wanted.ordinal
        JOIN rag.document_version v ON v.id = c.version_id AND v.state = {(short)VersionState.Ready}
        JOIN rag.document d ON d.id = v.document_id AND d.deleting_at IS NULL
        WHERE d.matter_id = ANY ($3)
        """;

    public async Task<Dictionary<(DocumentVersionId Version, int Ordinal), StoredPassage>> LoadAsync(
        IReadOnlyCollection<(DocumentVersionId Version, int Ordinal)> wanted, IReadOnlySet<MatterId> matters, CancellationToken cancellationToken)
    {
        var found = new Dictionary<(DocumentVersionId, int), StoredPassage>(wanted.Count);
        await using var command = databases.Rag.CreateCommand(s_query);
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Version.Value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Ordinal).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = matters.Select(m => m.Value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found[(new DocumentVersionId(reader.GetGuid(0)), reader.GetInt32(1))] = new StoredPassage(
                new MatterId(reader.GetGuid(2)),
                new DocumentId(reader.GetGuid(3)),
                reader.GetString(4),
                reader.GetInt32(5),
                reader.GetInt32(6),
                reader.GetFieldValue<string[]>(7),
                reader.GetString(8),
                reader.GetString(9),
                reader.GetFieldValue<int[]>(10),
                reader.GetFieldValue<int[]>(11),
                reader.GetFieldValue<string[]>(12));
        }

        return found;
    }
}
