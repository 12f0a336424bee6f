#include "policies/message.h"

#include "core/mem.h"
#include "policies/describe.h"
#include "policies/policy.h"
#include "tests/check.h"

static char vi[] = "{commune}: {index} (ngưỡng {threshold}). Tin lúc {issued}, tin sau {next}.";
static char en[] = "{commune}: {index} (threshold {threshold}). Issued {issued}, next {next}.";

static struct policy alert(void)
{
    struct policy policy = {
        .id = "rain",
        .version = 2,
        .kind = POLICY_ALERT,
        .trigger = {.there = true, .compare = COMPARE_MORE, .threshold_milli = 1000000},
        .persistence = 3,
        .next_update_s = DAY_S};
    policy.message.at[LANGUAGE_VI] = policy.title.at[LANGUAGE_VI] = vi;
    policy.message.at[LANGUAGE_EN] = policy.title.at[LANGUAGE_EN] = en;
    return policy;
}

static void test_render(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum language language;
        bool drill;
        const char *want;
    } rows[] = {
        {"a drill in Vietnamese", LANGUAGE_VI, true,
         "[DIỄN TẬP] Chợ Đồn: 1.234,5 mm (ngưỡng 1.000 mm). Tin lúc 07:00 07/09/2024, tin sau "
         "00:00 08/09/2024. Không phải cấp độ rủi ro thiên tai chính thức."},
        {"in earnest in English, with the number of the event", LANGUAGE_EN, false,
         "Chợ Đồn: 1,234.5 mm (threshold 1,000 mm). Issued 07:00 07/09/2024, next 00:00 "
         "08/09/2024. Not an official risk level. Message no. 4711."},
    };
    struct policy policy = alert();
    struct message_values values = {.commune = "Chợ Đồn", .index_milli = 1234500};
    struct err err = {0};
    CHECK_OK(utc_parse(str_of("2024-09-07T00:00:00Z"), &values.issued, &err), err);
    CHECK_OK(utc_parse(str_of("2024-09-07T17:00:00Z"), &values.next, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf said = buf_new(4096);
        values.event = rows[i].drill ? 0 : 4711;
        message_render(&policy, &values, rows[i].language, rows[i].drill, &said);
        CHECK_TEXT(said.at, rows[i].want);
    }
}

// A payout's text need not say when it was decided: its number does.
static void test_payout(void **state)
{
    (void)state;
    static char paid[] = "{contract}: {amount}, {commune}, {when}.";
    static const struct {
        const char *name, *want;
    } rows[LANGUAGES] = {
        [LANGUAGE_VI] = {"Vietnamese", "C-1: 1.500.000 đồng, Chợ Đồn, đêm 6/9 (19h-7h). Tin số "
                                       "4711, 7h30 7/9."},
        [LANGUAGE_EN] = {"English", "C-1: 1,500,000 VND, Chợ Đồn, night 6 Sep (19:00-07:00). "
                                    "Message no. 4711, 07:30 7 Sep."},
    };
    struct policy policy = {.id = "cover", .version = 1, .kind = POLICY_INSURANCE};
    struct message_values values = {
        .commune = "Chợ Đồn", .amount_vnd = 1500000, .contract = "C-1", .event = 4711};
    struct err err = {0};
    CHECK_OK(utc_parse(str_of("2024-09-06T12:00:00Z"), &values.from, &err), err);
    CHECK_OK(utc_parse(str_of("2024-09-07T00:00:00Z"), &values.to, &err), err);
    CHECK_OK(utc_parse(str_of("2024-09-07T00:30:00Z"), &values.issued, &err), err);
    for (int i = 0; i < LANGUAGES; i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf said = buf_new(4096);
        policy.message.at[i] = paid;
        CHECK_OK(message_check(&policy, NULL, paid, &err), err);
        message_render(&policy, &values, (enum language)i, false, &said);
        CHECK_TEXT(said.at, rows[i].want);
    }
}

// A new warning says why; that it is over needs no reason, nor does what was signed before.
static void test_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_alert_text;
    } rows[] = {
        {"{commune} {issued} {next}", false},
        {"{commune} {index} {issued} {next}", true},
        {"{commune} {threshold} {issued} {next}", true},
    };
    struct policy policy = alert();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].text);
        struct err err = {0};
        CHECK_INT(message_check_new(&policy, NULL, rows[i].text, &err),
                  rows[i].is_alert_text ? OK : ERR_INPUT);
        if (!rows[i].is_alert_text)
            CHECK_HAS(err.text, "does not say why it warns; put in {index}, {threshold}");
        CHECK_OK(message_check(&policy, NULL, rows[i].text, &err), err);
    }
}

// A commune is called by its new and its former names, once.
static void test_former(void **state)
{
    (void)state;
    static char twice[] = "{commune}: {index}. {commune}, {issued}, {next}.";
    static const struct {
        const char *name, *former;
        enum language language;
        const char *starts;
    } rows[] = {
        {"in Vietnamese", "Đắk Buk So, Quảng Tâm", LANGUAGE_VI,
         "Tuy Đức (trước đây gồm Đắk Buk So, Quảng Tâm): 1.234,5 mm. Tuy Đức, 07:00"},
        {"in English", "Đắk Buk So, Quảng Tâm", LANGUAGE_EN,
         "Tuy Đức (formerly Đắk Buk So, Quảng Tâm): 1,234.5 mm. Tuy Đức, 07:00"},
        {"not told", NULL, LANGUAGE_VI, "Tuy Đức: 1.234,5 mm. Tuy Đức, 07:00"},
        {"as it was", "", LANGUAGE_VI, "Tuy Đức: 1.234,5 mm. Tuy Đức, 07:00"},
    };
    struct policy policy = alert();
    policy.message.at[LANGUAGE_VI] = policy.message.at[LANGUAGE_EN] = twice;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf said = buf_new(4096), former = buf_new(4096);
        struct message_values values = {
            .commune = "Tuy Đức", .former = rows[i].former, .index_milli = 1234500};
        message_render(&policy, &values, rows[i].language, false, &said);
        CHECK(str_starts(buf_slice(&said), rows[i].starts));
        message_former(&values, language_names[rows[i].language], &former);
        CHECK(former.len == 0 || strstr(said.at, former.at));
    }
    ROW("more than a message has room for is left out");
    static char many[4 * 400 * 4];
    memset(many, 'x', sizeof(many) - 1);
    AUTO(buf_free) struct buf whole = buf_new(4096);
    struct message_values values = {.commune = "Tuy Đức", .former = many, .index_milli = 1234500};
    message_render(&policy, &values, LANGUAGE_VI, false, &whole);
    CHECK(str_starts(buf_slice(&whole), "Tuy Đức: 1.234,5 mm. Tuy Đức, 07:00"));
    ROW("a language that has no word for it names them alone");
    AUTO(buf_free) struct buf former = buf_new(4096);
    message_former(&(struct message_values){.former = "Quảng Tâm"}, "tay", &former);
    CHECK_TEXT(former.at, " (Quảng Tâm)");
}

static void test_describe(void **state)
{
    (void)state;
    static const char *const words[] = {"rain v2, alert", "over 1,000 mm", "on after 3 runs"};
    struct policy policy = alert();
    AUTO(buf_free) struct buf said = buf_new(1 << 16);
    policy_describe(&policy, LANGUAGE_EN, &said);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        ROW(words[i]);
        CHECK_HAS(said.at, words[i]);
    }
}

// --- what to do, in two steps

static char do_vi[] = "{commune}: {index}. {actions}. {issued}, {next}.";
static char do_en[] = "{commune}: {index}. {actions}. {issued}, {next}.";

static struct policy alert_with_stages(struct part part[2])
{
    static char stock_vi[] = "dự trữ nước", stock_en[] = "store water";
    static char go_vi[] = "lên chỗ cao", go_en[] = "go uphill";
    struct policy policy = alert();
    policy.stages = true;
    part[0] = (struct part){.name = "readiness",
                            .actions = {true, ACTION_PREPARE, {{stock_vi, stock_en}}}};
    part[1] = (struct part){.name = "activation", .actions = {true, ACTION_NOW, {{go_vi, go_en}}}};
    policy.part = part;
    policy.parts = 2;
    policy.message.at[LANGUAGE_VI] = do_vi;
    policy.message.at[LANGUAGE_EN] = do_en;
    return policy;
}

static void test_actions(void **state)
{
    (void)state;
    static const struct {
        const char *name, *stage;
        enum language language;
        const char *has;
    } rows[] = {
        {"readiness in Vietnamese", "readiness", LANGUAGE_VI, " mm. Chuẩn bị: dự trữ nước. 07"},
        {"readiness in English", "readiness", LANGUAGE_EN, " mm. Prepare: store water. 07"},
        {"activation in Vietnamese", "activation", LANGUAGE_VI, " mm. Làm ngay: lên chỗ cao. 07"},
        {"activation in English", "activation", LANGUAGE_EN, " mm. Act now: go uphill. 07"},
    };
    struct part part[2];
    struct policy policy = alert_with_stages(part);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf said = buf_new(4096), explained = buf_new(1 << 16);
        struct message_values values = {.commune = "Chợ Đồn", .stage = rows[i].stage};
        message_render(&policy, &values, rows[i].language, false, &said);
        CHECK_HAS(said.at, rows[i].has);
        policy_describe(&policy, rows[i].language, &explained);
        CHECK_HAS(explained.at, actions_of(&policy, rows[i].stage)->texts.at[rows[i].language]);
    }
}

// Written where they are decided, said where people read, and nowhere else.
static void test_actions_are_checked(void **state)
{
    (void)state;
    struct part part[2];
    struct err err = {0};
    struct policy policy = alert_with_stages(part), plain = alert();
    CHECK_OK(message_check(&policy, NULL, do_vi, &err), err);
    ROW("a message that leaves them out");
    CHECK_INT(message_check(&policy, NULL, "{commune} {index} {issued} {next}", &err), ERR_INPUT);
    CHECK_HAS(err.text, "does not say {actions}; put it in");
    ROW("twice");
    CHECK_INT(message_check(&policy, NULL, "{commune} {actions} {actions} {issued} {next}", &err),
              ERR_INPUT);
    CHECK_HAS(err.text, "{actions} stands twice");
    ROW("a policy that has none");
    CHECK_INT(message_check(&plain, NULL, do_vi, &err), ERR_INPUT);
    CHECK_HAS(err.text, "{actions} does not fit this policy");
    ROW("when it is over");
    CHECK_INT(message_check_cancel(&policy, do_vi, &err), ERR_INPUT);
    CHECK_HAS(err.text, "take {actions} out");
    CHECK_OK(message_check_cancel(&policy, "{commune} {issued} {next}", &err), err);
    ROW("the longest message there can be is whole");
    char longest[601], most[201];
    memset(longest, 'a', sizeof(longest) - 1);
    memset(most, 'b', sizeof(most) - 1);
    longest[600] = most[200] = '\0';
    memcpy(longest, "{actions}{commune}{issued}{next}", 32);
    policy.message.at[LANGUAGE_VI] = longest;
    part[1].actions.texts.at[LANGUAGE_VI] = most;
    AUTO(buf_free) struct buf said = buf_new(8192);
    CHECK_OK(actions_check(most, &err), err);
    CHECK_OK(message_check(&policy, NULL, longest, &err), err);
    struct message_values values = {.commune = "Chợ Đồn", .stage = "activation"};
    message_render(&policy, &values, LANGUAGE_VI, true, &said);
    CHECK_HAS(said.at, most);
}

// Warnings and payouts are never mixed with what sells.
static void test_mixed(void **state)
{
    (void)state;
    static const char *const texts[] = {"[QC] {commune} {issued} {next}",
                                        "{commune} {issued} {next} https://gong.example",
                                        "{commune} {issued} {next} www.gong.example"};
    struct policy policy = alert();
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        ROW(texts[i]);
        struct err err = {0};
        CHECK_INT(message_check(&policy, NULL, texts[i], &err), ERR_INPUT);
        CHECK_HAS(err.text, "belongs into advertising");
    }
}

TEST_MAIN(cmocka_unit_test(test_mixed), cmocka_unit_test(test_render),
          cmocka_unit_test(test_payout), cmocka_unit_test(test_reason),
          cmocka_unit_test(test_former), cmocka_unit_test(test_actions),
          cmocka_unit_test(test_actions_are_checked), cmocka_unit_test(test_describe))
