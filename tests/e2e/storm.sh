#!/usr/bin/env bash
# The shipped typhoon policies on real best tracks, Yagi 2024 and Damrey 2017: two of them on forecasts
# that are those tracks from a run on (a drill: no agency issued them), one settled on best tracks. Which
# communes are paid is worked out again from the polygons by another program.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
tracks=$PWD/../shared/data/tracks/ibtracs_wp_selected_storms.csv
if [ ! -f "$tracks" ]; then
    echo "SKIP storm: $tracks is not there, so NOTHING of it was tested"
    echo "ok 1 - skipped (no real data here) # SKIP"
    exit 0
fi
site=$work/site
run "$bin/gong" init "$site"
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
"$bin/gong" season write "$work/season" --quiet
run gong boundary import "$work/season/boundary.geojson" --set pilots --code code --name full_name --zone zone
check "the pilots' communes are imported" [ $code -eq 0 ]
cat >>"$site/sources.yaml" <<'Y'
  best-track:
    title: best tracks (diễn tập)
    licence: NOAA NCEI IBTrACS (may be redistributed and used without restriction)
    format: tracks
    kind: observation
    tracks: {format: ibtracs-csv, agency: wmo, wind_average: 10 min}
  storm-forecast:
    title: a best track as if it had been forecast (diễn tập)
    licence: NOAA NCEI IBTrACS (may be redistributed and used without restriction)
    format: tracks
    kind: forecast
    tracks: {format: atcf, agency: OFCL, wind_average: 10 min}
Y
products=policies/products
sed -e '/^  calendar:/,$d' -e 's/^effective: .*/effective: {from: 2024-01-01, to: 2024-12-31}/' -e 's/^source: .*/source: best-track/' $products/bac-kan-typhoon-circle.yaml >"$site/policies/circle.yaml"
# The same with circles of 75 and 150 km, so that more communes are paid.
sed -e 's/^id: .*/id: typhoon-wide/' -e 's/radius: 100 km/radius: 150 km/' -e 's/radius: 50 km/radius: 75 km/' \
    -e '/^cases:/,$d' "$site/policies/circle.yaml" >"$site/policies/wide.yaml"
cat >>"$site/policies/wide.yaml" <<'Y'
cases:
  fire: [{name: force 12 at 150 km, step: 1464 h, values: [0, 32.7, 0], sum_insured: 2000000 VND, pays: 1000000 VND, more: [{of: storm_distance, step: 1464 h, values: [900, 150, 900]}]}]
  not_fire: [{name: force 12 at 151 km, step: 1464 h, values: [0, 32.7, 0], more: [{of: storm_distance, step: 1464 h, values: [900, 151, 900]}]}]
Y
sed -e '/^  over_time:/,$d' -e 's/^effective: .*/effective: {from: 2024-01-01, to: 2024-12-31}/' -e 's/^source: .*/source: storm-forecast/' $products/bac-kan-typhoon-distance.yaml >"$site/policies/bac-kan.yaml"
sed -i 's/^message:/cancel: {vi: "Bão không còn gần {commune}. Tin lúc {issued}, tin sau trước {next}.", en: "No longer near {commune}. Issued {issued}, next update by {next}."}\n\n&/' "$site/policies/bac-kan.yaml"
# Who hears that it is over hears that it is on again, however soon.
sed -i -e '/^cool_down:/d' -e 's/\({at: 5 h, .*told: \)"no"/\1"yes"/' "$site/policies/bac-kan.yaml"
sed -e '/^  calendar:/,$d' -e 's/^effective: .*/effective: {from: 2017-01-01, to: 2017-12-31}/' -e 's/^source: .*/source: storm-forecast/' $products/dak-nong-typhoon-distance.yaml >"$site/policies/dak-nong.yaml"

python3 - "$tracks" "$work" <<'P'
import csv, datetime, sys
rows = list(csv.DictReader(open(sys.argv[1])))
def deck(name, year, number, runs):
    out = open(f"{sys.argv[2]}/{name.lower()}.atcf", "w")
    track = [r for r in rows if r["NAME_ADDED"] == name and r["ISO_TIME"].startswith(year)]
    time = lambda r: datetime.datetime.fromisoformat(r["ISO_TIME"])
    for run in map(datetime.datetime.fromisoformat, runs):
        for r in track:
            tau = (time(r) - run).total_seconds() / 3600
            if 0 <= tau <= 72:
                out.write(f"WP, {number}, {run:%Y%m%d%H}, 03, OFCL, {tau:3.0f}, {float(r['LAT'])*10:.0f}N, "
                          f"{float(r['LON'])*10:.0f}E, {r['WMO_WIND'] or 0}, {r['WMO_PRES'] or 0}, TS\n")
deck("YAGI", "2024", "12", ["2024-09-04 00:00", "2024-09-06 00:00", "2024-09-09 06:00"])
deck("DAMREY", "2017", "23", ["2017-11-02 00:00", "2017-11-03 00:00"])
P
python3 - "$work/season/boundary.geojson" >"$work/contracts.csv" <<'P'
import json, sys
print("contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,starts,ends")
for i, f in enumerate(sorted(json.load(open(sys.argv[1]))["features"], key=lambda f: f["properties"]["code"])):
    p = f["properties"]
    if p["zone"] != "former-bac-kan": continue
    for policy, kind in ("bac-kan-typhoon-circle", "CIRCLE"), ("typhoon-wide", "WIDE"):
        print(f"{kind}-{p['code']},P-{i:04d},Nông Văn {i} (diễn tập),849{i:08d},DRILL-{i:06d},vi,{p['code']},pilots,"
              f"{policy},10000000,2024-01-01,2024-12-31")
P
run gong contract import "$work/contracts.csv"
check "74 contracts are imported" [ $code -eq 0 ]
for deck in yagi damrey; do run gong ingest fetch "file://$work/$deck.atcf" --source storm-forecast; done
run gong ingest decode
check "five forecasts are kept" same "$(sqlite3 "$site/ledger.db" 'SELECT count(*) FROM track WHERE source = "storm-forecast"')" 5
run gong trigger run --now 2024-09-06T01:00:00Z
people officer-1
run gong trigger clear bac-kan-typhoon-distance 01840 --why "the storm has turned away" $(as officer-1) --now 2024-09-06T02:00:00Z
check "a person switches an alert off, and who was warned there is told" has "commune 01840: off, 1 messages"
check "in the policy's words" same "$(sqlite3 "$site/ledger.db" "SELECT body ->> 'kind' || ': ' || (body ->> '\$.text.en') FROM outbox WHERE key LIKE 'cancel/bac-kan-typhoon-distance/01840/%'" | cut -c1-40)" "cancel: [DRILL] No longer near Phường"
# The clock of the data stands at the last forecast: the season is over only with its days.
run gong trigger run --now 2024-09-09T06:00:00Z
check "the forecasts are decided" [ $code -eq 0 ]
query() { sqlite3 "$site/ledger.db" "$1"; }
answers() { query "SELECT text ->> 'answer' || ' ' || count(*) FROM entry WHERE kind = 'decision' AND text ->> 'policy' = '$1' AND text ->> 'period' = '$2' GROUP BY text ->> 'answer' ORDER BY 1" | tr '\n' ';'; }
check "four days before, Yagi is far from Bắc Kạn in every commune" same "$(answers bac-kan-typhoon-distance 2024-09-04T00:00:00Z)" "no 37;"
check "a day and a half before it comes within 300 km of each" same "$(answers bac-kan-typhoon-distance 2024-09-06T00:00:00Z)" "yes 37;"
check "when it has passed, none is near" same "$(answers bac-kan-typhoon-distance 2024-09-09T06:00:00Z)" "no 37;"
check "Damrey is said to come to every commune of Đắk Nông" same "$(answers dak-nong-typhoon-distance 2017-11-03T00:00:00Z)" "yes 28;"

# --- settled on best tracks
run gong ingest fetch "file://$tracks" --source best-track
run gong ingest decode
run gong trigger run --now 2025-01-10T00:00:00Z
check "before 60 days are over the season waits: no later storm shows that it ended" same "$(query "SELECT count(*) FROM entry WHERE kind = 'decision' AND text ->> 'policy' = 'bac-kan-typhoon-circle'")" 0
run gong trigger run --now 2025-02-01T00:00:00Z
check "then it is settled" same "$(query "SELECT count(*) FROM entry WHERE kind = 'decision' AND text ->> 'policy' = 'bac-kan-typhoon-circle'")" 37
python3 - "$tracks" "$work/season/boundary.geojson" >"$work/expected" <<'P'
# From the polygons and the track alone: hourly centres, haversine, forces, the two circles.
import csv, datetime, json, math, sys
def centroid(ring):
    x0, y0 = ring[0]; a = cx = cy = 0
    for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
        x1 -= x0; x2 -= x0; y1 -= y0; y2 -= y0
        c = x1 * y2 - x2 * y1; a += c; cx += (x1 + x2) * c; cy += (y1 + y2) * c
    return y0 + cy / (3 * a), x0 + cx / (3 * a)
def km(a, b):
    p, q = math.radians(a[0]), math.radians(b[0])
    h = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))
fixes = [(datetime.datetime.fromisoformat(r["ISO_TIME"]), float(r["LAT"]), float(r["LON"]),
          float(r["WMO_WIND"]) * 0.514444 if r["WMO_WIND"] else None)
         for r in csv.DictReader(open(sys.argv[1])) if r["NAME_ADDED"] == "YAGI"]
hours = []
for (t, la, lo, w), (t2, la2, lo2, w2) in zip(fixes, fixes[1:]):
    n = int((t2 - t).total_seconds() // 3600)
    hours += [(la + (la2 - la) * i / n, lo + (lo2 - lo) * i / n,
               w if i == 0 else None if w is None or w2 is None else w + (w2 - w) * i / n) for i in range(n)]
def pays(distance, wind, radius):
    inner = 30 if wind >= 17.2 else 0
    inner = 60 if wind >= 24.5 else inner
    inner = 100 if wind >= 32.7 else inner
    outer = 50 if wind >= 32.7 else 20 if wind >= 24.5 else 0
    return inner if distance <= radius else outer if distance <= 2 * radius else 0
for f in sorted(json.load(open(sys.argv[2]))["features"], key=lambda f: f["properties"]["code"]):
    if f["properties"]["zone"] != "former-bac-kan": continue
    geometry = f["geometry"]["coordinates"]
    ring = geometry[0] if f["geometry"]["type"] == "Polygon" else geometry[0][0]
    here = centroid(ring)
    near = [(km(here, (la, lo)), w) for la, lo, w in hours]
    for kind, radius in ("CIRCLE", 50), ("WIDE", 75):
        known = [(d, w) for d, w in near if d <= 2 * radius]
        if any(w is None for d, w in known): continue  # not known: nobody is paid yet
        share = max((pays(d, w, radius) for d, w in known), default=0)
        if share: print(f"{kind}-{f['properties']['code']} {share * 100000}")
P
query "SELECT contract || ' ' || amount FROM payout ORDER BY contract" >"$work/paid"
sort -o "$work/expected" "$work/expected"
check "some communes are paid, not all" sh -c "grep -q CIRCLE '$work/expected' && [ \$(wc -l <'$work/expected') -gt 5 ] && [ \$(wc -l <'$work/expected') -lt 74 ]"
check "and they are those that another program finds, to the đồng" cmp "$work/expected" "$work/paid"
echo "# $(wc -l <"$work/paid") of 74 contracts are paid"
check "the basis names the tracks, and no readings" same "$(query "SELECT max(json_array_length(text, '\$.inputs.tracks')) > 0, max(json_array_length(text, '\$.inputs.readings')) FROM entry WHERE kind = 'basis' AND text ->> 'policy' = 'bac-kan-typhoon-circle'")" "1|0"
entries=$(query "SELECT count(*) FROM entry")
run gong trigger run --now 2025-02-02T00:00:00Z
check "run again it adds nothing" same "$(query "SELECT count(*) FROM entry")" "$entries"
run gong ledger verify
check "the ledger verifies" [ $code -eq 0 ]
run gong replay
check "every decision is made again from the raw tracks, bit for bit" [ $code -eq 0 ]

# --- the same season as a past
run gong backtest "$site/policies/wide.yaml" --from 2024-06-01 --to 2024-12-01 --csv "$work/past.csv"
check "a policy on tracks can be tried on a site's best tracks" has "1 seasons of 37 places"
awk -F, 'NR > 1 && $9 > 0 {print "WIDE-" $4 " " $9}' "$work/past.csv" | sort >"$work/tried"
check "and pays what the live engine paid, to the đồng" eval 'grep "^WIDE" "$work/paid" | cmp - "$work/tried"'
run gong price "$site/policies/wide.yaml" --from 2017-06-01 --to 2024-12-01
check "so it has a price" has "expected loss (burning cost)"
run gong backtest "$site/policies/wide.yaml" --json
check "without a bound no season counts that the tracks do not reach beyond" same "$(jq -r '[.seasons[].period] | max' "$out")" 2023

# --- forecast tracks beside best tracks: here a forecast is the best track itself, so it is right
run gong price "$site/policies/bac-kan.yaml" --observed best-track --csv "$work/proof.csv"
check "distances to storms that were said, beside those that were" eval '[ $code -eq 0 ] && [ "$(wc -l <"$work/proof.csv")" -gt 100 ]'
check "what was said came true everywhere, to the metre" awk -F, 'NR > 1 && $10 != "unknown" {n++; bad += $5 != $10 || $7 != $8 || $12 != 0} END {exit !(n > 70 && bad == 0)}' "$work/proof.csv"
check "and told before it did" has "lead: hours from being told to the event"

# --- receipts: tracks are in them whole, and come out of the raw files again
far_receipts bac-kan-typhoon-distance dak-nong-typhoon-distance bac-kan-typhoon-circle typhoon-wide
check "a receipt bears the tracks" test "$(jq '.tracks | length' "$work/far.json")" -gt 0
far_lie "another place of a storm" '.tracks[0].fixes[3].latitude_milli += 100' "is not the one that the decision names"
far_lie "a track left out" 'del(.tracks[0])' "another number of tracks"
far_lie "another commune's place" '.commune.shape |= sub("(?<a>.*)(?<b>.{32})$"; .a + "00000000000059400000000000002840")' "evaluated again"
run gong receipt show "$(sed -n 's/^typhoon-wide yes //p' "$work/kinds")" --html
check "the printable receipt shows where the storm was" has "Tracks of storms"
run gong bundle --all --out "$work/all.tar" --quiet
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "all of it from one file at another place: identical" has "replay: identical"
finish
