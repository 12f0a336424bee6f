#include "ledger/left_out.h"

#include "core/mem.h"
#include "ledger/summary.h"
#include "tests/ledger/place.h"

// What is left out, as "kind why since;" of each.
static const char *now_left_out(struct place *place)
{
    static char text[2000];
    AUTO(left_outs_free) struct left_outs list = {0};
    CHECK_OK(left_out_list(place->ledger, &list, &place->err), place->err);
    text[0] = '\0';
    for (size_t i = 0; i < list.count; i++) {
        size_t len = strlen(text);
        (void)snprintf(text + len, sizeof(text) - len, "%s %s %lld;", list.at[i].kind,
                       list.at[i].why, (long long)list.at[i].since.s);
    }
    return text;
}

// One pass at a time: `words` are "kind why" of each, or NULL.
static void pass(struct place *place, int64_t at_s, const char *const words[3])
{
    AUTO(left_outs_free) struct left_outs list = {0};
    for (size_t i = 0; i < 3 && words[i]; i++) {
        char kind[16];
        size_t len = strcspn(words[i], " ");
        (void)snprintf(kind, sizeof(kind), "%.*s", (int)len, words[i]);
        left_outs_add(&list, kind, words[i] + len + 1);
    }
    CHECK_OK(left_out_put(place->ledger, &list, (struct utc){at_s}, &place->err), place->err);
}

static void what_is_left_out_is_what_the_newest_pass_said(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words[3], *left;
    } passes[] = {
        {"nothing", {NULL}, ""},
        {"two, by kind", {"policy b", "language a"}, "language a 101;policy b 101;"},
        {"the same words twice are one",
         {"policy b", "policy b", "language a"},
         "language a 101;policy b 101;"},
        {"one is mended, another comes",
         {"policy b", "subscriber c"},
         "policy b 101;subscriber c 103;"},
        {"the same words of another kind are another thing",
         {"subscriber b", "policy b"},
         "policy b 101;subscriber b 104;"},
        {"all is well", {NULL}, ""},
        {"what comes back is counted from then", {"policy b"}, "policy b 106;"},
    };
    AUTO(place_free) struct place place = place_new();
    for (size_t i = 0; i < COUNT_OF(passes); i++) {
        ROW(passes[i].name);
        pass(&place, 100 + (int64_t)i, passes[i].words);
        CHECK_TEXT(now_left_out(&place), passes[i].left);
    }
}

// A sentence may come from anywhere, and be cut before.
static void any_sentence_can_be_kept_and_shown(void **state)
{
    (void)state;
    static const struct {
        const char *name, *letter, *before;
        size_t letters;
        const char *end; // of what is kept
    } rows[] = {
        {"it fits", "ế", "", 199, "ế"},
        {"too long, a letter ends where it is cut", "ế", "ab", 400, "ế"},
        {"too long, cut after a letter's first byte", "ế", "a", 400, "ế"},
        {"too long, after its second", "ế", "", 400, "ế"},
        {"too long, within a picture", "🌧", "", 400, "🌧"},
        {"cut by who gave it", "a", "a\xe1\xba", 0, "a"},
        {"another coding", "a", "l\xfc", 3, "l?aaa"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        AUTO(left_outs_free) struct left_outs list = {0}, kept = {0};
        AUTO(buf_free) struct buf why = buf_new(4000);
        AUTO(doc_free) struct doc *shown = NULL;
        ROW(rows[i].name);
        buf_text(&why, rows[i].before);
        for (size_t k = 0; k < rows[i].letters; k++)
            buf_text(&why, rows[i].letter);
        left_outs_add(&list, "policy", why.at);
        CHECK_OK(left_out_put(place.ledger, &list, (struct utc){1}, &place.err), place.err);
        CHECK_OK(left_out_list(place.ledger, &kept, &place.err), place.err);
        CHECK_INT(kept.count, 1);
        size_t len = strlen(kept.at[0].why), end = strlen(rows[i].end);
        CHECK_TEXT(kept.at[0].why + len - end, rows[i].end);
        CHECK(len + 4 >= sizeof(kept.at[0].why) || why.len < sizeof(kept.at[0].why));
        CHECK_OK(summary_make(place.ledger, (struct utc){2}, &shown, &place.err), place.err);
        // The same sentence of the next pass changes nothing.
        CHECK_OK(left_out_put(place.ledger, &list, (struct utc){3}, &place.err), place.err);
        CHECK_TEXT(now_left_out(&place) + strlen("policy ") + len, " 1;");
    }
}

TEST_MAIN(cmocka_unit_test(what_is_left_out_is_what_the_newest_pass_said),
          cmocka_unit_test(any_sentence_can_be_kept_and_shown))
