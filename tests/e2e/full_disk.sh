#!/usr/bin/env bash
# A disk that is really full: a file system of a few megabytes, of this test alone. Programs stop, say
# so in one sentence and end with 7; when there is room again all goes on.
set -uo pipefail
as_root=--map-root-user
[ "$(id -u)" -ne 0 ] || as_root=
# shellcheck disable=SC2086
[ -n "${GONG_OWN_MOUNTS:-}" ] || GONG_OWN_MOUNTS=1 exec unshare $as_root --mount bash "$0"
source "$(dirname "$0")/lib.sh"
mkdir "$work/disk"
run mount -t tmpfs -o size=90m tmpfs "$work/disk"
check "a small disk" [ $code -eq 0 ]
site=$work/disk/site
run "$bin/gong" init "$site" --mode drill
check "a site" [ $code -eq 0 ]
check "with space kept for warnings" [ "$(stat -c %s "$site/reserve")" -eq $((32 << 20)) ]

run dd if=/dev/zero of="$work/disk/fill" bs=64k
check "the disk is full" [ "$(df --output=avail "$work/disk" | tail -1)" -eq 0 ]
for verb in "ledger seal" "ledger verify" "trigger run" "contract list"; do
    # shellcheck disable=SC2086
    run gong $verb
    check "gong $verb: ends with 7" [ $code -eq 7 ]
    check "gong $verb: says so" has "no space is left on the disk for the "
    check "gong $verb: and what to do" has "; free some, then run again"
    check "gong $verb: in one sentence" [ "$(wc -l <"$out")" -eq 1 ]
done
check "the reserve is not for these" [ -e "$site/reserve" ]

run "$bin/gong" init "$work/disk/other" --mode drill
check "a new site: ends with 7" [ $code -eq 7 ]
check "a new site: is not there" [ ! -e "$work/disk/other" ]

rm "$work/disk/fill"
run gong ledger seal
check "with room again it goes on" [ $code -eq 0 ]
run gong ledger verify
check "and everything is there" has "ledger verify: ok"

# Warnings wait when the disk fills up, and gong up is started anew: they go out from the space kept for them.
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
cp policies/*.yaml "$site/policies/"
demo_season
gong ingest run --quiet >/dev/null 2>&1
gong trigger run --quiet >/dev/null 2>&1
up() { # gong up in the background, its log in up.log
    "$bin/gong" up --site "$site" --quiet >"$work/up.log" 2>&1 &
    up=$!
    started+=($up)
}
waiting() { sqlite3 "$site/ledger.db" "SELECT count(*) FROM outbox WHERE channel = '$1' AND lane = $2"; }
warnings=$(waiting sms 0) payments=$(waiting pay 1)
check "warnings and payments wait" test "$warnings" -gt 100 -a "$payments" -gt 100
check "nothing left yet" [ ! -s "$site/out/sms.jsonl" ]
dd if=/dev/zero of="$work/disk/fill" bs=4k >/dev/null 2>&1
check "the disk is full again" [ "$(df --output=avail "$work/disk" | tail -1)" -eq 0 ]
up
check "the space is given up" soon test ! -e "$site/reserve"
sent() { [ "$(jq -r .key "$site/out/sms.jsonl" | sort -u | wc -l)" -eq "$1" ]; }
check "every warning goes out" soon sent "$warnings"
check "that is said" grep -qF "the disk is full: warnings go out from the space kept for them, all else waits" "$work/up.log"
check "all else waits" [ ! -s "$site/out/pay.jsonl" ]
kill $up
wait $up
with_room() { # WHAT
    rm "$work/disk/fill"
    run gong notify drain --quiet
    check "$1: with room the payments follow" same "$code $(jq -r .key "$site/out/pay.jsonl" | sort -u | wc -l)" "0 $payments"
    check "$1: no warning went twice" same "$(jq -r .key "$site/out/sms.jsonl" | sort | uniq -d)" ""
    run gong ledger verify
    check "$1: it verifies" has "ledger verify: ok"
}
with_room "gong up"

# The same of a drain, that ends: it says that not all is sent, and what it left goes out when it is run again.
rm -rf "$site"
run "$bin/gong" init "$site" --mode drill
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
cp policies/*.yaml "$site/policies/"
demo_season
gong ingest run --quiet >/dev/null 2>&1
gong trigger run --quiet >/dev/null 2>&1
warnings=$(waiting sms 0) payments=$(waiting pay 1)
check "warnings and payments wait for a drain" test "$warnings" -gt 100 -a "$payments" -gt 100
check "with space kept again" [ -e "$site/reserve" ]
dd if=/dev/zero of="$work/disk/fill" bs=4k >/dev/null 2>&1
check "the disk is full once more" [ "$(df --output=avail "$work/disk" | tail -1)" -eq 0 ]
run gong notify drain
check "a drain on a full disk ends with 7" same $code 7
check "it says that all else waits" has "the disk is full: warnings go out from the space kept for them, all else waits"
check "every warning went out" sent "$warnings"
check "no payment did" [ ! -s "$site/out/pay.jsonl" ]
with_room "drain"
umount "$work/disk"
finish
