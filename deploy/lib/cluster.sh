# Sourced by deploy/quickstart.sh: a private Postgres cluster of this installation. Needs prerequisites.sh and $data (absolute).
# The cluster listens on 127.0.0.1 only, asks for a password, and checks its pages (the ledger refuses a cluster without checksums).

pg_bin() {
  compgen -G "/usr/lib/postgresql/*/bin/initdb" | sort -V | tail -n 1 | xargs dirname
}

# Runs a command as the user who owns the cluster: postgres when we are root (Postgres refuses root), ourselves otherwise.
as_cluster_user() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

# Prints the cluster's folder. Under .data where its user can enter it; else a private folder that .data/postgres.location records.
cluster_folder() {
  if [ -s "$data/postgres.location" ]; then
    cat "$data/postgres.location"
    return
  fi
  local folder=$data/postgres
  if [ "$(id -u)" = 0 ]; then
    mkdir -p "$folder" && chown postgres "$folder" && chmod 700 "$folder"
    if ! as_cluster_user test -w "$folder"; then
      rmdir "$folder"
      local base
      for base in /var/lib /var/tmp; do
        if as_cluster_user test -x "$base" && folder=$(mktemp -d "$base/enterprise-rag.XXXXXXXX" 2>/dev/null); then
          chown postgres "$folder"
          break
        fi
        folder=
      done
      [ -n "$folder" ] || fail "database" "the user postgres can enter neither $data nor a folder under /var/lib or /var/tmp" "run this as an ordinary user, or move the checkout to a folder that others may enter"
    fi
  fi
  printf '%s\n' "$folder" >"$data/postgres.location"
  printf '%s\n' "$folder"
}

# Starts the cluster, making it first when needed. Sets pg_folder and pg_port.
start_cluster() {
  pg_folder=$(cluster_folder)
  [ -n "$pg_folder" ] || exit 1
  local bin log
  bin=$(pg_bin)
  if [ ! -s "$data/secrets/postgres-superuser" ]; then
    (umask 077; mkdir -p "$data/secrets"; head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"$data/secrets/postgres-superuser")
  fi
  if ! as_cluster_user test -s "$pg_folder/PG_VERSION"; then
    local pwfile
    pwfile=$(mktemp)
    cat "$data/secrets/postgres-superuser" >"$pwfile"
    [ "$(id -u)" != 0 ] || chown postgres "$pwfile"
    as_cluster_user "$bin/initdb" -D "$pg_folder" --data-checksums --encoding=UTF8 --locale=C.UTF-8 --username=postgres \
      --auth=scram-sha-256 --pwfile="$pwfile" >"$data/logs/initdb.log" 2>&1 \
      || { rm -f "$pwfile"; fail "database" "initdb failed: $(tail -n 1 "$data/logs/initdb.log")" "see $data/logs/initdb.log"; }
    rm -f "$pwfile"
  fi
  if as_cluster_user "$bin/pg_ctl" -D "$pg_folder" status >/dev/null 2>&1; then
    pg_port=$(as_cluster_user sed -n 4p "$pg_folder/postmaster.pid")
    return
  fi
  pg_port=$(cat "$data/postgres.port" 2>/dev/null || true)
  if [ -z "$pg_port" ] || ! port_is_free "$pg_port"; then
    pg_port=$(free_port)
    printf '%s\n' "$pg_port" >"$data/postgres.port"
  fi
  # No socket: a path under a deep checkout may be longer than the 107 bytes that a socket's name may have.
  as_cluster_user "$bin/pg_ctl" -D "$pg_folder" -w -t 60 -l "$pg_folder/server.log" \
    -o "-p $pg_port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=64MB -c max_connections=60" start >"$data/logs/postgres-start.log" 2>&1 \
    || fail "database" "Postgres did not start: $(as_cluster_user tail -n 1 "$pg_folder/server.log" 2>/dev/null)" "see $pg_folder/server.log"
}

stop_cluster() {
  [ -s "$data/postgres.location" ] || return 0
  local bin
  bin=$(pg_bin)
  as_cluster_user "$bin/pg_ctl" -D "$(cat "$data/postgres.location")" -m fast -w stop >/dev/null 2>&1 || true
}

port_is_free() {
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 12000))
    if port_is_free "$port"; then
      printf '%s\n' "$port"
      return
    fi
  done
  fail "ports" "no free port found between 20000 and 32000 on 127.0.0.1" "stop what occupies them"
}
