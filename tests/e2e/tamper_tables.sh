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
gong ledger seal --quiet
run gong ledger verify
check "the ledger verifies" same $code 0
check "it has payouts, messages and acts" test \
    "$(sqlite3 "$site/ledger.db" "SELECT (SELECT count(*) FROM payout) > 100 AND (SELECT count(*) FROM outbox) > 100 AND (SELECT count(*) FROM dispute) = 1")" = 1
cat >"$work/not-held" <<'END'
alert_state.* since when an alert is on; what was decided is in the decisions
checkpoint.- an older one: the newest is held to its file, each that is there to the entries
intent.at when it was leased, within its day
intent.- with its payment still to come a payout without one is found
left_out.* what the last pass left out, written anew by the next
origin.* from where a file was fetched; what it held is in its hash
outbox.* a message's way, and to whom; what is paid is in its body and key, which are held
post.* who is at work
quality.* doubts about readings
raw.fetched_at when it came
raw.bytes how long it is: its hash says
raw.why why it was refused; the entry has it
raw.- nothing that was decided: readings name the file
reader.* how far somebody has read
reading.received_at when it came
reading.- one that nothing was decided by
source_state.* how a source fares
END
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
held() { awk -v table="$1" 'index($1, table ".") == 1 && $2 < $3' "$work/cells"; }
for table in batch decision entry payout policy_text subtree act hold dispute; do
    check "every cell and row of the table $table that was tried is held" same "$(grep -c "^$table\\." "$work/cells" | sed 's/^[1-9].*/some/') $(held $table)" "some "
done
check "of payments to come the key is held" same "$(sqlite3 "$site/ledger.db" "UPDATE outbox SET key = key || 'x' WHERE id = (SELECT min(id) FROM outbox WHERE channel = 'pay')"
    gong ledger verify 2>&1 | grep -c "under another key than its payout's")" 1
finish
