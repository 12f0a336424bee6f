// Polygons of CAP as large as a survey draws them: whether they cross themselves is known in time,
// or said not to be.
#include "core/mem.h"
#include "core/xml.h"
#include "notify/cap_check.h"
#include "tests/check.h"
#include "tests/notify/cap_alert.h"

#include <math.h>
#include <string.h>

enum { RING_BYTES_MAX = 8 << 20 };

// An outline that wanders: a star around 15 N, 108 E. `swap` > 0: that point and the one half the
// ring away change places.
static void put_star(size_t count, size_t swap, struct buf *out)
{
    for (size_t i = 0; i <= count; i++) {
        size_t at = i % count;
        if (swap > 0 && (at == swap || at == swap + count / 2))
            at = (at + count / 2) % count;
        double turn = 2 * M_PI * (double)at / (double)count, far = at % 2 ? 4 : 4.001;
        buf_print(out, "%s%.6f,%.6f", i ? " " : "", 15 + far * sin(turn), 108 + far * cos(turn));
    }
}

// Strokes beside each other, from one end of the country to the other and back: every box meets
// every other, and no two strokes cross.
static void put_strokes(size_t count, struct buf *out)
{
    for (size_t i = 0; i <= count; i++) {
        double beside = (double)(i % count) / 1e6;
        buf_print(out, "%s%.6f,%.6f", i ? " " : "", (i % count % 2 ? 20 : 9) + beside,
                  (i % count % 2 ? 115 : 103) - beside);
    }
}

// The alert with this polygon in both languages; what the check says of it.
static void check_ring(const struct buf *ring, struct cap_findings *findings)
{
    struct err err = {0};
    AUTO(buf_free) struct buf good = buf_new(CAP_BYTES_MAX), made = buf_new(RING_BYTES_MAX);
    AUTO(xml_free) struct xml *xml = NULL;
    struct cap_alert alert = alert_of(true);
    CHECK_OK(cap_write(&alert, &good, &err), err);
    const char *rest = good.at, *at;
    for (; (at = strstr(rest, alert.polygon[0])) != NULL; rest = at + strlen(alert.polygon[0])) {
        buf_add(&made, rest, (size_t)(at - rest));
        buf_str(&made, buf_slice(ring));
    }
    buf_text(&made, rest);
    CHECK(!made.full);
    CHECK_OK(xml_parse(buf_slice(&made), "f", &xml, &err), err);
    cap_check(xml, CAP_OURS, findings);
}

static void test_large_rings(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t count, swap;
        bool is_strokes;
        const char *says; // NULL: nothing is found
    } rows[] = {
        {"a ring of 100,000 points", 100000, 0, false, NULL},
        {"that crosses itself at one of them", 100000, 33333, false, "polygon crosses itself"},
        {"5,001 points are as good as 5,000", 5001, 0, false, NULL},
        {"5,001 points that cross", 5001, 7, false, "polygon crosses itself"},
        {"2,001 strokes that all lie beside each other", 2001, 0, true, NULL},
        {"50,001 of them", 50001, 0, true, "polygon has 50001 sides so close to each other"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf ring = buf_new(RING_BYTES_MAX);
        struct cap_findings findings;
        if (rows[i].is_strokes)
            put_strokes(rows[i].count, &ring);
        else
            put_star(rows[i].count, rows[i].swap, &ring);
        check_ring(&ring, &findings);
        CHECK_INT(findings.count, rows[i].says ? 2 : 0); // in each language
        if (rows[i].says)
            CHECK_HAS(findings.at[0].text, rows[i].says);
    }
    ROW("more points than a polygon may have");
    AUTO(buf_free) struct buf many = buf_new(RING_BYTES_MAX);
    struct cap_findings findings;
    for (size_t i = 0; i <= 200000; i++)
        buf_text(&many, i ? " 15,108" : "15,108");
    check_ring(&many, &findings);
    CHECK_HAS(findings.at[0].text, "polygon has more than 200000 points; draw it with fewer");
}

TEST_MAIN(cmocka_unit_test(test_large_rings))
