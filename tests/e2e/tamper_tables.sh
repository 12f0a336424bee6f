#!/usr/bin/env bash
# Tampers beside the entries: of every table of the ledger of a demo season cells are changed and rows
# taken out, column by column. `gong ledger verify` finds each, or the column is listed here, with what
# it is: no decision, payout or proof stands on it (ledger/FAULTS.md names these tables as not covered).
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
run "$bin/gong" init "$site"
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
cp policies/*.yaml "$site/policies/"
demo_season
gong ingest run --quiet >/dev/null 2>&1
gong trigger run --quiet >/dev/null 2>&1
gong notify drain --quiet >/dev/null 2>&1
gong hold --policy other --why "a drill of tampers" --quiet
gong dispute open "$(sqlite3 "$site/ledger.db" "SELECT contract FROM payout LIMIT 1")" --days 10 --why "a drill of tampers" --quiet
gong ledger seal --publish "$work/published" --quiet
run gong ledger verify
check "the ledger verifies" same $code 0
check "it has payouts, messages and acts" test \
    "$(sqlite3 "$site/ledger.db" "SELECT (SELECT count(*) FROM payout) > 100 AND (SELECT count(*) FROM outbox) > 100 AND (SELECT count(*) FROM dispute) = 1")" = 1
cat >"$work/not-held" <<'END'
checkpoint.- an older one: the newest is held to its file, each that is there to the entries
intent.at when it was leased, within its day
intent.- with its payment still to come a payout without one is found
left_out.* what the last pass left out, written anew by the next
origin.* from where a file was fetched; what it held is in its hash
outbox.lane how urgent it is: a rule may put it off
outbox.state how far it came; that of a payment is held to its payout
outbox.ask how far it came
outbox.attempt how far it came
outbox.tries how far it came
outbox.doubts how far it came
outbox.evidence what carriers said of it
outbox.due_ms when it is tried again
outbox.lease_until_ms who has it in hand
outbox.worker who has it in hand
outbox.result what carriers said of it
post.* who is at work
raw.fetched_at when its bytes came; when they were read is in the entry
raw.position in which order files came
raw.bytes how long it is: its hash says
reader.* how far somebody has read
reading.id in which order they came
reading.- one that nothing was decided by
source_state.* how a source fares
END
# Tables that this site has no row of: those of people and their acts are changed by roles.sh and scopes.sh.
cat >"$work/empty" <<'END'
address alarm approval bulletin confirmation lapse part pay_rule policy_place post
proposal raw_base reader reserve role role_scope silence station track left_out
END
columns() { sqlite3 "$site/ledger.db" "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'" | sort; }
"$bin/tests/tools/edit_cells" "$site" 3 >"$work/cells"
check "everything was put back as it was" same $? 0
grep '\.' "$work/cells" | awk '{found += $2; made += $3} END {print "# tampers in tables: " made " made, " found " found"}'
awk '$2 < $3 {print $1}' "$work/cells" | sort >"$work/missed"
missed_unlisted() {
    while read -r column; do
        grep -qE "^(${column//./\\.}|${column%%.*}\\.\\*) " "$work/not-held" || echo "$column"
    done <"$work/missed"
}
check "no column but those listed can be changed unseen" same "$(missed_unlisted)" ""
tried() { awk '$3 > 0 {print $1}' "$work/cells" | grep -v '\.-$' | sort; }
untried() { columns | comm -23 - <(tried) | cut -d. -f1 | uniq | grep -vxF -f <(tr -s ' \n' '\n' <"$work/empty") | paste -sd' '; }
check "each column of each table was changed, but of those named here as empty" same "$(untried)" ""
held() { awk -v table="$1" 'index($1, table ".") == 1 && $2 < $3' "$work/cells"; }
for table in batch decision entry payout policy_text subtree act hold dispute alert_state quality; do
    check "every cell and row of the table $table that was tried is held" same "$(grep -c "^$table\\." "$work/cells" | sed 's/^[1-9].*/some/') $(held $table)" "some "
done

# Others, with sqlite3, jq and sha256sum, by the entries as they are published.
run bash tests/tools/verify_log.sh "$work/published" "$site/keys/log.vkey"
check "the published entries are those of the checkpoint" has "log: ok"
find "$work/published/entries" -type f | sort | xargs cat >"$work/entries"
sqlite3 "$site/ledger.db" "VACUUM INTO '$work/copy.db'"
by_others() { run bash tests/tools/verify_messages.sh "$1" "$work/entries"; }
by_others "$work/copy.db"
check "others find every message as the entries tell" same "$code $(grep -c '^messages: ok ([1-9]' "$out")" "0 1"
while IFS='|' read -r what sql; do
    cp "$work/copy.db" "$work/edited.db"
    sqlite3 "$work/edited.db" "$sql"
    by_others "$work/edited.db"
    check "others find $what" same "$code $(grep -c '^WRONG: ' "$out")" "5 1"
done <<'END'
another person|UPDATE outbox SET person = person || 'x' WHERE id = 7
another text|UPDATE outbox SET body = replace(body, 'a', 'b') WHERE id = 3
another key|UPDATE outbox SET key = key || 'x' WHERE id = (SELECT max(id) FROM outbox)
a message taken out|DELETE FROM outbox WHERE id = 9
a message put in|INSERT INTO outbox SELECT max(id) + 1, channel, 'k', person, contract, thread, lane, expires, cause, body, state, ask, attempt, tries, doubts, evidence, due_ms, lease_until_ms, worker, result FROM outbox
END
check "of payments to come the key is held" same "$(sqlite3 "$site/ledger.db" "UPDATE outbox SET key = key || 'x' WHERE id = (SELECT min(id) FROM outbox WHERE channel = 'pay')"
    gong ledger verify 2>&1 | grep -c "under another key than its payout's")" 1
finish
