#!/usr/bin/env bash
# Everything the tests need, then all tests. Last line: "N passed, N failed". A skipped test counts as failed.
set -uo pipefail
cd "$(dirname "$0")/.."
. deploy/lib/prerequisites.sh

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 ORT_DISABLE_TELEMETRY=1
require_dotnet
require_node
require_product_packages
require_test_packages
require_npm tests/oracles

results=TestResults
mkdir -p "$results"
started=$SECONDS
printf 'building …\n'
if ! dotnet build EnterpriseRag.sln -c Release -v q -nologo >"$results/build.log" 2>&1; then
  grep -E 'error' "$results/build.log" | sort -u | head -n 40
  echo "0 passed, 1 failed"
  exit 1
fi
printf 'built in %s s\n' $((SECONDS - started))

passed=0
failed=0
for project in tests/*.Tests; do
  name=EnterpriseRag.$(basename "$project")
  log=$results/$name.log
  from=$SECONDS
  "$project/bin/Release/net10.0/$name" -noColor >"$log" 2>&1
  code=$?
  summary=$(grep -E "Total: [0-9]+, Errors: " "$log" | tail -n 1)
  total=$(sed -nE 's/.*Total: ([0-9]+),.*/\1/p' <<<"$summary")
  bad=$(sed -nE 's/.*Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+).*/\1 \2 \3 \4/p' <<<"$summary" | awk '{ print $1 + $2 + $3 + $4 }')
  if [ -z "$total" ] || [ "$total" = 0 ]; then
    # It crashed or found no test: that is a failure, not an empty success.
    total=1 bad=1
  fi
  [ "$code" != 0 ] && [ "${bad:-0}" = 0 ] && bad=1
  passed=$((passed + total - bad))
  failed=$((failed + bad))
  printf '%-40s %4s passed %3s failed  %4s s\n' "$name" $((total - bad)) "$bad" $((SECONDS - from))
  [ "$bad" = 0 ] || grep -A 25 -E '\[FAIL\]|\[SKIP\]|Unhandled|rror' "$log" | head -n 120
done
printf '%s s in all\n' $((SECONDS - started))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
