namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>
/// When segments are merged: as soon as <see cref="Fanout"/> of about the same size exist, so every passage is rewritten a few times
/// (log4 of its segment's final size) and a scan meets few files. <see cref="MaxBytes"/> bounds one merge, and with it the work of
/// expunging a document.
/// </summary>
internal sealed record MergePolicy(int Fanout = 4, long MaxBytes = 256L << 20, long SmallestLevelBytes = 1L << 20)
{
    /// <summary>Segments to merge now, in index order; empty when there is nothing to do.</summary>
    public IReadOnlyList<SegmentView> Choose(IReadOnlyList<SegmentView> views)
    {
        foreach (var level in views.Where(v => v.Segment.FileBytes < MaxBytes / 2).GroupBy(LevelOf).OrderBy(g => g.Key))
        {
            var chosen = new List<SegmentView>();
            long bytes = 0;
            foreach (var view in level)
            {
                if (bytes + view.Segment.FileBytes <= MaxBytes)
                {
                    chosen.Add(view);
                    bytes += view.Segment.FileBytes;
                }
            }

            if (chosen.Count >= Fanout)
            {
                return chosen;
            }
        }

        // Superseded versions keep their bytes until a rewrite: one is due when half of a segment is dead.
        return views.FirstOrDefault(v => v.Segment.Header.Passages > 2 * v.LivePassages) is { } mostlyDead ? [mostlyDead] : [];
    }

    private int LevelOf(SegmentView view)
    {
        var level = 0;
        for (var size = view.Segment.FileBytes; size > SmallestLevelBytes; size /= Fanout)
        {
            level++;
        }

        return level;
    }
}
