#!/usr/bin/env bash
# Contracts and people: what an import takes and refuses; who is forgotten, and that every proof stays.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=

run gong init "$work/site" --quiet
site=$work/site
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
"$bin/gong-season" write "$site/season" --quiet >/dev/null
gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone --quiet
cp policies/*.yaml "$site/policies/"

# --- enrolment ---------------------------------------------------------------------------------------
echo 'old_commune_code,old_commune,old_district,old_province,is_split,new_commune_code
00901,Xã Cũ,Huyện,Tỉnh,0,01840
00902,Xã Chia,Huyện,Tỉnh,1,01840
00902,Xã Chia,Huyện,Tỉnh,1,01843' >"$work/former.csv"
run gong boundary former "$work/former.csv" --set pilots
check "what communes were before is read" [ $code -eq 0 ]

head="contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,starts,ends,consent"
row() { echo "C-$1,P-$1,Ma Thị $1 (diễn tập),090000000$1,DRILL-$1,vi,$2,pilots,$3,1000000,2024-01-01,2024-12-31,$4"; }
{
    echo "$head"
    row 1 01840 bac-kan-excess-rain 2024-01-01
    row 2 00901 bac-kan-excess-rain 2024-01-01
    row 3 00902 bac-kan-excess-rain 2024-01-01
    row 4 01840 bac-kan-excess-rains 2024-01-01
    row 5 01840 bac-kan-heavy-rain 2024-01-01
    row 6 01840 dak-nong-coffee-drought 2024-01-01
    row 7 01840 bac-kan-excess-rain ""
    echo '"C-8,P-8,a quote that nobody closes,1'
    row 9 01843 bac-kan-excess-rain 2024-02-01
} >"$work/contracts.csv"
sed -i 's/^consent: .*/consent: required/' "$site/gong.yaml"
run gong contract import "$work/contracts.csv"
check "an import with bad rows ends with 3" [ $code -eq 3 ]
check "an old commune that is whole is what it is today" \
    has "contracts.csv:3: contract C-2: the old commune 00901 is 01840 today"
check "one that was split is refused with where it went" \
    has "contracts.csv:4: the old commune 00902 Xã Chia was split; write the one of today: 01840, 01843"
check "a policy that is not there" has "contracts.csv:5: the site has no policy bac-kan-excess-rains; did you mean"
check "a policy that pays nobody" has "contracts.csv:6: policy bac-kan-heavy-rain is an alert"
check "a policy that does not cover the commune" \
    has "contracts.csv:7: policy dak-nong-coffee-drought does not cover commune 01840"
check "no consent where the site wants it" has 'contracts.csv:8: "consent" is empty'
check "an open quote costs its own row" has "contracts.csv:9: line 9: "
check "the other rows are taken" has "9 contracts: 3 new, 0 there already, 6 refused"
{
    echo "$head"
    for i in 1 2 3 4 5 6; do row $i 01840 nobody-wrote-this 2024-01-01; done
    row 7 01840 bac-kan-heavy-rain 2024-01-01
} >"$work/alike.csv"
run gong contract import "$work/alike.csv"
check "what is said of many rows is said once, with their number" \
    same "$(grep -c nobody-wrote-this "$out")" 1
check "and the first of their lines" \
    has "alike.csv: 6 rows alike (lines 2, 3, 4, 5, 6 ...): the site has no policy nobody-wrote-this"
check "beside what is said of one" has "alike.csv:8: policy bac-kan-heavy-rain is an alert"
check "--json names each row" same "$("$bin/gong" contract import "$work/alike.csv" --site "$site" --json 2>/dev/null | jq '.refused | length')" 7
sed 's/^contract,/ethnicity,contract,/' "$work/contracts.csv" >"$work/ethnic.csv"
run gong contract import "$work/ethnic.csv"
check "a column for ethnicity refuses the file" has "keeps nobody's ethnicity or religion"
mkdir "$site/messages" && echo 'vi: [' >"$site/messages/vi.yaml"
run gong contract import "$work/alike.csv"
check "messages with a fault stop no enrolment" has "7 contracts: 0 new, 0 there already, 7 refused"
rm -r "$site/messages"
mkfifo "$work/pipe"
run timeout 300 "$bin/gong" contract import "$work/pipe" --site "$site"
check "a pipe is not waited for" [ $code -eq 3 ]
run gong contract import "$work"
check "a folder is no file" [ $code -eq 3 ]

# --- fetching what is no data -------------------------------------------------------------------------
run timeout 300 "$bin/gong" ingest fetch "file://$work/pipe" --source demo-observed --site "$site"
check "nor is a pipe when it is fetched" has "is no file but a pipe or device"
sed -i 's/^fetch_tries: .*/fetch_tries: 1/' "$site/gong.yaml"
: >"$work/empty.nc"
run gong ingest fetch "$work/empty.nc" --source demo-observed
check "an empty file is not taken" [ $code -ne 0 ]
check "and it says so" has "it is empty (0 bytes)"
check "nothing of it is in the archive" \
    same "$(find "$site/archive" -type f -name "$(sha256sum <"$work/empty.nc" | cut -c1-64)" | wc -l)" 0

# --- who is forgotten ---------------------------------------------------------------------------------
sed -i 's/^consent: .*/consent: optional/' "$site/gong.yaml"
# Each with a name that nobody else has.
awk -F, -v OFS=, 'NR > 1 {$3 = $3 " " $2} {print}' "$site/season/contracts.csv" >"$work/people.csv"
check "people have roles" people officer-1 auditor-1
run gong contract import "$work/people.csv"
check "then nobody without a name imports" has "who does this? add --by PERSON"
run gong contract import "$work/people.csv" --by officer-1 --key "$work/people/auditor-1.key"
check "nor with another's key" has "this is not the key of officer-1"
run gong contract import "$work/people.csv" $(as auditor-1)
check "nor an auditor" same "$code $(grep -c 'no auditor may do this (contract-import' "$out")" "6 1"
check "nobody was taken in so far" same "$(gong contract list --json | jq '.contracts | length')" 3
gong contract import "$work/people.csv" $(as officer-1) --quiet
check "an officer does, signed, over that very file" same \
    "$(gong ledger export --kind contract_import | jq -r '"\(.by) \(.file) \(.signature | length)"')" "officer-1 $(sha256sum <"$work/people.csv" | cut -d' ' -f1) 88"
for source in demo-daily demo-forecast demo-observed; do gong ingest run --source $source --quiet >/dev/null 2>&1; done
gong trigger run --quiet >/dev/null
contract=$(gong ledger export --kind payout | jq -rs '.[0].contract')
person=$(gong contract list --json | jq -r --arg c "$contract" '.contracts[] | select(.contract == $c).person')
line=$(grep "^$contract," "$work/people.csv")
name=$(cut -d, -f3 <<<"$line") phone=$(cut -d, -f4 <<<"$line") account=$(cut -d, -f5 <<<"$line")
run gong people erase "$person" --why "asked for it in writing" $(as officer-1)
check "nobody is forgotten while money is owed" [ $code -eq 6 ]
check "and it is said which" has "of contract $contract is planned: nobody is forgotten while money is owed"
gong notify drain --quiet >/dev/null 2>&1
run gong people erase "$person" --why "asked for it in writing" $(as officer-1)
check "nor while a contract is in force" has "or end it now with --end-contracts"
run gong people erase "$person" $(as officer-1)
check "nor without a reason" [ $code -eq 2 ]
run gong people erase "$person" --why "asked for it in writing" --end-contracts $(as auditor-1)
check "nor by an auditor" same "$code $(grep -c 'no auditor may do this (people-erase' "$out")" "6 1"
check "what was refused is no entry" same "$(gong ledger export --kind people_erase | wc -l)" 0
run gong people export "$person" $(as operator-1)
check "an operator sees nobody's data" same "$code $(grep -c 'no operator may do this (people-export' "$out") $(grep -c 84900 "$out")" "6 1 0"
run gong people export "$person" --by officer-1
check "nobody does without a key" same "$code $(grep -c 'officer-1 must sign' "$out") $(grep -c 84900 "$out")" "3 1 0"
gong people export "$person" --by auditor-1 --draft >"$work/act.json"
"$bin/gong" role sign "$work/act.json" --key "$work/people/auditor-1.key"
run gong people export "$person" --by auditor-1 --signature "$work/act.json.sig" --json
check "an auditor does, with a signature made elsewhere" same "$code" 0

# What is said beside an act stays for good: it names nobody.
named() { # TEXT WORDS: refused by every act that has words
    run gong policy propose policies/dak-nong-coffee-drought.yaml --why "$1" --past $(as officer-1)
    check "no proposal says: $2" same "$code $(grep -c "^gong-policy: --why holds $2" "$out")" "2 1"
    run gong dispute open "$contract" --why "$1" --days 9 $(as officer-1)
    check "no dispute" same "$code $(grep -c "^gong-dispute: --why holds $2" "$out")" "2 1"
    run gong people erase "$person" --why "$1" --end-contracts $(as officer-1)
    check "nor who is asked to forget" same "$code $(grep -c "^gong-people: --why holds $2" "$out")" "2 1"
}
named "asked by ${name%% (*} himself" "the name of somebody"
named "call 0${phone:2:3} ${phone:5:3} ${phone:8} for more" "a phone number"
named "pay to $account instead of it" "the account of somebody"
run gong hold --why "call +84 ${phone:2:3} ${phone:5:3} ${phone:8} for more" $(as officer-1)
check "the stop switch takes no number either" same "$code $(grep -c "a phone number" "$out")" "2 1"
check "nothing of it is in the ledger" same "$(gong ledger export | grep -cF -e "himself" -e "for more" -e "instead of it")" 0

# --- what is held is put right, and a person opts out at an office
change() { run gong people change "$person" "$@" --why "shown at the office" $(as officer-1); }
change
check "a change of nothing is none" same "$code $(grep -c 'that would change nothing' "$out")" "3 1"
change --language vi --phone "+84 ${phone#84}"
check "nor one to what it is" same "$code $(grep -c 'that would change nothing' "$out")" "3 1"
change --phone 12345
check "a number is one" same "$code $(grep -c 'no Vietnamese mobile number' "$out")" "3 1"
change --phone 0912345678
check "at a drill of its range" same "$code $(grep -c 'not in the drill range' "$out")" "3 1"
change --opt-out sms
check "what one opts out of is said" same "$code $(grep -c 'write service' "$out")" "3 1"
run gong people change "$person" --language en --why "shown at the office" $(as auditor-1)
check "no auditor changes anything" same "$code" 6
run gong people change P-nobody --language en --why "shown at the office" $(as officer-1)
check "who is not there is not changed" same "$code" 4
# Its account while money is on its way, and at a time when none is.
state() { sqlite3 "$site/ledger.db" "UPDATE payout SET state = '$1' WHERE contract = '$contract'"; }
state approved
change --account "$account-2"
check "no account is changed while money is on its way to it" same "$code $(grep -c "of contract $contract is approved: name and account stay" "$out")" "6 1"
state paid
change --language en --account "$account-2" --opt-out service
check "else they are" same "$code $(cat "$out")" "0 $person: changed account, language, opt_out"
check "signed for by who did it, and the ledger knows what, not to what" same \
    "$(gong ledger export --kind people_change | jq -r '"\(.by) \(.person) \(.changed | join(" "))"') $(gong ledger export --kind people_change | grep -cF "$account")" "officer-1 $person account language opt_out 0"
check "the export shows them" same "$(gong people export "$person" $(as officer-1) --json | jq -r '[.register.language, .register.account, (.opt_outs[] | "\(.class) \(.state)")] | join(",")')" \
    "en,$account-2,warning in,service out,advertising out"
change --language tyx
check "a language that nothing is said in is taken, and that it is vi then is told" same "$code $(grep -c "$person: nothing is said in language \"tyx\" here, it is vi then" "$out")" "0 1"
change --language vi --account "$account" --opt-out none
check "and back" same "$code $(gong people export "$person" $(as officer-1) --json | jq -r '[.register.language, .register.account, (.opt_outs[] | .state)] | join(",")')" "0 vi,$account,in,in,in"
check "the log of access has all three" same "$(gong people access "$person" | grep -c "officer-1 .*people_change ")" 3

# Where its bytes stand: the three files and their logs, what the file drivers wrote.
traces() { cat "$site"/people.db* "$site"/ledger.db* "$site"/out/*.jsonl | grep -acF -e "$1"; }
run gong people export "$person" $(as officer-1) --json
check "an export shows name, phone and account" same \
    "$(jq -r '.register | [.name, .phone, .account] | join("|")' "$out")" "$name|$phone|$account"
check "with contracts, and decisions and payouts about them" same \
    "$(jq -r '[.contracts[] | (.decisions | length > 0) and (.payouts | length > 0)] | any' "$out")" true
check "and the messages, and who saw it" same \
    "$(jq -r '(.messages | length > 0) and ([.seen_by[].verb] | index("deliver_sms") != null)' "$out")" true
check "before, the phone is there" [ "$(traces "$phone")" -gt 0 ]
before=$(gong ledger verify --json | jq -r .ok)
lines=$(cat "$site"/out/*.jsonl | wc -l)
# What others were given before: a proof and a receipt of the person's payout, a bundle of all.
gong ledger seal --quiet
gong ledger export --kind payout | jq -cS --arg c "$contract" 'select(.contract == $c)' | head -1 >"$work/payout.json"
gong ledger prove "$(jq .seq "$work/payout.json")" >"$work/payout.tlog-proof"
gong receipt show "$(jq .decision "$work/payout.json")" --json >"$work/receipt.json"
gong bundle --all --out "$work/all.tar" --quiet
run gong people erase "$person" --why "asked for it in writing" --end-contracts $(as officer-1)
check "then the person is forgotten" [ $code -eq 0 ]
check "and what stays is named" has "accounting records, 10 years"
check "no byte of the name is left" same "$(traces "$name")" 0
check "no byte of the phone" same "$(traces "$phone")" 0
check "no byte of the account" same "$(traces "$account")" 0
check "no line of what was sent is lost" same "$(cat "$site"/out/*.jsonl | wc -l)" "$lines"
check "each is still JSON" same "$(cat "$site"/out/*.jsonl | jq -c . | wc -l)" "$lines"
run gong ledger verify --json
check "every proof stands" same "$before $(jq -r .ok "$out")" "true true"
run gong replay
check "every decision is derived again" has "replay: identical"
elsewhere() { # WHEN: what is held elsewhere, checked without the site
    run "$bin/gong" ledger check "$work/payout.tlog-proof" "$work/payout.json" --key "$site/keys/log.vkey"
    check "the proof of the payout holds, $1" has "proof: ok"
    run "$bin/gong" receipt verify "$work/receipt.json" --key "$site/keys/log.vkey" --raw "$site/archive"
    check "the receipt of its decision holds, $1" has "receipt: ok"
    run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
    check "the bundle of all is decided again, $1" has "replay: identical"
}
elsewhere "made before"
check "no byte of name, phone or account was in them" same \
    "$(cat "$work"/{payout.json,receipt.json,all.tar} | grep -acF -e "$name" -e "$phone" -e "$account")" 0
gong ledger seal --quiet
gong ledger prove "$(jq .seq "$work/payout.json")" >"$work/payout.tlog-proof"
gong receipt show "$(jq .decision "$work/payout.json")" --json >"$work/receipt.json"
gong bundle --all --out "$work/all.tar" --quiet
elsewhere "made after"
run gong people export "$person" $(as officer-1) --json
check "the export of the forgotten has no name" same "$(jq -r '.register, .forgotten[0].who' "$out")" "null
officer-1"
run gong people erase "$person" --why "asked for it in writing" --end-contracts $(as officer-1)
check "again is well" [ $code -eq 0 ]
check "and says so once in the ledger" same "$(gong ledger export --kind erased | wc -l)" 1
{ head -1 "$work/people.csv" && echo "$line" | sed 's/^[^,]*/DN-999999/'; } >"$work/back.csv"
run gong contract import "$work/back.csv" $(as officer-1)
check "an import does not bring a forgotten person back" has "$person was forgotten; who comes back"
run gong people erase P-nobody --why "asked for it in writing" $(as officer-1)
check "who is not there is not forgotten" [ $code -eq 4 ]

# --- who looked -----------------------------------------------------------------------------------------
run gong people access "$person"
check "who looked stands in the log" has "officer-1        people_export        $person"
check "each of them signed for it" same "$(gong ledger export --kind people_export | jq -r '"\(.by) \(.role) \(.person)"' | sort | uniq -c | tr -s ' ')" \
    " 1 auditor-1 auditor $person
 4 officer-1 officer $person"
check "and the log names the same" same "$(grep -c "people_export        $person" "$out") $(grep -c "auditor-1        people_export        $person" "$out")" "5 1"
check "and the log is whole" has "log of access: ok"
# Each file that opens the register, and what its rows are called; "-": it reads no name, phone or account.
cat >"$work/openers" <<'END'
ledger/backup.c backup
ledger/access.c backup,site_move,restore
ledger/daily_seal.c -
ledger/hand.c -
ledger/ledger_main.c -
ledger/log_verbs.c -
ledger/people_main.c people_export,people_erase
ledger/people.c -
ledger/restore.c restore
notify/collect.c deliver_*
notify/file_channel.c deliver_*
notify/notify_main.c deliver_*
notify/pay_gsma.c deliver_*
notify/sms.c deliver_*
notify/trial_send.c send_test
policies/contract_main.c contract_import
triggers/bundle_main.c -
triggers/cleared.c -
triggers/dispute_main.c -
triggers/explain_main.c -
triggers/history_main.c -
triggers/receipt_main.c -
triggers/replay_main.c -
triggers/trigger_main.c -
END
check "no other program opens the register than is listed here" same \
    "$(grep -lE 'people_open\(' */*.c | sort)" "$(cut -d' ' -f1 "$work/openers" | sort)"
check "who is marked so reads no person" same \
    "$(grep -lE 'person_find|contact_of_phone|recipient_find' $(sed -n 's/ -$//p' "$work/openers") | sort)" "ledger/people.c"
rows() { gong people access --json | jq .rows; }
looked() { # ROWS VERB COMMAND...: so many rows more, the newest of that verb about everybody
    local before
    before=$(rows)
    run gong "${@:3}"
    check "gong ${*:3:2}: $1 rows in the log of access" same "$(($(rows) - before)) $([ "$1" -eq 0 ] || gong people access --json | jq -r '.access[-1] | "\(.verb) \(.person)"')" \
        "$1 $([ "$1" -eq 0 ] || echo "$2 *")"
}
looked 1 backup backup "$work/backup"
looked 0 - backup "$work/backup"
looked 1 backup backup "$work/backup2"
looked 1 backup backup "$work/backup"
check "by who is at this machine" same "$(gong people access --json | jq -r '.access[-1].who')" "$(id -un)"
check "and the copy holds its own row, then that of who brought it back" same \
    "$("$bin/gong" restore "$work/backup" --site "$work/again" --quiet && "$bin/gong" people access --json --site "$work/again" |
        jq -r '.access[-2:] | map("\(.verb) \(.who) \(.person)") | join(", ")')" \
    "backup $(id -un) *, restore $(id -un) *"
looked 0 - history "$contract"
looked 0 - contract list
looked 0 - status
looked 0 - replay
looked 0 - receipt show "$contract"
cp "$site/people.db" "$work/people.db"
edit() {
    cp "$work/people.db" "$site/people.db"
    rm -f "$site"/people.db-*
    sqlite3 "$site/people.db" "$1"
    run gong people access
}
edit "UPDATE access SET who = 'nobody' WHERE id = 2"
check "a changed row is found" has "row 2 of the log of access is not what was written"
edit "DELETE FROM access WHERE id = 2"
check "a removed row is found" has "row 2 of the log of access is not what was written"
edit "DELETE FROM access WHERE id > 2"
check "rows cut off at the end are found" has "the last ones were removed"
check "with 5" [ $code -eq 5 ]
edit "SELECT 1"
check "as it was it is well" [ $code -eq 0 ]

finish
