using System.Globalization;
using EnterpriseRag.Retrieval.Search.Lexical;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Retrieval.Index.Embedded;

internal sealed partial class EmbeddedPassageIndex
{
    /// <summary>
    /// Opens or creates the index. Leftovers of a crash are removed. An index made by another embedding model or analyser, or whose
    /// manifest is damaged, starts empty, and a damaged segment is left out: the reconciler then has the missing versions published again.
    /// </summary>
    /// <exception cref="IndexInUseException">Another process holds the index.</exception>
    public static EmbeddedPassageIndex Open(string directory, int dimensions, string embeddingModelSha256, MergePolicy merging, DurableFiles files, ILogger logger)
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("The embedded index maps little-endian files.");
        }

        CreateDirectory(directory);
        var @lock = TakeLock(directory);
        var opened = new List<SegmentView>();
        try
        {
            var manifest = LoadManifest(directory, dimensions, embeddingModelSha256, logger);
            var kept = new List<ManifestSegment>();
            foreach (var entry in manifest.Segments)
            {
                if (TryOpen(directory, entry, dimensions, files, logger) is { } view)
                {
                    opened.Add(view);
                    kept.Add(entry);
                }
            }

            RemoveLeftovers(directory, kept, files);
            manifest = (manifest with { Segments = kept }).Named();
            return new EmbeddedPassageIndex(directory, @lock, manifest, opened, merging, files, logger);
        }
        catch
        {
            opened.ForEach(v => v.Segment.Release());
            @lock.Dispose();
            throw;
        }
    }

    private static void CreateDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static FileStream TakeLock(string directory)
    {
        try
        {
            return new FileStream(Path.Combine(directory, LockFileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IndexInUseException(
                $"The search index in {directory} is open in another process. It has one writer: stop the other host, or give this one its own Data:Directory.", e);
        }
    }

    private static Manifest LoadManifest(string directory, int dimensions, string embeddingModelSha256, ILogger logger)
    {
        // A new number series after a loss: an old file of the same name must never be taken for a new one.
        var empty = new Manifest(Manifest.CurrentFormat, 0, NextFreeNumber(directory), dimensions, embeddingModelSha256, TextAnalyser.Version, []);
        try
        {
            var manifest = Manifest.Load(directory);
            if (manifest is null)
            {
                return empty;
            }

            if (manifest.Dimensions != dimensions || manifest.AnalyserVersion != TextAnalyser.Version
                || !string.Equals(manifest.EmbeddingModelSha256, embeddingModelSha256, StringComparison.Ordinal))
            {
                Log.IndexOfAnotherModel(logger);
                return empty with { Generation = manifest.Generation };
            }

            return manifest;
        }
        catch (IndexCorruptException e)
        {
            Log.ManifestDamaged(logger, e);
            return empty;
        }
    }

    private static SegmentView? TryOpen(string directory, ManifestSegment entry, int dimensions, DurableFiles files, ILogger logger)
    {
        try
        {
            var segment = Segment.Open(Path.Combine(directory, entry.File), files);
            if (segment.Header.Dimensions == dimensions)
            {
                return new SegmentView(segment, entry.Dead.ToArray());
            }

            segment.Release();
            throw new IndexCorruptException("A segment has other dimensions than its manifest.");
        }
        catch (Exception e) when (e is IndexCorruptException or FileNotFoundException)
        {
            Log.SegmentDamaged(logger, entry.File, e);
            return null;
        }
    }

    /// <summary>Files of changes that never reached the manifest, and of segments whose removal a crash cut short.</summary>
    private static void RemoveLeftovers(string directory, List<ManifestSegment> kept, DurableFiles files)
    {
        var names = kept.Select(k => k.File).ToHashSet(StringComparer.Ordinal);
        var removed = false;
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            var name = Path.GetFileName(path);
            if (name.EndsWith(DurableFiles.TemporarySuffix, StringComparison.Ordinal)
                || (name.EndsWith(SegmentSuffix, StringComparison.Ordinal) && !names.Contains(name)))
            {
                files.Delete(path);
                removed = true;
            }
        }

        if (removed)
        {
            files.FlushDirectory(directory);
        }
    }

    private static long NextFreeNumber(string directory)
    {
        var next = 1L;
        foreach (var path in Directory.EnumerateFiles(directory, "*" + SegmentSuffix))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                next = Math.Max(next, number + 1);
            }
        }

        return next;
    }
}
