#!/usr/bin/env bash
# The JSON Schema of policies read by another program's validator (ajv): it takes every shipped policy, and
# nothing that it refuses is taken by the loader. So an editor that uses the schema never marks a right file
# as wrong, and tells of misspelt keys and words, and of keys that are missing, as the loader does.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
modules=$PWD/build/npm/contract/node_modules
mkdir "$work/wrong"
run env NODE_PATH="$modules" node tests/contract/schema.js policies/policy.schema.json "$work/wrong" policies/*.yaml policies/products/*.yaml
check "ajv reads the schema" [ $code -eq 0 ]
cp "$out" "$work/said"
shipped=$(find policies -maxdepth 2 -path 'policies/messages' -prune -o -path 'policies/presets' -prune -o -name '*.yaml' -print | wc -l)
check "every shipped policy fits it" same "$(grep -c '^right' "$work/said")-$(grep -c '^WRONG' "$work/said")" "$shipped-0"
# Those with the most different keys, all of their changes; the loader looks at each.
picked='^(yes|no) (bac-kan-heavy-rain|bac-kan-flash-flood|dak-nong-flash-flood|dak-nong-maize-phases|bac-kan-typhoon-circle|bac-kan-rain-events|bac-kan-maize-wrsi)\.'
grep -E "$picked" "$work/said" >"$work/picked"
mkdir "$work/no"
sed -n 's/^no //p' "$work/picked" | while read -r name; do cp "$work/wrong/$name" "$work/no/"; done
run "$bin/gong" policy check "$work/no" --json
check "what the schema refuses, the loader refuses" jq -e '[.policies[] | select(.error == null) | .file] | length == 0' "$out"
check "of each kind of change some hundred files" eval '[ "$(ls "$work/no" | grep -c renamed)" -gt 200 ] && [ "$(ls "$work/no" | grep -c without)" -gt 60 ] && [ "$(ls "$work/no" | grep -c word)" -gt 80 ]'
check "each with its place" jq -e '[.policies[] | select(.error | test("yaml:[0-9]+:[0-9]+: ") | not)] | length == 0' "$out"
check "nor is a key of another kind of policy, index or payout, or a number without its unit" same "$(grep -c '^yes .*\.foreign' "$work/said")-$(($(grep -c '^no .*\.foreign' "$work/said") > 100))" 0-1
check "a renamed key is never taken by the schema" same "$(grep -c '^yes .*\.renamed' "$work/said")" 0
echo "# $(grep -c '' "$work/said") answers of the schema, $(wc -l <"$work/picked") of them compared with the loader's"
finish
