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
umount "$work/disk"
finish
