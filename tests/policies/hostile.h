#ifndef GONG_TESTS_POLICIES_HOSTILE_H
#define GONG_TESTS_POLICIES_HOSTILE_H

// Over three hundred policy files that are wrong or hostile, made by the rules below: for the test
// that they are refused, and for the benchmark of what that costs.
#include "core/mem.h"
#include "core/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char hostile_alert[] =
    "gong: 1\n"
    "id: rain\n"
    "version: 1\n"
    "kind: alert\n"
    "title: {vi: Mưa, en: Rain}\n"
    "effective: {from: 2024-01-01, to: 2024-12-31}\n"
    "boundary_set: pilots\n"
    "area: {zones: [former-bac-kan]}\n"
    "source: demo-forecast\n"
    "watch: forecast\n"
    "variable: rain\n"
    "index: {take: maximum_sum, over: 24 h, within: 72 h}\n"
    "rounding: 0.1 mm\n"
    "minimum_coverage: 90 %\n"
    "trigger: {index: \">=\", threshold: 100 mm}\n"
    "ensemble: {members: 20, minimum: 16, probability: \">=\", threshold: 50 %}\n"
    "clear: {probability: \"<\", threshold: 30 %}\n"
    "persistence: 1\n"
    "next_update: 12 h\n"
    "message: {vi: \"{commune} {index} {issued} {next}\", en: \"{commune} {index} {issued} "
    "{next}\"}\n"
    "cases:\n"
    "  fire: [{name: all, step: 24 h, members: [{count: 20, values: [100, 0, 0]}]}]\n"
    "  not_fire: [{name: none, step: 24 h, members: [{count: 20, values: [0 x 3]}]}]\n";

static const char hostile_cover[] =
    "gong: 1\n"
    "id: drought\n"
    "version: 3\n"
    "kind: insurance\n"
    "title: {vi: Hạn, en: Drought}\n"
    "effective: {from: 2024-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: demo-daily\n"
    "variable: rain\n"
    "period: {from: 01-15, to: 04-15, day: local00}\n"
    "index: {take: total, daily_cap: 60 mm}\n"
    "rounding: 0.1 mm\n"
    "minimum_coverage: 85 %\n"
    "settle_after: 7 days\n"
    "payout: {form: linear_deficit, strike: 110 mm, exit: 40 mm, rounding: 1000 VND}\n"
    "settlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune}\"}\n"
    "cases:\n"
    "  fire: [{name: dry, step: period, values: [70], sum_insured: 3000000 VND, pays: 1 VND}]\n"
    "  not_fire: [{name: wet, step: period, values: [120]}]\n";

// A whole file to refuse, by name.
struct hostile {
    char name[160];
    struct buf text;
    unsigned line, column; // where it is refused; 0: at a place that the test does not know
};
struct hostiles {
    struct hostile *at;
    size_t count;
};

static inline void hostiles_free(struct hostiles *pile)
{
    for (size_t i = 0; i < pile->count; i++)
        buf_free(&pile->at[i].text);
    mem_free(&pile->at);
}

static inline void hostile_add(struct hostiles *pile, struct str text, const char *name)
{
    pile->at = mem_resize(pile->at, pile->count + 1, sizeof(*pile->at));
    struct hostile *one = &pile->at[pile->count++];
    *one = (struct hostile){.text = buf_new(4 << 20)};
    (void)snprintf(one->name, sizeof(one->name), "%s", name);
    buf_str(&one->text, text);
}

static inline void hostile_add_instead(struct hostiles *pile, const char *text, const char *from,
                                       const char *to)
{
    char name[160];
    AUTO(buf_free) struct buf made = buf_new(4 << 20);
    const char *at = strstr(text, from);
    assert(at);
    buf_str(&made, (struct str){text, (size_t)(at - text)});
    buf_text(&made, to);
    buf_text(&made, at + strlen(from));
    (void)snprintf(name, sizeof(name), "%.60s -> %.60s", from, to);
    hostile_add(pile, buf_slice(&made), name);
}

// Where the value of `place` stands, in characters as an editor counts them.
static inline void hostile_at(struct hostile *one, const char *text, const char *place,
                              const char *number)
{
    const char *end = strchr(strstr(text, place), ':') + 2;
    int braces = 0;
    one->line = one->column = 1;
    for (const char *at = text; at < end; at++) {
        one->line += *at == '\n';
        one->column = *at == '\n' ? 1 : one->column + ((*at & 0xC0) != 0x80);
        braces = *at == '\n' ? 0 : braces + (*at == '{') - (*at == '}');
    }
    // Within braces a comma begins a new member, and that is what is refused.
    const char *comma = strchr(number, ',');
    one->column += braces && comma ? (unsigned)(comma + 1 - number) : 0;
}

// Every place that holds a number, with every number that gong does not read.
static inline void hostile_add_numbers(struct hostiles *pile)
{
    static const char *const places[][2] = {
        {hostile_alert, "over: 24 h"},         {hostile_alert, "within: 72 h"},
        {hostile_alert, "rounding: 0.1 mm"},   {hostile_alert, "minimum_coverage: 90 %"},
        {hostile_alert, "threshold: 100 mm"},  {hostile_alert, "threshold: 50 %"},
        {hostile_alert, "next_update: 12 h"},  {hostile_alert, "persistence: 1"},
        {hostile_cover, "daily_cap: 60 mm"},   {hostile_cover, "strike: 110 mm"},
        {hostile_cover, "exit: 40 mm"},        {hostile_cover, "settle_after: 7 days"},
        {hostile_cover, "rounding: 1000 VND"}, {hostile_cover, "pays: 1 VND"},
    };
    static const char *const numbers[] = {"1,5 mm",
                                          "1_50 mm",
                                          "nan",
                                          "1e400 mm",
                                          "010 mm",
                                          "0x18 mm",
                                          "+5 mm",
                                          "5mm",
                                          "150 kg",
                                          "1.2345 mm",
                                          "9999999999999 mm",
                                          "[1]",
                                          "{a: 1}",
                                          "\"\"",
                                          "!!int 5",
                                          "&a 5",
                                          "*a",
                                          "- 5",
                                          "inf",
                                          "1.5.2 mm",
                                          "five mm",
                                          "1 500 mm",
                                          "100 mm 5",
                                          "100 mm*3",
                                          "100 mm @ 5",
                                          "100 mm from 5",
                                          "100 lg(re 1 mm)",
                                          "24 h 2",
                                          "1 50 %",
                                          "1 7 days",
                                          "2 0.5",
                                          "1 500 VND"};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        for (size_t k = 0; k < COUNT_OF(numbers); k++) {
            char other[120];
            size_t key = (size_t)(strchr(places[i][1], ':') - places[i][1]) + 2;
            (void)snprintf(other, sizeof(other), "%.*s%s", (int)key, places[i][1], numbers[k]);
            hostile_add_instead(pile, places[i][0], places[i][1], other);
            // What YAML itself, or its subset here, refuses stands where the parser was.
            if (!strchr("!&*-", numbers[k][0]) || !*numbers[k])
                hostile_at(&pile->at[pile->count - 1], places[i][0], places[i][1], numbers[k]);
        }
    }
}

// Every key of a file twice, and misspelt.
static inline void hostile_add_keys(struct hostiles *pile, const char *text)
{
    struct str rest = str_of(text), line;
    while (str_take_line(&rest, &line)) {
        if (line.len == 0 || line.at[0] == ' ')
            continue;
        char from[200], to[420];
        (void)snprintf(from, sizeof(from), "\n%.*s\n", (int)line.len, line.at);
        if (!strstr(text, from) || line.at[line.len - 1] == ':')
            continue;
        (void)snprintf(to, sizeof(to), "\n%.*s\n%.*s\n", (int)line.len, line.at, (int)line.len,
                       line.at);
        hostile_add_instead(pile, text, from, to);
        (void)snprintf(to, sizeof(to), "\nx%.*s\n", (int)line.len, line.at);
        hostile_add_instead(pile, text, from, to);
    }
}

static inline void hostile_add_monsters(struct hostiles *pile)
{
    AUTO(buf_free) struct buf made = buf_new(4 << 20);
    for (int i = 0; i < 5000; i++)
        buf_char(&made, '[');
    hostile_add(pile, buf_slice(&made), "five thousand open brackets");
    buf_clear(&made);
    buf_text(&made, "a: [");
    for (int i = 0; i < 60000; i++)
        buf_text(&made, "1,");
    buf_text(&made, "1]\n");
    hostile_add(pile, buf_slice(&made), "sixty thousand items");
    buf_clear(&made);
    buf_text(&made, "gong: \"");
    for (int i = 0; i < (1 << 20) + 1; i++)
        buf_char(&made, 'x');
    buf_text(&made, "\"\n");
    hostile_add(pile, buf_slice(&made), "more than a mebibyte");
    buf_clear(&made);
    for (int i = 0; i < 20000; i++)
        buf_print(&made, "k%d: 1\n", i);
    hostile_add(pile, buf_slice(&made), "twenty thousand keys");
    buf_clear(&made);
    buf_text(&made, "cases: {fire: [{name: a, step: 1 h, values: [");
    for (int i = 0; i < 3000; i++)
        buf_text(&made, "0 x 20000, ");
    buf_text(&made, "1]}]}\n");
    AUTO(buf_free) struct buf whole = buf_new(4 << 20);
    buf_text(&whole, hostile_cover);
    whole.len = (size_t)(strstr(whole.at, "settlement:") - whole.at);
    buf_text(&whole,
             "settlement: settle_once\nmessage: {vi: \"{contract} {amount} {commune}\", en: "
             "\"{contract} {amount} {commune}\"}\n");
    buf_str(&whole, buf_slice(&made));
    hostile_add(pile, buf_slice(&whole), "a case of sixty million values");
}

static inline void hostile_add_bytes(struct hostiles *pile)
{
    static const char *const texts[] = {"",
                                        "gong",
                                        "gong: 2\n",
                                        "- gong\n",
                                        "gong: 1\n---\ngong: 1\n",
                                        "%YAML 3.0\n---\ngong: 1\n",
                                        "gong: 1\n\tid: a\n",
                                        "gong: 'open\n",
                                        "gong: \"open\n",
                                        "{gong: 1\n",
                                        "gong: 1}\n",
                                        "gong: [1\n",
                                        "? {a: b}\n: 1\n",
                                        "<<: {gong: 1}\n",
                                        "gong: &x 1\nid: *x\n",
                                        "gong: !!python/object:os.system 1\n",
                                        "gong: |\n  1\n",
                                        "\xff\xfe",
                                        "gong: \xc3\x28\n",
                                        "gong: 1\x01\n",
                                        "gong: \"\\u0000\"\n",
                                        "gong: ~\n",
                                        "gong: null\n",
                                        "gong: true\n",
                                        "gong: 1.0\n",
                                        "gong: -1\n",
                                        "\xef\xbb\xbf",
                                        "gong: 1 2\n",
                                        "gong:\n  - 1\n",
                                        "gong: 1\nid: ../../etc/passwd\n",
                                        "gong: 1\nid: \"a b\"\n",
                                        "gong: 1\nid: \xe1\xba\xa1\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        hostile_add(pile, str_of(texts[i]), texts[i]);
    hostile_add(pile, (struct str){"gong: 1\0id: a\n", 14}, "a NUL in the middle");
}

static inline void hostiles_make(struct hostiles *pile)
{
    *pile = (struct hostiles){0};
    hostile_add_numbers(pile);
    hostile_add_keys(pile, hostile_alert);
    hostile_add_keys(pile, hostile_cover);
    hostile_add_monsters(pile);
    hostile_add_bytes(pile);
}

#endif
