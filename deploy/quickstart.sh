#!/usr/bin/env bash
# From a fresh clone to answered questions with verified audit records. Safe to run again; "deploy/quickstart.sh stop" stops it.
# Everything it makes lies under .data/ (RAG_DATA overrides). Last line: READY portal=… answered=3/3 cited=3 ledger=verified seconds=N
set -uo pipefail
umask 077
started=$SECONDS
cd "$(dirname "$0")/.."
root=$PWD
data=${RAG_DATA:-$root/.data}
. deploy/lib/prerequisites.sh
. deploy/lib/cluster.sh

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 ORT_DISABLE_TELEMETRY=1
portal=src/EnterpriseRag.Portal/bin/Release/net10.0/EnterpriseRag.Portal
rag=src/EnterpriseRag.Cli/bin/Release/net10.0/rag
matter="Nordlicht – Verträge und Richtlinien"
steps=9
step=0

say() { printf '%s\n' "$*"; }
begin() {
  step=$((step + 1))
  printf '[%d/%d] %-46s %4s s\n' "$step" "$steps" "$1" $((SECONDS - started))
}
host_pid() { cat "$data/host.pid" 2>/dev/null; }
host_runs() { [ -n "$(host_pid)" ] && kill -0 "$(host_pid)" 2>/dev/null; }

stop() {
  if host_runs; then
    kill "$(host_pid)" 2>/dev/null
    for _ in $(seq 100); do host_runs || break; sleep 0.1; done
    host_runs && kill -9 "$(host_pid)"
  fi
  rm -f "$data/host.pid"
  stop_cluster
  say "stopped; the data stays in $data"
}

if [ "${1:-}" = stop ]; then
  stop
  exit 0
fi
[ $# = 0 ] || fail "arguments" "unknown argument $1" "call deploy/quickstart.sh, or deploy/quickstart.sh stop"

begin "checking this machine"
require_dotnet
require_node
mkdir -p "$data/logs" "$data/secrets" || fail "data folder" "$data cannot be made" "set RAG_DATA to a folder that you may write to"
free_mb=$(df -Pm "$data" | awk 'NR==2 { print $4 }')
[ "$free_mb" -ge 2500 ] || fail "disk" "$free_mb MB are free for $data, 2500 are needed" "free some space, or set RAG_DATA to another disk"
memory_mb=$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
[ "$memory_mb" -ge 2000 ] || fail "memory" "$memory_mb MB are available, 2000 are needed" "close other programs"
require_product_packages

begin "building (Release)"
# A build that has nothing to do still takes ten seconds: skip it when no source is newer than the last one.
if [ ! -x "$rag" ] || [ ! -x "$portal" ] || [ ! -f "$data/built" ] || [ -n "$(find src Directory.*.props global.json deploy/quickstart.sh -newer "$data/built" -type f -not -path '*/obj/*' -not -path '*/bin/*' -print -quit)" ]; then
  touch "$data/built.new"
  for project in src/EnterpriseRag.Portal/EnterpriseRag.Portal.csproj src/EnterpriseRag.Cli/EnterpriseRag.Cli.csproj; do
    # The analysers are the gate's work (tests/run.sh), not the user's wait.
    dotnet build "$project" -c Release -v q -nologo -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false >"$data/logs/build.log" 2>&1 \
      || fail "build" "$(grep -m 1 -E 'error' "$data/logs/build.log" || tail -n 1 "$data/logs/build.log")" "see $data/logs/build.log"
  done
  mv "$data/built.new" "$data/built"
fi

begin "starting a private Postgres"
start_cluster

begin "importing the language model"
"$rag" models import deploy/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf --out "$data/models/smollm2-135m-instruct" \
  || fail "model import" "see above" "check deploy/models with: (cd deploy/models/smollm2-135m-instruct && sha256sum -c SHA256SUMS)"

export Data__Directory=$data Database__Host=127.0.0.1 Database__Port=$pg_port Models__Directory=$root/deploy/models
Database__AdminConnection="Host=127.0.0.1;Port=$pg_port;Username=postgres;Password=$(cat "$data/secrets/postgres-superuser")"
export Database__AdminConnection

begin "starting the host"
if ! host_runs; then
  port=$(cat "$data/portal.port" 2>/dev/null || true)
  if [ -z "$port" ] || ! port_is_free "$port"; then
    port=$(free_port)
    printf '%s\n' "$port" >"$data/portal.port"
  fi
  : >"$data/logs/host.out"
  Portal__Url=http://127.0.0.1:$port Portal__Seed__File=$root/deploy/samples/seed.json \
    setsid nohup "$portal" >"$data/logs/host.out" 2>&1 </dev/null &
  printf '%s\n' $! >"$data/host.pid"
fi
url=http://127.0.0.1:$(cat "$data/portal.port")
ready=
for _ in $(seq 600); do
  if node -e 'fetch(process.argv[1] + "/health/ready").then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$url"; then
    ready=1
    break
  fi
  host_runs || fail "host" "it stopped: $(grep -vE '^\s*(at |$)' "$data/logs/host.out" | tail -n 3)" "see $data/logs/host.out"
  sleep 0.2
done
[ -n "$ready" ] || fail "host" "it was not ready after two minutes" "see $data/logs/host.out"
# The first start prints the administrator's password once; shown here and taken out of the file.
grep -i 'password' "$data/logs/host.out" && sed -i '/[Pp]assword/d' "$data/logs/host.out"

begin "ingesting the sample matter"
export RAG_SERVER=$url RAG_TOKEN_FILE=$data/demo.token
"$rag" ingest deploy/samples/documents --matter "$matter" || fail "ingestion" "see above" "the portal's page Documents shows each file's reason"

begin "asking three questions"
answered=0
cited=0
ask() {
  local json
  printf '\n' >&2
  json=$("$rag" ask "$1" --json) || fail "question" "see above" "see $data/logs"
  read -r a c < <(node -e '
    const answer = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const quotations = answer.quotations ?? [];
    console.log(answer.outcome !== "declined" && quotations.length > 0 ? 1 : 0, quotations.some(q => q.page >= 1 && q.length > 0) && answer.receipt ? 1 : 0);
  ' <<<"$json")
  answered=$((answered + a))
  cited=$((cited + c))
}
ask "How long does the obligation of confidentiality last under the non-disclosure agreement?"
ask "Mit welcher Frist kann das Arbeitsverhältnis nach der Probezeit gekündigt werden?"
ask "Wie hoch ist der Festpreis für die Migration des Ersatzteilportals?"
say ""

begin "verifying the audit ledger"
ledger=failed
"$rag" audit verify && ledger=verified

begin "done"
say "portal      $url  (reader: demo, password in $data/demo.password)"
say "stop        bash deploy/quickstart.sh stop"
say "peak memory of the host: $(awk '/VmHWM/ { printf "%d MB", $2 / 1024 }' "/proc/$(host_pid)/status")"
if [ "$answered" != 3 ] || [ "$cited" != 3 ] || [ "$ledger" != verified ]; then
  fail "quick start" "answered=$answered/3 cited=$cited ledger=$ledger" "see $data/logs"
fi
echo "READY portal=$url answered=$answered/3 cited=$cited ledger=$ledger seconds=$((SECONDS - started))"
