#!/usr/bin/env bash
# on_pg.sh PROGRAM...: runs each with GONG_TEST_STORE naming a real PostgreSQL, which is made for
# the purpose in a temporary folder, listens at a socket there only, and is ended by its pid.
# With -- COMMAND ARGUMENT...: runs that one command.
set -u
pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$pg/initdb" ] || { echo "PostgreSQL is not there; install the package postgresql" >&2; exit 1; }
# In memory where there is such a folder: making thousands of tables is a matter of fsync otherwise.
base=${GONG_PG_FOLDER:-/dev/shm}
[ -w "$base" ] || base=/tmp
dir=$(mktemp -d "$base/gong-pg-XXXXXX")
chmod 0755 "$dir"
# PostgreSQL refuses to run as root: then it is nobody's.
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    chown nobody "$dir"
    as() { setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"; }
fi
stop() {
    [ -s "$dir/data/postmaster.pid" ] && as "$pg/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM
cd "$dir" && as "$pg/initdb" -D "$dir/data" -A trust -U gong --locale=C.UTF-8 -E UTF8 >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
printf "listen_addresses=''\nunix_socket_directories='%s'\nfsync=on\nmax_connections=60\n" "$dir" >>"$dir/data/postgresql.conf"
as "$pg/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w start >"$dir/log" 2>&1 || { cat "$dir/log" "$dir/server.log" >&2; exit 1; }
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
