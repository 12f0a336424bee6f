#!/usr/bin/env bash
# A server whose disk is really full, and one whose disk lost bytes: programs stop, say so in one sentence
# and end with 7, or 5; when there is room again all goes on. A disk of a few megabytes of this test alone.
set -uo pipefail
if [ -z "${GONG_TEST_STORE:-}" ]; then
    [ "$(id -u)" -eq 0 ] || { echo "ok 1 - a full disk under PostgreSQL # SKIP only root can mount one here"; exit 0; }
    unshare --mount true 2>/dev/null || { echo "ok 1 - a full disk under PostgreSQL # SKIP nothing can be mounted here"; exit 0; }
    [ -n "${GONG_OWN_MOUNTS:-}" ] || GONG_OWN_MOUNTS=1 exec unshare --mount bash "$0"
    disk=$(mktemp -d)
    chmod 0755 "$disk"
    trap 'umount "$disk" 2>/dev/null; rmdir "$disk"' EXIT
    trap 'exit 130' INT TERM
    mount -t tmpfs -o size=160m,mode=0755 tmpfs "$disk" || exit 1
    export GONG_PG_FOLDER=$disk GONG_PG_WAL=/tmp
    "$(dirname "$0")/../ledger/on_pg.sh" -- bash "$0"
    exit $?
fi
source "$(dirname "$0")/lib.sh"
data=$GONG_TEST_PG_DATA
as_owner() { (cd / && setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"); }
sql() { psql -qAtX "$GONG_TEST_STORE" -c "SET search_path TO gong_ledger" -c "$1"; }
site=
run "$bin/gong" init "$work/site" --store "$GONG_TEST_STORE" --mode drill
check "a site on the small disk" same $code 0
site=$work/site
entries() { gong ledger head --json | jq .entries; }
write() { run gong hold --policy "p$1" --why "the drill of a full disk" --quiet; }
write 0
check "it takes what is written" same "$code $(entries)" "0 1"
run dd if=/dev/zero of="$GONG_PG_FOLDER/fill" bs=64k
check "the disk is full" same "$(df --output=avail "$GONG_PG_FOLDER" | tail -1 | tr -d ' ')" 0
wrote=1
for i in $(seq 1 300); do # what fits into pages that are there already is taken
    write "$i"
    [ $code -eq 0 ] || break
    wrote=$((wrote + 1))
done
check "then it ends with 7" same $code 7
check "says so" has "no space is left on the disk for the ledger, where PostgreSQL keeps it"
check "and what to do" has "; free some, then run again"
check "in one sentence" same "$(wc -l <"$out")" 1
check "what is kept for warnings on the site's own disk stays" test -e "$site/reserve"
check "each acknowledged entry is there, the last one not" same "$(entries)" $wrote
run gong ledger verify
check "and they verify" has "ledger verify: ok"
rm "$GONG_PG_FOLDER/fill"
write again
check "with room again it goes on" same "$code $(entries)" "0 $((wrote + 1))"
run gong ledger verify
check "and everything is there" has "ledger verify: ok"

# --- a page that lost its bytes
file=$(sql "SELECT pg_relation_filepath('entry')")
as_owner "$GONG_TEST_PG_BIN/pg_ctl" -D "$data" -m fast -w stop >"$work/server.log" 2>&1
head -c 4096 /dev/zero | tr '\0' '\377' | dd of="$data/$file" bs=4096 count=1 conv=notrunc status=none
as_owner "$GONG_TEST_PG_BIN/pg_ctl" -D "$data" -l "$data/../again.log" -w start >"$work/server.log" 2>&1
run gong ledger verify
check "a damaged page ends it with 5" same $code 5
check "and it is said what is damaged" has "the disk failed under the ledger, or what is on it is damaged (PostgreSQL says: invalid page in block 0"
finish
