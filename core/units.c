#include "core/units.h"

#include "core/mem.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <udunits2.h>

// Read once, kept for the life of the process: the library's database of units.
static ut_system *units_system(bool closed)
{
    static ut_system *system;
    if (!system && !closed) {
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

// --- the common ones
// ------------------------------------------------------------------------------

// What nearly every file counts in, so that the library's database (13 ms to read) is not needed
// for it. A number of the unit is up/down of the kind's base unit, and `zero` of it lies there.
struct common {
    const char *text;
    enum { LENGTH, MASS_OF_AREA, SPEED, MASS_FLUX, TEMPERATURE, DURATION } kind;
    double up, down, zero;
};

static const struct common *common_of(const char *text)
{
    static const struct common all[] = {
        {"m", LENGTH, 1, 1, 0},
        {"mm", LENGTH, 1, 1000, 0},
        {"kg m-2", MASS_OF_AREA, 1, 1, 0},
        {"kg m**-2", MASS_OF_AREA, 1, 1, 0},
        {"m s-1", SPEED, 1, 1, 0},
        {"m/s", SPEED, 1, 1, 0},
        {"m s**-1", SPEED, 1, 1, 0},
        {"mm s-1", SPEED, 1, 1000, 0},
        {"mm/hr", SPEED, 1, 3600000, 0},
        {"mm hr-1", SPEED, 1, 3600000, 0},
        {"mm/day", SPEED, 1, 86400000, 0},
        {"mm day-1", SPEED, 1, 86400000, 0},
        {"m day-1", SPEED, 1, 86400, 0},
        {"kg m-2 s-1", MASS_FLUX, 1, 1, 0},
        {"kg m**-2 s**-1", MASS_FLUX, 1, 1, 0},
        {"kg m-2 day-1", MASS_FLUX, 1, 86400, 0},
        {"K", TEMPERATURE, 1, 1, 0},
        {"degC", TEMPERATURE, 1, 1, 273.15},
        {"s", DURATION, 1, 1, 0},
        {"second", DURATION, 1, 1, 0},
        {"seconds", DURATION, 1, 1, 0},
        {"min", DURATION, 60, 1, 0},
        {"minute", DURATION, 60, 1, 0},
        {"minutes", DURATION, 60, 1, 0},
        {"h", DURATION, 3600, 1, 0},
        {"hour", DURATION, 3600, 1, 0},
        {"hours", DURATION, 3600, 1, 0},
        {"d", DURATION, 86400, 1, 0},
        {"day", DURATION, 86400, 1, 0},
        {"days", DURATION, 86400, 1, 0},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(all[i].text, text) == 0)
            return &all[i];
    }
    return NULL;
}

// --- the library's
// --------------------------------------------------------------------------------

// Whether the database may be read, and whether it was missed since it may not.
static struct {
    bool closed, missed;
} database;

static enum err_kind refuse_database(struct err *err)
{
    return err_set(err, ERR_BROKEN, "udunits2 has no database; install libudunits2-data");
}

enum err_kind units_open_database(struct err *err)
{
    return units_system(database.closed) ? OK : refuse_database(err);
}

void units_close_database(void)
{
    database.closed = true;
}

bool units_missed(void)
{
    return database.missed;
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
    ut_system *system = units_system(database.closed);
    database.missed = database.missed || (!system && database.closed);
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
    if (!units_system(database.closed))
        return refuse_database(err);
    return err_set(err, ERR_INPUT, "unknown unit \"%s\"", text);
}

static enum err_kind refuse_pair(const char *from, const char *to, struct err *err)
{
    return err_set(err, ERR_INPUT, "\"%s\" cannot be turned into \"%s\"", from, to);
}

// A scale that is an integer or one's inverse is made exactly that, so that 0.001 m -> mm does not
// carry the difference of two rounded numbers.
static double neat(double scale)
{
    double inverse = round(1 / scale);
    if (fabs(scale - round(scale)) < 1e-9 * fabs(scale))
        return round(scale);
    return fabs(scale * inverse - 1) < 1e-9 ? 1 / inverse : scale;
}

enum err_kind units_convert(const char *from, const char *to, double *scale, double *offset,
                            struct err *err)
{
    const struct common *one = common_of(from), *other = common_of(to);
    if (one && other) {
        if (one->kind != other->kind)
            return refuse_pair(from, to, err);
        *scale = neat(one->up * other->down / (one->down * other->up));
        *offset = one->zero - other->zero;
        return OK;
    }
    AUTO(unit_free) ut_unit *a = parse(from);
    if (!a)
        return refuse(from, err);
    AUTO(unit_free) ut_unit *b = parse(to);
    if (!b)
        return refuse(to, err);
    AUTO(converter_free) cv_converter *converter = ut_get_converter(a, b);
    if (!converter)
        return refuse_pair(from, to, err);
    *offset = cv_convert_double(converter, 0);
    *scale = neat(cv_convert_double(converter, 1) - *offset);
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
