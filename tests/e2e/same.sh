#!/usr/bin/env bash
# Gate: the same inputs give byte-identical ledgers, backtests and prices under gcc and clang, -O0 and -O3,
# and with one thread and two. Among them what is made of floating point on its way: SPI, SPEI, water for a
# crop, distances to storms, the nearest communes.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The main job, one step after the other, into a fresh drill site.
main_job() {
    local bin=$1 site=$2
    "$bin/gong" init "$site" --quiet >/dev/null
    sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
    cp policies/*.yaml "$site/policies/"
    "$bin/gong" season write "$site/season" --quiet >/dev/null
    "$bin/gong" boundary import "$site/season/boundary.geojson" --set pilots --code code \
        --name full_name --zone zone --site "$site" --quiet >/dev/null
    "$bin/gong" contract import "$site/season/contracts.csv" --site "$site" --quiet >/dev/null
    "$bin/gong" ingest run --site "$site" --quiet >/dev/null
    "$bin/gong" trigger run --site "$site" --quiet >/dev/null
    "$bin/gong" notify drain --site "$site" --quiet >/dev/null
}
# Decisions that floating point is on the way to: which of the equally near communes fill a gap, what is usual,
# how far a storm passed.
float_job() {
    local bin=$1 site=$2 head message id
    "$bin/gong" init "$site" --quiet >/dev/null
    sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
    cat >"$site/sources.yaml" <<'Y'
sources:
  rain: {title: rain, licence: CC0, url: grids/, boundary_set: squares, kind: observation, variables: [{reads: rain, means: rain, interval: day, stamp: start}]}
  best-track:
    title: best tracks (diễn tập)
    licence: NOAA NCEI IBTrACS (may be redistributed and used without restriction)
    format: tracks
    kind: observation
    tracks: {format: ibtracs-csv, agency: wmo, wind_average: 10 min}
Y
    mkdir "$site/grids"
    (cd "$site/grids" && python3 "$squares") <<P
squares("$folder/squares.geojson")
days("1.nc", "2024-01-01", 31, {(d, c): None if (d * 7 + c) % 19 == 0 else (d * 37 + c * 11) % 23 / 3 for d in range(1, 32) for c in range(1, 11)})
P
    "$bin/gong" boundary import "$folder/squares.geojson" --set squares --code code --name name --zone zone \
        --site "$site" --quiet >/dev/null
    head='gong: 1
version: 1
boundary_set: squares
area: all
minimum_coverage: any
persistence: 1
next_update: 24 h
kind: alert
watch: observation
message: {vi: "{commune} {index} {issued} {next}", en: "{commune} {index} {issued} {next}"}'
    for id in filled spi spei wrsi storm-near; do
        {
            printf '%s\nid: %s\ntitle: {vi: %s, en: %s}\n' "$head" $id $id $id
            [ $id = storm-near ] || printf 'source: rain\nvariable: rain\neffective: {from: 2024-01-01, to: 2024-01-31}\nperiod: {each: month, day: utc00}\n'
            [ $id = storm-near ] || printf 'substitutes: [{neighbours: 3, within: 40 km}]\nmissing_at_most: 30 %%\n'
            case $id in
            filled) printf 'index: {take: total}\nrounding: 0.1 mm\ntrigger: {index: ">=", threshold: 100 mm}\ncases: {fire: [{name: a, step: period, values: [100]}], not_fire: [{name: b, step: period, values: [99]}]}\n' ;;
            spi) printf 'index: {take: spi, years: [%s]}\nrounding: 0.01\ntrigger: {index: "<=", threshold: 3}\ncases: {fire: [{name: a, step: period, values: [60]}], not_fire: [{name: b, step: period, values: [2000]}]}\n' "${of_spi%, }" ;;
            spei) printf 'index: {take: spei, pet: 100 mm, years: [%s]}\nrounding: 0.01\ntrigger: {index: "<=", threshold: 2.5}\ncases: {fire: [{name: a, step: period, values: [60]}], not_fire: [{name: b, step: period, values: [3000]}]}\n' "${of_spei%, }" ;;
            wrsi) printf 'index: {take: wrsi, holds: 60 mm, holds_at_start: 20 mm, easy: 45 %%, pet: [80 mm, 81 mm, 79 mm], kc: [1.2, 1.1, 0.9]}\nrounding: 0.1 %%\ntrigger: {index: "<", threshold: 50 %%}\ncases: {fire: [{name: a, step: 24 h, values: [0 x 31]}], not_fire: [{name: b, step: 24 h, values: [9 x 31]}]}\n' ;;
            storm-near) printf 'source: best-track\nvariable: storm_distance\neffective: {from: 2017-11-01, to: 2017-11-30}\nperiod: {each: month, day: utc00}\nindex: {take: minimum}\nrounding: 0.001 km\ntrigger: {index: "<", threshold: 300 km}\ncases: {fire: [{name: a, step: 720 h, values: [299]}], not_fire: [{name: b, step: 720 h, values: [300]}]}\n' ;;
            esac
        } >"$site/policies/$id.yaml"
    done
    [ ! -f "$tracks" ] || "$bin/gong" ingest fetch "file://$tracks" --source best-track --site "$site" --quiet >/dev/null
    "$bin/gong" ingest run --site "$site" --quiet >/dev/null
    "$bin/gong" trigger run --now 2025-01-01T00:00:00Z --site "$site" --quiet >/dev/null
}
# The totals and the differences that the vectors of SPI and SPEI stand on.
of_spi=$(printf '%s mm, ' 42.16 92.97 111.19 75.74 65.89 110.80 120.66 17.56 50.76 45.66 81.66 61.50 66.02 27.09 61.46 60.56 \
    62.34 135.73 22.12 57.74 72.78 34.25 136.81 8.22 64.39 12.06 30.16 67.36 32.41 53.14)
of_spei=$(printf '%s mm, ' -62.0 -15.5 24.3 -88.1 40.2 5.0 -33.4 71.6 -95.0 12.8 -47.7 158.9 -9.9 -70.4 33.3 -21.2 95.6 -54.8 \
    18.1 -38.5 2.2 -27.9 49.0 -81.3 -3.6 27.7 -44.4 124.4 -18.6 -60.2)

# 41 years of 3,321 communes as a series file, made by the first of the builds (its readings are those
# of the ledgers below); enough for two threads to be started.
make_series() {
    local bin=$1 site=$folder/past
    "$bin/gong" init "$site" --quiet >/dev/null
    cat >>"$site/sources.yaml" <<'Y'
  wfde5-monthly:
    title: WFDE5 monthly precipitation over Việt Nam
    licence: Contains modified Copernicus Climate Change Service information
    boundary_set: vn2025
    kind: observation
    variables:
      - {reads: precip_mean, means: rain, interval: month, stamp: start}
Y
    "$bin/gong" boundary import "$data/boundaries/communes_2025_simplified.geojson" --set vn2025 --code code \
        --name full_name --zone province_code --site "$site" --quiet >/dev/null
    place=$(jq -r '.features[0].properties.code' "$data/boundaries/communes_2025_simplified.geojson")
    mkdir "$folder/grids"
    cp "$data/rainfall/wfde5_gpcc_monthly_precip_vietnam_1979-2019.nc" "$folder/grids/"
    "$bin/gong" series build --source wfde5-monthly --grids "$folder/grids" --out "$folder/past.nc" \
        --site "$site" --quiet >/dev/null
}

# What the past would have said, and what it costs: of a site, and of many years where they are there.
tried() {
    local bin=$1 site=$2 threads=$3 policy
    for policy in policies/dak-nong-coffee-drought.yaml tests/e2e/policies/past-events.yaml; do
        "$bin/gong" backtest "$policy" --site "$site" --threads "$threads" --json
    done
    "$bin/gong" price policies/bac-kan-heavy-rain.yaml --site "$site" --observed demo-observed --threads "$threads" --json
    [ -f "$folder/past.nc" ] || return 0
    for policy in tests/e2e/policies/past-{drought,excess}.yaml; do
        "$bin/gong" backtest "$policy" --series "$folder/past.nc" --everywhere --threads "$threads" --json
        "$bin/gong" price "$policy" --series "$folder/past.nc" --everywhere --place "$place" --threads "$threads" --json
    done
    # SPI and SPEI of every commune and year
    for policy in policies/products/{dak-nong-drought-spi,bac-kan-drought-spei}.yaml; do
        "$bin/gong" backtest "$policy" --series "$folder/past.nc" --everywhere --threads "$threads" --csv "$folder/all.csv" --json
        sha256sum <"$folder/all.csv"
    done
}

data=../shared/data
tracks=$PWD/$data/tracks/ibtracs_wp_selected_storms.csv
squares=$PWD/tests/e2e/squares.py
first= first_tried= first_float=
for compiler in gcc clang; do
    for level in -O0 -O3; do
        mode=same$level-$compiler
        env -u MAKEFLAGS make -j"$(nproc)" --no-print-directory -s V=0 MODE="$mode" CC=$compiler OPT=$level programs >/dev/null
        main_job "$PWD/build/$mode" "$folder/$mode"
        sum=$("build/$mode/gong" ledger export --site "$folder/$mode" | sha256sum | cut -d' ' -f1)
        count=$("build/$mode/gong" ledger export --site "$folder/$mode" | wc -l)
        echo "same: $compiler $level: $count entries, $sum"
        first=${first:-$sum}
        [ "$sum" = "$first" ] || { echo "the ledger of $compiler $level differs"; exit 1; }
        float_job "$PWD/build/$mode" "$folder/float-$mode"
        "build/$mode/gong" ledger export --kind decision --site "$folder/float-$mode" >"$folder/floats"
        floats=$(wc -l <"$folder/floats")
        first_float=${first_float:-$(sha256sum <"$folder/floats")}
        [ "$(sha256sum <"$folder/floats")" = "$first_float" ] ||
            { echo "decisions by floating point of $compiler $level differ"; exit 1; }
        echo "same: $compiler $level: $floats decisions by way of floating point"
        if [ -f "$data/rainfall/wfde5_gpcc_monthly_precip_vietnam_1979-2019.nc" ] && [ ! -f "$folder/past.nc" ]; then
            make_series "$PWD/build/$mode"
        fi
        for threads in 1 2; do
            tried "$PWD/build/$mode" "$folder/$mode" $threads >"$folder/tried"
            first_tried=${first_tried:-$(sha256sum <"$folder/tried")}
            [ "$(sha256sum <"$folder/tried")" = "$first_tried" ] ||
                { echo "backtests or prices of $compiler $level with $threads threads differ"; exit 1; }
        done
        tried=$(wc -c <"$folder/tried")
        echo "same: $compiler $level: $tried bytes of backtests and prices"
    done
done
[ "$count" -gt 1000 ] || { echo "only $count entries: the job did not run"; exit 1; }
want=40
[ ! -f "$tracks" ] || want=50
[ "$floats" = $want ] || { echo "only $floats decisions by way of floating point, of $want"; exit 1; }
[ "$tried" -gt 1000 ] || { echo "only $tried bytes of backtests: they did not run"; exit 1; }
[ -f "$tracks" ] || echo "SKIP same: $tracks is not there, so no distance to a storm was compared"
[ -f "$folder/past.nc" ] || echo "SKIP same: $data is not there, so no long past was tried"
echo "gate: same bytes ok"
