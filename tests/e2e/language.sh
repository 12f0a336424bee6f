#!/usr/bin/env bash
# Policies that look in more than one way, from files to decisions, messages and payouts: a top-up when
# later data say more, and never a claw-back; the ladder that fills what is missing; a contract on a
# gauge; two sources that must agree; a share of the communes; stages over three forecast runs. Ten
# square communes, each one cell of the grids, so that every value here is the one that was written.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
run "$bin/gong" init "$site"
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
cat >"$site/sources.yaml" <<'Y'
sources:
  rain-a: {title: A, licence: CC0, url: grids/a/, boundary_set: squares, kind: observation, variables: [{reads: rain, means: rain, interval: day, stamp: start}]}
  rain-b: {title: B, licence: CC-BY B, url: grids/b/, boundary_set: squares, kind: observation, variables: [{reads: rain, means: rain, interval: day, stamp: start}]}
  rain-c: {title: C, licence: CC0, url: grids/c/, boundary_set: squares, kind: observation, variables: [{reads: rain, means: rain, interval: day, stamp: start}]}
  runs: {title: runs, licence: CC0, url: grids/runs/, boundary_set: squares, kind: forecast, variables: [{reads: rain, means: rain, interval: 6 h, stamp: end}]}
  air: {title: air, licence: CC0, url: grids/air/, boundary_set: squares, kind: observation, variables: [{reads: t2m, means: temperature, interval: 12 h, stamp: end}]}
  gauges:
    title: gauges
    licence: CC0
    format: stations
    kind: observation
    url: grids/gauges/
    stations: {format: csv, code: id, time: at, time_format: YYYY-MM-DD}
    variables: [{reads: mm, means: rain, unit: mm, interval: day, stamp: start}]
Y
mkdir -p "$site"/grids/{a,b,c,runs,air,gauges}

# --- ten communes, see squares.py ------------------------------------------------------------------------
squares=$PWD/tests/e2e/squares.py
make() { (cd "$site/grids" && python3 "$squares"); }
make <<P
squares("$work/squares.geojson")
P
run gong boundary import "$work/squares.geojson" --set squares --code code --name name --zone zone
check "ten communes are imported" has "10 communes"
cat >"$work/former.csv" <<'C'
new_commune_code,old_commune_code,old_commune,old_province,is_split
90001,80001,Xã A,Tỉnh Cũ,0
90002,80002,Xã B,Tỉnh Khác,0
90002,80003,Xã C,Tỉnh Cũ,1
90003,80003,Xã C,Tỉnh Cũ,1
90004,80004,Xã D,Tỉnh Cũ Kỹ,0
C
run gong boundary former "$work/former.csv" --set squares
check "and what they were before" [ $code -eq 0 ]

# --- policies ------------------------------------------------------------------------------------------
# policy ID KIND: the head of one; what follows stands in the input.
policy() {
    {
        printf 'gong: 1\nid: %s\nversion: 1\nkind: %s\ntitle: {vi: "%s (diễn tập)", en: "%s (a drill)"}\nboundary_set: squares\narea: all\nvariable: rain\nminimum_coverage: 90 %%\n' "$1" "$2" "$1" "$1"
        if [ "$2" = insurance ]; then
            printf 'message: {vi: "{contract} {amount} {commune}", en: "{contract} {amount} {commune}"}\n'
        else
            printf 'message: {vi: "{commune} {index} {issued} {next}", en: "{commune} {index} {issued} {next}"}\n'
        fi
        cat
    } >"$site/policies/$1.yaml"
}
january='effective: {from: 2024-01-01, to: 2024-01-31}
period: {each: month, day: utc00}
rounding: 0.1 mm'
deficit='payout: {form: linear_deficit, strike: 90 mm, exit: 30 mm, rounding: 1 VND}
cases:
  fire: [{name: 84 of 90, step: period, values: [84], sum_insured: 10000000 VND, pays: 1000000 VND}]
  not_fire: [{name: 96, step: period, values: [96]}]'
policy later insurance <<Y
$january
source: rain-a
index: {take: total}
settle_after: 2 days
settlement: true_up
$deficit
Y
policy once insurance <<Y
$january
source: rain-a
index: {take: total}
settle_after: 2 days
settlement: settle_once
$deficit
Y
policy ladder insurance <<Y
$january
source: rain-c
index: {take: total}
substitutes: [{source: rain-b, ratio: 0.8}, {neighbours: 2, within: 15 km}, {climatology: [5 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm]}]
missing_at_most: 20 %
settle_after: 2 days
settlement: settle_once
$deficit
Y
policy final insurance <<Y
$january
source: rain-c
index: {take: total}
substitutes: [{source: rain-b, ratio: 0.8}, {climatology: [5 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm]}]
missing_at_most: 20 %
settle_after: 2 days
settlement: true_up
$deficit
Y
policy gauge insurance <<Y
$january
source: gauges
station: G1
index: {take: total}
settle_after: 2 days
settlement: settle_once
$deficit
Y
february='effective: {from: 2024-02-01, to: 2024-02-29}
watch: observation
period: {each: month, day: utc00}
persistence: 1
next_update: 10 days'
policy spi alert <<Y
$february
source: rain-a
index:
  take: spi
  years: [42.16 mm, 92.97 mm, 111.19 mm, 75.74 mm, 65.89 mm, 110.80 mm, 120.66 mm, 17.56 mm, 50.76 mm, 45.66 mm, 81.66 mm, 61.50 mm, 66.02 mm, 27.09 mm, 61.46 mm, 60.56 mm, 62.34 mm, 135.73 mm, 22.12 mm, 57.74 mm, 72.78 mm, 34.25 mm, 136.81 mm, 8.22 mm, 64.39 mm, 12.06 mm, 30.16 mm, 67.36 mm, 32.41 mm, 53.14 mm]
rounding: 0.01
trigger: {index: "<=", threshold: -1}
cases: {fire: [{name: dry, step: period, values: [27.09]}], not_fire: [{name: usual, step: period, values: [60.56]}]}
Y
policy spei alert <<Y
$february
source: rain-a
index:
  take: spei
  pet: 100 mm
  years: [-62.0 mm, -15.5 mm, 24.3 mm, -88.1 mm, 40.2 mm, 5.0 mm, -33.4 mm, 71.6 mm, -95.0 mm, 12.8 mm, -47.7 mm, 158.9 mm, -9.9 mm, -70.4 mm, 33.3 mm, -21.2 mm, 95.6 mm, -54.8 mm, 18.1 mm, -38.5 mm, 2.2 mm, -27.9 mm, 49.0 mm, -81.3 mm, -3.6 mm, 27.7 mm, -44.4 mm, 124.4 mm, -18.6 mm, -60.2 mm]
rounding: 0.01
trigger: {index: "<=", threshold: -1}
cases: {fire: [{name: dry, step: period, values: [38]}], not_fire: [{name: usual, step: period, values: [90.1]}]}
Y
policy wrsi alert <<Y
$february
source: rain-a
index: {take: wrsi, holds: 60 mm, holds_at_start: 20 mm, easy: 45 %, pet: [40 mm, 40 mm, 40 mm], kc: [1.2, 1.2, 1.2]}
rounding: 0.1 %
trigger: {index: "<", threshold: 50 %}
cases: {fire: [{name: none, step: 24 h, values: [0 x 29]}], not_fire: [{name: enough, step: 24 h, values: [5 x 29]}]}
Y
policy cold alert <<Y
$february
source: air
index: {take: longest_spell, day: "<", at: 13 °C, each_day: mean, missing: break}
rounding: 1 days
trigger: {index: ">=", threshold: 3 days}
cases: {fire: [{name: three days, step: 12 h, values: [20 x 50, 10, 15.8, 10, 15.8, 10, 15.8]}], not_fire: [{name: two, step: 12 h, values: [20 x 52, 10, 15.8, 10, 15.8]}]}
Y
# The same, looked at each day over the three days up to its end: told on the third day, not at the month's end.
policy cold-daily alert <<Y
${february/each: month/each: day, last: 3 days}
source: air
index: {take: longest_spell, day: "<", at: 13 °C, each_day: mean, missing: break}
rounding: 1 days
trigger: {index: ">=", threshold: 3 days}
cases: {fire: [{name: three days, step: 12 h, values: [10, 15.8, 10, 15.8, 10, 15.8], index: 3 days}], not_fire: [{name: two, step: 12 h, values: [10, 15.8, 10, 16, 10, 15.8], index: 1 days}]}
Y
policy rainy alert <<Y
${february/each: month/each: month, last: 2 months}
source: rain-a
index: {take: total}
rounding: 0.1 mm
trigger: {index: ">=", threshold: 100 mm}
cases: {fire: [{name: wet, step: period, values: [100]}], not_fire: [{name: dry, step: period, values: [99.9]}]}
Y
sed -i 's/^variable: rain/variable: temperature/' "$site"/policies/cold*.yaml
march='effective: {from: 2024-03-01, to: 2024-03-31}
source: rain-a
watch: observation
rounding: 0.1 mm
persistence: 1
next_update: 24 h'
policy agree alert <<Y
$march
period: {each: day, day: utc00}
index: {take: total}
trigger: {index: ">=", threshold: 100 mm}
all_of: [{name: second, source: rain-b, trigger: {index: ">=", threshold: 100 mm}}]
cases:
  fire: [{name: both, step: 24 h, values: [100], more: [{of: second, step: 24 h, values: [100]}]}]
  not_fire: [{name: one, step: 24 h, values: [100], more: [{of: second, step: 24 h, values: [99.9]}]}]
  not_known: [{name: the second is silent, step: 24 h, values: [100]}]
Y
policy wide alert <<Y
${march/0.1 mm/0.1 %}
index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: maximum_sum, over: 24 h, within: 24 h}, rounding: 0.1 mm, trigger: {index: ">=", threshold: 100 mm}}}
trigger: {index: ">=", threshold: 20 %}
cases:
  fire: [{name: 2 of 10, step: 24 h, communes: [{count: 2, values: [100]}, {count: 8, values: [0]}]}]
  not_fire: [{name: 1 of 10, step: 24 h, communes: [{count: 1, values: [100]}, {count: 9, values: [0]}]}]
Y
policy slow alert <<Y
${march/persistence: 1/persistence: 2
persistence_off: 2
clear: {index: \"<\", threshold: 50 mm\}}
level: 2
period: {each: day, day: utc00}
index: {take: total}
trigger: {index: ">=", threshold: 100 mm}
cases:
  fire: [{name: wet, step: 24 h, values: [100]}]
  not_fire: [{name: dry, step: 24 h, values: [99.9]}]
Y
policy former alert <<Y
$march
period: {each: day, day: utc00}
index: {take: total}
trigger: {index: ">=", threshold: 100 mm}
cases:
  fire: [{name: wet, step: 24 h, values: [100]}]
  not_fire: [{name: dry, step: 24 h, values: [99.9]}]
Y
sed -i 's/^area: all/area: {former_provinces: [Tỉnh Cũ]}/' "$site/policies/former.yaml"
policy stages alert <<'Y'
effective: {from: 2024-03-01, to: 2024-03-31}
source: runs
watch: forecast
index: {take: maximum_sum, over: 24 h, within: 24 h}
rounding: 0.1 mm
ensemble: {members: 4, minimum: 3}
stages:
  - {name: readiness, level: 1, watch: forecast, lead: 24 h, trigger: {index: ">=", threshold: 100 mm}, probability: ">=", threshold: 50 %}
  - {name: activation, level: 2, watch: forecast, lead: none, trigger: {index: ">=", threshold: 100 mm}, probability: ">=", threshold: 75 %, message: {vi: "{commune} hôm nay {index}, ngưỡng {threshold}, {probability}. {issued} {next}", en: "{commune} today {index}, threshold {threshold}, {probability}. {issued} {next}"}}
  - {name: observed, level: 3, watch: observation, source: rain-a, trigger: {index: ">=", threshold: 100 mm}}
persistence: 1
next_update: 24 h
cancel: {vi: "Hết cảnh báo ở {commune}. {issued}, {next}.", en: "Over in {commune}. {issued}, {next}."}
cases:
  fire: [{name: readiness, step: 24 h, members: [{count: 2, values: [0, 100]}, {count: 2, values: [0, 0]}], level: 1, more: [{of: observed, step: 24 h, values: [0]}]}]
  not_fire: [{name: nothing, step: 24 h, members: [{count: 4, values: [0, 0]}], more: [{of: observed, step: 24 h, values: [0]}]}]
Y
# Whole days of a forecast: of a run at 00 UTC the first begins at 12 UTC, and no day has more than 45 mm.
policy ahead alert <<'Y'
effective: {from: 2024-03-01, to: 2024-03-31}
source: runs
watch: forecast
period: {each: run, day: vnrain19}
index: {take: total, daily_cap: 45 mm, within: 1 days}
rounding: 0.1 mm
trigger: {index: ">=", threshold: 45 mm}
ensemble: {members: 4, minimum: 3, probability: ">=", threshold: 50 %}
persistence: 1
next_update: 24 h
cases:
  fire: [{name: half, step: 6 h, probability: 50 %, members: [{count: 2, values: [20, 20, 10, 0]}, {count: 2, values: [0 x 4]}]}]
  not_fire: [{name: a quarter, step: 6 h, members: [{count: 1, values: [50, 0, 0, 0]}, {count: 3, values: [0 x 4]}]}]
  calendar: [{name: of a run, issued: "2024-03-10T00:00Z", next: "2024-03-11T00:00Z", from: "2024-03-10T12:00Z", to: "2024-03-11T12:00Z"}]
Y
# The same with a point of no return: a day before its rain readiness cannot be taken back.
sed -e 's/^id: stages/id: bound/' -e 's/lead: 24 h,/lead: 24 h, cut_off: 24 h,/' -e 's/{name: readiness, level/{name: readiness, title: {vi: sẵn sàng, en: make ready}, level/' "$site/policies/stages.yaml" >"$site/policies/bound.yaml"
run gong policy explain "$site/policies/bound.yaml" --lang en
check "the cut-off stands in its words" has "no run takes it back from 24 h before that time until it is over"
run gong policy check "$site/policies"
check "the policies are right, and their cases" [ $code -eq 0 ]
run gong policy messages "$site/policies/stages.yaml"
check "what people read at each stage: its own words, or the policy's" has "hôm nay 112,3 mm, ngưỡng 100 mm, 65 %"
{
    echo "contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,starts,ends"
    for p in later once ladder final gauge; do
        for i in 01 02 03 04 05 06 07 08 09 10; do
            echo "$p-$i,P-$i,Nông Văn $i (diễn tập),849000001$i,DRILL-$i,vi,900$i,squares,$p,10000000,2024-01-01,2024-12-31"
        done
    done
    echo "ladder-late,P-02,Nông Văn 02 (diễn tập),84900000102,DRILL-02,vi,90002,squares,ladder,10000000,2024-01-15,2024-12-31"
} >"$work/contracts.csv"
run gong contract import "$work/contracts.csv"
check "fifty contracts are imported, and one that begins within January" [ $code -eq 0 ]

query() { sqlite3 "$site/ledger.db" "$1"; }
# answer POLICY PERIOD COMMUNE: the newest one, with its index in mm.
answer() { query "SELECT (text ->> 'answer') || ' ' || coalesce((text ->> 'index_milli') / 1000.0, '-') FROM entry WHERE kind = 'decision' AND text ->> 'policy' = '$1' AND text ->> 'period' = '$2' AND text ->> 'commune' = '$3' ORDER BY seq DESC LIMIT 1"; }
paid() { jq -r --arg p "$1" 'select(.contract == $p) | .amount_vnd' "$site/out/pay.jsonl" 2>/dev/null | paste -sd+ | tr -d '\n'; }
# told POLICY PERIOD: in which communes somebody was told, and of which kind.
told() { jq -r --arg p "$1" --arg t "$2" 'select(.policy == $p and .period == $t) | "\(.kind) \(.commune)"' "$site/out/sms.jsonl" 2>/dev/null | sort -u | paste -sd, ; }
# said POLICY PERIOD COMMUNE: the first words of it.
said() { jq -r --arg p "$1" --arg t "$2" --arg c "$3" 'select(.policy == $p and .period == $t and .commune == $c) | .text' "$site/out/sms.jsonl" | head -1 | sed 's/ 0[0-9]:00 .*//; s/ Không phải.*//'; }
decide() { # decide NOW
    run gong ingest fetch
    run gong ingest decode
    check "what lies there is read ($1)" [ $code -eq 0 ]
    run gong trigger run --now "$1"
    check "and decided" [ $code -eq 0 ]
    run gong notify drain
}

# --- a top-up, never a claw-back; the ladder; the gauge --------------------------------------------------
make <<'P'
wet = {(1, c): 120 for c in range(1, 11)}
days("a/1.nc", "2024-01-01", 31, {**wet, (1, 1): 80, (31, 1): 4, (1, 2): 60})
days("b/1.nc", "2024-01-01", 31, {(3, 1): 12.5, **{(4, c): None for c in range(1, 11)}, **{(5, c): None for c in range(1, 11)}})
# commune 1 lacks the third day, commune 2 the fourth, all of them the fifth; commune 10 lacks a week
days("c/1.nc", "2024-01-01", 31, {**{(1, c): 60 for c in range(1, 11)}, (3, 1): None, (4, 2): None, (4, 1): 3, (4, 3): 6, (4, 7): 50,
     **{(5, c): None for c in range(1, 11)}, **{(d, 10): None for d in range(6, 13)}})
P
{
    echo id,at,mm
    for d in $(seq -w 1 31); do echo "G1,2024-01-$d,$((10#$d % 2 * 4))"; done
    for d in $(seq -w 1 31); do echo "G2,2024-01-$d,90"; done
} >"$site/grids/gauges/1.csv"
decide 2024-02-03T00:00:00Z
check "84 mm are decided" same "$(answer later 2024-01 90001)" "yes 84.0"
check "and 1,000,000 are paid" same "$(paid later-01) $(paid once-01)" "1000000 1000000"
check "60 mm pay half" same "$(paid later-02)" 5000000
check "120 mm pay nothing" same "$(answer later 2024-01 90003) $(paid later-03)" "no 120.0 "
check "12.5 mm of the second source are 10.0 mm, the fifth day is as usual" same "$(answer ladder 2024-01 90001)" "yes 78.0"
check "the two nearest communes stand for the fourth day of the second: (3 + 6) / 2" same "$(answer ladder 2024-01 90002)" "yes 69.5"
check "a commune that lacks a week is not filled" same "$(answer ladder 2024-01 90010) $(paid ladder-10)" "unknown - "
check "each rung stands in the trace" same "$(query "SELECT group_concat((value ->> 'rung') || (value ->> 'by') || (value ->> 'value')) FROM entry, json_each(text, '\$.trace') WHERE kind = 'decision' AND text ->> 'policy' = 'ladder' AND text ->> 'commune' = '90002' AND value ->> 'step' = 'substituted'")" "2neighbours1,3climatology1"
check "the ladder's payout: (90 - 69.5) / 60" same "$(paid ladder-02)" 3416667
check "with what is provisional: 60 + 10 + 3 + 5 pay (90 - 78) / 60" same "$(answer final 2024-01 90001) $(paid final-01)" "yes 78.0 2000000"
check "60 + 3 + 5, of the fourth day nothing" same "$(answer final 2024-01 90006) $(paid final-06)" "yes 65.0 4166667"
run gong explain --contract ladder-02
check "and it is explained" has "trung bình của các xã lân cận (bậc 2)"
run gong explain --contract ladder-02 --lang en
check "down to the đồng: share, sum insured, rounding" has "reckoned for ladder-02: 41/120 × 10,000,000 VND = 3,416,666.666 VND; rounded once to 1 VND: 3,416,667 VND; due 3,416,667 VND"
check "and whose data they are: of every source that was taken" has "CC-BY B"
check "by the first source's licence too" has "CC0"
check "a contract that begins within the period is paid nothing" same "$(paid ladder-late)" ""
run gong explain --contract ladder-late --lang en
check "and is told why, not what it would be due" has "contract ladder-late: holds from 2024-01-15 to 2024-12-31, not the whole period 2024-01-01 – 2024-01-31, so it does not cover it"
check "no amount is named" [ "$(grep -c "reckoned for" "$out")" = 0 ]
check "the gauge pays every commune alike" same "$(paid gauge-01) $(paid gauge-10)" "4333333 4333333"
run gong backtest "$site/policies/gauge.yaml" --json
check "and is tried on the site's past as it is paid: ten times 4,333,333" same "$(jq -c '[.pays_vnd, .yes, .unknown, .seasons[0].mean_milli]' "$out")" "[43333330,10,0,64000]"
check "of a gauge that is not named nothing is taken" same "$(answer gauge 2024-01 90005)" "yes 64.0"
# The same past without a site, while rain-c still has holes that rain-b fills.
made_into_series() { # SOURCES...: what is known of each by now, without a site
    for source in "$@"; do
        gong series build --source "rain-$source" --out "$work/$source.nc" --quiet
    done
}
several() { # POLICY OWN OTHER SOURCES...: the site's answers, and those of series files
    gong backtest "$site/policies/$1.yaml" --csv "$work/$1-site.csv" --quiet
    run "$bin/gong" backtest "$site/policies/$1.yaml" --series "$work/$2.nc" --series "rain-$3=$work/$3.nc" --csv "$work/$1-series.csv"
    check "$1: series of rain-$2 and rain-$3 give the answers of the site" eval '[ $code -eq 0 ] && [ "$(cut -d, -f8 "$work/'$1'-site.csv" | sort -u | wc -l)" -ge 3 ] && cmp "$work/'$1'-site.csv" "$work/'$1'-series.csv"'
}
made_into_series b c
several final c b
several ladder c b
check "with the neighbours that fill" same "$(cut -d, -f4,6 "$work/ladder-series.csv" | grep ^90002)" "90002,69.5"
run "$bin/gong" backtest "$site/policies/final.yaml" --series "$work/c.nc" --csv "$work/alone.csv"
check "which alone rain-c does not" eval '[ $code -eq 0 ] && ! cmp -s "$work/final-site.csv" "$work/alone.csv"'
check "of which the third day of the first commune is 5 mm, as usual, not 10" same "$(cut -d, -f4,6 "$work/alone.csv" | grep ^90001)" "90001,73"
make <<'P'
wet = {(1, c): 120 for c in range(1, 11)}
days("a/2.nc", "2024-01-01", 31, {**wet, (1, 1): 78, (1, 2): 60})
# what was missing comes from the first source itself: less in commune 1, more in commune 6
days("c/2.nc", "2024-01-01", 31, {**{(1, c): 60 for c in range(1, 11)}, (3, 1): 2, (4, 1): 3, (4, 2): 4, (4, 3): 6, (4, 7): 50, (5, 6): 40})
P
decide 2024-02-10T00:00:00Z
check "the final values are decided, without a rung: 60 + 2 + 3" same "$(answer final 2024-01 90001) $(query "SELECT count(*) FROM json_each((SELECT text ->> 'trace' FROM entry WHERE kind = 'decision' AND text ->> 'policy' = 'final' AND text ->> 'commune' = '90001' ORDER BY seq DESC LIMIT 1)) WHERE value ->> 'step' = 'substituted'")" "yes 65.0 0"
check "and what was paid on provisional ones is topped up to (90 - 65) / 60" same "$(paid final-01)" "2000000+2166667"
check "where the final say more than the provisional, nothing is taken back" same "$(answer final 2024-01 90006) $(paid final-06)" "no 100.0 4166667"
check "a contract that settles once stays with what it settled on" same "$(answer ladder 2024-01 90001) $(paid ladder-01)" "yes 65.0 2000000"
check "78 mm are decided later" same "$(answer later 2024-01 90001)" "yes 78.0"
check "and topped up to 2,000,000, where the contract says so" same "$(paid later-01) $(paid once-01)" "1000000+1000000 1000000"
make <<'P'
wet = {(1, c): 120 for c in range(1, 11)}
days("a/3.nc", "2024-01-01", 31, {**wet, (1, 1): 96, (1, 2): 60})
P
decide 2024-02-20T00:00:00Z
check "96 mm in the end are decided" same "$(answer later 2024-01 90001)" "no 96.0"
check "and nothing is taken back" same "$(paid later-01) $(paid once-01) $(paid later-02)" "1000000+1000000 1000000 5000000"

# --- what happened, as a case ------------------------------------------------------------------------------
mkdir "$work/events"
run gong series build --source rain-a --out "$work/events/rain-a.nc"
sum=$(sha256sum <"$work/events/rain-a.nc" | cut -d' ' -f1)
sed -e 's/^effective: .*/effective: {from: 2027-01-01, to: 2027-12-31}/' \
    -e "s/^  fire: \[/&{name: January 2024, series: rain-a.nc, sha256: $sum, place: \"90002\", period: 2024-01, sum_insured: 10000000 VND, pays: 5000000 VND}, /" \
    "$site/policies/once.yaml" >"$work/events/once.yaml"
run "$bin/gong" policy check "$work/events/once.yaml"
check "a dated event of a series file is a case" has "3 cases"
sed 's/pays: 5000000 VND/pays: 5000001 VND/' "$work/events/once.yaml" >"$work/events/wrong.yaml"
run "$bin/gong" policy check "$work/events/wrong.yaml"
check "and is decided like the others" has 'the case "January 2024" says it pays 5000001 VND, but it is 5000000 VND'
printf x >>"$work/events/rain-a.nc"
run "$bin/gong" policy check "$work/events/once.yaml"
check "another file is not it" has "its series file is another one"

# --- what is usual, a crop's water, and cold: the worked values, from files to decisions -------------------------
make <<'P'
days("a/f.nc", "2024-02-01", 29, {(1, 1): 8.22, (2, 2): 27.09, (3, 3): 60.56, (20, 4): 110.8, (1, 5): 38, (2, 6): 90.1, (20, 7): 140.2})
cold = (10, 15.8)
air("air/1.nc", "2024-02-01", 29, {(7, 1): cold, (8, 1): cold, (9, 1): cold,
    (7, 2): cold, (8, 2): (10, 16), (9, 2): cold, (10, 2): cold,
    (7, 3): cold, (8, 3): cold, (9, 3): (10, None), (10, 3): cold, (11, 3): cold})
P
decide 2024-02-10T00:00:00Z
check "the third cold day tells people, and nobody before" same "$(told cold-daily 2024-02-08)/$(told cold-daily 2024-02-09)" "/alert 90001"
decide 2024-03-02T00:00:00Z
answers() { local c; for c in $2; do printf '%s; ' "$(answer "$1" 2024-02 "9000$c")"; done; }
check "SPI of 8.22, 27.09, 60.56 and 110.8 mm: -2.3637, -1.0375, 0.1403, 1.2526" same "$(answers spi "1 2 3 4")" "yes -2.36; yes -1.04; no 0.14; no 1.25; "
check "SPEI of -62, -9.9 and 40.2 mm: -1.0225, 0.0509, 0.8627" same "$(answers spei "5 6 7")" "yes -1.02; no 0.05; no 0.86; "
check "water for 58 of 144 mm after one rain, for 20 of them without" same "$(answers wrsi "5 8")" "yes 40.3; yes 13.9; "
check "each day's answer is of the three days up to its end" same "$(for d in 08 09 10 11; do for c in 01 02 03; do echo "$d $c $(answer cold-daily 2024-02-$d 900$c)"; done; done | tr '\n' ';')" "08 01 no 2.0;08 02 no 1.0;08 03 no 2.0;09 01 yes 3.0;09 02 no 1.0;09 03 no 2.0;10 01 no 2.0;10 02 no 2.0;10 03 no 1.0;11 01 no 1.0;11 02 no 2.0;11 03 no 2.0;"
check "two months up to the end of one: 96 mm of January and 8.22 of February" same "$(answer rainy 2024-02 90001)" "yes 104.2"
run gong backtest "$site/policies/cold-daily.yaml" --json
check "the site's past says the same of each day" same "$(jq -c '[.yes, .no, (.seasons | length), (.seasons[] | select(.yes == 1).period)]' "$out")" '[1,269,27,"2024-02-09"]'
check "three cold days in a row; one of 13.0 degrees breaks them, as does one that was not seen whole" same "$(answers cold "1 2 3 4")" "yes 3.0; no 2.0; no 2.0; no 0.0; "

# --- two sources agree; a share of the communes -----------------------------------------------------------
make <<'P'
days("a/4.nc", "2024-03-05", 2, {(1, 1): 120, (1, 2): 120, (2, 1): 120})
days("b/2.nc", "2024-03-05", 2, {(1, 1): 110, (1, 3): 150, (2, 1): 99.9})
P
decide 2024-03-07T00:00:00Z
check "both sources tell of it" same "$(answer agree 2024-03-05 90001)" "yes 120.0"
check "the first alone" same "$(answer agree 2024-03-05 90002)" "no 120.0"
check "the second alone" same "$(answer agree 2024-03-05 90003)" "no 0.0"
check "the second is short by a tenth" same "$(answer agree 2024-03-06 90001)" "no 120.0"
check "people of the one commune are warned" same "$(told agree 2024-03-05)" "alert 90001"
check "a policy of a former province is of what was in it, wholly or in part" same "$(query "SELECT group_concat(text ->> 'commune') FROM entry WHERE kind = 'decision' AND text ->> 'policy' = 'former' AND text ->> 'period' = '2024-03-05'")" "90001,90002,90003"
check "and warns where it rained" same "$(told former 2024-03-05)" "alert 90001,alert 90002"
check "two of ten communes are 20 % everywhere" same "$(answer wide 2024-03-06T00:00:00Z 90009)" "yes 20.0"
check "one of ten is not enough" same "$(answer wide 2024-03-07T00:00:00Z 90009)" "no 10.0"
check "all communes of the area are warned" same "$(told wide 2024-03-06T00:00:00Z | tr ',' '\n' | grep -c '^alert 900')" 10

# --- stages ---------------------------------------------------------------------------------------------
level() { query "SELECT is_on || ' ' || level FROM alert_state WHERE policy = '${2:-stages}' AND commune = '$1'"; }
make <<'P'
quiet = {(1, c): 0 for c in range(1, 11)}
days("a/5.nc", "2024-03-09", 1, quiet)
run("runs/1.nc", "2024-03-10", {**{(m, s, c): 25 for m in (0, 1) for s in range(5, 9) for c in (4, 5)}, **{(m, s, 6): 25 for m in (0, 1, 2) for s in range(1, 5)}})
P
decide 2024-03-10T01:00:00Z
check "the whole day from 12 UTC on has steps 3 to 6 of the run: 50 mm, capped, of two and of three members" same "$(answer ahead 2024-03-10T00:00:00Z 90004); $(answer ahead 2024-03-10T00:00:00Z 90006); $(answer ahead 2024-03-10T00:00:00Z 90001)" "yes 45.0; yes 45.0; no 0.0"
check "two of four members in two days: readiness" same "$(answer stages 2024-03-10T00:00:00Z 90004); $(level 90004)" "yes 100.0; 1 1"
make <<'P'
days("a/6.nc", "2024-03-10", 1, {})
run("runs/2.nc", "2024-03-11", {(m, s, 4): 25 for m in (0, 1, 2) for s in range(1, 5)})
P
decide 2024-03-11T01:00:00Z
check "three of four on the day: activation" same "$(answer stages 2024-03-11T00:00:00Z 90004); $(level 90004)" "yes 100.0; 1 2"
check "in the stage's own words, and of readiness in the policy's" same "$(said stages 2024-03-11T00:00:00Z 90004); $(said stages 2024-03-10T00:00:00Z 90004)" "[DIỄN TẬP] Xã 4 (diễn tập) (trước đây gồm D) hôm nay 100 mm, ngưỡng 100 mm, 75 %.; [DIỄN TẬP] Xã 4 (diễn tập) (trước đây gồm D) 100 mm"
check "where it is off again, its people are told" same "$(told stages 2024-03-11T00:00:00Z)" "alert 90004,cancel 90005,cancel 90006"
check "but not behind the cut-off, where it stays on" same "$(level 90005) $(level 90005 bound) $(told bound 2024-03-11T00:00:00Z)" "0 0 1 1 alert 90004,alert 90006"
check "one that was activated falls to readiness, which is past its own" same "$(level 90006) $(level 90006 bound)" "0 0 1 1"
run gong explain --commune 90006 --policy bound --date 2024-03-11 --lang en
check "and that is explained" has "alert: level 1 since 07:00 11/03/2024; this run lowered it, which is told; not below level 1: that stage is past its cut-off"
check "a stage is called by its title" has "— make ready (level 1)"
run gong explain --commune 90006 --policy bound --date 2024-03-11 --lang vi
check "in the language that is asked for" has "— sẵn sàng (mức 1)"
make <<'P'
days("a/7.nc", "2024-03-11", 1, {(1, 4): 150})
run("runs/3.nc", "2024-03-12", {})
P
decide 2024-03-12T01:00:00Z
check "when its time is over it goes off, and that is told" same "$(level 90005 bound) $(told bound 2024-03-12T00:00:00Z)" "0 0 alert 90004,cancel 90005,cancel 90006"
check "what fell is observed" same "$(answer stages 2024-03-12T00:00:00Z 90004); $(level 90004)" "yes 150.0; 1 3"
printf 'stages:\n  {event_vi: Mưa, event_en: Rain, code: OET-159, category: Met, severity: Severe, urgency: Expected, certainty: Possible, response: Monitor}\n' >"$site/cap.yaml"
run gong cap publish
sure() { grep -l "gong-policy" "$site"/out/cap/*.xml | xargs grep -l "<value>$1<" | xargs sed -n 's/.*<\(urgency\|certainty\)>\(.*\)<.*/\2/p' | sort | uniq -c | tr -s ' \n' ' '; }
check "in CAP it is Observed and Immediate, what may come is not" same "$(sure 90004)" " 4 Expected 2 Immediate 2 Observed 4 Possible "
make <<'P'
days("a/8.nc", "2024-03-12", 1, {})
run("runs/4.nc", "2024-03-13", {})
P
decide 2024-03-13T01:00:00Z
check "the day after says no, but from level 3 on only a person lowers it" same "$(answer stages 2024-03-13T00:00:00Z 90004); $(level 90004)" "no 0.0; 1 3"
check "and nobody is told that it is over" same "$(told stages 2024-03-13T00:00:00Z)" ""

# --- two days in a row before it goes on, and before it goes off; two thresholds ---------------------------
slow() { # slow NAME "DAY MM ...": what fell on commune 8, and what the alert is after it
    python3 -c 'import sys; w = sys.argv[2].split(); [print(f"""days("a/{sys.argv[1]}{d}.nc", "2024-03-{d}", 1, {{(1, 8): {mm}}})""") for d, mm in zip(w[::2], w[1::2])]' "$1" "$2" | make
    decide "2024-03-$(($(awk '{print $(NF - 1)}' <<<"$2") + 1))T00:00:00Z"
}
is() { query "SELECT is_on || ' ' || level FROM alert_state WHERE policy = 'slow' AND commune = '90008'"; }
slow s "13 0 14 120"
check "one wet day is not enough" same "$(is)" "0 0"
slow s "15 100"
check "the second is" same "$(is)" "1 2"
slow s "16 60 17 20"
check "between the thresholds it stays on, and one dry day does not end it" same "$(is)" "1 2"
slow s "18 49.9"
check "two in a row do" same "$(is)" "0 0"
check "its people were told once" same "$(told slow 2024-03-14T00:00:00Z)$(told slow 2024-03-14);$(told slow 2024-03-15);$(told slow 2024-03-16)" ";alert 90008;"

# --- all of them on the site's past: as they were decided ------------------------------------------------
as_decided() { # as_decided POLICY TO: answers of a backtest that are the newest decisions
    gong backtest "$site/policies/$1.yaml" --from 2024-01-01 --to "$2" --csv "$work/past.csv" --quiet >"$out" 2>&1 || return
    awk -F, 'NR > 1 {printf "%s %s %s %s\n", $1, $4, $8, $6 == "" || $8 == "unknown" ? "-" : $6 * 1000}' "$work/past.csv" | sort >"$work/past"
    query "SELECT text ->> 'period' || ' ' || (text ->> 'commune') || ' ' || (text ->> 'answer') || ' ' || iif(text ->> 'answer' = 'unknown', '-', coalesce(text ->> 'index_milli', '-'))
        FROM entry WHERE kind = 'decision' AND text ->> 'policy' = '$1' AND seq IN (SELECT max(seq) FROM entry
        WHERE kind = 'decision' GROUP BY text ->> 'policy', text ->> 'period', text ->> 'commune')" | sort >"$work/decided"
    for one in past decided; do # of what both have
        other=$([ $one = past ] && echo decided || echo past)
        awk 'NR == FNR {seen[$1 " " $2]; next} $1 " " $2 in seen' "$work/$other" "$work/$one" >"$work/$one.both"
    done
    diff "$work/decided.both" "$work/past.both" && [ "$(wc -l <"$work/past.both")" -ge 10 ]
}
for name in later ladder agree wide slow; do
    check "$name, tried on the past, says what was decided" as_decided $name 2024-03-18
done
run gong backtest "$site/policies/slow.yaml" --from 2024-03-10 --to 2024-03-18 --json
check "and when it was on" same "$(jq -c '.alerts | [.went_on, .told, .windows_on, .places]' "$out")" "[1,1,3,1]"

entries=$(query "SELECT count(*) FROM entry")
run gong trigger run --now 2024-03-19T00:00:00Z
check "run again it adds nothing" same "$(query "SELECT count(*) FROM entry")" "$entries"
run gong ledger verify
check "the ledger verifies" [ $code -eq 0 ]
run gong replay
check "every decision is made again from the raw files, bit for bit" [ $code -eq 0 ]

# --- receipts: what a gauge measured is in them, and comes out of the raw files again
far_receipts gauge
check "a receipt bears what the gauge measured" same "$(jq -r '.gauges | keys[0]' "$work/far.json")" "@station 0 gauges rain"
far_lie "another value of a gauge" '.gauges[][2].value += 1000' "the raw files give"
far_lie "a reading of a gauge left out" 'del(.gauges[][2])' "other readings of a gauge"
run gong receipt show "$(sed -n 's/^gauge yes //p' "$work/kinds")" --html
check "the printable receipt shows the gauge" has "@station 0 gauges rain"
far_receipts wide ladder
check "a receipt of a decision on neighbours has all communes, and their values" same "$(jq -c '[(.communes | length), (.readings[0].values | length)]' "$work/far.json")" "[10,10]"
run gong receipt show "$(sed -n 's/^wide yes //p' "$work/kinds")" --json
jq -r '(.commune.code as $code | .communes | map(.code) | index($code)) as $at | .readings[] | "\(.to | fromdateiso8601 + 25200 | strftime("%H:%M %d/%m/%Y")) \(.values[$at] / 1000) mm \(.covers[$at] / 100) %"' "$out" >"$work/wanted"
run gong receipt show "$(sed -n 's/^wide yes //p' "$work/kinds")" --html
check "the printable receipt shows that commune's values" same "$(sed -n 's|^<tr><td>\([^<]*\)</td><td>rain-a rain</td><td></td><td>\([^<]*\)</td><td>\([^<]*\)</td></tr>$|\1 \2 \3|p' "$out")" "$(cat "$work/wanted")"
far_lie "another value of a neighbour" '.readings[0].values[6] += 1000' "a reading is not the one that the decision names"
far_lie "another polygon of a neighbour" '.communes[6].shape = .communes[5].shape' "its communes are not those of the boundary set"
far_lie "a neighbour left out" 'del(.communes[6]) | .readings[] |= (del(.values[6]) | del(.covers[6]))' "its communes are not those of the boundary set"
far_lie "no communes beside" 'del(.communes)' "its communes are not those of the boundary set"
far_receipts later once
# The settlement that topped up, by itself: what it added to is in it.
gong bundle later-01 --out "$work/far.tar" --quiet
tar xOf "$work/far.tar" --wildcards '*/receipt.json' >"$work/far.json"
run "$bin/gong" receipt verify "$work/far.json" --key "$site/keys/log.vkey" --raw "$site/archive"
check "the receipt of a top-up holds" has "payouts: 1 of the same amount"
check "with the payout that it adds to" same "$(jq -c '[.entries.before[].text | fromjson | [.contract, .period, .amount]]' "$work/far.json")" '[["later-01","2024-01",1000000]]'
run "$bin/gong" replay --bundle "$work/far.tar" --key "$site/keys/log.vkey"
check "and its bundle is decided again" has "replay: identical (1 decision"
check "with each decision and payout of that commune and period" same "$(tar xOf "$work/far.tar" --wildcards '*/history.jsonl' | jq -r 'select(.kind == "decision" or .kind == "payout") | "\(.kind) \(.index_milli // .period)"' | paste -sd,)" \
    "decision 84000,payout 2024-01,decision 78000,payout 2024-01+1,decision 96000"
far_lie "a top-up without what was paid before" '.entries.before = []' "a payout that a top-up adds to is not shown"
far_lie "another payout in its place" '.entries.before[0] = .entries.payouts[0]' "a payout that a top-up adds to is not shown"
far_lie "another amount paid before" '.entries.before[0].text |= sub("\"amount\":1000000"; "\"amount\":1000001")' "does not hold for this entry"
run gong history later-01 --lang en
check "the history names what was revised" grep -qE "revised rain-a 2024-01-01.*80(\.0+)? -> 78" "$out"
check "and the top-up" has "top-up later-01, 2024-01+1"
run gong bundle --all --out "$work/all.tar" --quiet
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "all of it from one file at another place: identical" has "replay: identical"

# --- weights: made again where the whole set is there; where it is not, that is said
newest() { gong ledger export --kind decision 2>/dev/null | jq -r --arg policy "$1" 'select(.policy == $policy).seq' | tail -1; }
verify_newest() {
    gong receipt show "$(newest "$1")" --json >"$work/weighed.json"
    run "$bin/gong" receipt verify "$work/weighed.json" --key "$site/keys/log.vkey" --raw "$site/archive"
}
verify_newest later
check "a receipt of one commune says that the name of its weights is not checked" same "$code $(grep -c 'belong to its set is NOT checked' "$out")" "0 1"
verify_newest wide
check "one of all communes, that its weights came out again" same "$code $(grep -cE 'weights: made again .* ([0-9]+) of \1 readings' "$out")" "0 1"
# A site with other weights, by so little that every value is the same: their name is another.
python3 - "$site/map.db" <<'P'
import hashlib, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for rowid, bytes_ in db.execute("SELECT rowid, bytes FROM weights").fetchall():
    if bytes_[-8:] == bytes.fromhex("000000000000f03f"):  # a share of 1, the last one
        other = bytes_[:-8] + bytes.fromhex("ffffffffffffef3f")
        db.execute("UPDATE weights SET bytes = ?, hash = ? WHERE rowid = ?", (other, hashlib.sha256(other).digest(), rowid))
db.commit()
P
make <<P
days("a/20.nc", "2024-03-20", 1, {(1, 1): 120, (1, 2): 120})
P
gong ingest run --quiet
gong trigger run --quiet --now 2024-03-21T00:00:00Z
gong ledger seal --quiet
verify_newest wide
check "other weights are found, though their values are the same" same "$code $(grep -c 'the boundary set and the grid of the raw file give weights' "$out")" "5 1"
gong bundle --all --out "$work/all.tar" --quiet
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "and in the bundle of all" has "cannot be decided again: there is no reading"

# --- the past of several sources, without a site -----------------------------------------------------------
made_into_series a b c
several agree a b
check "and the report says of which" has "; rain-b: $work/b.nc"
agree=("$bin/gong" backtest "$site/policies/agree.yaml")
# What looks at communes beside each other: of a series as of the site.
as_the_site() { # POLICY FILE: --csv of the site, and of the series
    gong backtest "$2" --csv "$work/$1-site.csv" --quiet
    run "$bin/gong" backtest "$2" --series "$work/a.nc" --csv "$work/$1-series.csv"
    check "$1: a series gives the answers of the site" eval '[ $code -eq 0 ] && [ "$(cut -d, -f8 "$work/'$1'-site.csv" | sort -u | wc -l)" -ge 3 ] && cmp "$work/'$1'-site.csv" "$work/'$1'-series.csv"'
}
as_the_site wide "$site/policies/wide.yaml"
sed 's/^area: all/area: {communes: ["90001", "90003", "90009"]}/' "$site/policies/wide.yaml" >"$work/few.yaml"
as_the_site few "$work/few.yaml"
check "the share is of the policy's area, a third and not a tenth" grep -q "90009,.*,33.3,%,yes," "$work/few-series.csv"
run "$bin/gong" backtest "$work/few.yaml" --series "$work/a.nc" --everywhere --csv "$work/all.csv"
check "and --everywhere leaves the area out" eval '[ $code -eq 0 ] && [ "$(cut -d, -f4- "$work/all.csv")" = "$(cut -d, -f4- "$work/wide-site.csv")" ]'
run "${agree[@]}" --series "$work/a.nc"
check "without the second one it is named" has "also looks at rain of rain-b; give its series, --series rain-b=FILE"
run "${agree[@]}" --series "$work/a.nc" --series "rain-b=$work/b.nc" --series "rain-c=$work/c.nc"
check "one that the policy does not look at is refused" has "does not look at rain of rain-c; leave its series out"
run "${agree[@]}" --series "$work/a.nc" --series "$work/b.nc"
check "a second one without a name is refused with what to write" eval '[ $code -eq 2 ] && has "is given twice for rain of rain-a"'
run "${agree[@]}" --series "rain-b=$work/b.nc" --series "$work/a.nc"
check "the policy's own is the first" eval '[ $code -eq 2 ] && has "begins with that of the policy'"'"'s own source, rain-a"'
run "${agree[@]}" --series "$work/a.nc" --series "rain-b=$work/b.nc" --csv "$work/b.nc"
check "and none of them is written over" eval '[ $code -eq 2 ] && has "name another"'
printf 'station,year,month,mm\nX,2024,3,1\n' >"$work/far.csv"
run "$bin/gong" series import "$work/far.csv" --place station --value mm --year year --month month --out "$work/far.nc"
run "${agree[@]}" --series "$work/a.nc" --series "rain-b=$work/far.nc"
run "$bin/gong" backtest "$site/policies/ladder.yaml" --series "$work/far.nc" --everywhere
check "nobody knows whose neighbour a place without a position is" has "policy ladder fills by neighbours, and place X of the series has no position"
run "${agree[@]}" --series "$work/a.nc" --series "rain-b=$work/far.nc"
check "a series of other places is refused" has "the series of rain-b has none of the 10 places"

# --- a share of the communes forecast, beside what was observed ----------------------------------------------
{
    sed -n '/^gong:/,/^minimum_coverage/p' "$site/policies/wide.yaml" | sed 's/^id: .*/id: spread/'
    cat <<'Y'
effective: {from: 2024-03-01, to: 2024-03-31}
source: runs
watch: forecast
rounding: 0.1 %
persistence: 1
next_update: 24 h
message: {vi: "{commune} {index} {probability} {issued} {next}", en: "{commune} {index} {probability} {issued} {next}"}
index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: maximum_sum, over: 24 h, within: 24 h}, rounding: 0.1 mm, trigger: {index: ">=", threshold: 100 mm}}}
trigger: {index: ">=", threshold: 20 %}
ensemble: {members: 4, minimum: 3, probability: ">=", threshold: 50 %}
cases:
  fire: [{name: 2 of 10, step: 24 h, members: [{count: 4, communes: [{count: 2, values: [100]}, {count: 8, values: [0]}]}]}]
  not_fire: [{name: 1 of 10, step: 24 h, members: [{count: 4, communes: [{count: 1, values: [100]}, {count: 9, values: [0]}]}]}]
Y
} >"$work/spread.yaml"
make <<'P'
days("a/20.nc", "2024-03-20", 3, {(1, 1): 120, (1, 2): 120, (2, 1): 120, (3, 1): 120, (3, 2): 100, (3, 3): 110})
run("runs/20.nc", "2024-03-20", {(m, s, c): 25 for m in (0, 1, 2) for s in range(1, 5) for c in (4, 5)})
run("runs/21.nc", "2024-03-21", {(m, s, c): 25 for m in (0, 1) for s in range(1, 5) for c in (4, 5, 6)})
run("runs/22.nc", "2024-03-22", {(0, s, c): 25 for s in range(1, 5) for c in (4, 5, 6)})
P
run gong ingest fetch
run gong ingest decode
spread() { run "$bin/gong" price "$work/spread.yaml" --site "$site" --from 2024-03-20 --observed "$1" --csv "$work/spread.csv"; }
of_runs() { awk -F, '/00:00Z,90009,/ {printf "%s %s %s %s;", substr($1, 9, 2), $4, $8, $10}' "$work/spread.csv"; }
spread rain-a
check "a share of the communes, as said and as seen: two of ten, one, three" same "$(of_runs)" "20 0.750000 20 yes;21 0.500000 10 no;22 0.250000 30 yes;"
check "and its scores" has "hits 10, false alarms 10, misses 10, correct negatives 0"
gong series build --source rain-a --out "$work/a.nc" --quiet
spread "$work/a.nc"
check "of a series the same" same "$(of_runs)" "20 0.750000 20 yes;21 0.500000 10 no;22 0.250000 30 yes;"
finish
