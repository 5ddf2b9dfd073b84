#!/usr/bin/env bash
# Makes the PDF and DOCX documents of the sample matter from source/*.md (Debian: pandoc, chromium). The results are committed:
# run this only after changing a source, because the bytes differ from run to run.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/style.css" <<'CSS'
@page { size: A4; margin: 24mm 22mm; }
body { font-family: "Liberation Serif", serif; font-size: 11.5pt; line-height: 1.4; }
h1 { font-size: 13pt; margin: 1.2em 0 .4em; }
h1.title { font-size: 18pt; text-align: center; }
table { border-collapse: collapse; } td, th { border: 1px solid #555; padding: 2mm 4mm; text-align: left; }
CSS
for name in framework-services-agreement auftragsverarbeitungsvertrag gewerbemietvertrag statement-of-work-3; do
  pandoc -s --embed-resources --css "$work/style.css" "source/$name.md" -o "$work/$name.html" 2>/dev/null || pandoc -s --self-contained --css "$work/style.css" "source/$name.md" -o "$work/$name.html"
  chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --user-data-dir="$work/profile" \
    --no-pdf-header-footer --print-to-pdf="documents/$name.pdf" "file://$work/$name.html" 2>/dev/null
done
for name in amendment-no-1 mutual-nda arbeitsvertrag protokoll-geschaeftsfuehrung betriebsvereinbarung-mobiles-arbeiten; do
  pandoc "source/$name.md" -o "documents/$name.docx"
done
