#!/usr/bin/env bash
# An alert of level 3 or more is switched off by a person only; who and why are an entry. And what
# `gong policy` says of the policies that are shipped.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/clear
run "$bin/gong" init "$site" --mode drill
check "a site" [ $code -eq 0 ]
run "$bin/gong" trigger clear heavy-rain 24611 --by drill --why "the rain is over" --site "$site"
check "what is not on cannot be cleared" [ $code -eq 1 ]
run "$bin/gong" trigger clear heavy-rain 24611 --site "$site"
check "not without why" has "--why must say it"
sqlite3 "$site/ledger.db" "INSERT INTO alert_state (policy, commune, is_on, runs, since, seen, level, told, told_level)
    VALUES ('heavy-rain', '24611', 1, 0, 0, 0, 4, 0, 4)"
run "$bin/gong" trigger clear heavy-rain 24611 --by drill --why "the rain is over" --site "$site"
check "an alert of level 4 is cleared" has "heavy-rain in commune 24611: off"
run "$bin/gong" ledger export --kind alert_clear --site "$site"
check "the entry says who, why and which level" grep -q '"by":"drill".*"level":4.*"why":"the rain is over"' "$out"
run "$bin/gong" ledger verify --site "$site"
check "the chain holds" has "ledger verify: ok"

run "$bin/gong" policy check policies/
check "the shipped policies are right" [ $code -eq 0 ]
check "each with its cases" has ": ok: bac-kan-heavy-rain version 1 (alert), 9 cases"
sed 's/threshold: 100 mm/threshold: 900 mm/' policies/bac-kan-heavy-rain.yaml >"$work/high.yaml"
run "$bin/gong" policy check "$work/high.yaml"
check "a policy whose case comes out otherwise is refused, with its place" has "high.yaml:39:7: the case"
check "as an invalid file" [ $code -eq 3 ]
run "$bin/gong" policy check policies/
check "all of them were looked at" [ "$(grep -c ': ok: ' "$out")" -ge 20 ]
run "$bin/gong" trigger cases policies/*.yaml policies/products/*.yaml
check "and their cases come out" [ $code -eq 0 ]
run "$bin/gong" policy schema
check "the schema is the one that is shipped" cmp -s "$out" policies/policy.schema.json
run "$bin/gong" policy annex policies/products/dak-lak-coffee-2011.yaml --lang en
check "the annex has the published payout" has "7,200,000"
finish
