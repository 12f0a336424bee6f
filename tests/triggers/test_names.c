// Names that people read are written in both languages where somebody wants that: of cases, of a
// zone, of a stage. Each row changes a shipped policy.
#include "core/file.h"
#include "core/mem.h"
#include "policies/annex.h"
#include "policies/describe.h"
#include "policies/differ.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "policies/supply.h"
#include "tests/check.h"
#include "triggers/trial.h"

enum { ROOM = 1 << 20 };
static const char shipped[] = "policies/products/dak-nong-heavy-rain.yaml";

// The shipped policy with each of one text in it replaced by another.
static enum err_kind parse_with(const char *from, const char *to, struct policy **out,
                                struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(ROOM), changed = buf_new(ROOM);
    CHECK_OK(file_read(shipped, &text, err), *err);
    const char *rest = text.at, *at = strstr(rest, from);
    CHECK(at != NULL);
    for (; at; rest = at + strlen(from), at = strstr(rest, from)) {
        buf_str(&changed, (struct str){rest, (size_t)(at - rest)});
        buf_text(&changed, to);
    }
    buf_text(&changed, rest);
    return policy_parse(buf_slice(&changed), "p.yaml", out, err);
}

#define CASE "- name: {vi: \"đã đo được 100 mm\", en: \"100 mm were measured\"}\n"
#define ZONE "{zone: former-dak-nong, vi: vùng Đắk Nông cũ, en: former Đắk Nông}"

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define LONG "a" FIFTY FIFTY FIFTY FIFTY TEN TEN TEN TEN

static const struct {
    const char *name, *from, *to, *refused; // refused is NULL: it is right
} read_rows[] = {
    {"a case in both languages; runs name it in one", "like: \"100 mm were measured\"",
     "like: \"đã đo được 100 mm\"", NULL},
    {"or it has one name", CASE, "- name: 100 mm were measured\n", NULL},
    {"or in the other", "like: \"100 mm were measured\"", "like: \"nobody has this name\"",
     "the policy has no case of that name"},
    {"a case in one language", CASE, "- name: {vi: đã đo 100 mm}\n", "\"en\""},
    {"a case in a third", CASE, "- name: {vi: a, en: b, tay: c}\n", "tay"},
    {"a case without a name", CASE, "- name: []\n", "name"},
    {"so has one over time",
     "- name: {vi: \"mức đã đo được thì người có trách nhiệm kết thúc\", en: \"what was measured a "
     "person "
     "ends\"}\n",
     "- name: what was measured a person ends\n", NULL},
    {"a calendar in one language", "{name: {vi: hết hiệu lực, en: no longer}",
     "{name: {en: no longer}", "\"vi\""},
    {"a zone by its key alone", ZONE, "former-dak-nong", NULL},
    {"a zone without its key", ZONE, "{vi: Đắk Nông, en: Đắk Nông}",
     "a name is wanted here, or {zone: ..., vi: ..., en: ...}"},
    {"a zone in one language", ZONE, "{zone: former-dak-nong, vi: Đắk Nông}", "\"en\""},
    {"a zone twice", ZONE, ZONE ", former-dak-nong", "stands here twice"},
    {"a commune is its code", "{zones: [" ZONE "]}",
     "{communes: [{zone: \"24610\", vi: a, en: b}]}", "a name is wanted here"},
    {"a stage in one language", "title: {vi: sẵn sàng, en: readiness}", "title: {vi: sẵn sàng}",
     "\"en\""},
    {"a stage's title is no essay", "title: {vi: sẵn sàng, en: readiness}",
     "title: {vi: sẵn sàng, en: " LONG "}", "longer than 240 bytes"},
    {"nor the policy's, which an end of an alert says", "  vi: Cảnh báo mưa lớn, nhiều mức",
     "  vi: " LONG " mưa", "longer than 240 bytes"},
    {"nor that of a zone", ZONE, "{zone: former-dak-nong, vi: Đắk Nông, en: " LONG "}",
     "longer than 240 bytes"},
    {"a stage's name is its key", "- name: readiness\n", "- name: {vi: a, en: b}\n", "name"},
};

static void check_read(size_t i)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    enum err_kind kind = parse_with(read_rows[i].from, read_rows[i].to, &policy, &err);
    CHECK_INT(kind, read_rows[i].refused ? ERR_INPUT : OK);
    if (!read_rows[i].refused) {
        CHECK_OK(trial_run(policy, NULL, NULL, &err), err);
        return;
    }
    CHECK_HAS(err.text, "p.yaml:");
    CHECK_HAS(err.text, read_rows[i].refused);
}

static void test_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(read_rows); i++) {
        ROW(read_rows[i].name);
        check_read(i);
    }
}

// Who reads Vietnamese reads no English name.
static void test_told(void **state)
{
    (void)state;
    static const struct {
        enum language language;
        const char *has[5];
    } rows[] = {
        {LANGUAGE_VI,
         {"| đã đo được 100 mm | có |", "vùng Đắk Nông cũ (former-dak-nong)",
          "— sẵn sàng\n  - mức 1", "0 giờ đã đo được 100 mm →", "| hết hiệu lực |"}},
        {LANGUAGE_EN,
         {"| 100 mm were measured | yes |", "former Đắk Nông (former-dak-nong)",
          "— readiness\n  - level 1", "0 h 100 mm were measured →", "| no longer |"}},
    };
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    struct supplies none = {0};
    CHECK_OK(parse_with(CASE, CASE, &policy, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf_free) struct buf paper = buf_new(ROOM);
        policy_annex(policy, rows[i].language, false, &none, STR(""), &paper);
        for (size_t k = 0; k < COUNT_OF(rows[i].has); k++) {
            ROW(rows[i].has[k]);
            CHECK_HAS(paper.at, rows[i].has[k]);
        }
    }
}

// Every case of a shipped policy has its name in both languages, and every part of one a title.
static void check_shipped(const char *path)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(ROOM);
    AUTO(policy_free) struct policy *policy = NULL;
    ROW(path);
    CHECK_OK(file_read(path, &text, &err), err);
    CHECK_OK(policy_parse(buf_slice(&text), path, &policy, &err), err);
    for (size_t i = 0; i < policy->parts; i++)
        CHECK(policy->part[i].title.at[LANGUAGE_VI] != NULL);
    const char *at = strstr(text.at, "\ncases:");
    CHECK(at != NULL);
    while ((at = strstr(at, "name: ")))
        CHECK(strncmp(at += strlen("name: "), "{vi: ", strlen("{vi: ")) == 0);
}

static void test_shipped(void **state)
{
    (void)state;
    static const char *const folders[] = {"policies", "policies/products"};
    size_t count = 0;
    for (size_t f = 0; f < COUNT_OF(folders); f++) {
        struct err err = {0};
        char **names = NULL;
        CHECK_OK(file_names(folders[f], &names, &err), err);
        for (char **name = names; *name; name++) {
            size_t len = strlen(*name);
            if (len < strlen(".yaml") || strcmp(*name + len - strlen(".yaml"), ".yaml") != 0)
                continue;
            AUTO(mem_drop) char *path = file_join(folders[f], *name);
            check_shipped(path);
            count++;
        }
        file_names_free(&names);
    }
    CHECK(count >= 30);
}

static void test_stage(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(buf_free) struct buf vi = buf_new(ROOM), en = buf_new(ROOM);
    struct message_values values = {.commune = "Chợ Đồn", .stage = "observed"};
    CHECK_OK(parse_with("measured in 24 hours", "({stage})", &policy, &err), err);
    message_render(policy, &values, LANGUAGE_EN, false, &en);
    CHECK_HAS(en.at, "(observed)");
    policy_free(&policy);
    CHECK_OK(parse_with("đo được {index}", "{stage} {index}", &policy, &err), err);
    message_render(policy, &values, LANGUAGE_VI, false, &vi);
    CHECK_HAS(vi.at, "đã quan trắc 0 mm");
}

// As often as there is room for it in a message, and as long as it may be.
static void test_long(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(buf_free) struct buf many = buf_new(ROOM), said = buf_new(ROOM);
    static const char title[] = FIFTY FIFTY FIFTY FIFTY TEN TEN TEN TEN;
    static const char words[] = "{commune} {stage} {issued} {next} {actions}";
    while (many.len + sizeof(words) + sizeof("{stage}") < 600)
        buf_text(&many, "{stage}");
    buf_text(&many, words);
    CHECK_OK(parse_with("Heavy rain has fallen in {commune}: {index} measured in 24 hours. "
                        "{actions}. Issued {issued}, next update by {next}.",
                        many.at, &policy, &err),
             err);
    struct message_values values = {.commune = "Chợ Đồn", .stage = "observed"};
    struct part *part = &policy->part[policy->parts - 1];
    CHECK_TEXT(part->name, values.stage);
    mem_free(&part->title.at[LANGUAGE_EN]);
    part->title.at[LANGUAGE_EN] = str_copy(STR(title));
    message_render(policy, &values, LANGUAGE_EN, true, &said);
    CHECK(said.len > 70 * (sizeof(title) - 1));
    CHECK_HAS(said.at, title);
}

static void test_differ(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(policy_free) struct policy *old = NULL, *new = NULL;
    AUTO(buf_free) struct buf words = buf_new(ROOM);
    CHECK_OK(policy_load(shipped, &old, &err), err);
    CHECK_OK(parse_with("{vi: sẵn sàng,", "{vi: chuẩn bị trước,", &new, &err), err);
    CHECK_INT(policy_differ(old, new, LANGUAGE_EN, &words), 2);
    CHECK_HAS(words.at, "+ title readiness (vi): chuẩn bị trước");
    policy_free(&new);
    buf_clear(&words);
    CHECK_OK(parse_with("vi: vùng Đắk Nông cũ", "vi: Đắk Nông trước đây", &new, &err), err);
    CHECK_INT(policy_differ(old, new, LANGUAGE_EN, &words), 2);
    CHECK_HAS(words.at, "+ zone former-dak-nong (vi): Đắk Nông trước đây");
}

TEST_MAIN(cmocka_unit_test(test_shipped), cmocka_unit_test(test_read), cmocka_unit_test(test_told),
          cmocka_unit_test(test_stage), cmocka_unit_test(test_long), cmocka_unit_test(test_differ))
