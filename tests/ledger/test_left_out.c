#include "ledger/left_out.h"

#include "core/mem.h"
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

TEST_MAIN(cmocka_unit_test(what_is_left_out_is_what_the_newest_pass_said))
