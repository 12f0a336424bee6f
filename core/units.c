#include "core/units.h"

#include "core/mem.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <udunits2.h>

// Read once, kept for the life of the process: the library's database of units.
static ut_system *units_system(void)
{
    static ut_system *system;
    if (!system) {
        (void)ut_set_error_message_handler(ut_ignore);
        system = ut_read_xml(NULL);
    }
    return system;
}

static void unit_free(ut_unit **unit)
{
    ut_free(*unit);
    *unit = NULL;
}

static void converter_free(cv_converter **converter)
{
    cv_free(*converter);
    *converter = NULL;
}

// Texts that were parsed lately: a file says the same few again and again.
enum { KNOWN_MAX = 32, KNOWN_SIZE = 64 };
struct known {
    char text[KNOWN_SIZE];
    ut_unit *unit;
};

static ut_unit *parse(const char *text)
{
    static struct known known[KNOWN_MAX];
    static size_t next;
    ut_system *system = units_system();
    for (size_t i = 0; i < KNOWN_MAX; i++) {
        if (known[i].unit && strcmp(known[i].text, text) == 0)
            return ut_clone(known[i].unit);
    }
    ut_unit *unit = system ? ut_parse(system, text, UT_UTF8) : NULL;
    if (unit && strlen(text) < KNOWN_SIZE) {
        struct known *place = &known[next++ % KNOWN_MAX];
        unit_free(&place->unit);
        memcpy(place->text, text, strlen(text) + 1);
        place->unit = ut_clone(unit);
    }
    return unit;
}

static enum err_kind refuse(const char *text, struct err *err)
{
    if (!units_system())
        return err_set(err, ERR_BROKEN, "udunits2 has no database; install libudunits2-data");
    return err_set(err, ERR_INPUT, "unknown unit \"%s\"", text);
}

enum err_kind units_convert(const char *from, const char *to, double *scale, double *offset,
                            struct err *err)
{
    AUTO(unit_free) ut_unit *a = parse(from);
    if (!a)
        return refuse(from, err);
    AUTO(unit_free) ut_unit *b = parse(to);
    if (!b)
        return refuse(to, err);
    AUTO(converter_free) cv_converter *converter = ut_get_converter(a, b);
    if (!converter)
        return err_set(err, ERR_INPUT, "\"%s\" cannot be turned into \"%s\"", from, to);
    *offset = cv_convert_double(converter, 0);
    *scale = cv_convert_double(converter, 1) - *offset;
    // A scale that is an integer or one's inverse is made exactly that, so that 0.001 m -> mm
    // does not carry the difference of two rounded numbers.
    double inverse = round(1 / *scale);
    if (fabs(*scale - round(*scale)) < 1e-9 * fabs(*scale))
        *scale = round(*scale);
    else if (fabs(*scale * inverse - 1) < 1e-9)
        *scale = 1 / inverse;
    return OK;
}

enum err_kind units_time_axis(const char *text, double *step_s, double *origin_s, struct err *err)
{
    if (!strstr(text, "since") && !strstr(text, "after") && !strchr(text, '@'))
        return err_set(err, ERR_INPUT, "\"%s\" has no \"since\": it is no time axis", text);
    AUTO(unit_free) ut_unit *axis = parse(text);
    if (!axis)
        return refuse(text, err);
    AUTO(unit_free) ut_unit *epoch = parse("seconds since 1970-01-01 00:00:00 UTC");
    AUTO(converter_free) cv_converter *converter = epoch ? ut_get_converter(axis, epoch) : NULL;
    if (!converter)
        return err_set(err, ERR_INPUT, "\"%s\" is no time axis", text);
    double origin = cv_convert_double(converter, 0);
    double step = cv_convert_double(converter, 1) - origin;
    *origin_s = round(origin * 1000) / 1000;
    *step_s = round(step * 1000) / 1000;
    return OK;
}
