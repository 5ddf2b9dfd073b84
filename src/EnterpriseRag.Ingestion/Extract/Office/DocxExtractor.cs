using System.Globalization;
using System.Text;
using System.Xml;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;
using EnterpriseRag.Storage.Documents;

namespace EnterpriseRag.Ingestion.Extract.Office;

/// <summary>
/// Word documents to blocks: paragraphs with the numbers Word shows, headings by outline level or style (German ids too), tables as rows of cells joined by " | ",
/// footnotes at the end. Deleted text of tracked changes is left out, inserted text is in. Depth and size were checked by <see cref="ArchiveLimits"/>.
/// </summary>
internal static class DocxExtractor
{
    public static DocumentText Extract(ReadOnlyMemory<byte> file, ExtractionOptions limits)
    {
        ArchiveLimits.Check(file, limits);
        try
        {
            // A copy: bad links (mail addresses with blanks) are rewritten while opening, which needs a writable stream.
            using var stream = new MemoryStream(file.Length);
            stream.Write(file.Span);
            var settings = new OpenSettings
            {
                AutoSave = false,
                RelationshipErrorHandlerFactory = RelationshipErrorHandler.CreateRewriterFactory((_, _, _) => "about:blank"),
            };
            using var package = WordprocessingDocument.Open(stream, isEditable: true, settings);
            if (package.MainDocumentPart is not { } main || main.Document?.Body is not { } body)
            {
                throw new ExtractionRefusedException(FailureCodes.Damaged, "The Word file has no text part. Open it in Word or LibreOffice, save it again and upload the result.");
            }

            return new Walk(main, limits.MaxTextCharacters).Run(body);
        }
        catch (Exception ex) when (ex is OpenXmlPackageException or XmlException or FileFormatException or InvalidDataException or UriFormatException or FormatException or InvalidOperationException or ArgumentException or KeyNotFoundException)
        {
            // The SDK and System.IO.Packaging report damaged files with whatever their internals throw; nothing of ours throws these here.
            throw new ExtractionRefusedException(FailureCodes.Damaged, "The Word file is damaged. Open it in Word or LibreOffice, save it again and upload the result.", ex);
        }
    }

    private sealed class Walk(MainDocumentPart main, int maxCharacters)
    {
        private readonly DocumentTextBuilder _builder = new(maxCharacters);
        private readonly DocxStyles _styles = new(main.StyleDefinitionsPart?.Styles);
        private DocxNumbering _numbering = null!; // set in Run: it needs the styles

        public DocumentText Run(Body body)
        {
            _numbering = new DocxNumbering(main.NumberingDefinitionsPart?.Numbering, _styles);
            _builder.BeginPage(0, 0);
            WriteAll(body);
            WriteNotes(main.FootnotesPart?.Footnotes?.Elements<Footnote>().Where(n => n.Type is null), "Footnote");
            WriteNotes(main.EndnotesPart?.Endnotes?.Elements<Endnote>().Where(n => n.Type is null), "Endnote");
            return _builder.Build();
        }

        private void WriteAll(OpenXmlElement parent)
        {
            foreach (var element in parent.ChildElements)
            {
                switch (element)
                {
                    case Paragraph paragraph:
                        Write(paragraph);
                        break;
                    case Table table:
                        Write(table);
                        break;
                    case AlternateContent alternate:
                        WriteAll(Chosen(alternate) ?? alternate);
                        break;
                    case DeletedRun or MoveFromRun:
                        break;
                    default:
                        // content controls, custom XML, inserted blocks: what they hold counts, not what they are
                        if (element.HasChildren)
                        {
                            WriteAll(element);
                        }

                        break;
                }
            }
        }

        private void Write(Paragraph paragraph)
        {
            var properties = paragraph.ParagraphProperties;
            var text = new StringBuilder();
            var boxes = new List<OpenXmlElement>();
            Collect(paragraph, text, boxes);
            if (!IsBlank(text))
            {
                var number = _styles.Numbering(properties) is { } n ? _numbering.Next(n.NumberId, n.Level) : "";
                var shown = TextCleaner.CleanLine(number + text);
                var level = _styles.HeadingLevel(properties);
                // Many contracts have numbered bold lines for headings and no heading style.
                // Others number whole clauses with heading styles: a clause is text, whatever its style.
                level = level == 0 && IsBold(paragraph, properties) ? HeadingGuess.Level(shown, 1, 0)
                    : HeadingGuess.IsProse(shown) ? 0
                    : level;
                var kind = level > 0 ? BlockKind.Heading
                    : ClauseMarker.At(shown).Kind is MarkerKind.Bullet or MarkerKind.Item ? BlockKind.ListItem
                    : BlockKind.Paragraph;
                _builder.Add(kind, shown, level);
            }

            foreach (var box in boxes)
            {
                WriteAll(box);
            }
        }

        private void Write(Table table)
        {
            var rows = new StringBuilder();
            foreach (var row in table.Descendants<TableRow>().Where(r => r.Ancestors<Table>().First() == table))
            {
                var cells = row.Descendants<TableCell>().Where(c => c.Ancestors<TableRow>().First() == row).Select(CellText).ToList();
                if (cells.Exists(c => c.Length > 0))
                {
                    rows.Append(rows.Length > 0 ? "\n" : "").AppendJoin(" | ", cells);
                }
            }

            _builder.Add(BlockKind.Table, rows.ToString());
        }

        private string CellText(TableCell cell)
        {
            var text = new StringBuilder();
            foreach (var paragraph in cell.Descendants<Paragraph>())
            {
                var part = new StringBuilder();
                Collect(paragraph, part, []);
                if (!IsBlank(part))
                {
                    var number = _styles.Numbering(paragraph.ParagraphProperties) is { } n ? _numbering.Next(n.NumberId, n.Level) : "";
                    text.Append(text.Length > 0 ? " " : "").Append(number).Append(part);
                }
            }

            return TextCleaner.CleanLine(text.ToString());
        }

        private void WriteNotes(IEnumerable<OpenXmlElement>? notes, string label)
        {
            var number = 0;
            foreach (var note in notes ?? [])
            {
                number++;
                var text = new StringBuilder();
                foreach (var paragraph in note.Descendants<Paragraph>())
                {
                    Collect(paragraph, text.Append(' '), []);
                }

                if (!IsBlank(text))
                {
                    _builder.Add(BlockKind.Paragraph, string.Create(CultureInfo.InvariantCulture, $"{label} {number}: {text}"));
                }
            }
        }

        /// <summary>The visible text of a paragraph; text boxes are blocks of their own and come back in <paramref name="boxes"/>.</summary>
        private static void Collect(OpenXmlElement parent, StringBuilder text, List<OpenXmlElement> boxes)
        {
            foreach (var element in parent.ChildElements)
            {
                switch (element)
                {
                    case DocumentFormat.OpenXml.Wordprocessing.Text run:
                        text.Append(run.Text);
                        break;
                    case TabChar or Break or CarriageReturn:
                        text.Append(' ');
                        break;
                    case NoBreakHyphen:
                        text.Append('-');
                        break;
                    case FieldCode or DeletedRun or DeletedText or MoveFromRun or RunProperties or ParagraphProperties or FootnoteReferenceMark or EndnoteReferenceMark:
                        break;
                    case TextBoxContent box:
                        boxes.Add(box);
                        break;
                    case AlternateContent alternate:
                        if (Chosen(alternate) is { } chosen)
                        {
                            Collect(chosen, text, boxes);
                        }

                        break;
                    default:
                        if (element.HasChildren)
                        {
                            Collect(element, text, boxes);
                        }

                        break;
                }
            }
        }

        private static OpenXmlElement? Chosen(AlternateContent alternate) =>
            (OpenXmlElement?)alternate.GetFirstChild<AlternateContentChoice>() ?? alternate.GetFirstChild<AlternateContentFallback>();

        private bool IsBold(Paragraph paragraph, ParagraphProperties? properties)
        {
            var runs = paragraph.Descendants<Run>().Where(r => r.InnerText.Length > 0).ToList();
            return runs.Count > 0 && (runs.TrueForAll(r => IsOn(r.RunProperties?.Bold) || IsOn(r.RunProperties?.Caps))
                || (_styles.IsBold(properties) && runs.TrueForAll(r => r.RunProperties?.Bold is null)));
        }

        private static bool IsOn(OnOffType? toggle) => toggle is not null && toggle.Val?.InnerText is null or "1" or "true" or "on";

        private static bool IsBlank(StringBuilder text)
        {
            foreach (var chunk in text.GetChunks())
            {
                if (!chunk.Span.IsWhiteSpace())
                {
                    return false;
                }
            }

            return true;
        }
    }
}
