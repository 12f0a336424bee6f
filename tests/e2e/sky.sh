#!/usr/bin/env bash
# Every product that data/sources.yaml names, as its provider lays it out, served by real servers on
# this machine: the addresses are those of the entries with another host, the files are made here. What
# comes is read right: totals become amounts though each lead is a file, a wind is read from two files,
# an index brings a few pieces of a large one, packed files are unpacked.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/servers.sh"

free_ports http https ftp
www=$work/www
mkdir -p "$www" "$work/ftp"
make_ca good
make_certificate server good 127.0.0.1
start_nginx "
server { listen 127.0.0.1:$http; root $www; }
server { listen 127.0.0.1:$https ssl; root $www;
    ssl_certificate $work/tls/server.pem; ssl_certificate_key $work/tls/server.key;
    location = /agency/away.xml { return 302 http://127.0.0.1:$http/agency/1.xml; }
    location /cgi-bin/ { try_files /nomads/\$arg_file =404; }
}"
start_ftp "$ftp" "$work/ftp"
wait_port "$https" && wait_port "$ftp" || exit 1

# One square, within one cell of every grid below.
site=
square_site vn2025
check "the square is imported" [ $? -eq 0 ]
cp "$work/tls/good.pem" "$site/keys/ca.pem"
sed -i '/^ *#* *\(fetch_ca_file\|fetch_backoff_ms\|fetch_tries\):/d' "$site/gong.yaml"
printf 'fetch_ca_file: keys/ca.pem\nfetch_backoff_ms: 100\nfetch_tries: 2\n' >>"$site/gong.yaml"
(umask 077; echo 'machine 127.0.0.1 login drill password lotus' >"$site/keys/netrc")
sed -E "s#https://[A-Za-z0-9.-]+/#https://127.0.0.1:$https/#g; s#ftp://[A-Za-z0-9.-]+/#ftp://127.0.0.1:$ftp/#g" \
    data/sources.yaml >"$site/sources.yaml"

query() { sqlite3 "$site/ledger.db" "$1"; }
# readings SOURCE VARIABLE: from, to (hours since the run, or since 6 September 2024), member, thousandths.
readings() {
    query "SELECT ((valid_from - 1725580800) / 3600.0) || ' ' || ((valid_to - 1725580800) / 3600.0) || ' ' || member || ' ' ||
        hex(value) FROM reading WHERE source = '$1' AND variable = '$2' ORDER BY member, valid_to, valid_from" |
        while read -r from to member hex; do
            echo "${from%.0} ${to%.0} $member $((16#${hex:6:2}${hex:4:2}${hex:2:2}${hex:0:2}))"
        done | paste -sd, -
}
# bring SOURCE [NOW]: its files of 6 September 2024, 00 UTC, then decode.
bring() {
    run gong ingest backfill --source "$1" --from 2024-09-06T00:00:00Z --to "${2:-2024-09-06T00:00:00Z}" --now 2024-09-06T12:00:00Z --json
    cp "$out" "$work/brought"
    run gong ingest decode --now 2024-09-06T12:00:00Z --json
}
brought() { grep -qF "\"failed\":0,\"fetched\":$1," "$work/brought" && grep -qF "\"read\":$1," "$out"; }
grib() { "$bin/tests/tools/gribfile" "$@"; }
# netcdf FILE KIND < CDL
netcdf() { cat >"$work/cdl" && ncgen -k "$2" -o "$1" "$work/cdl"; }
axes_of() {
    echo "lat = 17.9, 18.0, 18.1; lon = 105.9, 106.0, 106.1;"
}
nine() { printf '%s' "$1"; for _ in 1 2 3 4 5 6 7 8; do printf ', %s' "$1"; done; }

# --- satellite rain: IMERG, CHIRPS, GSMaP ------------------------------------------------------------
# imerg RUN LETTER VALUE: two half-hours in the layout of V07, longitude before latitude.
imerg() {
    local folder=$www/data/GPM_L3/GPM_3IMERGHH$1.07/2024/250 minute
    mkdir -p "$folder"
    for minute in 00 30; do
        netcdf "$folder/3B-HHR$2.MS.MRG.3IMERG.20240906-S00${minute}00-E00$((minute + 29))59.00${minute}.V07B.HDF5" nc4 <<END
netcdf imerg { group: Grid {
 dimensions: time = UNLIMITED; lon = 3; lat = 3; latv = 2; lonv = 2; nv = 2;
 variables:
  int time(time); time:units = "seconds since 1970-01-01 00:00:00 UTC"; time:calendar = "julian"; time:standard_name = "time";
  float lon(lon); lon:units = "degrees_east"; lon:standard_name = "longitude";
  float lat(lat); lat:units = "degrees_north"; lat:standard_name = "latitude";
  float precipitation(time, lon, lat); precipitation:units = "mm/hr"; precipitation:_FillValue = -9999.9f;
 data: time = $((1725580800 + 10#$minute * 60)); $(axes_of)
  precipitation = $(nine "$3"); } }
END
    done
}
imerg E -E 3 && imerg L -L 4 && imerg '' '' 5
for run in early late final; do
    bring imerg-$run 2024-09-06T00:59:00Z
    check "IMERG $run: two half-hours come by their addresses" brought 2
done
check "of 3 mm/h each is 1.5 mm" same "$(readings imerg-early rain)" '0 0.5 -1 1500,0.5 1 -1 1500'
check "Late is another source" same "$(readings imerg-late rain)" '0 0.5 -1 2000,0.5 1 -1 2000'
check "and Final" same "$(readings imerg-final rain)" '0 0.5 -1 2500,0.5 1 -1 2500'
cut=$www/opendap/GPM_L3/GPM_3IMERGHHL.07/2024/250
mkdir -p "$cut"
for minute in 00 30; do # the server's answer: the box, its groups gone
    netcdf "$cut/3B-HHR-L.MS.MRG.3IMERG.20240906-S00${minute}00-E00$((minute + 29))59.00${minute}.V07B.HDF5.nc4" nc4 <<END
netcdf imerg { dimensions: time = 1; lon = 3; lat = 3;
 variables:
  int time(time); time:units = "seconds since 1970-01-01 00:00:00 UTC"; time:calendar = "julian"; time:standard_name = "time";
  float lon(lon); lon:units = "degrees_east"; lon:standard_name = "longitude";
  float lat(lat); lat:units = "degrees_north"; lat:standard_name = "latitude";
  float precipitation(time, lon, lat); precipitation:units = "mm/hr"; precipitation:_FillValue = -9999.9f;
 data: time = $((1725580800 + 10#$minute * 60)); $(axes_of)
  precipitation = $(nine 4); }
END
done
bring imerg-late-opendap 2024-09-06T00:59:00Z
check "Late through OPeNDAP, each answer asked for twice" brought 2
check "says what Late says" same "$(readings imerg-late-opendap rain)" "$(readings imerg-late rain)"

# chirps KIND VALUE
chirps() {
    mkdir -p "$(dirname "$www/$1")"
    netcdf "$www/$1" 'netCDF-4 classic model' <<END
netcdf chirps { dimensions: time = UNLIMITED; latitude = 3; longitude = 3;
 variables:
  float latitude(latitude); latitude:units = "degrees_north"; latitude:axis = "Y";
  float longitude(longitude); longitude:units = "degrees_east"; longitude:axis = "X";
  float time(time); time:units = "days since 1980-1-1 0:0:0"; time:calendar = "gregorian"; time:axis = "T";
  float precip(time, latitude, longitude); precip:units = "mm/day"; precip:_FillValue = -9999.f;
 data: time = 16320, 16321; latitude = 17.95, 18.0, 18.05; longitude = 105.95, 106.0, 106.05;
  precip = $(nine "$2"), $(nine "$2"); }
END
}
day=products/CHIRPS/v3.0/daily
chirps $day/final/rnl/netcdf/byYear/chirps-v3.0.rnl.2024.days_p05.nc 11
chirps $day/final/sat/netcdf/byYear/chirps-v3.0.sat.2024.days_p05.nc 12
chirps $day/prelim/sat/netcdf/byYear/chirps-v3.0.prelim.sat.2024.days_p05.nc 13
value=11000
for split in final-rnl final-sat prelim-sat; do
    run gong ingest backfill --source chirps-$split --from 2024-09-05 --to 2024-09-06 --now 2024-11-01T00:00:00Z
    run gong ingest decode --now 2024-11-01T00:00:00Z --json
    check "CHIRPS $split: the file of the year" grep -q '"read":1,' "$out"
    check "its two days" same "$(readings chirps-$split rain)" "0 24 -1 $value,24 48 -1 $value"
    value=$((value + 1000))
done

mkdir -p "$work/ftp.new/standard/v8/netcdf/2024/09/06"
for hour in 00 01; do
    netcdf "$work/ftp.new/standard/v8/netcdf/2024/09/06/gsmap_mvk.20240906.${hour}00.v8.0000.0.nc" classic <<END
netcdf gsmap { dimensions: Time = 1; Latitude = 3; Longitude = 3;
 variables:
  double Time(Time); Time:units = "hours since 2024-09-06 00:00:00"; Time:standard_name = "time";
  double Latitude(Latitude); Latitude:units = "degrees_north";
  double Longitude(Longitude); Longitude:units = "degrees_east";
  float hourlyPrecipRate(Time, Latitude, Longitude); hourlyPrecipRate:units = "mm/hr"; hourlyPrecipRate:_FillValue = -999.9f;
 data: Time = $((10#$hour)); Latitude = 17.95, 18.05, 18.15; Longitude = 105.95, 106.05, 106.15;
  hourlyPrecipRate = $(nine 6.5); }
END
done
chmod 755 "$work/ftp" && cp -r "$work/ftp.new/standard" "$work/ftp/" && chmod 555 "$work/ftp"
sed -i '/^  gsmap:/,/login: netrc/s/    login: netrc//' "$site/sources.yaml" # vsftpd knows no drill
bring gsmap 2024-09-06T01:00:00Z
check "GSMaP: two hours over FTP" brought 2
check "as amounts" same "$(readings gsmap rain)" '0 1 -1 6500,1 2 -1 6500'
# from_folder SOURCE [NOW]: the one file that lies in the folder of an entry.
from_folder() {
    run gong ingest run --source "$1" --now "${2:-2024-09-06T12:00:00Z}" --json
    check "$1: what lies in its folder is read" grep -q '"read":1,' "$out"
}
mkdir -p "$site/gsmap-nrt"
cp "$work"/ftp.new/standard/v8/netcdf/2024/09/06/gsmap_mvk.20240906.0100.v8.0000.0.nc "$site/gsmap-nrt/gsmap_nrt.20240906.0100.nc"
from_folder gsmap-nrt
check "GSMaP of four hours ago" same "$(readings gsmap-nrt rain)" '1 2 -1 6500'

# --- reanalysis: ERA5-Land, ERA5, from the folders that a client of the store fills -------------------
mkdir -p "$site"/{era5land,era5land-hourly,era5land-t2m,era5-gust,icon,icon-eps,ecmwf-ens-gust}
# era5 FILE VARIABLE UNITS TIMES VALUES
era5() {
    netcdf "$site/$1" nc4 <<END
netcdf era5 { dimensions: valid_time = $(awk -F, '{print NF}' <<<"$4"); latitude = 3; longitude = 3;
 variables:
  int64 valid_time(valid_time); valid_time:units = "seconds since 1970-01-01"; valid_time:standard_name = "time"; valid_time:calendar = "proleptic_gregorian";
  double latitude(latitude); latitude:units = "degrees_north"; latitude:standard_name = "latitude";
  double longitude(longitude); longitude:units = "degrees_east"; longitude:standard_name = "longitude";
  float $2(valid_time, latitude, longitude); $2:units = "$3"; $2:_FillValue = NaNf;
 data: valid_time = $4; latitude = 18.1, 18.0, 17.9; longitude = 105.9, 106.0, 106.1; $2 = $5; }
END
}
era5 era5land-hourly/20240906.nc tp m '1725584400, 1725588000, 1725591600' "$(nine 0.001), $(nine 0.0035), $(nine 0.0035)"
era5 era5land/2024.nc tp m 1725148800 "$(nine 0.002)"
era5 era5-gust/20240906.nc i10fg 'm s**-1' 1725580800 "$(nine 21.5)"
era5 era5land-t2m/20240906.nc t2m K '1725580800, 1725584400' "$(nine 299.5), $(nine 300.25)"
for source in era5land-hourly era5land-monthly era5-gust era5land-t2m; do
    from_folder $source 2024-09-20T00:00:00Z
done
check "a temperature of each hour" same "$(readings era5land-t2m temperature)" '0 0 -1 299500,1 1 -1 300250'
check "a running total of a day becomes hours" same "$(readings era5land-hourly rain)" '0 1 -1 1000,1 2 -1 2500,2 3 -1 0'
check "a month of metres a day" same "$(readings era5land-monthly rain)" '-120 600 -1 60000'
check "a gust" same "$(readings era5-gust gust)" '0 0 -1 21500'

# --- forecasts ---------------------------------------------------------------------------------------
mkdir -p "$www/nomads"
wind() { echo "name=10u,centre=$1,end=$2,value=3,sign=1$3" "+name=10v,centre=$1,end=$2,value=4,sign=1$3"; }
# The total since the run beside that of the last hours, twice where they are the same.
g=$www/nomads/gfs.t00z.pgrb2.0p25
# shellcheck disable=SC2046
{
    grib $g.f003 name=tp,centre=7,start=0,end=3,value=2 name=tp,centre=7,start=0,end=3,value=2 name=gust,centre=7,end=3,value=11 $(wind 7 3 '')
    grib $g.f006 name=tp,centre=7,start=0,end=6,value=5 name=tp,centre=7,start=0,end=6,value=5 name=gust,centre=7,end=6,value=12 $(wind 7 6 '')
    grib $g.f009 name=tp,centre=7,start=6,end=9,value=1.5 name=tp,centre=7,start=0,end=9,value=6.5 name=gust,centre=7,end=9,value=13 $(wind 7 9 '')
}
archive=$www/gfs.20240906/00/atmos
mkdir -p "$archive"
for lead in 003 006 009; do cp "$g.f$lead" "$g.f$lead.idx" "$archive/"; done
# The second lead comes last.
mv "$g.f006" "$work/f006"
bring gfs
check "GFS: two leads are there; the third lead waits for the second" grep -q '"waiting":1' "$out"
run gong ingest decode --now 2024-09-06T12:00:00Z
check "it says for which" has 'the running total up to 2024-09-06T09:00:00Z waits for the file up to 2024-09-06T06:00:00Z'
cp "$work/f006" "$g.f006"
bring gfs
check "when it has come, both are read" grep -q '"read":2,' "$out"
check "amounts from lead to lead" same "$(readings gfs rain)" '0 3 -1 2000,3 6 -1 3000,6 9 -1 1500'
check "gusts of a moment" same "$(readings gfs gust)" '3 3 -1 11000,6 6 -1 12000,9 9 -1 13000'
check "the wind out of two components that share a message" same "$(readings gfs wind)" '3 3 -1 5000,6 6 -1 5000,9 9 -1 5000'
check "the entry names the files that it was counted from" \
    [ "$(gong ledger export | jq -c 'select(.source == "gfs" and .kind == "ingest") | .counted_from | length' | paste -sd,)" = 0,1,2 ]
check "and they are kept" [ "$(query "SELECT count(*) FROM raw_base WHERE source = 'gfs'")" = 3 ]

for lead in 003 006 009; do # much that is not wanted, before and behind
    grib "$archive/gfs.t00z.pgrb2.0p25.f$lead" name=2t,centre=7,end=3,value=300,sign=1 \
        name=tp,centre=7,start=0,end=$((10#$lead)),value=$((10#$lead)) name=sp,centre=7,end=3,value=1000,sign=1 \
        name=gust,centre=7,end=$((10#$lead)),value=11 name=2t,centre=7,end=3,value=301,sign=1 $(wind 7 $((10#$lead)) '')
done
bring gfs-archive
check "GFS by the index: three leads" brought 3
check "the same rain" same "$(readings gfs-archive rain)" '0 3 -1 3000,3 6 -1 3000,6 9 -1 3000'
check "and wind" same "$(readings gfs-archive wind)" '3 3 -1 5000,6 6 -1 5000,9 9 -1 5000'
whole=$(stat -c %s "$archive/gfs.t00z.pgrb2.0p25.f003")
part=$(query "SELECT bytes FROM raw WHERE source = 'gfs-archive' LIMIT 1")
check "of $whole bytes only $part were fetched" [ "$((part * 4))" -lt "$((whole * 3))" ]
check "in pieces" [ "$(served '^206.*gfs.t00z.pgrb2.0p25.f003$')" = 3 ]
check "with what the server said" [ "$(query "SELECT status FROM origin WHERE source = 'gfs-archive' LIMIT 1")" = 206 ]

for member in 01 02; do
    f=$www/nomads/gep$member.t00z.pgrb2s.0p25
    m=,member=$((10#$member))
    grib $f.f003 name=tp,centre=7,start=0,end=3,value=${member#0}$m name=gust,centre=7,end=3,value=20$m
    grib $f.f006 name=tp,centre=7,start=0,end=6,value=$((10#$member * 3))$m name=gust,centre=7,end=6,value=20$m
    grib $f.f009 name=tp,centre=7,start=6,end=9,value=0.5$m name=gust,centre=7,end=9,value=20$m
    grib $f.f012 name=tp,centre=7,start=6,end=12,value=0.75$m name=gust,centre=7,end=12,value=20$m
done
cp "$www/nomads/gep01.t00z.pgrb2s.0p25.f003" "$www/nomads/gep03.t00z.pgrb2s.0p25.f003" # a mirror's mistake
bring gefs
check "GEFS: a file for each member and lead" grep -q '"fetched":8,' "$work/brought"
check "totals of six hours, given half-way and at their end, become three hours each" same "$(readings gefs rain)" \
    '0 3 1 1000,3 6 1 2000,6 9 1 500,9 12 1 250,0 3 2 2000,3 6 2 4000,6 9 2 500,9 12 2 250'

e=$www/forecasts/20240906/00z/ifs/0p25/enfo
mkdir -p "$e"
# ens LEAD METRES METRES
ens() {
    local f=$e/20240906000000-$1h-enfo-ef.grib2
    # shellcheck disable=SC2046
    grib "$f" name=2t,end=$1,value=300,member=1 name=tp,start=0,end=$1,value=$2,member=1 $(wind 98 $1 ,member=1) \
        name=sp,end=$1,value=1000,member=1 name=tp,start=0,end=$1,value=$3,member=2 $(wind 98 $1 ,member=2)
    mv "$f.index" "${f%.grib2}.index"
}
ens 6 0.006 0.016 && ens 12 0.010 0.018
bring ecmwf-ens
check "ECMWF ENS by its index: two leads of two members" brought 2
check "totals in metres become amounts" same "$(readings ecmwf-ens rain)" '0 6 1 6000,6 12 1 4000,0 6 2 16000,6 12 2 2000'
check "and wind" same "$(readings ecmwf-ens wind)" '6 6 1 5000,12 12 1 5000,6 6 2 5000,12 12 2 5000'

i=$site/icon/icon_global_regular_single-level_2024090600
for lead in 003 006; do
    h=$((10#$lead))
    grib "${i}_${lead}_TOT_PREC.grib2" name=TOT_PREC,centre=78,start=0,end=$h,value=$h
    grib "${i}_${lead}_U_10M.grib2" name=10u,centre=78,end=$h,value=6,sign=1
    grib "${i}_${lead}_V_10M.grib2" name=10v,centre=78,end=$h,value=8,sign=1
    grib "${i}_${lead}_VMAX_10M.grib2" name=VMAX_10M,centre=78,start=$((h - 1)),end=$h,value=17
done
rm "$site"/icon/*.idx "$site"/icon/*.index
bzip2 "$site"/icon/*.grib2
mv "${i}_006_V_10M.grib2.bz2" "$work/v"
run gong ingest run --source icon --now 2024-09-06T12:00:00Z --json
check "ICON: packed files, one parameter each; one component waits" grep -q '"read":6,.*"waiting":1' "$out"
run gong ingest decode --now 2024-09-06T12:00:00Z
check "it says for which file" has 'one component of the wind waits for the other, icon/icon_global_regular_single-level_2024090600_006_V_10M'
cp "$work/v" "${i}_006_V_10M.grib2.bz2"
run gong ingest run --source icon --now 2024-09-06T12:00:00Z --json
check "rain" same "$(readings icon rain)" '0 3 -1 3000,3 6 -1 3000'
check "the wind out of two files" same "$(readings icon wind)" '3 3 -1 10000,6 6 -1 10000'
check "gusts of the last hour" same "$(readings icon gust)" '2 3 -1 17000,5 6 -1 17000'
check "nothing waits any more" [ "$(query "SELECT count(*) FROM raw WHERE state = 0")" = 0 ]
echo 'no GRIB' >"$site/icon/icon_2024.grib2.bz2"
run gong ingest run --source icon --now 2024-09-06T12:00:00Z
check "a file whose name says nothing is refused" has 'of source icon says'

# Gusts of the ensembles, all members of a run in one file.
grib "$site/icon-eps/2024090600.grib2" $(for member in 1 2; do
    for hour in 6 12; do
        echo "name=VMAX_10M,centre=78,start=$((hour - 6)),end=$hour,value=$((member + hour)),member=$member"
    done
done)
rm "$site"/icon-eps/*.idx "$site"/icon-eps/*.index
from_folder icon-eps
check "ICON-EPS: gusts of six hours of each member" same "$(readings icon-eps gust)" '0 6 1 7000,6 12 1 13000,0 6 2 8000,6 12 2 14000'
netcdf "$site/ecmwf-ens-gust/2024090600.nc" nc4 <<END
netcdf ens { dimensions: number = 2; step = 2; latitude = 3; longitude = 3;
 variables:
  int number(number); number:standard_name = "realization";
  double time; time:units = "hours since 2024-09-06 00:00:00"; time:standard_name = "forecast_reference_time";
  double step(step); step:units = "hours"; step:standard_name = "forecast_period";
  double latitude(latitude); latitude:units = "degrees_north"; latitude:standard_name = "latitude";
  double longitude(longitude); longitude:units = "degrees_east"; longitude:standard_name = "longitude";
  float fg10(number, step, latitude, longitude); fg10:units = "m s-1"; fg10:coordinates = "time";
 data: number = 1, 2; time = 0; step = 6, 12; latitude = 18.1, 18.0, 17.9; longitude = 105.9, 106.0, 106.1;
  fg10 = $(nine 15), $(nine 18), $(nine 16), $(nine 19); }
END
from_folder ecmwf-ens-gust
check "gusts of ECMWF's ensemble" same "$(readings ecmwf-ens-gust gust)" '0 6 1 15000,6 12 1 18000,0 6 2 16000,6 12 2 19000'

# --- tracks ------------------------------------------------------------------------------------------
# bring_one SOURCE: the one file of an address that is asked for again and again, then decode.
bring_one() {
    run gong ingest fetch --source "$1" --now 2024-09-06T12:00:00Z --json
    cp "$out" "$work/brought"
    run gong ingest decode --now 2024-09-06T12:00:00Z --json
}
tracks() { query "SELECT count(*) FROM track WHERE source = '$1'"; }
jma=$www/jma/jma-eng/jma-center/rsmc-hp-pub-eg/Besttracks
mkdir -p "$jma"
python3 -c "import zipfile, sys
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as z: z.write(sys.argv[1], 'bst_all.txt')" \
    ../shared/data/tracks/jma_best_track_2015-2020.txt "$jma/bst_all.zip"
bring_one jma-best-track
check "RSMC Tokyo's best track as it comes, in a zip archive" brought 1
check "161 storms" same "$(tracks jma-best-track)" 161

ibtracs=$www/data/international-best-track-archive-for-climate-stewardship-ibtracs/v04r01/access
mkdir -p "$ibtracs"/{csv,netcdf}
# As it is published, with the row of units below the names.
sed '1s/NAME_ADDED/NAME/; 1a\ , , ,degrees_north,degrees_east,kts,mb,kts,degrees' \
    ../shared/data/tracks/ibtracs_wp_selected_storms.csv >"$ibtracs/csv/ibtracs.last3years.list.v04r01.csv"
cp ../shared/data/tracks/ibtracs_v04r01_sample_50storms.nc "$ibtracs/netcdf/IBTrACS.WP.v04r01.nc"
bring_one ibtracs
check "IBTrACS as CSV" brought 1
check "eight storms" same "$(tracks ibtracs)" 8
bring_one ibtracs-netcdf
check "IBTrACS as NetCDF" brought 1
check "fifty storms" same "$(tracks ibtracs-netcdf)" 50

gefs=$www/pub/data/nccf/com/ens_tracker/prod/gefs.20240906/00/tctrack
mkdir -p "$gefs"
for member in $(seq -w 1 30); do
    for lead in 0 6 12; do
        echo "WP, 12, 2024090600, 03, AP$member, $(printf %3d $lead), $((192 + lead))N, $((1120 - lead))E, $((90 + 10#$member)),  950, XX,  34, NEQ, 0150, 0150, 0120, 0150,"
    done >"$gefs/ap$member.t00z.cyclone.trackatcfunix"
done
bring gefs-tracks
check "GEFS tracks: thirty members" brought 30
check "each is one track" same "$(tracks gefs-tracks)" 30
check "of its own member" same "$(query "SELECT count(DISTINCT member) FROM track WHERE source = 'gefs-tracks'")" 30

mkdir -p "$site/gfs-tracks"
for lead in 0 6 12; do
    echo "WP, 12, 2024090600, 03, AVNO, $(printf %3d $lead), $((192 + lead))N, $((1120 - lead))E, 100,  950, XX,  34, NEQ, 0150, 0150, 0120, 0150,"
done >"$site/gfs-tracks/avn.t00z.cyclone.trackatcfunix"
from_folder gfs-tracks
check "where GFS says that the storm goes" same "$(tracks gfs-tracks)" 1

# --- gauges ------------------------------------------------------------------------------------------
mkdir -p "$site/gauges/mrc" "$site/gauges/vrain"
cp ../shared/data/stations/mrc_mekong_gauges_daily_20191022-1101.csv "$site/gauges/mrc/"
cp ../shared/data/stations/vrain_stations_20260124.csv "$site/gauges/vrain/"
for source in mrc-gauges vrain; do
    run gong ingest run --source $source --now 2026-02-01T00:00:00Z --json
    check "gauges of $source" grep -q '"read":1,' "$out"
done
mkdir -p "$site/gauges/hydromet"
printf '%s\n' station,time,rain_mm 48/001,2024-09-06\ 19:00,43.5 >"$site/gauges/hydromet/20240906.csv"
from_folder hydromet-gauges 2024-09-07T00:00:00Z
check "a day of the service's station ends at 19:00" same "$(readings hydromet-gauges rain)" '-12 12 -1 43500'
# Figures that people bring: a row of each, as the entries name their columns.
mkdir -p "$site"/reports/{rice-yield,maize-yield,veterinary,loss}
for crop in rice maize; do
    printf '%s\n' commune,season,figure,value,unit "00001,2023,$crop yield,52.4,tạ/ha" >"$site/reports/$crop-yield/2023.csv"
    from_folder $crop-yield-statistics
    check "the yield of $crop, as the statistics office has it" same "$(query "SELECT hex(value) FROM reading WHERE source = '$crop-yield-statistics'")" 78140000
done
printf '%s\n' commune,season,deaths_percent 00001,2023,22 >"$site/reports/veterinary/2023.csv"
from_folder veterinary-reports
check "deaths of livestock, winter to spring" same "$(readings veterinary-reports mortality)" "$((-311 * 24 + 17)) $((-159 * 24 + 17)) -1 22000"
printf '%s\n' commune,name,first_day,last_day,loss_percent "00001,Ô vuông (diễn tập),2023-08-01,2023-10-31,30" >"$site/reports/loss/2023.csv"
from_folder loss-survey
check "a surveyed loss" same "$(readings loss-survey loss)" "$((-402 * 24 - 12)) $((-310 * 24 - 12)) -1 30000"
mkdir -p "$www/api"
cat >"$www/api/latest.json" <<'END'
{"data": {"items": [{"id": "G1", "name": "Trạm một (diễn tập)", "lat": 18.1, "lon": 105.9, "at": "2024-09-06T11:00:00Z", "rain_1h": 12.4},
 {"id": "G2", "name": "Trạm hai (diễn tập)", "lat": 18.3, "lon": 105.7, "at": "2024-09-06T11:00:00Z", "rain_1h": -9999}]}}
END
bring_one gauges-json
check "gauges of a service that answers in JSON" brought 1
check "what stands for nothing is nothing" same "$(query "SELECT count(*) FROM station WHERE source = 'gauges-json'") $(readings gauges-json rain | cut -d, -f1)" '2 10 11 -1 12400'
check "are readings of stations" [ "$(query "SELECT count(DISTINCT source) FROM reading WHERE boundary_set = '@stations'")" = 4 ]

# --- official warnings -------------------------------------------------------------------------------
cp ../shared/data/cap/nws_atom_feed.xml "$www/feed.xml"
bring_one cap-official
check "a feed of official warnings" brought 1
check "163 of them are kept as they came" same "$(query "SELECT count(*) FROM bulletin WHERE source = 'cap-official'")" 163

# A feed of four entries: one says its warning's own name and time and where it lies, one names another
# server, one what is not there, one what the server says is elsewhere.
mkdir -p "$www/agency"
cp ../shared/data/cap/dwd_20170223.xml "$www/agency/1.xml"
cat >"$www/agency/feed.xml" <<END
<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id>
<entry><id>2.49.0.1.276.DWD.PVW.1487857490473.4</id><updated>2017-02-23T13:45:00+00:00</updated><title>gió mạnh (diễn tập)</title>
 <link href="https://127.0.0.1:$https/agency/page.html"/><link type="application/cap+xml" href="https://127.0.0.1:$https/agency/1.xml"/></entry>
<entry><id>e2</id><updated>2024-09-06T00:00:00Z</updated><link href="http://127.0.0.1:$http/agency/1.xml"/></entry>
<entry><id>e3</id><updated>2024-09-06T00:00:00Z</updated><link href="https://127.0.0.1:$https/agency/gone.xml"/></entry>
<entry><id>e4</id><updated>2024-09-06T00:00:00Z</updated><link href="https://127.0.0.1:$https/agency/away.xml"/></entry>
</feed>
END
sed "s#/feed.xml#/agency/feed.xml#; s/^  cap-official:/  cap-agency:/" <(sed -n '/^  cap-official:/,$p' "$site/sources.yaml") >>"$site/sources.yaml"
bring_one cap-agency
check "a feed that names its warnings" brought 1
bring_one cap-agency
check "in the next round they come, from its own server alone" grep -qF '"failed":1,"fetched":1,' "$work/brought"
check "what is not there is missing" grep -qF '"missing":1,' "$work/brought"
check "four entries are kept" \
    same "$(query "SELECT group_concat(identifier, ' ') FROM (SELECT identifier FROM bulletin WHERE source = 'cap-agency' ORDER BY 1)")" \
    "2.49.0.1.276.DWD.PVW.1487857490473.4 e2 e3 e4"
check "and the warning itself after what the feed said of it" \
    same "$(query "SELECT group_concat(text ->> 'link' = '', ' ') FROM (SELECT text FROM entry WHERE kind = 'bulletin' AND text ->> 'identifier' LIKE '2.49.%' ORDER BY seq)")" '0 1'
check "is the one that is found" \
    same "$(query "SELECT text ->> 'link' FROM bulletin JOIN entry USING (seq) WHERE source = 'cap-agency' AND identifier LIKE '2.49.%'")" ''
check "no other server was asked" [ "$(served 'agency/1.xml$')" = 1 ]
bring_one cap-agency
check "and once is enough" grep -qF '"fetched":0,' "$work/brought"
feed=$(query "SELECT lower(hex(hash)) FROM raw WHERE source = 'cap-agency' AND url LIKE '%feed.xml'")
mv "$site/archive/${feed:0:2}/$feed" "$work/feed"
run gong ingest run --now 2024-09-06T12:00:00Z --source cap-agency --json
check "a feed whose copy is lost is a failure of its own, and the others go on" grep -qE '"failed":[1-9].*"read":' "$out"
check "it is named" has 'looking for the links of'
mv "$work/feed" "$site/archive/${feed:0:2}/$feed"

# --- no entry is left out ------------------------------------------------------------------------------
for source in $(awk '/^  [a-z0-9-]+:$/ {name = substr($1, 1, length($1) - 1); if (name !~ /^demo-/) print name}' data/sources.yaml); do
    check "$source was brought and read" [ "$(query "SELECT count(*) > 0 FROM raw WHERE source = '$source' AND state = 1")" = 1 ]
done

# --- all again ---------------------------------------------------------------------------------------
run gong ingest replay --into "$work/again"
check "all raw files again give the same readings" \
    same "$(sqlite3 "$work/again/ledger.db" "SELECT lower(hex(hash)) FROM reading ORDER BY 1" | sha256sum)" \
    "$(query "SELECT lower(hex(hash)) FROM reading ORDER BY 1" | sha256sum)"
check "and the same tracks" \
    same "$(sqlite3 "$work/again/ledger.db" "SELECT lower(hex(hash)) FROM track ORDER BY 1" | sha256sum)" \
    "$(query "SELECT lower(hex(hash)) FROM track ORDER BY 1" | sha256sum)"
run gong ledger verify
check "the ledger is whole" [ $code -eq 0 ]
finish
