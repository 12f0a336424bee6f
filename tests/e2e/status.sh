#!/usr/bin/env bash
# What gong status says of what nobody notices otherwise: policies that are left out, zones that nobody
# has, sources that fell silent or never spoke.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
rain=bac-kan-excess-rain alert=bac-kan-heavy-rain
run gong init "$work/site" --quiet
run demo_season
left() { gong status --json | jq -c "[.left_out[] | select(.kind == \"$1\") | .why]"; }
at=(--now 2024-01-10T00:00:00Z)

cp policies/$rain.yaml policies/$alert.yaml "$site/policies/"
run gong trigger run "${at[@]}"
run gong status "${at[@]}"
check "a site where all counts says nothing of it" [ "$(grep -c 'LEFT OUT' "$out")" -eq 0 ]

sed -i 's/^source: demo-forecast/source: demo-forcast/' "$site/policies/$alert.yaml"
run gong policy check "$site/policies"
check "policy check tells a source that the site lacks" has "doubt: sources.yaml has no source \"demo-forcast\"; did you mean \"demo-forecast\"?"
check "and the text stays right" [ $code -eq 0 ]
run gong trigger run "${at[@]}"
check "so does a pass" has "policy $alert: sources.yaml has no source \"demo-forcast\""
run gong status "${at[@]}"
check "and status, of a policy that would never decide" has "policy $alert: sources.yaml has no source \"demo-forcast\""
cp policies/$alert.yaml "$site/policies/"

sed -i 's/zones: \[former-bac-kan\]/zones: [former-bac-kan, former-bac-can]/' "$site/policies/$alert.yaml"
sed 's/^kind: .*/kind: insurrance/' policies/dak-nong-coffee-drought.yaml >"$site/policies/drought.yaml"
sed 's/^id: .*/id: too-high/; s/threshold: 100 mm/threshold: 900 mm/' policies/$alert.yaml >"$site/policies/too-high.yaml"
sed 's/^id: .*/id: elsewhere/; s/^boundary_set: .*/boundary_set: vn2026/' policies/$rain.yaml >"$site/policies/elsewhere.yaml"
cat >"$site/subscribers.yaml" <<Y
gong_subscribers: 1
subscribers:
  province: {channel: mail, to: duty@drill.invalid, wants: [alerts], zones: [former-bac-kan, fomer-bac-kan]}
Y
run gong trigger run "${at[@]}"
check "a pass that leaves a policy out ends with 3" same $code 3
run gong status "${at[@]}"
check "status names a file that is refused, with its place" has "drought.yaml:6:7: "
line=$(awk '/- name:/ {print NR; exit}' "policies/$alert.yaml")
check "a policy that does not keep its own cases" grep -q "too-high.yaml:$line:7: the case \"" "$out"
check "a zone that the boundary set lacks, before the season comes" has "policy $alert: boundary set pilots has no \"former-bac-can\""
check "a policy for a boundary set that is not there" has "looking at policy elsewhere"
check "a subscriber's zone that nobody has" has 'subscribers.yaml: province hears of zone "fomer-bac-kan", which no boundary set of a policy here has'
check "and since when" has "since 2024-01-10T00:00:00Z"
check "as JSON: five of policies, one of them twice: its set is not there, nor its source's" same "$(left policy | jq length)" 5
check "what is left out decided nothing" same "$(sqlite3 "$site/ledger.db" "SELECT count(*) FROM entry WHERE kind = 'decision' AND text ->> 'policy' = 'too-high'")" 0
check "one of subscribers" same "$(left subscriber | jq length)" 1
sed -i 's/wants/wnats/' "$site/subscribers.yaml"
run gong trigger run "${at[@]}"
check "a slip in the file of subscribers is kept too" same "$(left subscriber | grep -c 'subscribers.yaml:3:')" 1

cp policies/$alert.yaml "$site/policies/"
rm "$site/policies/"{drought,elsewhere,too-high}.yaml "$site/subscribers.yaml"
run gong trigger run "${at[@]}"
check "what is mended is gone" same "$(gong status --json | jq -c .left_out)" "[]"

# --- sources that say nothing
gauges_from "YYYY-MM-DD hh:mm" "1 h" end
cat >>"$site/sources.yaml" <<Y
    late_after: 3 h
    stale_after: 6 h
Y
mkdir "$site/gauges"
run gong ingest run --quiet --now 2024-01-10T00:00:00Z
run gong ingest run --quiet --now 2024-01-10T07:00:00Z
run gong status --now 2024-01-10T08:00:00Z
check "a source that never gave anything stands there as stale" grep -q 'gauges *no data yet  STALE since 2024-01-10T07:00:00Z' "$out"
run gong status --now 2024-01-10T08:00:00Z --json
check "and for programs" same "$(jq -c '.sources[] | select(.source == "gauges") | [.newest, .silence, .silence_since]' "$out")" '[null,"stale","2024-01-10T07:00:00Z"]'
finish
