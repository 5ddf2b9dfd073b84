using System.Collections.Immutable;
using System.Text;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>Text that remembers which parts of it are message content. Immutable.</summary>
internal sealed class MarkedText
{
    public static readonly MarkedText Empty = Literal("");

    // In order, not touching each other.
    private readonly ImmutableArray<TextSpan> _content;

    private MarkedText(string text, ImmutableArray<TextSpan> content)
    {
        Text = text;
        _content = content;
    }

    public string Text { get; }

    public int Length => Text.Length;

    public bool HasContent => !_content.IsEmpty;

    public static MarkedText Literal(string text) => new(text, []);

    public static MarkedText Foreign(string text) => new(text, text.Length == 0 ? [] : [new TextSpan(0, text.Length)]);

    public MarkedText Slice(int start, int length)
    {
        if (length == Length)
        {
            return this;
        }

        var end = start + length;
        return new MarkedText(Text.Substring(start, length),
            [.. from span in _content
                where span.Start < end && span.End > start
                select new TextSpan(Math.Max(span.Start, start) - start, Math.Min(span.End, end) - start)]);
    }

    /// <summary>Changes the letters only. Where that changes the length, all of the text counts as content if any of it was.</summary>
    public MarkedText Map(Func<string, string> change)
    {
        var changed = change(Text);
        return changed.Length == Length ? new MarkedText(changed, _content) : HasContent ? Foreign(changed) : Literal(changed);
    }

    /// <summary>The text for a message that may be logged: content is left out.</summary>
    public string WithoutContent() => string.Concat(Split().Select(segment => segment.IsContent ? "…" : segment.Text));

    /// <summary>The text as parts of one kind each.</summary>
    public IReadOnlyList<PromptSegment> Split()
    {
        List<PromptSegment> segments = [];
        var done = 0;
        foreach (var span in _content)
        {
            Add(done, span.Start, isContent: false);
            Add(span.Start, span.End, isContent: true);
            done = span.End;
        }

        Add(done, Length, isContent: false);
        return segments;

        void Add(int start, int end, bool isContent)
        {
            if (end > start)
            {
                segments.Add(new PromptSegment(Text[start..end], isContent));
            }
        }
    }

    /// <summary>Puts marked texts together.</summary>
    public sealed class Builder
    {
        private readonly StringBuilder _text = new();
        private readonly List<TextSpan> _content = [];

        public int Length => _text.Length;

        public Builder Append(ReadOnlySpan<char> text, bool isContent)
        {
            if (isContent)
            {
                Mark(_text.Length, _text.Length + text.Length);
            }

            _text.Append(text);
            return this;
        }

        public Builder Append(MarkedText text)
        {
            foreach (var span in text._content)
            {
                Mark(_text.Length + span.Start, _text.Length + span.End);
            }

            _text.Append(text.Text);
            return this;
        }

        /// <summary>Takes back what was appended beyond a length.</summary>
        public void Truncate(int length)
        {
            _text.Length = length;
            while (_content.Count > 0 && _content[^1].End > length)
            {
                var last = _content[^1];
                _content.RemoveAt(_content.Count - 1);
                if (last.Start < length)
                {
                    _content.Add(last with { End = length });
                }
            }
        }

        public MarkedText Build() => new(_text.ToString(), [.. _content]);

        private void Mark(int start, int end)
        {
            if (end == start)
            {
                return;
            }

            if (_content.Count > 0 && _content[^1].End == start)
            {
                _content[^1] = _content[^1] with { End = end };
            }
            else
            {
                _content.Add(new TextSpan(start, end));
            }
        }
    }
}
