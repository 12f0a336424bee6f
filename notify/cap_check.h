#ifndef GONG_NOTIFY_CAP_CHECK_H
#define GONG_NOTIFY_CAP_CHECK_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct doc;
struct xml;
struct xml_node;

// What is wrong with a CAP 1.2 alert. Pure.
//
//   CAP_FOREIGN  what the schema asks for, and what would mislead a reader: polygons that are open,
//                cross themselves or lie nowhere on Earth, times that contradict one another,
//                references that name nothing
//   CAP_OURS     beyond that how we write: vi-VN first and en, the same facts in each language,
//                an end, a headline of at most 160 letters, NFC, times in +07:00, a drill that says
//                so, places within Việt Nam
enum cap_rules { CAP_FOREIGN, CAP_OURS };

enum { CAP_FINDINGS_MAX = 32, CAP_NAMESPACE_LEN = 38 };
extern const char cap_namespace[]; // of CAP 1.2

struct cap_finding {
    bool is_error; // else a warning
    size_t line;
    char text[200];
};
struct cap_findings {
    struct cap_finding at[CAP_FINDINGS_MAX]; // the first ones
    size_t count, errors;                    // of all
};
void cap_check(const struct xml *xml, enum cap_rules rules, struct cap_findings *out);

// The first error as an error of ours (ERR_INPUT, with name and line); OK when there is none.
MUST_USE enum err_kind cap_verdict(const struct cap_findings *findings, const char *name,
                                   struct err *err);

// Whether a responseType asks people for something, so that words must say how.
bool cap_asks_for_action(const char *response);

// --- for the parts of the check; see cap_form.c, cap_check.c, cap_place.c
PRINTF(4, 5)
void cap_say(struct cap_findings *out, bool is_error, const struct xml_node *node, const char *text,
             ...);

// Elements, their order, number and values, as the schema has them. False when the rest of the
// check makes no sense.
bool cap_check_form(const struct xml_node *alert, struct cap_findings *out);

// polygon, circle: coordinates, closure, crossing.
void cap_check_place(const struct xml_node *area, enum cap_rules rules, struct cap_findings *out);

// In millionths of a degree.
struct cap_point {
    int64_t lat, lon;
};

// Whether an outline surely passes the check of a polygon: it is closed and does not cross itself.
bool cap_ring_is_simple(const struct cap_point *point, size_t count);

// What the areas of an alert say in numbers, in its infos of the language of the first, for those
// who hold it against communes: polygons [lat, lon, lat, lon ... in millionths of a degree],
// circles [lat, lon, radius in m] and geocodes "NAME=VALUE"; the first 4,000 geocodes that can be
// read, and the first 500 figures; of each behind those its box, as a border, and of all behind
// 2,000 such one box. Polygons are given whole up to 5,000 points together; one that passes this
// with fewer, and with it the boxes that its outline runs through, borders [lat, lon, lat, lon, the
// least first]: polygons and borders together hold all that it holds. Heap, doc_free; NULL: none.
struct doc *cap_area_numbers(const struct xml_node *alert);

// "2024-09-07T13:00:00+07:00": the form of CAP, no "Z", no fraction.
MUST_USE bool cap_time(struct str text, struct utc *out);

#endif
