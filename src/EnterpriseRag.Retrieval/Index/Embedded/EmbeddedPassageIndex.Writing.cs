using System.Globalization;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Retrieval.Index.Embedded;

internal sealed partial class EmbeddedPassageIndex
{
    private async Task WriteLoopAsync()
    {
        var batch = new List<Change>();
        while (await _changes.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < LargestBatch && _changes.Reader.TryRead(out var change))
            {
                batch.Add(change);
            }

            await CarryOutAsync(batch);
            Merge();
        }
    }

    /// <summary>Publishes that follow one another share a segment; a removal waits for the publishes before it.</summary>
    private async Task CarryOutAsync(List<Change> batch)
    {
        for (var i = 0; i < batch.Count;)
        {
            var n = 0;
            while (i + n < batch.Count && batch[i + n].Version is not null)
            {
                n++;
            }

            var group = batch.GetRange(i, Math.Max(n, 1));
            i += group.Count;
            try
            {
                if (_broken is not null)
                {
                    throw new InvalidOperationException("The index stopped taking changes after a failed write; restart the host.", _broken);
                }

                if (n > 0)
                {
                    PublishGroup(group);
                }
                else
                {
                    await RemoveDocumentAsync(group[0].Document);
                    group[0].Done.SetResult();
                }
            }
#pragma warning disable CA1031 // every failure belongs to the callers who wait; the loop must go on
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.ChangeFailed(_logger, e);
                group.ForEach(c => c.Done.TrySetException(e));
            }
        }
    }

    private void PublishGroup(List<Change> group)
    {
        var latest = new Dictionary<DocumentId, IndexedVersion>();
        foreach (var change in group)
        {
            latest[change.Document] = change.Version!; // called only with changes that carry a version
        }

        var known = Versions;
        var fresh = latest.Values.Where(v => !known.Contains(v.Version)).ToList();
        if (fresh.Count > 0)
        {
            var replaced = fresh.Select(v => v.Document).ToHashSet();
            var added = WriteSegment(new FreshVersions(_manifest.Dimensions, fresh));
            var next = _views.Select(v => WithDead(v, row => replaced.Contains(new DocumentId(row.Document)))).ToList();
            next.Add(new SegmentView(added, []));
            Commit(next, [added]);
        }

        group.ForEach(c => c.Done.SetResult());
    }

    /// <summary>Rewrites every segment that holds any version of the document, living or superseded, and waits until the old files are gone.</summary>
    private async Task RemoveDocumentAsync(DocumentId document)
    {
        var touched = _views.Where(v => Holds(v, document)).ToList();
        if (touched.Count == 0)
        {
            return;
        }

        var rewritten = Rewrite(touched, row => row.Document != document.Value);
        Commit([.. _views.Except(touched), .. rewritten.Select(s => new SegmentView(s, []))], rewritten);
        foreach (var view in touched)
        {
            await view.Segment.Gone;
        }

        _files.FlushDirectory(_directory);
    }

    /// <summary>Bounded work after a batch: at most one merge, so that waiting publishers wait for one merge at most.</summary>
    private void Merge()
    {
        if (_broken is not null || _merging.Choose(_views) is not { Count: > 0 } chosen)
        {
            return;
        }

        try
        {
            var merged = WriteMerged(chosen, static _ => true);
            Segment[] added = merged is null ? [] : [merged];
            Commit([.. _views.Except(chosen), .. added.Select(s => new SegmentView(s, []))], added);
            Log.Merged(_logger, chosen.Count, added.Sum(s => s.Header.Passages));
        }
#pragma warning disable CA1031 // a merge that fails (full disk) changes nothing; the next batch tries again
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.MergeFailed(_logger, e);
        }
    }

    private List<Segment> Rewrite(List<SegmentView> views, Func<VersionRow, bool> keep)
    {
        var written = new List<Segment>();
        try
        {
            foreach (var view in views)
            {
                if (WriteMerged([view], keep) is { } segment)
                {
                    written.Add(segment);
                }
            }
        }
        catch
        {
            written.ForEach(s => s.Drop());
            throw;
        }

        return written;
    }

    /// <summary>Null when no row lives on.</summary>
    private Segment? WriteMerged(IReadOnlyList<SegmentView> views, Func<VersionRow, bool> keep)
    {
        var dead = views.ToDictionary(v => v.Segment, v => v.Dead);
        var source = new MergedSegments(
            _manifest.Dimensions,
            views.Select(v => v.Segment).ToArray(),
            (segment, row) => !dead[segment].Contains(row) && keep(segment.Versions[row]));
        return source.Versions.Count == 0 ? null : WriteSegment(source);
    }

    private Segment WriteSegment(ISegmentSource source)
    {
        // Numbers are never reused, not even after a failure: a reader of an older snapshot may still hold the file of that name.
        var number = _manifest.NextSegment;
        _manifest = _manifest with { NextSegment = number + 1 };
        var path = Path.Combine(_directory, number.ToString("D10", CultureInfo.InvariantCulture) + SegmentSuffix);
        try
        {
            SegmentWriter.Write(path, source, _files);
            _files.FlushDirectory(_directory);
            return Segment.Open(path, _files);
        }
        catch
        {
            // No manifest knows the file: left behind, it would keep a document's bytes past the document's removal.
            _files.Delete(path);
            throw;
        }
    }

    /// <summary>
    /// Makes <paramref name="views"/> the index: manifest first, then memory, then the dropped segments go. When the manifest cannot be
    /// written, disk and memory may differ: nothing is deleted and no further change is taken until the host restarts.
    /// </summary>
    private void Commit(List<SegmentView> views, IReadOnlyCollection<Segment> added)
    {
        var living = views.Where(v => v.LiveVersions > 0).ToList();
        var manifest = (_manifest with
        {
            Generation = _manifest.Generation + 1,
            Segments = living.Select(v => new ManifestSegment(v.Segment.FileName, v.Dead.Order().ToArray())).ToArray(),
        }).Named();
        try
        {
            manifest.Save(_directory, _files);
        }
        catch (Exception e)
        {
            _broken = e;
            foreach (var segment in added)
            {
                segment.Release(); // unmapped, not removed: the manifest on disk may name it
            }

            throw;
        }

        var kept = living.Select(v => v.Segment).ToHashSet();
        var dropped = _views.Select(v => v.Segment).Where(s => !kept.Contains(s)).ToList();
        var before = _snapshot;
        _manifest = manifest;
        _views = living;
        _snapshot = new IndexSnapshot(manifest.Name, manifest.Dimensions, living);
        before.Dispose();
        dropped.ForEach(s => s.Drop());
    }

    private static bool Holds(SegmentView view, DocumentId document)
    {
        foreach (ref readonly var row in view.Segment.Versions)
        {
            if (row.Document == document.Value)
            {
                return true;
            }
        }

        return false;
    }

    private static SegmentView WithDead(SegmentView view, Func<VersionRow, bool> dies)
    {
        var dead = new List<int>(view.Dead);
        var rows = view.Segment.Versions;
        for (var v = 0; v < rows.Length; v++)
        {
            if (!view.Dead.Contains(v) && dies(rows[v]))
            {
                dead.Add(v);
            }
        }

        return dead.Count == view.Dead.Count ? view : new SegmentView(view.Segment, dead);
    }
}
