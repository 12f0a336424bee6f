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

// Two shares of 0..1 beside each other, with a dashed diagonal: dots joined in their order.
struct chart_dot {
    double x, y;      // NaN: left out
    double low, high; // of y; NaN: none
};
struct chart_square {
    const char *title, *across, *up;
    const struct chart_dot *dot;
    size_t count;
    double level; // a dashed line across at this height; NaN: none
};
void chart_square_svg(const struct chart_square *chart, struct buf *out);

// What charts are made of; `style` is attributes of the element.
void chart_line(struct buf *out, double x1, double y1, double x2, double y2, const char *style);
void chart_label(struct buf *out, double x, double y, const char *style, const char *text);

// A text within XML or HTML: & < > and quotes escaped.
void chart_text(struct buf *out, const char *text);

#endif
