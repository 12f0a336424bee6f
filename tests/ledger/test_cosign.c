// Witnesses: which of them must have cosigned (C2SP tlog-policy), and what they signed coming back
// to the log: taken in when a named one signed a checkpoint that this site made, refused else.
#include "core/file.h"
#include "core/mem.h"
#include "ledger/cosign.h"
#include "ledger/db.h"
#include "ledger/proof.h"
#include "ledger/seal.h"
#include "tests/ledger/place.h"

#include <stdio.h>

enum { WITNESSES = 5, TEXT_MAX = 20000 };

// Five witnesses and a log, with new keys; W1..W5 and LOG in a text stand for their keys.
struct house {
    struct note_signer witness[WITNESSES], log;
};

static struct note_signer signer_new(const char *name, uint8_t type)
{
    struct err err = {0};
    struct note_signer signer;
    CHECK_OK(note_signer_new(name, type, &signer, &err), err);
    return signer;
}

static struct house house_new(void)
{
    struct house house = {.log = signer_new("gong.invalid/log", NOTE_LOG)};
    for (int i = 0; i < WITNESSES; i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), "house-%d.example/w", i + 1);
        house.witness[i] = signer_new(name, NOTE_WITNESS);
    }
    return house;
}

static void put_named(const struct house *house, const char *text, struct buf *out)
{
    for (const char *c = text; *c; c++) {
        if (c[0] == 'W' && c[1] >= '1' && c[1] < '1' + WITNESSES) {
            note_key_text(&house->witness[*++c - '1'].key, out);
        } else if (strncmp(c, "LOG", 3) == 0) {
            note_key_text(&house->log.key, out);
            c += 2;
        } else {
            buf_char(out, *c);
        }
    }
}

#define THREE "witness a W1\nwitness b W2\nwitness c W3\n"
#define FIVE THREE "witness d W4\nwitness e W5\n"

static const struct {
    const char *name, *text, *words; // words NULL: it is one
} witness_files[] = {
    {"nobody is needed", "quorum none\n", NULL},
    {"one", "witness a W1\nquorum a\n", NULL},
    {"comments, blanks, tabs and addresses",
     "# ours\n\n  log LOG https://gong.example\n\twitness\ta  W1 https://a.example/ \nquorum a",
     NULL},
    {"two of three", THREE "group g 2 a b c\nquorum g\n", NULL},
    {"groups of groups", FIVE "group x any a b\ngroup y all c d\ngroup z 2 x y e\nquorum z\n",
     NULL},
    {"nothing", "", "w: it does not say whose cosignatures it takes"},
    {"no quorum", THREE, "write: quorum NAME, or quorum none"},
    {"two quorums", "witness a W1\nquorum a\nquorum a\n", "w:3: the quorum is said already"},
    {"a quorum of two", THREE "quorum a b\n", "w:4: a quorum is one name"},
    {"a quorum of nobody", "quorum a\n", "w:1: no witness or group before this line is \"a\""},
    {"an empty quorum", "quorum\n", "w:1: no witness or group before this line is \"\""},
    {"a quorum before its witness", "quorum a\nwitness a W1\n", "w:1: no witness or group"},
    {"a name twice", "witness a W1\nwitness a W2\nquorum a\n", "w:2: this name is given already"},
    {"a group named as a witness", THREE "group a any b\nquorum a\n", "w:4: this name is given"},
    {"a witness named none", "witness none W1\nquorum none\n", "w:1: write a name of its own"},
    {"a key under two names", "witness a W1\nwitness b W1\nquorum a\n", "w:2: this key is named"},
    {"a log's key as a witness", "witness a LOG\nquorum a\n", "w:1: this is no witness's key"},
    {"a witness's key as a log", "log W1\nquorum none\n", "w:1: this is no log's key"},
    {"no key", "witness a\nquorum a\n", "reading w:1"},
    {"a damaged key", "witness a x+12345678+AAAA\nquorum a\n", "reading w:1"},
    {"more than an address", "witness a W1 b c\nquorum a\n", "at most one address"},
    {"a group of none", THREE "group g any\nquorum g\n", "w:4: a group has members"},
    {"more than there are", THREE "group g 3 a b\nquorum g\n", "w:4: write any, all, or how many"},
    {"none of them", THREE "group g 0 a b\nquorum g\n", "w:4: write any, all, or how many"},
    {"some of them", THREE "group g some a b\nquorum g\n", "instead of \"some\""},
    {"one who counts twice in a group", THREE "group g 2 a a b\nquorum g\n",
     "w:4: it is in a group already"},
    {"one who counts in two groups", THREE "group g any a\ngroup h any a\nquorum g\n",
     "w:5: it is in a group"},
    {"a group in itself", THREE "group g any g\nquorum g\n",
     "w:4: no witness or group before this line"},
    {"another word", "witnes a W1\nquorum a\n",
     "w:1: a line begins with log, witness, group or quorum"},
    {"a control character", "quorum\x01 none\n", "w:1: a control character"},
};

static void what_is_no_file_of_witnesses_is_refused(void **state)
{
    (void)state;
    struct house house = house_new();
    for (size_t i = 0; i < COUNT_OF(witness_files); i++) {
        ROW(witness_files[i].name);
        AUTO(buf_free) struct buf text = buf_new(TEXT_MAX);
        struct quorum quorum;
        struct err err = {0};
        put_named(&house, witness_files[i].text, &text);
        enum err_kind kind = quorum_parse(buf_slice(&text), "w", &quorum, &err);
        if (!witness_files[i].words)
            CHECK_OK(kind, err);
        CHECK_INT(kind, witness_files[i].words ? ERR_INPUT : OK);
        CHECK_HAS(err.text, witness_files[i].words ? witness_files[i].words : "");
    }
}

// Up to 32 of each are taken, and one more is a refusal.
static void as_many_as_the_format_wants(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        AUTO(buf_free) struct buf text = buf_new(TEXT_MAX);
        struct quorum quorum;
        struct err err = {0};
        for (int i = 0; i < QUORUM_MEMBERS_MAX + more; i++) {
            struct note_signer one = signer_new("a.example/w", NOTE_WITNESS);
            buf_print(&text, "witness w%d ", i);
            note_key_text(&one.key, &text);
            buf_char(&text, '\n');
        }
        for (int i = 0; i < QUORUM_MEMBERS_MAX; i++)
            buf_print(&text, "group g%d any w%d\n", i, i);
        buf_text(&text, "quorum g31\n");
        CHECK_INT(quorum_parse(buf_slice(&text), "w", &quorum, &err), more ? ERR_INPUT : OK);
        CHECK(more || (quorum_met(&quorum, UINT64_C(1) << 31) && !quorum_met(&quorum, 1)));
    }
}

// Each set of who cosigned, by each rule: against the rule said in words.
static void who_is_enough(void **state)
{
    (void)state;
    struct house house = house_new();
    static const char *const rows[] = {
        "quorum none\n",
        "quorum c\n",
        "group g any a b\nquorum g\n",
        "group g all a b c d e\nquorum g\n",
        "group g 3 a b c d e\nquorum g\n",
        "group x any a b\ngroup y all c d\ngroup z 2 x y e\nquorum z\n",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf_free) struct buf text = buf_new(TEXT_MAX);
        struct quorum quorum;
        struct err err = {0};
        put_named(&house, FIVE, &text);
        buf_text(&text, rows[i]);
        CHECK_OK(quorum_parse(buf_slice(&text), rows[i], &quorum, &err), err);
        ROW(rows[i]);
        for (unsigned set = 0; set < 1U << WITNESSES; set++) {
            bool a = set & 1, b = set & 2, c = set & 4, d = set & 8, e = set & 16;
            bool want[] = {true,
                           c,
                           a || b,
                           set == 31,
                           __builtin_popcount(set) >= 3,
                           (a || b) + (c && d) + e >= 2};
            CHECK_INT(quorum_met(&quorum, set), want[i]);
        }
    }
}

// Another letter of base 64: with a byte that is none the line would be malformed, not false.
static void turn_letter(char *letter)
{
    *letter = *letter == 'Q' ? 'R' : 'Q';
}

static void who_signed_a_note_is_asked_for(void **state)
{
    (void)state;
    struct house house = house_new();
    static const struct {
        const char *name, *rule,
            *by; // by: witnesses; "0": the log; "!": a byte is turned at the end
        enum err_kind kind;
        const char *words;
    } rows[] = {
        {"two of three", THREE "group g 2 a b c\nquorum g\n", "013", OK, ""},
        {"one of three", THREE "group g 2 a b c\nquorum g\n", "03", ERR_REFUSED,
         "1 of the 3 that are named, and they are not the quorum \"g\""},
        {"a stranger beside one", THREE "group g 2 a b c\nquorum g\n", "035", ERR_REFUSED,
         "1 of the 3"},
        {"the same one twice", THREE "group g 2 a b c\nquorum g\n", "033", ERR_REFUSED,
         "1 of the 3"},
        {"witnesses without the log", THREE "quorum a\n", "1", ERR_REFUSED,
         "did not sign the checkpoint"},
        {"a false cosignature beside enough good ones", THREE "quorum a\n", "013!", ERR_REFUSED,
         "the signature of house-3.example/w does not hold"},
        {"the log that the witnesses are for", "log LOG\nquorum none\n", "0", OK, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf rule = buf_new(TEXT_MAX);
        AUTO(buf_free) struct buf text = buf_new(TEXT_MAX);
        AUTO(buf_free) struct buf note = buf_new(TEXT_MAX);
        struct checkpoint point = {"gong.invalid/log", 7, hash_of(STR("root"))};
        struct quorum quorum;
        struct err err = {0};
        struct str opened;
        put_named(&house, rows[i].rule, &rule);
        CHECK_OK(quorum_parse(buf_slice(&rule), "w", &quorum, &err), err);
        checkpoint_text(&point, &text);
        buf_str(&note, buf_slice(&text));
        buf_char(&note, '\n');
        for (const char *c = rows[i].by; *c && *c != '!'; c++)
            note_sign(*c == '0' ? &house.log : &house.witness[*c - '1'], buf_slice(&text),
                      (struct utc){1725667200}, &note);
        if (strchr(rows[i].by, '!'))
            turn_letter(&note.at[note.len - 10]);
        CHECK_INT(quorum_open(&quorum, &house.log.key, buf_slice(&note), &opened, NULL, &err),
                  rows[i].kind);
        CHECK_HAS(err.text, rows[i].words);
    }
    AUTO(buf_free) struct buf rule = buf_new(TEXT_MAX);
    struct note_signer other = signer_new("gong.invalid/log", NOTE_LOG);
    struct quorum quorum;
    struct err err = {0};
    struct str opened;
    put_named(&house, "log LOG\nquorum none\n", &rule);
    CHECK_OK(quorum_parse(buf_slice(&rule), "w", &quorum, &err), err);
    CHECK_INT(quorum_open(&quorum, &other.key, STR("x\n\n"), &opened, NULL, &err), ERR_REFUSED);
    CHECK_HAS(err.text, "is none of those that the witnesses are named for");
}

// --- what comes back to a site

static void append_and_seal(struct place *place, int64_t amount)
{
    struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t seq = 0;
    bool made = false;
    doc_put_int(body, "amount", amount);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(ledger_append(txn, "drill", (struct utc){1}, body, &seq, NULL, &place->err),
             place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    CHECK_OK(seal_make(place->ledger, (struct utc){1}, &made, &place->err), place->err);
    CHECK(made);
}

static void write_witnesses(struct place *place, const struct house *house, const char *rule)
{
    AUTO(buf_free) struct buf text = buf_new(TEXT_MAX);
    AUTO(mem_drop) char *path = file_join(place->folder, "witnesses");
    put_named(house, rule, &text);
    CHECK_OK(file_write(path, buf_slice(&text), 0644, &place->err), place->err);
}

// The newest checkpoint as a witness would keep it.
static void newest_note(struct place *place, struct buf *out)
{
    AUTO(mem_drop) char *note = NULL;
    struct checkpoint point;
    CHECK_OK(seal_newest(place->ledger, &note, &point, &place->err), place->err);
    buf_text(out, note);
}

static void cosign(const struct note_signer *by, int64_t at, struct buf *note)
{
    struct str text = buf_slice(note);
    text.len = (size_t)(strstr(note->at, "\n\n") - note->at) + 1;
    AUTO(mem_drop) char *copy = str_copy(text);
    note_sign(by, str_of(copy), (struct utc){at}, note);
}

static struct cosigned add(struct place *place, const struct buf *note)
{
    struct quorum named;
    struct cosigned done;
    CHECK_OK(quorum_of_site(place->folder, &named, &place->err), place->err);
    CHECK_OK(cosign_add(place->ledger, &named, buf_slice(note), &done, &place->err), place->err);
    return done;
}

static uint64_t newest_cosigned(struct place *place)
{
    AUTO(mem_drop) char *note = NULL;
    struct quorum named;
    struct checkpoint point;
    CHECK_OK(quorum_of_site(place->folder, &named, &place->err), place->err);
    CHECK_OK(cosign_newest(place->ledger, &named, &note, &point, &place->err), place->err);
    return note ? point.size : 0;
}

static void proof_of(struct place *place, int64_t seq, struct buf *out)
{
    CHECK_OK(proof_make(place->ledger, seq, out, &place->err), place->err);
}

// Proofs stand under what was cosigned, when it covers the entry.
static void check_proofs(struct place *place)
{
    AUTO(buf_free) struct buf proof = buf_new(TEXT_MAX);
    struct quorum quorum;
    struct note_key log;
    struct proved proved;
    AUTO(entry_free) struct entry entry = {0};
    CHECK_OK(quorum_of_site(place->folder, &quorum, &place->err), place->err);
    CHECK_OK(seal_key(place->folder, &log, &place->err), place->err);
    CHECK_OK(ledger_entry(place->ledger, 1, &entry, &place->err), place->err);
    proof_of(place, 1, &proof);
    CHECK_OK(
        proof_check(buf_slice(&proof), str_of(entry.text), &log, &quorum, &proved, &place->err),
        place->err);
    CHECK_INT(proved.checkpoint.size, 1);
    buf_clear(&proof);
    proof_of(place, 2, &proof);
    entry_free(&entry);
    CHECK_OK(ledger_entry(place->ledger, 2, &entry, &place->err), place->err);
    CHECK_INT(
        proof_check(buf_slice(&proof), str_of(entry.text), &log, &quorum, &proved, &place->err),
        ERR_REFUSED);
    CHECK_HAS(place->err.text, "0 of the 3 that are named");
    CHECK_OK(proof_check(buf_slice(&proof), str_of(entry.text), &log, NULL, &proved, &place->err),
             place->err);

    // And the ledger is verified with all of them.
    struct ledger_report report;
    CHECK_OK(ledger_verify(place->ledger, &report, &place->err), place->err);
    CHECK_INT(report.checkpoints, 2);
}

static void what_was_cosigned_comes_back(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct house house = house_new();
    AUTO(buf_free) struct buf first = buf_new(TEXT_MAX);
    AUTO(buf_free) struct buf second = buf_new(TEXT_MAX);
    AUTO(buf_free) struct buf kept = buf_new(TEXT_MAX);
    AUTO(mem_drop) char *keys = file_join(place.folder, "keys");
    CHECK_OK(file_make_folder(keys, 0700, &place.err), place.err);
    CHECK_OK(seal_key_create(place.folder, &place.err), place.err);
    write_witnesses(&place, &house, THREE "group g 2 a b c\nquorum g\n");
    append_and_seal(&place, 1);
    newest_note(&place, &first);
    cosign(&house.witness[0], 100, &first);
    struct cosigned done = add(&place, &first);
    CHECK(done.size == 1 && done.fresh == 1 && done.witnesses == 1 && !done.met);
    CHECK_INT(newest_cosigned(&place), 0);
    newest_note(&place, &kept);
    CHECK_TEXT(kept.at, first.at); // the file beside the ledger has it

    // The same again, later: what is there stays.
    buf_clear(&first);
    buf_str(&first, buf_slice(&kept));
    first.len = (size_t)(strstr(first.at, "house-1") - first.at) - 4;
    first.at[first.len] = '\0';
    cosign(&house.witness[0], 200, &first);
    done = add(&place, &first);
    CHECK(done.fresh == 0 && done.witnesses == 1);

    // A newer checkpoint; then a second witness of the older one, which is enough for that.
    append_and_seal(&place, 2);
    cosign(&house.witness[2], 300, &first);
    cosign(&house.witness[4], 300, &first); // whom nobody named
    done = add(&place, &first);
    CHECK(done.size == 1 && done.fresh == 1 && done.witnesses == 2 && done.met);
    CHECK_INT(newest_cosigned(&place), 1);
    newest_note(&place, &second);
    CHECK(!strstr(second.at, "house-")); // that of the newest is as it was

    check_proofs(&place);
}

static void a_changed_cosignature_is_found(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct house house = house_new();
    struct ledger_report report;
    AUTO(buf_free) struct buf note = buf_new(TEXT_MAX);
    AUTO(mem_drop) char *keys = file_join(place.folder, "keys");
    CHECK_OK(file_make_folder(keys, 0700, &place.err), place.err);
    CHECK_OK(seal_key_create(place.folder, &place.err), place.err);
    write_witnesses(&place, &house, THREE "quorum a\n");
    append_and_seal(&place, 1);
    newest_note(&place, &note);
    cosign(&house.witness[0], 100, &note);
    size_t end = note.len - 1;
    (void)add(&place, &note);
    CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
    for (size_t i = 1; i < 80; i++) { // the letters of time and signature, from the end
        struct stmt *stmt = stmt_of(ledger_db(place.ledger), "UPDATE checkpoint SET note = ?");
        AUTO(mem_drop) char *lie = str_copy(buf_slice(&note));
        lie[end - i] = lie[end - i] == 'A' ? 'B' : 'A';
        stmt_text(stmt, 1, lie);
        CHECK_OK(stmt_run(stmt, &place.err), place.err);
        stmt_done(&stmt);
        CHECK_INT(newest_cosigned(&place), 0);
        CHECK_INT(ledger_verify(place.ledger, &report, &place.err), ERR_BROKEN);
        CHECK_HAS(place.err.text, "was not signed by the site or a witness as it says");
    }
}

// What a witness may bring, and what is said of it.
static const struct brought {
    const char *name, *rule;
    int by;          // the witness
    bool by_log;     // the log's own signature is there too
    uint64_t size;   // that the checkpoint says; 0: as it is
    bool other_root; // it says another root
    char broken;     // 's': the signature, 'o': the origin, 'n': no note at all
    enum err_kind kind;
    const char *words;
} brought[] = {
    {"a site that names nobody", NULL, 1, true, 0, false, 0, ERR_INPUT, "names no witnesses"},
    {"a wrong key", THREE "quorum a\n", 4, true, 0, false, 0, ERR_REFUSED,
     "none of the 3 witnesses that this site names cosigned it"},
    {"a false signature", THREE "quorum a\n", 1, true, 0, false, 's', ERR_REFUSED,
     "the signature of house-1.example/w does not hold"},
    {"another log's checkpoint", THREE "quorum a\n", 1, false, 0, false, 'o', ERR_INPUT,
     "it is a checkpoint of gong.invalid/other, this ledger is gong.invalid/log-"},
    {"no note", THREE "quorum a\n", 1, true, 0, false, 'n', ERR_INPUT, "no signed note"},
    {"a fork of the same size", THREE "quorum a\n", 1, true, 0, true, 0, ERR_BROKEN,
     "over 2 entries which this ledger never had"},
    {"a fork that grew", THREE "quorum a\n", 1, true, 9, true, 0, ERR_BROKEN,
     "there are two ledgers under one key; keep the file, it is the evidence"},
    {"a size that was never sealed", THREE "quorum a\n", 1, false, 3, false, 0, ERR_REFUSED,
     "made no such checkpoint over 3 entries, and did not sign it"},
    {"what only a witness says", THREE "quorum a\n", 1, false, 0, true, 0, ERR_REFUSED,
     "this site made no such checkpoint over 2 entries"},
};

// The newest checkpoint, changed and signed as the row says.
static void make_brought(struct place *place, const struct house *house, const struct brought *row,
                         const struct buf *newest, struct buf *note)
{
    AUTO(buf_free) struct buf text = buf_new(TEXT_MAX);
    AUTO(buf_free) struct buf secret = buf_new(TEXT_MAX);
    AUTO(mem_drop) char *secret_path = file_join(place->folder, "keys/log.key");
    struct note_signer log;
    struct checkpoint point;
    CHECK_OK(checkpoint_parse(buf_slice(newest), &point, &place->err), place->err);
    CHECK_OK(file_read(secret_path, &secret, &place->err), place->err);
    CHECK_OK(note_signer_parse(buf_slice(&secret), &log, &place->err), place->err);
    point.size = row->size ? row->size : point.size;
    point.root.at[5] ^= row->other_root;
    if (row->broken == 'o')
        (void)snprintf(point.origin, sizeof(point.origin), "gong.invalid/other");
    checkpoint_text(&point, &text);
    buf_str(note, buf_slice(&text));
    if (row->broken != 'n')
        buf_char(note, '\n');
    if (row->by_log)
        note_sign(&log, buf_slice(&text), (struct utc){1}, note);
    note_sign(&house->witness[row->by - 1], buf_slice(&text), (struct utc){1}, note);
    if (row->broken == 's')
        turn_letter(&note->at[note->len - 20]);
}

// The ledger and its files stay as they were.
static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct house house = house_new();
    for (size_t i = 0; i < COUNT_OF(brought); i++) {
        ROW(brought[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(mem_drop) char *keys = file_join(place.folder, "keys");
        CHECK_OK(file_make_folder(keys, 0700, &place.err), place.err);
        CHECK_OK(seal_key_create(place.folder, &place.err), place.err);
        append_and_seal(&place, 1);
        append_and_seal(&place, 2);
        AUTO(buf_free) struct buf before = buf_new(TEXT_MAX);
        AUTO(buf_free) struct buf after = buf_new(TEXT_MAX);
        AUTO(buf_free) struct buf note = buf_new(TEXT_MAX);
        struct quorum named;
        struct cosigned done;
        if (brought[i].rule)
            write_witnesses(&place, &house, brought[i].rule);
        newest_note(&place, &before);
        make_brought(&place, &house, &brought[i], &before, &note);
        CHECK_OK(quorum_of_site(place.folder, &named, &place.err), place.err);
        CHECK_INT(cosign_add(place.ledger, &named, buf_slice(&note), &done, &place.err),
                  brought[i].kind);
        CHECK_HAS(place.err.text, brought[i].words);
        newest_note(&place, &after);
        CHECK_TEXT(after.at, before.at);
        CHECK_INT(newest_cosigned(&place), 0);
    }
}

TEST_MAIN(cmocka_unit_test(what_is_no_file_of_witnesses_is_refused),
          cmocka_unit_test(as_many_as_the_format_wants), cmocka_unit_test(who_is_enough),
          cmocka_unit_test(who_signed_a_note_is_asked_for),
          cmocka_unit_test(what_was_cosigned_comes_back),
          cmocka_unit_test(a_changed_cosignature_is_found),
          cmocka_unit_test(what_does_not_fit_is_refused))
