#!/usr/bin/env bash
# gong demo: the whole main job into a fresh folder, by one command.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
demo=$work/demo
run "$bin/gong" demo "$demo"
check "gong demo ends well" [ $code -eq 0 ]
check "it says that it is a drill, in both languages" has "DIỄN TẬP / DRILL"
check "it says the seed" has "seed 20240907"
check "all communes" has "boundary set pilots: 65 communes"
check "all contracts, none refused" has "2006 contracts: 2006 new, 0 there already, 0 refused"
for policy in bac-kan-heavy-rain bac-kan-excess-rain dak-nong-coffee-drought; do
    check "$policy: some communes yes and some no" grep -qE "^  $policy +[1-9][0-9]* +[1-9][0-9]* +[0-9]+" "$out"
done
check "some communes are not known" grep -qE "^  dak-nong-coffee-drought +[0-9]+ +[0-9]+ +[1-9]" "$out"
check "alerts went out" grep -qE "alerts by sms: +[1-9]" "$out"
check "payouts went out" grep -qE "payouts by pay: +[1-9]" "$out"
check "so many đồng" grep -qE "paid \(DRILL\): +[1-9][0-9.]* đồng" "$out"
check "one explanation in Vietnamese" has "[DIỄN TẬP]"
check "the same in English" has "[DRILL]"
check "one receipt, checked" has "receipt: ok"
check "ledger verify: ok" has "ledger verify: ok"
check "replay: identical" has "replay: identical"
check "what to type next" has "status --site $demo"

# The ledger, the summary and the files say the same.
site=$demo
payouts=$(gong ledger export --kind payout | wc -l)
check "as many payments as the ledger has payouts" same "$(wc -l <"$site/out/pay.jsonl")" "$payouts"
check "each once" same "$(jq -r .key "$site/out/pay.jsonl" | sort -u | wc -l)" "$payouts"
check "each message once" same "$(jq -r .key "$site/out/sms.jsonl" | sort -u | wc -l)" "$(wc -l <"$site/out/sms.jsonl")"
check "the same đồng in the ledger and in the file" same \
    "$(jq -r .amount_vnd "$site/out/pay.jsonl" | awk '{s += $1} END {printf "%d", s}')" \
    "$(gong ledger export --kind payout | jq -r .amount | awk '{s += $1} END {printf "%d", s}')"
check "every effect is marked as a drill" same "$(cat "$site"/out/*.jsonl | jq -c 'select(.drill != true)' | wc -l)" 0
check "every text too" same "$(jq -r .text "$site/out/sms.jsonl" | grep -cvE '^\[(DIEN TAP|DIỄN TẬP|DRILL)\] ')" 0
check "only numbers of the drill range are rung" same "$(jq -r .to "$site/out/sms.jsonl" | grep -cvE '^8490000[0-9]{4}$')" 0
unset site
run "$bin/gong" demo "$demo"
check "a folder that is not empty is left alone" [ $code -eq 6 ]
check "and the reason is said" has "not empty"
run "$bin/gong" demo --folder
check "an unknown option is a usage error" [ $code -eq 2 ]

# The generator: the same seed, the same bytes; another seed, another season.
for name in a b; do "$bin/gong" season write "$work/$name" --quiet; done
"$bin/gong" season write "$work/c" --seed 1 --quiet
check "the same seed writes the same bytes" diff -r "$work/a" "$work/b"
check "155 weather files" same "$(find "$work/a" -name '*.nc*' | wc -l)" 155
check "another seed writes other contracts" [ "$(sha256sum <"$work/a/contracts.csv")" != "$(sha256sum <"$work/c/contracts.csv")" ]
run "$bin/gong" season write "$work/d" --seed x
check "a seed that is no number is a usage error" [ $code -eq 2 ]
finish
