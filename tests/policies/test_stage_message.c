// A stage that has a message of its own: read, refused, said, told in words, and what is said at
// the stages that have none.
#include "core/file.h"
#include "core/mem.h"
#include "core/phrase.h"
#include "policies/describe.h"
#include "policies/differ.h"
#include "policies/doubt.h"
#include "policies/format.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };
static const char shipped[] = "policies/products/dak-nong-heavy-rain.yaml";

// The shipped policy with one text in it replaced by another.
static enum err_kind parse_with(const char *from, const char *to, struct policy **out,
                                struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(ROOM), changed = buf_new(ROOM);
    CHECK_OK(file_read(shipped, &text, err), *err);
    const char *at = strstr(text.at, from);
    CHECK(at != NULL);
    buf_str(&changed, (struct str){text.at, (size_t)(at - text.at)});
    buf_text(&changed, to);
    buf_text(&changed, at + strlen(from));
    return policy_parse(buf_slice(&changed), "p.yaml", out, err);
}

static void test_said(void **state)
{
    (void)state;
    static const struct {
        const char *stage, *vi, *en;
    } rows[] = {
        {"readiness",
         "Vài ngày tới ở Chợ Đồn có thể mưa lớn: 120 mm trong 24 giờ (ngưỡng 100 mm, khả năng 45 "
         "%)",
         "may come to Chợ Đồn in the next days: 120 mm in 24 hours (threshold 100 mm, chance 45 "
         "%). Prepare: store"},
        {"activation",
         "Sắp mưa lớn ở Chợ Đồn: 120 mm trong 24 giờ (ngưỡng 100 mm, khả năng 45 %). Làm ngay:",
         "Heavy rain is near in Chợ Đồn: 120 mm in 24 hours (threshold 100 mm, chance 45 %). Act "
         "now: keep away"},
        {"observed", "Đã mưa lớn ở Chợ Đồn: đo được 120 mm trong 24 giờ. Làm ngay: rời suối",
         "Heavy rain has fallen in Chợ Đồn: 120 mm measured in 24 hours. Act now: leave"},
    };
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    CHECK_OK(policy_load(shipped, &policy, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].stage);
        struct message_values values = {.commune = "Chợ Đồn",
                                        .index_milli = 120000,
                                        .probability_milli = 450,
                                        .stage = rows[i].stage};
        AUTO(buf_free) struct buf vi = buf_new(ROOM), en = buf_new(ROOM), off = buf_new(ROOM);
        message_render(policy, &values, LANGUAGE_VI, false, &vi);
        message_render(policy, &values, LANGUAGE_EN, false, &en);
        CHECK_HAS(vi.at, rows[i].vi);
        CHECK_HAS(en.at, rows[i].en);
        values.cancel = true;
        message_render(policy, &values, LANGUAGE_VI, false, &off);
        CHECK_HAS(off.at, "Hủy cảnh báo mưa lớn ở Chợ Đồn");
    }
}

// A stage's message may say the stage's own threshold, and no chance where nothing has one.
static void test_checked(void **state)
{
    (void)state;
    static const char near[] = "Heavy rain is near in {commune}: {index} in 24 hours (threshold "
                               "{threshold}, chance {probability}).";
    static const struct {
        const char *name, *from, *to, *refused;
    } rows[] = {
        {"its own threshold", near, "{commune}: {index}, over {threshold}.", NULL},
        {"the policy has none", "Heavy rain has fallen in {commune}: {index} measured",
         "{commune}: {index}, over {threshold}", "{threshold} does not fit this policy"},
        {"no place", near, "{index}.", "the message does not say {commune}; put it in"},
        {"a word of no book", near, "{commune} {comune}", "did you mean {commune}?"},
        {"without what to do", "(threshold {threshold}, chance {probability}). {actions}. Issued",
         "(threshold {threshold}, chance {probability}). Issued",
         "the message does not say {actions}; put it in"},
        {"one language",
         "      en: >-\n        Heavy rain is near in {commune}: {index} in 24 hours (threshold "
         "{threshold}, chance {probability}). {actions}. Issued {issued}, next update by {next}.\n",
         "", "\"en\""},
        {"a chance of what was measured", "      en: leave streams and slopes",
         "      en: leave streams\n    message:\n      vi: \"{commune} {probability} {actions} "
         "{issued} {next}\"\n      en: \"{commune} {probability} {actions} {issued} {next}\"\n"
         "    # leave slopes",
         "{probability} does not fit this stage; take it out"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        if (!rows[i].refused) {
            CHECK_OK(parse_with(rows[i].from, rows[i].to, &policy, &err), err);
            continue;
        }
        CHECK_INT(parse_with(rows[i].from, rows[i].to, &policy, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].refused);
        CHECK_HAS(err.text, "p.yaml:");
    }
}

static void test_threshold(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    CHECK_OK(parse_with("Sắp mưa lớn ở {commune}:", "{commune} trên {threshold}:", &policy, &err),
             err);
    struct message_values values = {.commune = "Chợ Đồn", .stage = "activation"};
    AUTO(buf_free) struct buf said = buf_new(ROOM);
    message_render(policy, &values, LANGUAGE_VI, false, &said);
    CHECK_HAS(said.at, "Chợ Đồn trên 100 mm:");
}

// A new one says why it warns, at the line of the stage.
static void test_reason(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    CHECK_OK(parse_with("Heavy rain is near in {commune}: {index} in 24 hours (threshold "
                        "{threshold}, chance {probability}).",
                        "Heavy rain is near in {commune}.", &policy, &err),
             err);
    CHECK_INT(policy_check_new(policy, "p.yaml", &err), ERR_INPUT);
    CHECK_HAS(err.text, "p.yaml:59:11: ");
    CHECK_HAS(err.text, "does not say why it warns");
}

// What was measured has no chance: with the policy's words it would be told as one of 0 %.
static void test_chance(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    CHECK_OK(parse_with("Heavy rain has fallen in {commune}: {index} measured",
                        "Heavy rain in {commune}: {index}, chance {probability}", &policy, &err),
             err);
    CHECK_INT(policy_check_new(policy, "p.yaml", &err), ERR_INPUT);
    CHECK_HAS(err.text, "p.yaml:80:7: ");
    CHECK_HAS(err.text, "{probability} does not fit this stage; take it out, or write one for "
                        "stage observed");
}

static void test_told(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(policy_free) struct policy *old = NULL, *new = NULL;
    AUTO(buf_free) struct buf words = buf_new(ROOM), changed = buf_new(ROOM);
    CHECK_OK(policy_load(shipped, &old, &err), err);
    policy_describe(old, LANGUAGE_EN, &words);
    CHECK_HAS(words.at, "  message: Heavy rain is near in {commune}");
    CHECK_HAS(words.at, "  message: Heavy rain has fallen in {commune}");
    CHECK_OK(parse_with("Sắp mưa lớn ở", "Sẽ mưa lớn ở", &new, &err), err);
    CHECK_INT(policy_differ(old, new, LANGUAGE_EN, &changed), 2);
    CHECK_HAS(changed.at, "+ message activation (vi): Sẽ mưa lớn ở {commune}");
    AUTO(buf_free) struct buf again = buf_new(ROOM);
    CHECK_OK(policy_format(old->text, "p.yaml", &again, &err), err);
    CHECK(str_same(buf_slice(&again), old->text));
}

// What is signed and never said is doubted.
static void test_doubt(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(policy_free) struct policy *two = NULL, *all = NULL;
    AUTO(buf_free) struct buf none = buf_new(ROOM), words = buf_new(ROOM);
    CHECK_OK(policy_load(shipped, &two, &err), err);
    (void)policy_doubts(two, &none);
    CHECK(!none.at || !strstr(none.at, "message"));
    CHECK_OK(parse_with("      en: leave streams and slopes",
                        "      en: leave streams\n    message:\n"
                        "      vi: \"{commune} {index} {actions} {issued} {next}\"\n"
                        "      en: \"{commune} {index} {actions} {issued} {next}\"\n"
                        "    # leave slopes",
                        &all, &err),
             err);
    CHECK(policy_doubts(all, &words) > 0);
    CHECK_HAS(words.at, "each stage has a message of its own: the policy's is never said");
}

static const char translated[] =
    "policies:\n"
    "  dak-nong-heavy-rain: \"{commune} mưa {index} {actions} {issued} {next}\"\n"
    "  dak-nong-heavy-rain/activation/message: \"{commune} gần {actions} {issued} {next}\"\n"
    "  dak-nong-heavy-rain/activation: đi\n"
    "  dak-nong-heavy-rain/readiness: chờ\n"
    "  dak-nong-heavy-rain/observed: đi\n";

// A file of the book as it is, or made one of another language that somebody approved.
static void put_file(const char *folder, const char *file, bool translate)
{
    struct err err = {0};
    AUTO(mem_drop) char *from = file_join("policies/messages", file);
    AUTO(mem_drop) char *to = file_join(folder, translate ? "tay.yaml" : file);
    AUTO(buf_free) struct buf text = buf_new(ROOM), made = buf_new(ROOM);
    CHECK_OK(file_read(from, &text, &err), err);
    struct str rest = buf_slice(&text), line;
    while (str_take_line(&rest, &line)) {
        if (translate && str_starts(line, "language:"))
            buf_text(&made, "language: tay\ntag: tyz\napproved_by: office\n");
        else if (!translate || (!str_starts(line, "tag:") && !str_starts(line, "approved_by:")))
            buf_print(&made, STR_FMT "\n", STR_ARG(line));
    }
    if (translate)
        buf_text(&made, translated);
    CHECK_OK(file_write(to, buf_slice(&made), 0644, &err), err);
}

// In another language a stage's own words are said, never the policy's instead of them.
static void check_translated(const struct policy *policy, const struct phrase_book *book)
{
    static const struct {
        const char *name, *stage, *has; // has NULL: nobody wrote it
    } rows[] = {
        {"its own words", "activation", "Chợ Đồn gần"},
        {"nobody wrote those of readiness", "readiness", NULL},
        {"the policy's", "observed", "Chợ Đồn mưa"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf said = buf_new(ROOM);
        struct message_values values = {.commune = "Chợ Đồn", .stage = rows[i].stage};
        CHECK_INT(message_say(policy, &values, book, "tay", false, &said), rows[i].has != NULL);
        if (rows[i].has)
            CHECK_HAS(said.at, rows[i].has);
    }
}

static void test_book(void **state)
{
    (void)state;
    static const char *const files[] = {"vi.yaml", "en.yaml", "tay.yaml"};
    char folder[] = "/tmp/gong-stages-XXXXXX";
    struct err err = {0};
    AUTO(phrase_free) struct phrase_book *book = NULL;
    AUTO(policy_free) struct policy *policy = NULL;
    CHECK(mkdtemp(folder) != NULL);
    put_file(folder, "vi.yaml", false);
    put_file(folder, "en.yaml", false);
    put_file(folder, "vi.yaml", true);
    CHECK_OK(phrase_load(folder, &book, &err), err);
    CHECK_OK(policy_load(shipped, &policy, &err), err);
    check_translated(policy, book);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        AUTO(mem_drop) char *path = file_join(folder, files[i]);
        (void)unlink(path);
    }
    CHECK_INT(rmdir(folder), 0);
}

TEST_MAIN(cmocka_unit_test(test_said), cmocka_unit_test(test_checked),
          cmocka_unit_test(test_threshold), cmocka_unit_test(test_reason),
          cmocka_unit_test(test_chance), cmocka_unit_test(test_told), cmocka_unit_test(test_doubt),
          cmocka_unit_test(test_book))
