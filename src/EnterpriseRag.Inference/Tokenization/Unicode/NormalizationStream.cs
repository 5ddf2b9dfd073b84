using System.Text;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.Unicode;

/// <summary>
/// The four Unicode normalisation forms of a text, character by character with the alignment steps of the reference
/// (<c>unicode-normalization-alignments</c>): 0 stands for the next old character, 1 adds, −n also removes n. Use as a local.
/// </summary>
internal ref struct NormalizationStream(NormalizationTables tables, bool compatible, bool composes, List<NormalizationStream.Step> pending)
{
    private const byte NoClass = 0;

    private readonly List<Step> _pending = pending; // decomposed, from the last starter on; not yet in canonical order
    private Step _starter;
    private bool _hasStarter;
    private int _lastClass = -1; // of the marks that stay behind the starter; −1: none
    private List<Step>? _marks;

    /// <summary>A character of the result.</summary>
    internal readonly record struct Step(Rune Rune, int Change, byte Class);

    /// <summary>Takes the next character of the old text.</summary>
    public void Push(Rune rune, ref RuneTransform output)
    {
        Span<Rune> hangul = stackalloc Rune[3];
        if (NormalizationTables.TryDecomposeHangul(rune, hangul, out var count))
        {
            for (var i = 0; i < count; i++)
            {
                Decomposed(hangul[i], i == 0 ? 0 : 1, ref output);
            }
        }
        else if (tables.Decomposition(rune, compatible) is { } decomposition)
        {
            var change = 0;
            foreach (var part in decomposition.EnumerateRunes())
            {
                Decomposed(part, change, ref output);
                change = 1;
            }
        }
        else
        {
            Decomposed(rune, 0, ref output);
        }
    }

    /// <summary>Ends the text.</summary>
    public void Finish(ref RuneTransform output)
    {
        ReleasePending(ref output);
        if (_hasStarter)
        {
            output.Put(_starter.Rune, _starter.Change);
            _hasStarter = false;
        }

        PurgeMarks(ref output);
    }

    private void Decomposed(Rune rune, int change, ref RuneTransform output)
    {
        var combiningClass = tables.CombiningClass(rune);
        if (combiningClass == NoClass)
        {
            ReleasePending(ref output);
            Ordered(new Step(rune, change, combiningClass), ref output);
        }
        else
        {
            _pending.Add(new Step(rune, change, combiningClass));
        }
    }

    /// <summary>Hands on the marks since the last starter in canonical order; the sort is stable.</summary>
    private void ReleasePending(ref RuneTransform output)
    {
        for (var i = 1; i < _pending.Count; i++)
        {
            var step = _pending[i];
            var at = i;
            for (; at > 0 && _pending[at - 1].Class > step.Class; at--)
            {
                _pending[at] = _pending[at - 1];
            }

            _pending[at] = step;
        }

        foreach (var step in _pending)
        {
            Ordered(step, ref output);
        }

        _pending.Clear();
    }

    private void Ordered(Step step, ref RuneTransform output)
    {
        if (!composes)
        {
            output.Put(step.Rune, step.Change);
            return;
        }

        if (!_hasStarter)
        {
            if (step.Class != NoClass)
            {
                output.Put(step.Rune, step.Change);
            }
            else
            {
                (_starter, _hasStarter) = (step, true);
            }

            return;
        }

        var blocked = _lastClass >= step.Class;
        if (!blocked && tables.TryCompose(_starter.Rune, step.Rune, out var composed))
        {
            _starter = new Step(composed, _starter.Change + step.Change - 1, NoClass);
        }
        else if (step.Class == NoClass)
        {
            output.Put(_starter.Rune, _starter.Change);
            PurgeMarks(ref output);
            _starter = step;
        }
        else
        {
            (_marks ??= []).Add(step);
            _lastClass = step.Class;
        }
    }

    private void PurgeMarks(ref RuneTransform output)
    {
        _lastClass = -1;
        if (_marks is { Count: > 0 })
        {
            foreach (var mark in _marks)
            {
                output.Put(mark.Rune, mark.Change);
            }

            _marks.Clear();
        }
    }
}
