# Sourced by scripts that need a PostgreSQL of their own: start_postgres sets POSTGRES_URL, stop_postgres removes all of it.
# It listens on 127.0.0.1 only, on a free port, with its data in a temporary folder.

POSTGRES_DIR=
POSTGRES_AS=()

# The newest server binaries: Debian keeps them off PATH.
postgres_bin() {
  local found
  found=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$found" ] || found=$(readlink -f "$(command -v initdb || true)")
  [ -n "$found" ] && dirname "$found"
}

start_postgres() {
  postgres_bin >/dev/null || debian "PostgreSQL" postgresql
  local bin port
  bin=$(postgres_bin)
  POSTGRES_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tessera-postgres.XXXXXX")
  # PostgreSQL refuses to run as root.
  if [ "$(id -u)" = 0 ]; then
    local user=nobody
    id postgres >/dev/null 2>&1 && user=postgres
    chown "$user" "$POSTGRES_DIR"
    POSTGRES_AS=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups)
  fi
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  (
    cd "$POSTGRES_DIR"
    "${POSTGRES_AS[@]}" "$bin/initdb" --pgdata=data --username=tessera --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >initdb.log
    # Not synced to disk: our tests kill Tessera, never the database or the machine, so nothing can be lost by it.
    "${POSTGRES_AS[@]}" "$bin/pg_ctl" --pgdata=data --wait --log=data/server.log \
      --options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c full_page_writes=off -c max_connections=300" start >/dev/null
  ) || { cat "$POSTGRES_DIR"/initdb.log "$POSTGRES_DIR/data/server.log" >&2 2>/dev/null; return 1; }
  POSTGRES_URL=postgres://tessera@127.0.0.1:$port/postgres
}

stop_postgres() {
  [ -n "$POSTGRES_DIR" ] || return 0
  (cd "$POSTGRES_DIR" && "${POSTGRES_AS[@]}" "$(postgres_bin)/pg_ctl" --pgdata=data --mode=immediate --wait stop >/dev/null 2>&1) || true
  rm -rf "$POSTGRES_DIR"
  POSTGRES_DIR=
}
