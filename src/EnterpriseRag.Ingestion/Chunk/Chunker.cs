using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Storage.Documents;

namespace EnterpriseRag.Ingestion.Chunk;

/// <summary>A passage: exact range of the document's text, sentence ranges relative to it, headings above it.</summary>
internal sealed record Passage(int Start, int Length, int Page, string[] HeadingPath, IReadOnlyList<TextRange> Sentences);

/// <summary>
/// Cuts a document into passages. A clause with its items stays whole while it fits; neighbouring clauses and paragraphs under the same heading share a passage
/// up to the target; a clause that is too long is cut between sentences, and each part repeats the last sentences of the part before.
/// Nothing crosses a heading, except that a heading without text of its own goes with what follows it.
/// </summary>
internal static class Chunker
{
    // A clause shorter than this is joined with a sibling under another heading of the same parent ("§ 7 Notices: see § 2.").
    private const int Tiny = 40;

    // A longer first heading is no title.
    private const int MaxTitle = 160;

    // More headings in a row than this are text of their own.
    private const int MaxHeadings = 400;

    public static List<Passage> Chunk(DocumentText document, ChunkOptions options)
    {
        var passages = new List<Passage>();
        foreach (var group in MergeTiny(Sections(document), options))
        {
            Cut(document, group, options, passages);
        }

        return Title(document) is { } title
            ? passages.ConvertAll(p => p.HeadingPath is [var first, ..] && string.Equals(first, title, StringComparison.Ordinal) ? p : p with { HeadingPath = [title, .. p.HeadingPath] })
            : passages;
    }

    /// <summary>
    /// The heading that a document opens with. Many formats set it beside the sections instead of above them, yet it says what every clause belongs to
    /// ("Lease of business premises" for "§ 5 Deposit").
    /// </summary>
    private static string? Title(DocumentText document) =>
        document.Blocks is [{ Kind: BlockKind.Heading, Length: <= MaxTitle } first, ..] ? document.Text.Substring(first.Start, first.Length).ReplaceLineEndings(" ") : null;

    /// <summary>Blocks under one heading; <c>Headings</c> are the heading blocks directly before them.</summary>
    private sealed record Group(string[] Path, List<TextBlock> Headings, List<TextBlock> Body)
    {
        public int Start => (Headings.Count > 0 ? Headings[0] : Body[0]).Start;

        public int End => Body.Count > 0 ? Body[^1].Start + Body[^1].Length : Headings[^1].Start + Headings[^1].Length;

        public int BodyLength => Body.Count == 0 ? 0 : Body[^1].Start + Body[^1].Length - Body[0].Start;
    }

    private static List<Group> Sections(DocumentText document)
    {
        var groups = new List<Group>();
        var headings = new List<TextBlock>();
        foreach (var block in document.Blocks)
        {
            if (block.Kind is BlockKind.Heading)
            {
                if (headings.Count > 0 && block.Start + block.Length - headings[0].Start > MaxHeadings)
                {
                    groups.Add(new Group(headings[0].HeadingPath, [], headings)); // a table of contents, or text in heading style
                    headings = [];
                }

                headings.Add(block);
                continue;
            }

            var last = groups.Count > 0 ? groups[^1] : null;
            if (headings.Count == 0 && last is not null && last.Path.AsSpan().SequenceEqual(block.HeadingPath))
            {
                last.Body.Add(block);
                continue;
            }

            groups.Add(new Group(block.HeadingPath, headings, [block]));
            headings = [];
        }

        if (headings.Count > 0)
        {
            // Headings at the very end (a table of contents, a title page alone): still findable.
            groups.Add(new Group(headings[^1].HeadingPath, headings, []));
        }

        return groups;
    }

    private static IEnumerable<Group> MergeTiny(List<Group> groups, ChunkOptions options)
    {
        Group? open = null;
        foreach (var group in groups)
        {
            if (open is not null
                && (open.BodyLength < Tiny || group.BodyLength < Tiny)
                && group.End - open.Start <= options.TargetCharacters
                && Parent(open.Path).SequenceEqual(Parent(group.Path)))
            {
                // The second heading becomes part of the text; the passage stands under the common parent.
                open = new Group([.. Parent(open.Path)], open.Headings, [.. open.Body, .. group.Headings, .. group.Body]);
                continue;
            }

            if (open is not null)
            {
                yield return open;
            }

            open = group;
        }

        if (open is not null)
        {
            yield return open;
        }
    }

    private static ReadOnlySpan<string> Parent(string[] path) => path.Length == 0 ? path : path.AsSpan(0, path.Length - 1);

    private static void Cut(DocumentText document, Group group, ChunkOptions options, List<Passage> passages)
    {
        if (group.End - group.Start <= options.MaxCharacters)
        {
            Emit(document, group, group.Start, group.End, passages);
            return;
        }

        var start = group.Start;
        var end = start;
        foreach (var clause in Clauses(document, group))
        {
            var limit = end == start ? options.MaxCharacters : options.TargetCharacters;
            if (clause.End - start <= limit)
            {
                end = clause.End;
                continue;
            }

            if (end > start && clause.Length <= options.MaxCharacters)
            {
                Emit(document, group, start, end, passages);
                (start, end) = (clause.Start, clause.End);
                continue;
            }

            // The clause alone is too long. What is open goes with its first part while that stays within the target.
            if (end - start > options.TargetCharacters / 2)
            {
                Emit(document, group, start, end, passages);
                start = clause.Start;
            }

            (start, end) = CutClause(document, group, start, clause, options, passages);
        }

        if (end > start)
        {
            Emit(document, group, start, end, passages);
        }
    }

    /// <summary>Cuts a long clause between sentences and returns the last part, which is still open: small clauses behind it may join.</summary>
    private static (int Start, int End) CutClause(DocumentText document, Group group, int start, TextRange clause, ChunkOptions options, List<Passage> passages)
    {
        var sentences = SentenceSplitter.Split(document.Text.AsSpan(clause.Start, clause.Length)).ConvertAll(s => new TextRange(s.Start + clause.Start, s.Length));
        var end = start;
        for (var i = 0; i < sentences.Count; i++)
        {
            if (sentences[i].End - start > options.TargetCharacters && end > start)
            {
                Emit(document, group, start, end, passages);
                start = sentences[i].Start;
                // Overlap: one or two sentences of the part before, as far as they are short and the new part still fits.
                for (var back = 1; back <= 2 && i - back >= 0; back++)
                {
                    var repeated = sentences[i].Start - sentences[i - back].Start;
                    if (repeated > options.OverlapCharacters || repeated + sentences[i].Length > options.MaxCharacters)
                    {
                        break;
                    }

                    start = sentences[i - back].Start;
                }
            }

            end = sentences[i].End;
        }

        return (start, clause.End);
    }

    /// <summary>A clause with the items below it, or a paragraph, or a table row by row.</summary>
    private static List<TextRange> Clauses(DocumentText document, Group group)
    {
        var clauses = new List<TextRange>();
        var depth = 0;
        foreach (var block in group.Body)
        {
            if (block.Kind is BlockKind.Table)
            {
                var row = block.Start;
                foreach (var line in document.Text.AsSpan(block.Start, block.Length).EnumerateLines())
                {
                    clauses.Add(new TextRange(row, line.Length));
                    row += line.Length + 1;
                }

                depth = 0;
                continue;
            }

            var marker = ClauseMarker.At(document.Text.AsSpan(block.Start, block.Length));
            var own = marker.Kind switch { MarkerKind.Division => 1, MarkerKind.Clause => marker.Depth + 1, MarkerKind.Item or MarkerKind.Bullet => 10, _ => 0 };
            var belongs = clauses.Count > 0 && own > depth && (own == 10 || depth > 0) && depth != 0;
            if (belongs || (own == 10 && clauses.Count > 0 && depth == 0 && document.Text[clauses[^1].End - 1] == ':'))
            {
                clauses[^1] = new TextRange(clauses[^1].Start, block.Start + block.Length - clauses[^1].Start);
                continue;
            }

            clauses.Add(new TextRange(block.Start, block.Length));
            depth = own == 10 ? 0 : own;
        }

        return clauses;
    }

    private static void Emit(DocumentText document, Group group, int start, int end, List<Passage> passages)
    {
        var text = document.Text.AsSpan();
        while (start < end && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        if (end == start)
        {
            return;
        }

        // Headings are in the passage's text (for the lexical index and the reader) but are no sentences to quote, unless there is nothing else.
        var bodyStart = group.Body.Count > 0 && start < group.Body[0].Start ? Math.Min(group.Body[0].Start, end) : start;
        var headings = group.Body.Where(b => b.Kind is BlockKind.Heading).Select(b => b.Start).ToHashSet();
        var sentences = new List<TextRange>();
        foreach (var sentence in SentenceSplitter.Split(text[bodyStart..end]))
        {
            var absolute = sentence.Start + bodyStart;
            if (!headings.Contains(absolute))
            {
                sentences.Add(new TextRange(absolute - start, sentence.Length));
            }
        }

        if (sentences.Count == 0)
        {
            sentences.AddRange(SentenceSplitter.Split(text[start..end]));
        }

        passages.Add(new Passage(start, end - start, document.PageAt(start), group.Path, sentences));
    }
}
