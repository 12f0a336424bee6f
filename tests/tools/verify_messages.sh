#!/usr/bin/env bash
# Checks the messages of a site's ledger.db with tools that share no code with gong: sqlite3, jq, sha256sum.
# verify_messages.sh LEDGER.DB ENTRIES: ENTRIES are the published entries, one JSON a line, that verify_log.sh
# found to be those of the signed checkpoint. Each entry of kind "messages" names a span of ids, their number
# and the hash over whom each is to, what it says and when it is stale. Exit 0 when the outbox has these
# messages and no others (but from before the first such entry), else 5.
set -euo pipefail
db=$1 entries=$2 before=0 told=0
wrong() { echo "WRONG: $*"; exit 5; }
count() { sqlite3 -readonly "$db" "SELECT count(*) FROM outbox WHERE id BETWEEN $1 AND $2"; }
while read -r seq first last number sum; do
    if [ "$before" -gt 0 ] || [ "$first" -eq 1 ]; then
        [ "$(count $((before > 0 ? before + 1 : -1000000000)) $((first - 1)))" -eq 0 ] || wrong "messages before $first of which no entry tells"
    fi
    [ "$(count "$first" "$last")" -eq "$number" ] || wrong "entry $seq tells of $number messages from $first to $last"
    [ "$(sqlite3 -readonly -separator $'\t' "$db" "SELECT channel, key, person, contract, thread, expires, cause, body
        FROM outbox WHERE id BETWEEN $first AND $last ORDER BY id" | sha256sum | cut -c1-64)" = "$sum" ] ||
        wrong "the messages from $first to $last are not those of entry $seq"
    before=$last told=$((told + number))
done < <(jq -r 'select(.kind == "messages") | "\(.seq) \(.first) \(.last) \(.count) \(.messages)"' "$entries")
[ "$before" -eq 0 ] || [ "$(count $((before + 1)) 9223372036854775807)" -eq 0 ] || wrong "messages after $before of which no entry tells"
echo "messages: ok ($told)"
