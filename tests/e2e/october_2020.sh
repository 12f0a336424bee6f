#!/usr/bin/env bash
# October 2020 in central Việt Nam, on real input read in place: 3,321 communes, the ERA5-Land
# monthly grid, >= 1,000 mm. The figures expected were found by an independent tool.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
data=$PWD/../shared/data
polygons=$data/boundaries/communes_2025_simplified.geojson
full=$data/boundaries/communes_2025_ha_tinh_full.geojson
rain=$data/rainfall/era5land_monthly_tp_vietnam_2020.nc
expected=$data/expected/ha_tinh_communes_era5land_rain_mm_202010.csv
if [ ! -f "$rain" ]; then
    echo "SKIP october_2020: $data is not there, so NOTHING of it was tested"
    echo "ok 1 - skipped (no real data here) # SKIP"
    exit 0
fi
site=$work/site

run "$bin/gong" init "$site"
check "a site is made" [ $code -eq 0 ]
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
cp tests/e2e/policies/oct2020-*.yaml "$site/policies/"
sed -e 's/^id: .*/id: oct2020-ha-tinh/' -e 's/^boundary_set: .*/boundary_set: ha-tinh/' \
    -e 's/^source: .*/source: era5land-ha-tinh/' tests/e2e/policies/oct2020-alert.yaml \
    >"$site/policies/oct2020-ha-tinh.yaml"
cat >>"$site/sources.yaml" <<'Y'
  era5land-ha-tinh:
    title: the same file over the full-resolution communes of one province
    licence: Contains modified Copernicus Climate Change Service information
    boundary_set: ha-tinh
    kind: observation
    variables:
      - {reads: tp, means: rain, unit: m day-1, interval: month, stamp: start}
Y

run gong boundary import "$polygons" --set vn2025 --code code --name full_name
check "3,321 communes are imported" [ $code -eq 0 ]
check "none is dropped" has "3321 communes"
check "the ring that is not valid is repaired and named" has "commune 28948: repaired"
run gong boundary import "$full" --set ha-tinh --code code --name full_name
check "69 communes of Hà Tĩnh are imported" [ $code -eq 0 ]


# One invented contract for each commune, so that the files must hold exactly the communes that fire.
python3 - "$polygons" >"$work/contracts.csv" <<'P'
import json, sys
print("contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,starts,ends")
codes = sorted(f["properties"]["code"] for f in json.load(open(sys.argv[1]))["features"])
for i, code in enumerate(codes):
    print(f"OCT-{code},P-{i:04d},Nông Văn {i} (diễn tập),849{i:08d},DRILL-{i:06d},vi,{code},vn2025,"
          f"oct2020-cover,1000000,2020-01-01,2020-12-31")
P
run gong contract import "$work/contracts.csv"
check "3,321 contracts are imported" [ $code -eq 0 ]

run gong ingest fetch "file://$rain" --source era5land-monthly
check "the file is fetched" [ $code -eq 0 ]
run gong ingest fetch "file://$rain" --source era5land-ha-tinh
check "and for the other boundary set" [ $code -eq 0 ]
run gong ingest decode
check "it is decoded" [ $code -eq 0 ]
run gong trigger run
check "the policies are decided" [ $code -eq 0 ]

# The newest answers of one policy for October 2020, as "commune answer index".
answers() {
    gong ledger export --kind decision | jq -r --arg policy "$1" \
        'select(.policy == $policy and (.period | startswith("2020-10")))
         | "\(.commune) \(.answer) \(.index_milli // "-")"'
}
answers oct2020-cover >"$work/cover"
answers oct2020-alert >"$work/alert"
count() { awk -v want="$2" '$2 == want' "$work/$1" | wc -l; }
for policy in cover alert; do
    check "$policy: every commune has one answer" same "$(wc -l <"$work/$policy")" 3321
    check "$policy: 261 communes yes" same "$(count $policy yes)" 261
    check "$policy: 29 communes not known" same "$(count $policy unknown)" 29
    check "$policy: 3,031 communes no" same "$(count $policy no)" 3031
done
provinces=$(python3 - "$polygons" "$work/cover" <<'P'
import json, sys
province = {f["properties"]["code"]: f["properties"]["province_code"] for f in json.load(open(sys.argv[1]))["features"]}
print(*sorted({province[line.split()[0]] for line in open(sys.argv[2]) if line.split()[1] == "yes"}))
P
)
check "all in Nghệ An, Hà Tĩnh, Quảng Trị, Huế, Đà Nẵng, Quảng Ngãi" \
    same "$provinces" "40 42 44 46 48 51"
check "Hải Châu (20242) is not known, never 0 mm" grep -q '^20242 unknown -$' "$work/cover"

run gong notify drain
check "what was decided is handed out" [ $code -eq 0 ]
wanted=$(awk '$2 == "yes" {print "OCT-" $1}' "$work/cover" | sort)
paid=$(jq -r 'select(.policy == "oct2020-cover" and .period == "2020-10") | .contract' "$site/out/pay.jsonl" | sort)
check "the payout file holds exactly the expected contracts, once each" same "$paid" "$wanted"
check "each over its whole sum" same \
    "$(jq -r 'select(.period == "2020-10") | .amount_vnd' "$site/out/pay.jsonl" | sort -u)" 1000000
alerted=$(jq -r 'select(.policy == "oct2020-alert" and .kind == "alert" and (.period | startswith("2020-10"))) | .contracts[]' \
    "$site/out/sms.jsonl" | sort)
check "the alert file holds exactly the expected contracts, once each" same "$alerted" \
    "$(awk '$2 == "yes" {print "OCT-" $1}' "$work/alert" | sort)"
check "every line says that it is a drill" same \
    "$(cat "$site"/out/*.jsonl | jq -c 'select(.drill != true)' | wc -l)" 0

# Hà Tĩnh beside the independent values.
answers oct2020-ha-tinh >"$work/ha-tinh"
python3 - "$expected" "$work/ha-tinh" >"$work/differences" <<'P'
import csv, sys
got = {l.split()[0]: l.split()[2] for l in open(sys.argv[2])}
worst = 0
for row in csv.DictReader(open(sys.argv[1])):
    code, want = row["gso_code"], float(row["mean_area_weighted"])
    if got.get(code, "-") == "-":
        print(code, "has no value, wanted", want)
        continue
    off = abs(float(got[code]) / 1000 - want) / want
    worst = max(worst, off)
    if off > 0.002:
        print(code, row["name"], "is", float(got[code]) / 1000, "wanted", want)
print(f"# {len(got)} communes, largest difference {worst:.5%}", file=sys.stderr)
P
check "69 communes of Hà Tĩnh have an index" same "$(awk '$3 != "-"' "$work/ha-tinh" | wc -l)" 69
check "all within 0.2 % of the independent values" same "$(cat "$work/differences")" ""

run gong ledger verify
check "ledger verify: ok" has "ledger verify: ok"
run gong replay
check "replay: identical" has "replay: identical"

# At a second site that has only the bundle: all of it, and one settlement of each kind.
gong ledger seal --quiet
gong bundle --all --out "$work/all.tar" --quiet
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "from the bundle alone: identical" has "replay: identical"
far_receipts oct2020-cover oct2020-alert oct2020-ha-tinh
check "of seven kinds of settlement" same "$(wc -l <"$work/kinds")" 7

# What cannot be read is kept, said in one sentence, and leaves the decisions alone.
head -c 20000 "$rain" >"$work/truncated.nc"
run gong ingest fetch "file://$work/truncated.nc" --source era5land-monthly
run gong ingest decode
check "a truncated file is refused with an exit code" [ $code -ne 0 ]
check "and one sentence" [ "$(grep -c . "$out")" -ge 1 ]
check "its bytes are kept" test -f "$(printf '%s/archive/%.2s/%s' "$site" \
    "$(sha256sum <"$work/truncated.nc")" "$(sha256sum <"$work/truncated.nc" | cut -d' ' -f1)")"
finish
