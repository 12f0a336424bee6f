#include "ingest/hdf_file.h"

#include "core/mem.h"

#include <math.h>
#include <stdint.h>

enum {
    FILTERS_MAX = 2,
    CHUNK_BYTES_MAX = KEPT_BYTES_MAX,
    FEW = 64, // chunks
};

static bool read_filters(hid_t made, struct link *link)
{
    int count = H5Pget_nfilters(made);
    if (count < 0 || count > FILTERS_MAX)
        return false;
    for (int i = 0; i < count; i++) {
        unsigned flags = 0;
        size_t none = 0;
        H5Z_filter_t filter = H5Pget_filter2(made, (unsigned)i, &flags, &none, NULL, 0, NULL, NULL);
        if (filter == H5Z_FILTER_SHUFFLE && i == 0)
            link->packing.shuffled = link->var.number.bytes;
        else if (filter == H5Z_FILTER_DEFLATE && i == count - 1)
            link->packing.deflated = true;
        else
            return false;
    }
    return true;
}

// Whether the numbers are kept as this machine would keep them.
static bool is_native(hid_t type, struct number number)
{
    hid_t real = number.bytes == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    if (number.real)
        return H5Tequal(type, real) > 0;
    return (number.bytes == 1 || H5Tget_order(type) == H5Tget_order(H5T_NATIVE_INT)) &&
           H5Tget_precision(type) == 8 * number.bytes && H5Tget_offset(type) == 0;
}

// Sets the size of a chunk; one of no size, or a very large one, is left to the library.
static bool set_chunking(struct link *link, const hsize_t *chunk)
{
    size_t bytes = link->var.number.bytes;
    link->chunking.dims = link->var.dims;
    link->chunking.number = link->var.number;
    for (size_t d = 0; d < link->var.dims; d++) {
        link->chunking.len[d] = link->var.dim[d].len;
        link->chunking.chunk[d] = chunk[d];
        if (chunk[d] == 0 || chunk[d] > CHUNK_BYTES_MAX / bytes)
            return false;
        bytes *= chunk[d];
    }
    return true;
}

// Numbers that lie in one piece: a chunk as large as the array, which need not be read at all. An
// array in chunks, in the header or in other files has no address.
static void find_whole(const struct hdf *file, struct link *link)
{
    hsize_t chunk[CHUNK_DIMS_MAX] = {0};
    haddr_t at = H5Dget_offset(link->dataset);
    for (size_t d = 0; d < link->var.dims; d++)
        chunk[d] = link->var.dim[d].len;
    if (at == HADDR_UNDEF || !set_chunking(link, chunk))
        return;
    size_t bytes = chunk_size(&link->chunking) * link->var.number.bytes;
    if (at < file->size && bytes <= file->size - at)
        link->whole = file->bytes + at;
}

static void find_chunks(struct link *link)
{
    hsize_t chunk[CHUNK_DIMS_MAX] = {0};
    hid_t made = H5Dget_create_plist(link->dataset);
    link->in_chunks = H5Pget_layout(made) == H5D_CHUNKED &&
                      H5Pget_chunk(made, CHUNK_DIMS_MAX, chunk) == (int)link->var.dims &&
                      read_filters(made, link) && set_chunking(link, chunk) &&
                      H5Pget_fill_value(made, H5T_NATIVE_DOUBLE, &link->fill) >= 0;
    (void)H5Pclose(made);
}

// How the numbers are stored: in one piece, in chunks, or in a way that is left to the library.
static void read_layout(const struct hdf *file, struct link *link)
{
    hid_t type = H5Dget_type(link->dataset);
    if (link->var.dims > 0 && is_native(type, link->var.number)) {
        find_whole(file, link);
        if (!link->whole) // most axes lie in one piece, and a copy of all properties is not cheap
            find_chunks(link);
    }
    (void)H5Tclose(type);
    // The library looks through the index of many chunks once: no step needs memory for it later.
    if (link->in_chunks && chunk_count(&link->chunking) > FEW)
        (void)H5Dget_storage_size(link->dataset);
    link->laid_out = true;
}

// By the library: scalars, other orders of bytes, other filters.
static bool read_plainly(struct link *link, const size_t *start, const size_t *count, double *out)
{
    hsize_t first[CHUNK_DIMS_MAX], size[CHUNK_DIMS_MAX];
    hid_t space = H5Dget_space(link->dataset), memory = H5S_ALL;
    bool good = space > 0;
    for (size_t d = 0; d < link->var.dims; d++) {
        first[d] = start[d];
        size[d] = count[d];
    }
    if (link->var.dims > 0) {
        memory = H5Screate_simple((int)link->var.dims, size, NULL);
        good = good && memory > 0 &&
               H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, size, NULL) >= 0;
    }
    good = good && H5Dread(link->dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, out) >= 0;
    if (memory > 0)
        (void)H5Sclose(memory);
    (void)H5Sclose(space);
    return good;
}

// A chunk as stored; `*stored` 0: nothing was ever written there, else NULL: it is damaged.
static const void *copy_chunk(struct hdf *file, const struct link *link, const hsize_t *first,
                              size_t bytes, hsize_t *stored, uint32_t *skipped)
{
    if (H5Dget_chunk_storage_size(link->dataset, first, stored) < 0)
        *stored = 0;
    if (*stored == 0 || *stored > file->size)
        return NULL;
    if (*stored > file->raw_room) { // the next ones may be larger: room for any, once
        file->raw_room = *stored > bytes ? *stored + *stored / 4 : bytes;
        file->raw = mem_resize(file->raw, file->raw_room, 1);
    }
    bool good = H5Dread_chunk(link->dataset, H5P_DEFAULT, first, skipped, file->raw) >= 0;
    return good ? file->raw : NULL;
}

// The same where it lies. The library looks for it among all chunks (HDF5 1.10): only for a few.
static const void *look_at_chunk(const struct hdf *file, const struct link *link,
                                 const hsize_t *first, hsize_t *stored, uint32_t *skipped)
{
    haddr_t at = HADDR_UNDEF;
    if (H5Dget_chunk_info_by_coord(link->dataset, first, skipped, &at, stored) < 0 ||
        at == HADDR_UNDEF)
        *stored = 0;
    return *stored == 0 || at > file->size || *stored > file->size - at ? NULL : file->bytes + at;
}

// Inflates the chunk at `at`; NULL with *there false when nothing was ever written there.
static const void *read_chunk(struct hdf *file, const struct link *link, const size_t *at,
                              bool again, bool *there)
{
    hsize_t first[CHUNK_DIMS_MAX], stored = 0;
    uint32_t skipped = 0;
    size_t bytes = chunk_size(&link->chunking) * link->var.number.bytes;
    struct kept *kept = kept_place(&file->kept, link, &link->chunking, at, again);
    *there = true;
    if (kept->of == link)
        return kept->bytes;
    for (size_t d = 0; d < link->chunking.dims; d++)
        first[d] = at[d];
    const void *raw = chunk_count(&link->chunking) <= FEW
                          ? look_at_chunk(file, link, first, &stored, &skipped)
                          : copy_chunk(file, link, first, bytes, &stored, &skipped);
    if (stored == 0) {
        *there = false;
        return NULL;
    }
    if (!file->inflate)
        file->inflate = inflate_new();
    if (!raw || skipped ||
        !inflate_chunk(file->inflate, &link->packing, raw, stored, kept->bytes, bytes))
        return NULL;
    file->counted.chunks += link->var.dims > 1;
    file->counted.bytes += link->var.dims > 1 ? bytes : 0;
    kept->of = link;
    return kept->bytes;
}

// Whether a chunk may be asked for again: it holds more steps than the one that is read.
static bool is_kept(const struct chunking *all, const size_t *count)
{
    for (size_t d = 0; d < all->dims; d++) {
        if (count[d] == 1 && all->chunk[d] > 1 && all->len[d] > 1)
            return true;
    }
    return false;
}

static size_t numbers_of(const struct link *link, const size_t *count)
{
    size_t numbers = 1;
    for (size_t d = 0; d < link->var.dims; d++)
        numbers *= count[d];
    return numbers;
}

static bool read_chunks(struct hdf *file, struct link *link, const struct hdf_box *box, double *out)
{
    const struct chunking *all = &link->chunking;
    size_t at[CHUNK_DIMS_MAX];
    bool there = true, again = is_kept(all, box->count);
    for (size_t i = 0; box->need && i < numbers_of(link, box->count); i++)
        out[i] = NAN;
    chunk_first(all, box->start, at);
    do {
        if (!chunk_is_needed(box->need, all, at))
            continue;
        const void *chunk = read_chunk(file, link, at, again, &there);
        if (chunk)
            chunk_copy(all, at, chunk, box->start, box->count, out);
        else if (!there)
            chunk_fill(all, at, link->fill, box->start, box->count, out);
        else
            return false;
    } while (chunk_next(all, box->start, box->count, at));
    return true;
}

static bool is_inside(const struct link *link, const size_t *start, const size_t *count)
{
    for (size_t d = 0; d < link->var.dims; d++) {
        if (count[d] == 0 || count[d] > link->var.dim[d].len ||
            start[d] > link->var.dim[d].len - count[d])
            return false;
    }
    return link->what == VARIABLE && link->var.number.bytes > 0;
}

bool hdf_chunking(struct hdf *file, int group, int id, struct chunking *out)
{
    struct link *link = &file->group[group].link[id];
    if (link->what != VARIABLE || link->var.number.bytes == 0 || link->var.dims == 0)
        return false;
    if (!link->laid_out)
        read_layout(file, link);
    if (link->in_chunks) {
        *out = link->chunking;
        return true;
    }
    if (link->whole)
        return false;
    hid_t made = H5Dget_create_plist(link->dataset); // chunks that are left to the library
    file->odd = file->odd || H5Pget_layout(made) == H5D_CHUNKED;
    (void)H5Pclose(made);
    return false;
}

bool hdf_floats(struct hdf *file, int group, int id, const struct hdf_box *box, float *out)
{
    struct link *link = &file->group[group].link[id];
    const struct chunking *all = &link->chunking;
    size_t at[CHUNK_DIMS_MAX];
    bool there = true;
    if (!is_inside(link, box->start, box->count) || !link->var.number.real ||
        link->var.number.bytes != 4)
        return false;
    if (!link->laid_out)
        read_layout(file, link);
    if (!link->in_chunks)
        return false;
    for (size_t i = 0; box->need && i < numbers_of(link, box->count); i++)
        out[i] = NAN;
    chunk_first(all, box->start, at);
    do {
        if (!chunk_is_needed(box->need, all, at))
            continue;
        const void *chunk = read_chunk(file, link, at, is_kept(all, box->count), &there);
        if (!chunk)
            return false;
        chunk_copy_floats(all, at, chunk, box->start, box->count, out);
    } while (chunk_next(all, box->start, box->count, at));
    return true;
}

bool hdf_values(struct hdf *file, int group, int id, const struct hdf_box *box, double *out)
{
    struct link *link = &file->group[group].link[id];
    const size_t *start = box->start, *count = box->count;
    for (size_t d = 0; d < link->var.dims; d++) {
        if (count[d] == 0)
            return true;
    }
    bool good = is_inside(link, start, count);
    if (good && !link->laid_out)
        read_layout(file, link);
    if (good && link->whole) {
        const size_t origin[CHUNK_DIMS_MAX] = {0};
        chunk_copy(&link->chunking, origin, link->whole, start, count, out);
        return true;
    }
    good = good && (link->in_chunks ? read_chunks(file, link, box, out)
                                    : read_plainly(link, start, count, out));
    if (!good)
        file->odd = true;
    return good;
}
