#!/usr/bin/env bash
# The authorisation matrix, for real: tests/ledger/matrix.txt, written by hand, says which role may do
# which act, and gong role matrix declares the same; every role tries every act on a site, and what is
# done is what is written there. Then wrong and retired keys, one's own act, a signature used twice, and
# a text that was changed.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
drought=dak-nong-coffee-drought
sql() { sqlite3 "$site/ledger.db" "$@"; }
why=(--why "because of the drill")

run "$bin/gong" init "$site" --mode drill --quiet
"$bin/gong" season write "$site/season" >"$out" 2>&1
gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone --quiet
cp policies/$drought.yaml "$site/policies/"
gong contract import "$site/season/contracts.csv" --quiet >"$out" 2>&1
gong ingest run --source demo-daily --quiet >"$out" 2>&1
gong trigger run --quiet >"$out" 2>&1
contract=$(sql "SELECT contract FROM payout LIMIT 1")
check "there is something to act on" test -n "$contract"
# somebody who is owed nothing
quiet=$(gong contract list --json | jq -r --argjson paid "$(sql -json "SELECT contract FROM payout" | jq -c 'map(.contract)')" \
    '.contracts | ([.[] | select(.contract | IN($paid[])).person] | unique) as $owed | [.[].person | select(IN($owed[]) | not)][0]')
run gong hold "${why[@]}" --by officer-1
check "before anybody has a role a drill has one person" has "knows --by drill only"
check "its founder is an operator" people officer-1 officer-2 approver-1 approver-2 insurer-1 insurer-2 auditor-1 auditor-2 operator-2
run gong hold "${why[@]}"
check "who acts then must be named" has "who does this? add --by PERSON"

gong hold --policy other "${why[@]}" $(as officer-1) --quiet # with the first act the founding is over

# Payouts of this drill wait as those of a live site do, for two people.
sed -i 's/^pay_approvals: .*/pay_approvals: 2/' "$site/gong.yaml"
sql "UPDATE outbox SET state = 7 WHERE channel = 'pay'"
"$bin/gong" role key auditor-y --out "$work/people" --quiet
gong role add auditor-y --role auditor --public "$work/people/auditor-y.pub" $(as operator-1) --quiet
n=0
# Makes what the act needs, by other people than who tries it, and prints the words of the try.
# A contract that the same decision pays, about which no dispute is open.
undisputed() { sql "SELECT contract FROM payout WHERE decision = (SELECT decision FROM payout WHERE contract = '$contract') AND contract NOT IN (SELECT contract FROM dispute WHERE closed = 0) LIMIT 1"; }
arrange() {
    local id
    case $1 in
    role-add) gong role key "auditor-x$n" --out "$work/people" --quiet && echo "role add auditor-x$n --role auditor --public $work/people/auditor-x$n.pub" ;;
    role-confirm) gong role key "auditor-x$n" --out "$work/people" --quiet
        gong role add "auditor-x$n" --role auditor --public "$work/people/auditor-x$n.pub" $(as operator-1) --quiet
        echo "role confirm auditor-x$n" ;;
    role-retire) id=$(gong role list --json | jq -r '[.[] | select(.person | startswith("auditor-x")) | select(.state != "retired")][0].person // "auditor-2"')
        echo "role retire $id" ;;
    role-key) mkdir -p "$work/new$n" && gong role key "$2" --out "$work/new$n" --quiet && echo "role rekey $2 --public $work/new$n/$2.pub" ;;
    role-key-for) mkdir -p "$work/new$n" && gong role key "auditor-y" --out "$work/new$n" --quiet && echo "role rekey auditor-y --public $work/new$n/auditor-y.pub" ;;
    policy-propose) sed "s/^version: 1/version: $n/; s/^id: .*/id: new-$n/" policies/$drought.yaml >"$work/p$n.yaml"; echo "policy propose $work/p$n.yaml ${why[*]@Q}" ;;
    policy-sign | policy-reject) sed "s/^version: 1/version: $n/; s/2024-12-31/2040-12-31/; s/^id: .*/id: try-$n/; /^  calendar:/,\$d" policies/$drought.yaml >"$work/p$n.yaml"
        gong policy propose "$work/p$n.yaml" "${why[@]}" $(as officer-2) --quiet
        [ "$1" = policy-sign ] && echo "policy sign try-$n" || echo "policy reject try-$n ${why[*]@Q}" ;;
    pay-approve) echo "pay approve --policy $drought --period 2024 --hash $(gong pay plan --policy $drought --period 2024 --json | jq -r .hash)" ;;
    pay-rule) echo "pay rule two-people --vnd $((1000000 + n))" ;;
    pay-confirm) echo "letter $n" >"$work/letter"; echo "pay confirm --policy $drought --period 2024 --file $work/letter" ;;
    pay-settle) # that one was paid: as it was before pay-retry made a dead letter of it
        sql "UPDATE outbox SET state = 3 WHERE id = (SELECT message FROM intent LIMIT 1); UPDATE payout SET state = 'paid' WHERE seq = (SELECT payout FROM intent LIMIT 1)"
        id=$(sql "SELECT reference FROM intent LIMIT 1"); echo "pay settle --reference $id --as paid --evidence 'statement 7, line 12'" ;;
    pay-cash) printf 'reference\n' >"$work/list.csv"; "$bin/gong" role sign "$work/list.csv" --key "$work/people/$2.key"; echo "pay cash $work/list.csv" ;;
    pay-retry) id=$(sql "SELECT message FROM intent LIMIT 1") # a dead letter's payout is not paid: such a one is refused
        sql "UPDATE outbox SET state = 4 WHERE id = $id; UPDATE payout SET state = 'sending' WHERE seq = (SELECT payout FROM intent LIMIT 1)"; echo "pay retry $id" ;;
    message-retry) id=$(sql "SELECT max(id) FROM outbox WHERE channel = 'sms'"); sql "UPDATE outbox SET state = 4 WHERE id = $id"; echo "notify retry $id" ;;
    hold) echo "hold --policy other ${why[*]@Q}" ;;
    release) echo "release $(gong hold --policy other "${why[@]}" $(as operator-2) --json | jq .hold) ${why[*]@Q}" ;;
    alert-clear) sql "INSERT OR REPLACE INTO alert_state (policy, commune, is_on, runs, since, seen, level, told, told_level) VALUES ('a', '1', 1, 0, 0, 0, 4, -9223372036854775807 - 1, 0)"
        echo "trigger clear a 1 ${why[*]@Q}" ;;
    dispute-open) echo "dispute open $(undisputed) --days 10 ${why[*]@Q}" ;;
    dispute-answer) echo "dispute answer $(gong dispute open "$(undisputed)" --days 10 "${why[@]}" $(as officer-2) --json | jq .dispute) --receipt $work/receipt.json ${why[*]@Q}" ;;
    dispute-close) id=$(gong dispute open "$(undisputed)" --days 10 "${why[@]}" $(as officer-2) --json | jq .dispute)
        gong dispute answer "$id" --receipt "$work/receipt.json" "${why[@]}" $(as officer-2) --quiet
        echo "dispute close $id --outcome rejected ${why[*]@Q}" ;;
    contract-import) (head -1 "$site/season/contracts.csv" && grep -m1 ",$drought," "$site/season/contracts.csv") >"$work/some.csv"
        echo "contract import $work/some.csv" ;;
    people-export) echo "people export $quiet" ;;
    people-change) echo "people change $quiet --language $(sqlite3 "$site/people.db" "SELECT CASE language WHEN 'vi' THEN 'en' ELSE 'vi' END FROM person WHERE id = '$quiet'") ${why[*]@Q}" ;;
    people-erase) echo "people erase $quiet --end-contracts ${why[*]@Q}" ;;
    *) echo "no-such-act" ;;
    esac
}
gong ledger seal --quiet
gong receipt show "$contract" --json >"$work/receipt.json"
# A payout on its way, for the word of a person.
sql "UPDATE outbox SET state = 0 WHERE id = (SELECT min(id) FROM outbox WHERE channel = 'pay')"
sed -i 's/^sms_driver: .*/sms_driver: none/' "$site/gong.yaml"
gong notify drain --quiet >"$out" 2>&1
grep -v '^#' tests/ledger/matrix.txt | tr -s ' ' >"$work/matrix"
run "$bin/gong" role matrix --json
check "what the programs declare is what was written by hand" diff <(sort "$work/matrix") \
    <(jq -r '.[] | [.act, (("officer", "approver", "insurer", "auditor", "operator") as $r |
        if .roles | index($r) then "yes" else "-" end)] | join(" ")' "$out" | sort)
roles=(officer approver insurer auditor operator)
cells=0 bad=""
while read -r act line; do
    read -ra written <<<"$line"
    for i in "${!roles[@]}"; do
        role=${roles[$i]} may=${written[$i]}
        n=$((n + 1))
        words=$(arrange "$act" "$role-1")
        key=(--by "$role-1")
        [ "$act" = pay-cash ] || key+=(--key "$work/people/$role-1.key")
        eval "run gong $words \"\${key[@]}\""
        [ "$act" = role-key ] && [ "$code" -eq 0 ] && mv "$work/new$n/$role-1".{key,pub} "$work/people/"
        did=other
        if [ "$code" -eq 0 ]; then did=yes; elif [ "$code" -eq 6 ] && has "no $role may do this ($act:"; then did=-; fi
        # A list that holds no payout of ours is taken or refused by its columns, after the role.
        [ "$act" = pay-cash ] && [ "$did" = other ] && [ "$code" -eq 3 ] && did=yes
        cells=$((cells + 1))
        [ "$did" = "$may" ] || bad="$bad $act/$role: written $may, is $did ($(head -c 200 "$out"));"
    done
done <"$work/matrix"
check "every role x act, $cells of them: what is done = what was written by hand" same "$bad" ""
check "there are at least 110" test "$cells" -ge 110
gong trigger clear a 1 "${why[@]}" $(as officer-1) --quiet # that who may not clear it found on
run gong ledger verify
check "the ledger verifies" same "$code" 0

# --- what a proposal would have done
sed 's/^version: 1/version: 900/' policies/$drought.yaml >"$work/past.yaml"
run gong policy propose "$work/past.yaml" "${why[@]}" --past $(as officer-1)
check "a proposal is tried on the past" same "$code" 0
gong policy show $drought --json >"$work/shown"
check "and keeps what it would have done" same "$(jq -c '.effect.new | [.places, .yes, .no, .unknown, .pays_vnd, .worst.share_milli]' "$work/shown")" '[28,8,16,4,34799000,286]'

# --- keys
run gong hold "${why[@]}" --by officer-1 --key "$work/people/officer-2.key"
check "another person's key is refused" has "this is not the key of officer-1"
chmod 644 "$work/people/officer-2.key"
run gong hold "${why[@]}" $(as officer-2)
check "a key that others can read is refused" has "can be read by others"
chmod 600 "$work/people/officer-2.key"
run gong role retire officer-2 $(as operator-1)
check "a person is retired" same "$code" 0
run gong hold "${why[@]}" $(as officer-2)
check "a retired key is refused" same "$code $(grep -c 'was retired' "$out")" "6 1"
run gong hold "${why[@]}" --by nobody-1 --key "$work/people/officer-1.key"
check "a stranger is refused" has "nobody-1 has no role"

# --- a key is replaced: what it signed stays good, and it signs nothing more
mkdir "$work/fresh"
"$bin/gong" role key insurer-1 --out "$work/fresh" --quiet
cp "$work/people/insurer-1.key" "$work/old.key"
"$bin/gong" role key insurer-1 --out "$work/fresh" --quiet 2>/dev/null
run gong role rekey insurer-1 --public "$work/fresh/insurer-1.pub" $(as insurer-2)
check "nobody but an operator replaces another person's key" same "$code $(grep -c 'no insurer may do this (role-key-for' "$out")" "6 1"
run gong role rekey insurer-1 --public "$work/people/insurer-2.pub" $(as insurer-1)
check "another person's key is no new key" same "$code $(grep -c 'insurer-2 has, or had' "$out")" "6 1"
run gong role rekey insurer-1 --public "$work/fresh/insurer-1.pub" $(as insurer-1)
check "a person replaces their own" same "$code $(grep -c 'in, with the new key' "$out")" "0 1"
run gong hold --policy other "${why[@]}" --by insurer-1 --key "$work/old.key"
check "the old key is refused from then on" same "$code $(grep -c 'not the key of insurer-1' "$out")" "6 1"
run gong hold --policy other "${why[@]}" --by insurer-1 --key "$work/fresh/insurer-1.key"
check "the new one is good" same "$code" 0
(printf '%s\n' "$(sql "SELECT text ->> 'old' FROM entry WHERE kind = 'role_key' ORDER BY seq DESC LIMIT 1")") >"$work/old.pub"
run gong role rekey insurer-2 --public "$work/old.pub" $(as insurer-2)
check "an old key is never used again" same "$code $(grep -c 'was replaced here before' "$out")" "6 1"
run gong ledger verify
check "what the old key signed stays good" same "$code" 0
mkdir "$work/lost"
"$bin/gong" role key approver-2 --out "$work/lost" --quiet
# First another one, and a confirmation of that, which is signed and comes too late.
mkdir "$work/first"
"$bin/gong" role key approver-2 --out "$work/first" --quiet
gong role rekey approver-2 --public "$work/first/approver-2.pub" $(as operator-1) --quiet
gong role confirm approver-2 --by insurer-2 --draft >"$work/confirm.json" 2>"$out"
check "who confirms is shown the key" has "approver-2, approver, with the key that begins with $(head -c 16 "$work/first/approver-2.pub")"
check "and signs for it" same "$(jq -r .key "$work/confirm.json")" "$(cat "$work/first/approver-2.pub")"
"$bin/gong" role sign "$work/confirm.json" --key "$work/people/insurer-2.key"
run gong role rekey approver-2 --public "$work/lost/approver-2.pub" $(as operator-1)
check "a lost key is replaced by an operator, and waits" has "waits to be confirmed"
run gong hold --policy other "${why[@]}" --by approver-2 --key "$work/lost/approver-2.key"
check "before that it does nothing" same "$code $(grep -c 'waits to be confirmed' "$out")" "6 1"
run gong role confirm approver-2 --by insurer-2 --signature "$work/confirm.json.sig"
check "a confirmation that was signed for the key before is refused" same "$code" 6
run gong role confirm approver-2 --by insurer-1 --key "$work/fresh/insurer-1.key"
check "somebody else confirms it" same "$code" 0
mkdir "$work/again"
"$bin/gong" role key approver-2 --out "$work/again" --quiet
gong role rekey approver-2 --public "$work/again/approver-2.pub" $(as operator-1) --quiet
run gong role confirm approver-2 --by insurer-1 --key "$work/fresh/insurer-1.key"
check "the same person confirms the next key too" same "$code" 0
mv "$work/again/approver-2.key" "$work/lost/approver-2.key"
mv "$work/lost/approver-2.key" "$work/people/approver-2.key"
run gong hold --policy other "${why[@]}" $(as approver-2)
check "then it is good" same "$code" 0
run gong ledger verify
check "and the ledger verifies" same "$code" 0

# --- signatures made elsewhere
gong hold --policy other "${why[@]}" --by officer-1 --draft >"$work/act.json"
check "the draft is canonical JSON" cmp -s "$work/act.json" <(jq -jcS . "$work/act.json")
"$bin/gong" role sign "$work/act.json" --key "$work/people/officer-1.key"
run gong hold --policy another "${why[@]}" --by officer-1 --signature "$work/act.json.sig"
check "a signature is for its text only" same "$code" 6
run gong hold --policy other "${why[@]}" --by officer-1 --signature "$work/act.json.sig"
check "it is good for that" same "$code" 0
run gong hold --policy other "${why[@]}" --by officer-1 --signature "$work/act.json.sig"
check "and good once" same "$code $(grep -c 'was used before' "$out")" "6 1"
# With openssl alone: the entry less what was added gives the signed bytes.
seq=$(sql "SELECT max(seq) FROM act WHERE name = 'hold'")
gong ledger show "$seq" --json >"$work/entry" 2>/dev/null
sql "SELECT text FROM entry WHERE seq = $seq" >"$work/entry"
jq -jcS 'del(.at,.kind,.seq,.signature)' "$work/entry" >"$work/signed"
jq -r .signature "$work/entry" | base64 -d >"$work/sig"
(printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'; base64 -d <"$work/people/officer-1.pub") >"$work/key.der"
check "openssl finds the signature good" openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$work/key.der" -in "$work/signed" -sigfile "$work/sig"

# --- one's own act
id=$(gong hold --policy other "${why[@]}" $(as approver-1) --json | jq .hold)
run gong release "$id" "${why[@]}" $(as approver-1)
check "nobody releases their own hold" same "$code $(grep -c 'nobody approves their own act' "$out")" "6 1"
run gong release "$id" "${why[@]}" $(as approver-2)
check "another person does" same "$code" 0
run gong ledger verify
check "the ledger verifies to the end" same "$code" 0

# --- an act whose row is gone, then hidden from the index by which it is looked for as well
cp "$site/ledger.db" "$work/good.db"
sql "DELETE FROM hold WHERE seq = (SELECT max(seq) FROM hold WHERE cause = 'person')"
run gong ledger verify
check "a hold that was taken out is found" same "$code $(grep -c 'is missing in the table of holds' "$out")" "5 1"
clause=" AND kind <> 'hold' AND kind <> 'release'"
sqlite3 -cmd ".dbconfig defensive off" "$site/ledger.db" >"$out" 2>&1 <<END
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = sql || '${clause//\'/\'\'}' WHERE name = 'entry_few';
PRAGMA writable_schema = RESET;
REINDEX entry_few;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '${clause//\'/\'\'}', '') WHERE name = 'entry_few';
END
check "the index is made to leave holds out" same "$(sql "SELECT count(*) FROM entry WHERE kind <> 'decision' AND kind <> 'ingest' AND kind <> 'payout' AND kind = 'hold'")" 0
run gong ledger verify
check "and that is found" same "$code $(grep -c 'the index of entries by kind does not hold' "$out")" "5 1"
sql "REINDEX entry_few"
run gong ledger verify
check "made again, it shows what is missing" same "$code $(grep -c 'is missing in the table of holds' "$out")" "5 1"
rm -f "$site"/ledger.db-*
cp "$work/good.db" "$site/ledger.db"
run gong ledger verify
check "with the table as it was all is well" same "$code" 0
finish
