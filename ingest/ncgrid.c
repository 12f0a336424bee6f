#include "ingest/ncgrid.h"

#include "core/mem.h"
#include "core/text.h"
#include "ingest/ncgrid_way.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

// --- the short way
// --------------------------------------------------------------------------------

static enum err_kind short_describe(const struct ncgrid *file, struct ncvar *var,
                                    struct number *number, struct err *err)
{
    const struct hdf_var *found = hdf_describe(file->hdf, var->group, var->id);
    if (!found)
        return err_set(err, ERR_INPUT, "it is no variable");
    memcpy(var->name, found->name, sizeof(var->name));
    var->dims = found->dims;
    for (size_t i = 0; i < found->dims; i++) {
        var->dim[i].id = found->dim[i].id;
        var->dim[i].len = found->dim[i].len;
        memcpy(var->dim[i].name, found->dim[i].name, sizeof(var->dim[i].name));
    }
    *number = found->number;
    var->numeric = found->number.bytes > 0;
    var->holds = var->numeric ? "numbers" : "text";
    return OK;
}

static bool short_find(const struct ncgrid *file, int group, const char *name, int *id)
{
    *id = hdf_find(file->hdf, group, name);
    return *id >= 0 && hdf_describe(file->hdf, group, *id);
}

static size_t short_dims(const struct ncgrid *file, int group, int id)
{
    return hdf_dims(file->hdf, group, id);
}

static bool short_enter(const struct ncgrid *file, int *group, const char *name)
{
    return hdf_enter(file->hdf, group, name);
}

static bool short_go_up(const struct ncgrid *file, int *group)
{
    return hdf_parent(file->hdf, group);
}

static bool short_count(const struct ncgrid *file, int group, int *count)
{
    *count = hdf_count(file->hdf, group);
    return true;
}

static bool short_text(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                       char *out, size_t size)
{
    return hdf_text(file->hdf, var->group, var->id, attribute, out, size);
}

static size_t short_numbers(const struct ncgrid *file, const struct ncvar *var,
                            const char *attribute, double *out, size_t max, struct number *kind)
{
    struct number unused;
    return hdf_numbers(file->hdf, var->group, var->id, attribute, out, max, kind ? kind : &unused);
}

static enum err_kind short_chars(const struct ncgrid *file, const struct ncvar *var, char *out,
                                 struct err *err)
{
    (void)file;
    (void)out;
    return err_set(err, ERR_INPUT, "%s cannot be read the short way", var->name);
}

static bool short_chunking(const struct ncgrid *file, const struct ncvar *var, struct chunking *out)
{
    return hdf_chunking(file->hdf, var->group, var->id, out);
}

static enum err_kind short_values(const struct ncgrid *file, const struct ncvar *var,
                                  const size_t *start, const size_t *count, double *out,
                                  struct err *err)
{
    struct hdf_box box = {start, count, var->need};
    if (!hdf_values(file->hdf, var->group, var->id, &box, out))
        return err_set(err, ERR_INPUT, "%s cannot be read the short way", var->name);
    return OK;
}

// What is not there is told by the library, which then reads the file.
static void short_list(const struct ncgrid *file, int group, struct buf *out)
{
    (void)file;
    (void)group;
    (void)out;
}

static void short_prepare(const struct ncgrid *file, const struct ncvar *var)
{
    (void)file;
    (void)var;
}

static void short_close(struct ncgrid *file)
{
    hdf_close(&file->hdf);
}

static const struct ncgrid_way the_short_way = {
    .close = short_close,
    .describe = short_describe,
    .find = short_find,
    .enter = short_enter,
    .go_up = short_go_up,
    .count = short_count,
    .dims = short_dims,
    .list = short_list,
    .prepare = short_prepare,
    .text = short_text,
    .numbers = short_numbers,
    .chars = short_chars,
    .chunking = short_chunking,
    .values = short_values,
};

struct ncgrid *ncgrid_open_short(void *bytes, size_t size)
{
    if (!str_starts((struct str){bytes, size}, "\x89HDF\r\n\x1a\n"))
        return NULL;
    struct hdf *hdf = hdf_open(bytes, size);
    if (!hdf)
        return NULL;
    struct ncgrid *file = mem_new(1, sizeof(*file));
    file->way = &the_short_way;
    file->hdf = hdf;
    return file;
}

bool ncgrid_is_odd(const struct ncgrid *file)
{
    return file->hdf && hdf_is_odd(file->hdf);
}

void ncgrid_close(struct ncgrid **file)
{
    if (!*file)
        return;
    (*file)->way->close(*file);
    mem_free(&(*file)->padded);
    mem_free(file);
}

// --- packing and missing values
// -------------------------------------------------------------------------------

static bool is_float(struct number number)
{
    return number.real && number.bytes == sizeof(float);
}

static void add_missing(struct ncpack *pack, struct number type, const double *values, size_t count)
{
    for (size_t i = 0; i < count && pack->missing_count < NCGRID_MISSING_MAX; i++) {
        // An attribute may be wider than its variable: -9999.9 beside float32 means its float.
        double value = is_float(type) ? (double)(float)values[i] : values[i];
        bool known = false; // _FillValue and missing_value are often the same
        for (size_t k = 0; k < pack->missing_count; k++)
            known = known || pack->missing[k] == value;
        if (!known)
            pack->missing[pack->missing_count++] = value;
    }
}

// The fill value that the library writes where nothing was written; bytes have none (CF 2.5.1).
// https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html, "fill values"
static void add_standard_fill(struct ncpack *pack, struct number number)
{
    static const double real = 9.9692099683868690e+36; // exact as a float, too
    double fill = real;
    if (number.bytes == 1)
        return;
    if (!number.real) {
        // Next to the end of the range, which a double of 64 bits cannot tell from it.
        double top = ldexp(1, 8 * (int)number.bytes - (number.is_signed ? 1 : 0)) - 1;
        fill = number.is_signed ? -top : top;
    }
    add_missing(pack, number, &fill, 1);
}

// valid_* is of the stored numbers, unless it is real and they are packed integers: then it was
// meant of the values (the usage that CF 8.1 warns of).
static void narrow(struct ncpack *pack, bool packed, struct number stored, struct number type,
                   double low, double high)
{
    bool of_values = packed && type.real && !stored.real;
    double *min = of_values ? &pack->value_min : &pack->stored_min;
    double *max = of_values ? &pack->value_max : &pack->stored_max;
    *min = fmax(*min, low);
    *max = fmin(*max, high);
}

static void read_packing(const struct ncgrid *file, struct ncvar *var, struct number type)
{
    struct ncpack *pack = &var->pack;
    double two[2], several[NCGRID_MISSING_MAX];
    struct number kind = {0};
    const struct ncgrid_way *way = file->way;
    char text[8] = "";
    *pack = (struct ncpack){1, 0, {0}, 0, -INFINITY, INFINITY, -INFINITY, INFINITY, false};
    bool scaled = way->numbers(file, var, "scale_factor", &pack->factor, 1, NULL) == 1;
    bool moved = way->numbers(file, var, "add_offset", &pack->offset, 1, NULL) == 1;
    size_t count = way->numbers(file, var, "_FillValue", several, NCGRID_MISSING_MAX, NULL);
    add_missing(pack, type, several, count);
    if (count == 0)
        add_standard_fill(pack, type);
    count = way->numbers(file, var, "missing_value", several, NCGRID_MISSING_MAX, NULL);
    add_missing(pack, type, several, count);
    if (way->numbers(file, var, "valid_range", two, 2, &kind) == 2)
        narrow(pack, scaled || moved, type, kind, two[0], two[1]);
    if (way->numbers(file, var, "valid_min", two, 1, &kind) == 1)
        narrow(pack, scaled || moved, type, kind, two[0], INFINITY);
    if (way->numbers(file, var, "valid_max", two, 1, &kind) == 1)
        narrow(pack, scaled || moved, type, kind, -INFINITY, two[0]);
    pack->wraps = type.bytes == 1 && type.is_signed &&
                  way->text(file, var, "_Unsigned", text, sizeof(text)) &&
                  strcmp(text, "true") == 0;
}

// --- variables
// --------------------------------------------------------------------------------

// Fills in all of `var` from its group and id.
static enum err_kind describe(const struct ncgrid *file, struct ncvar *var, struct err *err)
{
    struct number number = {0};
    if (file->way->describe(file, var, &number, err))
        return err_of(err);
    if (var->numeric)
        read_packing(file, var, number);
    return OK;
}

enum err_kind ncgrid_find(const struct ncgrid *file, const char *path, struct ncvar *out,
                          struct err *err)
{
    struct ncvar var = {.group = file->root};
    struct str rest = str_of(path), part;
    while (str_take_field(&rest, '/', &part)) {
        AUTO(mem_drop) char *name = str_copy(part);
        if (!(rest.at ? file->way->enter(file, &var.group, name)
                      : file->way->find(file, var.group, name, &var.id))) {
            AUTO(buf_free) struct buf others = buf_new(400);
            if (!rest.at)
                file->way->list(file, var.group, &others);
            return err_set(err, ERR_INPUT, "the file has no %s \"%s\"" STR_FMT,
                           rest.at ? "group" : "variable", name, STR_ARG(buf_slice(&others)));
        }
    }
    if (describe(file, &var, err))
        return err->kind;
    file->way->prepare(file, &var);
    *out = var;
    return OK;
}

bool ncgrid_beside(const struct ncgrid *file, const struct ncvar *near, const char *name,
                   struct ncvar *out)
{
    struct err why = {0};
    int group = near->group;
    do {
        struct ncvar var = {.group = group};
        if (file->way->find(file, group, name, &var.id)) {
            if (describe(file, &var, &why))
                return false;
            *out = var;
            return true;
        }
    } while (file->way->go_up(file, &group));
    return false;
}

bool ncgrid_next(const struct ncgrid *file, const struct ncvar *near, size_t dims_max,
                 size_t *cursor, struct ncvar *out)
{
    struct err why = {0};
    int group = near->group, count = 0;
    size_t before = 0;
    do {
        if (!file->way->count(file, group, &count))
            return false;
        while (*cursor - before < (size_t)count) {
            int id = (int)((*cursor)++ - before);
            if (file->way->dims(file, group, id) > dims_max)
                continue;
            struct ncvar var = {.group = group, .id = id};
            if (describe(file, &var, &why) ==
                OK) { // one that cannot be described is none we look for
                *out = var;
                return true;
            }
        }
        before += (size_t)count;
    } while (file->way->go_up(file, &group));
    return false;
}

bool ncgrid_text(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                 char *out, size_t size)
{
    return file->way->text(file, var, attribute, out, size);
}

size_t ncgrid_numbers(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                      double *out, size_t max)
{
    return file->way->numbers(file, var, attribute, out, max, NULL);
}

enum err_kind ncgrid_chars(const struct ncgrid *file, const struct ncvar *var, char *out,
                           struct err *err)
{
    return file->way->chars(file, var, out, err);
}

static double unpack(const struct ncpack *pack, double stored)
{
    for (size_t i = 0; i < pack->missing_count; i++) {
        if (stored == pack->missing[i])
            return NAN;
    }
    if (pack->wraps && stored < 0)
        stored += UINT8_MAX + 1;
    if (!(stored >= pack->stored_min && stored <= pack->stored_max))
        return NAN;
    double value = stored * pack->factor + pack->offset;
    return value >= pack->value_min && value <= pack->value_max ? value : NAN;
}

// The same for one number that means missing and no packing, which is most of what there is.
static void unpack_plain(double missing, double *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = out[i] == missing ? NAN : out[i];
}

static bool is_plain(const struct ncpack *pack)
{
    return pack->missing_count == 1 && !pack->wraps && pack->factor == 1 && pack->offset == 0 &&
           pack->stored_min == -INFINITY && pack->stored_max == INFINITY &&
           pack->value_min == -INFINITY && pack->value_max == INFINITY;
}

static bool has_chunks(const struct ncgrid *file, const struct ncvar *var, const size_t *start,
                       const size_t *count, struct chunking *all)
{
    return var->numeric && file->way->chunking(file, var, all) &&
           chunk_touched(all, start, count) > 1;
}

bool ncgrid_has_chunks(const struct ncgrid *file, const struct ncvar *var, const size_t *start,
                       const size_t *count)
{
    struct chunking all;
    return has_chunks(file, var, start, count, &all);
}

bool ncgrid_need(const struct ncgrid *file, const struct ncvar *var, const size_t *start,
                 const size_t *count, const bool *cell, struct chunk_need *out)
{
    struct chunking all;
    if (!has_chunks(file, var, start, count, &all))
        return false;
    chunk_need_make(&all, start, count, cell, out);
    return true;
}

enum err_kind ncgrid_values(const struct ncgrid *file, const struct ncvar *var, const size_t *start,
                            const size_t *count, double *out, struct err *err)
{
    assert(var->numeric);
    size_t zero[NCGRID_DIMS_MAX] = {0}, all[NCGRID_DIMS_MAX] = {0}, numbers_read = 1;
    for (size_t i = 0; i < var->dims; i++) {
        all[i] = count ? count[i] : var->dim[i].len;
        numbers_read *= all[i];
    }
    if (file->way->values(file, var, start ? start : zero, all, out, err))
        return err_of(err);
    if (is_plain(&var->pack)) {
        unpack_plain(var->pack.missing[0], out, numbers_read);
        return OK;
    }
    for (size_t i = 0; i < numbers_read; i++)
        out[i] = unpack(&var->pack, out[i]);
    return OK;
}

bool ncgrid_floats(const struct ncgrid *file, const struct ncvar *var, const size_t *start,
                   const size_t *count, float *out, float *missing)
{
    if (!file->hdf || !is_plain(&var->pack))
        return false;
    *missing = (float)var->pack.missing[0];
    struct hdf_box box = {start, count, var->need};
    return (double)*missing == var->pack.missing[0] &&
           hdf_floats(file->hdf, var->group, var->id, &box, out);
}

size_t ncgrid_inflated(const struct ncgrid *file)
{
    return file->hdf ? hdf_counted(file->hdf).chunks : 0;
}
