#!/usr/bin/env bash
# Checks many states of one ledger with tools that share no code with gong: jq, sha256sum, awk; the
# checkpoint that all of them are held against is checked by verify_log.sh (openssl).
#
# verify_rows.sh CHECKPOINT <ROWS: ROWS holds for each state a line "state NAME", then every row of the
# table of entries in the order of their numbers, as "row SEQ KIND HASH TEXT", a tab between. A state is
# good when its rows are numbered 1, 2, 3 ..., each text is what `jq -cS` makes of it and says the row's
# number and kind, each hash is SHA-256(hash of the row before, as 32 bytes || text), and number and Merkle
# root (RFC 6962) of the texts are those of CHECKPOINT, which is read after ROWS. Prints one line for each
# state: "good NAME", "bad NAME: row N: why" with the first bad row, or "bad NAME: why" when each row is
# good by itself. What stands in many states is hashed once.
set -euo pipefail
export LC_ALL=C
checkpoint=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Lines "NUMBER HEX TEXT" (tabs) become "NUMBER SHA-256" of the bytes HEX and then TEXT.
hashes_of() {
    rm -rf "$tmp/files"
    mkdir "$tmp/files"
    awk -F '\t' -v dir="$tmp/files" '
        BEGIN { for (i = 0; i < 256; i++) value[sprintf("%02x", i)] = i }
        {
            file = dir "/" $1
            for (i = 1; i < length($2); i += 2) printf "%c", value[substr($2, i, 2)] >file
            printf "%s", $3 >file
            close(file)
        }'
    (cd "$tmp/files" && find . -type f -printf '%f\0' | xargs -0r sha256sum) | awk '{print $2 "\t" $1}'
}

# Every different row (with the hash before it) gets a number; each state is a list of such numbers, with
# "#N" for a row whose number N is not that of its place. Rows below 1 have no place.
awk -F '\t' -v tmp="$tmp" '
    function finish() { if (name != "") print name "\t" below "\t" list >(tmp "/states") }
    $1 == "state" { finish(); name = $2; below = list = ""; rows = 0; before = zeros; next }
    $2 < 1 { below = $2; next }
    {
        rows++
        if ($2 != rows) {
            list = list " #" $2
        } else {
            key = before FS $2 FS $3 FS $4 FS $5
            if (!(key in known)) { known[key] = ++count; print count FS key >(tmp "/rows") }
            list = list " " known[key]
        }
        before = $4
    }
    BEGIN { zeros = sprintf("%064d", 0) }
    END { finish() }'
size=$(sed -n 2p "$checkpoint")
root=$(sed -n 3p "$checkpoint" | base64 -d | basenc --base16 -w0 | tr A-F a-f)

# Their hashes.
cut -f 1,2,6 "$tmp/rows" | hashes_of >"$tmp/hashes"

# What jq makes of the texts, and the number and kind that they say. A text that is no JSON is "!".
cut -f 6 "$tmp/rows" | jq -Rr '. as $line | try (fromjson | [if type == "object" then .seq else null end,
    if type == "object" then .kind else null end] | map(tostring) | join("\t")) catch "!"' >"$tmp/said"
cut -f 6 "$tmp/rows" | jq -Rr '. as $line | try (fromjson | if . == null then "!" else "." end) catch "!"' >"$tmp/is_json"
paste "$tmp/is_json" <(cut -f 6 "$tmp/rows") | awk -F '\t' '$1 == "." {print $2}' | jq -cS . >"$tmp/canonical_some"
awk -F '\t' -v from="$tmp/canonical_some" '{ if ($1 == ".") { getline line <from; print line } else print "!" }' \
    "$tmp/is_json" >"$tmp/canonical"

# Bad rows, then bad states. Of the others the leaves are kept.
paste "$tmp/rows" "$tmp/said" >"$tmp/all"
awk -F '\t' -v hashes="$tmp/hashes" -v canonical="$tmp/canonical" '
    BEGIN { while ((getline line <hashes) > 0) { split(line, part, "\t"); hash[part[1]] = part[2] } }
    {
        getline text <canonical
        why = ""
        if (text != $6) why = "text is not canonical"
        else if ($7 "\t" $8 != $3 "\t" $4) why = "text says another number or kind"
        else if (hash[$1] != $5) why = "hash does not follow"
        if (why != "") print $1 "\t" why
    }' "$tmp/all" >"$tmp/bad"
awk -F '\t' '{print $1 "\t00\t" $6}' "$tmp/rows" >"$tmp/leaf_rows"
: >"$tmp/trees"
awk -F '\t' -v bad="$tmp/bad" -v size="$size" -v trees="$tmp/trees" '
    BEGIN { while ((getline line <bad) > 0) { split(line, part, "\t"); wrong[part[1]] = part[2] } }
    {
        why = ""
        count = split($3, row, " ")
        for (i = 1; i <= count && why == ""; i++) {
            if (row[i] ~ /^#/) why = "row " i ": has number " substr(row[i], 2)
            else if (row[i] in wrong) why = "row " i ": " wrong[row[i]]
        }
        if (why == "" && $2 != "") why = "a row has number " $2
        if (why == "" && count != size) why = count " rows, the checkpoint says " size
        if (why != "") print "bad " $1 ": " why
        else print $1 "\t" $3 >trees
    }' "$tmp/states"

# The roots of what is left: leaves of the same text are one, and so are nodes over the same pair. An odd
# last hash goes up as it is.
awk -F '\t' -v trees="$tmp/trees" '
    BEGIN { while ((getline line <trees) > 0) { split(line, part, "\t"); n = split(part[2], row, " "); for (i = 1; i <= n; i++) wanted[row[i]] } }
    $1 in wanted' "$tmp/leaf_rows" | hashes_of >"$tmp/level"
while :; do
    : >"$tmp/pairs"
    awk -F '\t' -v level="$tmp/level" -v pairs="$tmp/pairs" '
        BEGIN { while ((getline line <level) > 0) { split(line, part, "\t"); hash[part[1]] = part[2] } }
        {
            count = split($2, node, " ")
            list = ""
            for (i = 1; i <= count; i += 2) {
                left = (node[i] in hash) ? hash[node[i]] : node[i]
                right = i == count ? "" : (node[i + 1] in hash) ? hash[node[i + 1]] : node[i + 1]
                if (right == "") { list = list " " left; continue }
                key = left right
                if (!(key in known)) { known[key] = ++made; print made "\t01" key "\t" >pairs }
                list = list " " known[key]
            }
            print $1 "\t" list
        }' "$tmp/trees" >"$tmp/above"
    mv "$tmp/above" "$tmp/trees"
    [ -s "$tmp/pairs" ] || break
    hashes_of <"$tmp/pairs" >"$tmp/level"
done
awk -F '\t' -v root="$root" '{
    sub(/^ /, "", $2)
    print ($2 == root ? "good " $1 : "bad " $1 ": the root over its rows is not that of the checkpoint")
}' "$tmp/trees"
