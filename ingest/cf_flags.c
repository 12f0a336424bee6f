#include "ingest/cf_flags.h"

#include "core/mem.h"
#include "core/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MEANINGS_SIZE = 4096 };

// What the file says of its flags. One more than there may be, so that too many are seen.
struct legend {
    char meanings[MEANINGS_SIZE]; // words, white space between them
    size_t words, values, masks;
    double value[CF_FLAGS_MAX + 1], mask[CF_FLAGS_MAX + 1];
};

// Moves past the next word; false when there is none.
static bool take_meaning(struct str *rest, struct str *word)
{
    static const char SPACE[] = " \t\n\v\f\r";
    *rest = str_trim(*rest);
    size_t len = 0;
    while (len < rest->len && !strchr(SPACE, rest->at[len]))
        len++;
    *word = (struct str){rest->at, len};
    rest->at += len;
    rest->len -= len;
    return len > 0;
}

// Attributes of bytes that are _Unsigned are so, too (NetCDF User Guide); the cells are read so.
static size_t read_numbers(const struct ncgrid *file, const struct ncvar *var,
                           const char *attribute, double *out)
{
    size_t count = ncgrid_numbers(file, var, attribute, out, CF_FLAGS_MAX + 1);
    for (size_t i = 0; i < count; i++)
        out[i] += var->pack.wraps && out[i] < 0 ? UINT8_MAX + 1 : 0;
    return count;
}

static void read_legend(const struct ncgrid *file, const struct ncvar *var, struct legend *out)
{
    struct str word;
    (void)ncgrid_text(file, var, "flag_meanings", out->meanings, sizeof(out->meanings));
    struct str rest = str_of(out->meanings);
    while (take_meaning(&rest, &word))
        out->words++;
    out->values = read_numbers(file, var, "flag_values", out->value);
    out->masks = read_numbers(file, var, "flag_masks", out->mask);
}

// The place of a word among the meanings; SIZE_MAX: it is not there.
static size_t place_of(const struct legend *legend, struct str name)
{
    struct str rest = str_of(legend->meanings), word;
    for (size_t i = 0; take_meaning(&rest, &word); i++) {
        if (str_same(word, name))
            return i;
    }
    return SIZE_MAX;
}

static bool is_whole(double value)
{
    static const double TOP = 9007199254740992.0; // 2^53: a double is exact up to there
    return fabs(value) <= TOP && value == floor(value);
}

// Of signed numbers the top bit, too.
static uint64_t bits_of(double value)
{
    return (uint64_t)(int64_t)value;
}

static enum err_kind take_number(const struct legend *legend, struct str name,
                                 struct cf_flags *flags, struct err *err)
{
    int64_t milli;
    struct err why = {0};
    if (num_milli(name, &milli, &why))
        return err_set(err, ERR_INPUT, "\"%s\" has no flag \"" STR_FMT "\"; it has: %s",
                       flags->var.name, STR_ARG(name),
                       *legend->meanings ? legend->meanings : "numbers without names");
    double number = (double)milli / 1000;
    bool is_mask = false;
    for (size_t i = 0; i < legend->masks; i++)
        is_mask = is_mask || legend->mask[i] == number;
    if (legend->masks && !(is_mask && is_whole(number)))
        return err_set(err, ERR_INPUT,
                       STR_FMT " is none of the flag_masks of \"%s\"; name the flag: %s",
                       STR_ARG(name), flags->var.name, legend->meanings);
    flags->flag[flags->count].is_masked = is_mask;
    flags->flag[flags->count].mask = is_mask ? bits_of(number) : 0;
    flags->flag[flags->count].value = is_mask ? 0 : number;
    flags->count++;
    return OK;
}

static enum err_kind take_word(const struct legend *legend, struct str name, struct cf_flags *flags,
                               struct err *err)
{
    size_t i = place_of(legend, name), f = flags->count;
    bool masked = legend->masks > 0;
    if (legend->masks > CF_FLAGS_MAX ||
        (i != SIZE_MAX && (legend->words > CF_FLAGS_MAX || legend->values > CF_FLAGS_MAX)))
        return err_set(err, ERR_INPUT, "\"%s\" has more than %d flags, which is more than is read",
                       flags->var.name, CF_FLAGS_MAX);
    if (i == SIZE_MAX)
        return take_number(legend, name, flags, err);
    size_t told = masked ? legend->masks : legend->values;
    if (told != legend->words || (masked && legend->values && legend->values != told))
        return err_set(err, ERR_INPUT,
                       "\"%s\" has %zu flag_meanings and %zu numbers for them; name the flag by "
                       "its number",
                       flags->var.name, legend->words, told);
    if (masked && (!is_whole(legend->mask[i]) || (legend->values && !is_whole(legend->value[i]))))
        return err_set(err, ERR_INPUT, "the flag_masks of \"%s\" are no bits", flags->var.name);
    flags->flag[f].is_masked = masked;
    flags->flag[f].has_bits = masked && legend->values;
    flags->flag[f].mask = masked ? bits_of(legend->mask[i]) : 0;
    flags->flag[f].bits = flags->flag[f].has_bits ? bits_of(legend->value[i]) : 0;
    flags->flag[f].value = masked ? 0 : legend->value[i];
    flags->count++;
    return OK;
}

// The flags have to lie on the field's cells; other dimensions (a time) may be missing.
static enum err_kind match_dims(const struct ncvar *field, struct cf_flags *flags, struct err *err)
{
    size_t at = 0;
    for (size_t i = 0; i < flags->var.dims; i++, at++) {
        while (at < field->dims && field->dim[at].id != flags->var.dim[i].id)
            at++;
        if (at == field->dims)
            return err_set(err, ERR_INPUT,
                           "the flags \"%s\" have a dimension \"%s\" that \"%s\" has not, or in "
                           "another order",
                           flags->var.name, flags->var.dim[i].name, field->name);
        flags->dim[i] = at;
    }
    return OK;
}

static enum err_kind refuse_flags(const struct ncgrid *file, const struct ncvar *var,
                                  struct err *err)
{
    char text[MEANINGS_SIZE];
    if (ncgrid_text(file, var, "flag_meanings", text, sizeof(text)) &&
        !ncgrid_text(file, var, "units", text, sizeof(text)))
        return err_set(err, ERR_INPUT,
                       "\"%s\" is a variable of flags, not of weather; name it under \"where:\" "
                       "of the variable that it is about",
                       var->name);
    return OK;
}

enum err_kind cf_flags_find(const struct ncgrid *file, const struct ncvar *var,
                            const struct wanted *wanted, struct cf_flags *out, struct err *err)
{
    struct cf_flags flags = {.is_asked = *wanted->where, .field_dims = var->dims};
    struct legend legend = {.words = 0};
    struct str rest = str_of(wanted->where), name, word;
    if (refuse_flags(file, var, err))
        return err_of(err);
    *out = flags;
    if (!flags.is_asked)
        return OK;
    (void)str_take_field(&rest, '=', &name); // wanted_where_parse has seen that there is one
    name = str_trim(name);
    flags.except = name.len && name.at[name.len - 1] == '!';
    name.len -= flags.except ? 1 : 0;
    AUTO(mem_drop) char *path = str_copy(str_trim(name));
    if (ncgrid_find(file, path, &flags.var, err))
        return err_add(err, "looking for the flags of \"%s\"", wanted->reads);
    if (!flags.var.numeric)
        return err_set(err, ERR_INPUT, "the flags \"%s\" are %s, not numbers", path,
                       flags.var.holds);
    if (match_dims(var, &flags, err))
        return err_of(err);
    read_legend(file, &flags.var, &legend);
    while (str_take_field(&rest, '|', &word)) {
        if (flags.count == CF_FLAGS_MAX)
            return err_set(err, ERR_INPUT, "more than %d flags of \"%s\" are named", CF_FLAGS_MAX,
                           path);
        if (take_word(&legend, str_trim(word), &flags, err))
            return err_of(err);
    }
    *out = flags;
    return OK;
}

static bool has(const struct cf_flags *flags, double stored)
{
    for (size_t i = 0; i < flags->count; i++) {
        uint64_t mask = flags->flag[i].mask;
        if (!flags->flag[i].is_masked) {
            if (stored == flags->flag[i].value)
                return true;
        } else if (is_whole(stored)) {
            uint64_t bits = bits_of(stored) & mask;
            if (flags->flag[i].has_bits ? bits == flags->flag[i].bits : bits != 0)
                return true;
        }
    }
    return false;
}

void cf_flags_part(const struct cf_flags *flags, const size_t *start, const size_t *count,
                   size_t *from, size_t *many)
{
    for (size_t i = 0; i < flags->var.dims; i++) {
        from[i] = start[flags->dim[i]];
        many[i] = count[flags->dim[i]];
    }
}

enum err_kind cf_flags_hide(const struct ncgrid *file, const struct cf_flags *flags,
                            const size_t *start, const size_t *count, double *value, double *flag,
                            struct err *err)
{
    size_t from[NCGRID_DIMS_MAX] = {0}, many[NCGRID_DIMS_MAX] = {0}, cells = 1, theirs = 1;
    cf_flags_part(flags, start, count, from, many);
    for (size_t i = 0; i < flags->var.dims; i++)
        theirs *= many[i];
    for (size_t i = 0; i < flags->field_dims; i++)
        cells *= count[i];
    if (theirs != cells)
        return err_set(err, ERR_INPUT, "the flags \"%s\" have no value for each cell",
                       flags->var.name);
    if (ncgrid_values(file, &flags->var, from, many, flag, err))
        return err_of(err);
    for (size_t i = 0; i < cells; i++) {
        bool counts = !isnan(flag[i]) && has(flags, flag[i]) != flags->except;
        value[i] = counts ? value[i] : NAN;
    }
    return OK;
}
