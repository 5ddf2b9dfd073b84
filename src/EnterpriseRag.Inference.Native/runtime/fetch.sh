#!/usr/bin/env bash
# Puts the official ONNX Runtime library for linux-x64 at $1 (one file), checked against the SHA-256 $2. Called by NativeRuntime.targets when it is missing.
# npm checks the tarball against package-lock.json (integrity); no package script runs. The 288 MB of other platforms are thrown away again.
# Messages have the form "file : error CODE: text" so that MSBuild shows them as errors.
set -euo pipefail
target=$1
sha256=$2
here=$(cd "$(dirname "$0")" && pwd)
folder=$(dirname "$target")

fail() { echo "fetch.sh : error NATIVE001: $*"; exit 1; }
is_right() { [ -f "$target" ] && echo "$sha256  $target" | sha256sum --check --status; }

mkdir -p "$folder"
# Several builds may come here at once (parallel nodes, several terminals): the first one fetches, the others wait and find the file.
exec 9>"$folder/.lock"
flock 9
if is_right; then exit 0; fi

remedy="Install Node.js 18 or newer (Debian: apt install nodejs npm), or put libonnxruntime.so.1 of ONNX Runtime 1.30.0 at $target yourself."
command -v npm >/dev/null && command -v node >/dev/null || fail "npm was not found; it fetches the ONNX Runtime library. $remedy"
major=$(node --print 'process.versions.node.split(".")[0]')
[ "$major" -ge 18 ] || fail "Node.js $major is too old. $remedy"

work=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work/"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1) || {
  tail -n 20 "$work/npm.log"
  fail "npm ci failed (see the lines above). Is the package registry reachable?"
}
library="$work/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1"
[ -f "$library" ] || fail "onnxruntime-node does not carry bin/napi-v6/linux/x64/libonnxruntime.so.1."
echo "$sha256  $library" | sha256sum --check --status || fail "The fetched library has another SHA-256 than $sha256."
chmod 0755 "$library"
mv -f "$library" "$target" # same file system: the file appears complete or not at all
