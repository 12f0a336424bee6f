#include "core/phrase.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/check.h"

#include <ftw.h>
#include <stdlib.h>

enum { ROOM = 4000 };

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

// The files of the repository: whole in vi and en, and those for translators are ready and empty.
static void test_files(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(phrase_free) struct phrase_book *book = NULL;
    CHECK_OK(phrase_load("policies/messages", &book, &err), err);
    static const struct {
        const char *code, *tag;
        bool usable;
    } rows[] = {{"cmo", "cmo", false}, {"en", "en", true},    {"mww", "mww", false},
                {"nut", "nut", false}, {"rad", "rad", false}, {"tay", "tyz", false},
                {"vi", "vi-VN", true}};
    CHECK_INT(phrase_languages(book), COUNT_OF(rows));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct phrase_language language = phrase_language(book, i);
        ROW(rows[i].code);
        CHECK_TEXT(language.code, rows[i].code);
        CHECK_TEXT(language.tag, rows[i].tag);
        CHECK_INT(language.usable, rows[i].usable);
        CHECK_INT(language.filled, rows[i].usable ? PHRASES : 0);
    }
    static const struct {
        const char *name, *language, *used, *text;
    } said[] = {
        {"Vietnamese", "vi", "vi", "Tin số 17."},
        {"English", "en", "en", "Message no. 17."},
        {"not translated yet: Vietnamese, and it says so", "tay", "vi", "Tin số 17."},
        {"by its tag", "tyz", "vi", "Tin số 17."},
        {"a language that nobody knows", "xx", "vi", "Tin số 17."},
    };
    struct phrase_value value = {"event", "17"};
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        ROW(said[i].name);
        AUTO(buf_free) struct buf out = buf_new(ROOM);
        CHECK_TEXT(phrase_say(book, PHRASE_EVENT, said[i].language, &value, 1, &out), said[i].used);
        CHECK_TEXT(out.at, said[i].text);
    }
}

// A folder with vi and en as they are, and a third file with one edit.
static enum err_kind load_with(const char *folder, const char *from, const char *to,
                               struct phrase_book **book, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(1 << 20), made = buf_new(1 << 20);
    AUTO(mem_drop) char *path = file_join(folder, "tay.yaml");
    CHECK_OK(file_read("policies/messages/tay.yaml", &text, err), *err);
    const char *at = strstr(text.at, from);
    CHECK(at);
    buf_add(&made, text.at, (size_t)(at - text.at));
    buf_text(&made, to);
    buf_text(&made, at + strlen(from));
    CHECK_OK(file_write(path, buf_slice(&made), 0600, err), *err);
    return phrase_load(folder, book, err);
}

static void test_translator(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to, *says; // says NULL: taken
    } rows[] = {
        {"nothing changed", "", "", NULL},
        {"a phrase with its placeholder", "  event: \"\"", "  event: \"Slíp {event}\"", NULL},
        {"one without it", "  event: \"\"", "  event: \"Slíp\"",
         "\"event\" does not say {event}; put it in"},
        {"one that belongs elsewhere", "  help: \"\"", "  help: \"{amount}\"",
         "{amount} does not belong into \"help\"; it has no placeholders"},
        {"a misspelt one", "  rain_unknown: \"\"", "  rain_unknown: \"{comune}\"",
         "{comune} does not belong into \"rain_unknown\"; it may have: commune"},
        {"an open brace", "  help: \"\"", "  help: \"{amount\"", "a brace is open"},
        {"a brace that closes nothing", "  help: \"\"", "  help: \"a}\"", "never open"},
        {"a phrase that is not there", "  help: \"\"\n", "", "help"},
        {"a phrase that nobody knows", "  help: \"\"", "  help: \"\"\n  halp: \"\"", "halp"},
        {"the language of another file", "language: tay", "language: vi", "is in another file"},
        {"another version", "gong_messages: 1", "gong_messages: 2", "this gong reads version 1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        char folder[] = "/tmp/gong-test-XXXXXX";
        CHECK(mkdtemp(folder));
        AUTO(mem_drop) char *vi = file_join(folder, "vi.yaml"), *en = file_join(folder, "en.yaml");
        CHECK_OK(file_copy("policies/messages/vi.yaml", vi, 0600, &err), err);
        CHECK_OK(file_copy("policies/messages/en.yaml", en, 0600, &err), err);
        AUTO(phrase_free) struct phrase_book *book = NULL;
        enum err_kind kind = load_with(folder, rows[i].from, rows[i].to, &book, &err);
        CHECK_INT(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
        if (rows[i].says) {
            CHECK_INT(kind, ERR_INPUT);
            CHECK_HAS(err.text, rows[i].says);
            CHECK_HAS(err.text, ".yaml:");
        } else {
            CHECK_OK(kind, err);
        }
    }
}

static void test_approved(void **state)
{
    (void)state;
    struct err err = {0};
    char folder[] = "/tmp/gong-test-XXXXXX";
    CHECK(mkdtemp(folder));
    AUTO(mem_drop) char *vi = file_join(folder, "vi.yaml"), *en = file_join(folder, "en.yaml");
    AUTO(mem_drop) char *tay = file_join(folder, "tay.yaml");
    struct phrase_value value = {"event", "17"};
    CHECK_OK(file_copy("policies/messages/vi.yaml", vi, 0600, &err), err);
    CHECK_OK(file_copy("policies/messages/en.yaml", en, 0600, &err), err);
    AUTO(phrase_free) struct phrase_book *draft = NULL, *approved = NULL;
    AUTO(buf_free) struct buf out = buf_new(ROOM), text = buf_new(ROOM);

    ROW("a translation that nobody approved is not used");
    CHECK_OK(load_with(folder, "  event: \"\"", "  event: \"Slíp {event}\"", &draft, &err), err);
    CHECK_TEXT(phrase_say(draft, PHRASE_EVENT, "tay", &value, 1, &out), "vi");
    ROW("an approved one is, phrase by phrase, and a policy's text too");
    CHECK_OK(file_read(tay, &text, &err), err);
    AUTO(buf_free) struct buf made = buf_new(ROOM);
    char *line = strstr(text.at, "approved_by: \"\"");
    CHECK(line);
    buf_add(&made, text.at, (size_t)(line - text.at));
    buf_text(&made, "approved_by: drill (diễn tập)");
    buf_text(&made, line + strlen("approved_by: \"\""));
    buf_text(&made, "policies:\n  heavy-rain: \"Phân cải {commune}\"\n");
    CHECK_OK(file_write(tay, buf_slice(&made), 0600, &err), err);
    CHECK_OK(phrase_load(folder, &approved, &err), err);
    buf_clear(&out);
    CHECK_TEXT(phrase_say(approved, PHRASE_EVENT, "tyz", &value, 1, &out), "tay");
    CHECK_TEXT(out.at, "Slíp 17");
    CHECK_TEXT(phrase_say(approved, PHRASE_HELP, "tay", NULL, 0, &out), "vi");
    CHECK_TEXT(phrase_policy(approved, "tay", "heavy-rain"), "Phân cải {commune}");
    CHECK(!phrase_policy(approved, "tay", "drought"));
    CHECK(!phrase_policy(approved, "nut", "heavy-rain"));
    ROW("Vietnamese must be whole");
    CHECK_OK(file_write(en, STR("gong_messages: 1\n"), 0600, &err), err);
    struct phrase_book *none = NULL;
    CHECK_INT(phrase_load(folder, &none, &err), ERR_INPUT);
    CHECK_INT(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

TEST_MAIN(cmocka_unit_test(test_files), cmocka_unit_test(test_translator),
          cmocka_unit_test(test_approved))
