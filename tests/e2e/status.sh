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

# --- a sources.yaml that gong-ingest cannot read
run gong ingest check
check "ingest check says that sources.yaml can be read" [ $code -eq 0 ]
check "and how many sources it has" has "sources.yaml: ok, $(yq '.sources | length' "$site/sources.yaml") sources"
run gong status --json "${at[@]}"
check "status has nothing to say of it" same "$code $(jq .sources_fault "$out")" "0 null"
cp "$site/sources.yaml" "$work/right.yaml"
sed -i '0,/^    title:/s//    titel:/' "$site/sources.yaml"
line=$(grep -n titel: "$site/sources.yaml" | cut -d: -f1)
run gong ingest check
check "one mistake in it, with its place" has "sources.yaml:$line:5: "
check "ends with 3" [ $code -eq 3 ]
run gong status "${at[@]}"
check "status says that nothing is fetched by it" has "NOTHING IS FETCHED BY sources.yaml AS IT IS: $site/sources.yaml:$line:5: "
check "and all else" has "ledger  "
check "and ends with 3" [ $code -eq 3 ]
run gong status --json "${at[@]}"
check "so does it for programs" [ $code -eq 3 ]
check "with the sentence" same "$(jq -r '.sources_fault | contains("sources.yaml:'"$line"':5: ")' "$out")" true
run gong trigger run "${at[@]}"
check "a pass says it" has "sources.yaml:$line:5: "
check "and decides" [ $code -eq 0 ]
check "since when is kept" same "$(left source | jq length)" 1
rm "$site/sources.yaml"
run gong status "${at[@]}"
check "one that is not there: 4" [ $code -eq 4 ]
check "is said too" has "NOTHING IS FETCHED BY sources.yaml AS IT IS: "
cp "$work/right.yaml" "$site/sources.yaml"
run gong trigger run "${at[@]}"
run gong status "${at[@]}"
check "what is mended is said no more" same "$code $(left source)" "0 []"
mkdir "$work/apart" && cp "$bin"/gong "$bin"/gong-status "$work/apart"
echo "x: y" >"$site/sources.yaml"
run "$work/apart/gong" status --site "$site" "${at[@]}"
check "where nothing fetches nothing is asked" [ $code -eq 0 ]
cp "$work/right.yaml" "$site/sources.yaml"

# --- names of files that are no text
odd=$site/policies/$(printf 'n\xff').yaml
sed "s/^id: .*/id: odd-name/" policies/$alert.yaml >"$odd"
run gong policy check "$site/policies" --json
check "policy check refuses a file whose name is no text" same "$code" 3
check "shows the name as far as it is" same "$(jq -c '[.policies[].file | select(contains("?"))] | length' "$out")" 1
check "and says why" same "$(jq -r '.policies[].error // empty' "$out")" \
    "$site/policies/n?.yaml: the file's name is no text in UTF-8; rename it"
check "the others are checked all the same" same "$(jq -r '[.policies[].id // empty] | length' "$out")" 2
run gong trigger run "${at[@]}" --json
check "a pass is not ended by it" [ $code -eq 0 ]
echo "x: y" >"$odd"
run gong trigger run "${at[@]}" --json
check "nor where its text is wrong: left out" [ $code -eq 3 ]
run gong status "${at[@]}" --json
check "which status can say" same "$(left policy | grep -c 'n?.yaml:1:1: ')" 1
run gong policy check "$odd"
check "on the command line it is refused" same "$code" 2
rm "$odd"
run gong trigger run "${at[@]}"

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
