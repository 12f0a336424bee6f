#include "core/bus.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "notify/channel.h"
#include "notify/journal.h"
#include "notify/protocol.h"
#include "notify/worker.h"
#include "tests/ledger/place.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { BUS_WAIT_MS = 120000 };

// --- protocol
// -----------------------------------------------------------------------------------------

static const struct bad {
    const char *name;
    struct str first, second;
    const char *words;
} bads[] = {
    {"another magic", STR("GUNG2R"), STR("{}"), "first frame"},
    {"another version", STR("GONG1R"), STR("{}"), "version \"1\" of the protocol is not spoken"},
    {"an unknown letter", STR("GONG2?"), STR("{}"), "first frame"},
    {"no letter", STR("GONG2"), STR("{}"), "first frame"},
    {"an empty frame", STR(""), STR("{}"), "first frame"},
    {"no JSON", STR("GONG2R"), STR("id=1"), "header"},
    {"no channel", STR("GONG2R"), STR("{\"worker\":\"w\",\"credit\":1}"), "channel"},
    {"nobody", STR("GONG2R"), STR("{\"worker\":\"\",\"channel\":\"sms\",\"credit\":1}"),
     "\"worker\" is empty"},
    {"too much credit", STR("GONG2R"),
     STR("{\"worker\":\"w\",\"channel\":\"sms\",\"credit\":1001}"), "credit"},
    {"negative credit", STR("GONG2R"), STR("{\"worker\":\"w\",\"channel\":\"sms\",\"credit\":-1}"),
     "credit"},
    {"a channel that is too long", STR("GONG2R"),
     STR("{\"worker\":\"w\",\"channel\":\"abcdefghijklmnopqrstuvwxyz\",\"credit\":1}"), "channel"},
    {"a size that is cut off", STR("GONG2A"), STR("\0\0\0"), "cut off"},
    {"a record that is cut off", STR("GONG2A"),
     STR("\0\0\0\x09"
         "12345678"),
     "cut off"},
    {"an answer of id 0", STR("GONG2A"),
     STR("\0\0\0\x14"
         "\0\0\0\0\0\0\0\0"
         "\0\0\0\1"
         "\1"
         "\0\0\0\0"
         "\0\0"
         "\0"),
     "type A"},
    {"an answer of an attempt 0", STR("GONG2A"),
     STR("\0\0\0\x14"
         "\0\0\0\0\0\0\0\1"
         "\0\0\0\0"
         "\1"
         "\0\0\0\0"
         "\0\0"
         "\0"),
     "type A"},
    {"an outcome that is none", STR("GONG2A"),
     STR("\0\0\0\x14"
         "\0\0\0\0\0\0\0\1"
         "\0\0\0\1"
         "\x09"
         "\0\0\0\0"
         "\0\0"
         "\0"),
     "type A"},
    {"a failure as an acknowledgement", STR("GONG2A"),
     STR("\0\0\0\x14"
         "\0\0\0\0\0\0\0\1"
         "\0\0\0\1"
         "\x07"
         "\0\0\0\0"
         "\0\0"
         "\0"),
     "type A"},
    {"a pause of weeks", STR("GONG2N"),
     STR("\0\0\0\x14"
         "\0\0\0\0\0\0\0\1"
         "\0\0\0\1"
         "\4"
         "\xff\xff\xff\xff"
         "\0\0"
         "\0"),
     "type N"},
    {"a text longer than its record", STR("GONG2A"),
     STR("\0\0\0\x14"
         "\0\0\0\0\0\0\0\1"
         "\0\0\0\1"
         "\1"
         "\0\0\0\0"
         "\0\0"
         "\x05"),
     "type A"},
    {"evidence of nothing", STR("GONG2E"),
     STR("\0\0\0\x0c"
         "\0\0\0\0\0\0\0\1"
         "\3"
         "\0"
         "\0"
         "\0"),
     "type E"},
};

static void set_frame(struct bus_message *message, size_t i, struct str bytes)
{
    message->frame[i] = str_copy(bytes);
    message->len[i] = bytes.len;
    message->count = i + 1;
}

static void what_a_peer_may_not_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bads); i++) {
        AUTO(bus_message_free) struct bus_message message = {0};
        struct notes notes;
        struct note note;
        struct err err = {0};
        bool got = false;
        ROW(bads[i].name);
        set_frame(&message, 0, bads[i].first);
        set_frame(&message, 1, bads[i].second);
        CHECK(notes_open(&message, &notes, &err) || notes_take(&notes, &note, &got, &err));
        CHECK_INT(err.kind, ERR_INPUT);
        CHECK_HAS(err.text, bads[i].words);
    }
    ROW("one frame only: no record");
    AUTO(bus_message_free) struct bus_message message = {0};
    struct notes notes;
    struct note note;
    struct err err = {0};
    bool got = true;
    set_frame(&message, 0, STR("GONG2A"));
    CHECK_OK(notes_open(&message, &notes, &err), err);
    CHECK_OK(notes_take(&notes, &note, &got, &err), err);
    CHECK(!got);
}

// The next note of a message that came; the first when `notes` is fresh.
static struct note one_note(const struct bus_message *message)
{
    struct notes notes;
    struct note note;
    struct err err = {0};
    bool got = false;
    CHECK_OK(notes_open(message, &notes, &err), err);
    CHECK_OK(notes_take(&notes, &note, &got, &err), err);
    CHECK(got);
    return note;
}

// What a carrier said reaches the store as text, whatever its bytes and wherever it was cut.
static void what_a_carrier_said_is_text(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum note_type type;
        const char *first, *why, *clean;
    } rows[] = {{"other codings, and lines", NOTE_ACK, "GONG2A",
                 "kannel answered 202: \xff\xfe\nl\xfc", "kannel answered 202: ?? l?"},
                {"cut within a letter", NOTE_NAK, "GONG2N",
                 "the provider says: Tài khoản b\xe1\xbb", "the provider says: Tài khoản b"},
                {"in evidence", NOTE_EVIDENCE, "GONG2E", "smpp: err:\x80", "smpp: err:?"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct note word = {.type = rows[i].type,
                            .id = 7,
                            .attempt = 1,
                            .outcome = rows[i].type == NOTE_ACK ? OUTCOME_DONE : OUTCOME_REFUSED,
                            .number = 1,
                            .evidence = EVIDENCE_DELIVERED,
                            .ref = "a\xe9z"};
        (void)snprintf(word.why, sizeof(word.why), "%s", rows[i].why);
        AUTO(buf_free) struct buf batch = buf_new(4096);
        AUTO(bus_message_free) struct bus_message message = {0};
        CHECK(note_add(&batch, &word));
        set_frame(&message, 0, str_of(rows[i].first));
        set_frame(&message, 1, buf_slice(&batch));
        struct note note = one_note(&message);
        CHECK_TEXT(note.why, rows[i].clean);
        CHECK_TEXT(note.ref, "a?z");
    }
}

// Both ends in one thread: the bus itself carries on in the background.
static void notes_cross_the_bus(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(bus_close) struct bus *server = NULL;
    AUTO(bus_close) struct bus *client = NULL;
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/bus.sock", place.folder);
    CHECK_OK(bus_serve(path, &server, &place.err), place.err);
    struct stat status;
    CHECK_INT(stat(path, &status), 0);
    CHECK_INT(status.st_mode & 0777, 0600);
    CHECK_OK(bus_join(path, &client, &place.err), place.err);
    struct note ready = {.type = NOTE_READY, .worker = "worker-1", .channel = "sms", .credit = 64};
    while (note_send(client, NULL, &ready, &place.err) == ERR_LATER)
        clock_system.pause_ms(NULL, 5);
    AUTO(bus_message_free) struct bus_message heard = {0};
    bool got = false;
    CHECK_OK(bus_receive(server, BUS_WAIT_MS, &heard, &got, &place.err), place.err);
    CHECK(got);
    CHECK_INT(heard.peer[0], '#');
    CHECK(!heard.is_named && !*heard.role && !*heard.key);
    struct note note = one_note(&heard);
    CHECK_INT(note.type, NOTE_READY);
    CHECK_INT(note.credit, 64);
    ROW("and back, with a body");
    struct note job = {.type = NOTE_JOB,
                       .id = 7,
                       .attempt = 2,
                       .deadline_ms = 1234567890123,
                       .at = {1725667200},
                       .ask = true,
                       .key = "pay/C-1/2024/rain",
                       .person = "P-1",
                       .contract = "C-1",
                       .body = STR("{\"amount_vnd\":\"5\"}")};
    CHECK_OK(note_send(server, heard.peer, &job, &place.err), place.err);
    AUTO(bus_message_free) struct bus_message told = {0};
    CHECK_OK(bus_receive(client, BUS_WAIT_MS, &told, &got, &place.err), place.err);
    note = one_note(&told);
    CHECK_INT(note.type, NOTE_JOB);
    CHECK_INT(note.id, 7);
    CHECK_INT(note.attempt, 2);
    CHECK(note.ask);
    CHECK_INT(note.deadline_ms, 1234567890123);
    CHECK_INT(note.at.s, 1725667200);
    CHECK_TEXT(note.key, "pay/C-1/2024/rain");
    CHECK(str_is(note.body, "{\"amount_vnd\":\"5\"}"));
    ROW("a connection that never was");
    CHECK_INT(note_send(server, "worker-1", &job, &place.err), ERR_MISSING);
    heard.peer[1] ^= 1;
    CHECK_INT(note_send(server, heard.peer, &job, &place.err), ERR_MISSING);
}

static void a_socket_has_a_place_of_its_own(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    ROW("a path that no socket can have");
    struct bus *none = NULL;
    CHECK_INT(
        bus_serve("/tmp/a-folder-with-a-very-long-name/and-another-one-in-it-that-is-long-as-well/"
                  "and-a-third/one-that-goes-over-the-limit/notify.sock",
                  &none, &place.err),
        ERR_INPUT);
    CHECK_HAS(place.err.text, "shorter path");
    ROW("a folder that others may enter");
    char second[120];
    (void)snprintf(second, sizeof(second), "%s/second.sock", place.folder);
    static const mode_t modes[] = {0755, 0710, 0701, 0770};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        CHECK_INT(chmod(place.folder, modes[i]), 0);
        CHECK_INT(bus_serve(second, &none, &place.err), ERR_REFUSED);
        CHECK_HAS(place.err.text, "is open to others (mode 7");
        CHECK_HAS(place.err.text, "chmod 700");
    }
    CHECK_INT(chmod(place.folder, 0700), 0);
    CHECK_OK(bus_serve(second, &none, &place.err), place.err);
    bus_close(&none);
}

// --- journal
// ------------------------------------------------------------------------------------------

static char *read_text(const char *path)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
    text[len] = '\0';
    if (file)
        (void)fclose(file);
    return text;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void put(struct journal *journal, const char *key)
{
    struct err err = {0};
    char line[100];
    (void)snprintf(line, sizeof(line), "{\"key\":\"%s\"}", key);
    CHECK_OK(journal_begin(journal, &err), err);
    if (!journal_has(journal, key))
        journal_add(journal, key, str_of(line));
    CHECK_OK(journal_end(journal, &err), err);
}

static void a_key_is_written_once(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(journal_close) struct journal *one = NULL;
    AUTO(journal_close) struct journal *two = NULL;
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/sms.jsonl", place.folder);
    CHECK_OK(journal_open(path, &one, &place.err), place.err);
    CHECK_OK(journal_open(path, &two, &place.err), place.err);
    put(one, "a");
    put(two, "a"); // another worker learns what this one wrote
    put(two, "b");
    put(one, "b");
    CHECK_TEXT(read_text(path), "{\"key\":\"a\"}\n{\"key\":\"b\"}\n");
    ROW("an abandoned turn writes nothing, and its keys do not count");
    CHECK_OK(journal_begin(one, &place.err), place.err);
    journal_add(one, "c", STR("{\"key\":\"c\"}"));
    journal_abandon(one);
    CHECK_OK(journal_begin(one, &place.err), place.err);
    CHECK(!journal_has(one, "c"));
    CHECK(journal_has(one, "a"));
    journal_abandon(one);
    ROW("many keys");
    for (int i = 0; i < 3000; i++) {
        char key[20];
        (void)snprintf(key, sizeof(key), "k%d", i % 1500);
        if (i % 500 == 0)
            put(two, key);
    }
    CHECK_OK(journal_begin(two, &place.err), place.err);
    CHECK(journal_has(two, "k500") && journal_has(two, "k1000") && !journal_has(two, "k501"));
    journal_abandon(two);
}

static void a_torn_line_is_moved_aside(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(journal_close) struct journal *journal = NULL;
    char path[100], torn[110];
    (void)snprintf(path, sizeof(path), "%s/pay.jsonl", place.folder);
    (void)snprintf(torn, sizeof(torn), "%s.torn", path);
    write_text(path, "{\"key\":\"a\"}\n{\"key\":\"b\",\"amo");
    CHECK_OK(journal_open(path, &journal, &place.err), place.err);
    CHECK_TEXT(read_text(path), "{\"key\":\"a\"}\n");
    CHECK_TEXT(read_text(torn), "{\"key\":\"b\",\"amo\n");
    put(journal, "b");
    CHECK_TEXT(read_text(path), "{\"key\":\"a\"}\n{\"key\":\"b\"}\n");
}

static void a_foreign_file_is_refused(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    static const char *const texts[] = {"hello\n", "{\"no\":\"key\"}\n", "[]\n", "\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct journal *journal = NULL;
        char path[100];
        ROW(texts[i]);
        (void)snprintf(path, sizeof(path), "%s/%zu.jsonl", place.folder, i);
        write_text(path, texts[i]);
        CHECK_INT(journal_open(path, &journal, &place.err), ERR_BROKEN);
        CHECK_HAS(place.err.text, "not one of gong's");
        CHECK_TEXT(read_text(path), texts[i]);
    }
}

// When the disk takes nothing, nothing counts as done.
static void a_full_disk_is_said(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0) {
        print_message("SKIP a_full_disk_is_said: there is no /dev/full here\n");
        skip();
    }
    struct err err = {0};
    AUTO(journal_close) struct journal *journal = NULL;
    enum err_kind kind = journal_open("/dev/full", &journal, &err);
    if (kind == OK) {
        CHECK_OK(journal_begin(journal, &err), err);
        journal_add(journal, "a", STR("{\"key\":\"a\"}"));
        CHECK_INT(journal_end(journal, &err), ERR_BROKEN);
        CHECK_HAS(err.text, "cannot write");
    } else {
        CHECK_INT(kind, ERR_BROKEN); // reading it gives zero bytes without end
    }
}

// --- credit
// -------------------------------------------------------------------------------------------

static void a_driver_says_how_much_it_holds(void **state)
{
    (void)state;
    static const struct {
        const char *name, *settings, *channel;
        int64_t credit;
    } rows[] = {
        {"most drivers", "mode: drill\nsms_driver: file\n", "sms", 64},
        {"one with many on their way", "mode: live\nsms_driver: kannel\n", "sms", 512},
        {"the site knows better", "mode: live\nsms_driver: kannel\ncredit: 7\n", "sms", 7},
        {"0 is the driver's own", "mode: live\nsms_driver: kannel\ncredit: 0\n", "sms", 512},
        {"payments go one by one", "mode: drill\npay_driver: file\ncredit: 7\n", "pay", 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(place_free) struct place place = place_new();
        AUTO(site_free) struct site *site = NULL;
        AUTO(mem_drop) char *path = file_join(place.folder, "gong.yaml");
        const struct channel *channel = NULL;
        CHECK_OK(file_write(path, str_of(rows[i].settings), 0600, &err), err);
        CHECK_OK(site_open(place.folder, &site, &err), err);
        CHECK_OK(channel_find(site, rows[i].channel, &channel, &err), err);
        CHECK_INT(worker_credit(site, channel), rows[i].credit);
    }
}

TEST_MAIN(cmocka_unit_test(what_a_peer_may_not_say), cmocka_unit_test(what_a_carrier_said_is_text),
          cmocka_unit_test(notes_cross_the_bus), cmocka_unit_test(a_socket_has_a_place_of_its_own),
          cmocka_unit_test(a_key_is_written_once), cmocka_unit_test(a_torn_line_is_moved_aside),
          cmocka_unit_test(a_foreign_file_is_refused), cmocka_unit_test(a_full_disk_is_said),
          cmocka_unit_test(a_driver_says_how_much_it_holds))
