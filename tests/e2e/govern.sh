#!/usr/bin/env bash
# A live site run by people: policies proposed with their effect on the past (or why there is none) and
# signed, a budget and what goes by itself, what looks wrong held, a confirmation that payouts wait for,
# the stop switch under a running dispatcher, a dispute. (Corrections of data: language.sh.) No driver
# for money is set: what would leave is seen at the lease.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
drought=dak-nong-coffee-drought rain=bac-kan-excess-rain
why=(--why "because of the test")
sql() { sqlite3 "$site/ledger.db" "$@"; }
set_to() { sed -i "s|^$1: .*|$1: $2|" "$site/gong.yaml"; }

"$bin/gong" init "$site" --mode live --quiet
"$bin/gong" season write "$site/season" >"$out" 2>&1
gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone --quiet
mkdir "$work/new"
sed 's/^settlement:.*/settlement: true_up\nowner: drill office\nanswer_disputes_within: 15 days/; /paid_before/d' policies/$drought.yaml >"$work/new/$drought.yaml"
sed 's/^settlement:.*/&\nconfirmation: official/' policies/$rain.yaml >"$work/new/$rain.yaml"
cp "$work/new"/*.yaml "$site/policies/"
people officer-1 officer-2 approver-1 approver-2 insurer-1

# --- policies
for source in demo-daily demo-observed; do gong ingest run --source $source --quiet; done
run faketime "2023-12-01 03:00:00" "$bin/gong" policy propose "$work/new/$drought.yaml" "${why[@]}" $(as operator-1) --site "$site"
check "an operator proposes nothing" same $code 6
run gong contract import "$site/season/contracts.csv" $(as officer-1)
refused=$(sed -nE 's/^.*: ([0-9]+) rows alike .*: no version of policy .* is in force: .* nobody signed it.*$/\1/p' "$out" | awk '{n += $1} END {print n}')
check "no contract is taken for a policy that nobody signed" same "$code $refused $(tail -1 "$out" | grep -c ': 0 new')" "3 $(($(wc -l <"$site/season/contracts.csv") - 1)) 1"
run faketime "2023-12-01 03:00:00" "$bin/gong" policy propose "$work/new/$drought.yaml" "${why[@]}" $(as officer-1) --site "$site"
check "nor anybody an insurance that is not tried on the past, without a word why" same "$code $(grep -c 'people sign what it would have done; add --series FILE or --past' "$out")" "3 1"
check "two policies come into force" in_force 2023-12-01 "$work/new"/*.yaml
sed 's/^boundary_set: .*/boundary_set: elsewhere/' "$work/new/$drought.yaml" >"$site/policies/$drought.yaml"
run gong contract import "$site/season/contracts.csv" $(as officer-1) --quiet
check "then they are, by what was signed and not by what lies in the folder" same "$code" 0
cp "$work/new/$drought.yaml" "$site/policies/"
run gong policy show $drought --json
check "with why they were not tried on the past" same "$(jq -r .effect.no_past "$out")" "the site is new, it has no readings yet"
check "with four names under the insurance" same "$(jq -c '[.signatures.signed[].person]' "$out")" '["officer-1","officer-2","approver-1","insurer-1"]'
run gong policy explain "$work/new/$drought.yaml" --lang en
check "explain says who signed, and the owner" has "Signed: insurer-1 (insurer)"
check "and since when" has "In force from 2024-01-01"
check "whose it is" has "owner: drill office"
run gong policy annex "$work/new/$drought.yaml" --lang en
check "the annex as well" has "Who signed"
sed 's/^version: 1/version: 2/; s/strike: 100 mm/strike: 120 mm/; s/2024-12-31/2025-12-31/' "$work/new/$drought.yaml" >"$work/v2.yaml"
sed -i '/^cases:/,$d' "$work/v2.yaml"
printf 'cases:\n  fire: [{name: dry, step: period, values: [10], sum_insured: 1000000 VND, pays: 1000000 VND}]\n  not_fire: [{name: wet, step: period, values: [400]}]\n' >>"$work/v2.yaml"
faketime "2024-02-01 03:00:00" "$bin/gong" policy propose "$work/v2.yaml" "${why[@]}" --past $(as officer-1) --site "$site" --quiet
for by in officer-2 approver-1; do faketime "2024-02-01 04:00:00" "$bin/gong" policy sign $drought $(as $by) --site "$site" --quiet; done
run faketime "2024-02-01 05:00:00" "$bin/gong" policy sign $drought $(as insurer-1) --site "$site"
check "signed in the season it begins after it" has "in force from 2024-04-16"
check "and says why" has "inside the risk window 2024-01-15 to 2024-04-15"
run gong policy show $drought --lang en
check "the proposal says what changes in words" has "120 mm"
check "and in the other language too, since who signs, signs both" eval 'has "strike 120 mm" && has "bắt đầu từ 120 mm"'
check "and what it would have done beside the one in force" same "$(grep -cE 'Tried on the past|^  (new|in force): ' "$out")" 3
sed 's/reinstatement: none}/reinstatement: automatic, extra_premium: 5 %}/' policies/products/bac-kan-rain-events.yaml >"$work/events.yaml"
run faketime "2024-02-01 03:00:00" "$bin/gong" policy propose "$work/events.yaml" "${why[@]}" --no-past "a new product, it has no readings yet" $(as officer-1) --site "$site"
check "who proposes reads what may not be meant" same "$code $(grep -c "^doubt: the period of limits: may pay the whole sum insured already" "$out")" "0 1"
run gong policy show bac-kan-rain-events --lang en
check "and so does who signs, from the entry" same "$(grep -c "^doubt: the period of limits" "$out") $(gong ledger export --kind proposal | jq -r 'select(.policy == "bac-kan-rain-events").changes.doubts[0]' | cut -c1-28)" "1 doubt: the period of limits:"
run faketime "2024-02-01 05:00:00" "$bin/gong" policy reject bac-kan-rain-events "${why[@]}" $(as officer-2) --site "$site"
check "who then rejects it" [ $code -eq 0 ]

# --- money
for by in insurer-1 approver-1; do
    gong pay rule budget --policy $drought --vnd 600000000 $(as $by) --quiet
    gong pay rule auto --policy $drought --vnd 600000000 $(as $by) --quiet
done

run gong pay rule budget --policy dak-nong-cofee-drought --vnd 5 $(as approver-1)
check "no rule for a policy that nobody proposed" same "$code $(grep -c 'did you mean "dak-nong-coffee-drought"' "$out")" "4 1"
echo letter >"$work/letter"
run gong pay confirm --policy bac-kan-exces-rain --period 2024 --file "$work/letter" $(as officer-1)
check "nor a confirmation" same "$code $(grep -c 'did you mean "bac-kan-excess-rain"' "$out")" "4 1"
gong pay rule two-people --vnd 900000000 $(as insurer-1) --quiet
run gong pay rules
check "who must sign the second time finds what was signed" same "$(grep -c '^two-people .*900000000 đồng, entry .*: signed by insurer-1; another' "$out") $(grep -c ' 600000000 đồng, entry [0-9]*$' "$out")" "1 2"

# --- the same season at a wary site: what looks wrong is held
cp -r "$site" "$work/wary"
wary() { "$bin/gong" "$@" --site "$work/wary"; }
wary_sql() { sqlite3 "$work/wary/ledger.db" "$1"; }
sed -i 's/^hold_share_pct: .*/hold_share_pct: 1/; s/^pay_driver: .*/pay_driver: csv/; s/^pay_batch_s: .*/pay_batch_s: 86400/' "$work/wary/gong.yaml"
run wary trigger run --quiet
run wary hold --list
check "more communes than the bound are held, and it says so" has "8 of 28 communes would be paid: more than 1 %"
check "as an entry" same "$(wary_sql "SELECT text ->> 'why' FROM entry WHERE kind = 'held' AND text ->> 'policy' = '$drought'")" "8 of 28 communes would be paid: more than 1 %"
check "nothing goes by itself then" same "$(wary_sql "SELECT count(*) FROM payout WHERE policy = '$drought' AND state = 'approved'") $(wary_sql "SELECT count(*) FROM entry WHERE kind = 'reserve'")" "0 0"
run wary pay plan
check "what waits is listed without asking for it by name" same "$code $(grep -c '^dak-nong-coffee-drought, 2024: 256 payouts, 533821000 đồng; to look: gong pay plan --policy' "$out")" "0 1"
run wary pay plan --policy $drought --period 2024
check "who looks sees each commune" same "$(grep -cE '^  commune [0-9]+ +[0-9]+ payouts +[0-9]+ đồng, the largest [0-9]+$' "$out") $(awk '$1 == "commune" {n += $3; sum += $5} END {print n, sum}' "$out")" "8 256 533821000"
check "the budget" has "budget of the policy 600000000 đồng, set aside so far 0"
check "what holds them whoever approves" has "(anomaly): 8 of 28 communes would be paid: more than 1 %"
check "and who approved" has "1 people must approve; approved by: nobody yet"
hash=$(wary pay plan --policy $drought --period 2024 --json | jq -r .hash)
run wary pay approve --policy $drought --period 2024 --hash "$hash" $(as approver-1)
check "an approval of what is held does not say that it goes" same "$(grep -c 'they may go once nothing holds them' "$out") $(grep -c 'held by .* (anomaly)' "$out") $(grep -c 'go out now' "$out")" "1 1 0"
wary notify drain --quiet >"$out" 2>&1
check "nor when it is approved, while it is held" same "$(wary_sql "SELECT count(*) FROM intent")" 0
run wary release "$(wary_sql "SELECT seq FROM hold WHERE cause = 'anomaly' AND policy = '$drought'")" "${why[@]}" $(as approver-2)
check "a person looks and releases it" same $code 0
run wary pay approve --policy $drought --period 2024 --hash "$(wary pay plan --policy $drought --period 2024 --json | jq -r .hash)" $(as approver-1)
wary notify drain --quiet >"$out" 2>&1
check "then they go" same "$(wary_sql "SELECT count(*) FROM intent")" 256

# --- who was paid from a cash list is forgotten: the list stays, the notes that it was made of go
# Somebody whose name nobody else has.
line=$(wary pay status --json | jq -r '.[].contract' | grep -Fwf - "$site/season/contracts.csv" | while IFS= read -r line; do
    [ "$(grep -cF ",$(cut -d, -f3 <<<"$line")," "$site/season/contracts.csv")" -eq 1 ] && echo "$line" && break
done)
reference=$(wary pay status --json | jq -r --arg contract "${line%%,*}" '.[] | select(.contract == $contract).reference')
IFS=, read -r _ person name phone account _ <<<"$line"
wary notify drain --quiet >"$out" 2>&1
run wary pay settle --reference "$reference" --as paid --evidence "the list came back signed" $(as approver-1)
check "a payout of a cash list is settled" same "$code" 0
rm -r "$work/wary/season"
printf '%s\n' "$line" >"$work/wary/enrolment of May.csv"
run wary people erase "$person" "${why[@]}" $(as officer-1)
check "and its person forgotten" same "$code" 0
check "that the list stays is said of that list" has "out/cash/$(basename "$(grep -lF "$name" "$work/wary"/out/cash/*.csv | head -1)"): such an accounting record"
check "and of a file that somebody laid into the site" has "enrolment of May.csv: NOT FORGOTTEN THERE"
rm "$work/wary/enrolment of May.csv"
check "nothing else of the site holds phone or account" same "$(grep -rlaF -e "$phone" -e "0${phone#84}" -e "$account" "$work/wary" --exclude-dir=cash)" ""

run gong trigger run --quiet
check "the season is decided by the version of its time" same "$(sql "SELECT group_concat(DISTINCT version) FROM batch WHERE policy = '$drought' AND period = '2024'")" 1
check "within cap and budget payouts go by themselves" same "$(sql "SELECT count(*) FROM payout WHERE policy = '$drought' AND state = 'approved'")" 256
check "what was set aside is an entry" same "$(sql "SELECT text ->> 'auto', text ->> 'total_vnd', text ->> 'count' FROM entry WHERE kind = 'reserve'")" "1|533821000|256"
run gong hold --list
check "the others wait by a hold" has "official confirmation of the event"
echo "letter of the office (drill)" >"$work/letter"
hash=$(gong pay plan --policy $rain --period 2024 --json | jq -r .hash)
gong pay approve --policy $rain --period 2024 --hash "$hash" $(as approver-1) --quiet
set_to pay_driver csv
set_to pay_batch_s 86400
set_to credit 2 # so that many are left when the stop comes

# --- the stop switch, under a running dispatcher
gong hold "${why[@]}" $(as officer-1) --json >"$work/hold"
id=$(jq .hold "$work/hold")
"$bin/gong-notify" dispatch --site "$site" >"$work/dispatch.log" 2>&1 &
started+=($!)
"$bin/gong-notify" work --channel pay --site "$site" >"$work/work.log" 2>&1 &
worker=$!
started+=($worker)
sleep 2
check "nothing is leased while it is held" same "$(sql "SELECT count(*) FROM intent")" 0
check "status says so" grep -q "holds 2" <(gong status)
run gong release "$id" "${why[@]}" $(as approver-1)
check "another person lets it go" same $code 0
intents() { sql "SELECT count(*) FROM intent i JOIN payout p ON p.seq = i.payout WHERE p.policy = '$1'"; }
# reach POLICY COUNT: waits until so many of its payouts are on their way.
is_reached() { [ "$(intents "$1")" -ge "$2" ]; }
reach() { soon is_reached "$@"; }
reach $drought 1
kill -STOP $worker # what a slow machine takes for the hold is not to be enough for all of them
id=$(gong hold --policy $drought "${why[@]}" $(as officer-1) --json | jq .hold)
kill -CONT $worker
stopped=$(intents $drought)
sleep 1
check "a hold stops a dispatcher that is at work" test "$stopped" -lt 256 -a "$(intents $drought)" -le $((stopped + 1))
gong release "$id" "${why[@]}" $(as approver-1) --quiet
reach $drought 256
check "and it goes on when it is released" same "$(intents $drought)" 256
check "but not with what waits for its confirmation" same "$(intents $rain)" 0
run gong pay confirm --policy $rain --period 2024 --file "$work/letter" $(as officer-1)
check "an officer attaches it" same $code 0
check "the file is in the archive" cmp -s "$work/letter" "$site/archive/$(sha256sum <"$work/letter" | cut -c1-2)/$(sha256sum <"$work/letter" | cut -c1-64)"
reach $rain 1
check "then they go" test "$(intents $rain)" -gt 0

# --- a dispute
contract=$(sql "SELECT contract FROM payout WHERE policy = '$drought' LIMIT 1")
decision=$(sql "SELECT decision FROM payout WHERE contract = '$contract'")
run gong dispute open "$contract" "${why[@]}" $(as officer-1) --json
dispute=$(jq .dispute "$out")
check "the deadline is the policy's" test "$(($(date -d "$(jq -r .due "$out")" +%s) - $(date +%s)))" -gt $((14 * 86400))
run gong dispute close "$dispute" --outcome rejected "${why[@]}" $(as approver-1)
check "it is not closed before it is answered" has "was not answered yet"
gong ledger seal --quiet
gong receipt show "$decision" --json >"$work/receipt.json"
check "the receipt bears who signed the policy" same "$(jq -c '[.entries.signed[].text | fromjson.kind]' "$work/receipt.json")" '["proposal","policy_sign","policy_sign","policy_sign","policy_in_force"]'
run "$bin/gong" receipt verify "$work/receipt.json" --key "$site/keys/log.vkey"
check "and is good with them" same $code 0
sed 's/officer-2/officer-9/' "$work/receipt.json" >"$work/forged.json"
run "$bin/gong" receipt verify "$work/forged.json" --key "$site/keys/log.vkey"
check "another name under the policy is found" test $code -ne 0
run gong dispute open "$contract" "${why[@]}" $(as officer-1)
check "it is opened once while it is open" same "$code $(grep -c "dispute $dispute about decision $decision for contract $contract is open" "$out")" "6 1"
other=$(sql "SELECT o.seq FROM decision o JOIN decision d ON d.batch = o.batch AND d.commune <> o.commune WHERE d.seq = $decision LIMIT 1")
run gong dispute open "$contract" --decision "$other" "${why[@]}" $(as officer-1)
check "not about the decision of another commune" same "$code $(grep -c "decision $other is of $drought, commune .*, and contract $contract of $drought, commune .*gong history $contract" "$out")" "3 1"
run gong dispute open "$contract" --decision 1 "${why[@]}" $(as officer-1)
check "nor about what is none" same "$code $(grep -c "entry 1 is no decision" "$out")" "3 1"
unpaid=$(comm -23 <(gong contract list --json | jq -r ".contracts[] | select(.policy == \"$drought\").contract" | sort) <(sql "SELECT DISTINCT contract FROM payout" | sort) | head -1)
run gong dispute open "$unpaid" "${why[@]}" $(as officer-1)
check "who was not paid is told how to name what is disputed" same "$code $(grep -c "$unpaid has no payout; gong history $unpaid names its decisions" "$out")" "4 1"
run gong history "$unpaid" --lang en
refused=$(grep -m1 ' no, index' "$out" | tr -d '#' | cut -d' ' -f1)
run gong dispute open "$unpaid" --decision "$refused" "${why[@]}" $(as officer-1)
check "and does by that number" same "$code" 0
run gong dispute open X-1 "${why[@]}" $(as officer-1)
check "a contract that is not there is named" same "$code $(grep -c 'no contract X-1' "$out")" "4 1"
answer() { run gong dispute answer "$dispute" --receipt "$1" "${why[@]}" $(as insurer-1); }
answer "$work/letter"
check "no dispute is answered with what is no receipt" same "$code" 3
jq -c '.readings[9].value += 5000' "$work/receipt.json" >"$work/wrong.json"
answer "$work/wrong.json"
check "nor with one that is computed otherwise from the raw files" same "$code $(grep -c 'the raw files give' "$out")" "6 1"
jq -c '.readings[9].value += 1 | .readings[10].value -= 1 | .raw += [.raw[0] | .hash |= sub("^...."; "0000")]' "$work/receipt.json" >"$work/invented.json"
answer "$work/invented.json"
check "nor with one that invents a raw file, so that none is looked at" same "$code $(grep -c 'raw file 0000.* is not in' "$out")" "4 1"
jq -c 'del(.explanation.signatures)' "$work/receipt.json" >"$work/nobody.json"
answer "$work/nobody.json"
check "nor with one that keeps back who signed" same "$code $(grep -c 'not what its entries say' "$out")" "6 1"
jq -c 'del(.explanation.signatures.signed[1])' "$work/receipt.json" >"$work/nobody.json"
answer "$work/nobody.json"
check "not one of them either" same "$code $(grep -c 'not what its entries say' "$out")" "6 1"
jq -c '.drill |= not' "$work/receipt.json" >"$work/drill.json"
answer "$work/drill.json"
check "nor with one that calls a drill none, or the other way" same "$code $(grep -c 'not what its entries say' "$out")" "6 1"
gong receipt show "$(sql "SELECT decision FROM payout WHERE policy = '$rain' LIMIT 1")" --json >"$work/elsewhere.json"
answer "$work/elsewhere.json"
check "nor with that of another decision" same "$code $(grep -c "the receipt is of $rain" "$out")" "6 1"
answer "$work/receipt.json"
check "it is answered with the receipt" same $code 0
check "which is kept in the archive" cmp -s "$work/receipt.json" "$site/archive/$(sha256sum <"$work/receipt.json" | cut -c1-2)/$(sha256sum <"$work/receipt.json" | cut -c1-64)"
run gong dispute close "$dispute" --outcome rejected "${why[@]}" $(as insurer-1)
check "who answered does not close it" same $code 6
run gong dispute close "$dispute" --outcome rejected "${why[@]}" $(as approver-1)
check "another person does" same $code 0
faketime "2024-06-01 03:00:00" "$bin/gong" dispute open "$contract" "${why[@]}" $(as officer-1) --site "$site" --quiet
run gong status
check "what is overdue stands in the status" has "OVERDUE 1"
run gong history "$contract" --lang en
check "the history of a contract has its payout" has "payout $contract, 2024"
check "and who disputed it, answered and closed it" same "$(grep -oE '(disputed|answered|closed) #[0-9]+ .*' "$out" | cut -d' ' -f1,4- | head -3 | paste -sd/)" \
    "disputed officer-1: because of the test/answered insurer-1: because of the test/closed rejected, approver-1: because of the test"
check "and that another waits" has "not answered; due 2024-06-16"
run gong history $drought --json
check "that of a policy its batches, by version" same "$(jq -c '[.decisions[] | [.period, .version]]' "$out")" '[["2024",1],["2025",2]]'

# --- all of it is in the bundle of one settlement
gong ledger seal --quiet
kinds() { # CONTRACT: which kinds of entries its bundle has, and of how many communes the decisions are
    gong bundle "$1" --out "$work/b.tar" --quiet
    tar xOf "$work/b.tar" --wildcards '*/history.jsonl' >"$work/history"
    echo "$(jq -r .kind "$work/history" | sort -u | paste -sd,) $(jq -r 'select(.kind == "decision").commune' "$work/history" | sort -u | wc -l)"
}
check "the bundle has what was set aside, stopped, let go and disputed" same "$(kinds "$contract")" \
    "basis,decision,dispute,dispute_answer,dispute_close,hold,payout,release,reserve 1"
check "with both disputes, and no stop of another policy" same "$(jq -r 'select(.kind == "dispute" or .kind == "hold") | .policy // .contract' "$work/history" | sort | uniq -c | tr -s ' ' | paste -sd,)" " 1 , 2 $contract, 1 $drought"
other=$(sql "SELECT contract FROM payout WHERE policy = '$rain' LIMIT 1")
check "and that of the other the confirmation and who approved" same "$(kinds "$other")" \
    "approval,basis,confirmation,decision,held,hold,payout,release,reserve 1"
check "by name, with the hash of the letter" same "$(jq -r 'select(.kind == "approval").by, select(.kind == "confirmation").file' "$work/history" | paste -sd,)" "approver-1,$(sha256sum <"$work/letter" | cut -d' ' -f1)"
run "$bin/gong" replay --bundle "$work/b.tar" --key "$site/keys/log.vkey"
check "it is decided again" has "replay: identical"
run gong ledger verify
check "the ledger verifies" same $code 0

# --- edited by hand, when nobody is at work
kill "${started[@]}"
wait "${started[@]}" 2>/dev/null
gong ledger seal --quiet
cells_held 3
check "approvals and payouts are among them" same "$(awk '$3 > 0 && $1 ~ /^(approval\.(payout|by|seq|-)|payout\.amount)$/' "$work/cells" | wc -l)" 5

# Others find the same with jq and openssl, by the entries.
gong ledger export | jq -cS . >"$work/entries"
sqlite3 "$site/ledger.db" "VACUUM INTO '$work/copy.db'"
acts_by_others() { run bash tests/tools/verify_acts.sh "$1" "${2:-$work/entries}" "$work/good"; }
acts_by_others "$work/copy.db"
check "others find each act signed, and the tables as the entries tell" same "$code $(grep -c '^acts: ok' "$out")" "0 1"
others_tried=0 others_missed=
edited() { # WHAT SQL
    cp "$work/copy.db" "$work/edited.db"
    [ "$(sqlite3 "$work/edited.db" "PRAGMA foreign_keys = OFF; $2; SELECT total_changes()" 2>/dev/null)" -gt 0 ] 2>/dev/null || return 0
    others_tried=$((others_tried + 1))
    acts_by_others "$work/edited.db"
    [ "$code $(grep -c '^WRONG: entry [0-9]' "$out")" = "5 1" ] || others_missed+=" $1"
}
for table in role act proposal hold pay_rule confirmation dispute policy_place; do
    key=rowid
    case $table in role) key=person ;; pay_rule) key=what ;; confirmation) key=seq ;; policy_place) key="policy || province" ;; esac
    at="($key) = (SELECT $key FROM $table ORDER BY 1 LIMIT 1 OFFSET (SELECT count(*) / 2 FROM $table))"
    for column in $(sql "SELECT name FROM pragma_table_info('$table')"); do
        edited "$table.$column" "UPDATE $table SET $column = CASE typeof($column) WHEN 'integer' THEN $column + 1000003 WHEN 'text' THEN $column || 'x'
            ELSE CAST(substr($column, 1, length($column) - 1) || CASE substr($column, length($column)) WHEN x'01' THEN x'00' ELSE x'01' END AS BLOB) END WHERE $at"
    done
    edited "$table.-" "DELETE FROM $table WHERE $at"
done
check "others find each of $others_tried tampers in what people did" same "$([ $others_tried -ge 45 ] && echo many):$others_missed" "many:"
while IFS='|' read -r what change; do
    jq -cS "$change" "$work/entries" >"$work/forged"
    acts_by_others "$work/copy.db" "$work/forged"
    check "others find $what" same "$code $(grep -c '^WRONG: entry [0-9]' "$out")" "5 1"
done <<'END'
another sum under an approval|if .kind == "approval" then .total_vnd += 1 else . end
a signature for another moment|if .act == "policy-sign" then .after -= 1 else . end
an act without its signature|if .kind == "release" then del(.act) else . end
END
finish
