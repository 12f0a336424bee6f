#!/usr/bin/env bash
# A second site that has only the bundle: every decision of the demo season is made again from it, and
# each kind of settlement from its own; whatever is edited in a bundle is refused, and its place named.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
run "$bin/gong" init "$site"
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
cp policies/*.yaml "$site/policies/"
demo_season
gong ingest run --quiet >/dev/null 2>&1
head -c 3000 "$(find "$site/archive" -type f -size -100k | head -1)" >"$site/season/daily/torn.nc"
gong trigger run --quiet >/dev/null 2>&1
gong notify drain --quiet >/dev/null 2>&1
run gong bundle --all --out "$work/all.tar"
check "entries that are not sealed yet are not in it, and that is said" has "were not sealed yet"
gong ledger seal --quiet
cp "$site/keys/log.vkey" "$work/key"

run gong bundle --all --out "$work/all.tar"
check "one file holds all decisions" same "$code" 0
gong bundle --all --out "$work/again.tar" --quiet
check "and is the same bytes each time" cmp "$work/all.tar" "$work/again.tar"
run gong bundle --out "$work/none.tar"
check "a bundle of nothing is a usage error" same "$code" 2
run gong bundle 1 --all --out "$work/none.tar"
check "and so is one of both" same "$code" 2
gong replay --json >"$work/here.json" 2>/dev/null
gong ledger export --kind decision 2>/dev/null | jq -r '"\(.policy) \(.answer) \(.seq)"' | sort -u -k1,2 >"$work/kinds"
check "there are yes, no and not known, of alerts and insurances" test "$(wc -l <"$work/kinds")" -ge 7
while read -r _ _ seq; do gong bundle "$seq" --out "$work/one-$seq.tar" --quiet; done <"$work/kinds"

# The second site: another folder, the site itself is gone.
mv "$site" "$work/away"
site=
mkdir "$work/far" && cd "$work/far" || exit
far() { "$bin/gong" replay --bundle "$1" --key "$work/key" "${@:2}"; }
run far "$work/all.tar"
check "all is decided again: identical" has "replay: identical"
check "the site signed the list of files" has "files: as the site listed and signed them"
far "$work/all.tar" --json >"$work/far.json" 2>/dev/null
check "and the JSON says so" same "$(jq .signed "$work/far.json")" true
check "as many decisions, readings and payouts as at the first site" same \
    "$(jq -c '[.identical, .decisions, .readings, .payouts, .unchecked]' "$work/far.json")" \
    "$(jq -c '[.identical, .decisions, .readings, .payouts, .unchecked]' "$work/here.json")"
while read -r policy answer seq; do
    seq_last=$seq
    run far "$work/one-$seq.tar"
    check "the bundle of one settlement ($policy, $answer): identical" has "replay: identical (1 decision"
done <"$work/kinds"
# Other tests may be making such folders just now: theirs go when they end, one that was left stays.
find /tmp -maxdepth 1 -user "$(id -u)" -newer "$work/far.json" \( -name 'gong-place-*' -o -name 'gong-bundle-*' \) >"$work/folders"
all_gone() { local folder; while read -r folder; do [ ! -e "$folder" ] || return 1; done <"$work/folders"; }
check "nothing is left in the temporary folder" soon all_gone

# What CHECK.md says, done by hand.
sums_signed() { [ "$(tar xOf "$1" "$2/SHA256SUMS" | sha256sum | cut -d' ' -f1)" = "$(tar xOf "$1" "$2/SHA256SUMS.note" | sed -n 2p)" ]; }
check "the note has the hash of the list, as CHECK.md says" sums_signed "$work/one-$seq_last.tar" "gong-$seq_last"
told() { tar xOf "$work/one-$seq_last.tar" "gong-$seq_last/CHECK.md" | grep -c "$1"; }
check "CHECK.md says which numbers are not thousandths" same "$(told 'ten-thousandths of the area') $(told 'sed -n 2p SHA256SUMS.note')" "1 1"

# Edited: unpacked, changed, packed again in the same order; with its sums made again, and then
# without the signature as well, as somebody would who wants to be believed.
pack() { # FOLDER TAR
    tar --format=ustar -cf "$2" -C "$work/open" --no-recursion -T "$work/names"
}
resum() { (cd "$work/open/$1" && sed 's/^[0-9a-f]*  //' SHA256SUMS | xargs -d '\n' sha256sum >sums && mv sums SHA256SUMS); }
# edited NAME TAR FOLDER FILE COMMAND WORDS [DEEP]: with the command run on the file: WORDS name the
# file; and DEEP, once the list was made again and is not signed.
edited() {
    rm -rf "$work/open" && mkdir "$work/open" && tar xf "$2" -C "$work/open"
    tar tf "$2" >"$work/names"
    cp "$work/open/$3/$4" "$work/was"
    (cd "$work/open/$3" && eval "$5 $4") || exit
    cmp -s "$work/was" "$work/open/$3/$4" && check "$1 is an edit" false
    pack "$3" "$work/edited.tar"
    run far "$work/edited.tar"
    check "$1 is found" same "$code" 5
    check "and the place is named" has "$6"
    resum "$3"
    pack "$3" "$work/edited.tar"
    run far "$work/edited.tar"
    check "$1, with a new list: the signature does not hold" has "SHA256SUMS.note was not signed"
    [ -n "${7:-}" ] || return
    rm "$work/open/$3/SHA256SUMS.note" && sed -i '/SHA256SUMS.note/d' "$work/names"
    pack "$3" "$work/edited.tar"
    run far "$work/edited.tar"
    check "$1, with nobody's signature under the list: found all the same" test "$code" -ne 0
    check "and named" has "$7"
}
all=$work/all.tar
raw=$(tar tf "$all" | grep -m1 gong-all/raw/ | sed 's/gong-all.//')
policy=$(tar tf "$all" | grep -m1 gong-all/policies/ | sed 's/gong-all.//')
edited "another answer" "$all" gong-all entries.jsonl "sed -i '200s/\"answer\":\"[a-z]*\"/\"answer\":\"maybe\"/'" \
    "entries.jsonl has other bytes" "line 200 of entries.jsonl is not the leaf"
edited "an entry taken out" "$all" gong-all entries.jsonl "sed -i 900d" "entries.jsonl has other bytes" "line 900 of entries.jsonl"
edited "a raw file" "$all" gong-all "$raw" "printf x >>" "$raw has other bytes" "$raw has other bytes than its name says"
edited "a policy" "$all" gong-all "$policy" "sed -i 's/^version: 1/version: 2/'" "$policy has other bytes" "$policy is not the text of that hash"
edited "a commune's name" "$all" gong-all boundary/pilots.jsonl "sed -i '3s/\"name\":\"/\"name\":\"X/'" \
    "boundary/pilots.jsonl has other bytes" "boundary/pilots.jsonl is not the set that entry"
edited "a sum insured" "$all" gong-all contracts.jsonl "sed -i 's/\"sum_insured\":[0-9]*/\"sum_insured\":1000/'" \
    "contracts.jsonl has other bytes" "differs: entry"
edited "the contracts emptied" "$all" gong-all contracts.jsonl "truncate -s 0" \
    "contracts.jsonl has other bytes" "payouts could not be checked, and nobody signed"
check "it ends with 1" same "$code" 1
far "$work/edited.tar" --json >"$work/unsigned.json" 2>/dev/null
check "and its JSON says that it is not signed" same "$(jq -c '[.signed, .unchecked > 0]' "$work/unsigned.json")" "[false,true]"
edited "which file was read" "$all" gong-all raw.jsonl "sed -i '1s/\"source\":\"[a-z-]*\"/\"source\":\"other\"/'" \
    "raw.jsonl has other bytes" "raw.jsonl says another thing of file"
edited "how files are read" "$all" gong-all sources.yaml "sed -i 's/means: rain, interval: day, stamp: start/means: rain, interval: day, stamp: end/'" \
    "sources.yaml has other bytes" "differs: entry"
edited "the checkpoint" "$all" gong-all checkpoint "sed -i 2s/.*/9/" "checkpoint has other bytes" "signature"
seq=$(awk '$2 == "yes" {print $3}' "$work/kinds" | tail -1)
one=$work/one-$seq.tar
edited "a value in a receipt" "$one" "gong-$seq" receipt.json "sed -i 's/\"cover\":10000/\"cover\":9999/'" \
    "receipt.json has other bytes" "the receipt does not hold"
edited "the policy beside a receipt" "$one" "gong-$seq" policy.yaml "sed -i 's/^version: 1/version: 2/'" \
    "policy.yaml has other bytes" "policy.yaml is not the text in its receipt"
edited "what was told" "$one" "gong-$seq" outbox.jsonl "sed -i '1s/sent/dead/;1s/done/dead/;1s/acked/dead/;1s/sms/xxx/'" "outbox.jsonl has other bytes"
edited "what came of it" "$one" "gong-$seq" history.jsonl "sed -i 1d" "history.jsonl has other bytes"
"$bin/gong" init "$work/other" --quiet
run "$bin/gong" replay --bundle "$all" --key "$work/other/keys/log.vkey"
check "another log's key does not hold" same "$code" 5
head -c 200000 "$all" >"$work/half.tar"
run far "$work/half.tar"
check "half a bundle is refused" same "$code $(grep -c 'cut off' "$out")" "3 1"
run "$bin/gong" replay --bundle "$all"
check "without a key it says what to write" has "--key"
check "no name, phone or account is in the bundle" [ -z "$(tar xOf "$all" --exclude='*/raw/*' | grep -aE '84900[0-9]{6}|DRILL-|diễn tập\)')" ]
finish
