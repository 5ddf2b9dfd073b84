#!/usr/bin/env bash
# Measures answer quality on public data: one JSON line {"set","metric","value","n"} a figure.
# Usage: tests/eval.sh SET…   Data from RAG_EVAL_DATA, default ../shared/data beside the checkout.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dotnet build -c Release "$here/Evaluation/Evaluation.csproj" -v q -nologo >&2
exec "$here/Evaluation/bin/Release/net10.0/EnterpriseRag.Evaluation" "$@"
