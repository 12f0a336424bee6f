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
    VALUES ('heavy-rain', '24611', 1, 0, 0, 0, 4, -9223372036854775807 - 1, 0)"
run "$bin/gong" trigger clear heavy-rain 24611 --by drill --why "the rain is over" --site "$site"
check "an alert of level 4 is cleared" has "heavy-rain in commune 24611: off"
run "$bin/gong" ledger export --kind alert_clear --site "$site"
check "the entry says who, why and which level" grep -q '"by":"drill".*"level":4.*"why":"the rain is over"' "$out"
run "$bin/gong" ledger verify --site "$site"
check "the chain holds" has "ledger verify: ok"

run "$bin/gong" policy check policies/
check "the shipped policies are right" [ $code -eq 0 ]
check "each with its cases" has ": ok: bac-kan-heavy-rain version 1 (alert), 18 cases"
sed 's/threshold: 100 mm/threshold: 900 mm/' policies/bac-kan-heavy-rain.yaml >"$work/high.yaml"
run "$bin/gong" policy check "$work/high.yaml"
check "a policy whose case comes out otherwise is refused, with its place" has "high.yaml:$(awk '/^  fire:/ { print NR + 1; exit }' "$work/high.yaml"):7: the case"
check "as an invalid file" [ $code -eq 3 ]
run "$bin/gong" policy check policies/
check "all of them were looked at" [ "$(grep -c ': ok: ' "$out")" -ge 20 ]
run "$bin/gong" trigger cases policies/*.yaml policies/products/*.yaml
check "and their cases come out" [ $code -eq 0 ]
run "$bin/gong" policy schema
check "the schema is the one that is shipped" cmp -s "$out" policies/policy.schema.json
run "$bin/gong" policy annex policies/products/dak-lak-coffee-2011.yaml --lang en
check "the annex has the published payout" has "7,200,000"
run "$bin/gong" policy annex policies/products/dak-lak-coffee-2011.yaml --lang vi --as html
hash=$(sha256sum <policies/products/dak-lak-coffee-2011.yaml | cut -d' ' -f1)
check "as a page in Vietnamese, with the hash of the file" eval 'has "7.200.000" && has "<html lang=\"vi\">" && has "$hash"'
if command -v xmllint >/dev/null; then
    check "the page is well formed" xmllint --html --noout "$out"
fi
mkdir -p "$work/alone"
cp "$bin/gong-policy" "$work/alone/"
run "$work/alone/gong-policy" annex policies/products/dak-lak-coffee-2011.yaml --lang en --site "$work/nowhere"
check "where no sources.yaml is, the annex is written all the same" [ $code -eq 0 ]
check "and says what it lacks" has "title and licence are not known (not in sources.yaml)"
run "$bin/gong" policy annex policies/products/dak-lak-coffee-2011.yaml --as pdf
check "in no other form" eval '[ $code -eq 2 ] && has "write markdown or html"'
# What changed, and how a file is written.
cp policies/dak-nong-coffee-drought.yaml "$work/old.yaml"
sed -e 's/^version: 1/version: 2/' -e 's/strike: 100 mm/strike: 110 mm/' "$work/old.yaml" >"$work/new.yaml"
run "$bin/gong" policy diff "$work/old.yaml" "$work/new.yaml" --lang en
check "what changed is said" eval '[ $code -eq 1 ] && has "+ payout: in proportion to the deficit; strike 110 mm;" && has "- payout: in proportion to the deficit; strike 100 mm;"'
check "and for whom" has "dak-nong-coffee-drought v1 → dak-nong-coffee-drought v2, for former-dak-nong (pilots)"
run "$bin/gong" policy diff "$work/old.yaml" "$work/old.yaml" --json
check "nothing changed ends with 0" eval '[ $code -eq 0 ] && jq -e ".text | test(\"thay đổi\")" "$out"'
sed '/^  vi: >-/{n;s/$/ Nay đã khác./}' "$work/old.yaml" >"$work/text.yaml"
run "$bin/gong" policy diff "$work/old.yaml" "$work/text.yaml" --lang en
check "a text that changed in the other language is a change" eval '[ $code -eq 1 ] && grep -q "^+ message (vi): .*Nay đã khác\." "$out"'
rain=policies/bac-kan-heavy-rain.yaml
run "$bin/gong" policy explain "$rain" --lang en
check "explain tells what an alert is after several runs" has "case over time: one run raises it, one ends it: 0 h half of the members see 100 mm in a day → level 1, people are told; 6 h five of twenty do not → level 0, people are told"
run "$bin/gong" policy explain "$rain" --lang vi
check "in Vietnamese too" has "ví dụ theo thời gian: một bản tin bật cảnh báo, một bản tin tắt: 0 giờ một nửa số thành viên dự báo 100 mm trong một ngày → cấp 1, có báo; 6 giờ"
maize=policies/products/dak-nong-maize-phases.yaml
sed -e 's/strike: 60 mm, exit: 20 mm/ONE/; s/strike: 90 mm, exit: 30 mm/strike: 60 mm, exit: 20 mm/; s/ONE/strike: 90 mm, exit: 30 mm/' $maize >"$work/exchanged.yaml"
run "$bin/gong" policy diff $maize "$work/exchanged.yaml" --lang en
check "two phases that exchange what they pay are a change, each by its title" eval '[ $code -eq 1 ] && has "- sowing: payout: in proportion to the deficit; strike 60 mm" && has "+ sowing: payout: in proportion to the deficit; strike 90 mm" && has "+ flowering: payout: in proportion to the deficit; strike 60 mm"'
sed 's/- {at: 6 h, like: "five/- {at: 12 h, like: "five/' "$rain" >"$work/later.yaml"
run "$bin/gong" policy diff "$rain" "$work/later.yaml" --lang en
check "a run of a case that changed is said" eval '[ $code -eq 1 ] && has "+ case over time: one run" && has "12 h five of twenty" && has "- case over time: one run"'
sed 's/values: \[70\], sum_insured: 3000000 VND, pays: 1500000 VND/values: [71], sum_insured: 3000000 VND, pays: 1450000 VND/' "$work/old.yaml" >"$work/case.yaml"
run "$bin/gong" policy diff "$work/old.yaml" "$work/case.yaml" --lang en
check "a case that changed is said, with what it is made of" eval '[ $code -eq 1 ] && has "- case of yes: half way between strike and exit pays half: the whole [70] mm; observed 100 %; insured 3,000,000 VND, pays 1,500,000 VND" && has "+ case of yes: half way between strike and exit pays half: the whole [71] mm; observed 100 %; insured 3,000,000 VND, pays 1,450,000 VND"'
run "$bin/gong" policy diff "$work/old.yaml" "$work/case.yaml" --lang vi
check "in Vietnamese too" has "+ ví dụ có: ở giữa hai ngưỡng thì trả một nửa: cả kỳ [71] mm; quan trắc được 100 %; bảo hiểm 3.000.000 đồng, chi trả 1.450.000 đồng"
sed 's/^effective: .*/effective: {from: 2024-01-01, to: 2025-12-31}/' "$work/old.yaml" >"$work/longer.yaml"
run "$bin/gong" policy check "$work/longer.yaml"
check "dates that the calendar's cases do not say are refused" eval '[ $code -eq 3 ] && has "says that on 2025-01-01 it is not in force, but it is in force"'
sed 's/^settle_after: 7 days/settle_after: 8 days/' "$work/old.yaml" >"$work/slower.yaml"
run "$bin/gong" policy check "$work/slower.yaml"
check "so is another time to settle" has "says decided by 07:00 23/04/2024, but it is 07:00 24/04/2024"
run "$bin/gong" policy explain "$work/old.yaml" --lang en
check "explain tells them" has "case by the calendar: the first season, settled without what is missing: period 2024: 15/01/2024 – 15/04/2024, decided by 07:00 23/04/2024"
for file in policies/*.yaml policies/products/*.yaml; do
    run "$bin/gong" policy format "$file" --check
    check "$(basename "$file") is written as everybody writes" [ $code -eq 0 ]
done
{ echo "version: 1   "; grep -v '^version:' "$work/old.yaml"; } >"$work/mixed.yaml"
run "$bin/gong" policy format "$work/mixed.yaml" --check
check "one that is not is told by its exit code" eval '[ $code -eq 1 ] && [ ! -s "$out" ]'
run "$bin/gong" policy format "$work/mixed.yaml"
check "printed as it should be" cmp "$out" "$work/old.yaml"
run "$bin/gong" policy format "$work/mixed.yaml" --write
check "and written so" cmp "$work/mixed.yaml" "$work/old.yaml"
# The tables of the law.
run "$bin/gong" policy presets
check "the presets are listed" eval 'has vn-2021-18 && has vn-micro-insurance-2023 && has vn-flood-stages-pilots'
run "$bin/gong" policy presets vn-2021-18 --lang en
check "each row with how sure it is" has "over-200-1-2-days: rain_24h > 200 mm <= 400 mm; days >= 1 days <= 2 days; midland 2, plain 2 (secondary)"
check "and who alone gives official levels" has "Only the agencies of hydrometeorology, forestry and geophysics issue official levels."
run "$bin/gong" policy presets vn-2021-18/heavy-rain --lang en
check "one table alone" eval '[ $code -eq 0 ] && has "over-200-1-2-days: rain_24h > 200 mm" && ! has "Drought"'
run "$bin/gong" policy presets --json
check "their names for programs" jq -e '.presets | index("vn-2021-18") != null' "$out"
run "$bin/gong" policy presets vn-2021-18 --json
check "one as well" jq -e '.text | test("over-200-1-2-days")' "$out"
run "$bin/gong" policy presets vn-2021-18/heavy-rain --at "rain_24h: 150 mm, days: 3 days" --lang en
check "what values give by a table" has "midland: 2, over-100-3-4-days (secondary)"
run "$bin/gong" policy presets vn-2021-18/heavy-rain --at "rain_24h: 150 mm, days: 3 days" --json
check "and for programs: no official level" jq -e '.official == false and .places[0].level == 2' "$out"
run "$bin/gong" policy presets vn-2021-18/heavy-rain --at "rain_24h: 1,5 mm"
check "a decimal comma is refused there as well" [ $code -eq 3 ]
finish
