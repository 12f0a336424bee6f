#!/usr/bin/env bash
# Alerts on forecasts beside what was observed: the vectors of domain-reference 9 as runs with members that
# go through the programs, from files of grids to scores, tables, plots; and the demo season's own.
set -uo pipefail
source "$(dirname "$0")/lib.sh"

square_site
rm -f "$site"/policies/*.yaml
{
    echo 'sources:'
    for name in chances five ten; do
        printf '  %s:\n    title: T\n    licence: L\n    url: %s/\n    boundary_set: square\n    kind: forecast\n' $name $name
        printf '    variables: [{reads: tp, means: rain, interval: bounds}]\n'
    done
    printf '  gauge:\n    title: T\n    licence: L\n    url: seen/\n    boundary_set: square\n    kind: observation\n'
    printf '    variables: [{reads: rain, means: rain, interval: bounds}]\n'
} >"$site/sources.yaml"
# alert NAME MEMBERS THRESHOLD: on when half of the members say so.
alert() {
    cat >"$work/$1.yaml" <<END
gong: 1
id: $1
version: 1
kind: alert
title: {vi: Mưa (diễn tập), en: Rain (a drill)}
effective: {from: 2024-01-01, to: 2024-12-31}
boundary_set: square
area: all
source: $1
watch: forecast
variable: rain
index: {take: total, within: 6 h}
rounding: 0.1 mm
minimum_coverage: any
trigger: {index: ">=", threshold: $3 mm}
ensemble: {members: $2, minimum: $2, probability: ">=", threshold: 50 %}
clear: {probability: "<", threshold: 50 %}
persistence: 1
next_update: 12 h
message: {vi: "{commune} {index} {threshold} {probability} {issued} {next}", en: "{commune} {index} {threshold} {probability} {issued} {next}"}
cases:
  fire: [{name: wet, step: 6 h, members: [{count: $2, values: [$3]}]}]
  not_fire: [{name: dry, step: 6 h, says: "off", members: [{count: $2, values: [0]}]}]
END
}
# members SOURCE DAY MM...: a run of that September day, 0 to 6 hours, each member its rain.
members() {
    local mm member=0 message=()
    mkdir -p "$site/$1"
    for mm in "${@:3}"; do
        message+=("name=tp,centre=7,date=202409$2,hour=0,start=0,end=6,value=$mm,member=$((member += 1))")
    done
    "$bin/tests/tools/gribfile" "$site/$1/$2.grib2" "${message[@]}"
}
# seen DAY FIRST THEN: what then fell, 0 to 3 and 3 to 6 hours.
seen() {
    mkdir -p "$site/seen"
    ncgen -o "$site/seen/$1.nc" - <<END
netcdf day { dimensions: time = 2; lat = 3; lon = 3; nv = 2;
 variables:
  double time(time); time:units = "hours since 2024-09-$1 00:00:00"; time:bounds = "tb"; double tb(time, nv);
  float lat(lat); lat:units = "degrees_north"; float lon(lon); lon:units = "degrees_east";
  float rain(time, lat, lon); rain:units = "mm";
 data: time = 3, 6; tb = 0, 3, 3, 6; lat = 17.9, 18.0, 18.1; lon = 105.9, 106.0, 106.1;
  rain = $(for _ in 1 2 3 4 5 6 7 8 9; do printf '%s, ' "$2"; done) $(for _ in 1 2 3 4 5 6 7 8; do printf '%s, ' "$3"; done) $3; }
END
}
# of 20 K: that many members of twenty say 8 mm.
of_20() {
    local i
    for ((i = 0; i < 20; i++)); do echo $((i < $1 ? 8 : 2)); done
}
figure() { jq -r --arg name "$1" '.forecasts.scores[] | select(.name | startswith($name)) | "\(.value) \(.n)"' "$out"; }

# --- ten probabilities and what happened: the Brier score's vector, one run a day -----------------------
alert chances 20 5
day=0
while read -r k happened; do
    day=$((day + 1))
    # shellcheck disable=SC2046
    members chances "$(printf %02d $day)" $(of_20 "$k")
    if [ "$happened" = 1 ]; then seen "$(printf %02d $day)" 1 5; else seen "$(printf %02d $day)" 1 3.9; fi
done <<END
0 0
2 0
6 0
16 1
12 1
18 1
4 0
8 1
14 0
1 0
END
run gong ingest run --now 2024-09-20T00:00:00Z
check "ten runs of twenty members, and what fell" [ "$(sqlite3 "$site/ledger.db" "SELECT count(*) FROM reading WHERE source IN ('chances', 'gauge')")" = 220 ]
price() { run "$bin/gong" price "$work/$1.yaml" --site "$site" --observed gauge "${@:2}"; }
price chances --json --html "$work/page.html" --csv "$work/table.csv"
while read -r want name; do
    check "vector: $name is $want" same "$(figure "$name")" "$want 10"
done <<'END'
0.120250 Brier score
0.240000 uncertainty
0.498958 BSS
0.916667 ROC area
END
check "the decomposition adds up" jq -e '[.forecasts.scores[].value | select(. != null) | tonumber] | (.[1] - .[2] + .[3] - .[0]) | fabs < 0.000002' "$out"
check "each has an interval by whole runs" jq -e '.forecasts.block == "runs" and ([.forecasts.scores[0:6][] | (.low_95 | tonumber) <= (.value | tonumber) and (.value | tonumber) <= (.high_95 | tonumber)] | all)' "$out"
check "at half of the members: hits, false alarms, misses" \
    same "$(jq -c '.forecasts | [.hits, .false_alarms, .misses, .correct_negatives]' "$out")" '[3,1,1,5]'
check "the point of the ROC from 60 % on" same "$(jq -c '.forecasts.roc[] | select(.from == "0.600000") | [.pod, .pofd]' "$out")" '["0.750000","0.166667"]'
check "reliability: from 80 % on, two runs, both came true" same "$(jq -c '[.forecasts.reliability[8:10][] | .n, .came]' "$out")" '[1,"1.000000",1,"1.000000"]'
check "as alerts: on at runs 4 to 6 and 9; the events of 4, 5, 6 under one alert are told of once" \
    same "$(jq -c '.forecasts | [.events, .alerts_told, .alerts_hit, .alerts_false, .events_missed]' "$out")" '[4,2,1,1,1]'
check "and the lead is from the run to the end of the step that reached the threshold" same "$(figure lead)" "6.000000 1"
check "the table has one row a run" [ "$(wc -l <"$work/table.csv")" = 11 ]
check "with what was said, decided, observed" grep -qF "2024-09-04T00:00:00Z,2024-09-04T06:00:00Z,00001,0.800000,yes,1,8,6,mm,yes,2024-09-04T06:00:00Z," "$work/table.csv"
check "the page has the chart of runs, reliability and ROC" eval '[ "$(grep -c "<svg" "$work/page.html")" = 3 ] && grep -q "ROC area" "$work/page.html"'
command -v xmllint >/dev/null && check "the page is well formed" xmllint --html --noout "$work/page.html"
price chances
check "for people, each beside its n" eval 'has "n = 10 runs and places" && grep -qE "Brier score, 0 is best +0.1202 +n = 10 +95 %: 0\.[0-9]+ to 0\.[0-9]+" "$out"'
check "with the reliability table" grep -qE "^ +60 % to  70 % +0.6000 +1.0000 " "$out"
check "and the ROC by tenths" grep -qE "^ +60 % +0.7500   0.1667" "$out"
cp "$out" "$work/once"
price chances
check "the same past gives the same report" cmp "$out" "$work/once"
price chances --from 2024-09-01 --to 2024-09-05T06:00:00Z --json
check "between two days, of so few runs there is no interval" same "$(jq -c '.forecasts | [.pairs, .blocks, .scores[0].low_95]' "$out")" '[5,5,null]'

sed -e 's/^id: chances/id: dry/; s/^trigger: {index: ">="/trigger: {index: "<"/; s/values: \[5\]/values: [4]/; s/values: \[0\]/values: [6]/' "$work/chances.yaml" >"$work/dry.yaml"
price dry --csv "$work/dry.csv"
check "a sum that stays under its threshold is known to at the window's end, not after its first step" \
    same "$(awk -F, '/^2024-09-01T/ {print $10, $11}' "$work/dry.csv")" "yes 2024-09-01T06:00:00Z"

sed -e 's/^id: chances/id: mean/; s/^index: .*/index: {take: mean, within: 6 h}/; s/threshold: 5 mm/threshold: 1 mm/' "$work/chances.yaml" >"$work/mean.yaml"
price mean --csv "$work/mean.csv"
check "a mean that passes over a part of the window already is known at the window's end" \
    same "$(awk -F, '/^2024-09-04T/ {print $10, $11}' "$work/mean.csv")" "yes 2024-09-04T06:00:00Z"

# --- one stage of several, by itself ----------------------------------------------------------------------
# The first looks at hours 3 to 6 after a run, the second at hours 0 to 6; runs tell of both halves.
printf '  halves:\n    title: T\n    licence: L\n    url: halves/\n    boundary_set: square\n    kind: forecast\n    variables: [{reads: tp, means: rain, interval: bounds}]\n' >"$work/halves"
sed -i "/^  gauge:/{
r $work/halves
N
}" "$site/sources.yaml"
sed -e 's/^id: chances/id: staged/; s/^source: .*/source: halves/; /^trigger:/d; /^clear:/d' \
    -e 's/^index: .*/index: {take: total, within: 6 h}/; s/^ensemble: .*/ensemble: {members: 2, minimum: 2}/' \
    -e 's/^persistence: 1/stages:\n  - {name: early, level: 1, watch: forecast, lead: 3 h, index: {take: total, within: 3 h}, trigger: {index: ">=", threshold: 5 mm}, probability: ">=", threshold: 50 %}\n  - {name: late, level: 2, watch: forecast, lead: none, trigger: {index: ">=", threshold: 5 mm}, probability: ">=", threshold: 100 %}\n&/' \
    -e 's/count: 20, values: \[5\]/count: 2, values: [5]/; s/count: 20, values: \[0\]/count: 2, values: [0]/; s/step: 6 h, members/step: 6 h, level: 2, members/' \
    -e 's/level: 2, says: "off"/says: "off"/; s/ {threshold} {probability}//g' "$work/chances.yaml" >"$work/staged.yaml"
halves() { # DAY FIRST THEN: both members alike
    local m
    mkdir -p "$site/halves"
    "$bin/tests/tools/gribfile" "$site/halves/$1.grib2" $(for m in 1 2; do
        echo "name=tp,centre=7,date=202409$1,hour=0,start=0,end=3,value=$2,member=$m"
        echo "name=tp,centre=7,date=202409$1,hour=0,start=3,end=6,value=$3,member=$m"
    done)
}
halves 14 9 1 && seen 14 9 0 # only the late stage: what fell, fell before hour 3
halves 15 0 8 && seen 15 0 7 # both, and both are right
halves 16 0 8 && seen 16 4 1 # both said so; of the late one's six hours that was right
run gong ingest run --now 2024-09-20T00:00:00Z
scores() { jq -c '.forecasts | [.hits, .false_alarms, .misses, .correct_negatives]' "$out"; }
price staged --stage early --json
check "a stage by itself: of its own hours, hit, false alarm, nothing" same "$(scores)" '[1,1,0,1]'
check "its lead is from the run on, not from where its hours begin" same "$(figure lead)" "6.000000 1"
check "and it is said which was tried" same "$(jq -r .series "$out" | grep -c 'stage alone: early')" 1
price staged --stage late --json
check "the other one: of all six hours" same "$(scores)" '[3,0,0,0]'
check "one alert of three days, told 3 hours before the step that reached the threshold" same "$(figure lead)" "3.000000 1"
price staged --stage early --csv "$work/early.csv"
check "the table has the run and the hours of the stage" grep -qE "^2024-09-15T00:00:00Z,2024-09-15T06:00:00Z,.*,yes,2024-09-15T06:00:00Z," "$work/early.csv"

# --- the vectors of CRPS: members beside a value --------------------------------------------------------
alert five 5 5
members five 11 3 5 8 10 14
members five 12 0 0 0 2 30
alert ten 10 100
members ten 13 120 85 60 150 95 40 200 110 75 130
seen 11 7 0 && seen 12 0 0 && seen 13 100 40
run gong ingest run --now 2024-09-20T00:00:00Z
crps() { awk -F, -v run="2024-09-$1T" 'index($1, run) == 1 {print $12, $13}' "$work/crps.csv"; }
price five --csv "$work/crps.csv" && check "CRPS of five members beside 7" same "$(crps 11)" "1.240000 0.700000"
check "and beside 0" same "$(crps 12)" "1.440000 0.200000"
price ten --csv "$work/crps.csv" && check "of ten beside 140, and fair" same "$(crps 13)" "22.850000 20.111111"

# --- several conditions: each beside what stands for its source -------------------------------------------
for name in north south; do
    printf '  %s:\n    title: T\n    licence: L\n    url: %s/\n    boundary_set: square\n    kind: forecast\n    variables: [{reads: tp, means: rain, interval: bounds}]\n' $name $name
done >"$work/two"
printf '  other:\n    title: T\n    licence: L\n    url: others/\n    boundary_set: square\n    kind: observation\n    variables: [{reads: rain, means: rain, interval: bounds}]\n' >>"$work/two"
cat "$work/two" >>"$site/sources.yaml"
# conditions NAME HOW: rain of both, or of either, reaches 5 mm in six hours.
conditions() {
    sed -e "s/^id: chances/id: $1/; s/^source: .*/source: north/; /^ensemble:/d; /^clear:/d; s/ {probability}//g" \
        -e "s/^persistence: 1/$2: [{name: second, source: south, trigger: {index: \">=\", threshold: 5 mm}}]\n&/" \
        -e "/^cases:/,\$d" "$work/chances.yaml" >"$work/$1.yaml"
    cat >>"$work/$1.yaml" <<END
cases:
  fire: [{name: both, step: 6 h, values: [5], more: [{of: second, step: 6 h, values: [5]}]}]
  not_fire: [{name: neither, step: 6 h, values: [4.9], more: [{of: second, step: 6 h, values: [4.9]}]}]
END
}
conditions both all_of
conditions either any_of
single() { # SOURCE DAY MM
    mkdir -p "$site/$1"
    "$bin/tests/tools/gribfile" "$site/$1/$2.grib2" "name=tp,centre=7,date=202409$2,hour=0,start=0,end=6,value=$3"
}
while read -r day north south fell elsewhere; do
    single north "$day" "$north" && single south "$day" "$south"
    seen "$day" 1 "$fell"
    mkdir -p "$site/others" && mv "$site/seen/$day.nc" "$work/kept.nc" && seen "$day" 1 "$elsewhere" && mv "$site/seen/$day.nc" "$site/others/" && mv "$work/kept.nc" "$site/seen/$day.nc"
done <<'END'
21 8 8 5 5
22 8 8 5 1
23 8 2 5 5
24 2 2 0 0
END
run gong ingest run --now 2024-09-28T00:00:00Z
price both --observed south=other --json --csv "$work/both.csv"
check "both of them said and both seen; one alone is a false alarm, or a miss" same "$(scores)" '[1,1,1,1]'
check "what is said of several conditions is the decision, and that is told" same "$(jq -c '.forecasts | [.several_conditions, [.roc[].from]]' "$out")" '[true,["0.000000","1.000000"]]'
check "the index is the policy's own, said and seen, and so is its CRPS" \
    same "$(awk -F, '/^2024-09-2/ {printf "%s %s %s %s %s;", $4, $7, $8, $10, $12}' "$work/both.csv")" \
    "1.000000 8 6 yes 2.000000;1.000000 8 6 no 2.000000;0.000000 8 6 yes 2.000000;0.000000 2 1 no 1.000000;"
check "it is met when the later of the two is, or would be" grep -q "^2024-09-21T.*,yes,2024-09-21T06:00:00Z," "$work/both.csv"
price both --json
check "one source may stand for both" same "$(scores)" '[2,0,1,1]'
price either --observed south=other --json
check "either of them" same "$(scores)" '[3,0,0,1]'
price both --observed south=other
check "for people" has "of several conditions the decision is what was said, 0 or 1; members and CRPS are of the policy's own index"
for name in gauge other; do run gong series build --source $name --out "$work/$name.nc"; done
run "$bin/gong" price "$work/both.yaml" --site "$site" --observed "$work/gauge.nc" --observed "south=$work/other.nc" --json
check "of series files the same" same "$(scores)" '[1,1,1,1]'
run "$bin/gong" price "$work/both.yaml" --site "$site" --observed "$work/gauge.nc" --json
check "one series may stand for both" same "$(scores)" '[2,0,1,1]'
price both --observed "south=$work/other.nc"
check "files and sources are not mixed" eval '[ $code -eq 2 ] && has "either series files or sources of the site, not both"'
price both --observed other
check "a second one says for which source it stands" eval '[ $code -eq 2 ] && has "each further one says for which it stands, as FORECAST=SOURCE"'
price both --observed sout=other
check "a source that the policy does not look at is no slip that is passed over" eval '[ $code -eq 2 ] && has "looks at no such source; write one of north, south"'
price both --observed south=other --observed south=gauge
check "nor is one given twice" eval '[ $code -eq 2 ] && has "--observed is given twice for south; keep one"'
price both --observed south=nowhere
check "a source that observed nothing is named with the condition" eval '[ $code -eq 4 ] && has "the site has no observation of rain from nowhere over square, while looking at what was observed of second"'

# --- what cannot be, and why ----------------------------------------------------------------------------
price ten --from 2024-09-14
check "no run between two days is said" eval '[ $code -eq 4 ] && has "none of them whole between"'
run "$bin/gong" price "$work/ten.yaml" --site "$site"
check "without what was observed it is asked for" has "give --reported CSV or --observed SOURCE"
run "$bin/gong" price "$work/ten.yaml" --site "$site" --observed chances
check "forecasts are no observation" eval '[ $code -eq 4 ] && has "the site has no observation of rain from chances"'
run "$bin/gong" backtest "$work/ten.yaml" --series "$work/none.nc" --observed gauge
check "a series that is not there is named" has "none.nc"
run gong series build --source gauge --out "$work/gauge.nc"
run "$bin/gong" price "$work/ten.yaml" --series "$work/gauge.nc"
check "members are of a site, not of a series" has "try it on a site that has its runs, with --site, and the series as --observed"
run "$bin/gong" price "$work/chances.yaml" --site "$site" --observed "$work/gauge.nc" --json
check "what was observed may be a series file" same "$(figure 'Brier score')" "0.120250 10"
run "$bin/gong" backtest "$work/chances.yaml" --site "$site"
check "a backtest of forecasts tells of its runs and alerts" eval 'has "2024-09-04T00:00:00Z" && has "2 go on, in 1 of 1 places"'
printf '%s\n' period 2024-09-04 2024-09-08 >"$work/days.csv"
run "$bin/gong" price "$work/chances.yaml" --site "$site" --reported "$work/days.csv"
check "and is scored by reported days as well" has "alerts beside the 2 days that were reported: hits 1, misses 1, false alarms 1"

# --- the demo season's own forecasts ----------------------------------------------------------------------
run "$bin/gong" init "$work/demo" --quiet
site=$work/demo
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
run "$bin/gong" season write "$site/season" --quiet
run gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone --quiet
run gong ingest run --quiet
run "$bin/gong" price policies/bac-kan-heavy-rain.yaml --site "$site" --observed demo-observed
check "of ten runs what was observed covers three days after one, and a single run gives no interval" \
    eval 'has "n = 37 runs and places (333 not known on both sides); intervals: runs drawn anew, 1 of them, too few for any" && has "hits 22, false alarms 4, misses 0, correct negatives 11"'
run "$bin/gong" price policies/products/dak-nong-heavy-rain.yaml --site "$site" --observed demo-observed
check "an alert with stages says what is wanted instead" has "has stages (--stage NAME tries one by itself): what happened is told of one answer to a run; --reported CSV takes the days"
run "$bin/gong" price policies/products/dak-nong-heavy-rain.yaml --site "$site" --observed demo-observed --stage evacuation
check "a stage that it has not is refused with those that it has" eval '[ $code -eq 3 ] && has "no stage \"evacuation\"; it has readiness, activation, observed"'
run "$bin/gong" price policies/bac-kan-heavy-rain.yaml --site "$site" --observed demo-observed --stage activation
check "and so is one of an alert without stages" has "it has no stages at all"
finish
