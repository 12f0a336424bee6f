// What the parts of a message by SMPP are called, and so what is awaited of them.
#include "notify/smpp_parts.h"

#include "tests/check.h"

#include "core/mem.h"

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum smpp_part_state state[2];
        const char *id[2];
        int64_t attempt;
        const char *refs[2]; // how they end; NULL: none
    } rows[] = {
        {"the second is not taken: delivered is not the first alone",
         {PART_ACCEPTED, PART_RETRY},
         {"a1", ""},
         1,
         {"a1", "-1-2"}},
        {"the first is not", {PART_REFUSED, PART_ACCEPTED}, {"", "a2"}, 2, {"-2-1", "a2"}},
        {"the second has no answer", {PART_ACCEPTED, PART_UNKNOWN}, {"a1", ""}, 3, {"a1", "-3-2"}},
        {"the second waits", {PART_ACCEPTED, PART_WAITING}, {"a1", ""}, 1, {"a1", "-1-2"}},
        {"neither is taken", {PART_RETRY, PART_RETRY}, {"", ""}, 1, {NULL, NULL}},
        {"a carrier that names nothing", {PART_ACCEPTED, PART_RETRY}, {"", ""}, 1, {NULL, NULL}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct note note = {
            .type = NOTE_JOB, .id = 1, .attempt = rows[i].attempt, .key = "alert/a"};
        struct job job = {.note = &note};
        AUTO(smpp_parts_free) struct smpp_parts *parts = smpp_parts_new();
        struct sms_letter letter = {.text = buf_new(1000)};
        for (int c = 0; c < 200; c++)
            buf_char(&letter.text, 'a');
        letter.size = sms_measure(buf_slice(&letter.text));
        smpp_parts_add(parts, &job, &letter);
        CHECK_INT(parts->count, 2);
        for (size_t part = 0; part < 2; part++) {
            parts->part[part].state = rows[i].state[part];
            (void)snprintf(parts->part[part].id, sizeof(parts->part[part].id), "%s",
                           rows[i].id[part]);
        }
        struct smpp_parts_end end = {.why = ""};
        CHECK_OK(smpp_parts_settle(parts, NULL, &end, &err), err);
        struct str rest = str_of(job.ref), ref;
        for (size_t part = 0; part < 2 && rows[i].refs[part]; part++) {
            CHECK(str_take_field(&rest, ' ', &ref));
            CHECK(str_ends(ref, rows[i].refs[part]));
        }
        CHECK_INT(rest.len, 0);
    }
}

// Ten ids of 64 letters have no room: all ten parts have a name all the same.
static void test_room(void **state)
{
    (void)state;
    struct err err = {0};
    struct note note = {.type = NOTE_JOB, .id = 1, .attempt = 9999, .key = "alert/a"};
    struct job job = {.note = &note};
    AUTO(smpp_parts_free) struct smpp_parts *parts = smpp_parts_new();
    struct sms_letter letter = {.text = buf_new(2000)};
    for (int c = 0; c < 1500; c++)
        buf_char(&letter.text, 'a');
    letter.size = sms_measure(buf_slice(&letter.text));
    smpp_parts_add(parts, &job, &letter);
    CHECK_INT(parts->count, 10);
    for (size_t part = 0; part < 10; part++) {
        parts->part[part].state = part == 9 ? PART_RETRY : PART_ACCEPTED;
        (void)snprintf(parts->part[part].id, sizeof(parts->part[part].id), "%064zu", part);
    }
    struct smpp_parts_end end = {.why = ""};
    CHECK_OK(smpp_parts_settle(parts, NULL, &end, &err), err);
    CHECK_INT(str_count(str_of(job.ref), ' '), 9);
    CHECK(strlen(job.ref) < sizeof(job.ref) - 1);
    CHECK(str_ends(str_of(job.ref), "-9999-10"));
}

TEST_MAIN(cmocka_unit_test(test_names), cmocka_unit_test(test_room))
