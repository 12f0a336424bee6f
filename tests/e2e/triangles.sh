#!/usr/bin/env bash
# A forecast on the model's own grid of triangles, as ICON's is given: the files only name the grid, whose
# cells are in a file that sources.yaml names. Without it they wait; with it communes have what their
# triangles have; a file of another grid is refused. It is kept as what was fetched is: who has the
# archive, or a bundle, reads all again without the file.
set -uo pipefail
source "$(dirname "$0")/lib.sh"

site=
run gong init "$work/site" --quiet
site=$work/site
square() { # CODE WEST SOUTH EAST NORTH
    printf '{"type": "Feature", "properties": {"code": "%s", "name": "Ô vuông (diễn tập)"}, "geometry": {"type": "Polygon", "coordinates": [[[%s,%s],[%s,%s],[%s,%s],[%s,%s],[%s,%s]]]}}' \
        "$1" "$2" "$3" "$4" "$3" "$4" "$5" "$2" "$5" "$2" "$3"
}
# Within the southern triangle of the first square; half and half on its diagonal; over the whole square.
printf '{"type": "FeatureCollection", "features": [%s,%s,%s]}' "$(square 00001 106.3 16.05 106.4 16.15)" \
    "$(square 00002 106.2 16.2 106.3 16.3)" "$(square 00003 106 16 106.5 16.5)" >"$work/squares.geojson"
gong boundary import "$work/squares.geojson" --set squares --code code --name name --quiet
cat >"$site/sources.yaml" <<END
sources:
  icon:
    title: T
    licence: L
    url: icon/
    names: "icon_{YYYY}{MM}{DD}{hh}_{lead3}.grib2"
    cells: grids/icon.nc
    leads: {first: 3 h, last: 6 h, every: 3 h}
    boundary_set: squares
    kind: forecast
    variables: [{reads: tp, means: rain, interval: since run}]
END
cat >"$site/policies/icon.yaml" <<END
gong: 1
id: icon
version: 1
kind: alert
title: {vi: Mưa (diễn tập), en: Rain (a drill)}
effective: {from: 2024-01-01, to: 2024-12-31}
boundary_set: squares
area: all
source: icon
watch: forecast
variable: rain
index: {take: total, within: 6 h}
rounding: 0.1 mm
minimum_coverage: any
trigger: {index: ">=", threshold: 5 mm}
clear: {index: "<", threshold: 5 mm}
persistence: 1
next_update: 12 h
message: {vi: "{commune} {index} {threshold} {issued} {next}", en: "{commune} {index} {threshold} {issued} {next}"}
cases:
  fire: [{name: wet, step: 6 h, values: [5]}]
  not_fire: [{name: dry, step: 6 h, says: "off", values: [0]}]
END
mkdir "$site/icon" "$site/grids"
# total LEAD MM: cell k has k tenths more.
total() {
    "$bin/tests/tools/gribfile" "$work/one" "name=tp,centre=78,start=0,end=$1,value=$2,cells=32" && mv "$work/one" "$site/icon/icon_2024090600_00$1.grib2"
}
# grid UUID: squares of half a degree, each of two triangles, the southern one first.
grid() {
    awk -v uuid="$1" 'function put(list, a, b, c) { return list (list == "" ? "" : ", ") a * 0.017453292519943295 ", " b * 0.017453292519943295 ", " c * 0.017453292519943295 }
        BEGIN { OFMT = CONVFMT = "%.17g"
            for (r = 0; r < 4; r++) for (c = 0; c < 4; c++) { w = 106 + c / 2; s = 16 + r / 2; e = w + 0.5; n = s + 0.5
                x = put(put(x, w, e, e), w, w, e); y = put(put(y, s, s, n), s, n, n) }
            print "netcdf g { dimensions: cell = 32; nv = 3; variables: double clon_vertices(cell, nv); clon_vertices:units = \"radian\";"
            print "double clat_vertices(cell, nv); clat_vertices:units = \"radian\"; :uuidOfHGrid = \"" uuid "\";"
            print "data: clon_vertices = " x "; clat_vertices = " y "; }" }' | ncgen -k nc4 -o "$site/grids/icon.nc" -
}
query() { sqlite3 "$site/ledger.db" "$1"; }
# states: of the files that came, in their order.
states() { query "SELECT group_concat(state) FROM (SELECT state FROM raw WHERE url NOT LIKE 'cells:%' ORDER BY position)"; }
# grids: the grid files that the ledger has, with their state.
grids() { query "SELECT group_concat(lower(hex(hash)) || ' ' || state) FROM (SELECT hash, state FROM raw WHERE url = 'cells:grids/icon.nc' ORDER BY position)"; }
# milli VALID_TO: what each commune has.
milli() {
    query "SELECT hex(value) FROM reading WHERE valid_to = $1" | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1\n/g' | while read -r hex; do [ -n "$hex" ] && echo "$((16#$hex))"; done | paste -sd,
}

total 3 2 && total 6 5
run gong ingest run --now 2024-09-06T12:00:00Z
check "without the file of the grid both wait, and it is said for what" has 'grids/icon.nc, which is not there: put the file there that the weather service has of its grid'
check "which is data that is missing" [ $code -eq 4 ]
check "nothing is refused" same "$(states)" 0,0
grid a27b8de6-18c4-11e4-820a-b5b098c6a5c0
run gong ingest run --now 2024-09-06T12:00:00Z
check "with it they are read" same "$(states)" 1,1
check "a commune has its triangle's rain, the mean of two halves, the mean of the square" same "$(milli 1725591600)" 2000,2050,2050
check "and the amount of the lead behind it" same "$(milli 1725602400)" 3000,3000,3000
first=$(sha256sum "$site/grids/icon.nc" | cut -c1-64)
check "the file of the grid is kept under its hash" cmp "$site/grids/icon.nc" "$site/archive/${first:0:2}/$first"
check "and is named as a file of the source, once" same "$(grids)" "$first 1"
check "each entry names it" same "$(gong ledger export --kind ingest | jq -r 'select(.steps).raw_cells' | sort | uniq -c | xargs)" "2 $first"
run gong ingest origin "$first"
check "where it came from can be asked" has "from grids/icon.nc"
gong trigger run --now 2024-09-06T12:00:00Z --quiet
gong ledger seal --now 2024-09-06T12:00:00Z --quiet
check "its alert is decided on" same "$(gong ledger export --kind decision | jq -r 'select(.commune == "00003").answer')" yes

mv "$site/grids/icon.nc" "$work/icon.nc"
# again NAME: all read again from the archive.
again() {
    run gong ingest replay --into "$work/$1" --now 2024-09-06T12:00:00Z
    same "$(sqlite3 "$work/$1/ledger.db" "SELECT lower(hex(hash)) FROM reading ORDER BY 1")" "$(query "SELECT lower(hex(hash)) FROM reading ORDER BY 1")"
}
check "the raw files give the same readings again, the file of the grid being gone" again gone
far_receipts icon
check "a receipt names the file of the grid among its raw files" same "$(jq -r '[.raw[].url] | map(select(startswith("cells:"))) | length' "$work/far.json")" 1
run gong bundle --all --out "$work/all.tar" --quiet
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "all is decided again from nothing but a bundle" has "replay: identical"
total 3 4
run gong ingest run --now 2024-09-06T13:00:00Z
check "and what comes meanwhile is read with the one that is kept" same "$(states)" 1,1,1
check "to the triangle" same "$(milli 1725591600)" 2000,2050,2050,4000,4050,4050

mv "$work/icon.nc" "$site/grids/icon.nc"
grid 00000000-18c4-11e4-820a-b5b098c6a5c0
second=$(sha256sum "$site/grids/icon.nc" | cut -c1-64)
total 3 9
run gong ingest run --now 2024-09-06T18:00:00Z
check "a file of another grid is not taken for this one's" has 'names a file of the grid 00000000-18c4-11e4-820a-b5b098c6a5c0 with 32 cells'
check "both grids are kept" same "$(grids)" "$first 1,$second 1"
check "who reads all again has each file with its own" again twice
gong trigger run --now 2024-09-06T18:00:00Z --quiet
gong ledger seal --now 2024-09-06T18:00:00Z --quiet
rm "$site/grids/icon.nc"
far_receipts icon
run gong bundle --all --out "$work/all.tar" --quiet
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "and so a bundle with both" has "replay: identical"
run gong ledger verify
check "the ledger verifies" [ $code -eq 0 ]
echo 'no grid' >"$site/grids/icon.nc"
total 6 9
run gong ingest run --now 2024-09-06T18:00:00Z
check "a file that is no description of a grid is not the forecast's fault: it waits" same "$(states)" 1,1,1,2,0
check "and it is said whose it is" has 'reading the cells of source icon in'
check "it is not kept" same "$(find "$site/archive" -name "$(sha256sum "$site/grids/icon.nc" | cut -c1-64)" -o -name '.coming*')" ""

# A series of what a model analysed, on the same grid.
sed -e 's/kind: forecast/kind: observation/' -e '/leads:/d' -e 's/interval: since run/interval: 3 h, stamp: end/' -i "$site/sources.yaml"
grid a27b8de6-18c4-11e4-820a-b5b098c6a5c0
mkdir "$work/analyses" && cp "$site/icon/icon_2024090600_003.grib2" "$work/analyses/"
run gong series build --source icon --grids "$work/analyses" --out "$work/icon-series.nc"
check "a series is made of such files too" has "1 steps of 3 places"
finish
