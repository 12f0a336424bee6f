#include "triggers/chart.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

// Sizes in SVG units (px).
enum {
    WIDTH = 960,
    HEIGHT = 420,
    LEFT = 64,
    RIGHT = 16,
    TOP = 40,
    INDEX_HEIGHT = 210,
    PAID_TOP = 290,
    PAID_HEIGHT = 80,
    LETTER = 7, // how wide one is at most, so that names do not lie over one another
};

void chart_text(struct buf *out, const char *text)
{
    buf_markup(out, str_of(text));
}

// The next of 1, 2, 5 x 10^n, so that about five marks fit.
static double step_of(double range)
{
    double rough = range / 5, ten = pow(10, floor(log10(rough)));
    double times = rough / ten;
    return (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10) * ten;
}

static void ends_of(const struct chart *chart, double *low, double *high)
{
    *low = 0;
    *high = 0;
    for (size_t i = 0; i < chart->count; i++) {
        const struct chart_bar *bar = &chart->bar[i];
        *low = bar->least < *low ? bar->least : *low;
        *high = bar->most > *high ? bar->most : *high;
    }
    for (size_t i = 0; i < chart->lines; i++) {
        *low = chart->line[i] < *low ? chart->line[i] : *low;
        *high = chart->line[i] > *high ? chart->line[i] : *high;
    }
    if (!(*high > *low))
        *high = *low + 1;
}

void chart_line(struct buf *out, double x1, double y1, double x2, double y2, const char *style)
{
    buf_print(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2,
              style);
}

void chart_label(struct buf *out, double x, double y, const char *style, const char *text)
{
    buf_print(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, style);
    chart_text(out, text);
    buf_text(out, "</text>\n");
}

struct scale {
    double low, high;
};

static double y_of(struct scale scale, double value)
{
    return TOP + INDEX_HEIGHT * (1 - (value - scale.low) / (scale.high - scale.low));
}

static void put_axis(const struct chart *chart, struct scale scale, struct buf *out)
{
    double step = step_of(scale.high - scale.low);
    int first = (int)ceil(scale.low / step), last = (int)floor(scale.high / step + 0.001);
    for (int i = first; i <= last; i++) {
        double value = i * step;
        struct buf number = buf_new(32);
        text_milli(&number, llround(value * 1000), '.');
        chart_line(out, LEFT, y_of(scale, value), WIDTH - RIGHT, y_of(scale, value),
                   "stroke=\"#ddd\"");
        chart_label(out, LEFT - 6, y_of(scale, value) + 4, "text-anchor=\"end\"",
                    number.at ? number.at : "0");
        buf_free(&number);
    }
    for (size_t i = 0; i < chart->lines; i++)
        chart_line(out, LEFT, y_of(scale, chart->line[i]), WIDTH - RIGHT,
                   y_of(scale, chart->line[i]),
                   "stroke=\"#b2182b\" stroke-width=\"1.5\" stroke-dasharray=\"6 4\"");
    chart_label(out, LEFT, TOP - 8, "fill=\"#444\"", chart->index);
    chart_line(out, LEFT, PAID_TOP + PAID_HEIGHT, WIDTH - RIGHT, PAID_TOP + PAID_HEIGHT,
               "stroke=\"#444\"");
    chart_label(out, LEFT, PAID_TOP - 6, "fill=\"#444\"", chart->paid);
    chart_label(out, LEFT - 6, PAID_TOP + 8, "text-anchor=\"end\"", "100 %");
    chart_label(out, LEFT - 6, PAID_TOP + PAID_HEIGHT, "text-anchor=\"end\"", "0 %");
}

static double room_of(const struct chart *chart)
{
    return (double)(WIDTH - LEFT - RIGHT) / (double)chart->count;
}

// Behind all else.
static void put_reported(const struct chart *chart, struct buf *out)
{
    double room = room_of(chart);
    for (size_t i = 0; i < chart->count; i++) {
        if (chart->bar[i].reported)
            buf_print(out,
                      "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#fee8c8\"/>\n",
                      LEFT + room * (double)i, TOP, room, PAID_TOP + PAID_HEIGHT - TOP);
    }
}

static void put_bar(const struct chart *chart, size_t i, struct scale scale, struct buf *out)
{
    const struct chart_bar *bar = &chart->bar[i];
    double room = room_of(chart), middle = LEFT + room * ((double)i + 0.5), width = room * 0.7;
    if (!isnan(bar->mean)) {
        chart_line(out, middle, y_of(scale, bar->least), middle, y_of(scale, bar->most),
                   "stroke=\"#67a9cf\" stroke-width=\"3\"");
        buf_print(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#02818a\"/>\n", middle,
                  y_of(scale, bar->mean));
    }
    double height = PAID_HEIGHT * bar->paid;
    if (bar->paid > 0)
        buf_print(out,
                  "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#b2182b\"/>\n",
                  middle - width / 2, PAID_TOP + PAID_HEIGHT - height, width, height);
}

// A day's first moment is named by the day.
static size_t length_of(const char *name)
{
    static const char midnight[] = "T00:00:00Z";
    size_t len = strlen(name), end = sizeof(midnight) - 1;
    return len > end && strcmp(name + len - end, midnight) == 0 ? len - end : len;
}

static void put_names(const struct chart *chart, struct buf *out)
{
    double room = room_of(chart), widest = 1;
    for (size_t i = 0; i < chart->count; i++)
        widest = fmax(widest, (double)(LETTER * (length_of(chart->bar[i].name) + 1)));
    size_t every = (size_t)ceil(widest / room);
    for (size_t i = 0; i < chart->count; i += every) {
        AUTO(buf_free) struct buf name = buf_new(64);
        buf_str(&name, (struct str){chart->bar[i].name, length_of(chart->bar[i].name)});
        chart_label(out, LEFT + room * ((double)i + 0.5), PAID_TOP + PAID_HEIGHT + 16,
                    "text-anchor=\"middle\"", name.at ? name.at : "");
    }
}

void chart_svg(const struct chart *chart, struct buf *out)
{
    struct scale scale;
    ends_of(chart, &scale.low, &scale.high);
    buf_print(out,
              "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
              "font-family=\"sans-serif\" font-size=\"11\">\n<title>",
              WIDTH, HEIGHT);
    chart_text(out, chart->title);
    buf_text(out, "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    chart_label(out, LEFT, 18, "font-size=\"14\" font-weight=\"bold\"", chart->title);
    put_reported(chart, out);
    put_axis(chart, scale, out);
    for (size_t i = 0; i < chart->count; i++)
        put_bar(chart, i, scale, out);
    put_names(chart, out);
    buf_text(out, "</svg>\n");
}
