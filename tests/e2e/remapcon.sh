#!/usr/bin/env bash
# Typhoon Damrey's days, communes by gong beside communes by CDO's own conservative remapping: the same
# sums of ten days, the same wettest days, and the same observed shares. CDO gets each commune as
# triangles, which it puts on the sphere with its own geometry; what it makes of a triangle is summed by
# the area that it gives it.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
shared=../shared/data
[ -d "$shared" ] || { echo "SKIP there is no $shared"; exit 0; }

site=
run gong init "$work/site" --quiet
site=$work/site
run gong boundary import "$shared/boundaries/communes_2025_simplified.geojson" --set vn2025 --code code --name full_name
check "the communes are imported" [ $code -eq 0 ]
echo 'sources:' >"$site/sources.yaml"
for name in idw sparse; do
    cat >>"$site/sources.yaml" <<END
  $name: {title: T, licence: L, kind: observation, boundary_set: vn2025,
    variables: [{reads: precipitation, means: rain, interval: bounds}]}
END
done
run "$bin/tests/tools/communegrid" "$shared/boundaries/communes_2025_simplified.geojson" code full_name \
    "$work/communes.grid" "$work/communes.cells" 106 14 109.5 18
check "the communes of the centre are cut into triangles" has triangles
cdo -s -f nc setgrid,"$work/communes.grid" -const,1,"$work/communes.grid" "$work/communes.nc" 2>/dev/null
cdo -s outputf,%.12g,1 -gridarea "$work/communes.nc" >"$work/area" 2>/dev/null
check "CDO knows the area of each" [ "$(wc -l <"$work/area")" = "$(wc -l <"$work/communes.cells")" ]

cat >"$work/compare.py" <<'END'
# CDO's triangles to communes, beside gong's readings.
import sqlite3, struct, sys
site, source, cells, area, value, share = sys.argv[1:]
numbers = lambda path: [float(line) for line in open(path)]
cells, area, value, share = open(cells).read().split(), numbers(area), numbers(value), numbers(share)
codes = [row[0] for row in sqlite3.connect(site + "/map.db").execute(
    "SELECT code FROM commune WHERE boundary_set = 'vn2025' ORDER BY code")]
days = [(struct.unpack("<%di" % len(codes), row[0]), row[1]) for row in sqlite3.connect(site + "/ledger.db").execute(
    "SELECT value, cover FROM reading WHERE source = ? ORDER BY valid_to", (source,))]
place = {code: i for i, code in enumerate(codes)}
assert len(days) == 10 and len(value) == len(share) == 10 * len(cells) and len(area) == len(cells)
total, wettest, seen, whole = {}, {}, {}, {}
for day in range(10):
    rain, observed, size = {}, {}, {}
    for i, code in enumerate(cells):
        at = day * len(cells) + i
        part = area[i] * max(share[at], 0)
        size[code] = size.get(code, 0) + area[i]
        observed[code] = observed.get(code, 0) + part
        rain[code] = rain.get(code, 0) + area[i] * max(value[at], 0)
    for code in size:
        if observed[code] > 1e-9 * size[code]:
            mean = rain[code] / observed[code]
            total[code] = total.get(code, 0) + mean
            wettest[code] = max(wettest.get(code, 0), mean)
            seen[code] = observed[code] / size[code]
worst = worst_day = worst_share = compared = 0
for code in set(cells):
    ours = [day[0][place[code]] for day in days]
    none = any(v == -2**31 for v in ours)
    covers = [struct.unpack_from("<H", day[1], 2 * place[code])[0] if day[1] else 10000 for day in days]
    # A sliver that only one of the two sees weighs nothing.
    if none or code not in total:
        assert seen.get(code, 0) < 1e-3 and (none or covers[-1] <= 10), (code, none, seen.get(code), covers)
        continue
    worst = max(worst, abs(sum(ours) / 1000 - total[code]))
    worst_day = max(worst_day, abs(max(ours) / 1000 - wettest[code]))
    worst_share = max(worst_share, abs(covers[-1] / 10000 - seen[code]))
    compared += 1
print("%d communes: sums within %.4f mm, wettest days within %.4f mm, shares within %.5f"
      % (compared, worst, worst_day, worst_share))
sys.exit(0 if compared >= 100 and worst < 0.1 and worst_day < 0.1 and worst_share < 1e-3 else 1)
END
# beside SOURCE FILE
beside() {
    run gong ingest fetch "$2" --source "$1" --now 2024-01-01T00:00:00Z
    run gong ingest decode --now 2024-01-01T00:00:00Z
    check "$1: gong reads it" [ $code -eq 0 ]
    cdo -s -f nc -b F64 selname,precipitation "$2" "$work/in.nc" 2>/dev/null
    # Both as parts of the whole triangle, also where it lies half outside the grid (the usual norm is the
    # part within it).
    export CDO_REMAP_NORM=destarea
    cdo -s -b F64 remapcon,"$work/communes.grid" "$work/in.nc" "$work/value.nc" 2>"$work/cdo.log"
    # Which part is observed: the same of a field that is 1 where there is a value, and 0 where none is.
    cdo -s -b F64 remapcon,"$work/communes.grid" -gec,0 -setmisstoc,-5 "$work/in.nc" "$work/share.nc" 2>>"$work/cdo.log"
    cdo -s outputf,%.12g,1 -setmisstoc,0 "$work/value.nc" >"$work/value"
    cdo -s outputf,%.12g,1 -setmisstoc,0 "$work/share.nc" >"$work/share"
    run python3 "$work/compare.py" "$site" "$1" "$work/communes.cells" "$work/area" "$work/value" "$work/share"
    check "$1: the same as cdo remapcon to 0.1 mm" [ $code -eq 0 ]
    sed 's/^/# /' "$out"
}
beside idw "$shared/rainfall/DERIVED_gsmap_idw_grid_damrey_20171101-10.nc"
beside sparse "$shared/rainfall/gsmap_daily_sparse_grid_damrey_20171101-10.nc"
finish
