// Signed notes, checkpoints and cosignatures as C2SP writes them.
#include "core/mem.h"
#include "ledger/note.h"
#include "tests/check.h"

// From the documentation of Go's package note: another program made this key and signature.
static const char foreign_key[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char foreign_note[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n";

static void another_programs_note_is_read(void **state)
{
    (void)state;
    struct err err = {0};
    struct note_key key;
    struct str text;
    bool held = false;
    CHECK_OK(note_key_parse(str_of(foreign_key), &key, &err), err);
    CHECK_TEXT(key.name, "PeterNeumann");
    CHECK_OK(note_open(str_of(foreign_note), &key, 1, &text, &held, &err), err);
    CHECK(held);
    CHECK(str_ends(text, "your problem is.\n"));
    AUTO(buf_free) struct buf again = buf_new(1000);
    note_key_text(&key, &again);
    CHECK_TEXT(again.at, foreign_key);
}

// A line of a stranger is passed over, whatever its kind; one that is no signature line makes it no
// note.
static void lines_of_strangers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *line;
        enum err_kind kind;
    } rows[] = {
        {"a stranger's", "\xe2\x80\x94 stranger AAAAAAAA\n", OK},
        {"of another key of that name", "\xe2\x80\x94 PeterNeumann AAAAAAAA\n", OK},
        {"no base 64", "\xe2\x80\x94 stranger ?\n", ERR_INPUT},
        {"no padding", "\xe2\x80\x94 stranger AAAAA\n", ERR_INPUT},
        {"no signature", "\xe2\x80\x94 stranger\n", ERR_INPUT},
        {"no dash", "stranger AAAAAAAA\n", ERR_INPUT},
    };
    struct err err = {0};
    struct note_key key;
    CHECK_OK(note_key_parse(str_of(foreign_key), &key, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf note = buf_new(2000);
        struct str text;
        bool held = false;
        buf_text(&note, foreign_note);
        buf_text(&note, rows[i].line);
        CHECK_INT(note_open(buf_slice(&note), &key, 1, &text, &held, &err), rows[i].kind);
    }
}

static struct note_signer signer_new(const char *name, uint8_t type)
{
    struct err err = {0};
    struct note_signer signer;
    CHECK_OK(note_signer_new(name, type, &signer, &err), err);
    return signer;
}

static void signed_by_log_and_witness(void **state)
{
    (void)state;
    struct err err = {0};
    struct note_signer log = signer_new("gong.invalid/log", NOTE_LOG);
    struct note_signer witness = signer_new("insurer.example/w", NOTE_WITNESS);
    struct checkpoint said = {"gong.invalid/log", 7, hash_of(STR("root"))}, read;
    AUTO(buf_free) struct buf text = buf_new(1000), note = buf_new(4000);
    checkpoint_text(&said, &text);
    buf_str(&note, buf_slice(&text));
    buf_char(&note, '\n');
    note_sign(&log, buf_slice(&text), (struct utc){0}, &note);
    note_sign(&witness, buf_slice(&text), (struct utc){1725667200}, &note);
    struct note_key keys[2] = {log.key, witness.key};
    struct str signed_text;
    bool held[2];
    CHECK_OK(note_open(buf_slice(&note), keys, 2, &signed_text, held, &err), err);
    CHECK(held[0] && held[1]);
    CHECK_OK(checkpoint_parse(signed_text, &read, &err), err);
    CHECK_INT(read.size, 7);
    CHECK(hash_same(read.root, said.root));
    // Every byte of the note matters.
    for (size_t i = 0; i < note.len; i++) {
        note.at[i] ^= 1;
        bool good = note_open(buf_slice(&note), keys, 2, &signed_text, held, &err) == OK &&
                    held[0] && held[1];
        CHECK(!good);
        note.at[i] ^= 1;
    }
    struct note_signer other = signer_new("gong.invalid/log", NOTE_LOG);
    CHECK_INT(note_open(buf_slice(&note), &other.key, 1, &signed_text, held, &err), ERR_REFUSED);
    CHECK_HAS(err.text, "none of the keys");
}

static void keys_come_back_from_text(void **state)
{
    (void)state;
    struct err err = {0};
    static const uint8_t types[] = {NOTE_LOG, NOTE_WITNESS};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        struct note_signer signer = signer_new("a.example/b", types[i]), again;
        AUTO(buf_free) struct buf text = buf_new(1000);
        note_signer_text(&signer, &text);
        CHECK_OK(note_signer_parse(buf_slice(&text), &again, &err), err);
        CHECK(memcmp(&again, &signer, sizeof(signer)) == 0);
    }
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *words;
    } rows[] = {
        {"nothing", "", "name+id+base64"},
        {"a wrong number", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
         "it is c74f20a3"},
        {"cut off", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq", "base 64"},
        {"another kind", "PeterNeumann+c74f20a3+CRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
         "neither a log's nor a witness's"},
        {"a name with a space", "Peter N+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
         "cannot name a key"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct note_key key;
        CHECK_INT(note_key_parse(str_of(rows[i].text), &key, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].words);
    }
}

TEST_MAIN(cmocka_unit_test(another_programs_note_is_read), cmocka_unit_test(lines_of_strangers),
          cmocka_unit_test(signed_by_log_and_witness), cmocka_unit_test(keys_come_back_from_text),
          cmocka_unit_test(what_is_no_key_is_refused))
