#include "triggers/chart.h"

#include "core/mem.h"

#include <math.h>

// Sizes in SVG units (px).
enum { SIDE = 460, LEFT = 60, TOP = 40, PLOT = 360, MARKS = 5 };

static double x_of(double share)
{
    return LEFT + PLOT * share;
}

static double y_of(double share)
{
    return TOP + PLOT * (1 - share);
}

static void put_axes(const struct chart_square *chart, struct buf *out)
{
    for (int i = 0; i <= MARKS; i++) {
        AUTO(buf_free) struct buf number = buf_new(16);
        double share = (double)i / MARKS;
        buf_print(&number, "%.1f", share);
        chart_line(out, x_of(share), y_of(0), x_of(share), y_of(1), "stroke=\"#ddd\"");
        chart_line(out, x_of(0), y_of(share), x_of(1), y_of(share), "stroke=\"#ddd\"");
        chart_label(out, x_of(share), y_of(0) + 16, "text-anchor=\"middle\"", number.at);
        chart_label(out, x_of(0) - 6, y_of(share) + 4, "text-anchor=\"end\"", number.at);
    }
    chart_line(out, x_of(0), y_of(0), x_of(1), y_of(1), "stroke=\"#444\" stroke-dasharray=\"3 3\"");
    if (!isnan(chart->level))
        chart_line(out, x_of(0), y_of(chart->level), x_of(1), y_of(chart->level),
                   "stroke=\"#b2182b\" stroke-dasharray=\"6 4\"");
    chart_label(out, x_of(0), TOP - 8, "fill=\"#444\"", chart->up);
    chart_label(out, x_of(1), y_of(0) + 34, "text-anchor=\"end\" fill=\"#444\"", chart->across);
}

static void put_dots(const struct chart_square *chart, struct buf *out)
{
    const struct chart_dot *last = NULL;
    for (size_t i = 0; i < chart->count; i++) {
        const struct chart_dot *dot = &chart->dot[i];
        if (isnan(dot->x) || isnan(dot->y))
            continue;
        if (!isnan(dot->low) && !isnan(dot->high))
            chart_line(out, x_of(dot->x), y_of(dot->low), x_of(dot->x), y_of(dot->high),
                       "stroke=\"#67a9cf\" stroke-width=\"3\"");
        if (last)
            chart_line(out, x_of(last->x), y_of(last->y), x_of(dot->x), y_of(dot->y),
                       "stroke=\"#02818a\" stroke-width=\"1.5\"");
        buf_print(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#02818a\"/>\n", x_of(dot->x),
                  y_of(dot->y));
        last = dot;
    }
}

void chart_square_svg(const struct chart_square *chart, struct buf *out)
{
    buf_print(out,
              "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
              "style=\"max-width:%dpx\" font-family=\"sans-serif\" font-size=\"11\">\n<title>",
              SIDE, SIDE, SIDE);
    chart_text(out, chart->title);
    buf_text(out, "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    chart_label(out, LEFT, 18, "font-size=\"14\" font-weight=\"bold\"", chart->title);
    put_axes(chart, out);
    put_dots(chart, out);
    buf_text(out, "</svg>\n");
}
