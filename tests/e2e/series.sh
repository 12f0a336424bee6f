#!/usr/bin/env bash
# Series files: made of a site's readings, of a folder of grids and of a table of stations; read by
# gong, by xarray and by CDO, which must find the same numbers.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
python=/usr/bin/python3

run "$bin/gong" init "$site"
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
run gong season write "$site/season"
run gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone
run gong ingest fetch --source demo-daily
run gong ingest decode
check "a site with daily readings is there" [ $code -eq 0 ]

run gong series build --source demo-daily --out "$work/site.nc"
check "a series file is made of the readings" has "121 steps of 65 places, 2024-01-01T00:00:00Z to 2024-05-01T00:00:00Z"
run gong series build --source demo-daily --grids "$site/season/daily" --out "$work/grids.nc"
check "and of the grids themselves" [ $code -eq 0 ]
check "both are the same numbers" cmp <(tail -c 50336 "$work/site.nc") <(tail -c 50336 "$work/grids.nc")
# The same grids in chunks of a few cells, of which not all are read.
if command -v nccopy >/dev/null; then
    mkdir "$work/plain" && cp "$site/season/daily/"* "$work/plain/"
    for file in "$work/plain/"*.nc; do
        nccopy -k nc4 -d 1 -s -c time/5,latitude/2,longitude/2 "$file" "$work/chunked" && mv "$work/chunked" "$file"
    done
    run gong series build --source demo-daily --grids "$work/plain" --out "$work/chunks.nc"
    check "grids in small chunks are the same numbers" cmp <(tail -c 50336 "$work/site.nc") <(tail -c 50336 "$work/chunks.nc")
    run "$bin/gong" init "$work/other"
    sed -i 's/^clock: .*/clock: data/' "$work/other/gong.yaml"
    site=$work/other
    run gong season write "$site/season"
    cp "$work/plain/"* "$site/season/daily/"
    run gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone
    run gong ingest fetch --source demo-daily
    run gong ingest decode
    run gong series build --source demo-daily --out "$work/other.nc"
    site=$work/site
    check "a site that fetches them has these numbers, too" cmp <(tail -c 50336 "$work/site.nc") <(tail -c 50336 "$work/other.nc")
else
    echo "SKIP nccopy is not here, so it was NOT tried"
fi
run gong series build --source demo-daily --out "$work/january.nc" --from 2024-01-01 --to 2024-02-01 --json
check "a part of it is as long as was asked" [ "$(jq .steps "$out")" = 31 ]
run gong series show "$work/site.nc"
check "gong says what a series file holds" has "rain of demo-daily over pilots: 121 steps of 65 places"
run gong series build --source demo-daly --out "$work/none.nc"
check "a source that is misspelt is named" has "demo-daily"
check "and nothing is left behind" [ ! -e "$work/none.nc" ]
mkdir "$work/empty"
run gong series build --source demo-daily --grids "$work/empty" --out "$work/none.nc"
check "a folder without files is called that" has "there is no file in $work/empty"
run gong series build --out "$work/none.nc"
check "what is missing on the command line is said" [ $code -eq 2 ]

printf 'station,year,month,mm\nBuôn Hồ,2020,1,12.5\nBuôn Hồ,2020,2,\nA Lưới,2020,1,0\nA Lưới,2020,2,7.2345\n' >"$work/t.csv"
printf 'station,lat,lon\nBuôn Hồ,12.91667,108.26667\n' >"$work/p.csv"
table=(--place station --value mm --year year --month month --out "$work/table.nc")
run gong series import "$work/t.csv" "${table[@]}" --places "$work/p.csv"
check "a table becomes a series" has "2 steps of 2 places, 2020-01-01T00:00:00Z to 2020-03-01T00:00:00Z; 1 values not known"
printf 'station,year,month,mm\nA,2020,1,1\nA,2020,1,2\n' >"$work/t2.csv"
run gong series import "$work/t2.csv" "${table[@]}"
check "two values of one month are refused" has "two values of A for the step to 2020-02-01"
printf 'station,year,month,mm\nA,2020,13,1\n' >"$work/t2.csv"
run gong series import "$work/t2.csv" "${table[@]}"
check "a 13th month is refused with its line" has "t2.csv:2"
run gong series show "$work/t.csv"
check "a file of another kind is refused" [ $code -eq 3 ]

# --- a file of more than is read at once ------------------------------------------------------------
# The country's box at a hundredth of a degree: 60 hours of a million cells, of which gong reads ten at a time.
(
    cat <<END
{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "00001", "name": "Ô vuông (diễn tập)"},
 "geometry": {"type": "Polygon", "coordinates": [[[105.99, 17.99], [106.01, 17.99], [106.01, 18.01], [105.99, 18.01], [105.99, 17.99]]]}},
 {"type": "Feature", "properties": {"code": "00002", "name": "Ô xa (diễn tập)"},
 "geometry": {"type": "Polygon", "coordinates": [[[105, 17], [105.01, 17], [105.01, 17.01], [105, 17.01], [105, 17]]]}},
 {"type": "Feature", "properties": {"code": "00003", "name": "Ô bắc (diễn tập)"},
 "geometry": {"type": "Polygon", "coordinates": [[[114.98, 26.98], [114.99, 26.98], [114.99, 26.99], [114.98, 26.99], [114.98, 26.98]]]}}]}
END
) >"$work/wide.geojson"
gong boundary import "$work/wide.geojson" --set wide --code code --name name --quiet
long() { # NAME INTERVAL STEPS [KIND]: a folder with one such file, and its source
    mkdir -p "$work/$1"
    "$bin/tests/tools/longgrid" "$work/$1/all.nc" "$3" 1000 ${4:+"$4"}
    printf '  %s:\n    title: T\n    licence: L\n    url: file://%s/\n    boundary_set: wide\n    kind: observation\n    variables: [{reads: rain, means: rain, interval: %s}]\n' "$1" "$work/$1" "$2" >>"$site/sources.yaml"
}
# numbers FILE: what the first place has, step by step.
numbers() { ncdump -v rain "$1" | sed -n '/^ rain =/,/;/p' | sed '1d; s/,.*//; s/ //g; s/000$//' | paste -sd' '; }
long hourly '1 h, stamp: end' 60
long totals 'since day' 60 total
long wrong '1 h, stamp: end' 60 other
run gong series build --source hourly --grids "$work/hourly" --out "$work/hourly.nc"
check "a file of 60 million values becomes a series" has "60 steps of 3 places, 2024-01-01T00:00:00Z to 2024-01-03T12:00:00Z; 120 values not known"
check "each step has its number" same "$(numbers "$work/hourly.nc")" "$(seq -s' ' 0 59)"
run gong series build --source totals --grids "$work/totals" --out "$work/totals.nc"
check "so do sums that run through the day, also over the seams between what is read at once" \
    same "$(numbers "$work/totals.nc")" "$(seq -s' ' 0 59)"
run gong series build --source wrong --grids "$work/wrong" --out "$work/wrong.nc"
check "what is wrong at its very end refuses it" has "reading the step to 2024-01-03T12:00:00Z"
check "and no series is left" [ ! -e "$work/wrong.nc" ]
long five '1 h, stamp: end' 60
sed -i '$s/^/    files: cdf5\n/' "$site/sources.yaml"
nccopy -k cdf5 "$work/five/all.nc" "$work/whole.nc" && mv "$work/whole.nc" "$work/five/all.nc"
run gong series build --source five --grids "$work/five" --out "$work/five.nc"
check "so does one that is CDF-5" same "$(numbers "$work/five.nc")" "$(seq -s' ' 0 59)"
rm -r "$work/five"

# --- the others ---------------------------------------------------------------------------------
if $python -c 'import xarray' 2>/dev/null; then
    cat >"$work/look.py" <<'P' # `run` gives its command no input
import sys, numpy, xarray
rain = xarray.open_dataset(sys.argv[1])
assert rain.attrs["featureType"] == "timeSeries" and rain.attrs["Conventions"].startswith("CF-")
assert rain.attrs["license"] == "CC0" # of the source, in sources.yaml
assert rain.rain.dims == ("time", "place") and rain.rain.shape == (121, 65)
assert [str(t)[:10] for t in rain.time_bnds.values[0]] == ["2024-01-01", "2024-01-02"]
assert rain.time.values[0] == rain.time_bnds.values[0][1] and rain.code.values[0] == b"01840" # a step's time is its end
assert rain.rain.attrs["units"] == "mm" and 0 < float(rain.rain.max()) < 200
assert float(rain.lat.min()) > 11 and float(rain.lon.max()) < 109 and float(rain.cover.max()) == 1
table = xarray.open_dataset(sys.argv[2])
assert "license" not in table.attrs # nobody said
assert table.rain.values.tolist()[0] == [12.5, 0] and numpy.isnan(table.rain.values[1][0])
assert table.rain.values[1][1] == 7.235 and abs(float(table.lat[0]) - 12.91667) < 1e-12
print("sum %.3f" % float(rain.rain.sum()))
P
    run $python "$work/look.py" "$work/site.nc" "$work/table.nc"
    check "xarray reads it: times, places, units, holes, coverage" eval '[ $code -eq 0 ] && has "sum "'
    xarray_sum=$(cat "$out")
else
    echo "SKIP xarray is not here, so it was NOT tried"
fi
if command -v cdo >/dev/null; then
    run cdo -s outputf,%.3f -fldsum -timsum -selname,rain "$work/site.nc"
    cdo_sum="sum $(grep -E '^ *[0-9]' "$out" | tr -d ' ')"
    check "CDO adds the same numbers up" same "$cdo_sum" "${xarray_sum:-$cdo_sum}"
    run cdo -s sinfon "$work/site.nc"
    check "CDO knows the places and the time axis" eval 'grep -q "points=65" "$out" && grep -q "121 steps" "$out" && grep -q "Bounds = true" "$out"'
else
    echo "SKIP cdo is not here, so it was NOT tried"
fi
finish
