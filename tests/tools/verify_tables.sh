#!/usr/bin/env bash
# Checks the tables of a site's ledger.db with tools that share no code with gong: sqlite3, jq, sha256sum.
# verify_tables.sh LEDGER.DB ENTRIES [GOOD]: ENTRIES are the published entries, one JSON a line, that verify_log.sh
# found to be those of the signed checkpoint. What the entries say of decisions, batches, payouts and what became
# of them, policies, raw files, readings and where alerts stand is written down from the entries, and the same from
# the tables; they must be alike. Readings are recomputed from their numbers. Exit 0, or 5 with "WRONG: entry N ..."
# of the first entry that a table does not bear out. Messages: verify_messages.sh.
# GOOD is a file in which the rows whose hash was found good are kept: what stands in many copies is hashed once.
set -euo pipefail
export LC_ALL=C
db=$1 entries=$2 good=${3:-}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
never=-9223372036854775808
source "$(dirname "$0")/alike.sh"

one 'select(.kind == "policy") | "\(.seq)|\(.policy_hash)|\(.policy)|\(.version)"' \
    "SELECT seq, $hex hash)), id, version FROM policy_text" policies
one 'select(.kind == "basis") | "\(.seq)|\(.policy)|\(.version)|\(.policy_hash)|\(.boundary_set)|\(.period)|\(.as_of | fromdate)|\(.basis)|\(.replaces // 0)"' \
    "SELECT seq, policy, version, $hex policy_hash)), boundary_set, period, as_of, $hex basis)), replaces FROM batch" batches
one 'select(.kind == "decision") | "\(.seq)|\(.batch)|\(.policy)|\(.period)|\(.commune)|\(.answer)|\(.index_milli // "")"' \
    "SELECT d.seq, batch, policy, period, commune, CASE answer WHEN 0 THEN 'no' WHEN 1 THEN 'yes' WHEN 2 THEN 'unknown' ELSE answer END, index_milli
     FROM decision d LEFT JOIN batch b ON b.seq = d.batch" decisions
one 'select(.kind == "payout") | "\(.seq)|\(.decision)|\(.contract)|\(.period)|\(.policy)|\(.amount)|\(.currency)"' \
    "SELECT seq, decision, contract, period, policy, amount, currency FROM payout" payouts
# The newest word of an end is how a payout stands; what has none has not ended.
jq -rn '[inputs | select(.kind == "payment" or .kind == "payout")] | reduce .[] as $e ({}; if $e.kind == "payout" then .["\($e.seq)"] = "open"
    else .["\($e.payout)"] = $e.outcome end) | to_entries[] | "\(.key)|\(.value)"' "$entries" >"$tmp/said"
sql "SELECT seq, CASE WHEN state IN ('planned', 'approved', 'sending', 'accepted', 'unknown') THEN 'open' ELSE state END FROM payout" >"$tmp/has"
alike "payouts of their state"

# The text of each policy, and the readings, by their hashes.
mkdir "$tmp/files"
files_named() { # lines "ENTRY|HASH|HEX OF THE BYTES": prints those whose bytes have another SHA-256
    rm -rf "$tmp/files" && mkdir "$tmp/files"
    sort -u >"$tmp/rows"
    if [ -f "$good" ]; then comm -23 "$tmp/rows" "$good" >"$tmp/new"; else cp "$tmp/rows" "$tmp/new"; fi
    awk -F'|' -v dir="$tmp/files" 'BEGIN { for (i = 0; i < 256; i++) value[sprintf("%02X", i)] = i }
        { file = dir "/" $1 "_" NR "_" $2; printf "" >file
          for (i = 1; i < length($3); i += 2) printf "%c", value[substr($3, i, 2)] >file
          close(file) }' "$tmp/new"
    (cd "$tmp/files" && find . -type f -printf '%f\0' | xargs -0r sha256sum) |
        awk '{ split($2, part, "_"); if ($1 != part[3]) print part[1] "|" part[3] }' >"$tmp/said"
    : >"$tmp/has"
    [ -s "$tmp/said" ] || cat "$tmp/new" >>"$tmp/good"
}
sql "SELECT seq, $hex hash)), hex(yaml) FROM policy_text" | files_named
alike "texts of policies"

# A reading's name: its key, values and coverage; numbers of 8 bytes, the lowest first; a coverage that is not
# stored is whole (10000, two bytes) everywhere.
number() { echo "(SELECT group_concat(substr(printf('%016X', $1), 17 - 2 * n, 2), '') FROM (VALUES (1),(2),(3),(4),(5),(6),(7),(8)) AS v(n))" | sed 's/VALUES (1),(2),(3),(4),(5),(6),(7),(8)) AS v(n)/SELECT value AS n FROM json_each("[1,2,3,4,5,6,7,8]"))/; s/"\[/'"'"'[/; s/\]"/]'"'"'/'; }
sql "SELECT coalesce((SELECT w.entry FROM raw w WHERE w.hash = r.raw AND w.source = r.source), 1), $hex hash)),
    hex(source) || '00' || hex(variable) || '00' || hex(boundary_set) || '00' || $(number valid_from) || $(number valid_to) || $(number issued_at)
    || $(number member) || $(number revision) || hex(raw) || hex(weights) || $(number 'length(value) / 4') || hex(value)
    || CASE length(cover) WHEN 0 THEN replace(hex(zeroblob(length(value) / 4)), '00', '1027') ELSE hex(cover) END FROM reading r" | files_named
alike readings

# What was stored of each file: so many rows from one number to another, by name and when they came.
lines_of() { sqlite3 -readonly -separator $'\t' "$db" "SELECT $hex hash)), received_at FROM $1 WHERE id BETWEEN $2 AND $3 ORDER BY id" | sha256sum | cut -c1-64; }
: >"$tmp/said"
: >"$tmp/has"
for table in reading track; do
    before=0 newest=0
    while read -r seq first last count sum; do
        { [ "$before" -gt 0 ] || [ "$first" -eq 1 ]; } && [ "$(sql "SELECT count(*) FROM $table WHERE id > $([ "$before" -gt 0 ] && echo "$before" || echo $never) AND id < $first")" -gt 0 ] &&
            echo "$seq|rows before $first of which no entry tells" >>"$tmp/said"
        [ "$(sql "SELECT count(*) FROM $table WHERE id BETWEEN $first AND $last") $(lines_of $table "$first" "$last")" = "$count $sum" ] ||
            echo "$seq|$table from $first to $last" >>"$tmp/said"
        before=$last newest=$seq
    done < <(said "select(.stored.${table}s) | \"\(.seq) \(.stored.${table}s | \"\(.first) \(.last) \(.count) \(.lines)\")\"")
    [ "$before" -eq 0 ] || [ "$(sql "SELECT count(*) FROM $table WHERE id > $before")" -eq 0 ] || echo "$newest|$table after $before, of which no entry tells" >>"$tmp/said"
done
alike "rows stored of files"
jq -rn '[inputs | select(.stored.stations)] | group_by(.source)[] | max_by(.seq) | "\(.seq) \(.stored.stations) \(.source)"' "$entries" | while read -r seq sum source; do
    [ "$(sqlite3 -readonly -separator $'\t' "$db" "SELECT place, code, name, latitude, longitude, flags FROM station WHERE source = '$source' ORDER BY place" |
        sha256sum | cut -c1-64)" = "$sum" ] || echo "$seq|$source"
done >"$tmp/said"
: >"$tmp/has"
alike stations

# What was read, and refused: the newest word of a file that was never read is that it was not.
jq -rn 'reduce (inputs | select(.kind == "ingest" or .kind == "refused")) as $e ({}; .["\($e.source)|\($e.raw)"] as $was
    | if $e.kind == "refused" and $was and ($was | .[1]) == "read" then .
      else .["\($e.source)|\($e.raw)"] = [$e.seq, (if $e.kind == "ingest" then "read" else "refused" end), $e.url, ($e.why // "")]
        | if $e.raw_north then .["\($e.source)|\($e.raw_north)"] = [$e.seq, (if $e.kind == "ingest" then "read" else "refused" end), null, ($e.why // "")] else . end end)
    | to_entries[] | "\(.value[0])|\(.key)|\(.value[1])|\(.value[3])|\(.value[2] // "-")"' "$entries" >"$tmp/said"
norths=$(said 'select(.raw_north) | .raw_north' | sed "s/.*/'&'/" | paste -sd,)
sql "SELECT entry, source, $hex hash)), CASE state WHEN 1 THEN 'read' WHEN 2 THEN 'refused' WHEN 0 THEN CASE why WHEN '' THEN 'read' ELSE 'refused' END
    WHEN 3 THEN CASE why WHEN '' THEN 'read' ELSE 'refused' END ELSE state END, why, CASE WHEN $hex hash)) IN (${norths:-NULL}) THEN '-' ELSE url END FROM raw WHERE entry <> 0 OR state <> 0" >"$tmp/has"
sql "SELECT 1, source, $hex hash)) FROM raw w WHERE state = 3 AND NOT EXISTS (SELECT 1 FROM entry e, json_each(e.text, '\$.raw') j WHERE e.kind = 'released' AND j.value = $hex w.hash)))" >>"$tmp/has"
alike "raw files"

# Where each alert stands, that has been told by a note: the newest note or clearing of it, and when it was told.
jq -rn 'def t: if . == null then "" else fromdate | tostring end;
    reduce (inputs | select(.alert or .kind == "alert_clear")) as $e ({}; "\($e.policy)|\($e.commune)" as $key
    | (.[$key] // {told: "'$never'", told_level: 0, first: true, since: null}) as $was
    | ($e.as_of // $e.at) as $at
    | if $e.kind == "alert_clear" then .[$key] = {seq: $e.seq, on: 0, level: 0, since: ($at | t), told: $was.told, told_level: $was.told_level, reached: [], older: ($was.first or $was.older)}
      else $e.alert as $a | .[$key] = {seq: $e.seq, on: (if $a.level > 0 then 1 else 0 end), level: $a.level,
        since: (if $a.level > 0 then ($a.since | t) elif $a.turn == "off" then ($at | t) else ($was.since // "'$never'") end),
        told: (if $a.told then ($a.told | t) else $was.told end), told_level: ($a.told_level // $was.told_level), reached: [($a.reached // [])[] | t],
        older: ($a.level == 0 and $a.turn != "off" and ($was.older // false))} end)
    | to_entries[] | select(.value.older | not) | .value as $v
    | "\($v.seq)|\(.key)|\($v.on)|\($v.level)|\($v.since)|\($v.told)|\($v.told_level)|\([range(5)] | map($v.reached[.] // "") | join("|"))"' "$entries" >"$tmp/said"
sql "SELECT policy, commune, is_on, level, since, told, told_level, since_1, since_2, since_3, since_4, since_5 FROM alert_state" |
    awk -F'|' -v OFS='|' -v said="$tmp/said" 'BEGIN { while ((getline line <said) > 0) { split(line, part, "|"); seq[part[2] "|" part[3]] = part[1] } }
        { key = $1 "|" $2; if (key in seq) print seq[key], $0; else if ($3 != 0 || $4 != 0) print 1, $0 }' >"$tmp/has"
alike alerts

[ -z "$good" ] || [ -n "$bad" ] || [ -f "$good" ] || sort "$tmp/good" >"$good"
the_end tables
