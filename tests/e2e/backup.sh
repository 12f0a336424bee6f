#!/usr/bin/env bash
# Backup and restore as a drill: a site is copied while it works, brought back, verified and replayed;
# an older backup is noticed, a damaged one too; the map is made again; two gong init at once.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=

# --- two at once ----------------------------------------------------------------------------------------
for i in 1 2 3 4 5 6; do
    "$bin/gong" init "$work/site" --quiet >"$work/init$i" 2>&1 &
    pids[i]=$!
done
won=0
for i in 1 2 3 4 5 6; do wait "${pids[i]}" && won=$((won + 1)); done
check "of six gong init of one folder one wins" same $won 1
check "and the others say so" same \
    "$(cat "$work"/init? | grep -cE 'another gong init is making this site|is there and not empty')" 5
site=$work/site
check "what it made is whole" gong ledger verify --quiet
check "nothing of the others is left" same "$(find "$work" -maxdepth 1 -name 'site?*' | wc -l)" 0

sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
"$bin/gong-season" write "$site/season" --quiet >/dev/null
gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone --quiet
echo 'old_commune_code,old_commune,old_district,old_province,is_split,new_commune_code
00901,Xã Cũ,Huyện,Tỉnh,0,01840' >"$work/former.csv"
gong boundary former "$work/former.csv" --set pilots --quiet
cp policies/*.yaml "$site/policies/"
gong contract import "$site/season/contracts.csv" --quiet
gong ingest run --source demo-daily --quiet >/dev/null 2>&1

# --- a backup while others write ------------------------------------------------------------------------
(
    for source in demo-forecast demo-observed; do gong ingest run --source $source --quiet >/dev/null 2>&1; done
    gong ledger seal --quiet
    gong trigger run --quiet >/dev/null
) &
writer=$!
taken=0
for i in 1 2 3 4 5; do gong backup "$work/live" --quiet && taken=$((taken + 1)); done
wait $writer
check "five backups are taken while the site works" same $taken 5
broken=0
for manifest in "$work"/live/*.json; do
    rm -rf "$work/some"
    "$bin/gong" restore "$work/live" --at "$(basename "$manifest" .json)" --site "$work/some" --quiet \
        --lost "a drill of an older one" || broken=$((broken + 1))
    "$bin/gong" ledger verify --site "$work/some" --quiet >/dev/null || broken=$((broken + 1))
done
check "each of them comes back and verifies" same $broken 0

run gong backup "$work/kept" --json
first=$(jq -r .backup "$out")
run gong backup "$work/kept" --json
check "a second one of the same adds nothing" same "$(jq -r '"\(.new) \(.new_bytes)"' "$out")" "0 0"
gong notify drain --quiet >/dev/null 2>&1
gong ledger seal --quiet
run gong backup "$work/kept" --json
check "a later one adds only what is new" [ "$(jq -r .new "$out")" -lt 12 ]
check "nobody else can read it" same "$(stat -c %a "$work/kept")" 700

# --- the drill ------------------------------------------------------------------------------------------
head=$(gong ledger head)
decisions() { "$bin/gong" ledger export --kind decision --site "$1" | sha256sum; }
old=$(decisions "$site")
run flock -x "$work/kept/lock" "$bin/gong" restore "$work/kept" --site "$work/new"
check "one that is being made is not brought back: its checkpoint may be ahead of its manifest" has \
    "a backup into $work/kept is under way; wait for it"
check "and nothing is made of it" [ ! -e "$work/new" ]
run flock -s "$work/kept/lock" "$bin/gong" restore "$work/kept" --site "$work/new" --checkpoint "$site/checkpoint"
check "the newest backup comes back" [ $code -eq 0 ]
check "with every entry" has "$(cut -d' ' -f1 <<<"$head") entries"
run "$bin/gong" ledger verify --site "$work/new"
check "its ledger verifies" has "ledger verify: ok"
check "it holds what it held" same "$(decisions "$work/new")" "$old"
run "$bin/gong" people access --site "$work/new"
check "its log of access says that all of the register was brought back" has " restore "
# Killed with keys and people in its hands, as soon as it has any; should it have ended sooner, once more.
left() { compgen -G "$work/killed.restore-*/.restoring" >/dev/null; }
halfway() { left && compgen -G "$work/killed.restore-*/keys/*" >/dev/null || [ -e "$work/killed" ]; }
until left; do
    rm -rf "$work/killed"
    "$bin/gong" restore "$work/kept" --site "$work/killed" --quiet >/dev/null 2>&1 &
    restorer=$!
    soon halfway
    kill -9 $restorer
    wait $restorer
done 2>/dev/null
remains=$(echo "$work"/killed.restore-*)
mkdir -p "$work/killed.restore-20261126/keys"
run flock -x "$remains/.restoring" "$bin/gong" restore "$work/kept" --site "$work/killed"
check "beside one that is at work another is made" same "$code $([ -d "$remains/keys" ] && echo there)" "0 there"
rm -rf "$work/killed"
run "$bin/gong" restore "$work/kept" --site "$work/killed"
check "what a killed restore left is gone with the next" same "$code $(echo "$work"/killed.restore-*)" "0 $work/killed.restore-20261126"
check "and no mark is in the site" [ ! -e "$work/killed/.restoring" ]
run "$bin/gong" replay --site "$work/new"
check "every decision is derived again from its own archive" has "replay: identical"
run "$bin/gong" ledger export --kind restored --site "$work/new"
check "its ledger says that it was restored" same "$(jq -r '.lost' "$out")" 0
check "nothing is sent twice" same "$("$bin/gong" notify drain --site "$work/new" --quiet >/dev/null 2>&1
    cat "$work/new/out/pay.jsonl" | sha256sum)" "$(sha256sum <"$site/out/pay.jsonl")"
run "$bin/gong" restore "$work/kept" --site "$work/new"
check "a site that is there is not written over" [ $code -eq 6 ]
for inside in "$site" "$site/backup" "$site/archive/deep/er" "$site/../$(basename "$site")/backup"; do
    run gong backup "$inside"
    check "nor is a site backed up into itself (${inside#"$work"/})" same "$code $(grep -c "lies in the site; name a folder outside of it" "$out")" "6 1"
done
check "and nothing is made there" [ ! -e "$site/backup" -a ! -e "$site/archive/deep" ]
run "$bin/gong" restore "$work/kept" --site "$work/slashes//"
check "a folder may be named with slashes at its end" [ $code -eq 0 ]
check "and the site is whole" "$bin/gong" ledger verify --site "$work/slashes" --quiet
check "with nothing beside it or in it that was on the way" same "$(find "$work/slashes" "$work" -maxdepth 1 -name '*.restor*' | grep -vc /killed)" 0

# --- an older one ---------------------------------------------------------------------------------------
run "$bin/gong" restore "$work/kept" --at "${first%.json}" --site "$work/older"
check "an older backup is noticed" [ $code -eq 6 ]
check "by the newest checkpoint" has "would be lost, and witnesses will refuse what comes instead"
check "and nothing is made of it" [ ! -e "$work/older" ]
run "$bin/gong" restore "$work/kept" --at "${first%.json}" --site "$work/older" --lost "the disk of 9 September is gone"
check "with a reason it comes back" has "entries that a newer checkpoint knows are given up"
check "payouts that may have left wait for people" has "payouts wait to be approved again"
run "$bin/gong" ledger export --kind restored --site "$work/older"
check "the ledger says what is lost, and why" same "$(jq -r '"\(.lost > 0) \(.why)"' "$out")" \
    "true the disk of 9 September is gone"
"$bin/gong" notify drain --site "$work/older" --quiet >/dev/null 2>&1
check "no payment leaves by itself" same "$(wc -l <"$work/older/out/pay.jsonl")" 0
run "$bin/gong" ledger verify --site "$work/older"
check "and it verifies" [ $code -eq 0 ]
cp "$work/kept/$(basename "$first")" "$work/manifest"
cp "$site/ledger.db" "$work/ahead.db" && cp "$work/older/ledger.db" "$site/ledger.db" && rm -f "$site"/ledger.db-*
run gong ledger seal
check "an old ledger.db put under a newer checkpoint stops everything" has "an old backup was put back"
cp "$work/ahead.db" "$site/ledger.db"

# --- a damaged one --------------------------------------------------------------------------------------
raw=$(find "$site/archive" -type f -printf '%f\n' | head -1)
printf X | dd of="$work/kept/files/${raw:0:2}/$raw" bs=1 seek=100 conv=notrunc status=none
run "$bin/gong" restore "$work/kept" --site "$work/bad"
check "a byte changed in a backup is found" has "was damaged"
check "with 5" [ $code -eq 5 ]
rm "$work/kept/files/${raw:0:2}/$raw"
run "$bin/gong" restore "$work/kept" --site "$work/bad"
check "a file that is gone is found" [ $code -eq 4 ]
run gong backup "$work/kept" --json
check "the next backup brings it back" same "$(jq -r '.new' "$out")" 1
check "and then it can be restored" "$bin/gong" restore "$work/kept" --site "$work/again" --quiet
sed 's|"path":"gong.yaml"|"path":"../gong.yaml"|' "$work/kept/$(jq -r .backup "$out")" >"$work/kept/30000101T000000Z.json"
run "$bin/gong" restore "$work/kept" --site "$work/out-of-bounds"
check "a manifest cannot write outside of the site" has "which is no file of a site"
rm "$work/kept/30000101T000000Z.json"

# --- names that are no text -----------------------------------------------------------------------------
odd="$(printf 'n\xff \x9c%%\nA\xe1\xbb')"
mkdir "$site/out/$odd" && printf x >"$site/out/$odd/$odd" && printf y >"$site/out/lũ"
run gong backup "$work/odd" --json
check "names of any bytes end no backup" [ $code -eq 0 ]
odd_manifest=$work/odd/$(jq -r .backup "$out")
check "they stand there as their bytes" same "$(jq -r '.files[] | .path_hex // empty' "$odd_manifest")" \
    "$(printf %s "out/$odd/$odd" | od -An -tx1 | tr -d ' \n')"
run "$bin/gong" restore "$work/odd" --site "$work/odd-again"
check "and come back as they were" same "$(cd "$work/odd-again/out" && find . -type f | LC_ALL=C sort | sha256sum)" \
    "$(cd "$site/out" && find . -type f | LC_ALL=C sort | sha256sum)"
check "with their bytes" cmp "$site/out/$odd/$odd" "$work/odd-again/out/$odd/$odd"
for hex in 2e2e2f78 6 0061 6G ""; do
    sed "s|\"path_hex\":\"[0-9a-f]*\"|\"path_hex\":\"$hex\"|" "$odd_manifest" >"$work/odd/30000101T000000Z.json"
    run "$bin/gong" restore "$work/odd" --site "$work/odd-out"
    check "no such name is taken: '$hex'" [ $code -eq 5 -a ! -e "$work/odd-out" ]
done
rm -r "$site/out/${odd:?}" "$site/out/lũ"

# --- the map ------------------------------------------------------------------------------------------
before=$(gong boundary list pilots --json | sha256sum)
rm -f "$site"/map.db*
run gong boundary remake
check "a map that is gone is made again" has "1 boundary sets (1 made again), 1 lists of former communes"
check "as it was" same "$(gong boundary list pilots --json | sha256sum)" "$before"
run gong replay
check "and decisions are derived again with it" has "replay: identical"

finish
