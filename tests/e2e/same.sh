#!/usr/bin/env bash
# Gate: the same inputs give byte-identical ledgers under gcc and clang, -O0 and -O3.
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
first=
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
    done
done
[ "$count" -gt 1000 ] || { echo "only $count entries: the job did not run"; exit 1; }
echo "gate: same bytes ok"
