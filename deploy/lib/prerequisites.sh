# Sourced by deploy/quickstart.sh and tests/run.sh: checks and, where it may, installs what the product needs from Debian.
# Each function prints nothing when all is well and stops with the step, the reason and the remedy when not.

# Message on stderr, then exit 1. Arguments: what failed, why, what to do.
fail() {
  printf '\nFAILED  %s\nreason  %s\nremedy  %s\n' "$1" "$2" "$3" >&2
  exit 1
}

require_dotnet() {
  command -v dotnet >/dev/null || fail "prerequisites" "the .NET SDK is not on the PATH" "install the .NET SDK 10 and run this again"
  local major
  major=$(dotnet --version 2>/dev/null | cut -d. -f1)
  [ "${major:-0}" -ge 10 ] 2>/dev/null || fail "prerequisites" "the .NET SDK is version ${major:-unknown}" "install the .NET SDK 10 (global.json asks for it)"
}

require_node() {
  command -v npm >/dev/null || fail "prerequisites" "npm is not on the PATH (it fetches the ONNX Runtime library)" "install Node.js 18 or newer with npm"
  local major
  major=$(node --version 2>/dev/null | sed 's/^v//' | cut -d. -f1)
  [ "${major:-0}" -ge 18 ] 2>/dev/null || fail "prerequisites" "Node.js is version ${major:-unknown}" "install Node.js 18 or newer"
}

# require_debian COMMAND-OR-FILE PACKAGE …: the package is installed when the command or file is missing and we may.
require_debian() {
  local probe=$1
  shift
  probe_present "$probe" && return 0
  if [ "$(id -u)" != 0 ]; then
    fail "prerequisites" "$probe is missing and installing needs root" "apt-get install $*"
  fi
  if ! command -v apt-get >/dev/null; then
    fail "prerequisites" "$probe is missing and there is no apt-get here" "install what provides it (Debian: $*)"
  fi
  printf '  installing %s\n' "$*" >&2
  local log
  log=$(mktemp)
  if [ -z "${APT_UPDATED:-}" ]; then
    apt-get update -qq >"$log" 2>&1 || fail "prerequisites" "apt-get update failed: $(tail -n 1 "$log")" "check the package sources, then run this again"
    APT_UPDATED=1
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1 \
    || fail "prerequisites" "apt-get install $* failed: $(tail -n 1 "$log")" "install it by hand, then run this again"
  rm -f "$log"
  probe_present "$probe" || fail "prerequisites" "$probe is still missing after installing $*" "install what provides it by hand"
}

probe_present() {
  case $1 in
    */*) compgen -G "$1" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# What the product itself runs on.
require_product_packages() {
  require_debian "/usr/lib/postgresql/*/bin/initdb" postgresql
  require_debian pdftotext poppler-utils
  require_debian python3 python3-minimal
  require_debian prlimit util-linux
  require_debian "/usr/lib/*/libicuuc.so*" libicu-dev
}

# What the tests need on top.
require_test_packages() {
  require_debian chromium chromium
  require_debian "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf" fonts-dejavu-core
}

# require_npm FOLDER: the packages that its package.json names (pinned by package-lock.json where there is one), unless installed. No package script runs.
require_npm() {
  local folder=$1 command=install
  [ -f "$folder/package-lock.json" ] && command=ci
  [ "$folder/node_modules/.package-lock.json" -nt "$folder/package.json" ] && return 0
  printf '  installing the packages of %s\n' "$folder" >&2
  local log
  log=$(mktemp)
  (cd "$folder" && npm "$command" --ignore-scripts --no-audit --no-fund --loglevel=error >"$log" 2>&1) \
    || fail "prerequisites" "npm $command in $folder failed: $(grep -m 1 'npm error [A-Z]' "$log")" "check that the package registry is reachable, then run this again"
  rm -f "$log"
}
