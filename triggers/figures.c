#include "triggers/price.h"

#include "core/mem.h"
#include "triggers/chart.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct figure *figures_add(struct figures *figures, const char *group, enum figure_kind kind,
                           double value, size_t n, const char *name, ...)
{
    assert(figures->count < FIGURES_MAX);
    struct figure *figure = &figures->at[figures->count++];
    *figure = (struct figure){
        .group = group, .kind = kind, .value = value, .low = NAN, .high = NAN, .n = n};
    va_list values;
    va_start(values, name);
    (void)vsnprintf(figure->name, sizeof(figure->name), name, values);
    va_end(values);
    return figure;
}

// Without the sign of what is written as 0.
static double unsigned_zero(double value, double least)
{
    return fabs(value) < least / 2 ? 0 : value;
}

static void put_value(const struct figures *figures, enum figure_kind kind, double value,
                      struct buf *out)
{
    if (isnan(value) || isinf(value)) {
        buf_text(out, "-");
        return;
    }
    switch (kind) {
    case FIGURE_VND:
        text_grouped(out, llround(value), ',');
        buf_text(out, " VND");
        return;
    case FIGURE_PERCENT:
        buf_print(out, "%.4f %%", unsigned_zero(value, 1e-4));
        return;
    case FIGURE_YEARS:
        buf_print(out, "%.2f seasons", value);
        return;
    case FIGURE_RATIO:
        buf_print(out, "%.4f", unsigned_zero(value, 1e-4));
        return;
    case FIGURE_INDEX:
        buf_print(out, "%.3f %s", unsigned_zero(value, 1e-3), figures->unit);
        return;
    }
}

static void put_interval(const struct figures *figures, const struct figure *figure,
                         struct buf *out)
{
    if (figure->fact) {
        buf_text(out, "as it was");
        return;
    }
    if (isnan(figure->low) || isnan(figure->high)) {
        buf_text(out, "-");
        return;
    }
    put_value(figures, figure->kind, figure->low, out);
    if (isinf(figure->high)) {
        buf_text(out, " or more");
        return;
    }
    buf_text(out, " to ");
    put_value(figures, figure->kind, figure->high, out);
}

void figures_text(const struct figures *figures, struct buf *out)
{
    const char *group = "";
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->at[i];
        AUTO(buf_free) struct buf value = buf_new(80);
        AUTO(buf_free) struct buf interval = buf_new(120);
        put_value(figures, figure->kind, figure->value, &value);
        put_interval(figures, figure, &interval);
        if (strcmp(group, figure->group) != 0)
            buf_print(out, "\n%s\n", figure->group);
        group = figure->group;
        buf_print(out, "  %-58s %20s   n = %-5zu 95 %%: %s\n", figure->name, value.at, figure->n,
                  interval.at);
    }
}

// Numbers as text: a document holds whole numbers only.
static void put_number(struct doc *doc, const char *key, double value)
{
    AUTO(buf_free) struct buf text = buf_new(40);
    if (isnan(value) || isinf(value)) {
        doc_put_null(doc, key);
        return;
    }
    buf_print(&text, "%.6f", unsigned_zero(value, 1e-6));
    doc_put_text(doc, key, text.at);
}

// Why one of a figure's numbers is null; NULL when none is.
static const char *why_null(const struct figure *figure)
{
    if (figure->n == 0)
        return "there is nothing that it is counted of";
    if (figure->fact)
        return "it is one season as it was, no estimate";
    if (isinf(figure->high))
        return isfinite(figure->value) ? "the interval has no upper end: low_95 or more"
                                       : "it did not happen: low_95 or more, without an upper end";
    if (!isfinite(figure->value))
        return "it is not defined: it divides by nothing";
    if (isnan(figure->low) || isnan(figure->high))
        return "no interval: too few seasons, or all alike";
    return NULL;
}

struct doc *figures_doc(const struct figures *figures)
{
    static const char *const kinds[] = {"VND", "percent", "seasons", "ratio", "index"};
    struct doc *list = doc_array();
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->at[i];
        struct doc *one = doc_object();
        doc_put_text(one, "group", figure->group);
        doc_put_text(one, "name", figure->name);
        doc_put_text(one, "unit",
                     figure->kind == FIGURE_INDEX ? figures->unit : kinds[figure->kind]);
        put_number(one, "value", figure->value);
        put_number(one, "low_95", figure->low);
        put_number(one, "high_95", figure->high);
        doc_put_int(one, "n", (int64_t)figure->n);
        if (why_null(figure))
            doc_put_text(one, "null_because", why_null(figure));
        doc_push(list, one);
    }
    return list;
}

void figures_html(const struct figures *figures, struct buf *out)
{
    const char *group = "";
    buf_text(out, "<table>\n<thead><tr><th scope=\"col\">figure</th><th scope=\"col\" "
                  "class=\"number\">value</th><th scope=\"col\" class=\"number\">n</th><th "
                  "scope=\"col\" class=\"number\">95 % interval</th></tr></thead>\n");
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->at[i];
        if (strcmp(group, figure->group) != 0) {
            buf_text(out, "<tr><th scope=\"rowgroup\" colspan=\"4\">");
            chart_text(out, figure->group);
            buf_text(out, "</th></tr>\n");
        }
        group = figure->group;
        buf_text(out, "<tr><td>");
        chart_text(out, figure->name);
        buf_text(out, "</td><td class=\"number\">");
        put_value(figures, figure->kind, figure->value, out);
        buf_print(out, "</td><td class=\"number\">%zu</td><td class=\"number\">", figure->n);
        put_interval(figures, figure, out);
        buf_text(out, "</td></tr>\n");
    }
    buf_text(out, "</table>\n");
}
