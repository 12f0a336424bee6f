#!/usr/bin/env bash
# Roles for some provinces, or some policies: who is of one province proposes, signs, pays and releases
# nothing of another, and nothing for the whole site; a stop is open to everybody.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
rain=bac-kan-excess-rain drought=dak-nong-coffee-drought
why=(--why "because of the drill")
"$bin/gong" init "$site" --mode drill --quiet
"$bin/gong" season write "$site/season" --quiet >/dev/null
gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone --quiet
for policy in $rain $drought; do sed 's/2024-12-31/2040-12-31/; /^  calendar:/,$d' policies/$policy.yaml >"$work/$policy.yaml"; done
check "the founding" people officer-1 approver-1 insurer-1
scoped() { # PERSON ROLE OPTION NAMES
    "$bin/gong" role key "$1" --out "$work/people" --quiet
    run gong role add "$1" --role "$2" "$3" "$4" --public "$work/people/$1.pub" $(as operator-1)
    check "$1 is named with a scope" has "$1: in"
}
scoped officer-bk officer --provinces former-bac-kan
scoped approver-bk approver --provinces former-bac-kan
scoped insurer-dr insurer --policies $drought
run gong role list
check "the list says what a role is for" grep -q 'officer-bk .*for provinces former-bac-kan' "$out"
refused() { # NAME WORDS COMMAND...
    local name=$1 words=$2
    shift 2
    run gong "$@"
    check "$name" same "$code $(grep -cF "$words" "$out")" "6 1"
}
taken() { # NAME COMMAND...
    local name=$1
    shift
    run gong "$@"
    check "$name" same $code 0
}
refused "an officer of one province does not propose for another" "officer-bk acts for provinces former-bac-kan, and policy $drought applies elsewhere too" policy propose "$work/$drought.yaml" "${why[@]}" $(as officer-bk)
taken "but for their own" policy propose "$work/$rain.yaml" "${why[@]}" $(as officer-bk)
run gong policy show $rain --json
sed 's/^area: .*/area: all/; s/^version: 1/version: 2/' "$work/$rain.yaml" >"$work/wide.yaml"
refused "nor a version that reaches into another" "applies elsewhere too" policy propose "$work/wide.yaml" "${why[@]}" $(as officer-bk)
taken "who has no scope proposes the other" policy propose "$work/$drought.yaml" "${why[@]}" $(as officer-1)
refused "the approver of one province does not sign it" "approver-bk acts for provinces" policy sign $drought $(as approver-bk)
taken "the insurer of that policy does" policy sign $drought $(as insurer-dr)
refused "and not the other one" "insurer-dr acts for policies $drought, and this is about policy $rain" policy sign $rain $(as insurer-dr)
taken "the approver of the province signs its own" policy sign $rain $(as approver-bk)
refused "nor a rule of money of the other" "approver-bk acts for provinces" pay rule budget --policy $drought --vnd 5 $(as approver-bk)
refused "nor one for the whole site" "and this is about the whole site" pay rule two-people --vnd 5 $(as approver-bk)
taken "but one of its own" pay rule budget --policy $rain --vnd 5 $(as approver-bk)
hold=$(gong hold --policy $drought "${why[@]}" $(as officer-bk) --json | jq .hold)
check "a stop is open to everybody" test "${hold:-0}" -gt 0
refused "a release is not" "approver-bk acts for provinces" release "$hold" "${why[@]}" $(as approver-bk)
taken "who may act there releases it" release "$hold" "${why[@]}" $(as insurer-dr)
own=$(gong hold --policy $rain "${why[@]}" $(as officer-1) --json | jq .hold)
gong release "$own" "${why[@]}" --by approver-bk --draft >"$work/draft"
check "what is signed says the policy" same "$(jq -r .policy "$work/draft")" $rain
taken "of their own it is released" release "$own" "${why[@]}" $(as approver-bk)
run gong ledger verify
check "the ledger verifies" same $code 0
finish
