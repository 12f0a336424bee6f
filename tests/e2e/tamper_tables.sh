#!/usr/bin/env bash
# Tampers beside the entries: of every table of the ledgers of two sites cells are changed, rows taken out,
# put in and exchanged, column by column. `gong ledger verify` finds each, or says itself that it does not hold
# the column: no decision, payout or proof stands on it (ledger/FAULTS.md). govern.sh and pay.sh do the
# same with approvals, what was set aside, and what banks answered.
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
cells_held 3
run gong ledger verify
check "it is said of how much that is not so" grep -qE "^held to the entries: ledger.db, but for [0-9]+ tables and [0-9]+ columns" "$out"

# A table that was made anew, without its key and without the kinds of its columns.
anew="CREATE TABLE made_anew (seq, batch, commune, answer, index_milli); INSERT INTO made_anew SELECT * FROM decision;
    DROP TABLE decision; ALTER TABLE made_anew RENAME TO decision"
cp -r "$site" "$work/anew"
anew_missed=
while IFS='|' read -r what sql; do
    rm -f "$work"/anew/ledger.db*
    sqlite3 "$site/ledger.db" "VACUUM INTO '$work/anew/ledger.db'"
    sqlite3 "$work/anew/ledger.db" "PRAGMA foreign_keys = OFF; $anew; $sql"
    run "$bin/gong" ledger verify --site "$work/anew"
    wanted="5 1"
    [ "$what" = nothing ] && wanted="0 0"
    [ "$code $(grep -c 'table of decisions' "$out")" = "$wanted" ] || anew_missed+=" $what"
done <<'END'
nothing|SELECT 1
second-row|INSERT INTO decision SELECT seq, batch, commune, 1 - answer, index_milli FROM decision WHERE seq = (SELECT max(seq) FROM decision)
no-number|INSERT INTO decision SELECT NULL, batch, 'x', 1, index_milli FROM decision LIMIT 1
half-number|INSERT INTO decision SELECT max(seq) + 0.5, batch, 'x', 1, index_milli FROM decision
half-answer|UPDATE decision SET answer = answer + 0.5 WHERE seq = (SELECT min(seq) FROM decision)
half-index|UPDATE decision SET index_milli = index_milli + 0.5 WHERE seq = (SELECT min(seq) FROM decision)
text-index|UPDATE decision SET index_milli = index_milli || 'x' WHERE seq = (SELECT min(seq) FROM decision)
bytes-commune|UPDATE decision SET commune = CAST(commune AS BLOB) WHERE seq = (SELECT min(seq) FROM decision)
END
check "decisions in a table made anew without its key are held as before" same "$anew_missed" ""
rm -r "$work/anew"


# Another site, which has a row of every other table that is held: people with roles and scopes, a proposal, rules
# of money, a letter, gauges, a silent source, a storm, a warning, a table that goes on from another.
site=$work/rest
drought=dak-nong-coffee-drought
why=(--why "a drill of tampers")
"$bin/gong" init "$site" --quiet
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
cp policies/$drought.yaml "$site/policies/"
demo_season 2>/dev/null # whose policy is not there is refused
gong boundary import "$site/season/boundary.geojson" --set vn2025 --code code --name full_name --zone zone --quiet
all_sources_and "YYYY-MM-DD hh:mm" "1 h" end
mkdir -p "$site"/{gauges,storms,warnings,reports/rice-yield}
printf 'id,at,mm\nA,2024-09-01 00:00,1.5\nB,2024-09-01 00:00,2\n' >"$site/gauges/a.csv"
printf 'station,name,lat,lon\nA,Trạm A (diễn tập),22.1,105.8\n' >"$work/list.csv"
printf 'WP, 12, 2024090400, 03, OFCL, %3d, %sN, 1100E, 60, 980, TS\n' 0 190 24 200 >"$site/storms/storm.atcf"
cp tests/golden/cap-alert.xml "$site/warnings/1.xml"
mapfile -t north < <(awk -F, '$3 == "former-bac-kan" {print $1}' data/pilots/communes.csv)
yields() { printf '%s\n' "commune,season,figure,value,unit" "$2,2023,rice yield,5.0,t/ha" >"$site/reports/rice-yield/$1.csv"; }
ingest() { gong ingest run --now 2024-09-02T00:00:00Z --source "$1" --quiet >/dev/null 2>&1; }
yields 1 "${north[0]}"
for source in gauges storms warnings rice-yield-statistics; do ingest $source; done
yields 2 "${north[1]}"
ingest rice-yield-statistics
gong ingest stations --source gauges --code station --name name --latitude lat --longitude lon "$work/list.csv" --quiet
gong ingest run --source demo-daily --quiet >/dev/null 2>&1
cp "$site/ledger.db" "$work/before.db"
gong trigger run --quiet >/dev/null 2>&1
people officer-1 approver-1 insurer-1
"$bin/gong" role key officer-bk --out "$work/people" --quiet
gong role add officer-bk --role officer --provinces former-bac-kan --public "$work/people/officer-bk.pub" $(as operator-1) --quiet
sed "s/^version: 1/version: 9/; s/2024-12-31/2040-12-31/; s/^id: .*/id: new-one/; /^  calendar:/,\$d" policies/$drought.yaml >"$work/new-one.yaml"
gong policy propose "$work/new-one.yaml" "${why[@]}" $(as officer-1) --quiet
for by in approver-1 insurer-1; do gong pay rule budget --policy $drought --vnd 600000000 $(as $by) --quiet; done
echo letter >"$work/letter"
gong pay confirm --policy $drought --period 2024 --file "$work/letter" $(as officer-1) --quiet
gong release "$(gong hold --policy other "${why[@]}" $(as officer-1) --json | jq .hold)" "${why[@]}" $(as insurer-1) --quiet
gong notify drain --quiet >/dev/null 2>&1
gong ledger seal --quiet
run gong ledger verify
check "the other ledger verifies" same $code 0
gong ledger export | jq -cS . >"$work/rest-entries"
sqlite3 "$site/ledger.db" "VACUUM INTO '$work/rest.db'"
by_acts() { run bash tests/tools/verify_acts.sh "$1" "$work/rest-entries" "$work/rest-good"; }
by_acts "$work/rest.db"
check "others find what people did, and what was silent and official, as the entries tell" same "$code $(grep -c '^acts: ok' "$out")" "0 1"
acts_missed=
while IFS='|' read -r what sql; do
    cp "$work/rest.db" "$work/edited.db"
    [ "$(sqlite3 "$work/edited.db" "PRAGMA foreign_keys = OFF; $sql; SELECT total_changes()")" -gt 0 ] || acts_missed+=" ($what: no row)"
    by_acts "$work/edited.db"
    [ "$code $(grep -c '^WRONG: entry [0-9]' "$out")" = "5 1" ] || acts_missed+=" $what"
done <<'END'
bulletin.source|UPDATE bulletin SET source = source || 'x'
bulletin.identifier|UPDATE bulletin SET identifier = identifier || 'x'
bulletin.-|DELETE FROM bulletin
silence.state|UPDATE silence SET state = 3
role_scope.-|DELETE FROM role_scope
role_scope.name|UPDATE role_scope SET name = name || 'x'
END
check "and each of these edits" same "$acts_missed" ""
check "the list of gauges has an entry" same "$(gong ledger export --kind stations | jq -c '[.stations, (.stored.stations | length)]')" "[1,64]"
cells_held 3
columns() { sqlite3 "$site/ledger.db" "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'" | sort; }
untried() { columns | comm -23 - <(awk '$3 > 0 {print $1}' "$work/cells" | sort -u) | grep -vF -f <(sed -n 's/\*$//p' "$work/not-held") | cut -d. -f1 | uniq | paste -sd' '; }
check "each column of each table that is held was changed, but of those of payments that wait" same "$(untried)" "approval reader reserve"
check "what is not held has its name in the ledger" same "$(grep -v '\.[-+~*]$' "$work/not-held" | sort | comm -23 - <(columns))" ""

# A table put back as it was before, under entries that went on.
mkdir "$work/old"
cp -r "$site"/{checkpoint,gong.yaml,keys} "$work/old/"
old_tables=0 unseen=
for table in $(sqlite3 "$site/ledger.db" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"); do
    grep -qxF "$table.*" "$work/not-held" && continue
    sqlite3 "$site/ledger.db" "VACUUM INTO '$work/old/ledger.db'"
    changed=$(sqlite3 "$work/old/ledger.db" "ATTACH '$work/before.db' AS b; SELECT count(*) FROM (SELECT * FROM main.$table EXCEPT SELECT * FROM b.$table);
        DELETE FROM main.$table; INSERT INTO main.$table SELECT * FROM b.$table")
    if [ "$changed" -gt 0 ]; then
        old_tables=$((old_tables + 1))
        run "$bin/gong" ledger verify --site "$work/old"
        [ "$code" = 5 ] || grep -qxF "$table.-" "$work/not-held" || unseen+=" $table"
    fi
    rm -f "$work"/old/ledger.db*
done
check "each table of an older copy that was put back is found ($old_tables)" same "$([ $old_tables -ge 15 ] && echo many):$unseen" "many:"
site=$work/site

# Others, with sqlite3, jq and sha256sum, by the entries as they are published.
run bash tests/tools/verify_log.sh "$work/published" "$site/keys/log.vkey" "$work/kept" "$work/entries"
check "the published entries are those of the checkpoint" has "log: ok"
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
# The other tables on which decisions and money stand, by the same entries: each column of each, a row taken out, put
# in, exchanged, the last rows cut; what others do not hold is said here.
tables_by_others() { run bash tests/tools/verify_tables.sh "$1" "$work/entries" "$work/good"; }
tables_by_others "$work/copy.db"
check "others find every decision, payout, reading, file and alert as the entries tell" same "$code $(grep -c '^tables: ok' "$out")" "0 1"
others_tried=0 others_missed= others_named=0 others_wanted=0
by_seq=" batch decision payout policy_text "
edited() { # WHAT WANTED SQL: an edit that is to be found; WANTED is the entry that is to be named, "" for any
    cp "$work/copy.db" "$work/edited.db"
    [ "$(sqlite3 "$work/edited.db" "PRAGMA foreign_keys = OFF; $3; SELECT total_changes()" 2>/dev/null)" -gt 0 ] 2>/dev/null || return 0
    others_tried=$((others_tried + 1))
    tables_by_others "$work/edited.db"
    [ "$code $(grep -c '^WRONG: entry [0-9]' "$out")" = "5 1" ] || others_missed+=" $1"
    [ -z "$2" ] || { others_wanted=$((others_wanted + 1)) && grep -q "^WRONG: entry $2 " "$out" && others_named=$((others_named + 1)); }
}
for table in batch decision payout policy_text raw reading alert_state; do
    key=rowid
    [ $table = alert_state ] && key="policy || commune"
    at="($key) = (SELECT $key FROM $table ORDER BY 1 LIMIT 1 OFFSET (SELECT count(*) / 2 FROM $table))"
    wanted=
    [[ $by_seq == *" $table "* ]] && wanted=$(sqlite3 "$work/copy.db" "SELECT seq FROM $table WHERE $at")
    others=$(sqlite3 "$work/copy.db" "SELECT group_concat(name) FROM pragma_table_info('$table')")
    for column in ${others//,/ }; do
        case $table.$column in raw.position | raw.fetched_at | raw.bytes | alert_state.runs | alert_state.seen) continue ;; esac
        first=$wanted
        [ "$column" = seq ] && first=
        edited "$table.$column" "$first" "UPDATE $table SET $column = CASE typeof($column) WHEN 'integer' THEN $column + 1000003 WHEN 'text' THEN $column || 'x'
            WHEN 'null' THEN 1 ELSE CAST(substr($column, 1, length($column) - 1) || CASE substr($column, length($column)) WHEN x'01' THEN x'00' ELSE x'01' END AS BLOB) END WHERE $at"
    done
    edited "$table.-" "$wanted" "DELETE FROM $table WHERE $at"
    edited "$table.tail" "" "DELETE FROM $table WHERE ($key) IN (SELECT $key FROM $table ORDER BY 1 DESC LIMIT 3)"
done
edited decision.+ "" "INSERT INTO decision SELECT max(seq) + 1000, batch, 'x', answer, index_milli FROM decision"
edited payout.+ "" "INSERT INTO payout SELECT max(seq) + 1000, decision, 'x', period, policy, amount, currency, state FROM payout"
edited reading.+ "" "INSERT INTO reading SELECT max(id) + 1, source, 'x', boundary_set, issued_at, valid_to, valid_from, member, revision, raw, weights, received_at, x'00', value, cover FROM reading"
edited alert_state.+ "" "INSERT INTO alert_state SELECT policy, 'x', 1, 0, since, seen, 3, told, told_level, since, since, since, NULL, NULL FROM alert_state LIMIT 1"
edited decision.~ "" "UPDATE decision SET index_milli = index_milli + (SELECT max(index_milli) - min(index_milli) FROM decision) WHERE seq IN (SELECT seq FROM decision LIMIT 2)"
edited decision.all "" "UPDATE decision SET index_milli = coalesce(index_milli, 0) + 1"
edited payout.~ "" "CREATE TEMP TABLE two AS SELECT seq, amount FROM payout GROUP BY amount LIMIT 2; UPDATE payout SET amount = (SELECT sum(amount) FROM two) - amount WHERE seq IN (SELECT seq FROM two)"
check "others find each of $others_tried tampers in these tables" same "$([ $others_tried -ge 75 ] && echo many):$others_missed" "many:"
check "and name the first entry, where the row has one" same $others_named $others_wanted
check "of payments to come the key is held" same "$(sqlite3 "$site/ledger.db" "UPDATE outbox SET key = key || 'x' WHERE id = (SELECT min(id) FROM outbox WHERE channel = 'pay')"
    gong ledger verify 2>&1 | grep -c "under another key than its payout's")" 1
finish
