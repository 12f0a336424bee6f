#!/usr/bin/env bash
# Checks a published ledger with tools that share no code with gong: jq, sha256sum, openssl.
# verify_log.sh FOLDER KEY [KEPT [ENTRIES]]: FOLDER as `gong ledger seal --publish` wrote it, KEY the log's key from a
# trusted hand. Exit 0 when every entry is canonical JSON with its number, the Merkle root (RFC 6962) over
# all of them is that of the checkpoint, and the checkpoint is signed by the key (Ed25519); else 5.
# KEPT is the file in which the checkpoint that was found good is kept (made the first time): the ledger
# must go on from what it says, or an old backup was put back, or there are two ledgers. ENTRIES is the file into
# which the entries that were found good are written, for verify_tables.sh and verify_messages.sh.
set -euo pipefail
folder=$1 key=$2 kept=${3:-}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
wrong() { echo "WRONG: $*"; exit 5; }
hex_to_bytes() { tr a-f A-F | basenc --base16 -d; }

# The checkpoint: origin, size, root, an empty line, signatures.
root_said() { sed -n 3p "$1" | base64 -d | basenc --base16 -w0 | tr A-F a-f; }
origin=$(sed -n 1p "$folder/checkpoint") size=$(sed -n 2p "$folder/checkpoint")
root=$(root_said "$folder/checkpoint")
head -3 "$folder/checkpoint" >"$tmp/text"
# "NAME+ID+MATERIAL"; what is in base 64 may have a + of its own, as its last letter too (which `read` takes away).
line=$(<"$key") name=${line%%+*} material=${line#*+*+} id=${line#*+} id=${id%%+*}
[ "$origin" = "$name" ] || wrong "the checkpoint is of $origin, the key of $name"
base64 -d <<<"$material" | tail -c 32 >"$tmp/public"
{ printf '302a300506032b6570032100' | hex_to_bytes; cat "$tmp/public"; } >"$tmp/public.der"
openssl pkey -pubin -inform DER -in "$tmp/public.der" -out "$tmp/public.pem" 2>/dev/null ||
    wrong "the key is no Ed25519 key"
grep -aF "— $name " "$folder/checkpoint" | sed 's/.* //' | base64 -d >"$tmp/line" ||
    wrong "the log did not sign the checkpoint"
[ "$(head -c 4 "$tmp/line" | basenc --base16 | tr A-F a-f)" = "$id" ] || wrong "signed by another key"
tail -c 64 "$tmp/line" >"$tmp/signature"
openssl pkeyutl -verify -pubin -inkey "$tmp/public.pem" -rawin -in "$tmp/text" \
    -sigfile "$tmp/signature" >/dev/null 2>&1 || wrong "the signature of the checkpoint does not hold"
if [ -n "$kept" ] && [ -f "$kept" ]; then
    before=$(sed -n 2p "$kept")
    [ "$(sed -n 1p "$kept")" = "$origin" ] || wrong "what was kept is of $(sed -n 1p "$kept"), not of $origin"
    [ "$size" -ge "$before" ] || wrong "the ledger went back from $before to $size entries"
fi

# The entries, bundle by bundle.
bundle() { # POSITION: its file name
    local rest=$1 path=
    path=/$(printf %03d $((rest % 1000)))
    while [ $((rest /= 1000)) -gt 0 ]; do path=/x$(printf %03d $((rest % 1000)))$path; done
    echo "entries$path"
}
: >"$tmp/entries"
for ((first = 0; first < size; first += 256)); do
    file=$folder/$(bundle $((first / 256)))
    [ $((size - first)) -ge 256 ] || file=$file.p/$((size - first))
    [ -f "$file" ] || wrong "$file is missing"
    cat "$file" >>"$tmp/entries"
done
[ "$(wc -l <"$tmp/entries")" -eq "$size" ] || wrong "the bundles hold $(wc -l <"$tmp/entries") entries, not $size"
jq -cS . "$tmp/entries" 2>/dev/null | cmp -s - "$tmp/entries" || {
    wrong "an entry is not canonical JSON: line $(jq -cS . "$tmp/entries" 2>/dev/null | cmp - "$tmp/entries" 2>&1 | sed 's/.*line //' || true)"
}
jq .seq "$tmp/entries" | awk '$1 != NR {print NR; exit 1}' || wrong "that entry says another number"

# Leaves, then level after level: an odd last hash goes up as it is.
hash_files() { find "$1" -type f | sort | xargs sha256sum | cut -c1-64; }
mkdir "$tmp/leaf"
awk -v dir="$tmp/leaf" '{ file = sprintf("%s/%09d", dir, NR); printf "%c%s", 0, $0 >file; close(file) }' "$tmp/entries"
[ "$size" -eq 0 ] || hash_files "$tmp/leaf" >"$tmp/leaves"
root_of() { # SIZE: of the first so many leaves
    local count odd
    [ "$1" -gt 0 ] || { printf '' | sha256sum | cut -c1-64; return; }
    head -n "$1" "$tmp/leaves" >"$tmp/level"
    while count=$(wc -l <"$tmp/level") && [ "$count" -gt 1 ]; do
        mkdir "$tmp/node"
        paste -d '' - - <"$tmp/level" | awk 'length == 128 {print "01" $0}' | hex_to_bytes |
            split -b 65 -a 7 -d - "$tmp/node/"
        odd=$(tail -1 "$tmp/level")
        hash_files "$tmp/node" >"$tmp/above"
        [ $((count % 2)) -eq 0 ] || echo "$odd" >>"$tmp/above"
        mv "$tmp/above" "$tmp/level"
        rm -r "$tmp/node"
    done
    cat "$tmp/level"
}
[ "$(root_of "$size")" = "$root" ] || wrong "the entries are not those of the checkpoint"
if [ -n "${before:-}" ]; then
    [ "$(root_of "$before")" = "$(root_said "$kept")" ] ||
        wrong "the ledger is not the one of before: its first $before entries are others"
fi
[ -z "$kept" ] || cp "$folder/checkpoint" "$kept"
[ -z "${4:-}" ] || cp "$tmp/entries" "$4"
echo "log: ok ($size entries, root $root, signed by $name)"
