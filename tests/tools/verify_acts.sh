#!/usr/bin/env bash
# Checks what people did with tools that share no code with gong: sqlite3, jq, openssl, sha256sum.
# verify_acts.sh LEDGER.DB ENTRIES [GOOD]: GOOD keeps which entries had good signatures, ENTRIES are the published entries, one JSON a line, that verify_log.sh found to be
# those of the signed checkpoint. Every act must be signed (Ed25519) with the key that its person had at that moment,
# as the entries tell it, by somebody who was let in by another and not ended, for that place among the person's acts;
# and the tables of acts, roles, scopes, proposals, holds, rules of money, confirmations, disputes, official bulletins
# and silent sources must say what the entries say. Exit 0, or 5 with "WRONG: entry N ...".
# Not looked at here: which role may do which act, and whether a policy lies within a person's scope (`gong ledger
# verify`); keys of people whom no entry names (a drill where nobody has a role is unsigned, and says so).
# The entries do not bear out: alarm.told; when a source that is not late was heard of last (silence.since), and how far
# steps that never came were looked for (silence.missing_upto); notes in the table of checkpoints: verify_log.sh takes
# the published one.
set -euo pipefail
export LC_ALL=C
db=$1 entries=$2 good=${3:-}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
source "$(dirname "$0")/alike.sh"

# The people, act after act: of each act a line "SEQ KEY SIGNATURE", or "SEQ ! WHY"; then of each person
# "SEQ|PERSON|ROLE|KEY|SINCE|RETIRED" after a line "people".
jq -rn '
    reduce (inputs | select(.act)) as $e ({who: {}, founded: false, lines: []};
    .who[$e.by] as $me | (.who | length == 0) as $first
    | (if $first and $e.by == "drill" then (if $e.signature then "is of the drill and signed" else "drill" end)
       elif $first then (if $e.act == "role-add" and $e.person == $e.by and $e.as == "operator" then null else "is an act of somebody who had no role" end)
       elif ($me | not) or $me.since == 0 or $me.retired > 0 then "is an act of somebody who had no role then"
       elif $e.role != $me.role then "is of another role than the person had"
       elif $e.after != $me.last then "bears a signature that was made for another moment"
       else null end) as $why
    | .lines += [if $why == "drill" then empty elif $why then "\($e.seq) ! \($why)"
        else "\($e.seq) \(if $first then $e.key else $me.key end) \($e.signature // "none")" end]
    | .who[$e.by] |= (if . then .last = $e.seq else . end)
    | if $e.act == "role-add" then
        (if .who[$e.person] then .lines += ["\($e.seq) ! names a person again"] else
        .who[$e.person] = {seq: $e.seq, role: $e.as, key: $e.key, since: (if .founded then 0 else $e.seq end), retired: 0, last: $e.seq, by: $e.by} end)
      elif $e.act == "role-confirm" then
        (if .who[$e.person].by == $e.by or $e.person == $e.by or ($e | has("key") and .key == null) or ($e.key and $e.key != .who[$e.person].key)
         then .lines += ["\($e.seq) ! confirms what the same person did, or another key"] else . end) | .who[$e.person].since = $e.seq
      elif $e.act == "role-retire" then .who[$e.person].retired = $e.seq
      elif $e.act == "role-key" or $e.act == "role-key-for" then
        (if .who[$e.person].key != $e.old then .lines += ["\($e.seq) ! replaces another key than the person had"] else . end)
        | .who[$e.person].key = $e.key
        | if $e.by != $e.person and .founded then .who[$e.person] += {since: 0, by: $e.by} else . end
      elif .who[$e.by] then .founded = true else . end)
    | .lines[], "people", (.who | to_entries[] | .key as $who | .value | "\(.seq)|\($who)|\(.role)|\(.key)|\(.since)|\(.retired)")' "$entries" >"$tmp/walk"
sed '/^people$/,$d' "$tmp/walk" >"$tmp/acts"
sed '1,/^people$/d' "$tmp/walk" >"$tmp/people"

# Their signatures, over all of the entry but what the log put to it. GOOD keeps which entries were found good.
to_bytes() { tr a-f A-F | basenc --base16 -d; }
public_of() { # KEY: the file of that key as openssl reads it
    local file=$tmp/key.${1//\//_}
    [ -f "$file" ] || { printf '302a300506032b6570032100' | to_bytes; base64 -d <<<"$1"; } 2>/dev/null |
        openssl pkey -pubin -inform DER -out "$file" 2>/dev/null || true
    echo "$file"
}
check_signatures() {
    local seq key signature text
    jq -cS 'select(.act) | [.seq, del(.at, .kind, .seq, .signature)]' "$entries" | sed 's/^\[\([0-9]*\),\(.*\)\]$/\1 \2/' >"$tmp/texts"
    while read -r seq key signature; do
        if [ "$key" = "!" ]; then
            echo "$seq|$signature"
            continue
        fi
        sed -n "s/^$seq //p" "$tmp/texts" | tr -d '\n' >"$tmp/text"
        base64 -d <<<"$signature" >"$tmp/signature" 2>/dev/null || true
        openssl pkeyutl -verify -pubin -inkey "$(public_of "$key")" -rawin -in "$tmp/text" -sigfile "$tmp/signature" >/dev/null 2>&1 ||
            echo "$seq|is not signed by who is said to have done it"
    done <"$tmp/acts"
    [ ! -s "$tmp/people" ] || jq -r --argjson first "$(sort -n "$tmp/people" | sed -n '1s/|.*//p')" 'select(.seq > $first and (.act | not) and
        (.kind | IN("role", "role_confirm", "role_retire", "role_key", "approval", "pay_word", "pay_retry", "message_retry", "proposal", "policy_sign", "policy_reject",
        "pay_rule", "confirmation", "hold", "release", "dispute", "dispute_answer", "dispute_close", "alert_clear", "contract_import", "people_export", "people_change", "people_erase")))
        | "\(.seq)|is an act that nobody signed"' "$entries"
}
sum=$(sha256sum <"$entries")
if [ -z "$good" ] || ! grep -qsxF "$sum" "$good"; then
    check_signatures >"$tmp/unsigned"
    [ ! -s "$tmp/unsigned" ] || bad+="$(sed 's/|/ /' "$tmp/unsigned")"$'\n'
    [ -z "$good" ] || [ -s "$tmp/unsigned" ] || echo "$sum" >>"$good"
fi

# The tables. A key stands in its table as bytes.
while IFS='|' read -r seq person role key since retired; do
    echo "$seq|$person|$role|$(base64 -d <<<"$key" | basenc --base16 -w0 | tr A-F a-f)|$since|$retired"
done <"$tmp/people" >"$tmp/said"
sql "SELECT seq, person, CASE role WHEN 0 THEN 'officer' WHEN 1 THEN 'approver' WHEN 2 THEN 'insurer' WHEN 3 THEN 'auditor' WHEN 4 THEN 'operator' ELSE role END, $hex key)), since, retired FROM role" >"$tmp/has"
alike roles
newest '.[] | select(.act == "role-add") | .seq as $seq | .person as $who | ((.policies // [])[] | "\($seq)|\($who)|policy|\(.)"), ((.provinces // [])[] | "\($seq)|\($who)|province|\(.)")' \
    "SELECT person, kind, name FROM role_scope" 3 "scopes"
newest '[.[] | select(.act == "policy-propose") | .seq as $seq | .policy as $policy | (.provinces // [""])[] | {seq: $seq, key: "\($policy)|\(.)"}] | group_by(.key)[] | "\(.[0].seq)|\(.[0].key)"' \
    "SELECT policy, province FROM policy_place" 2 "where policies apply"
one 'select(.act) | "\(.seq)|\(.act)|\(.by)|\(.subject)"' "SELECT seq, name, person, subject FROM act" acts
jq -rs '. as $all | .[] | select(.kind == "proposal") | . as $p
    | ([$all[] | select((.kind == "policy_in_force" and .proposal == $p.seq) or (.kind == "policy_reject" and .policy_hash == $p.policy_hash))][0]) as $d
    | "\(.seq)|\(.policy)|\(.version)|\(.policy_hash)|\(if .insurance == true or .insurance == 1 then 1 else 0 end)|\(.by)|\(if $d == null then "open" elif $d.kind == "policy_reject" then "rejected" else "in force" end)|\($d.seq // 0)|\(if $d.starts then (($d.starts | .[:10]) + "T00:00:00Z" | fromdate / 86400) else 0 end)"' "$entries" >"$tmp/said"
sql "SELECT seq, policy, version, $hex hash)), insurance, person, state, decided, starts FROM proposal" >"$tmp/has"
alike proposals
said 'select(.kind == "proposal") | "\(.seq)|\(.policy_hash)"' >"$tmp/said"
sql "SELECT seq, hex(yaml) FROM proposal" | while IFS='|' read -r seq bytes; do
    echo "$seq|$(basenc --base16 -d <<<"$bytes" | sha256sum | cut -c1-64)"
done >"$tmp/has"
alike "texts of proposals"
jq -rs '. as $all | .[] | select(.kind == "hold" or .kind == "held") | . as $h
    | ([$all[] | select(.seq > $h.seq and ((.kind == "release" and .hold == $h.seq)
        or ($h.cause == "confirmation" and .kind == "confirmation" and .policy == $h.policy and .period == $h.period)))][0].seq // 0) as $released
    | "\(.seq)|\(.channel)|\(.policy)|\(.period // "")|\(.cause // "person")|\(.why)|\($released)"' "$entries" >"$tmp/said"
sql "SELECT seq, channel, policy, period, cause, why, released FROM hold" >"$tmp/has"
alike holds
# A rule is that of the newest two signatures of different people under the same words.
jq -rs 'reduce (.[] | select(.kind == "pay_rule")) as $e ({rule: {}, seen: []}; (.rule[$e.what].seq // 0) as $since
    | if $e.by == "drill" or any(.seen[]; .subject == $e.subject and .by != $e.by and .seq > $since) then .rule[$e.what] = $e else . end | .seen += [$e])
    | .rule[] | "\(.seq)|\(.what)|\(.amount_vnd)"' "$entries" >"$tmp/said"
sql "SELECT seq, what, amount FROM pay_rule" >"$tmp/has"
alike "rules of money"
one 'select(.kind == "confirmation") | "\(.seq)|\(.policy)|\(.period)|\(.file)"' "SELECT seq, policy, period, $hex hash)) FROM confirmation" confirmations
jq -rs '. as $all | .[] | select(.kind == "dispute") | . as $d | [$all[] | select(.dispute == $d.seq)] as $more
    | ([$more[] | select(.kind == "dispute_answer") | .seq] | max // 0) as $answered | ([$more[] | select(.kind == "dispute_close")] | max_by(.seq)) as $closed
    | "\(.seq)|\(.contract)|\(.decision)|\(.due | fromdate)|\($answered)|\($closed.seq // 0)|\($closed.outcome // "")"' "$entries" >"$tmp/said"
sql "SELECT seq, contract, decision, due, answered, closed, outcome FROM dispute" >"$tmp/has"
alike disputes
jq -rs '[.[] | select(.kind == "bulletin")] | group_by([.source, .identifier, .sent])[] | max_by(.seq) | "\(.seq)|\(.source)|\(.identifier)|\(.sent)"' "$entries" >"$tmp/said"
sql "SELECT seq, source, identifier, sent FROM bulletin" >"$tmp/has"
alike bulletins
jq -rs '[.[] | select(.kind == "standing")] | group_by(.source)[] | max_by(.seq) | "\(.seq)|standing/\(.source)"' "$entries" >"$tmp/said"
sql "SELECT place, name FROM reader WHERE name LIKE 'standing/%'" >"$tmp/has"
alike "bulletins that stand"
newest '[.[] | select(.kind == "silence" and .state != "missing")] | group_by(.source)[] | max_by(.seq)
    | "\(.seq)|\(.source)|\({late: 2, stale: 3, back: 1}[.state])|\(if .state == "back" then "" else .at | fromdate end)"' \
    "SELECT source, state, CASE WHEN state IN (2, 3) THEN since ELSE '' END FROM silence WHERE state > 1 OR source IN ('$(jq -r 'select(.kind == "silence" and .state != "missing") | .source' "$entries" | sort -u | sed ':a;N;$!ba;s/\n/'"','"'/g')')" 1 "silent sources"
jq -cS 'select(.kind == "silence") | (. + {entry: .seq}) | del(.kind, .seq)' "$entries" | sed 's/^\(.*"entry":\([0-9]*\).*\)$/\2|\1/' >"$tmp/said"
sql "SELECT seq, text FROM alarm" >"$tmp/has"
alike alarms
the_end acts
