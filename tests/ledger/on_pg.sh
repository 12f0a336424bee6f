#!/usr/bin/env bash
# on_pg.sh PROGRAM...: runs each with GONG_TEST_STORE naming a real PostgreSQL, which is made for
# the purpose in a temporary folder, listens at a socket there only, and is ended by its pid.
# With -- COMMAND ARGUMENT...: runs that one command. GONG_PG_FOLDER is where it is made, GONG_PG_WAL where
# its log is, when that is to be on another disk.
set -u
pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$pg/initdb" ] || { echo "PostgreSQL is not there; install the package postgresql" >&2; exit 1; }
# In memory where there is such a folder: making thousands of tables is a matter of fsync otherwise.
base=${GONG_PG_FOLDER:-/dev/shm}
[ -w "$base" ] || base=/tmp
dir=$(mktemp -d "$base/gong-pg-XXXXXX")
wal=${GONG_PG_WAL:+$(mktemp -d "$GONG_PG_WAL/gong-wal-XXXXXX")}
chmod 0755 "$dir"
# PostgreSQL refuses to run as root: then it is nobody's.
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    chown nobody "$dir" ${wal:+"$wal"}
    as() { setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"; }
fi
stop() {
    [ -s "$dir/data/postmaster.pid" ] && as "$pg/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
    rm -rf "$dir" ${wal:+"$wal"}
}
trap stop EXIT
trap 'exit 130' INT TERM
cd "$dir" && as "$pg/initdb" -D "$dir/data" ${wal:+-X "$wal"} -A trust -U gong --locale=C.UTF-8 -E UTF8 >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
printf "listen_addresses=''\nunix_socket_directories='%s'\nfsync=on\nmax_connections=60\ndefault_transaction_isolation='repeatable read'\n" "$dir" >>"$dir/data/postgresql.conf"
# A checkpoint of its own accord on a disk that a test filled would end the server.
[ -z "$wal" ] || printf "checkpoint_timeout=1d\nmax_wal_size=4GB\n" >>"$dir/data/postgresql.conf"
as "$pg/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 300 start >"$dir/log" 2>&1 || { cat "$dir/log" "$dir/server.log" >&2; exit 1; }
cd "$OLDPWD" || exit 1
export GONG_TEST_STORE="postgresql://gong@/postgres?host=$dir" GONG_TEST_PG_DATA="$dir/data" GONG_TEST_PG_BIN="$pg"
if [ "${1:-}" = -- ]; then
    shift
    "$@"
    exit $?
fi
bad=0
for program in "$@"; do
    "$program" || bad=1
done
exit $bad
