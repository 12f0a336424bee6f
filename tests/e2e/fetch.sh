#!/usr/bin/env bash
# Fetching from real servers (nginx, vsftpd, TLS with a CA made here) that are slow, busy, broken off,
# wrong or locked: what comes is whole and right, what is not is named, and nothing half is kept.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/servers.sh"

free_ports http https wrong foreign ftp slow_ftp liar door login_ftp dap locked_dap nobody
www=$work/www
mkdir -p "$www"/{plain,throttled,cut,ranged,busy,full,sums,again,mirror,private,pages,crowd,vault} "$work"/{ftp,ftp2,ftp3}
for folder in plain throttled cut ranged busy full sums again mirror private vault; do
    head -c 300000 /dev/urandom >"$www/$folder/x.nc"
done
head -c 200000 /dev/urandom >"$work/ftp/x.nc"
head -c 600000 /dev/urandom >"$work/ftp2/x.nc"
head -c 200000 /dev/urandom >"$work/ftp3/x.nc"
for i in 1 2 3 4 5 6; do head -c 60000 /dev/urandom >"$www/crowd/x2024090$i.nc"; done
for i in 1 2 3; do echo "busy $i" >"$www/busy/x2024090$i.nc"; done
echo '<!DOCTYPE html><title>log in</title>' >"$www/pages/x.nc"
sha256sum <"$www/sums/x.nc" | sed "s/ -/ x.nc/" >"$www/sums/x.nc.sha256"
(cd "$www/sums" && md5sum x.nc >x.nc.md5 && sha1sum x.nc >x.nc.sha1)
md5_base64=$(openssl md5 -binary "$www/sums/x.nc" | base64) md5_hex=$(md5sum <"$www/sums/x.nc" | cut -c1-32)
make_ca good && make_ca other
make_certificate server good 127.0.0.1
make_certificate misnamed good 127.0.0.9
make_certificate foreign other 127.0.0.1
make_certificate door good localhost
echo "drill:$(openssl passwd -apr1 lotus)" >"$work/htpasswd"
echo "sky:$(openssl passwd -apr1 heron)" >"$work/door_htpasswd"

start_nginx "
limit_req_zone \$binary_remote_addr zone=one:1m rate=2r/s;
limit_conn_zone \$binary_remote_addr zone=crowd:1m;
server { listen 127.0.0.1:$http; root $www;
    location /throttled/ { limit_rate 150k; }
    location /cut/ { limit_rate 150k; }
    location /ranged/ { if (\$http_range) { return 416; } limit_rate 150k; }
    location /busy/ { limit_req zone=one; limit_req_status 429; }
    location /crowd/ { limit_conn crowd 3; limit_rate 60k; }
    location /full/ { add_header Retry-After 900 always; return 503; }
    location /loop/ { return 302 \$uri; }
    location /moved/ { return 302 /plain/x.nc; }
    location /random/ { return 200 \$request_id; }
    location /forbidden/ { return 403; }
    location /teapot/ { return 500; }
    location = /sums/header { try_files /sums/x.nc =404; add_header Content-MD5 '$md5_base64'; }
    location = /sums/etag { try_files /sums/x.nc =404; etag off; add_header ETag '\"$md5_hex\"'; }
    location /pages/ { default_type text/html; }
}
server { listen 127.0.0.1:$https ssl; root $www;
    ssl_certificate $work/tls/server.pem; ssl_certificate_key $work/tls/server.key;
    location /private/ { if (\$cookie_session != yes) { return 302 /login/; } }
    location /login/ { auth_basic drill; auth_basic_user_file $work/htpasswd; try_files /none @in; }
    location @in { add_header Set-Cookie 'session=yes; Path=/'; return 302 /private/x.nc; }
    location /vault/ { if (\$cookie_pass != yes) { return 302 https://localhost:$door/oauth/; } }
    location /enter/ { add_header Set-Cookie 'pass=yes; Path=/'; return 302 /vault/x.nc; }
}
server { listen 127.0.0.1:$door ssl; root $www;
    ssl_certificate $work/tls/door.pem; ssl_certificate_key $work/tls/door.key;
    location /oauth/ { auth_basic sky; auth_basic_user_file $work/door_htpasswd; try_files /none @out; }
    location @out { return 302 https://127.0.0.1:$https/enter/; }
}
server { listen 127.0.0.1:$wrong ssl; root $www;
    ssl_certificate $work/tls/misnamed.pem; ssl_certificate_key $work/tls/misnamed.key; }
server { listen 127.0.0.1:$foreign ssl; root $www;
    ssl_certificate $work/tls/foreign.pem; ssl_certificate_key $work/tls/foreign.key; }"
start_ftp "$ftp" "$work/ftp"
start_ftp "$slow_ftp" "$work/ftp2" 150000
python3 tests/e2e/login_ftp.py "$login_ftp" "$work/ftp3" drill lotus >"$work/login_ftp.log" 2>&1 &
started+=($!)
python3 tests/e2e/liar.py "$liar" 2>"$work/liar.log" &
started+=($!)
wait_port "$http" && wait_port "$ftp" && wait_port "$slow_ftp" && wait_port "$liar" && wait_port "$login_ftp" || exit 1

# --- a site with one source for each trouble ---------------------------------------------------------
site=
run gong init "$work/site" --quiet
site=$work/site
sed -i 's/^.*fetch_backoff_ms:.*/fetch_backoff_ms: 200/; s/^.*fetch_timeout_s:.*/fetch_timeout_s: 1/
    s/^.*fetch_ca_file:.*/fetch_ca_file: keys\/ca.pem/; s/^.*fetch_mib_max:.*/fetch_mib_max: 1/' "$site/gong.yaml"
for setting in 'fetch_backoff_ms: 200' 'fetch_timeout_s: 1' 'fetch_ca_file: keys/ca.pem' 'fetch_mib_max: 1'; do
    grep -q "^$setting" "$site/gong.yaml" || echo "$setting" >>"$site/gong.yaml"
done
cp "$work/tls/good.pem" "$site/keys/ca.pem"
(umask 077; printf 'machine 127.0.0.1 login drill password lotus\nmachine localhost login sky password heron\n' >"$site/keys/netrc")
echo 'sources:' >"$site/sources.yaml"
# source NAME URL [LINE...]: one step, 1 September 2024.
source_of() {
    local name=$1 url=$2
    shift 2
    cat >>"$site/sources.yaml" <<END
  $name:
    title: $name
    licence: none
    kind: observation
    boundary_set: none
    variables: [{reads: tp, means: rain, interval: day, stamp: start}]
    url: $url{YYYY}{MM}{DD}
    every: 1 days
    from: 2024-09-01
END
    printf '    %s\n' "$@" | grep -v '^ *$' >>"$site/sources.yaml"
}
at=http://127.0.0.1
for name in plain throttled cut ranged full loop moved random forbidden teapot pages none; do
    source_of "$name" "$at:$http/$name/x.nc?y=" ''
done
source_of busy "$at:$http/busy/x{YYYY}{MM}{DD}.nc?y=" 'at_once: 1'
source_of crowd "$at:$http/crowd/x{YYYY}{MM}{DD}.nc?y=" 'at_once: 3'
source_of mob "$at:$http/crowd/x{YYYY}{MM}{DD}.nc?mob=" 'at_once: 6'
source_of rechecked "$at:$http/plain/x.nc?recheck=" 'recheck: 3 days'
source_of sums "$at:$http/sums/x.nc?y=" "checksum: {kind: sha256, at: \"$at:$http/sums/x.nc.sha256\"}"
source_of badsum "$at:$http/sums/x.nc?z=" "checksum: {kind: sha256, at: \"$at:$http/sums/bad.sha256\"}"
source_of md5 "$at:$http/sums/x.nc?md5=" "checksum: {kind: md5, at: \"$at:$http/sums/x.nc.md5\"}"
source_of sha1 "$at:$http/sums/x.nc?sha1=" "checksum: {kind: sha1, at: \"$at:$http/sums/x.nc.sha1\"}"
source_of md5header "$at:$http/sums/header?y=" 'checksum: {kind: md5, at: header}'
source_of md5etag "$at:$http/sums/etag?y=" 'checksum: {kind: md5, at: etag}'
source_of badetag "$at:$http/sums/x.nc?etag=" 'checksum: {kind: md5, at: etag}'
source_of again "$at:$http/again/x.nc?y=" 'compare: yes'
source_of unequal "$at:$http/random/?y=" 'compare: yes'
source_of mirrored "$at:$http/teapot/x.nc?y=" "mirrors: [\"$at:$http/none/x{YYYY}\", \"$at:$http/mirror/x.nc?y={YYYY}{MM}{DD}\"]"
source_of large "$at:$http/plain/large.nc?y=" ''
source_of private "https://127.0.0.1:$https/private/x.nc?y=" 'login: netrc'
source_of vault "https://127.0.0.1:$https/vault/x.nc?y=" 'login: netrc'
source_of unlocked "https://127.0.0.1:$https/private/x.nc?u=" ''
source_of misnamed "https://127.0.0.1:$wrong/plain/x.nc?y=" ''
source_of foreign "https://127.0.0.1:$foreign/plain/x.nc?y=" ''
source_of short "$at:$liar/short?y=" ''
source_of long "$at:$liar/long?y=" ''
source_of broken "$at:$liar/cut/x?y=" ''
source_of endless "$at:$liar/endless?y=" ''
source_of nobody "$at:$nobody/x?y=" ''
source_of ftp "ftp://127.0.0.1:$ftp/x.nc#" ''
source_of slowftp "ftp://127.0.0.1:$slow_ftp/x.nc#" ''
source_of loginftp "ftp://127.0.0.1:$login_ftp/x.nc#" 'login: netrc'
source_of strangeftp "ftp://127.0.0.1:$login_ftp/x.nc?#" ''
source_of noftp "ftp://127.0.0.1:$ftp/none.nc#" ''

# fetch NAME [NOW]: the counts in $out, the log beside it.
fetch() { run gong ingest fetch --source "$1" --now "${2:-2024-09-01T12:00:00Z}" --json; }
# lines CODE FAILED FETCHED KNOWN MISSING: what the last run said.
counts() {
    [ "$code" -eq "$1" ] || { echo "exit $code, wanted $1"; return 1; }
    grep -qF "\"failed\":$2,\"fetched\":$3,\"known\":$4,\"missing\":$5" "$out"
}
kept() { [ -f "$site/archive/$(sha256sum "$1" | cut -c1-2)/$(sha256sum "$1" | cut -c1-64)" ]; }
nothing_half() { [ -z "$(ls -A "$site/archive/incoming" 2>/dev/null)" ]; }
query() { sqlite3 "$site/ledger.db" "$1"; }

fetch plain
check "a plain file comes" counts 0 0 1 0 0
check "it is in the archive under its hash" kept "$www/plain/x.nc"
check "where it came from is known: address, status, header, bytes" \
    [ "$(query "SELECT came_from||' '||address||' '||status||' '||bytes||' '||(headers LIKE '%ETag%') FROM origin")" \
    = "$at:$http/plain/x.nc?y=20240901 127.0.0.1 200 300000 1" ]
check "and when it began and ended" [ "$(query "SELECT began_at = 1725192000 AND ended_at BETWEEN began_at AND began_at + 60 FROM origin")" = 1 ]
run gong ingest origin "$(sha256sum <"$www/plain/x.nc" | cut -c1-64)"
check "and can be asked for" has "from $at:$http/plain/x.nc?y=20240901 (127.0.0.1), status 200, 300000 bytes"
check "with the licence" has "licence: "
fetch plain
check "what is there is not asked for again" counts 0 0 0 0 0
fetch moved
check "a redirect is followed" counts 0 0 1 0 0
fetch loop
check "a redirect loop ends, and is refused" counts 6 1 0 0 0
check "it says so" has 'redirect'

fetch throttled
check "a file that takes longer than one try is gone on with, not begun again" counts 0 0 1 0 0
check "it is whole" kept "$www/throttled/x.nc"
check "the server was asked for rests" [ "$(served '^206.*/throttled/')" -ge 1 ]
all_logged
check "and sent no byte twice but what was on its way" \
    [ "$(awk '/\/throttled\//{n += $2} END {print (n < 450000)}' "$work/nginx/access.log")" = 1 ]

gong ingest fetch --source cut --now 2024-09-01T12:00:00Z --json >"$out" 2>&1 &
fetcher=$!
some_came() { [ -n "$(find "$site/archive/incoming" -type f -size +0)" ]; }
soon some_came
kill -9 "$(pgrep -P "$(cat "$work/nginx/pid")" | head -1)" # the worker: the line is cut
wait "$fetcher"
code=$?
check "a line that is cut is taken up again" counts 0 0 1 0 0
check "the file is whole" kept "$www/cut/x.nc"
fetch broken
check "so is one that a server broke off" counts 0 0 1 0 0
check "with what came before kept" [ "$(query "SELECT resumed_from FROM origin WHERE source = 'broken'")" = 51200 ]
fetch ranged
check "a server that answers 416 is asked for the whole, until the tries are over" counts 7 1 0 0 0
check "and it was answered 416" [ "$(served '^416.*/ranged/')" -ge 1 ]

run gong ingest backfill --source busy --from 2024-09-01 --to 2024-09-03 --now 2024-09-04T00:00:00Z --json
check "a server that says 429 gets its pauses, and gives all three files" counts 0 0 3 0 0
check "it did say 429" [ "$(served '^429')" -ge 1 ]
fetch full
check "503 with Retry-After of a quarter of an hour: not now" counts 7 1 0 0 0
check "asked once only" [ "$(served '^503.*/full/')" = 1 ]
check "and not before that time" \
    [ "$(query "SELECT next_at - checked_at >= 900 FROM address WHERE source = 'full'")" = 1 ]
fetch teapot
check "500 is tried four times" [ "$(served '^500.*/teapot/')" = 4 ]
check "and may work later" counts 7 1 0 0 0
fetch forbidden
check "403 is refused at once" counts 6 1 0 0 0
check "asked once" [ "$(served '^403')" = 1 ]
fetch none
check "404 is missing, not failed" counts 0 0 0 0 1
fetch pages
check "a web page in place of a file is refused" counts 6 1 0 0 0
check "it asks whether a login is wanted" has 'is a login wanted?'

fetch crowd 2024-09-06T12:00:00Z
check "of six files from one host three come at a time, as its entry says" counts 0 0 6 0 0
check "the server, which bears three, turned none away" [ "$(served '^503.*/crowd/')" = 0 ]
fetch mob 2024-09-06T12:00:00Z
check "six at a time are more than it bears" [ "$(served '^503.*/crowd/')" -ge 1 ]
fetch rechecked
check "a file that may still change comes" counts 0 0 1 0 0
fetch rechecked 2024-09-02T13:00:00Z
check "a day later it is asked for again, and has not changed; the next one holds the same bytes" counts 0 0 0 2 0
check "the server said 304" [ "$(served '^304')" = 1 ]
fetch rechecked 2024-09-02T13:10:00Z
check "ten minutes later neither is asked for" counts 0 0 0 0 0
head -c 300000 /dev/urandom >"$www/plain/x.nc"
touch -d '+2 minutes' "$www/plain/x.nc"
fetch rechecked 2024-09-03T23:00:00Z
check "when it has changed, the new bytes come" kept "$www/plain/x.nc"
check "and the old ones stay" [ "$(query "SELECT count(*) FROM raw WHERE source = 'rechecked'")" = 2 ]

fetch sums
check "a checksum of the provider that fits" counts 0 0 1 0 0
check "is written down" [ "$(query "SELECT checked FROM origin WHERE source = 'sums'")" = 'sha256 of the provider' ]
for kind in md5 sha1 md5header md5etag; do
    fetch $kind
    check "a checksum of another kind that fits: $kind" counts 0 0 1 0 0
done
check "is written down" [ "$(query "SELECT group_concat(DISTINCT checked) FROM origin WHERE source IN ('md5header', 'md5etag')")" = 'md5 of the provider' ]
fetch badetag
check "an ETag that is no sum where the entry says that it is" counts 7 1 0 0 0
echo "$(head -c 64 /dev/zero | tr '\0' a)  x.nc" >"$www/sums/bad.sha256"
fetch badsum
check "one that does not fit: nothing is kept" counts 7 1 0 0 0
check "it says so" has "does not have the provider's checksum"
fetch again
check "two fetches that agree" counts 0 0 1 0 0
fetch unequal
check "two fetches that differ: nothing is kept" counts 7 1 0 0 0
check "it says so" has 'a second fetch brought other bytes'
fetch mirrored
check "a mirror helps out" counts 0 0 1 0 0
check "and is named" [ "$(query "SELECT came_from FROM origin WHERE source = 'mirrored'")" = "$at:$http/mirror/x.nc?y=20240901" ]
head -c 2000000 /dev/zero >"$www/plain/large.nc"
fetch large
check "a file over the limit is refused before it comes" counts 3 1 0 0 0
check "it says by which setting" has 'fetch_mib_max'

fetch private
check "login by netrc, then a cookie" counts 0 0 1 0 0
check "it is the file behind the login" kept "$www/private/x.nc"
fetch unlocked
check "without a login: refused" counts 6 1 0 0 0
fetch vault
check "login at another host, as Earthdata has it: there and back, then a cookie" counts 0 0 1 0 0
check "it is the file behind it" kept "$www/vault/x.nc"
check "the door was asked once" [ "$(served ' /oauth/$')" -ge 1 ]
fetch misnamed
check "a certificate for another name is refused" counts 6 1 0 0 0
fetch foreign
check "a certificate of another CA is refused" counts 6 1 0 0 0
check "it says what is wrong" has 'certificate'
fetch short
check "fewer bytes than were announced: not taken" counts 7 1 0 0 0
fetch long
check "more bytes than were announced: what was announced" counts 0 0 1 0 0
check "is what is kept" [ "$(query "SELECT bytes FROM origin WHERE source = 'long'")" = 102300 ]
fetch endless
check "a file that does not say its length and never ends: refused" counts 3 1 0 0 0
check "it says by which setting" has 'fetch_mib_max'
fetch nobody
check "nobody there: later" counts 7 1 0 0 0
fetch ftp
check "FTP" counts 0 0 1 0 0
check "whole" kept "$work/ftp/x.nc"
fetch slowftp
check "slow FTP, gone on with" counts 0 0 1 0 0
check "whole, in parts" [ "$(query "SELECT resumed_from > 0 FROM origin WHERE source = 'slowftp'")" = 1 ]
check "and right" kept "$work/ftp2/x.nc"
fetch loginftp
check "FTP with a login" counts 0 0 1 0 0
check "whole" kept "$work/ftp3/x.nc"
fetch strangeftp
check "without it: refused" counts 6 1 0 0 0
fetch noftp
check "no such file on FTP is missing" counts 0 0 0 0 1
python3 tests/e2e/dap_server.py "$dap" 2>"$work/dap.log" &
started+=($!)
wait_port "$dap"
source_of dap "dap://127.0.0.1:$dap/x?tp%5B0:1:1%5D%5B0:1:1%5D%5B1:1:2%5D,time,lat%5B0:1:1%5D,lon%5B1:1:2%5D#" 'compare: yes'
source_of nodap "dap://127.0.0.1:$dap/gone?tp#" ''
fetch dap
check "OPeNDAP through NetCDF-C: two fetches agree" counts 0 0 1 0 0
hash=$(query "SELECT lower(hex(hash)) FROM origin WHERE source = 'dap'")
check "it is the box that was asked for" \
    [ "$(ncdump -v tp "$site/archive/${hash:0:2}/$hash" | tr -d ' \n' | grep -o 'tp=1,2,11,12,101,102,111,112')" != '' ]
sed -i 's/^fetch_timeout_s: 1$/fetch_timeout_s: 30/' "$site/gong.yaml" # a handshake, and two questions
python3 tests/e2e/dap_server.py "$locked_dap" "$work/tls/server.pem" "$work/tls/server.key" drill:lotus 2>"$work/dap2.log" &
started+=($!)
wait_port "$locked_dap"
source_of daps "daps://127.0.0.1:$locked_dap/x?tp%5B0:1:1%5D%5B0:1:1%5D%5B1:1:2%5D,time,lat%5B0:1:1%5D,lon%5B1:1:2%5D#" 'login: netrc'
source_of strangedaps "daps://127.0.0.1:$locked_dap/x?tp#" ''
fetch daps
check "the same over TLS, with the login of keys/netrc" counts 0 0 1 0 0
check "gives the same bytes" [ "$(query "SELECT lower(hex(hash)) FROM origin WHERE source = 'daps'")" = "$hash" ]
source_of reldaps "daps://127.0.0.1:$locked_dap/x?tp%5B0:1:1%5D%5B0:1:1%5D%5B1:1:2%5D,time,lat%5B0:1:1%5D,lon%5B1:1:2%5D#again" 'login: netrc'
run env -C "$(dirname "$site")" "$bin/gong" ingest fetch --source reldaps --now 2024-09-01T12:00:00Z --json --site "$(basename "$site")"
check "and of a site whose path is not absolute" counts 0 0 1 0 0
fetch strangedaps
check "without the login nothing comes" counts 7 1 0 0 0
check "and no folder of it is left" [ -z "$(ls -d "$site"/archive/incoming/*.dap 2>/dev/null)" ]
fetch nodap
check "what the server does not have comes later, perhaps" counts 7 1 0 0 0
check "it says so" has 'cannot be fetched by OPeNDAP'
run gong ingest fetch --source plain --dry-run --now 2024-09-01T12:00:00Z
check "a dry run fetches nothing" has 'fetched 0'
run gong ingest backfill --source plain --from 2025-01-01 --to 2025-12-31 --dry-run --now 2026-01-01T00:00:00Z
check "a dry run prints every address" [ "$(grep -c "$at:$http/plain/x.nc?y=2025" "$out")" = 365 ]
run gong ingest backfill --source plain --from 2025-02-01 --to 2025-01-31 --dry-run --now 2026-01-01T00:00:00Z
check "a time that ends before it begins is a mistake" eval '[ $code -eq 2 ] && has "--from 2025-02-01T00:00:00Z is after --to 2025-01-31T23:59:59Z"'
printf '  nofolder:\n    title: T\n    licence: L\n    url: nowhere/\n    kind: observation\n    boundary_set: pilots\n    variables: [{reads: r, means: rain, interval: day, stamp: end}]\n' >>"$site/sources.yaml"
run gong ingest fetch --source nofolder --now 2024-09-01T12:00:00Z
check "a folder that is not there has not failed, and is named" eval '[ $code -eq 0 ] && has "source nofolder: there is no nowhere/"'
run gong status
check "by gong status as well" has 'last try: there is no nowhere/'
run gong ledger verify
check "the ledger is whole" [ $code -eq 0 ]
finish
