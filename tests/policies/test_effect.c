#include "policies/effect.h"

#include "tests/check.h"

// Reports as gong-backtest makes them: what is paid where nothing is known is null.
static const struct {
    const char *name, *report, *effect, *words;
} rows[] = {
    {"the season that paid most",
     "{\"places\":4,\"sum_insured_vnd\":1000,\"yes\":3,\"no\":4,\"unknown\":1,\"pays_vnd\":900,"
     "\"seasons\":[{\"period\":\"2001\",\"yes\":1,\"no\":3,\"unknown\":0,\"pays_vnd\":200},"
     "{\"period\":\"2002\",\"yes\":2,\"no\":1,\"unknown\":1,\"pays_vnd\":700}]}",
     "{\"no\":4,\"pays_vnd\":900,\"places\":4,\"seasons\":2,\"sum_insured_vnd\":1000,"
     "\"unknown\":1,\"worst\":{\"pays_milli\":175,\"pays_vnd\":700,\"period\":\"2002\","
     "\"share_milli\":500,\"yes\":2},\"yes\":3}",
     "2 seasons x 4 places: yes 3, no 4, not known 1; pays 900 VND; worst 2002: yes 2, pays 700 "
     "VND\n"},
    {"a season of which nothing is known is not the worst, nor one that paid nothing",
     "{\"places\":1,\"sum_insured_vnd\":1000,\"yes\":0,\"no\":1,\"unknown\":1,\"pays_vnd\":0,"
     "\"seasons\":[{\"period\":\"2001\",\"yes\":0,\"no\":0,\"unknown\":1,\"pays_vnd\":null},"
     "{\"period\":\"2002\",\"yes\":0,\"no\":1,\"unknown\":0,\"pays_vnd\":0}]}",
     "{\"no\":1,\"pays_vnd\":0,\"places\":1,\"seasons\":2,\"sum_insured_vnd\":1000,"
     "\"unknown\":1,\"worst\":{\"pays_milli\":0,\"pays_vnd\":0,\"period\":\"2002\","
     "\"share_milli\":0,\"yes\":0},\"yes\":0}",
     "2 seasons x 1 places: yes 0, no 1, not known 1; pays 0 VND; worst 2002: yes 0, pays 0 VND\n"},
    {"nothing is known",
     "{\"places\":2,\"sum_insured_vnd\":1000,\"yes\":0,\"no\":0,\"unknown\":2,\"pays_vnd\":null,"
     "\"seasons\":[{\"period\":\"2001\",\"yes\":0,\"no\":0,\"unknown\":2,\"pays_vnd\":null}]}",
     "{\"no\":0,\"pays_vnd\":null,\"places\":2,\"seasons\":1,\"sum_insured_vnd\":1000,"
     "\"unknown\":2,\"worst\":null,\"yes\":0}",
     "1 seasons x 2 places: yes 0, no 0, not known 2; what it pays is not known\n"},
};

static void test_unknown_is_not_zero(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(doc_free) struct doc *report = NULL;
        AUTO(doc_free) struct doc *effect = doc_object();
        AUTO(buf_free) struct buf json = buf_new(4000), words = buf_new(4000);
        struct err err = {0};
        CHECK_OK(doc_parse(str_of(rows[i].report), "report", &report, &err), err);
        struct doc *made = effect_of(report);
        doc_put_text(effect, "past", "row");
        doc_put(effect, "new", made);
        doc_put_null(effect, "old");
        doc_canonical(made, &json);
        CHECK_TEXT(json.at, rows[i].effect);
        effect_words(effect, LANGUAGE_EN, &words);
        CHECK_HAS(words.at, rows[i].words);
    }
}

TEST_MAIN(cmocka_unit_test(test_unknown_is_not_zero))
