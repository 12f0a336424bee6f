#!/usr/bin/env bash
# Policies on the past, on real input read in place: 41 years of WFDE5 over 3,321 communes, 67 stations
# since 1961, and the rain before fourteen floods of Hà Tĩnh beside what a satellite saw. Reports are
# golden text (GONG_GOLDEN=write rewrites them). The vectors of pricing go through the program.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
data=$PWD/../shared/data
golden=$PWD/tests/golden
mine=$PWD/tests/e2e/policies

# golden NAME: the last output is what is kept under that name. shipped NAME: the same without the hash
# of the policy, which its comments are in as well.
shipped() { sed -i 's/, sha256 [0-9a-f]*//' "$out" && golden "$1"; }
golden() {
    [ "${GONG_GOLDEN:-}" = write ] && cp "$out" "$golden/$1"
    check "$1 is as it is kept" diff -u "$golden/$1" "$out"
}

# --- worked vectors through the programs (synthetic; no data needed) ----------------------------
{
    echo station,year,month,mm
    year=2000
    for mm in 96 143 58 121 88 170 101 40 133 77 115 160 92 109 35 128 84 150 99 119; do
        printf 'B,%d,1,%d\nB,%d,2,0\n' $year $mm $year
        year=$((year + 1))
    done
} >"$work/burn.csv"
run "$bin/gong" series import "$work/burn.csv" --place station --value mm --year year --month month --out "$work/burn.nc"
burn=(policies/dak-nong-coffee-drought.yaml --series "$work/burn.nc" --everywhere --set
    "period.from=01-01; period.to=01-31; strike=90 mm; exit=30 mm; payout.rounding=1 VND")
run "$bin/gong" price "${burn[@]}"
for figure in "expected loss (burning cost)                                      1,316,667 VND   n = 20" \
    "standard deviation (n - 1)                                        2,838,180 VND   n = 20" \
    "seasons that pay, k = 6                                               30.0000 %   n = 20    95 %: 14.5477 % to 51.8973 %" \
    "at least one payout in 5 seasons                                      83.1930 %   n = 20    95 %: 54.4" \
    "by return on risk, gross                                          2,804,970 VND" \
    "by standard deviation, gross                                      2,550,730 VND" \
    "gamma: expected loss by the closed form                           1,381,198 VND" \
    "worst season 1: 2014, 2014-01-01 to 2014-01-31                    9,166,667 VND"; do
    check "price: $figure" has "$figure"
done
{
    echo period,commune,loss_percent
    echo 2002,B,60 && echo 2007,B,45 && echo 2014,B,80 && echo 2004,B,55
} >"$work/losses.csv"
run "$bin/gong" price "${burn[@]}" --reported "$work/losses.csv" --bad-from 40 --html "$work/price.html"
run "$bin/gong" price "${burn[@]}" --reported "$work/losses.csv" --bad-from 40 --json
check "each null of a figure has its reason beside it, and no other has one" jq -e '[.figures[], .reported.scores[] | (has("null_because") == ([.value, .low_95, .high_95] | any(. == null)))] | length > 40 and all' "$out"
run "$bin/gong" price "${burn[@]:0:5}" "period.from=01-01; period.to=01-31; strike=31 mm; exit=30 mm" --json
check "a season that never paid: the return period has no upper end, and says so" same "$(jq -r '.figures[] | select(.name == "return period of a payout") | "\(.value) \(.high_95) \(.null_because)"' "$out")" \
    "null null it did not happen: low_95 or more, without an upper end"
check "nor is what was never paid surely 0" same "$(jq -c '.figures[0] | [.value, .low_95, .null_because]' "$out")" '["0.000000",null,"no interval: too few seasons, or all alike"]'
sed 's/,B,/,C,/' "$work/losses.csv" >"$work/elsewhere.csv"
run "$bin/gong" price "${burn[@]}" --reported "$work/elsewhere.csv"
check "reports of other places are no reports of no loss" eval '[ $code -eq 3 ] && has "none of the 4 reports is of a season and place of the backtest: line 2, there is no place \"C\""'
sed '2s/,B,/,C,/; s/_percent//' "$work/losses.csv" >"$work/half.csv"
run "$bin/gong" price "${burn[@]}" --reported "$work/half.csv"
check "the first that does not fit is named, and what a missing column means" eval 'has "(3 reports fit, 1 do not)" && has "the first that does not: line 2, there is no place" && has "no column loss_percent: each is a bad one as it stands"'
run "$bin/gong" price "${burn[@]}" --reported "$work/losses.csv" --bad-from 40 --html "$work/price.html"
check "losses bring basis risk" grep -qE "no payout, of losses of 40 % or more +0.0000 % +n = 4 " "$out"
check "and scores with their n" has "hits 4, false alarms 2, misses 0, correct negatives 14"
check "the page has both charts and every figure" eval '[ "$(grep -c "<svg" "$work/price.html")" = 2 ] && grep -q "1,316,667 VND" "$work/price.html"'
check "payouts of seasons are grouped as everywhere" grep -qF '2014-01-01 to 2014-01-31</td><td class="number">35.000</td><td class="number">9,166,667</td>' "$work/price.html"
if command -v xmllint >/dev/null; then
    check "the page is well formed" xmllint --html --noout "$work/price.html"
fi
run "$bin/gong" backtest "${burn[@]}" --from 2005-01-01 --to 2014-12-31 --json
check "seasons from a day to a day" same "$(jq -r '[.seasons[].period] | "\(length) \(min) \(max)"' "$out")" "10 2005 2014"
{
    echo station,year,month,mm
    year=2016
    for mm in 60 64 58 70 69 75 71 80 78 85; do
        printf 'B,%d,1,%d\nB,%d,2,0\n' $year $mm $year
        year=$((year + 1))
    done
} >"$work/trend.csv"
run "$bin/gong" series import "$work/trend.csv" --place station --value mm --year year --month month --out "$work/trend.nc"
run "$bin/gong" price policies/dak-nong-coffee-drought.yaml --series "$work/trend.nc" "${burn[@]:3}" --detrend-to 2026
check "detrended to the year that is covered: slope 2.6788 a year, t 7.10" eval 'has "of the mean index, per season" && grep -qE "per season +2\.67[89]" "$out" && grep -qE "standard error +7\.0986" "$out"'
check "and the loss of the moved seasons: 42.6 mm short in ten, of 60" grep -qE "expected loss \(burning cost\) +710,000 VND" "$out"
check "which is said" has "to the last season and 1 past it"

# --- what is written is never what is read ------------------------------------------------------
kept() { sha256sum "$work/burn.nc" "$work/burn.csv" "$work/mine.yaml" | sha256sum; }
cp policies/dak-nong-coffee-drought.yaml "$work/mine.yaml"
ln -sf burn.nc "$work/link.nc"
before=$(kept)
over() {
    run "$bin/gong" "$@"
    check "$1 does not write over: ${*: -4}" eval '[ $code -eq 2 ] && has "name another" && [ "$(kept)" = "$before" ]'
}
own=("$work/mine.yaml" "${burn[@]:1}")
for what in csv netcdf svg; do
    over backtest "${own[@]}" --$what "$work/burn.nc"
    over backtest "${own[@]}" --$what "$work/./mine.yaml"
done
over backtest "${own[@]}" --reported "$work/burn.csv" --csv "$work/burn.csv"
over backtest "${own[@]}" --csv "$work/link.nc"
over backtest "${own[@]}" --csv "$work/new" --svg "$work/./new"
over price "${own[@]}" --html "$work/burn.nc"
over price "${own[@]}" --html "$work/mine.yaml"
over series import "$work/burn.csv" --place station --value mm --year year --month month --out "$work/burn.csv"
mkdir "$work/grids"
cp "$work/burn.nc" "$work/grids/a.nc"
over series build --source demo-daily --grids "$work/grids" --out "$work/grids/a.nc"
check "nor is a part of it there" [ ! -e "$work/new" ]
run "$bin/gong" price policies/dak-nong-coffee-drought.yaml --series "$work/trend.nc" "${burn[@]:3}" --detrend-to 2024
check "a year before the last season is no cover" has "--detrend-to is 2025, the last season, to 2045"
run "$bin/gong" backtest "${burn[@]}" --json
check "backtest --json adds up to the đồng" [ "$(jq .pays_vnd "$out")" = 26333333 ]
# The first and the last season by a day: one whose day begins at 17:00 UTC the evening before is of that day.
seasons() { jq -c '[.seasons[].period, .pays_vnd]' "$out"; }
run "$bin/gong" backtest "${burn[@]}" --from 2005-01-01 --to 2009-01-31 --json
check "backtest --from and --to take the seasons that lie between, both ends with them" same "$(seasons)" '["2005","2006","2007","2008","2009",10500000]'
run "$bin/gong" backtest "${burn[@]}" --from 2005-01-02 --to 2009-01-30 --json
check "a day later or earlier leaves one out" same "$(seasons)" '["2006","2007","2008",8333333]'
run "$bin/gong" price "${burn[@]}" --from 2007-01-01
check "price as well, with its n" eval 'has "seasons: 2007 to 2019, 13 of them" && has "seasons that pay, k = 4" && has "n = 13 "'
run "$bin/gong" backtest "${burn[@]}" --from 2009-01-01 --to 2009-01-30
check "between days without a season there is nothing to try" eval '[ $code -ne 0 ] && has "no whole period"'
run "$bin/gong" backtest "${burn[@]}" --from 2009-13-01
check "a day that is none is refused" eval '[ $code -eq 3 ] && has "reading --from"'
run "$bin/gong" backtest policies/dak-nong-coffee-drought.yaml --series "$work/burn.nc" --everywhere --set "threshold=1 mm"
check "a what-if of a value that is not there is refused" has 'has no value "threshold"'
run "$bin/gong" backtest policies/dak-nong-coffee-drought.yaml --series "$work/burn.nc" --set "from=01-02"
check "one that is in two places is refused with both" has 'effective.from, period.from'
run "$bin/gong" backtest policies/dak-nong-coffee-drought.yaml --series "$work/burn.nc" --everywhere --set "exit=200 mm"
check "one that cannot be right is refused by the loader" has "write an exit below the strike"
run "$bin/gong" backtest policies/dak-nong-coffee-drought.yaml --series "$work/burn.nc"
check "no place of the area: said, with the way out" has "--everywhere leaves the area out"
run "$bin/gong" backtest policies/bac-kan-heavy-rain.yaml --series "$work/burn.nc" --everywhere
check "a policy of forecasts is refused" has "decides on forecasts"
run "$bin/gong" backtest policies/products/bac-kan-typhoon-circle.yaml --series "$work/burn.nc" --everywhere
check "storms are of a site, not of a series" has "are made of their tracks, and a series has none; try it on a site that has read them, with --site"
run "$bin/gong" price "$mine/past-flood.yaml" --series "$work/burn.nc" --everywhere
check "an alert without reports has no price" has "is an alert: give --reported CSV"
printf '%s\n' contract,claim_vnd C-1,900000 C-2,3600000 >"$work/claims.csv"
run "$bin/gong" fund "$work/claims.csv" --premium 100000000 --loading 3
check "a basis-risk fund of 3 % pays two thirds of what was accepted" has "C-1,900000,900000,600000"
check "and says that this is no indemnity" has "3000000 VND are paid ex gratia (no indemnity), 0 VND carried over"
run "$bin/gong" fund "$work/claims.csv"
check "without the premium it asks for it" [ $code -eq 2 ]
for program in backtest price trigger; do
    check "gong-$program links neither NetCDF nor curl" same "$(ldd "$bin/gong-$program" | grep -E 'netcdf|hdf5|curl')" ""
done

# --- a site's own readings ------------------------------------------------------------------------
site=$work/site
run "$bin/gong" init "$site"
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
run gong season write "$site/season"
run gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone
run gong ingest fetch --source demo-daily
run gong ingest decode
run gong backtest policies/dak-nong-coffee-drought.yaml --csv "$work/site.csv"
check "a site's readings are a past as well" has "1 seasons of 28 places"
own=$(sha256sum "$site"/*.db "$site"/*.yaml)
for what in "backtest policies/dak-nong-coffee-drought.yaml --csv $site/ledger.db" \
    "backtest policies/dak-nong-coffee-drought.yaml --svg $site/sources.yaml" \
    "backtest policies/dak-nong-coffee-drought.yaml --netcdf $site/keys/new.nc" \
    "price policies/dak-nong-coffee-drought.yaml --html $site/people.db" \
    "series build --source demo-daily --out $site/map.db" \
    "bundle --all --out $site/ledger.db" "pay statement --out $site/ledger.db"; do
    run gong $what
    check "refused: ${what%% *} over a site's ${what##*/}" eval '[ $code -eq 2 ] && has "own; name another file"'
done
check "and the site has what it had" same "$(sha256sum "$site"/*.db "$site"/*.yaml)" "$own"
run gong backtest policies/dak-nong-coffee-drought.yaml --csv "$site/past.csv"
check "a report of one's own may lie in a site's folder" eval '[ $code -eq 0 ] && cmp "$work/site.csv" "$site/past.csv"'
run gong series build --source demo-daily --out "$work/demo.nc"
run "$bin/gong" backtest policies/dak-nong-coffee-drought.yaml --series "$work/demo.nc" --csv "$work/series.csv" --netcdf "$work/answers.nc" --svg "$work/chart.svg"
check "a series of them gives the same answers" cmp "$work/site.csv" "$work/series.csv"
cp policies/dak-nong-coffee-drought.yaml "$mine/past-events.yaml" "$site/policies/"
awk -F, -v OFS=, 'NR == 1 {print; next} /^DN-/ && !seen[$7]++ {
    for (i = 1; i <= 2; i++) {
        $9 = i == 1 ? "dak-nong-coffee-drought" : "past-events"
        $1 = (i == 1 ? "A-" : "B-") $7; $2 = "P-" $7; $10 = 10000000; print
    }
}' "$site/season/contracts.csv" >"$work/contracts.csv"
run gong contract import "$work/contracts.csv"
check "each commune has a contract of both kinds" [ "$code-$(wc -l <"$work/contracts.csv")" = 0-57 ]
run gong trigger run
run gong ledger export
jq -r 'select(.kind == "payout") | [.contract, .amount] | @csv' "$out" | tr -d '"' | sort >"$work/live"
run gong backtest "$mine/past-events.yaml" --csv "$work/events.csv"
check "a policy by events can be tried on a site's past" has "1 seasons of 28 places"
awk -F, 'FNR > 1 && $9 > 0 {print (FILENAME ~ /site/ ? "A-" : "B-") $4 "," $9}' "$work/site.csv" "$work/events.csv" | sort >"$work/past"
check "payouts are those of the live engine, to the đồng" diff "$work/live" "$work/past"
check "by events, of many sizes, and under the season's limit" eval '[ "$(grep -c "^B-.*,7000000$" "$work/past")" -gt 0 ] && [ "$(grep "^B-" "$work/past" | cut -d, -f2 | sort -u | wc -l)" -gt 5 ]'
run gong ledger export
jq -r 'select(.kind == "decision" and .policy == "dak-nong-coffee-drought") | [.commune, .answer, .index_milli] | @csv' "$out" 2>/dev/null | tr -d '"' | sort >"$work/live"
awk -F, 'NR > 1 {i = $6 == "" ? "" : $6 * 1000; print $4 "," $8 "," i}' "$work/site.csv" | sort >"$work/past"
check "and the live engine has decided the same" diff "$work/live" "$work/past"
if command -v cdo >/dev/null; then
    run cdo -s outputf,%.0f -fldsum -timsum -selname,payout "$work/answers.nc"
    paid=$(awk -F, 'NR > 1 {s += $9} END {printf "%.0f", s}' "$work/series.csv")
    check "CDO adds the payouts of the NetCDF report up" same "$(grep -E '^ *[0-9]' "$out" | tr -d ' ')" "$paid"
fi
if /usr/bin/python3 -c 'import xarray' 2>/dev/null; then
    cat >"$work/look.py" <<'P'
import csv, sys, numpy, xarray
a = xarray.open_dataset(sys.argv[1])
rows = list(csv.DictReader(open(sys.argv[2])))
assert a.attrs["Conventions"].startswith("CF-") and a.attrs["featureType"] == "timeSeries"
assert a.payout.dims == a.answer.dims == a["index"].dims == ("time", "place") and a.payout.size == len(rows) > 20
assert {"lat", "lon", "code"} <= set(a.payout.coords) and a.lat.attrs["units"] == "degrees_north"
begins, ends = a.time_bnds.values[0]
assert a.time.values[0] == ends
same = lambda number, text: numpy.isnan(number) if text == "" else float(number) == float(text)
for place, row in enumerate(rows): # of one season
    assert a.code.values[place].decode() == row["commune"]
    assert [begins, ends] == [numpy.datetime64(row[key].rstrip("Z")) for key in ("from", "to")]
    assert a["index"].attrs["units"] == row["unit"] and same(a["index"].values[0, place], row["index"])
    assert ["no", "yes", "unknown"][a.answer.values[0, place]] == row["answer"]
    assert same(a.payout.values[0, place], "" if row["answer"] == "unknown" else row["pays_vnd"])
print("paid %.0f" % float(a.payout.sum()))
P
    run /usr/bin/python3 "$work/look.py" "$work/answers.nc" "$work/series.csv"
    check "xarray reads the NetCDF report: the season as a time, places, units; each index, answer and payout of the table" [ $code -eq 0 ]
    check "and adds the same payouts up" same "$(cat "$out")" "paid $(awk -F, 'NR > 1 {s += $9} END {printf "%.0f", s}' "$work/series.csv")"
else
    echo "SKIP xarray is not here, so it was NOT tried"
fi
if command -v xmllint >/dev/null; then
    check "the chart is well-formed SVG" xmllint --noout "$work/chart.svg"
fi
site=

# --- real input ---------------------------------------------------------------------------------------
if [ ! -f "$data/rainfall/wfde5_gpcc_monthly_precip_vietnam_1979-2019.nc" ]; then
    echo "SKIP backtest: $data is not there, so NOTHING of the real past was tested"
    finish
    exit
fi
site=$work/real
run "$bin/gong" init "$site"
cat >>"$site/sources.yaml" <<'Y'
  wfde5-monthly:
    title: WFDE5 monthly precipitation over Việt Nam
    licence: Contains modified Copernicus Climate Change Service information
    boundary_set: vn2025
    kind: observation
    variables:
      - {reads: precip_mean, means: rain, interval: month, stamp: start}
  chirps-events:
    title: CHIRPS rain of seven days before floods of Hà Tĩnh, events 01 to 14; its source is named for 19, five of them are in no file
    licence: CC0
    boundary_set: ha-tinh
    kind: observation
    variables:
      - {reads: rain_7d, means: rain, interval: 168 h, stamp: end}
Y
run gong boundary import "$data/boundaries/communes_2025_simplified.geojson" --set vn2025 --code code --name full_name --zone province_code
run gong boundary import "$data/boundaries/communes_2025_ha_tinh_full.geojson" --set ha-tinh --code code --name full_name
mkdir "$work/wfde5" "$work/chirps"
cp "$data/rainfall/wfde5_gpcc_monthly_precip_vietnam_1979-2019.nc" "$work/wfde5/"
cp "$data/rainfall/chirps_ha_tinh_flood_events_2016-2022.nc" "$work/chirps/"
run gong series build --source wfde5-monthly --grids "$work/wfde5" --out "$work/wfde5.nc"
check "41 years become a series of 3,321 communes" has "492 steps of 3321 places, 1979-01-01T00:00:00Z to 2020-01-01T00:00:00Z"
site=
run "$bin/gong" backtest "$mine/past-drought.yaml" --series "$work/wfde5.nc"
golden backtest-drought-wfde5.txt
run "$bin/gong" price "$mine/past-drought.yaml" --series "$work/wfde5.nc"
golden price-drought-wfde5.txt
check "with the product that the series was made of" has "product, run and version of the series: WFDE5 monthly precipitation over Việt Nam"
run "$bin/gong" backtest "$mine/past-excess.yaml" --series "$work/wfde5.nc"
golden backtest-excess-wfde5.txt
run "$bin/gong" price "$mine/past-excess.yaml" --series "$work/wfde5.nc"
golden price-excess-wfde5.txt
# Shipped policies: the drought alert as it stands; the coffee cover over whole months, as the series has them.
run "$bin/gong" backtest policies/products/dak-nong-drought-spi.yaml --series "$work/wfde5.nc" --set 'area.zones.1.zone="68"'
shipped backtest-spi-wfde5.txt
coffee=(policies/dak-nong-coffee-drought.yaml --set 'area.zones.1="68"; period.from=01-01; period.day=utc00; period.to=04-30; strike=150 mm; exit=50 mm; minimum_coverage=50 %')
run "$bin/gong" backtest "${coffee[@]}" --series "$work/wfde5.nc"
shipped backtest-coffee-wfde5.txt
for threads in 1 2 7; do
    run "$bin/gong" backtest "$mine/past-excess.yaml" --series "$work/wfde5.nc" --everywhere --threads $threads --csv "$work/$threads.csv"
done
check "the same answers for any number of threads" eval 'cmp "$work/1.csv" "$work/2.csv" && cmp "$work/1.csv" "$work/7.csv"'
run "$bin/gong" series import "$data/stations/imhen_monthly_rainfall_1961-2017.csv" --places "$data/stations/imhen_stations.csv" \
    --place station --value rainfall_mm --year year --month month --source imhen --out "$work/imhen.nc"
check "67 stations since 1961 become a series" has "684 steps of 67 places"
run "$bin/gong" backtest "$mine/past-drought.yaml" --series "$work/imhen.nc" --everywhere
golden backtest-drought-stations.txt
run "$bin/gong" backtest "$mine/past-drought.yaml" --series "$work/imhen.nc" --everywhere --csv "$work/imhen.csv"
check "what a place is paid that is not known is empty, never 0" same \
    "$(awk -F, 'NR > 1 {n[($8 == "unknown") ($9 == "")]++} END {print (n["11"] > 500), n["10"] + 0, n["01"] + 0, (n["00"] > 500)}' "$work/imhen.csv")" "1 0 0 1"
run "$bin/gong" backtest "${coffee[@]}" --series "$work/imhen.nc" --everywhere
shipped backtest-coffee-stations.txt
run "$bin/gong" price "$mine/past-drought.yaml" --series "$work/imhen.nc" --everywhere --place "Dak Nong"
golden price-drought-stations.txt
run "$bin/gong" backtest "$mine/past-excess.yaml" --series "$work/imhen.nc" --everywhere
golden backtest-excess-stations.txt
site=$work/real
run gong series build --source chirps-events --grids "$work/chirps" --out "$work/chirps.nc"
check "the rain before the floods becomes a series" has "14 steps of 69 places"
site=
# Nineteen are not to be had: rain and floods are of the same fourteen, and the list of the press, which
# goes on to 2024, has no rain and no flooded share of its own.
check "rain and floods are of the same 14 events, and no file has more" same \
    "$(cut -d, -f2 "$data/floods/ha_tinh_observed_flood_fraction_2016-2022.csv" | sort -u | grep -c ^20) $(
        ncdump -h "$data/rainfall/chirps_ha_tinh_flood_events_2016-2022.nc" | grep -c 'event = 14 ;') $(
        cut -d, -f1 "$data/floods/ha_tinh_flood_events_verified.csv" | grep -c ^20)" "14 1 9"
awk -F, 'NR == 1 {print "period,commune,loss_percent"; next} {printf "%s,%s,%.3f\n", $2, $3, 100 * $NF}' \
    "$data/floods/ha_tinh_observed_flood_fraction_2016-2022.csv" >"$work/floods.csv"
run "$bin/gong" backtest "$mine/past-flood.yaml" --series "$work/chirps.nc" --reported "$work/floods.csv" --bad-from 5 --sweep 0,400,50
golden backtest-floods-ha-tinh.txt
for mm in 0 150 350; do
    run "$bin/gong" backtest "$mine/past-flood.yaml" --series "$work/chirps.nc" --set "trigger.threshold=$mm mm" --reported "$work/floods.csv" --bad-from 5 --sweep $mm,$mm,1 --json
    check "a threshold of $mm mm in a sweep is that threshold alone" jq -e '.sweep[0].hits == .reported.hits and .sweep[0].false_alarms == .reported.false_alarms and .sweep[0].misses == .reported.misses and .sweep[0].yes == .yes' "$out"
    check "with its intervals" jq -e '(.sweep[0] | [.pod, .far, .csi]) as $s | [.reported.scores[0, 1, 3] | [.value, .low_95, .high_95, .n]] == ($s | map([.value, .low_95, .high_95, .n])) and $s[0].low_95 != null' "$out"
done
run "$bin/gong" price "$mine/past-flood.yaml" --series "$work/chirps.nc" --reported "$work/floods.csv" --bad-from 5
check "an alert is scored, each figure with its n and interval" grep -qE "POD: .* 0\.1671 +n = 413 +95 %: [0-9.]+ to [0-9.]+" "$out"
run "$bin/gong" price "$mine/past-flood.yaml" --series "$work/chirps.nc" --reported "$work/floods.csv" --bad-from 5 --json
check "so are its alerts beside the days, by eleven months" jq -e '[.reported.days.scores[] | .n > 0 and ((.low_95 != null and (.low_95 | tonumber) < (.value | tonumber)) or (.null_because | contains("all alike")))] | length == 4 and all' "$out"
finish
