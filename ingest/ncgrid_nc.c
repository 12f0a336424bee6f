#include "ingest/ncgrid_way.h"

#include "core/mem.h"
#include "core/text.h"
#include "ingest/classic.h"

#include <errno.h>
#include <math.h>
#include <netcdf.h>
#include <netcdf_mem.h>
#include <stdio.h>
#include <string.h>

// Room for the decompressed chunks of one variable: a chunk that holds many steps would else be
// inflated again for every step. 64 MiB holds the largest chunks of the products in sources.yaml.
enum { CHUNK_CACHE_BYTES = 64 << 20, CHUNK_CACHE_SLOTS = 1009, NAMES_SHOWN_MAX = 12 };

// Of an attribute that has more, none is read.
enum { ATTRIBUTE_NUMBERS_MAX = 1024 };

// The library reads the header of a classic file in blocks, and fails when a block goes beyond the
// end of the memory: a small file gets some zeros behind it.
enum { PADDED_BYTES_MAX = 1 << 20, PADDING_BYTES = 64 << 10 };

static enum err_kind refuse(int status, const char *what, struct err *err)
{
    // Reading past the end of a file in memory comes back as "not permitted".
    if (status == NC_EPERM || status == EPERM || status == NC_EHDFERR)
        return err_set(err, ERR_INPUT, "%s cannot be read: the file is cut off or damaged", what);
    return err_set(err, ERR_INPUT, "%s cannot be read: %s", what, nc_strerror(status));
}

static struct number number_of(nc_type type)
{
    static const struct {
        nc_type type;
        struct number number;
    } all[] = {
        {NC_FLOAT, {4, true, true}},   {NC_DOUBLE, {8, true, true}},
        {NC_BYTE, {1, false, true}},   {NC_SHORT, {2, false, true}},
        {NC_INT, {4, false, true}},    {NC_INT64, {8, false, true}},
        {NC_UBYTE, {1, false, false}}, {NC_USHORT, {2, false, false}},
        {NC_UINT, {4, false, false}},  {NC_UINT64, {8, false, false}},
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (all[i].type == type)
            return all[i].number;
    }
    return (struct number){0};
}

static size_t nc_numbers(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                         double *out, size_t max, struct number *kind)
{
    nc_type type;
    size_t count;
    (void)file;
    if (nc_inq_att(var->group, var->id, attribute, &type, &count) || number_of(type).bytes == 0 ||
        count == 0 || count > ATTRIBUTE_NUMBERS_MAX)
        return 0;
    AUTO(mem_drop) double *all = mem_new(count, sizeof(*all));
    if (nc_get_att_double(var->group, var->id, attribute, all))
        return 0;
    if (kind)
        *kind = number_of(type);
    count = count < max ? count : max;
    memcpy(out, all, count * sizeof(*out));
    return count;
}

static const char *words_of(int group, nc_type type)
{
    int class = 0;
    if (number_of(type).bytes > 0)
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

static enum err_kind nc_describe(const struct ncgrid *file, struct ncvar *var,
                                 struct number *number, struct err *err)
{
    (void)file;
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
    *number = number_of(type);
    var->numeric = number->bytes > 0;
    var->holds = words_of(var->group, type);
    return OK;
}

// "; there are: a, b, c" for a person who misspelt a name.
static void nc_list(const struct ncgrid *file, int group, struct buf *out)
{
    int count = 0;
    char name[NC_MAX_NAME + 1];
    (void)file;
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

static bool nc_find(const struct ncgrid *file, int group, const char *name, int *id)
{
    (void)file;
    return nc_inq_varid(group, name, id) == NC_NOERR;
}

static bool nc_go_up(const struct ncgrid *file, int *group)
{
    (void)file;
    return nc_inq_grp_parent(*group, group) == NC_NOERR;
}

// A classic file takes any name for its one group, so the name is looked at again.
static bool nc_enter(const struct ncgrid *file, int *group, const char *name)
{
    char found[NC_MAX_NAME + 1];
    (void)file;
    int inner, status = nc_inq_grp_ncid(*group, name, &inner);
    if (status == NC_NOERR)
        status = nc_inq_grpname(inner, found);
    if (status == NC_NOERR && strcmp(found, name) != 0)
        status = NC_ENOGRP;
    if (status == NC_NOERR)
        *group = inner;
    return status == NC_NOERR;
}

static bool nc_count(const struct ncgrid *file, int group, int *count)
{
    (void)file;
    return nc_inq_nvars(group, count) == NC_NOERR;
}

static size_t nc_dims(const struct ncgrid *file, int group, int id)
{
    int dims = 0;
    (void)file;
    return nc_inq_varndims(group, id, &dims) == NC_NOERR ? (size_t)dims : SIZE_MAX;
}

// It fails for a variable without chunks, for which it is not needed.
static void nc_prepare(const struct ncgrid *file, const struct ncvar *var)
{
    (void)file;
    (void)nc_set_var_chunk_cache(var->group, var->id, CHUNK_CACHE_BYTES, CHUNK_CACHE_SLOTS, 0.75F);
}

static bool nc_text(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                    char *out, size_t size)
{
    enum { TEXT_MAX = 4096 };
    nc_type type;
    size_t len;
    (void)file;
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

static enum err_kind nc_chars(const struct ncgrid *file, const struct ncvar *var, char *out,
                              struct err *err)
{
    nc_type type = NC_NAT;
    (void)file;
    if (nc_inq_vartype(var->group, var->id, &type) != NC_NOERR || type != NC_CHAR)
        return err_set(err, ERR_INPUT, "variable %s holds no characters", var->name);
    int status = nc_get_var_text(var->group, var->id, out);
    return status == NC_NOERR ? OK : refuse(status, var->name, err);
}

static bool nc_chunking(const struct ncgrid *file, const struct ncvar *var, struct chunking *out)
{
    int storage;
    (void)file;
    *out = (struct chunking){.dims = var->dims};
    if (var->dims == 0 || nc_inq_var_chunking(var->group, var->id, &storage, out->chunk) ||
        storage != NC_CHUNKED)
        return false;
    for (size_t d = 0; d < var->dims; d++) {
        out->len[d] = var->dim[d].len;
        if (out->chunk[d] == 0)
            return false;
    }
    return true;
}

// One after the other, of those that are needed: the library looks at no others.
static int read_chunks(const struct ncvar *var, const struct chunking *all, const size_t *start,
                       const size_t *count, double *out)
{
    size_t at[NCGRID_DIMS_MAX], low[NCGRID_DIMS_MAX], numbers = 1;
    struct chunking part = {.dims = all->dims, .number = {sizeof(double), true, true}};
    int status = NC_NOERR;
    for (size_t d = 0; d < all->dims; d++)
        numbers *= count[d];
    for (size_t i = 0; i < numbers; i++)
        out[i] = NAN;
    AUTO(mem_drop) double *numbers_read = mem_new(numbers, sizeof(*numbers_read));
    chunk_first(all, start, at);
    do {
        if (!chunk_is_needed(var->need, all, at))
            continue;
        for (size_t d = 0; d < all->dims; d++) {
            size_t end = at[d] + all->chunk[d], high = start[d] + count[d];
            low[d] = at[d] > start[d] ? at[d] : start[d];
            part.chunk[d] = (end < high ? end : high) - low[d];
        }
        status = nc_get_vara_double(var->group, var->id, low, part.chunk, numbers_read);
        if (status == NC_NOERR)
            chunk_copy(&part, low, numbers_read, start, count, out);
    } while (status == NC_NOERR && chunk_next(all, start, count, at));
    return status;
}

static enum err_kind nc_values(const struct ncgrid *file, const struct ncvar *var,
                               const size_t *start, const size_t *count, double *out,
                               struct err *err)
{
    struct chunking all;
    bool some = var->need && nc_chunking(file, var, &all);
    int status = some ? read_chunks(var, &all, start, count, out)
                      : nc_get_vara_double(var->group, var->id, start, count, out);
    return status ? refuse(status, var->name, err) : OK;
}

static void nc_end(struct ncgrid *file)
{
    (void)nc_close(file->root); // read only: nothing can be lost
}

static const struct ncgrid_way library = {
    .close = nc_end,
    .describe = nc_describe,
    .find = nc_find,
    .enter = nc_enter,
    .go_up = nc_go_up,
    .count = nc_count,
    .dims = nc_dims,
    .list = nc_list,
    .prepare = nc_prepare,
    .text = nc_text,
    .numbers = nc_numbers,
    .chars = nc_chars,
    .chunking = nc_chunking,
    .values = nc_values,
};

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
    (*out)->way = &library;
    (*out)->root = root;
    (*out)->padded = TAKE(padded);
    return OK;
}
