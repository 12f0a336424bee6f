#include "ingest/ncgrid.h"

#include "core/mem.h"
#include "core/text.h"
#include "ingest/classic.h"
#include "ingest/hdf.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <netcdf.h>
#include <netcdf_mem.h>
#include <stdio.h>
#include <string.h>

// Room for the decompressed chunks of one variable: a chunk that holds many steps would else be
// inflated again for every step. 64 MiB holds the largest chunks of the products in sources.yaml.
enum { CHUNK_CACHE_BYTES = 64 << 20, CHUNK_CACHE_SLOTS = 1009, NAMES_SHOWN_MAX = 12 };

// The library reads the header of a classic file in blocks, and fails when a block goes beyond the
// end of the memory: a small file gets some zeros behind it.
enum { PADDED_BYTES_MAX = 1 << 20, PADDING_BYTES = 64 << 10 };

struct ncgrid {
    struct hdf *hdf; // the short way is taken; then nothing below counts
    int root;
    char *padded; // heap; NULL when the file is read where it lies
};

static enum err_kind refuse(int status, const char *what, struct err *err)
{
    // Reading past the end of a file in memory comes back as "not permitted".
    if (status == NC_EPERM || status == EPERM || status == NC_EHDFERR)
        return err_set(err, ERR_INPUT, "%s cannot be read: the file is cut off or damaged", what);
    return err_set(err, ERR_INPUT, "%s cannot be read: %s", what, nc_strerror(status));
}

static enum err_kind check_start(const char *bytes, size_t size, bool cdf5, struct err *err)
{
    static const struct {
        const char *start, *what;
    } foreign[] = {
        {"\x1f\x8b", "compressed with gzip; unpack it first"},
        {"PK\x03\x04", "a ZIP archive; unpack it first"},
        {"CDF\x05",
         "a CDF-5 file, which sources.yaml does not say; write \"files: cdf5\" there, or "
         "the file as NetCDF-4"},
        {"<", "a web page or XML, not a grid"},
        {"{", "JSON, not a grid"},
    };
    static const char *const known[] = {"CDF\x01", "CDF\x02", "\x89HDF\r\n\x1a\n"};
    struct str text = {bytes, size};
    if (size == 0)
        return err_set(err, ERR_INPUT, "the file is empty");
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (str_starts(text, known[i]))
            return OK;
    }
    if (cdf5 && str_starts(text, "CDF\x05"))
        return OK;
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        if (str_starts(text, foreign[i].start))
            return err_set(err, ERR_INPUT, "it is %s", foreign[i].what);
    }
    return err_set(err, ERR_INPUT, "it is no NetCDF file");
}

enum err_kind ncgrid_open(void *bytes, size_t size, bool cdf5, struct ncgrid **out, struct err *err)
{
    struct str text = {bytes, size};
    if (check_start(bytes, size, cdf5, err) || (classic_is(text) && classic_check(text, err)))
        return err->kind;
    AUTO(mem_drop) char *padded = NULL;
    if (classic_is(text) && size <= PADDED_BYTES_MAX) {
        padded = mem_new(size + PADDING_BYTES, 1);
        memcpy(padded, bytes, size);
        bytes = padded;
        size += PADDING_BYTES;
    }
    NC_memio memory = {.size = size, .memory = bytes, .flags = NC_MEMIO_LOCKED};
    int root;
    int status = nc_open_memio("input", NC_NOWRITE, &memory, &root);
    if (status)
        return refuse(status, "the file", err);
    *out = mem_new(1, sizeof(**out));
    (*out)->root = root;
    (*out)->padded = TAKE(padded);
    return OK;
}

struct ncgrid *ncgrid_open_short(void *bytes, size_t size)
{
    if (!str_starts((struct str){bytes, size}, "\x89HDF\r\n\x1a\n"))
        return NULL;
    struct hdf *hdf = hdf_open(bytes, size);
    if (!hdf)
        return NULL;
    struct ncgrid *file = mem_new(1, sizeof(*file));
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
    if ((*file)->hdf)
        hdf_close(&(*file)->hdf);
    else
        (void)nc_close((*file)->root); // read only: nothing can be lost
    mem_free(&(*file)->padded);
    mem_free(file);
}

static bool is_numeric(nc_type type)
{
    return type == NC_BYTE || type == NC_UBYTE || type == NC_SHORT || type == NC_USHORT ||
           type == NC_INT || type == NC_UINT || type == NC_INT64 || type == NC_UINT64 ||
           type == NC_FLOAT || type == NC_DOUBLE;
}

static bool is_real(nc_type type)
{
    return type == NC_FLOAT || type == NC_DOUBLE;
}

static nc_type type_of(struct number number)
{
    static const struct {
        struct number number;
        nc_type type;
    } all[] = {
        {{4, true, true}, NC_FLOAT},   {{8, true, true}, NC_DOUBLE},
        {{1, false, true}, NC_BYTE},   {{2, false, true}, NC_SHORT},
        {{4, false, true}, NC_INT},    {{8, false, true}, NC_INT64},
        {{1, false, false}, NC_UBYTE}, {{2, false, false}, NC_USHORT},
        {{4, false, false}, NC_UINT},  {{8, false, false}, NC_UINT64},
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (all[i].number.bytes == number.bytes && all[i].number.real == number.real &&
            all[i].number.is_signed == number.is_signed)
            return all[i].type;
    }
    return NC_CHAR;
}

// A numeric attribute; 0 when there is none or it is text. `type` may be NULL.
static size_t numbers(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                      double *out, size_t max, nc_type *type)
{
    nc_type kind;
    if (file->hdf) {
        struct number number = {0};
        size_t found = hdf_numbers(file->hdf, var->group, var->id, attribute, out, max, &number);
        if (type && found)
            *type = type_of(number);
        return found;
    }
    size_t count;
    double all[NCGRID_MISSING_MAX];
    if (nc_inq_att(var->group, var->id, attribute, &kind, &count) || !is_numeric(kind) ||
        count == 0 || count > COUNT_OF(all))
        return 0;
    if (nc_get_att_double(var->group, var->id, attribute, all))
        return 0;
    if (type)
        *type = kind;
    count = count < max ? count : max;
    memcpy(out, all, count * sizeof(*out));
    return count;
}

static void add_missing(struct ncpack *pack, nc_type type, const double *values, size_t count)
{
    for (size_t i = 0; i < count && pack->missing_count < NCGRID_MISSING_MAX; i++) {
        // An attribute may be wider than its variable: -9999.9 beside float32 means its float.
        double value = type == NC_FLOAT ? (double)(float)values[i] : values[i];
        bool known = false; // _FillValue and missing_value are often the same
        for (size_t k = 0; k < pack->missing_count; k++)
            known = known || pack->missing[k] == value;
        if (!known)
            pack->missing[pack->missing_count++] = value;
    }
}

// The fill value that the library writes where nothing was written; bytes have none (CF 2.5.1).
static void add_standard_fill(struct ncpack *pack, nc_type type)
{
    static const struct {
        nc_type type;
        double fill;
    } fills[] = {
        {NC_SHORT, NC_FILL_SHORT},
        {NC_USHORT, NC_FILL_USHORT},
        {NC_INT, NC_FILL_INT},
        {NC_UINT, NC_FILL_UINT},
        {NC_FLOAT, (double)NC_FILL_FLOAT},
        {NC_DOUBLE, NC_FILL_DOUBLE},
        {NC_INT64, (double)NC_FILL_INT64},
        {NC_UINT64, (double)NC_FILL_UINT64},
    };
    for (size_t i = 0; i < COUNT_OF(fills); i++) {
        if (fills[i].type == type)
            add_missing(pack, type, &fills[i].fill, 1);
    }
}

// valid_* is of the stored numbers, unless it is real and they are packed integers: then it was
// meant of the values (the usage that CF 8.1 warns of).
static void narrow(struct ncpack *pack, bool packed, nc_type stored, nc_type type, double low,
                   double high)
{
    bool of_values = packed && is_real(type) && !is_real(stored);
    double *min = of_values ? &pack->value_min : &pack->stored_min;
    double *max = of_values ? &pack->value_max : &pack->stored_max;
    *min = fmax(*min, low);
    *max = fmin(*max, high);
}

static void read_packing(const struct ncgrid *file, struct ncvar *var, nc_type type)
{
    struct ncpack *pack = &var->pack;
    double two[2], several[NCGRID_MISSING_MAX];
    nc_type kind = NC_NAT;
    char text[8] = "";
    *pack = (struct ncpack){1, 0, {0}, 0, -INFINITY, INFINITY, -INFINITY, INFINITY, false};
    bool scaled = numbers(file, var, "scale_factor", &pack->factor, 1, NULL) == 1;
    bool moved = numbers(file, var, "add_offset", &pack->offset, 1, NULL) == 1;
    size_t count = numbers(file, var, "_FillValue", several, NCGRID_MISSING_MAX, NULL);
    add_missing(pack, type, several, count);
    if (count == 0)
        add_standard_fill(pack, type);
    count = numbers(file, var, "missing_value", several, NCGRID_MISSING_MAX, NULL);
    add_missing(pack, type, several, count);
    if (numbers(file, var, "valid_range", two, 2, &kind) == 2)
        narrow(pack, scaled || moved, type, kind, two[0], two[1]);
    if (numbers(file, var, "valid_min", two, 1, &kind) == 1)
        narrow(pack, scaled || moved, type, kind, two[0], INFINITY);
    if (numbers(file, var, "valid_max", two, 1, &kind) == 1)
        narrow(pack, scaled || moved, type, kind, -INFINITY, two[0]);
    pack->wraps = type == NC_BYTE && ncgrid_text(file, var, "_Unsigned", text, sizeof(text)) &&
                  strcmp(text, "true") == 0;
}

static const char *words_of(int group, nc_type type)
{
    int class = 0;
    if (is_numeric(type))
        return "numbers";
    if (type == NC_CHAR)
        return "text";
    if (type == NC_STRING)
        return "strings";
    if (nc_inq_user_type(group, type, NULL, NULL, NULL, NULL, &class))
        return "unknown type";
    switch (class) {
    case NC_COMPOUND:
        return "compound type";
    case NC_VLEN:
        return "variable-length type";
    case NC_ENUM:
        return "enumeration";
    default:
        return "opaque type";
    }
}

static enum err_kind describe_short(const struct ncgrid *file, struct ncvar *var, struct err *err)
{
    struct hdf_var found;
    if (!hdf_describe(file->hdf, var->group, var->id, &found))
        return err_set(err, ERR_INPUT, "it is no variable");
    memcpy(var->name, found.name, sizeof(var->name));
    var->dims = found.dims;
    for (size_t i = 0; i < found.dims; i++) {
        var->dim[i].id = found.dim[i].id;
        var->dim[i].len = found.dim[i].len;
        memcpy(var->dim[i].name, found.dim[i].name, sizeof(var->dim[i].name));
    }
    var->numeric = found.number.bytes > 0;
    var->holds = var->numeric ? "numbers" : "text";
    if (var->numeric)
        read_packing(file, var, type_of(found.number));
    return OK;
}

// Fills in all of `var` from its group and id.
static enum err_kind describe(const struct ncgrid *file, struct ncvar *var, struct err *err)
{
    if (file->hdf)
        return describe_short(file, var, err);
    int count, dims[NC_MAX_VAR_DIMS];
    nc_type type;
    int status = nc_inq_var(var->group, var->id, var->name, &type, &count, NULL, NULL);
    if (status)
        return refuse(status, "a variable", err);
    if (count > NCGRID_DIMS_MAX)
        return err_set(err, ERR_INPUT, "\"%s\" has %d dimensions, at most %d", var->name, count,
                       NCGRID_DIMS_MAX);
    status = nc_inq_vardimid(var->group, var->id, dims);
    var->dims = (size_t)count;
    for (size_t i = 0; status == NC_NOERR && i < var->dims; i++) {
        var->dim[i].id = dims[i];
        status = nc_inq_dim(var->group, dims[i], var->dim[i].name, &var->dim[i].len);
    }
    if (status)
        return refuse(status, var->name, err);
    var->numeric = is_numeric(type);
    var->holds = words_of(var->group, type);
    if (var->numeric)
        read_packing(file, var, type);
    return OK;
}

// "; there are: a, b, c" for a person who misspelt a name.
static void list_variables(int group, struct buf *out)
{
    int count = 0;
    char name[NC_MAX_NAME + 1];
    if (nc_inq_nvars(group, &count) || count == 0)
        return;
    buf_text(out, "; there are: ");
    for (int i = 0; i < count && i < NAMES_SHOWN_MAX; i++) {
        if (nc_inq_varname(group, i, name) == NC_NOERR)
            buf_print(out, "%s%s", i ? ", " : "", name);
    }
    if (count > NAMES_SHOWN_MAX)
        buf_text(out, " ...");
}

static bool find_in(const struct ncgrid *file, int group, const char *name, int *id)
{
    if (!file->hdf)
        return nc_inq_varid(group, name, id) == NC_NOERR;
    struct hdf_var var;
    *id = hdf_find(file->hdf, group, name);
    return *id >= 0 && hdf_describe(file->hdf, group, *id, &var);
}

static bool go_up(const struct ncgrid *file, int *group)
{
    return file->hdf ? hdf_parent(file->hdf, group) : nc_inq_grp_parent(*group, group) == NC_NOERR;
}

// A classic file takes any name for its one group, so the name is looked at again.
static bool enter_group(const struct ncgrid *file, int *group, const char *name)
{
    if (file->hdf)
        return hdf_enter(file->hdf, group, name);
    char found[NC_MAX_NAME + 1];
    int inner, status = nc_inq_grp_ncid(*group, name, &inner);
    if (status == NC_NOERR)
        status = nc_inq_grpname(inner, found);
    if (status == NC_NOERR && strcmp(found, name) != 0)
        status = NC_ENOGRP;
    if (status == NC_NOERR)
        *group = inner;
    return status == NC_NOERR;
}

enum err_kind ncgrid_find(const struct ncgrid *file, const char *path, struct ncvar *out,
                          struct err *err)
{
    struct ncvar var = {.group = file->root};
    struct str rest = str_of(path), part;
    while (str_take_field(&rest, '/', &part)) {
        AUTO(mem_drop) char *name = str_copy(part);
        if (!(rest.at ? enter_group(file, &var.group, name)
                      : find_in(file, var.group, name, &var.id))) {
            AUTO(buf_free) struct buf others = buf_new(400);
            if (!rest.at && !file->hdf)
                list_variables(var.group, &others);
            return err_set(err, ERR_INPUT, "the file has no %s \"%s\"" STR_FMT,
                           rest.at ? "group" : "variable", name, STR_ARG(buf_slice(&others)));
        }
    }
    if (describe(file, &var, err))
        return err->kind;
    // It fails for a variable without chunks, for which it is not needed.
    if (!file->hdf)
        (void)nc_set_var_chunk_cache(var.group, var.id, CHUNK_CACHE_BYTES, CHUNK_CACHE_SLOTS,
                                     0.75F);
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
        if (find_in(file, group, name, &var.id)) {
            if (describe(file, &var, &why))
                return false;
            *out = var;
            return true;
        }
    } while (go_up(file, &group));
    return false;
}

bool ncgrid_next(const struct ncgrid *file, const struct ncvar *near, size_t *cursor,
                 struct ncvar *out)
{
    struct err why = {0};
    int group = near->group, count = 0;
    size_t before = 0;
    do {
        if (file->hdf)
            count = hdf_count(file->hdf, group);
        else if (nc_inq_nvars(group, &count))
            return false;
        while (*cursor - before < (size_t)count) {
            struct ncvar var = {.group = group, .id = (int)(*cursor - before)};
            (*cursor)++;
            if (describe(file, &var, &why) ==
                OK) { // one that cannot be described is none we look for
                *out = var;
                return true;
            }
        }
        before += (size_t)count;
    } while (go_up(file, &group));
    return false;
}

bool ncgrid_text(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                 char *out, size_t size)
{
    enum { TEXT_MAX = 4096 };
    nc_type type;
    size_t len;
    if (file->hdf)
        return hdf_text(file->hdf, var->group, var->id, attribute, out, size);
    out[0] = '\0';
    if (nc_inq_att(var->group, var->id, attribute, &type, &len))
        return false;
    if (type == NC_STRING && len == 1) {
        char *text = NULL;
        if (nc_get_att_string(var->group, var->id, attribute, &text))
            return false;
        (void)snprintf(out, size, "%s", text ? text : "");
        (void)nc_free_string(1, &text);
        return true;
    }
    if (type != NC_CHAR || len > TEXT_MAX)
        return false;
    AUTO(mem_drop) char *text = mem_new(len + 1, 1);
    if (nc_get_att_text(var->group, var->id, attribute, text))
        return false;
    (void)snprintf(out, size, "%s", text);
    return true;
}

size_t ncgrid_numbers(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                      double *out, size_t max)
{
    return numbers(file, var, attribute, out, max, NULL);
}

enum err_kind ncgrid_chars(const struct ncgrid *file, const struct ncvar *var, char *out,
                           struct err *err)
{
    nc_type type = NC_NAT;
    (void)file;
    if (nc_inq_vartype(var->group, var->id, &type) != NC_NOERR || type != NC_CHAR)
        return err_set(err, ERR_INPUT, "variable %s holds no characters", var->name);
    int status = nc_get_var_text(var->group, var->id, out);
    return status == NC_NOERR ? OK : refuse(status, var->name, err);
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

static enum err_kind read_stored(const struct ncgrid *file, const struct ncvar *var,
                                 const size_t *start, const size_t *count, double *out,
                                 struct err *err)
{
    if (!file->hdf) {
        int status = nc_get_vara_double(var->group, var->id, start, count, out);
        return status ? refuse(status, var->name, err) : OK;
    }
    if (!hdf_values(file->hdf, var->group, var->id, start, count, out))
        return err_set(err, ERR_INPUT, "%s cannot be read the short way", var->name);
    return OK;
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
    if (read_stored(file, var, start ? start : zero, all, out, err))
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
    return (double)*missing == var->pack.missing[0] &&
           hdf_floats(file->hdf, var->group, var->id, start, count, out);
}

size_t ncgrid_inflated(const struct ncgrid *file)
{
    return file->hdf ? hdf_counted(file->hdf).chunks : 0;
}
