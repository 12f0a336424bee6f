#include "core/cdf.h"

#include "core/file.h"
#include "core/mem.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// The parts of a header, by the specification.
enum { TAG_DIMENSION = 10, TAG_VARIABLE = 11, TAG_ATTRIBUTE = 12, HEADER_BYTES_MAX = 1 << 20 };

static size_t size_of(enum cdf_type type)
{
    switch (type) {
    case CDF_CHAR:
        return 1;
    case CDF_SHORT:
        return 2;
    case CDF_INT:
        return 4;
    case CDF_DOUBLE:
        return 8;
    }
    return 0;
}

static size_t padded(size_t bytes)
{
    return (bytes + 3) / 4 * 4;
}

int32_t cdf_int(const unsigned char *at)
{
    uint32_t number;
    memcpy(&number, at, sizeof(number));
    return (int32_t)__builtin_bswap32(number);
}

static uint64_t read_u64(const unsigned char *at)
{
    uint64_t number;
    memcpy(&number, at, sizeof(number));
    return __builtin_bswap64(number);
}

double cdf_double(const unsigned char *at)
{
    uint64_t bits = read_u64(at);
    double number;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

// --- writing ------------------------------------------------------------------------------------

// Written in pieces of whole huge pages, as which a system may then keep and map the file.
enum { PIECE_BYTES = 4 << 20 };

struct cdf_writer {
    int fd;
    char *path, *part;
    const struct cdf_layout *layout; // borrowed while it is created only
    struct buf bytes;                // not written yet
    uint32_t records;
    size_t variables;                      // that have records
    enum cdf_type type[CDF_VARIABLES_MAX]; // of each
    size_t count[CDF_VARIABLES_MAX];       // numbers in one record of it
};

void cdf_drop(struct cdf_writer **writer)
{
    struct cdf_writer *w = *writer;
    if (!w)
        return;
    if (w->fd >= 0) {
        (void)close(w->fd);
        (void)unlink(w->part);
    }
    buf_free(&w->bytes);
    mem_free(&w->path);
    mem_free(&w->part);
    mem_free(writer);
}

static void put_u32(struct buf *out, uint64_t number)
{
    uint32_t swapped = __builtin_bswap32((uint32_t)number);
    buf_add(out, &swapped, sizeof(swapped));
}

static void put_u64(struct buf *out, uint64_t number)
{
    uint64_t swapped = __builtin_bswap64(number);
    buf_add(out, &swapped, sizeof(swapped));
}

static void pad(struct buf *out, size_t bytes)
{
    buf_add(out, "\0\0\0", padded(bytes) - bytes);
}

static void put_name(struct buf *out, const char *name)
{
    size_t len = strlen(name);
    assert(len > 0 && len < CDF_NAME_MAX);
    put_u32(out, len);
    buf_add(out, name, len);
    pad(out, len);
}

// `count` numbers of a type, padded.
static void put_values(struct buf *out, enum cdf_type type, const void *values, size_t count)
{
    const uint16_t *shorts = values;
    const uint32_t *ints = values;
    const uint64_t *longs = values;
    for (size_t i = 0; type == CDF_SHORT && i < count; i++) {
        uint16_t swapped = __builtin_bswap16(shorts[i]);
        buf_add(out, &swapped, sizeof(swapped));
    }
    for (size_t i = 0; type == CDF_INT && i < count; i++)
        put_u32(out, ints[i]);
    for (size_t i = 0; type == CDF_DOUBLE && i < count; i++)
        put_u64(out, longs[i]);
    if (type == CDF_CHAR)
        buf_add(out, values, count);
    pad(out, count * size_of(type));
}

static void put_number(struct buf *out, enum cdf_type type, double number)
{
    int16_t small = 0;
    int32_t whole = 0;
    if (type == CDF_SHORT)
        small = (int16_t)number;
    if (type == CDF_INT)
        whole = (int32_t)number;
    const void *as = &number;
    if (type == CDF_SHORT)
        as = &small;
    else if (type == CDF_INT)
        as = &whole;
    put_values(out, type, as, 1);
}

static void put_attributes(struct buf *out, const struct cdf_attribute *list, size_t max)
{
    size_t count = 0;
    while (count < max && list[count].name)
        count++;
    put_u32(out, count ? TAG_ATTRIBUTE : 0);
    put_u32(out, count);
    for (size_t i = 0; i < count; i++) {
        put_name(out, list[i].name);
        put_u32(out, list[i].text ? CDF_CHAR : list[i].type);
        put_u32(out, list[i].text ? strlen(list[i].text) : 1);
        if (list[i].text)
            put_values(out, CDF_CHAR, list[i].text, strlen(list[i].text));
        else
            put_number(out, list[i].type, list[i].number);
    }
}

static size_t dimension_of(const struct cdf_layout *layout, const char *name)
{
    size_t i = 0;
    while (i < layout->dimensions && strcmp(layout->dimension[i].name, name) != 0)
        i++;
    assert(i < layout->dimensions);
    return i;
}

static bool has_records(const struct cdf_layout *layout, const struct cdf_variable *variable)
{
    return variable->dimension[0] &&
           layout->dimension[dimension_of(layout, variable->dimension[0])].length == 0;
}

// Numbers in it, or in one record of it.
static size_t count_of(const struct cdf_layout *layout, const struct cdf_variable *variable)
{
    size_t count = 1;
    for (size_t i = 0; i < CDF_DIMENSIONS_MAX && variable->dimension[i]; i++) {
        size_t length = layout->dimension[dimension_of(layout, variable->dimension[i])].length;
        count *= length ? length : 1;
    }
    return count;
}

static void put_variable(struct buf *out, const struct cdf_layout *layout,
                         const struct cdf_variable *variable, size_t begin)
{
    size_t dimensions = 0;
    while (dimensions < CDF_DIMENSIONS_MAX && variable->dimension[dimensions])
        dimensions++;
    put_name(out, variable->name);
    put_u32(out, dimensions);
    for (size_t i = 0; i < dimensions; i++)
        put_u32(out, dimension_of(layout, variable->dimension[i]));
    put_attributes(out, variable->attribute, CDF_ATTRIBUTES_MAX);
    put_u32(out, variable->type);
    put_u32(out, padded(count_of(layout, variable) * size_of(variable->type)));
    put_u64(out, begin);
}

// The header for data that begin at `start`: first what has no records, then the records.
static void put_header(struct buf *out, const struct cdf_layout *layout, size_t start)
{
    buf_add(out, "CDF\x02", 4);
    put_u32(out, 0);
    put_u32(out, TAG_DIMENSION);
    put_u32(out, layout->dimensions);
    for (size_t i = 0; i < layout->dimensions; i++) {
        put_name(out, layout->dimension[i].name);
        put_u32(out, layout->dimension[i].length);
    }
    put_attributes(out, layout->attribute, SIZE_MAX);
    put_u32(out, TAG_VARIABLE);
    put_u32(out, layout->variables);
    size_t records = start, begin[CDF_VARIABLES_MAX];
    for (int late = 0; late < 2; late++) {
        for (size_t i = 0; i < layout->variables; i++) {
            const struct cdf_variable *one = &layout->variable[i];
            if (has_records(layout, one) != (late == 1))
                continue;
            begin[i] = records;
            records += padded(count_of(layout, one) * size_of(one->type));
        }
    }
    for (size_t i = 0; i < layout->variables; i++)
        put_variable(out, layout, &layout->variable[i], begin[i]);
}

// Whole pieces; at the `end` all that is left.
static enum err_kind flush(struct cdf_writer *w, bool end, struct err *err)
{
    size_t done = 0, whole = end ? w->bytes.len : w->bytes.len / PIECE_BYTES * PIECE_BYTES;
    while (done < whole) {
        ssize_t wrote = write(w->fd, w->bytes.at + done, whole - done);
        if (wrote < 0)
            return err_errno(err, ERR_LATER, "cannot write %s", w->part);
        done += (size_t)wrote;
    }
    w->bytes.len -= whole;
    if (whole)
        memmove(w->bytes.at, w->bytes.at + whole, w->bytes.len);
    return OK;
}

static void put_fixed(struct cdf_writer *w, const struct cdf_layout *layout)
{
    for (size_t i = 0; i < layout->variables; i++) {
        const struct cdf_variable *one = &layout->variable[i];
        size_t count = count_of(layout, one);
        if (has_records(layout, one)) {
            w->type[w->variables] = one->type;
            w->count[w->variables++] = count;
        } else {
            put_values(&w->bytes, one->type, one->values, count);
        }
    }
}

enum err_kind cdf_create(const char *path, const struct cdf_layout *layout, struct cdf_writer **out,
                         struct err *err)
{
    assert(layout->variables <= CDF_VARIABLES_MAX);
    if (file_may_be_replaced(path, err))
        return err_of(err);
    AUTO(cdf_drop) struct cdf_writer *w = mem_new(1, sizeof(*w));
    AUTO(buf_free) struct buf trial = buf_new(HEADER_BYTES_MAX);
    w->path = mem_text(path);
    w->part = mem_new(strlen(path) + 6, 1);
    (void)snprintf(w->part, strlen(path) + 6, "%s.part", path);
    w->bytes = buf_new(SIZE_MAX / 2);
    w->fd = open(w->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (w->fd < 0)
        return err_errno(err, ERR_LATER, "cannot write %s", path);
    put_header(&trial, layout, 0);
    put_header(&w->bytes, layout, trial.len);
    put_fixed(w, layout);
    if (flush(w, false, err))
        return err->kind;
    *out = TAKE(w);
    return OK;
}

enum err_kind cdf_append(struct cdf_writer *writer, const void *const *values, struct err *err)
{
    if (writer->records == INT32_MAX)
        return err_set(err, ERR_INPUT, "%s would have more than 2^31 steps", writer->path);
    for (size_t i = 0; i < writer->variables; i++)
        put_values(&writer->bytes, writer->type[i], values[i], writer->count[i]);
    writer->records++;
    return flush(writer, false, err);
}

enum err_kind cdf_finish(struct cdf_writer **writer, struct err *err)
{
    struct cdf_writer *w = *writer;
    uint32_t records = __builtin_bswap32(w->records);
    if (flush(w, true, err))
        return err->kind;
    if (pwrite(w->fd, &records, sizeof(records), 4) != (ssize_t)sizeof(records) ||
        fsync(w->fd) != 0)
        return err_errno(err, ERR_LATER, "cannot write %s", w->part);
    if (rename(w->part, w->path) != 0)
        return err_errno(err, ERR_LATER, "cannot rename %s", w->part);
    (void)close(w->fd);
    w->fd = -1;
    cdf_drop(writer);
    return OK;
}

// --- reading
// --------------------------------------------------------------------------------------

struct attribute {
    char name[CDF_NAME_MAX];
    enum cdf_type type;
    struct str bytes;
};
struct attributes {
    size_t count;
    struct attribute at[CDF_ATTRIBUTES_MAX];
};

struct cdf {
    void *map; // NULL: the bytes are borrowed
    struct str bytes;
    size_t records, dimensions, variables;
    size_t length[CDF_VARIABLES_MAX]; // of each dimension
    struct attributes own, of[CDF_VARIABLES_MAX];
    struct cdf_view view[CDF_VARIABLES_MAX];
};

void cdf_close(struct cdf **file)
{
    if (!*file)
        return;
    if ((*file)->map)
        (void)munmap((*file)->map, (*file)->bytes.len);
    mem_free(file);
}

// A place in the header. `bad` once it ran off its end or made no sense.
struct cursor {
    struct str rest;
    bool bad;
};

static struct str take(struct cursor *cursor, size_t bytes)
{
    struct str none = {"", 0};
    if (cursor->bad || bytes > cursor->rest.len || padded(bytes) > cursor->rest.len) {
        cursor->bad = true;
        return none;
    }
    struct str taken = {cursor->rest.at, bytes};
    cursor->rest.at += padded(bytes);
    cursor->rest.len -= padded(bytes);
    return taken;
}

static uint32_t take_u32(struct cursor *cursor)
{
    struct str four = take(cursor, 4);
    return four.len ? (uint32_t)cdf_int((const unsigned char *)four.at) : 0;
}

static uint64_t take_u64(struct cursor *cursor)
{
    struct str eight = take(cursor, 8);
    return eight.len ? read_u64((const unsigned char *)eight.at) : 0;
}

// The head of a list; 0 when it is absent.
static size_t take_count(struct cursor *cursor, uint32_t tag, size_t most)
{
    uint32_t found = take_u32(cursor), count = take_u32(cursor);
    if ((found != tag && (found || count)) || count > most)
        cursor->bad = true;
    return cursor->bad ? 0 : count;
}

static void take_name(struct cursor *cursor, char *out)
{
    struct str name = take(cursor, take_u32(cursor));
    if (name.len == 0 || name.len >= CDF_NAME_MAX || memchr(name.at, '\0', name.len))
        cursor->bad = true;
    else
        memcpy(out, name.at, name.len);
}

static enum cdf_type take_type(struct cursor *cursor)
{
    uint32_t type = take_u32(cursor);
    if (type != CDF_CHAR && type != CDF_SHORT && type != CDF_INT && type != CDF_DOUBLE) {
        cursor->bad = true;
        return CDF_CHAR;
    }
    return (enum cdf_type)type;
}

static void take_attributes(struct cursor *cursor, struct attributes *out)
{
    out->count = take_count(cursor, TAG_ATTRIBUTE, CDF_ATTRIBUTES_MAX);
    for (size_t i = 0; i < out->count && !cursor->bad; i++) {
        take_name(cursor, out->at[i].name);
        out->at[i].type = take_type(cursor);
        out->at[i].bytes = take(cursor, size_of(out->at[i].type) * take_u32(cursor));
    }
}

// The lengths and the bytes of one record, or of all when it has none.
static void take_variable(struct cursor *cursor, struct cdf *file, size_t index, uint64_t *bytes)
{
    struct cdf_view *view = &file->view[index];
    take_name(cursor, view->name);
    view->dimensions = take_u32(cursor);
    if (view->dimensions > CDF_DIMENSIONS_MAX)
        cursor->bad = true;
    size_t lengths = 1;
    for (size_t i = 0; i < view->dimensions && !cursor->bad; i++) {
        uint32_t id = take_u32(cursor);
        cursor->bad = cursor->bad || id >= file->dimensions;
        if (cursor->bad)
            return;
        bool unlimited = file->length[id] == 0;
        cursor->bad = unlimited && i > 0;
        view->records = view->records || unlimited;
        view->length[i] = unlimited ? file->records : file->length[id];
        if (!unlimited && __builtin_mul_overflow(lengths, file->length[id], &lengths))
            cursor->bad = true;
    }
    take_attributes(cursor, &file->of[index]);
    view->type = take_type(cursor);
    (void)take_u32(cursor); // the size is what the lengths say
    uint64_t begin = take_u64(cursor);
    if (lengths > SIZE_MAX / 16 || begin > file->bytes.len)
        cursor->bad = true;
    else
        view->at = (const unsigned char *)file->bytes.at + begin;
    *bytes = lengths * size_of(view->type);
}

// Each variable within the file. Records lie one after the other, all variables of one together.
static bool is_whole(struct cdf *file, const uint64_t *bytes)
{
    uint64_t stride = 0;
    for (size_t i = 0; i < file->variables; i++) {
        if (file->view[i].records && __builtin_add_overflow(stride, padded(bytes[i]), &stride))
            return false;
    }
    for (size_t i = 0; i < file->variables; i++) {
        struct cdf_view *view = &file->view[i];
        uint64_t room =
            (uint64_t)((const unsigned char *)file->bytes.at + file->bytes.len - view->at);
        uint64_t need = padded(bytes[i]);
        view->stride = view->records ? stride : 0;
        if (view->records && file->records == 0)
            need = 0;
        else if (view->records && (__builtin_mul_overflow(stride, file->records - 1, &need) ||
                                   __builtin_add_overflow(need, padded(bytes[i]), &need)))
            return false;
        if (need > room)
            return false;
    }
    return true;
}

static bool read_header(struct cdf *file)
{
    struct cursor cursor = {.rest = file->bytes};
    uint64_t bytes[CDF_VARIABLES_MAX] = {0};
    (void)take(&cursor, 4);
    file->records = take_u32(&cursor);
    file->dimensions = take_count(&cursor, TAG_DIMENSION, CDF_VARIABLES_MAX);
    for (size_t i = 0; i < file->dimensions && !cursor.bad; i++) {
        char name[CDF_NAME_MAX];
        take_name(&cursor, name);
        file->length[i] = take_u32(&cursor);
    }
    take_attributes(&cursor, &file->own);
    file->variables = take_count(&cursor, TAG_VARIABLE, CDF_VARIABLES_MAX);
    for (size_t i = 0; i < file->variables && !cursor.bad; i++)
        take_variable(&cursor, file, i, &bytes[i]);
    return !cursor.bad && is_whole(file, bytes);
}

enum err_kind cdf_parse(struct str bytes, const char *name, struct cdf **out, struct err *err)
{
    AUTO(cdf_close) struct cdf *file = mem_new(1, sizeof(*file));
    file->bytes = bytes;
    if (!str_starts(bytes, "CDF\x02"))
        return err_set(err, ERR_INPUT,
                       "%s is no classic NetCDF file (64-bit offset); make it by \"gong series "
                       "build\" or \"nccopy -k 64-bit-offset\"",
                       name);
    if (!read_header(file))
        return err_set(err, ERR_INPUT, "%s is cut off, damaged, or no file that gong has written",
                       name);
    *out = TAKE(file);
    return OK;
}

enum err_kind cdf_open(const char *path, struct cdf **out, struct err *err)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, ERR_LATER, "cannot open %s", path);
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
        (void)close(fd);
        return err_set(err, ERR_INPUT, "%s is no file with anything in it", path);
    }
    size_t size = (size_t)status.st_size;
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    if (map == MAP_FAILED)
        return err_errno(err, ERR_LATER, "cannot map %s", path);
    (void)madvise(map, size, MADV_HUGEPAGE); // only faster: where there are none it is refused
    if (cdf_parse((struct str){map, size}, path, out, err)) {
        (void)munmap(map, size);
        return err->kind;
    }
    (*out)->map = map;
    return OK;
}

size_t cdf_records(const struct cdf *file)
{
    return file->records;
}

const struct cdf_view *cdf_find(const struct cdf *file, const char *name)
{
    for (size_t i = 0; i < file->variables; i++) {
        if (strcmp(file->view[i].name, name) == 0)
            return &file->view[i];
    }
    return NULL;
}

static const struct attribute *attribute_of(const struct cdf *file, const struct cdf_view *var,
                                            const char *name)
{
    const struct attributes *list = var ? &file->of[var - file->view] : &file->own;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->at[i].name, name) == 0)
            return &list->at[i];
    }
    return NULL;
}

bool cdf_text(const struct cdf *file, const struct cdf_view *var, const char *name, struct str *out)
{
    const struct attribute *found = attribute_of(file, var, name);
    if (!found || found->type != CDF_CHAR)
        return false;
    *out = found->bytes;
    return true;
}

bool cdf_number(const struct cdf *file, const struct cdf_view *var, const char *name, double *out)
{
    const struct attribute *found = attribute_of(file, var, name);
    if (!found || found->bytes.len != size_of(found->type) || found->type == CDF_CHAR)
        return false;
    const unsigned char *at = (const unsigned char *)found->bytes.at;
    if (found->type == CDF_DOUBLE)
        *out = cdf_double(at);
    else if (found->type == CDF_INT)
        *out = cdf_int(at);
    else
        *out = (int16_t)(at[0] << 8 | at[1]);
    return true;
}
