#!/usr/bin/env bash
# Boundary sets from real files in every format, what they were before, and how they overlap.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
shared=../shared/data
if [ ! -d "$shared" ]; then echo "SKIP boundary sets: there is no $shared"; echo "ok 1 - skipped"; exit 0; fi
site=$work/site
"$bin/gong" init "$site" --quiet
full=$shared/boundaries/communes_2025_ha_tinh_full.geojson
keys=(--code code --name full_name)
hash_of() { gong boundary list --json | jq -r --arg set "$1" '.sets[] | select(.set == $set).hash'; }

run gong boundary import "$full" --set ha-tinh "${keys[@]}"
check "GeoJSON: 69 communes" has "69 communes"
ogr2ogr -f GPKG "$work/a.gpkg" "$full" 2>/dev/null
run gong boundary import "$work/a.gpkg" --set from-gpkg "${keys[@]}"
check "GeoPackage: 69 communes" has "69 communes"
check "and they are the same to the last bit" same "$(hash_of from-gpkg)" "$(hash_of ha-tinh)"
ogr2ogr -f "ESRI Shapefile" -lco ENCODING=UTF-8 "$work/a.shp" "$full" 2>/dev/null
run gong boundary import "$work/a.shp" --set from-shp "${keys[@]}"
check "shapefile: 69 communes, codes with their zeros" has "69 communes"
areas() { gong boundary list "$1" --json | jq -c '[.communes[] | {code, name, area_m2}] | sort'; }
check "and names and areas are the same" same "$(areas from-shp)" "$(areas ha-tinh)"
ogr2ogr -f "ESRI Shapefile" -t_srs EPSG:32648 -lco ENCODING=UTF-8 "$work/utm.shp" "$full" 2>/dev/null
run gong boundary import "$work/utm.shp" --set from-utm "${keys[@]}"
check "a shapefile in metres is brought to degrees" has "69 communes"
run gong boundary locate 18.34 105.9 --set from-utm
check "and lies where it lay" has "18073 Phường Thành Sen"

rm "$work/utm.prj"
run gong boundary import "$work/utm.shp" --set no-prj "${keys[@]}"
check "a shapefile without its .prj is refused" test $code -eq 3
check "with what is missing" has ".prj"
head -c 20000 "$work/a.gpkg" >"$work/cut.gpkg"
run gong boundary import "$work/cut.gpkg" --set cut "${keys[@]}"
check "a GeoPackage that is cut off is refused" test $code -eq 3
check "nothing but gong-ogr links GDAL" test -z "$(for p in "$bin"/gong-*; do
    case $p in */gong-ogr) continue ;; esac
    ldd "$p" 2>/dev/null | grep gdal
done)"

run gong boundary import "$shared/boundaries/communes_2025_simplified.geojson" --set vn2025 "${keys[@]}"
check "all of Việt Nam: 3321 communes" has "3321 communes"
map=$shared/admin/commune_code_map_old_to_2025.csv
run gong boundary former "$map" --set vn2025
check "a list with a wrong code is refused" test $code -eq 3
check "with what the code should be" has "--rename 06970=06978"
run gong boundary former "$map" --set vn2025 --rename 06970=06978
check "with that, all 10602 pairs are taken" has "10602 pairs"
run gong boundary locate 18.34 105.9 --set vn2025
check "a place is found with its former names" has "trước đây: Phường Nam Hà"
run gong boundary list vn2025
check "an island district that had no communes is spoken of by its name" has "trước đây: Huyện Hoàng Sa"
run gong boundary locate 12 115 --set vn2025
check "the open sea lies in no commune" test $code -eq 1
run gong boundary list vn2025 --json
check "former provinces: 37 communes of Bắc Kạn" \
    same "$(jq '[.communes[] | select(.former_province | test("Bắc Kạn"))] | length' "$out")" 37
run gong boundary check ha-tinh --json
check "communes and what is outside are each cell, to 1e-9" same "$(jq .weights_whole "$out")" true
run gong boundary check vn2025
check "real overlaps are named" has "02647 Phường Lào Cai and 02683 Xã Bát Xát share 3.48"
check "and with each place counted once, all communes and outside are each cell, to 1e-9" has "nothing is lost"
run gong boundary crosswalk ha-tinh vn2025 --json
check "every commune of the one set is in the crosswalk" \
    same "$(jq '[.rows[].old] | unique | length' "$out")" 69
check "the shares of each add up to its area" \
    test "$(jq '[.rows | group_by(.old)[] | map(.share_millionths) | add | select(. < 999990 or . > 1001000)] | length' "$out")" -eq 0

# The communes of the census of 2009, 11,163 of them, in those of 2025: which map of codes has no shares.
run gong boundary import "$shared/boundaries/communes_2009_census.geojson" --set census-2009 --code commune_id --name commune
check "the communes of 2009: none is left out" has "11163 communes"
run gong boundary check census-2009
check "its 22505 overlaps are named, which is a no" test $code -eq 1
check "all of them" has "22505 overlaps"
check "and with each place counted once nothing of its cells is lost" has "nothing is lost"
run gong boundary crosswalk census-2009 vn2025 --json
check "each of them is in the crosswalk" same "$(jq '[.rows[].old] | unique | length' "$out")" 11163
check "no share is lost: those of each add up to it, or more where new communes overlap" \
    same "$(jq '[.rows | group_by(.old)[] | map(.share_millionths) | add | select(. < 999990)] | length' "$out")" 0
check "none lies by more than half in two places" \
    same "$(jq '[.rows[] | select(.share_millionths > 500000).old] | unique | length' "$out")" "$(jq '[.rows[] | select(.share_millionths > 500000)] | length' "$out")"
check "Phúc Xá went for 97.6 percent into Hồng Hà" \
    same "$(jq -c '.rows[] | select(.old == "1010101" and .share_millionths > 500000) | [.new, .share_millionths]' "$out")" '["00097",975672]'
gong boundary crosswalk census-2009 vn2025 --once >"$work/shares.csv"
run gong boundary former "$work/shares.csv" --set vn2025
check "what the crosswalk wrote is taken as a list of old communes" test $code -eq 0
run gong boundary locate 18.34 105.9 --set vn2025
check "which names former communes, and those in part as such" has "Phường Hà Huy Tập (một phần)"
run gong boundary locate 18.34 105.9 --set vn-2025
check "a set that is not there is said to be none" test $code -eq 4

# One old commune of which the western half lies in two new ones, and the eastern half in none; names as people write them.
cat >"$work/old.geojson" <<'END'
{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "1,a", "name": "Xã \"Cũ\", cũ"},
 "geometry": {"type": "Polygon", "coordinates": [[[105, 18], [107, 18], [107, 19], [105, 19], [105, 18]]]}}]}
END
cat >"$work/new.geojson" <<'END'
{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "00001", "name": "Xã Một"},
 "geometry": {"type": "Polygon", "coordinates": [[[105, 18], [106, 18], [106, 19], [105, 19], [105, 18]]]}},
 {"type": "Feature", "properties": {"code": "00002", "name": "Xã Hai"},
 "geometry": {"type": "Polygon", "coordinates": [[[104, 18], [106, 18], [106, 19], [104, 19], [104, 18]]]}}]}
END
gong boundary import "$work/old.geojson" --set old --code code --name name --quiet
gong boundary import "$work/new.geojson" --set new --code code --name name --quiet
shares() { python3 -c 'import csv, sys; print([(r["old_commune_code"], r["old_commune"], r["new_commune_code"], r["area_share"]) for r in csv.DictReader(open(sys.argv[1]))])' "$out"; }
run gong boundary crosswalk old new --quiet
check "what lies in none is told beside what lies in two" same "$(shares)" \
    "[('1,a', 'Xã \"Cũ\", cũ', '00001', '0.500000'), ('1,a', 'Xã \"Cũ\", cũ', '00002', '0.500000'), ('1,a', 'Xã \"Cũ\", cũ', '', '0.500000')]"
run gong boundary crosswalk old new
check "and that its shares are more than the whole" has "1 communes of old lie in part where communes of new overlap"
run gong boundary crosswalk old new --once
check "counted once they are the whole" same "$(shares)" \
    "[('1,a', 'Xã \"Cũ\", cũ', '00001', '0.500000'), ('1,a', 'Xã \"Cũ\", cũ', '00002', '0.000000'), ('1,a', 'Xã \"Cũ\", cũ', '', '0.500000')]"
finish
