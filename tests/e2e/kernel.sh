#!/usr/bin/env bash
# A kernel without landlock: it is said once, NetCDF is read all the same (seccomp holds the child), GRIB
# waits for one that has it. The kernel is this one, with the system call taken away.
set -uo pipefail
source "$(dirname "$0")/lib.sh"

square_site
cat >"$site/sources.yaml" <<END
sources:
  netcdf:
    title: T
    licence: L
    url: netcdf/
    boundary_set: square
    kind: observation
    variables: [{reads: rain, means: rain, interval: day, stamp: start}]
  grib:
    title: T
    licence: L
    url: grib/
    boundary_set: square
    kind: observation
    variables: [{reads: tp, means: rain, interval: bounds}]
END
mkdir "$site/netcdf" "$site/grib"
ncgen -o "$site/netcdf/day.nc" - <<END
netcdf day { dimensions: time = 1; lat = 2; lon = 2;
 variables:
  double time(time); time:units = "days since 2024-09-06"; float lat(lat); lat:units = "degrees_north";
  float lon(lon); lon:units = "degrees_east"; float rain(time, lat, lon); rain:units = "mm";
 data: time = 0; lat = 17.9, 18.1; lon = 105.9, 106.1; rain = 5, 5, 5, 5; }
END
without() { run "$bin/tests/tools/without" landlock "$bin/gong" "$@" --site "$site"; }

run gong status
check "with landlock gong status has no word of it" [ "$(grep -c landlock "$out")" = 0 ]
run gong status --json
check "but in JSON" has '"landlock":true'
without status
check "without it gong status says so" has 'kernel  has NO landlock'
without status --json
check "and in JSON" has '"landlock":false'
"$bin/tests/tools/gribfile" "$site/grib/day.grib2" name=tp,centre=7,start=0,end=6,value=3
rm -f "$site"/grib/*.idx "$site"/grib/*.index
without ingest run --source grib --now 2024-09-08
check "GRIB is not read, and the sentence says why" has 'needs that folder and a kernel with landlock (5.13 or later, switched on); the file waits until it has'
check "which is data that is missing, not a fault of the ledger" [ $code -eq 4 ]
without ingest run --now 2024-09-08
check "NetCDF that came after it is read" [ "$(sqlite3 "$site/ledger.db" 'SELECT count(*) FROM reading')" = 1 ]
check "and it is said once that the child is held by less" [ "$(grep -c 'this kernel has no landlock' "$out")" = 1 ]
check "it is no refusal of the file" [ "$(sqlite3 "$site/ledger.db" "SELECT state FROM raw WHERE source = 'grib'")" = 0 ]
run gong ingest run --now 2024-09-08
check "which is read where there is landlock" [ "$(sqlite3 "$site/ledger.db" "SELECT state FROM raw WHERE source = 'grib'")" = 1 ]
finish
