#!/usr/bin/env bash
# Gate: functions that are not used, and libraries that have one place each.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=0
sources=$(git ls-files -co --exclude-standard '*.c' '*.h' | grep -v '^tests/')

# ban NAMES [ALLOWED FILE]: a call of one of the names outside the allowed file.
ban() {
    local found
    found=$(grep -nE "(^|[^A-Za-z0-9_>.])($1) ?\(" $sources | grep -vE ':[0-9]+: *(//|\*)' |
        grep -v "^${2:-none}:" || true)
    [ -z "$found" ] || { echo "$found"; echo "^ not used here: $1 ${2:+(only in $2)}"; bad=1; }
}
ban 'strcpy|strcat|sprintf|vsprintf|strncpy|strncat|strtok|atoi|atol|atof|sscanf|strtod|strtof|gets|system|popen'
ban 'malloc|calloc|realloc|strdup|strndup|asprintf' core/mem.c
ban 'time|nanosleep|usleep|sleep|clock_gettime|gettimeofday' core/clock.c
ban 'getenv|secure_getenv' core/cli.c
ban 'fork|vfork|posix_spawn' core/proc.c

# `run` and `check` give their command an empty input: a program that would be read from there does nothing, and passes.
found=$(grep -nE "^ *(run|check) .*[^<]<<-?[\"'A-Z]" tests/e2e/*.sh || true)
[ -z "$found" ] || { echo "$found"; echo "^ run and check take no input: write a file"; bad=1; }

# place HEADER FILE...: the library's header is included there only.
place() {
    local header=$1 found
    shift
    found=$(grep -lE "^#include <$header>" $sources | grep -vxF "$(printf '%s\n' "$@")" || true)
    [ -z "$found" ] || { echo "$found: <$header> belongs in $* only"; bad=1; }
}
place sqlite3.h ledger/db_sqlite.c
place postgresql/libpq-fe.h ledger/db_pg.c ledger/pg_link.c ledger/pq_late.c
place zmq.h core/bus.c
place mosquitto.h notify/mqtt.c
place curl/curl.h core/http.c core/mail.c ingest/transfer.c
place yaml.h core/yaml.c
place eccodes.h ingest/gribfile.c
place netcdf.h ingest/ncgrid_nc.c ingest/warm.c data/season/ncwrite.c
place hdf5.h ingest/hdf.c ingest/hdf_file.h ingest/hdf_numbers.c ingest/hdf_attributes.c ingest/hdf_image.c
place libdeflate.h ingest/inflate.c
place gdal/cpl_conv.h ingest/ogr_main.c
place gdal/gdal.h ingest/ogr_main.c
place gdal/ogr_api.h ingest/ogr_main.c
place gdal/ogr_srs_api.h ingest/ogr_main.c
place geos_c.h ingest/shape.c
place udunits2.h core/units.c
place jansson.h core/doc.c
place 'libxml/.*' core/xml.c
place sodium.h core/hash.c core/sign.c
place utf8proc.h core/text.c core/fold.c
place microhttpd.h core/listen.c
place qrencode.h core/qr.c
place openssl/ssl.h core/tls.c

# Nothing of the machine it was written on.
found=$(git ls-files -co --exclude-standard | grep -v '^LICENSE$' |
    xargs grep -nIE '(^|[^A-Za-z0-9_.])/(work|farm|root|home)/' | grep -v '^tests/bans.sh' || true)
[ -z "$found" ] || { echo "$found"; echo "^ an absolute path of a machine"; bad=1; }
found=$(awk '/typedef +(struct|enum)/ {print FILENAME ":" FNR ": " $0}' $sources)
[ -z "$found" ] || { echo "$found"; echo "^ no typedef for a struct or enum"; bad=1; }
[ $bad -eq 0 ] && echo "gate: bans ok"
exit $bad
