#!/usr/bin/env bash
# Gate: the same inputs give byte-identical ledgers, backtests and prices under gcc and clang, -O0 and -O3,
# and with one thread and two.
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
    [ -f "$folder/past.nc" ] || return 0
    for policy in tests/e2e/policies/past-{drought,excess}.yaml; do
        "$bin/gong" backtest "$policy" --series "$folder/past.nc" --everywhere --threads "$threads" --json
        "$bin/gong" price "$policy" --series "$folder/past.nc" --everywhere --place "$place" --threads "$threads" --json
    done
}

data=../shared/data
first= first_tried=
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
[ "$tried" -gt 1000 ] || { echo "only $tried bytes of backtests: they did not run"; exit 1; }
[ -f "$folder/past.nc" ] || echo "SKIP same: $data is not there, so no long past was tried"
echo "gate: same bytes ok"
