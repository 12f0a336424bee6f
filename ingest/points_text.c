#include "ingest/points_text.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

enum { REAL_BYTES_MAX = 40, DIGITS_MAX = 18, EXPONENT_MAX = 99 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// The digits at the front; `*power` counts those that were too many to keep, or were a fraction.
static size_t take_digits(struct str *text, uint64_t *mantissa, size_t *kept, int *power, int step)
{
    size_t seen = 0;
    for (; text->len && is_digit(text->at[0]); seen++) {
        if (*kept < DIGITS_MAX) {
            *mantissa = *mantissa * 10 + (uint64_t)(text->at[0] - '0');
            *kept += *mantissa != 0;
            *power += step;
        } else {
            *power += step + 1;
        }
        text->at++;
        text->len--;
    }
    return seen;
}

static bool take_sign(struct str *text)
{
    bool minus = text->len && text->at[0] == '-';
    if (text->len && (minus || text->at[0] == '+')) {
        text->at++;
        text->len--;
    }
    return minus;
}

static bool take_exponent(struct str *text, int *power)
{
    if (!text->len)
        return true;
    if (text->at[0] != 'e' && text->at[0] != 'E')
        return false;
    text->at++;
    text->len--;
    bool minus = take_sign(text);
    int exponent = 0;
    size_t seen = 0;
    for (; text->len && is_digit(text->at[0]) && exponent <= EXPONENT_MAX; seen++) {
        exponent = exponent * 10 + (text->at[0] - '0');
        text->at++;
        text->len--;
    }
    *power += minus ? -exponent : exponent;
    return seen && exponent <= EXPONENT_MAX && text->len == 0;
}

bool text_real(struct str text, double *out)
{
    uint64_t mantissa = 0;
    size_t kept = 0;
    int power = 0;
    if (text.len == 0 || text.len > REAL_BYTES_MAX)
        return false;
    bool minus = take_sign(&text);
    size_t seen = take_digits(&text, &mantissa, &kept, &power, 0);
    if (text.len && text.at[0] == '.') {
        text.at++;
        text.len--;
        seen += take_digits(&text, &mantissa, &kept, &power, -1);
    }
    if (!seen || !take_exponent(&text, &power))
        return false;
    // One rounding only, where the power of ten is exact: "12.7" is the double nearest to 12.7.
    double value =
        power < 0 ? (double)mantissa / pow(10, -power) : (double)mantissa * pow(10, power);
    *out = minus ? -value : value;
    return true;
}

// --- times
// ------------------------------------------------------------------------------------------

enum piece {
    PIECE_YEAR,
    PIECE_YEAR_SHORT,
    PIECE_MONTH,
    PIECE_DAY,
    PIECE_HOUR,
    PIECE_MINUTE,
    PIECE_SECOND,
    PIECES
};

static const struct {
    const char *name;
    size_t digits_min, digits_max;
} pieces[PIECES] = {{"YYYY", 4, 4}, {"YY", 2, 2}, {"MM", 1, 2}, {"DD", 1, 2},
                    {"hh", 1, 2},   {"mm", 1, 2}, {"ss", 1, 2}};

// The piece that a pattern begins with, or PIECES.
static size_t piece_of(const char *pattern)
{
    for (size_t i = 0; i < PIECES; i++) {
        if (strncmp(pattern, pieces[i].name, strlen(pieces[i].name)) == 0)
            return i;
    }
    return PIECES;
}

bool text_is_pattern(const char *pattern)
{
    bool seen[PIECES] = {false};
    while (*pattern) {
        size_t piece = piece_of(pattern);
        if (piece == PIECES) {
            pattern++;
            continue;
        }
        if (seen[piece])
            return false;
        seen[piece] = true;
        pattern += strlen(pieces[piece].name);
    }
    return seen[PIECE_YEAR] != seen[PIECE_YEAR_SHORT];
}

static bool take_number(struct str *text, size_t piece, int *out)
{
    size_t digits = 0;
    int number = 0;
    while (digits < pieces[piece].digits_max && digits < text->len && is_digit(text->at[digits]))
        number = number * 10 + (text->at[digits++] - '0');
    text->at += digits;
    text->len -= digits;
    *out = number;
    return digits >= pieces[piece].digits_min;
}

static bool take_all(struct str text, const char *pattern, int part[PIECES])
{
    while (*pattern) {
        size_t piece = piece_of(pattern);
        if (piece == PIECES) {
            if (!text.len || text.at[0] != *pattern)
                return false;
            text.at++;
            text.len--;
            pattern++;
            continue;
        }
        if (!take_number(&text, piece, &part[piece]))
            return false;
        pattern += strlen(pieces[piece].name);
    }
    return text.len == 0;
}

enum err_kind text_time(struct str text, const char *pattern, struct utc *out, struct err *err)
{
    enum { SHORT_YEAR_OLD = 50 };
    int part[PIECES] = {-1, -1, 1, 1, 0, 0, 0};
    bool fits = take_all(text, pattern, part);
    if (part[PIECE_YEAR] < 0 && part[PIECE_YEAR_SHORT] >= 0)
        part[PIECE_YEAR] =
            part[PIECE_YEAR_SHORT] + (part[PIECE_YEAR_SHORT] >= SHORT_YEAR_OLD ? 1900 : 2000);
    struct civil civil = {part[PIECE_YEAR], part[PIECE_MONTH],  part[PIECE_DAY],
                          part[PIECE_HOUR], part[PIECE_MINUTE], part[PIECE_SECOND]};
    if (!fits || civil.year < 1 || civil.month < 1 || civil.month > 12 || civil.day < 1 ||
        civil.day > date_days_in_month(civil.year, civil.month) || civil.hour > 23 ||
        civil.minute > 59 || civil.second > 59)
        return err_set(err, ERR_INPUT, "\"%.*s\" is no time of the form %s",
                       (int)(text.len < REAL_BYTES_MAX ? text.len : REAL_BYTES_MAX), text.at,
                       pattern);
    *out = utc_of_civil(civil);
    return OK;
}
