#!/usr/bin/env bash
# Runs whose members and leads are files of their own, from a real server: what members are there against
# what a run has is told by the decision; a total that is corrected later changes the amounts behind it.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/servers.sh"

free_ports http
www=$work/www
mkdir -p "$www"
start_nginx "
server { listen 127.0.0.1:$http; root $www; }"
wait_port "$http" || exit 1

check "the square is imported" square_site

query() { sqlite3 "$site/ledger.db" "$1"; }
grib() { "$bin/tests/tools/gribfile" "$@"; }
# source_of NAME ADDRESS LINE...: an entry for rain of a forecast twice a day.
source_of() {
    printf '  %s:\n    title: T\n    licence: L\n    url: http://127.0.0.1:%s/%s\n' "$1" "$http" "$2"
    printf '    every: 12 h\n    from: 2024-09-06\n    latency: 6 h\n    missing_after: 1 days\n    boundary_set: square\n    kind: forecast\n'
    printf '    %s\n' "${@:3}"
}
# alert NAME MEMBERS: a warning when half of the members say 5 mm.
alert() {
    cat >"$site/policies/$1.yaml" <<END
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
index: {take: total, within: 3 h}
rounding: 0.1 mm
minimum_coverage: any
trigger: {index: ">=", threshold: 5 mm}
ensemble: {members: $2, minimum: 20, probability: ">=", threshold: 50 %}
clear: {probability: "<", threshold: 30 %}
persistence: 1
next_update: 12 h
message: {vi: "{commune} {index} {threshold} {probability} {issued} {next}", en: "{commune} {index} {threshold} {probability} {issued} {next}"}
cases:
  fire: [{name: wet, step: 3 h, members: [{count: $2, values: [5]}]}]
  not_fire: [{name: dry, step: 3 h, says: "off", members: [{count: $2, values: [4.9]}]}]
END
}
# decide SOURCE: its run of 6 September 2024, 00 UTC, then the answer.
decide() {
    run gong ingest backfill --source "$1" --from 2024-09-06T00:00:00Z --to 2024-09-06T00:00:00Z --now 2024-09-06T12:00:00Z --json
    run gong ingest decode --now 2024-09-06T12:00:00Z --json
    run gong trigger run --now 2024-09-06T12:00:00Z
}
# decided POLICY: its newest answer, the members it counted, what they are of, and its doubts.
decided() {
    query "SELECT text FROM entry WHERE kind = 'decision' AND text LIKE '%\"policy\":\"$1\"%' ORDER BY seq DESC LIMIT 1" |
        jq -c '[.answer, (.trace[] | select(.step == "members") | .value, .of), .quality]'
}

{
    echo 'sources:'
    source_of each "{YYYY}{MM}{DD}{hh}/m{member2}.grib2" 'members: {first: 0, last: 30}' 'variables: [{reads: tp, means: rain, interval: bounds}]'
    source_of whole "{YYYY}{MM}{DD}{hh}/all.grib2" 'ensemble: 51' 'variables: [{reads: tp, means: rain, interval: bounds}]'
} >"$site/sources.yaml"
mkdir -p "$www/2024090600" "$site/policies"
rm -f "$site"/policies/*.yaml
alert each 31
alert whole 51

# --- 31 members in files of their own, of which three never come --------------------------------------
for member in $(seq -w 0 30); do
    case $member in 07 | 19 | 30) continue ;; esac
    grib "$www/2024090600/m$member.grib2" "name=tp,centre=7,start=0,end=3,value=$((10#$member < 20 ? 8 : 2)),member=$((10#$member))"
done
decide each
check "28 of 31 members are enough, and it is said that three are missing" same "$(decided each)" '["yes",28,31,["members"]]'
run gong explain --policy each --commune 00001 --lang en
check "for people too" has '28 of 31 ensemble members, needed 20'
check "with the doubt" has 'members of the run are missing'
run gong explain --policy each --commune 00001 --lang vi
check "in Vietnamese" has 'có 28/31 thành viên dự báo, cần 20'
run gong ingest run --source each --now 2024-09-07T07:00:00Z
check "a day later the three files are missing for good, and that is an entry" \
    same "$(gong ledger export | jq -c 'select(.state == "missing" and .source == "each") | [.first, .steps, .files, .files_of_step]')" '["2024-09-06T00:00:00Z",1,3,31]'
for member in 07 19 30; do
    grib "$www/2024090600/m$member.grib2" "name=tp,centre=7,start=0,end=3,value=2,member=$((10#$member))"
done
decide each
check "when they come after all the decision stands on 31, and nothing is doubted" same "$(decided each)" '["yes",31,null,null]'

# --- a control and fifty in one file ------------------------------------------------------------------
# all LAST: members 0 (the control) to LAST.
all() {
    # shellcheck disable=SC2046
    grib "$www/2024090600/all.grib2" $(for member in $(seq 0 "$1"); do echo "name=tp,centre=98,start=0,end=3,value=0.008,member=$member"; done)
}
all 49
decide whole
check "a control and 49 are one too few" same "$(decided whole)" '["yes",50,51,["members"]]'
check "which the file's readings say as well" [ "$(query "SELECT count(*) FROM quality JOIN reading ON hash = reading WHERE source = 'whole' AND hex(flag) = '40'")" = 50 ]
sed -i 's#/all.grib2#/more.grib2#' "$site/sources.yaml"
all 50 && mv "$www/2024090600/all.grib2" "$www/2024090600/more.grib2"
decide whole
check "a control and fifty are all" same "$(decided whole)" '["yes",51,null,null]'
# --- totals in files of their own, of which one is corrected after the later ones were read ------------
# total LEAD MM: each a minute newer than the one before, for the server tells files of one size by that.
minute=0
total() {
    grib "$www/2024090600/f00$1.grib2" "name=tp,centre=7,start=0,end=$1,value=$2"
    touch -d "2024-09-06 06:00 UTC + $((minute += 1)) min" "$www/2024090600/f00$1.grib2"
}
{
    source_of leads "{YYYY}{MM}{DD}{hh}/f{lead3}.grib2" 'leads: {first: 3 h, last: 9 h, every: 3 h}' 'recheck: 5 days' \
        'variables: [{reads: tp, means: rain, interval: since run}]'
} >>"$site/sources.yaml"
alert leads 0
sed -i '/^ensemble:/d; s/^clear: .*/clear: {index: "<", threshold: 4 mm}/; s/within: 3 h/within: 6 h/; s/members: \[{count: 0, values: \[\([0-9.]*\)\]}\]/values: [0, \1]/; s/ {probability}//g
    s/says: "off"/says: neither/' "$site/policies/leads.yaml"
# amounts: of the newest revision of each step, with it
amounts() {
    query "SELECT ((valid_to - 1725580800) / 3600) || ' ' || hex(value) || ' ' || max(revision) FROM reading WHERE source = 'leads' GROUP BY valid_to ORDER BY valid_to" |
        while read -r to hex revision; do echo "$to $((16#${hex:6:2}${hex:4:2}${hex:2:2}${hex:0:2})) $revision"; done | paste -sd,
}
# later NOW: the source is asked again.
later() {
    run gong ingest run --source leads --now "$1" --json
    run gong trigger run --now "$1"
}
# receipt POLICY: of its newest decision, checked in a place of its own.
receipt() {
    gong ledger seal --quiet
    gong receipt show "$(query "SELECT max(seq) FROM entry WHERE kind = 'decision' AND text LIKE '%\"policy\":\"$1\"%'")" --json >"$work/$2.json"
}
verify() { run "$bin/gong" receipt verify "$work/$1.json" --key "$site/keys/log.vkey" --raw "$site/archive"; }
total 3 3 && total 6 6 && total 9 9
later 2024-09-06T12:00:00Z
check "totals become amounts" same "$(amounts)" '3 3000 0,6 3000 0,9 3000 0'
check "6 mm in 6 hours are a warning" same "$(query "SELECT text ->> 'index_milli' FROM entry WHERE kind = 'decision' AND text LIKE '%\"leads\"%' ORDER BY seq DESC LIMIT 1")" 6000
receipt leads before
# Programs among which the decoder notes, when a file is handed to it, whether somebody holds the ledger.
held=$work/held
mkdir "$held"
cp "$bin"/gong "$bin"/gong-ingest "$bin"/gong-trigger "$held" && cp "$bin/gong-decode" "$held/gong-decode.real" && cp "$bin/tests/tools/heldprobe" "$held/gong-decode"
ln -s "$site/ledger.db-shm" "$held/ledger.db-shm"
sqlite3 "$site/ledger.db" 'BEGIN IMMEDIATE' ".shell $held/gong-decode look" 'ROLLBACK' '.shell '"$held/gong-decode look" >"$out" 2>&1
check "a program can note that the ledger is held" same "$(paste -sd, "$held/held")" 'held,free'
: >"$held/held"
total 3 1
bin=$held later 2024-09-07T00:00:00Z
check "three files were decoded, each while nobody held the ledger" same "$(paste -sd, "$held/held")" 'free,free,free'
check "a corrected total changes the amount of the lead behind it, in a revision, and no other" same "$(amounts)" '3 1000 1,6 5000 1,9 3000 0'
check "the entry says what they are counted from by now" \
    same "$(gong ledger export | jq -c 'select(.kind == "ingest" and .source == "leads" and .last == "2024-09-06T06:00:00Z") | .counted_from | length' | paste -sd,)" '1,1'
receipt leads after
total 3 7
later 2024-09-07T12:00:00Z
check "what is less than the total before it stays as it was" same "$(amounts)" '3 7000 2,6 5000 1,9 3000 0'
total 6 8
later 2024-09-08T00:00:00Z
check "until its own correction comes" same "$(amounts)" '3 7000 2,6 1000 2,9 1000 1'
receipt leads last
for when in before after last; do
    verify $when
    check "the receipt of what was decided ($when) holds by the raw files alone" has "receipt: ok"
done
run gong ingest replay --into "$work/again" --now 2024-09-08T00:00:00Z
check "all raw files again give the same readings, revisions and all" \
    same "$(sqlite3 "$work/again/ledger.db" "SELECT lower(hex(hash)) FROM reading ORDER BY 1" | sha256sum)" \
    "$(query "SELECT lower(hex(hash)) FROM reading ORDER BY 1" | sha256sum)"
run gong replay
check "and the same decisions" has 'replay: identical'
# --- a lead that never comes ------------------------------------------------------------------------
sed -n '/^  leads:/,/^ *variables:/p' "$site/sources.yaml" | sed 's/leads:$/gone:/; s#{YYYY}#gone/{YYYY}#; s/gone: {first/leads: {first/' >"$work/gone"
cat "$work/gone" >>"$site/sources.yaml"
sed 's/leads/gone/' "$site/policies/leads.yaml" >"$site/policies/gone.yaml"
mkdir -p "$www/gone/2024090600"
for lead in 6 9; do
    total $lead $lead && mv "$www/2024090600/f00$lead.grib2" "$www/gone/2024090600/"
done
waits() { run gong ingest run --source gone --now "$1"; }
waits 2024-09-06T12:00:00Z
check "a total waits for the one before it" same "$(query "SELECT count(*) FROM reading WHERE source = 'gone'")" 0
waits 2024-09-07T12:00:00Z
check "until that is given up: the amount is of all six hours" \
    same "$(query "SELECT ((valid_from - 1725580800) / 3600) || '-' || ((valid_to - 1725580800) / 3600) FROM reading WHERE source = 'gone' ORDER BY valid_to" | paste -sd,)" 0-6,6-9
run gong trigger run --now 2024-09-07T12:00:00Z
check "it is decided on" same "$(query "SELECT text ->> 'answer' FROM entry WHERE kind = 'decision' AND text LIKE '%\"gone\"%' ORDER BY seq DESC LIMIT 1")" yes
receipt gone gone
verify gone
check "and its receipt holds, as of a run of which a file never came" has "receipt: ok"
# --- two products that disagree ------------------------------------------------------------------------
# day SOURCE HOUR VALUE STEP: rain of 6 September 2024 in one step from that hour on.
day() {
    mkdir -p "$site/$1"
    ncgen -o "$site/$1/$2.nc" - <<END
netcdf day { dimensions: time = 1; lat = 3; lon = 3; nv = 2;
 variables:
  double time(time); time:units = "hours since 2024-09-06 00:00:00"; time:bounds = "tb"; double tb(time, nv);
  float lat(lat); lat:units = "degrees_north"; float lon(lon); lon:units = "degrees_east";
  float rain(time, lat, lon); rain:units = "mm";
 data: time = $2; tb = $2, $(($2 + $4)); lat = 17.9, 18.0, 18.1; lon = 105.9, 106.0, 106.1;
  rain = $(for _ in 1 2 3 4 5 6 7 8; do printf '%s, ' "$3"; done) $3; }
END
}
for name in fine coarse; do
    printf '  %s:\n    title: T\n    licence: L\n    url: %s/\n    boundary_set: square\n    kind: observation\n' $name $name
    printf '    variables: [{reads: rain, means: rain, interval: bounds}]\n'
    [ $name = coarse ] || printf '    second: {source: coarse, over: 1 days, apart: 50 mm}\n'
done >>"$site/sources.yaml"
sed -e 's/^watch: forecast/watch: observation/; s/^index: .*/period: {each: day, day: utc00}\nindex: {take: total}/; /^clear:/d; s/: 3 h/: period/g; s/: 6 h/: period/g' \
    -e 's/values: \[0, \([0-9.]*\)\]/values: [\1]/; s/, says: neither//' -e 's/leads/fine/' "$site/policies/leads.yaml" >"$site/policies/fine.yaml"
day fine 0 40 12 && day fine 12 50 12
run gong ingest run --source fine --now 2024-09-08T00:00:00Z
cat >"$site/policies/cover.yaml" <<END
gong: 1
id: cover
version: 1
kind: insurance
title: {vi: Bảo hiểm mưa (diễn tập), en: Rain cover (a drill)}
effective: {from: 2024-09-06, to: 2024-09-06}
boundary_set: square
area: all
source: fine
variable: rain
period: {each: day, day: utc00}
index: {take: total}
rounding: 0.1 mm
minimum_coverage: any
settle_after: 1 days
payout: {form: linear_excess, strike: 50 mm, exit: 150 mm, rounding: 1000 VND}
settlement: settle_once
message: {vi: "{contract} {amount} {commune}", en: "{contract} {amount} {commune}"}
cases:
  fire: [{name: wet, step: period, values: [100], sum_insured: 2000000 VND, pays: 1000000 VND}]
  not_fire: [{name: dry, step: period, values: [50]}]
END
printf '%s\n' contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,starts,ends \
    "C-1,P-1,Drill A (diễn tập),0900000001,DRILL-1,vi,00001,square,cover,2000000,2024-01-01,2024-12-31" >"$work/contracts.csv"
run gong contract import "$work/contracts.csv"
check "one contract" [ $code -eq 0 ]
day coarse 0 30 24
run gong ingest run --source coarse --now 2024-09-08T00:00:00Z
run gong trigger run --now 2024-09-08T00:00:00Z
run gong status --now 2024-09-08T00:00:00Z
check "who looks after the site sees it" has 'yes 1, no 0, not known 0; on doubtful data 1'
run gong explain --policy fine --commune 00001 --lang en
check "90 mm here and 30 mm there: the decision says that a second product says otherwise" has 'doubtful data: a second product says otherwise'
check "and stands as it is" has '90 mm'
run gong explain --contract C-1 --lang vi
check "so does the payout's" has 'số liệu đáng ngờ: nguồn thứ hai cho số liệu khác hẳn'

gong ledger seal --quiet
gong bundle --all --out "$work/all.tar" --quiet
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "at another place as well" has 'replay: identical'
run gong ledger verify
check "the ledger is whole" [ $code -eq 0 ]
finish
