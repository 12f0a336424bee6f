#include "ingest/cf_flags.h"

#include "core/mem.h"
#include "core/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MEANINGS_SIZE = 1024 };

// What the file says of its flags.
struct legend {
    char meanings[MEANINGS_SIZE]; // words, blanks between them
    size_t words, values, masks;
    double value[CF_FLAGS_MAX], mask[CF_FLAGS_MAX];
};

static void read_legend(const struct ncgrid *file, const struct ncvar *var, struct legend *out)
{
    struct str word;
    (void)ncgrid_text(file, var, "flag_meanings", out->meanings, sizeof(out->meanings));
    struct str rest = str_of(out->meanings);
    while (str_take_field(&rest, ' ', &word))
        out->words += word.len ? 1 : 0;
    out->values = ncgrid_numbers(file, var, "flag_values", out->value, CF_FLAGS_MAX);
    out->masks = ncgrid_numbers(file, var, "flag_masks", out->mask, CF_FLAGS_MAX);
}

// The place of a word among the meanings; SIZE_MAX: it is not there.
static size_t place_of(const struct legend *legend, struct str name)
{
    struct str rest = str_of(legend->meanings), word;
    size_t i = 0;
    while (str_take_field(&rest, ' ', &word)) {
        if (word.len == 0)
            continue;
        if (str_same(word, name))
            return i;
        i++;
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

static enum err_kind take_word(const struct legend *legend, struct str name, struct cf_flags *flags,
                               struct err *err)
{
    size_t i = place_of(legend, name), f = flags->count;
    bool masked = legend->masks > 0;
    int64_t milli;
    struct err why = {0};
    if (i == SIZE_MAX) {
        if (num_milli(name, &milli, &why))
            return err_set(err, ERR_INPUT, "\"%s\" has no flag \"" STR_FMT "\"; it has: %s",
                           flags->var.name, STR_ARG(name),
                           *legend->meanings ? legend->meanings : "numbers without names");
        flags->flag[f].value = (double)milli / 1000;
        flags->count++;
        return OK;
    }
    size_t told = masked ? legend->masks : legend->values;
    if (told != legend->words || (masked && legend->values && legend->values != told))
        return err_set(err, ERR_INPUT,
                       "\"%s\" has %zu flag_meanings and %zu numbers for them; name the flag by "
                       "its number",
                       flags->var.name, legend->words, told);
    if (masked && (!is_whole(legend->mask[i]) || (legend->values && !is_whole(legend->value[i]))))
        return err_set(err, ERR_INPUT, "the flag_masks of \"%s\" are no bits", flags->var.name);
    flags->flag[f].is_masked = masked;
    flags->flag[f].mask = masked ? bits_of(legend->mask[i]) : 0;
    flags->flag[f].bits = masked && legend->values ? bits_of(legend->value[i]) : 0;
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
    (void)str_take_field(&rest, '=', &name); // wanted_where_check has seen that there is one
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
            if (flags->flag[i].bits ? bits == flags->flag[i].bits : bits != 0)
                return true;
        }
    }
    return false;
}

enum err_kind cf_flags_hide(const struct ncgrid *file, const struct cf_flags *flags,
                            const size_t *start, const size_t *count, double *value, double *flag,
                            struct err *err)
{
    size_t from[NCGRID_DIMS_MAX] = {0}, many[NCGRID_DIMS_MAX] = {0}, cells = 1, theirs = 1;
    for (size_t i = 0; i < flags->var.dims; i++) {
        from[i] = start[flags->dim[i]];
        many[i] = count[flags->dim[i]];
        theirs *= many[i];
    }
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
