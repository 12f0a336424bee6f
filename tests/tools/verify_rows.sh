#!/usr/bin/env bash
# Checks many states of one ledger with tools that share no code with gong: jq, sha256sum, awk; the
# checkpoint that all of them are held against is checked by verify_log.sh (openssl).
#
# verify_rows.sh SIZE <ROWS: ROWS holds for each state a line "state NAME", then every row of the table
# of entries in the order of their numbers, as "row SEQ KIND HASH TEXT", a tab between. A state is good
# when it has SIZE rows numbered 1, 2, 3 ..., each text is what `jq -cS` makes of it and says the row's
# number and kind, and each hash is SHA-256(hash of the row before, as 32 bytes || text). Prints one
# line for each state, "good NAME" or "bad NAME: why". What stands in many states is hashed once.
set -euo pipefail
export LC_ALL=C
size=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Every different row (with the hash before it) gets a number; each state is a list of such numbers.
awk -F '\t' -v tmp="$tmp" -v size="$size" '
    function finish() {
        if (name == "") return
        if (why == "" && rows != size) why = rows " rows, not " size
        print name "\t" why "\t" list >(tmp "/states")
    }
    $1 == "state" { finish(); name = $2; why = list = ""; rows = 0; before = zeros; next }
    {
        rows++
        if ($2 != rows && why == "") why = "row " rows " has number " $2
        key = before FS $2 FS $3 FS $4 FS $5
        if (!(key in known)) { known[key] = ++count; print count FS key >(tmp "/rows") }
        list = list " " known[key]
        before = $4
    }
    BEGIN { zeros = sprintf("%064d", 0) }
    END { finish() }'

# Their hashes.
mkdir "$tmp/files"
awk -F '\t' -v dir="$tmp/files" '
    BEGIN { for (i = 0; i < 256; i++) value[sprintf("%02x", i)] = i }
    {
        file = dir "/" $1
        for (i = 1; i < 64; i += 2) printf "%c", value[substr($2, i, 2)] >file
        printf "%s", $6 >file
        close(file)
    }' "$tmp/rows"
(cd "$tmp/files" && find . -type f -printf '%f\0' | xargs -0 sha256sum) | awk '{print $2 "\t" $1}' >"$tmp/hashes"

# What jq makes of the texts, and the number and kind that they say. A text that is no JSON is "!".
cut -f 6 "$tmp/rows" | jq -Rr '. as $line | try (fromjson | [if type == "object" then .seq else null end,
    if type == "object" then .kind else null end] | map(tostring) | join("\t")) catch "!"' >"$tmp/said"
cut -f 6 "$tmp/rows" | jq -Rr '. as $line | try (fromjson | if . == null then "!" else "." end) catch "!"' >"$tmp/is_json"
paste "$tmp/is_json" <(cut -f 6 "$tmp/rows") | awk -F '\t' '$1 == "." {print $2}' | jq -cS . >"$tmp/canonical_some"
awk -F '\t' -v from="$tmp/canonical_some" '{ if ($1 == ".") { getline line <from; print line } else print "!" }' \
    "$tmp/is_json" >"$tmp/canonical"

# Good rows, then good states.
paste "$tmp/rows" "$tmp/said" >"$tmp/all"
awk -F '\t' -v hashes="$tmp/hashes" -v canonical="$tmp/canonical" -v said="$tmp/said" '
    BEGIN { while ((getline line <hashes) > 0) { split(line, part, "\t"); hash[part[1]] = part[2] } }
    {
        getline text <canonical
        getline saying <said
        why = ""
        if (text != $6) why = "text is not canonical"
        else if (saying != $3 "\t" $4) why = "text says another number or kind"
        else if (hash[$1] != $5) why = "hash does not follow"
        if (why != "") print $1 "\t" why
    }' "$tmp/rows" >"$tmp/bad"
awk -F '\t' -v bad="$tmp/bad" '
    BEGIN { while ((getline line <bad) > 0) { split(line, part, "\t"); wrong[part[1]] = part[2] } }
    {
        why = $2
        count = split($3, row, " ")
        for (i = 1; i <= count && why == ""; i++)
            if (row[i] in wrong) why = "row " i ": " wrong[row[i]]
        print (why == "" ? "good " $1 : "bad " $1 ": " why)
    }' "$tmp/states"
