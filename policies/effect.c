#include "policies/effect.h"

#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/site.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum {
    REPORT_BYTES_MAX = 64 << 20,
    SERIES_BYTES_MAX = 1 << 30,
    COMPLAINT_BYTES_MAX = 600,
    BACKTEST_MS_MAX = 600000,
};

static int64_t number(const struct doc *doc, const char *key)
{
    return doc_int(doc_get(doc, key), 0);
}

// part / whole in thousandths, rounded up: what is compared with it is not held for a rounding.
static int64_t milli_of(int64_t part, int64_t whole)
{
    int64_t scaled;
    if (whole <= 0 || __builtin_mul_overflow(part, (int64_t)1000, &scaled))
        return 0;
    return (scaled + whole - 1) / whole;
}

// What is paid where nothing is known is null, and no 0.
static bool is_known(const struct doc *one)
{
    return !doc_is_null(doc_get(one, "pays_vnd"));
}

static bool is_worse(const struct doc *one, const struct doc *than)
{
    int64_t a = number(one, "pays_vnd"), b = number(than, "pays_vnd");
    return a != b ? a > b : number(one, "yes") > number(than, "yes");
}

// NULL when no season is known.
static struct doc *worst_of(const struct doc *report)
{
    const struct doc *seasons = doc_get(report, "seasons"), *worst = NULL;
    int64_t places = number(report, "places"), whole = 0;
    for (size_t i = 0; i < doc_count(seasons); i++) {
        const struct doc *one = doc_at(seasons, i);
        if (is_known(one) && (!worst || is_worse(one, worst)))
            worst = one;
    }
    if (!worst)
        return NULL;
    if (__builtin_mul_overflow(places, number(report, "sum_insured_vnd"), &whole))
        whole = 0;
    struct doc *made = doc_object();
    doc_put_text(made, "period", doc_text(doc_get(worst, "period"), ""));
    doc_put_int(made, "yes", number(worst, "yes"));
    doc_put_int(made, "pays_vnd", number(worst, "pays_vnd"));
    doc_put_int(made, "share_milli", milli_of(number(worst, "yes"), places));
    doc_put_int(made, "pays_milli", milli_of(number(worst, "pays_vnd"), whole));
    return made;
}

struct doc *effect_of(const struct doc *report)
{
    static const char *const keys[] = {"places", "yes", "no", "unknown", "sum_insured_vnd"};
    struct doc *made = doc_object(), *worst = worst_of(report);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        doc_put_int(made, keys[i], number(report, keys[i]));
    if (is_known(report))
        doc_put_int(made, "pays_vnd", number(report, "pays_vnd"));
    else
        doc_put_null(made, "pays_vnd");
    doc_put_int(made, "seasons", (int64_t)doc_count(doc_get(report, "seasons")));
    if (worst)
        doc_put(made, "worst", worst);
    else
        doc_put_null(made, "worst");
    return made;
}

// Runs another program of gong on a text, which stands in a file of run/ meanwhile.
static enum err_kind run(const struct site *site, struct str yaml, const char *const *words,
                         struct buf *out, struct err *err)
{
    enum { WORDS_MAX = 8 };
    AUTO(mem_drop) char *path = site_path(site, "run/proposal.yaml");
    AUTO(mem_drop) char *program = proc_program(words[0]);
    AUTO(buf_free) struct buf complaint = buf_new(COMPLAINT_BYTES_MAX);
    struct proc_limits limits = {.wall_ms = BACKTEST_MS_MAX, .output_bytes_max = REPORT_BYTES_MAX};
    const char *argv[WORDS_MAX + 1] = {program};
    int code = 0;
    for (size_t i = 1; i < WORDS_MAX && words[i]; i++)
        argv[i] = strcmp(words[i], "FILE") == 0 ? path : words[i];
    if (file_write(path, yaml, 0600, err))
        return err_of(err);
    enum err_kind kind = proc_run(argv, -1, &limits, out, &complaint, &code, err);
    (void)unlink(path); // what stays is written over
    if (kind)
        return kind;
    if (code)
        return err_set(err, ERR_INPUT, "%s does not take it: %.400s", words[0],
                       complaint.at ? complaint.at : "");
    return OK;
}

enum err_kind effect_cases(const struct site *site, struct str yaml, struct err *err)
{
    AUTO(buf_free) struct buf out = buf_new(REPORT_BYTES_MAX);
    AUTO(mem_drop) char *files = site_path(site, "policies");
    const char *const words[] = {"gong-trigger", "cases", "FILE", "--quiet",
                                 "--files",      files,   NULL};
    return run(site, yaml, words, &out, err);
}

static enum err_kind run_text(const struct effect_query *query, struct str yaml, struct doc **out,
                              struct err *err)
{
    AUTO(buf_free) struct buf report = buf_new(REPORT_BYTES_MAX);
    AUTO(doc_free) struct doc *doc = NULL;
    const char *const words[] = {"gong-backtest",
                                 "FILE",
                                 query->series ? "--series" : "--site",
                                 query->series ? query->series : site_folder(query->site),
                                 "--json",
                                 NULL};
    if (run(query->site, yaml, words, &report, err) ||
        doc_parse(buf_slice(&report), "gong-backtest", &doc, err))
        return err_of(err);
    *out = effect_of(doc);
    return OK;
}

static enum err_kind put_past(const struct effect_query *query, struct doc *effect, struct err *err)
{
    if (!query->series) {
        doc_put_text(effect, "past", "readings of the site");
        return OK;
    }
    AUTO(buf_free) struct buf bytes = buf_new(SERIES_BYTES_MAX), text = buf_new(100);
    if (file_read(query->series, &bytes, err))
        return err_of(err);
    buf_print(&text, "series %s", hash_hex(hash_of(buf_slice(&bytes))).at);
    doc_put_text(effect, "past", text.at);
    return OK;
}

enum err_kind effect_make(const struct effect_query *query, struct doc **out, struct err *err)
{
    AUTO(doc_free) struct doc *effect = doc_object();
    struct doc *now = NULL, *before = NULL;
    if (put_past(query, effect, err) || run_text(query, query->yaml, &now, err))
        return err_of(err);
    doc_put(effect, "new", now);
    if (query->old.len && run_text(query, query->old, &before, err))
        return err_add(err, "trying the version in force so far");
    if (before)
        doc_put(effect, "old", before);
    else
        doc_put_null(effect, "old");
    *out = TAKE(effect);
    return OK;
}

static void one_in_words(const struct doc *one, enum language language, struct buf *out)
{
    const struct doc *worst = doc_get(one, "worst");
    char point = language == LANGUAGE_VI ? '.' : ',';
    bool vi = language == LANGUAGE_VI;
    buf_print(out,
              vi ? "%" PRId64 " mùa x %" PRId64 " nơi: có %" PRId64 ", không %" PRId64
                   ", không rõ %" PRId64 "; "
                 : "%" PRId64 " seasons x %" PRId64 " places: yes %" PRId64 ", no %" PRId64
                   ", not known %" PRId64 "; ",
              number(one, "seasons"), number(one, "places"), number(one, "yes"), number(one, "no"),
              number(one, "unknown"));
    if (!is_known(one) || doc_count(worst) == 0) {
        buf_text(out, vi ? "không rõ chi trả bao nhiêu\n" : "what it pays is not known\n");
        return;
    }
    buf_text(out, vi ? "chi trả " : "pays ");
    text_grouped(out, number(one, "pays_vnd"), point);
    buf_print(out,
              vi ? " đ; nặng nhất %s: có %" PRId64 ", chi trả "
                 : " VND; worst %s: yes %" PRId64 ", pays ",
              doc_text(doc_get(worst, "period"), ""), number(worst, "yes"));
    text_grouped(out, number(worst, "pays_vnd"), point);
    buf_text(out, vi ? " đ\n" : " VND\n");
}

void effect_words(const struct doc *effect, enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    if (doc_count(effect) == 0) {
        buf_text(out, vi ? "Chưa thử trên quá khứ.\n" : "Not tried on a past.\n");
        return;
    }
    if (doc_get(effect, "no_past")) {
        buf_print(out, vi ? "Chưa thử trên quá khứ: %s\n" : "Not tried on a past: %s\n",
                  doc_text(doc_get(effect, "no_past"), ""));
        return;
    }
    buf_print(out, vi ? "Thử trên quá khứ (%s)\n" : "Tried on the past (%s)\n",
              doc_text(doc_get(effect, "past"), ""));
    buf_text(out, vi ? "  mới: " : "  new: ");
    one_in_words(doc_get(effect, "new"), language, out);
    if (doc_count(doc_get(effect, "old")) == 0)
        return;
    buf_text(out, vi ? "  đang dùng: " : "  in force: ");
    one_in_words(doc_get(effect, "old"), language, out);
}
