#!/usr/bin/env bash
# Figures that people bring, from a table to the money: the three shipped products that stand on yields and on
# deaths of livestock, as they ship, decided by tables in the folders that data/sources.yaml names. A revised
# table adds to what was paid; tables that cannot be right are refused by their row; all of it is explained,
# shown by receipts and made again. (All people are invented: diễn tập.)
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
run "$bin/gong" init "$site"
"$bin/gong" season write "$work/season" --quiet
run gong boundary import "$work/season/boundary.geojson" --set vn2025 --code code --name full_name --zone zone
check "the pilots' communes are imported" [ $code -eq 0 ]
# As README.md has it: the sources as they ship, the products for the boundary set of these.
cp policies/products/{bac-kan-rice-yield,bac-kan-livestock-mortality,dak-nong-yield-ratio}.yaml "$site/policies/"
sed -i 's/^boundary_set: pilots/boundary_set: vn2025/' "$site"/policies/*.yaml
run gong policy check "$site/policies"
check "the three products are right, and their sources give what they ask for" [ $code -eq 0 ]
check "nothing of them is missing" [ "$(grep -c "sources.yaml" "$out")" = 0 ]
mapfile -t north < <(awk -F, '$3 == "former-bac-kan" {print $1}' data/pilots/communes.csv)
mapfile -t south < <(awk -F, '$3 == "former-dak-nong" {print $1}' data/pilots/communes.csv)
{
    echo "contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,starts,ends"
    for i in 0 1 2 3; do
        echo "rice-$i,P-1$i,Nông Văn $i (diễn tập),8490000010$i,DRILL-1$i,vi,${north[i]},vn2025,bac-kan-rice-yield,21700000,2026-05-01,2027-04-30"
        echo "cow-$i,P-2$i,Hoàng Thị $i (diễn tập),8490000020$i,DRILL-2$i,vi,${north[i]},vn2025,bac-kan-livestock-mortality,111000,2026-05-01,2027-04-30"
        echo "maize-$i,P-3$i,H'Bia $i (diễn tập),8490000030$i,DRILL-3$i,vi,${south[i]},vn2025,dak-nong-yield-ratio,1000000,2026-05-01,2027-04-30"
    done
} >"$work/contracts.csv"
run gong contract import "$work/contracts.csv"
check "the contracts are taken" [ $code -eq 0 ]
now() { echo "--now ${1}T06:00:00Z"; }
# ingest DAY, decide DAY
ingest() { run gong ingest run $(now "$1") --json; }
decide() { run gong trigger run $(now "$1") --json; }
query() { sqlite3 "$site/ledger.db" "$1"; }
# What each contract of a kind was paid, in order: "2030000 0 ..."
paid() {
    local i all=
    for i in 0 1 2 3; do all+=" $(query "SELECT coalesce(sum(amount), 0) FROM payout WHERE contract = '$1-$i'")"; done
    echo "${all# }"
}

# --- the figures come, and decide
mkdir -p "$site"/reports/{rice-yield,maize-yield,veterinary,loss}
{ # the statistics office has both crops in one table, in its own units
    echo "commune,season,figure,value,unit"
    echo "${north[0]},2026,rice yield,5.0,t/ha"
    echo "${north[1]},2026,rice yield,30,tạ/ha"
    echo "${north[2]},2026,rice yield,5580,kg/ha"
    echo "${north[3]},2026,rice yield,-,t/ha"
    echo "${south[0]},2026,maize yield,1.1,t/ha"
    echo "${south[1]},2026,maize yield,7,tạ/ha"
    echo "${south[2]},2026,maize yield,1.5,t/ha"
    echo "${south[3]},2026,maize yield,0,t/ha"
} >"$work/yields.csv"
decide 2026-11-20
check "before a table has come nothing is decided" same "$(query "SELECT count(*) FROM batch")" 0
cp "$work/yields.csv" "$site/reports/rice-yield/yields-2026.csv"
cp "$work/yields.csv" "$site/reports/maize-yield/yields-2026.csv"
ingest 2026-11-20
check "one table is read by both its sources" has '"read":2'
decide 2026-11-20
check "rice: to the đồng of the contract's formula" same "$(paid rice)" "2030000 9030000 0 0"
check "maize: in whole millionths" same "$(paid maize)" "276923 553846 0 900000"
# 0 no, 1 yes, 2 not known: the newest answer for a commune
answer() { query "SELECT answer FROM decision JOIN batch ON batch.seq = decision.batch WHERE policy = '$1' AND commune = '$2' ORDER BY decision.seq DESC LIMIT 1"; }
check "a figure that is not there is not known, and no harvest of 0" same "$(answer bac-kan-rice-yield "${north[3]}") $(answer bac-kan-rice-yield "${north[20]}") $(answer bac-kan-rice-yield "${north[2]}")" "2 2 0"
check "a message is on its way to who is paid" same "$(query "SELECT count(*) FROM outbox WHERE channel = 'sms' AND body LIKE '%rice-%'")" 2

# --- the figure of one commune comes later, in a table of its own: the others stay
printf '%s\n' "commune,season,figure,value,unit" "${north[3]},2026,rice yield,3.0,t/ha" >"$site/reports/rice-yield/yields-2026-late.csv"
ingest 2026-12-20
decide 2026-12-20
check "who was not known is paid, the others are not paid twice" same "$(paid rice)" "2030000 9030000 0 9030000"
check "the later table names the one whose figures it carries on" same "$(query "SELECT count(*) FROM raw_base")" 1

# --- deaths of livestock, and a table that revises them
deaths() { # FILE PERCENT...
    local file=$site/reports/veterinary/$1 i=0
    shift
    echo "commune,season,deaths_percent" >"$file"
    for p in "$@"; do echo "${north[i++]},2026,$p" >>"$file"; done
}
deaths first.csv 15 22 22 40
ingest 2027-04-10
decide 2027-04-10
check "livestock: over 15 %" same "$(paid cow)" "0 7770 7770 27750"
deaths revised.csv 22 40 10 40
ingest 2027-05-10
decide 2027-05-10
check "a revised table tops up, and takes nothing back" same "$(paid cow)" "7770 27750 7770 27750"
check "as a payout of its own" same "$(query "SELECT period, amount FROM payout WHERE contract = 'cow-1' ORDER BY seq" | tr '\n' ' ')" "2026|7770 2026+1|19980 "
decide 2027-05-11
check "and once is enough" same "$(query "SELECT count(*) FROM payout WHERE contract LIKE 'cow-%'")" 5

# --- explained, shown, made again
run gong explain --contract rice-1 --lang en
check "explain has the figure and the reckoning" has "9,030,000"
check "and the figure" has "3 t/ha"
run gong explain --contract cow-1 --lang vi
check "in Vietnamese" has "40 %"
gong ledger seal --quiet
receipt() { # CONTRACT: its receipt is checked from the raw tables alone
    run gong receipt show "$1" --json
    cp "$out" "$work/$1.json"
    run "$bin/gong" receipt verify "$work/$1.json" --key "$site/keys/log.vkey" --raw "$site/archive"
}
for contract in rice-1 rice-3 cow-1 maize-1; do
    receipt $contract
    check "the receipt of $contract is derived again from the tables" has "payouts: 1 of the same amount"
done
check "the one that carries figures on has both tables" same "$(jq '.raw | length' "$work/rice-3.json")" 2
jq '(.readings[0].values[] | select(. == 3000)) = 2000' "$work/rice-3.json" >"$work/lie.json"
run "$bin/gong" receipt verify "$work/lie.json" --key "$site/keys/log.vkey" --raw "$site/archive"
check "another figure in it is found" [ $code -eq 5 ]
run gong replay
check "every decision again: identical" has "replay: identical"
run gong bundle --all --out "$work/all.tar"
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "and from one file at another place" has "replay: identical"
run gong backtest "$site/policies/bac-kan-rice-yield.yaml" --json
check "the past of the site is tried by the same figures" [ $code -eq 0 ]
run gong ledger verify
check "the ledger is whole" [ $code -eq 0 ]

# --- tables that cannot be right
head=commune,season,figure,value,unit
refused() { # NAME WORDS ROW...
    local name=$1 words=$2
    shift 2
    printf '%s\n' "$head" "$@" >"$site/reports/rice-yield/$name.csv"
    ingest 2027-06-01
    check "refused: $name" same "$(query "SELECT state, why LIKE '%$words%' FROM raw WHERE url LIKE '%/$name.csv'")" "2|1"
}
c=${north[5]}
refused unknown "has no commune 99999" "99999,2026,rice yield,5,t/ha"
refused zeros "but $c: the zeros in front" "${c#0},2026,rice yield,5,t/ha"
refused unit 'unit "mm" does not fit yield%row 3' "$c,2025,rice yield,5,t/ha" "$c,2026,rice yield,5,mm"
refused figure "neither under" "$c,2026,coffee yield,5,t/ha"
refused negative "below 0" "$c,2026,rice yield,-5,t/ha"
refused twice "rows 2 and 3 both say the yield of commune $c" "$c,2026,rice yield,5,t/ha" "$c,2026,rice yield,5,t/ha"
refused comma "is no number; write it as 5.57" "$c,2026,rice yield,\"5,57\",t/ha"
refused thousands "under 10 kg/ha" "$c,2026,rice yield,5.570,kg/ha"
refused season "is no year" "$c,mùa 2026,rice yield,5,t/ha"
refused early "the yield of commune $c is of a season that ends at 2027-10-31T17:00:00Z, which is still to come" "$c,2026,rice yield,5,t/ha" "$c,2027,rice yield,5,t/ha"
head=commune,name,first_day,last_day,loss_percent
survey() { # NAME: the survey's sentence, or "read"
    ingest 2027-06-01
    query "SELECT CASE state WHEN 1 THEN 'read' ELSE why END FROM raw WHERE url LIKE '%/$1.csv'"
}
called=$(awk -F, -v code="$c" '$1 == code {print $2}' data/pilots/communes.csv)
printf '%s\n' "$head" "$c,Nơi khác,2026-08-01,2026-10-31,30" >"$site/reports/loss/other.csv"
check "a code with the name of another commune" same "$(survey other)" "commune $c is \"$called\" in vn2025, and the table calls it \"Nơi khác\"; when that is what it was before the reform, bring the figure of today's commune"
printf '%s\n' "$head" "$c,${called#* },2026-08-01,2026-10-31,30" >"$site/reports/loss/named.csv"
check "its name without the kind of place is its name" same "$(survey named)" read
# --- a survey of losses and counted rain: the double trigger, from both to the money
cp policies/products/dak-nong-double-trigger.yaml "$site/policies/"
sed -i 's/^boundary_set: pilots/boundary_set: vn2025/; s/^source: imerg-final/source: rain-days/' "$site/policies/dak-nong-double-trigger.yaml"
cat >>"$site/sources.yaml" <<'END'

  rain-days:
    title: Counted rain of days that end at 19 h (diễn tập)
    licence: CC0
    url: rain-days/
    boundary_set: vn2025
    kind: observation
    variables: [{reads: rain, means: rain, interval: bounds}]
END
# 92 days from 31 July, 12 UTC, on: 60 mm on the first five, else none; over the former Đắk Nông and more
mkdir -p "$site/rain-days"
days=$(seq 0 91) cells=9
list() { paste -sd, | sed 's/,/, /g'; }
ncgen -o "$site/rain-days/season.nc" - <<END
netcdf season { dimensions: time = 92; lat = 3; lon = 3; nv = 2;
 variables:
  double time(time); time:units = "days since 2026-07-31 12:00:00"; time:bounds = "tb"; double tb(time, nv);
  float lat(lat); lat:units = "degrees_north"; float lon(lon); lon:units = "degrees_east";
  float rain(time, lat, lon); rain:units = "mm";
 data: time = $(seq 1 92 | list); tb = $(for d in $days; do echo "$d" && echo $((d + 1)); done | list);
  lat = 11, 12, 13; lon = 107, 108, 109;
  rain = $(for d in $days; do for ((i = 0; i < cells; i++)); do echo $((d < 5 ? 60 : 0)); done; done | list); }
END
{
    echo "contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,starts,ends"
    for i in 0 1 2 3; do
        echo "both-$i,P-4$i,Điểu $i (diễn tập),8490000040$i,DRILL-4$i,vi,${south[i]},vn2025,dak-nong-double-trigger,4321000,2026-05-01,2027-04-30"
    done
} >"$work/both.csv"
run gong contract import "$work/both.csv"
check "contracts of the double trigger are taken" [ $code -eq 0 ]
printf '%s\n' "$head" "${south[0]},,2026-08-01,2026-10-31,30" "${south[1]},,2026-08-01,2026-10-31,29.9" "${south[2]},,2026-08-01,2026-10-31,-" >"$site/reports/loss/survey.csv"
ingest 2027-06-01
decide 2027-06-01
check "300 mm of heavy days with a loss of 30 % pay the middle tier, 29.9 % do not, and an open survey is not known" \
    same "$(paid both) $(for i in 0 1 2 3; do answer dak-nong-double-trigger "${south[i]}"; done | paste -sd' ')" "1728000 0 0 0 1 0 2 2"
printf '%s\n' "$head" "${south[2]},,2026-08-01,2026-10-31,80" "${south[3]},,2026-08-01,2026-10-31,0" >"$site/reports/loss/survey-late.csv"
ingest 2027-06-10
decide 2027-06-10
check "who is surveyed later is decided then" \
    same "$(paid both) $(for i in 0 1 2 3; do answer dak-nong-double-trigger "${south[i]}"; done | paste -sd' ')" "1728000 0 1728000 0 1 0 1 0"
run gong explain --contract both-0 --lang en
check "explain has both indices" eval 'has "300 mm" && has "30 %" && has "1,728,000"'
gong ledger seal --quiet
receipt both-2
check "its receipt is derived again from the grid and both surveys" has "payouts: 1 of the same amount"

before=$(query "SELECT count(*) FROM payout")
decide 2027-06-11
check "a refused table pays nobody" same "$(query "SELECT count(*) FROM payout")" "$before"
run gong replay
check "with the refused ones it is identical too" has "replay: identical"

# --- receipts are checked as what was known then, whenever that is done
newest() { # POLICY JQ: the newest decision of the policy whose basis is so
    gong ledger export | jq -rs --arg policy "$1" "[.[] | select(.kind == \"basis\" and .policy == \$policy and ($2)).seq] as \$batch | [.[] | select(.kind == \"decision\" and (.batch as \$b | \$batch | index(\$b))).seq] | max"
}
head=commune,season,figure,value,unit
rows() { printf '%s\n' "$head" "${@:2}" >"$site/reports/rice-yield/$1.csv"; }
# refusal NAME: the receipt of what was decided on that file, as it is checked
refusal() { receipt "$(newest bac-kan-rice-yield ".inputs.raw_refused == \"$(sha256sum <"$site/reports/rice-yield/$1.csv" | cut -d' ' -f1)\"")"; }
rows unheard "99999,2027,rice yield,5,t/ha"
ingest 2027-10-01
decide 2027-10-01
check "a table of this year with a commune that is not there is refused for it, whenever it comes" \
    same "$(query "SELECT why LIKE '%has no commune 99999%' FROM raw WHERE url LIKE '%/unheard.csv'")" 1
gong ledger seal --quiet
refusal unheard
check "and so by its receipt" has "receipt: ok"
rows hasty "$c,2027,rice yield,4,t/ha"
ingest 2027-10-02
rows both-years "$c,2026,rice yield,5.1,t/ha" "$c,2027,rice yield,5,t/ha"
ingest 2027-11-20
check "when both seasons are over one table may have both" same "$(query "SELECT state FROM raw WHERE url LIKE '%/both-years.csv'")" 1
decide 2027-11-20
gong ledger seal --quiet
receipt "$(newest bac-kan-rice-yield '.period == "2026"')"
check "the receipt of the first season is derived again from it" has "receipt: ok"
refusal hasty
check "a file that came too early was refused, though it was decided on when its season was over" has "receipt: ok"
touch "$site/reports/rice-yield/hasty.csv"
ingest 2027-11-21
check "brought again when its season is over, the very same file is read" same "$(query "SELECT state FROM raw WHERE url LIKE '%/hasty.csv'")" 1
decide 2027-11-21
gong ledger seal --quiet
refusal hasty
check "what was decided on its refusal holds still" has "receipt: ok"
receipt "$(newest bac-kan-rice-yield '.period == "2027"')"
check "and so does what it then says" has "receipt: ok"
run gong replay
check "and all is identical" has "replay: identical"

# --- a drill whose clock is the data
site=$work/drill
run "$bin/gong" init "$site"
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
run gong boundary import "$work/season/boundary.geojson" --set vn2025 --code code --name full_name --zone zone
cp "$work/site/policies/bac-kan-rice-yield.yaml" "$site/policies/"
mkdir -p "$site/reports/rice-yield"
rows wrong "99999,2026,rice yield,5,t/ha"
gong ingest run --json >"$out" 2>&1
gong trigger run --quiet
check "there a table is refused too" same "$(query "SELECT why LIKE '%has no commune 99999%' FROM raw")" 1
run gong replay
check "and again for the same reason" has "replay: identical"
finish
