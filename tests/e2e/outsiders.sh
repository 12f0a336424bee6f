#!/usr/bin/env bash
# What an insurer or a province can check without trusting the site: proofs, the published ledger, a
# witness that remembers, and all of it again with tools that share no code with gong.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site public=$work/public
run "$bin/gong" init "$site"
check "a site is made, with a key of the log and a first checkpoint" [ $code -eq 0 -a -f "$site/checkpoint" ]
check "the secret key is for the site's user only" same "$(stat -c %a "$site/keys/log.key")" 600
key=$work/log.vkey
cp "$site/keys/log.vkey" "$key"

# A thousand contracts' worth of real entries: the demo season.
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
cp policies/*.yaml "$site/policies/"
demo_season
gong ingest run --quiet >/dev/null 2>&1
run gong ledger seal --publish "$public"
check "the head is sealed and published" [ $code -eq 0 -a -f "$public/checkpoint" ]
gong ledger seal --publish "$work/later" --quiet
check "who publishes after it was sealed gets the same" cmp "$public/checkpoint" "$work/later/checkpoint"
run gong ledger witness insurer.example/w1 --out "$work/insurer"
check "an insurer makes a key" [ $code -eq 0 -a -f "$work/insurer.vkey" ]
follow() { "$bin/gong" ledger follow "$public" --key "$key" --keep "$work/watch" "$@"; }
before=$(date +%s)
run follow --cosign "$work/insurer.key"
after=$(date +%s)
check "and follows the ledger from its first entry" [ $code -eq 0 ]
check "the checkpoint it keeps is cosigned" grep -q "— insurer.example/w1 " "$work/watch/checkpoint"
# As C2SP's tlog-cosignature says, with tools that are not ours: the line is the key's id, the time and an
# Ed25519 signature over "cosignature/v1", the time and the checkpoint's text.
cosignature() {
    local line=$work/line vkey id time
    vkey=$(<"$work/insurer.vkey") id=${vkey#*+} id=${id%%+*}
    base64 -d <<<"${vkey#*+*+}" >"$work/typed" # 0x04, then the key
    sed -n 's/^— insurer.example\/w1 //p' "$work/watch/checkpoint" | base64 -d >"$line"
    [ "$(head -c 4 "$line" | od -An -tx1 | tr -d ' ')" = "$id" ] || return
    [ "$( (printf 'insurer.example/w1\n' && cat "$work/typed") | sha256sum | cut -c1-8)" = "$id" ] || return
    time=$((16#$(tail -c +5 "$line" | head -c 8 | od -An -tx1 | tr -d ' ')))
    [ "$time" -ge "$before" ] && [ "$time" -le "$after" ] || return
    { printf 'cosignature/v1\ntime %d\n' "$time" && head -3 "$work/watch/checkpoint"; } >"$work/cosigned"
    tail -c 64 "$line" >"$work/cosignature"
    { printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00' && tail -c 32 "$work/typed"; } >"$work/witness.der"
    openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$work/witness.der" -in "$work/cosigned" -sigfile "$work/cosignature"
}
check "and openssl finds the cosignature good, in C2SP's form" cosignature

cp "$public/checkpoint" "$work/first"
gong trigger run --quiet >/dev/null 2>&1
gong notify drain --quiet >/dev/null 2>&1
run gong ledger seal --publish "$public"
check "the season is decided, paid, sealed" [ $code -eq 0 ]
size=$(sed -n 2p "$public/checkpoint")
check "more than a thousand entries are under the checkpoint" [ "$size" -gt 1000 ]
run follow --cosign "$work/insurer.key"
check "the insurer follows on" has "of $(sed -n 1p "$public/checkpoint")"
run gong ledger verify
check "verify: ok, with its three checkpoints" has "3 checkpoints"

# One payout, proved on another machine with three small files.
seq=$(gong ledger export --kind payout | jq -r .seq | head -1)
gong ledger prove "$seq" >"$work/payout.tlog-proof"
gong ledger export --from "$seq" 2>/dev/null | head -1 >"$work/payout.json"
run "$bin/gong" ledger check "$work/payout.tlog-proof" "$work/payout.json" --key "$key"
check "a payout is proved without the site" has "proof: ok (entry $seq of $size"
sed 's/"amount":/"amount":1/' "$work/payout.json" >"$work/more.json"
run "$bin/gong" ledger check "$work/payout.tlog-proof" "$work/more.json" --key "$key"
check "a payout of another amount is not" [ $code -eq 5 ]

# That it only grew, proved on another machine with the checkpoint that somebody kept and one file.
old=$(sed -n 2p "$work/first")
gong ledger prove --from "$old" >"$work/growth"
check "a proof of growth is what C2SP's witnesses are asked with" same "$(head -1 "$work/growth") $(sed '1,/^$/d' "$work/growth" | cmp - "$public/checkpoint" && echo same)" "old $old same"
run "$bin/gong" ledger check "$work/growth" "$work/first" --key "$key"
check "the ledger grew, and nothing before was changed" has "grew from $old to $size entries"
sed '2s/^./A/;3s/^./B/' "$work/growth" >"$work/growth2"
run "$bin/gong" ledger check "$work/growth2" "$work/first" --key "$key"
check "another path is not taken" same "$code $(grep -c "does not continue that of $old" "$out")" "5 1"
run "$bin/gong" ledger check "$work/growth" "$public/checkpoint" --key "$key"
check "nor for another checkpoint" same "$code $(grep -c "write: gong ledger prove --from $size" "$out")" "5 1"
sed "2s/.*/$((old + 1))/" "$work/first" >"$work/first2"
run "$bin/gong" ledger check "$work/growth" "$work/first2" --key "$key"
check "nor for one that nobody signed" [ $code -eq 5 ]
run gong ledger prove --from $((size + 1))
check "it did not grow from more than there is" same "$code $(grep -c 'cannot have grown' "$out")" "3 1"
run gong ledger prove 1 --from 1
check "one of both is proved" [ $code -eq 2 ]

# Foreign tools.
foreign() { bash tests/tools/verify_log.sh "$1" "$key"; }
run foreign "$public"
check "jq, sha256sum and openssl come to the same root" has "log: ok ($size entries"

# Every kind of lie in what is published: found by the witness's next look and by the foreign tools.
lie() { # NAME COMMAND: a copy of the published ledger, changed
    local copy=$work/copy
    rm -rf "$copy" "$work/watch2"
    cp -r "$public" "$copy"
    (cd "$copy" && eval "$2")
    run foreign "$copy"
    check "foreign tools find $1" [ $code -eq 5 ]
    run "$bin/gong" ledger follow "$copy" --key "$key" --keep "$work/watch2"
    check "a new witness finds $1" [ $code -ne 0 ]
}
lie "an entry that says another amount" "sed -i '0,/\"amount\":/s//\"amount\":9/' \$(grep -rl '\"amount\":' entries | head -1)"
lie "an entry that is not canonical" "sed -i '5s/,/, /' entries/000"
lie "two entries in another order" "sed -i '7{h;d};8{G}' entries/001"
lie "an entry that is taken out" "sed -i '9d' entries/000"
lie "an entry that is put in" "sed -i '9p' entries/000"
lie "a checkpoint with another size" "sed -i '2s/.*/$((size - 1))/' checkpoint"
lie "a checkpoint with another root" "sed -i '3s/^./Z/' checkpoint"
lie "a checkpoint that nobody signed" "sed -i '5d' checkpoint"

# A fork: the whole ledger made again with other contents, well signed with the stolen key.
fork=$work/fork
cp -r "$site" "$fork"
sqlite3 "$fork/ledger.db" "DROP TRIGGER entry_kept; DELETE FROM entry WHERE seq > $((size - 5)); DELETE FROM checkpoint WHERE size = $size"
run "$bin/gong" ledger seal --site "$fork"
check "a ledger that was cut off is not opened again: its checkpoint is ahead" [ $code -eq 5 ]
check "and the sentence says so" has "an old backup was put back, or entries were cut off"
sqlite3 "$fork/ledger.db" "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1" >"$fork/checkpoint"
run "$bin/gong" ledger seal --site "$fork" --publish "$work/forked"
check "whoever puts back the checkpoint too, and seals anew, gets through" [ $code -eq 0 ]
run "$bin/gong" ledger follow "$work/forked" --key "$key" --keep "$work/watch"
check "but not past a witness" [ $code -eq 5 ]
check "who says that the ledger went back" has "went back from $size to $((size - 5)) entries"
check "and keeps the contradiction" cmp -s "$work/forked/checkpoint" "$work/watch/contradiction"
# The same fork grown past what the witness saw, and one of the very same size: the split view.
grow() { # TIMES: so many entries more in the fork, which an operator of a drill may make
    local i
    for ((i = 0; i < $1; i++)); do "$bin/gong" hold --policy other --why "because of the fork" --site "$fork" --quiet; done
    rm -rf "$work/forked"
    "$bin/gong" ledger seal --site "$fork" --publish "$work/forked" --quiet
}
seen=$(cat "$work/watch/edge")
grow 5
check "a fork grows to the size of the ledger" same "$(sed -n 2p "$work/forked/checkpoint")" "$size"
run "$bin/gong" ledger follow "$work/forked" --key "$key" --keep "$work/watch"
check "of the same size with another root it does not pass the witness" same "$code $(grep -c "its $size entries do not continue the $size that were seen" "$out")" "5 1"
grow 20
run "$bin/gong" ledger follow "$work/forked" --key "$key" --keep "$work/watch" --cosign "$work/insurer.key"
check "nor when it grew past what was seen" same "$code $(grep -c "its $((size + 20)) entries do not continue the $size that were seen" "$out")" "5 1"
check "both sides of the fork are kept, and the lie is not cosigned" same "$(cmp "$work/forked/checkpoint" "$work/watch/contradiction" && grep -c "insurer.example" "$work/watch/contradiction") $(sed -n 2p "$work/watch/checkpoint")" "0 $size"
check "the witness's own memory is as before" same "$(cat "$work/watch/edge")" "$seen"
"$bin/gong" ledger prove --from "$size" --site "$fork" >"$work/growth3"
run "$bin/gong" ledger check "$work/growth3" "$public/checkpoint" --key "$key"
check "nor has the fork a proof that it grew out of the ledger" same "$code $(grep -c "does not continue that of $size" "$out")" "5 1"
run "$bin/gong" ledger witness province.example/w2 --out "$work/province"
run "$bin/gong" ledger follow "$public" --key "$key" --keep "$work/watch3" --cosign "$work/province.key"
check "a second witness cosigns what both saw" same "$code $(head -3 "$work/watch3/checkpoint" | cmp - <(head -3 "$work/watch/checkpoint") && echo same)" "0 same"

# Two at once would both hold what they read against the same memory, and cosign both sides of the fork.
exec {turn}>>"$work/watch3/lock"
flock "$turn"
run "$bin/gong" ledger follow "$work/forked" --key "$key" --keep "$work/watch3" --cosign "$work/province.key"
check "while one is at work with what it keeps, a second waits for it, and says so" same "$code $(grep -c "another gong ledger follow is at work with $work/watch3; try again" "$out")" "7 1"
exec {turn}>&-
cp -r "$work/watch3" "$work/watch4"
rm "$work/watch4/edge"
run "$bin/gong" ledger follow "$work/forked" --key "$key" --keep "$work/watch4" --cosign "$work/province.key"
check "a memory of which a part is missing is not begun anew" same "$code $(grep -c "$work/watch4/edge is missing" "$out")" "5 1"
run "$bin/gong" ledger witness --help
check "the files of a witness's key are named" has "witness.key (secret)"

# What they signed comes back to the log and goes out with it: whoever reads may ask for both.
run gong ledger cosign "$work/watch/checkpoint"
check "a site that names no witnesses takes nothing in" same "$code $(grep -c "names no witnesses" "$out")" "3 1"
{
    echo "# from the hands of both"
    echo "witness insurer $(cat "$work/insurer.vkey")"
    echo "witness province $(cat "$work/province.vkey")"
    echo "group both all insurer province"
    echo "quorum both"
} >"$work/witnesses"
cp "$work/witnesses" "$site/witnesses"
reader() { "$bin/gong" ledger follow "${1:-$public}" --key "$key" --keep "$work/reader" --witnesses "$work/witnesses"; }
run gong ledger cosign "$work/watch/checkpoint" --publish "$public"
check "the insurer's is taken in" same "$code $(grep -c "over $size entries, by 1 witnesses (1 new); more are wanted" "$out")" "0 1"
run reader
check "one is not enough for who asks for both" same "$code $(grep -c "holds no checkpoint that its witnesses cosigned" "$out")" "6 1"
run gong ledger cosign "$work/watch3/checkpoint" --publish "$public"
check "with the province's there are both" has "over $size entries, by 2 witnesses (1 new)"
check "the published checkpoint bears three signatures" same "$(grep -c '^— ' "$public/checkpoint") $(cmp "$public/checkpoint" "$public/cosigned" && cmp "$public/checkpoint" "$site/checkpoint" && echo same)" "3 same"
run reader
check "and then the reader is content" has "cosigned: $size entries, by as many witnesses as are asked for"
run gong ledger cosign "$work/watch3/checkpoint"
check "what is there already is not taken twice" has "by 2 witnesses (0 new)"
gong ledger prove "$seq" >"$work/payout.tlog-proof"
run "$bin/gong" ledger check "$work/payout.tlog-proof" "$work/payout.json" --key "$key" --witnesses "$work/witnesses"
check "the payout is proved under a checkpoint that both cosigned" has "proof: ok"
gong receipt show "$(jq .decision "$work/payout.json")" --json >"$work/receipt.json"
run "$bin/gong" receipt verify "$work/receipt.json" --key "$key" --raw "$site/archive" --witnesses "$work/witnesses"
check "and so is its receipt" has "receipt: ok"
one=$(jq .decision "$work/payout.json")
gong bundle "$one" --out "$work/one.tar" --quiet
both() { "$bin/gong" replay --bundle "$1" --key "$key" --witnesses "$work/witnesses"; }
run both "$work/one.tar"
check "and the bundle of that settlement" has "replay: identical (1 decision"
# The same, its checkpoint without the witnesses' signatures; the proofs in it have them.
mkdir "$work/bare" && tar xf "$work/one.tar" -C "$work/bare"
sed -i '6,$d' "$work/bare/gong-$one/checkpoint"
(cd "$work/bare/gong-$one" && rm SHA256SUMS.note && sed 's/^[0-9a-f]*  //' SHA256SUMS | xargs -d '\n' sha256sum >sums && mv sums SHA256SUMS)
tar tf "$work/one.tar" | grep -v SHA256SUMS.note >"$work/names"
tar --format=ustar -cf "$work/bare.tar" -C "$work/bare" --no-recursion -T "$work/names"
run both "$work/bare.tar"
check "its checkpoint alone, which nobody cosigned, is refused" same \
    "$code $(grep -c "too few witnesses cosigned the checkpoint: 0 of the 2 .* reading the checkpoint of the bundle" "$out")" "5 1"
run "$bin/gong" replay --bundle "$work/bare.tar" --key "$key"
check "but not to who asks for no witness" has "replay: identical (1 decision"
gong bundle --all --out "$work/all.tar" --quiet
run "$bin/gong" replay --bundle "$work/all.tar" --key "$key" --witnesses "$work/witnesses"
check "and every decision, made again from the bundle of all" has "replay: identical"
run gong ledger verify
check "the ledger with its cosignatures verifies" [ $code -eq 0 ]
# It grows: what is newer is not cosigned yet, what was stays so.
gong hold --policy other --why "a later entry" --quiet
gong ledger seal --publish "$public" --quiet
run reader
check "the reader follows on, and knows how far it is cosigned" same "$code $(grep -c "^cosigned: $size entries" "$out") $(grep -c "($((size + 1)) entries" "$out")" "0 1 1"
gong ledger prove $((size + 1)) >"$work/later.tlog-proof"
gong ledger export --from $((size + 1)) >"$work/later.json"
run "$bin/gong" ledger check "$work/later.tlog-proof" "$work/later.json" --key "$key" --witnesses "$work/witnesses"
check "what nobody cosigned yet is not proved to who asks for it" same "$code $(grep -c "0 of the 2 that are named" "$out")" "5 1"
run "$bin/gong" ledger check "$work/later.tlog-proof" "$work/later.json" --key "$key"
check "only to who trusts the log alone" has "proof: ok"
gong bundle "$one" --out "$work/one.tar" --quiet
run both "$work/one.tar"
check "the bundle of what was cosigned still has the checkpoint that was" has "replay: identical (1 decision"
# Two witnesses who never saw the ledger cosign the fork: the site finds two ledgers under its key, and so
# does a reader who followed either.
for w in insurer province; do
    run "$bin/gong" ledger follow "$work/forked" --key "$key" --keep "$work/fooled-$w" --cosign "$work/$w.key"
done
run gong ledger cosign "$work/fooled-insurer/checkpoint"
check "what was cosigned of a fork is not taken in, but shown" same "$code $(grep -c "there are two ledgers under one key" "$out")" "5 1"
for ((i = 0; i < 25; i++)); do gong hold --policy other --why "longer than the fork" --quiet; done
rm -rf "$work/copy"
gong ledger seal --publish "$work/copy" --quiet
cat "$work/forked/checkpoint" <(tail -1 "$work/fooled-insurer/checkpoint") <(tail -1 "$work/fooled-province/checkpoint") >"$work/copy/cosigned"
run reader "$work/copy"
check "a reader who is handed it beside the ledger finds that too" same "$code $(grep -c "the ledger is not the one that its witnesses cosigned" "$out")" "5 1"

# The day's checkpoint for paper and phones.
run gong ledger seal --daily "$work/daily"
day=$(basename "$work"/daily/*.txt .txt)
check "the checkpoint of the day is the signed one" cmp -s "$work/daily/$day.txt" "$site/checkpoint"
check "as a QR code of the same" xmllint --noout "$work/daily/$day.svg"
# Its dark modules as a picture, four pixels each, for another program's eyes.
python3 - "$work/daily/$day.svg" >"$work/qr.pgm" <<'P'
import re, sys
text = open(sys.argv[1]).read()
side = int(re.search(r'viewBox="0 0 (\d+)', text).group(1))
dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", text)}
print("P2", 4 * side, 4 * side, 255)
for y in range(4 * side):
    print(*(0 if (x // 4, y // 4) in dark else 255 for x in range(4 * side)))
P
check "which a reader of such codes reads" cmp <(zbarimg -q --nodbus --raw "$work/qr.pgm") <(cat "$site/checkpoint" && echo)
check "and as one plain SMS with size and root" same \
    "$(awk '{print length($0) <= 160, $4}' "$work/daily/$day.sms") $(awk '{print $5}' "$work/daily/$day.sms")" \
    "1 $(sed -n 2p "$site/checkpoint") $(sed -n 3p "$site/checkpoint")"

rm "$site/checkpoint"
run gong ledger seal
check "without its checkpoint a ledger is not opened" has "checkpoint is missing"
finish
