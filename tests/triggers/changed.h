#ifndef GONG_TESTS_TRIGGERS_CHANGED_H
#define GONG_TESTS_TRIGGERS_CHANGED_H

// Rows of policies that are one right policy with a few lines changed: refused in which words, or
// right, its cases run and said in both languages.
#include "core/mem.h"
#include "policies/describe.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/trial.h"

enum { CHANGED_MAX = 8 };

struct change {
    const char *name;
    // Whole lines; each takes the place of the line with the same key, or is new. "key:" alone
    // takes that line out.
    const char *line[CHANGED_MAX];
    const char *words; // of the refusal; NULL: it is right
};

static inline void put_changed(const char *text, const struct change *change, struct buf *out)
{
    bool used[COUNT_OF(change->line)] = {false};
    struct str rest = str_of(text), line;
    while (str_take_line(&rest, &line)) {
        bool changed = false;
        for (size_t i = 0; i < COUNT_OF(change->line) && change->line[i]; i++) {
            size_t key = (size_t)(strchr(change->line[i], ':') - change->line[i]) + 1;
            if (line.len < key || memcmp(line.at, change->line[i], key) != 0)
                continue;
            changed = used[i] = true;
            if (change->line[i][key])
                buf_print(out, "%s\n", change->line[i]);
        }
        if (changed)
            continue;
        if (str_starts(line, "message:")) {
            for (size_t i = 0; i < COUNT_OF(change->line) && change->line[i]; i++) {
                if (!used[i] && change->line[i][0] != ' ')
                    buf_print(out, "%s\n", change->line[i]);
            }
        }
        buf_print(out, STR_FMT "\n", STR_ARG(line));
    }
}

static inline void check(const char *text, const struct change *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf made = buf_new(POLICY_BYTES_MAX);
        put_changed(text, &rows[i], &made);
        enum err_kind kind = policy_parse(buf_slice(&made), "p.yaml", &policy, &err);
        if (!kind)
            kind = trial_run(policy, NULL, NULL, &err);
        if (!rows[i].words) {
            CHECK_TEXT(err.text, "");
            for (int language = LANGUAGE_VI; language <= LANGUAGE_EN; language++) {
                AUTO(buf_free) struct buf said = buf_new(1 << 20);
                policy_describe(policy, (enum language)language, &said);
                CHECK(said.len > 100);
            }
            continue;
        }
        CHECK_INT(kind, ERR_INPUT);
        CHECK_HAS(err.text, "p.yaml:");
        CHECK_HAS(err.text, rows[i].words);
    }
}

#endif
