#!/usr/bin/env bash
# Receipts and bundles: a decision is checked in another place, with nothing but the receipt, the raw
# files and the log's key; every lie in them is found.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
run "$bin/gong" init "$site"
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
cp policies/*.yaml "$site/policies/"
demo_season
gong ingest run --quiet >/dev/null 2>&1
head -c 3000 "$(find "$site/archive" -type f -size -100k | head -1)" >"$site/season/daily/torn.nc"
gong trigger run --quiet >/dev/null 2>&1
gong notify drain --quiet >/dev/null 2>&1
decision() { # POLICY ANSWER: the newest such decision
    gong ledger export --kind decision 2>/dev/null |
        jq -r --arg policy "$1" --arg answer "$2" 'select(.policy == $policy and .answer == $answer).seq' | tail -1
}
run gong receipt show "$(decision bac-kan-excess-rain no)"
check "before the head is sealed there is no receipt" [ $code -eq 4 ]
check "and the sentence says what to write" has "write: gong ledger seal"
gong ledger seal --quiet
cp "$site/keys/log.vkey" "$work/key"

verify() { "$bin/gong" receipt verify "$1" --key "$work/key" --raw "${2:-$site/archive}"; }
for row in "bac-kan-heavy-rain yes" "dak-nong-coffee-drought no" "dak-nong-coffee-drought unknown" \
    "dak-nong-coffee-drought yes"; do
    # shellcheck disable=SC2086
    seq=$(decision $row)
    gong receipt show "$seq" --json >"$work/r.json"
    run verify "$work/r.json"
    check "the receipt of a decision ($row) holds" has "receipt: ok"
done
check "the values came out of the raw file" has "92 readings came out of 1 raw files again"
check "and the payouts were computed again" grep -qE "payouts: [1-9][0-9]* of the same amount" "$out"
run "$bin/gong" receipt verify "$work/r.json" --key "$work/key"
check "without raw files it says that they were not looked at" has "values: NOT checked"
run verify "$work/r.json" "$work"
check "a raw file that is missing is named" has "is not in $work"
check "with exit code 4" [ $code -eq 4 ]
check "no name, phone or account is in a receipt" \
    [ -z "$(grep -E '84900[0-9]{6}|DRILL-|diễn tập\)' "$work/r.json")" ]

lie() { # NAME JQ WORDS: the receipt changed by jq
    jq -c "$2" "$work/r.json" >"$work/lie.json"
    run verify "$work/lie.json"
    check "$1 is found" [ $code -eq 5 ]
    check "and named" has "$3"
}
lie "another value" '.readings[40].value += 1000' "the raw files give"
lie "a reading left out" 'del(.readings[3])' "another number of readings"
lie "another answer in the entry" '.entries.decision.text |= sub("\"yes\""; "\"no\"")' "does not hold for this entry"
lie "another entry in its place" '.entries.decision = .entries.basis' "not of the number or kind"
lie "another policy text" '.policy_yaml |= sub("threshold|strike|from"; "thresh0ld")' "not the one that decided"
lie "another sum insured" '.contracts[0].sum_insured *= 2' "a payout is of another amount"
lie "another payout" '.entries.payouts[0].text |= sub("\"amount\":"; "\"amount\":1")' "does not hold for this entry"
lie "another checkpoint" '.entries.basis.proof |= sub("\n(?<n>[0-9]{4})\n"; "\n9999\n")' "signature"
lie "a raw file that is not shown" 'del(.raw[0])' "a raw file that the decision names is not shown"
# What is shown beside the values, and what is left out.
lie "another program" '.program = "gong 9.9.9"' "by another program than the one shown"
lie "another boundary set" '.commune.boundary_set_hash |= sub("^.."; "zz")' "another commune or boundary set"
lie "another commune" '.commune.code = "01840"' "another commune or boundary set"
lie "other weights" '.readings[3].weights |= sub("^.."; "00")' "by other weights than the decision names"
lie "another file of a value" '.readings[3].raw |= sub("^.."; "00")' "another raw file than the decision names"
lie "another number in the words" '.explanation.trace[-1].value += 1' "what it tells people is not what its entries say"
lie "another answer in the words" '.explanation.answer = "no"' "what it tells people is not what its entries say"
lie "another amount in the words" '.explanation.payouts[0].amount += 1' "what it tells people is not what its entries say"
lie "another reckoning of a payout" '.explanation.reckonings[0].rounded += 1' "another reckoning of a payout"
lie "one reckoning left out" 'del(.explanation.reckonings[0])' "another reckoning of a payout"
lie "the reckoning of a contract that is not shown" 'del(.contracts[0])' "or of one that is not shown"
lie "another number of an entry" '.entries.decision.seq += 1' "not of the number or kind"
lie "a payout as another contract's" '.contracts[0].contract = "X-1"' "a payout is shown as another contract's"
lie "a sum insured below nothing" '.contracts[0].sum_insured = -1' "a sum insured is none"
lie "no words at all" 'del(.explanation)' "what it tells people is not what its entries say"
lie "another name of the commune" '.commune.name = "X"' "what it tells people is not what its entries say"
lie "the last payout left out" 'del(.entries.payouts[-1])' "a payout of the decision is not shown"
lie "the first payout left out" 'del(.entries.payouts[0])' "a payout of the decision is not shown"
lie "what follows the payouts left out" 'del(.entries.next)' "the entry behind the last payout is not shown"
lie "another entry behind the payouts" '.entries.next = .entries.policy' "a payout of the decision is not shown"
jq -c 'del(.explanation.reckonings)' "$work/r.json" >"$work/less.json"
run verify "$work/less.json"
check "a receipt that tells no reckoning, as older ones, holds" [ $code -eq 0 ]
jq -c 'del(.contracts[0], .explanation.reckonings[0])' "$work/r.json" >"$work/less.json"
run verify "$work/less.json"
check "a payout whose contract is not shown is said not to be computed" has "payouts: 1 NOT computed again"
check "the words name the program that decided" same "$(jq -r '.entries.basis.text | fromjson | .inputs.program' "$work/r.json")" "$(jq -r .program "$work/r.json")"
"$bin/gong" init "$work/other" --quiet >/dev/null
run "$bin/gong" receipt verify "$work/r.json" --key "$work/other/keys/log.vkey"
check "another site's key does not hold" [ $code -eq 5 ]
cp -r "$site/archive" "$work/archive"
find "$work/archive" -type f -exec sh -c 'printf x >>"$1"' _ {} \;
run verify "$work/r.json" "$work/archive"
check "a raw file with other bytes is found" has "has other bytes than its name says"
check "and what of a receipt is not proved is said" same "$("$bin/gong" receipt verify "$work/r.json" --key "$work/key" | grep -c 'its name and zone are NOT$\|drill: NOT proved\|hashes are proved; from where and when they came is NOT$\|whether it was paid is as the site says, NOT proved$')" 4
jq -c '.receipt = 1 | del(.entries.next, .commune.zone)' "$work/r.json" >"$work/old.json"
run verify "$work/old.json"
check "a receipt of an older program is not called false" same "$code $(grep -c 'of an older program; ask the site for a new one' "$out")" "3 1"
echo '{"receipt":2' >"$work/half.json"
run verify "$work/half.json"
check "half a receipt is refused" [ $code -eq 3 ]

# What it cannot have been made of is no reason to try again.
lie "a shape that is none" '.commune.shape |= .[:-2]' "is damaged"
lie "a source that it does not describe" '.raw[0].source = "demo-dail0"' "has no source"

# For people.
contract=$(jq -r '.contracts[0].contract' "$work/r.json")
run gong receipt show "$contract" --lang vi
check "a contract's receipt in Vietnamese" has "đã chi"
run gong receipt show "$contract" --lang en
check "in English" has "YES (triggered)"
check "and how it was reckoned" grep -qE "reckoned for $contract: [0-9]+/[0-9]+ × [0-9,]+ VND = [0-9,.]+ VND; rounded once to 1,000 VND: [0-9,]+ VND; due [0-9,]+ VND" "$out"
check "with the amount in words of that language" grep -qE "contract $contract: [0-9,]+ VND, paid" "$out"
grounds() { # TEXT: the receipt in $out names all that it stands on, whole
    check "$1 names program, policy, boundary set, weights and raw files" same \
        "$(grep -cF -e "$(jq -r .program "$work/r.json")" -e "$(jq -r .explanation.policy_hash "$work/r.json")" \
            -e "$(jq -r .commune.boundary_set_hash "$work/r.json")" -e "$(jq -r '.readings[0].weights' "$work/r.json")" \
            -e "$(jq -r '.raw[0].hash' "$work/r.json")" "$out")" 5
}
grounds "the text"
check "and each value with its unit, when and of how much" same \
    "$(grep -cE '^  [0-9]{2}:00 [0-9/]{10}  demo-daily rain  ([0-9.]+ mm|—)  [0-9.]+ %$' "$out")" "$(jq '.readings | length' "$work/r.json")"
run gong receipt show "$(decision dak-nong-coffee-drought unknown)" --lang en
check "what is not known is not of the steps that were seen" has "of its area was observed: 100 %, needed 90 % (in the steps that count)"
run gong receipt show "$contract" --html
grounds "the page"
check "as one page" has "</html>"
check "with both languages, and each value that was used" same \
    "$(grep -c "CÓ (đạt ngưỡng)\|YES (triggered)" "$out") $(grep -cE '^<tr><td>[0-9]{2}:00 [0-9/]{10}</td><td>demo-daily rain</td><td></td><td>([0-9.]+ mm|—)</td><td>[0-9.]+ %</td></tr>' "$out")" "2 $(jq '.readings | length' "$work/r.json")"
check "and the reckoning in both" same "$(grep -c "cách tính cho $contract: \|reckoned for $contract: " "$out")" 2
check "that fetches nothing" [ -z "$(grep -E 'src=|href=|url\(' "$out")" ]

# Who was not paid asks by the contract too.
refused=$("$bin/gong" contract list --json --site "$site" | jq -r --arg c "$(gong ledger export --kind decision | jq -r 'select(.policy == "dak-nong-coffee-drought" and .answer == "no") | .commune' | head -1)" \
    'first(.contracts[] | select(.commune == $c and .policy == "dak-nong-coffee-drought")) | .contract')
run gong receipt show "$refused" --lang en
check "the receipt of a contract that was not paid is that of the refusal" same "$code $(grep -c "answer: NO" "$out")" "0 1"
run gong bundle "$refused" --out "$work/refused.tar"
run "$bin/gong" replay --bundle "$work/refused.tar" --key "$work/key"
check "and so is its bundle" has "replay: identical (1 decision"
run gong receipt show NO-SUCH-1
check "a contract that is none is not" same "$code" 4

# The bundle, on another machine.
gong bundle "$contract" --out "$work/b.tar" --quiet
gong bundle "$contract" --out "$work/c.tar" --quiet
check "a bundle is the same bytes each time" cmp "$work/b.tar" "$work/c.tar"
mkdir "$work/far" && tar xf "$work/b.tar" -C "$work/far" --strip-components 1
site=
cd "$work/far" || exit
run "$bin/gong" receipt verify receipt.json --key log.vkey --raw raw
check "the bundle alone is enough" has "receipt: ok"
run sh -c "jq -r '.raw[] | .hash + \"  raw/\" + .hash' receipt.json | sha256sum -c"
check "foreign tools find the raw files as named" [ $code -eq 0 ]
check "and the policy as decided" same "$(sha256sum <policy.yaml | cut -d' ' -f1)" \
    "$(jq -r '.entries.policy.text | fromjson.policy_hash' receipt.json)"
check "what came of it is in it" grep -q '"kind":"payment"' history.jsonl
check "and what was told" grep -q '"channel":"sms"' outbox.jsonl
check "no name, phone or account is in the bundle" [ -z "$(grep -rE '84900[0-9]{6}|DRILL-|diễn tập\)' --exclude-dir=raw .)" ]
finish
