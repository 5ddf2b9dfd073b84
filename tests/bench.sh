#!/usr/bin/env bash
# Measures speed: one JSON line {"name","ours","unit","peer","peerValue","ratio"} a figure (peer fields null where there is no peer).
# Usage: tests/bench.sh NAME…   for example: decode prefill embed ingest audit. On a quiet machine: other work on the same cores shows in every figure.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../deploy/lib/prerequisites.sh"
require_npm "$here/Benchmarks/peers"
require_npm "$here/oracles"
dotnet build -c Release "$here/Benchmarks/Benchmarks.csproj" -v q -nologo >&2
exec "$here/Benchmarks/bin/Release/net10.0/EnterpriseRag.Benchmarks" "$@"
