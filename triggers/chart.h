#ifndef GONG_TRIGGERS_CHART_H
#define GONG_TRIGGERS_CHART_H

#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// A chart of seasons as SVG, for people: the index of each with its strike above, what was paid
// below. Colours that a colour-blind reader can tell, and a title and text for who cannot see it.
struct chart_bar {
    const char *name;         // "2016"
    double least, mean, most; // of the index; NaN: not known
    double paid;              // 0..1 of what could be paid, or of communes that were warned
    bool reported;            // a bad season by report: marked
};
struct chart {
    const char *title, *index, *paid; // the title, and what the two halves show
    const struct chart_bar *bar;
    size_t count;
    const double *line; // [lines] strikes and thresholds, of the index
    size_t lines;
};

// Appends one <svg> element. The same data give the same bytes.
void chart_svg(const struct chart *chart, struct buf *out);

// A text within XML or HTML: & < > and quotes escaped.
void chart_text(struct buf *out, const char *text);

#endif
