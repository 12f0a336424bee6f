#include "ingest/hdf.h"

#include "core/mem.h"
#include "ingest/hdf_attributes.h"
#include "ingest/hdf_image.h"
#include "ingest/inflate.h"
#include "ingest/kept.h"

#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    LINKS_MAX = 4096, // of one group
    GROUPS_MAX = 64,
    TEXT_MAX = 128,
    FILTERS_MAX = 2,
    CHUNK_BYTES_MAX = KEPT_BYTES_MAX,
    FEW = 64, // chunks
};
static const char DIMENSION_ONLY[] = "This is a netCDF dimension but not a netCDF variable";

// A name in a group.
struct link {
    char *name;
    haddr_t address;
    hid_t dataset;                                  // 0: not opened yet
    struct hdf_attributes *attributes;              // of it
    enum { UNSEEN, VARIABLE, SOMETHING_ELSE } what; // once it was described
    struct hdf_var var;
    // How its numbers are stored, once they were asked for.
    bool laid_out, in_chunks;
    const void *whole; // all of them, as they lie in the file; NULL when they do not
    struct chunking chunking;
    struct packing packing;
    double fill;
};

struct group {
    hid_t id;
    int parent;
    const char *name; // the parent's link
    struct link *link;
    size_t links, room;
    bool refused; // a link that is not followed was among them
};

struct hdf {
    hid_t file;
    const char *bytes; // [size] the whole file
    size_t size;
    bool odd;
    size_t groups;
    struct group group[GROUPS_MAX];
    struct inflate *inflate;
    void *raw; // a chunk as it is stored
    size_t raw_room;
    struct kept_chunks kept;
    struct hdf_count counted;
};

// --- groups and their names

static herr_t add_link(hid_t group, const char *name, const H5L_info_t *info, void *self)
{
    struct group *into = self;
    (void)group;
    into->refused = info->type != H5L_TYPE_HARD || into->links == LINKS_MAX ||
                    strlen(name) >= HDF_NAME_SIZE || strncmp(name, "_nc4_non_coord_", 15) == 0;
    if (into->refused)
        return -1;
    if (into->links == into->room) {
        into->room = into->room ? 2 * into->room : 16;
        into->link = mem_resize(into->link, into->room, sizeof(*into->link));
    }
    into->link[into->links++] = (struct link){.name = mem_text(name), .address = info->u.address};
    return 0;
}

static bool list_links_by(H5_index_t index, struct group *group)
{
    return H5Literate(group->id, index, H5_ITER_INC, NULL, add_link, group) >= 0;
}

// In the order in which the NetCDF library counts variables: as they were made, where the group
// kept that (it is tried, as a copy of the group's properties costs more).
static bool list_links(struct group *group)
{
    if (list_links_by(H5_INDEX_CRT_ORDER, group))
        return true;
    return group->links == 0 && !group->refused && list_links_by(H5_INDEX_NAME, group);
}

static bool add_group(struct hdf *file, hid_t id, int parent)
{
    struct group *group = &file->group[file->groups];
    if (id < 0)
        return false;
    *group = (struct group){.id = id, .parent = parent};
    file->groups++;
    if (!list_links(group))
        file->odd = true;
    return !file->odd;
}

struct hdf *hdf_open(void *bytes, size_t size)
{
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t id = hdf_image_open(bytes, size);
    if (id < 0)
        return NULL;
    struct hdf *file = mem_new(1, sizeof(*file));
    file->file = id;
    file->bytes = bytes;
    file->size = size;
    if (!add_group(file, H5Gopen2(id, "/", H5P_DEFAULT), -1))
        file->odd = true;
    return file;
}

static void group_close(struct group *group)
{
    for (size_t i = 0; i < group->links; i++) {
        mem_free(&group->link[i].name);
        hdf_attributes_free(&group->link[i].attributes);
        if (group->link[i].dataset > 0)
            (void)H5Dclose(group->link[i].dataset);
    }
    mem_free(&group->link);
    (void)H5Gclose(group->id);
}

void hdf_close(struct hdf **file)
{
    if (!*file)
        return;
    for (size_t i = 0; i < (*file)->groups; i++)
        group_close(&(*file)->group[i]);
    kept_free(&(*file)->kept);
    inflate_free(&(*file)->inflate);
    mem_free(&(*file)->raw);
    (void)H5Fclose((*file)->file);
    mem_free(file);
}

bool hdf_is_odd(const struct hdf *file)
{
    return file->odd;
}

struct hdf_count hdf_counted(const struct hdf *file)
{
    return file->counted;
}

int hdf_find(struct hdf *file, int group, const char *name)
{
    const struct group *in = &file->group[group];
    for (size_t i = 0; i < in->links; i++) {
        if (strcmp(in->link[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

int hdf_count(struct hdf *file, int group)
{
    return (int)file->group[group].links;
}

bool hdf_enter(struct hdf *file, int *group, const char *name)
{
    int link = hdf_find(file, *group, name);
    for (size_t i = 1; i < file->groups; i++) {
        if (file->group[i].parent == *group && strcmp(file->group[i].name, name) == 0) {
            *group = (int)i;
            return true;
        }
    }
    if (file->groups == GROUPS_MAX || link < 0 ||
        !add_group(file, H5Gopen2(file->group[*group].id, name, H5P_DEFAULT), *group))
        return false;
    file->group[file->groups - 1].name = file->group[*group].link[link].name;
    *group = (int)file->groups - 1;
    return true;
}

bool hdf_parent(const struct hdf *file, int *group)
{
    if (file->group[*group].parent < 0)
        return false;
    *group = file->group[*group].parent;
    return true;
}

bool hdf_text(struct hdf *file, int group, int id, const char *name, char *out, size_t size)
{
    return hdf_attribute_text(file->group[group].link[id].attributes, name, out, size, &file->odd);
}

size_t hdf_numbers(struct hdf *file, int group, int id, const char *name, double *out, size_t max,
                   struct number *kind)
{
    return hdf_attribute_numbers(file->group[group].link[id].attributes, name, out, max, kind,
                                 &file->odd);
}

// --- variables

static bool describe(struct hdf *file, int group, struct link *link);

// The dimension that a reference names: a scale in this group or one above it.
static bool find_scale(struct hdf *file, int group, haddr_t address, struct hdf_dim *out)
{
    for (; group >= 0; group = file->group[group].parent) {
        for (size_t i = 0; i < file->group[group].links; i++) {
            struct link *link = &file->group[group].link[i];
            if (link->address != address)
                continue;
            if (!describe(file, group, link) && file->odd)
                return false;
            *out = link->var.dim[0];
            return link->var.dims == 1 && out->id == group * LINKS_MAX + (int)i;
        }
    }
    return false;
}

// Dimensions by the references that NetCDF keeps: one object each.
static bool read_dims(struct hdf *file, int group, struct link *link)
{
    struct hdf_var *var = &link->var;
    uint64_t object[CHUNK_DIMS_MAX];
    if (!hdf_attribute_objects(link->attributes, "DIMENSION_LIST", object, var->dims))
        return false;
    for (size_t d = 0; d < var->dims; d++) {
        size_t len = var->dim[d].len;
        if (!find_scale(file, group, object[d], &var->dim[d]) || var->dim[d].len != len)
            return false;
    }
    return true;
}

static bool is_scale(struct link *link, bool *alone)
{
    char text[TEXT_MAX];
    bool odd = false;
    if (!hdf_attribute_text(link->attributes, "CLASS", text, sizeof(text), &odd) ||
        strcmp(text, "DIMENSION_SCALE") != 0)
        return false;
    *alone = hdf_attribute_text(link->attributes, "NAME", text, sizeof(text), &odd) &&
             strncmp(text, DIMENSION_ONLY, strlen(DIMENSION_ONLY)) == 0;
    return true;
}

// What a dataset is; false when it cannot be told the short way.
static bool describe_dataset(struct hdf *file, int group, struct link *link)
{
    struct hdf_var *var = &link->var;
    hsize_t len[CHUNK_DIMS_MAX];
    hid_t space = H5Dget_space(link->dataset), type = H5Dget_type(link->dataset);
    int dims = H5Sget_simple_extent_ndims(space);
    bool good =
        dims >= 0 && dims <= CHUNK_DIMS_MAX && H5Sget_simple_extent_dims(space, len, NULL) >= 0;
    bool number = hdf_number_of(type, &var->number), alone = false;
    good = good && (number || H5Tget_class(type) == H5T_STRING);
    if (!number)
        var->number = (struct number){0};
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)snprintf(var->name, sizeof(var->name), "%s", link->name);
    var->dims = good ? (size_t)dims : 0;
    for (size_t d = 0; d < var->dims; d++)
        var->dim[d].len = len[d];
    link->what = VARIABLE;
    if (good && is_scale(link, &alone)) {
        if (var->dims != 1) // a coordinate of several dimensions
            return false;
        var->dim[0].id = group * LINKS_MAX + (int)(link - file->group[group].link);
        memcpy(var->dim[0].name, var->name, sizeof(var->name));
        link->what = alone ? SOMETHING_ELSE : VARIABLE;
        return true;
    }
    return good && (var->dims == 0 || read_dims(file, group, link));
}

// Opens what a link leads to; false when it is no dataset.
static bool open_dataset(struct hdf *file, int group, struct link *link)
{
    if (link->dataset > 0)
        return true;
    hid_t object = H5Oopen(file->group[group].id, link->name, H5P_DEFAULT);
    file->odd = file->odd || object < 0;
    if (H5Iget_type(object) != H5I_DATASET) {
        (void)H5Oclose(object);
        link->what = SOMETHING_ELSE;
        return false;
    }
    link->dataset = object;
    return true;
}

static bool describe(struct hdf *file, int group, struct link *link)
{
    if (link->what != UNSEEN)
        return link->what == VARIABLE;
    if (!open_dataset(file, group, link))
        return false;
    link->what = SOMETHING_ELSE;
    link->attributes = hdf_attributes_list(link->dataset);
    if (!link->attributes || !describe_dataset(file, group, link)) {
        link->what = SOMETHING_ELSE;
        file->odd = true;
    }
    return link->what == VARIABLE;
}

const struct hdf_var *hdf_describe(struct hdf *file, int group, int id)
{
    struct link *link = &file->group[group].link[id];
    return describe(file, group, link) ? &link->var : NULL;
}

size_t hdf_dims(struct hdf *file, int group, int id)
{
    struct link *link = &file->group[group].link[id];
    if (link->what == VARIABLE)
        return link->var.dims;
    if (link->what != UNSEEN || !open_dataset(file, group, link))
        return SIZE_MAX;
    hid_t space = H5Dget_space(link->dataset);
    int dims = H5Sget_simple_extent_ndims(space);
    (void)H5Sclose(space);
    return dims < 0 ? SIZE_MAX : (size_t)dims;
}

// --- numbers

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

static bool read_chunks(struct hdf *file, struct link *link, const size_t *start,
                        const size_t *count, double *out)
{
    size_t at[CHUNK_DIMS_MAX];
    bool there = true, again = is_kept(&link->chunking, count);
    chunk_first(&link->chunking, start, at);
    do {
        const void *chunk = read_chunk(file, link, at, again, &there);
        if (chunk)
            chunk_copy(&link->chunking, at, chunk, start, count, out);
        else if (!there)
            chunk_fill(&link->chunking, at, link->fill, start, count, out);
        else
            return false;
    } while (chunk_next(&link->chunking, start, count, at));
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

bool hdf_floats(struct hdf *file, int group, int id, const size_t *start, const size_t *count,
                float *out)
{
    struct link *link = &file->group[group].link[id];
    size_t at[CHUNK_DIMS_MAX];
    bool there = true;
    if (!is_inside(link, start, count) || !link->var.number.real || link->var.number.bytes != 4)
        return false;
    if (!link->laid_out)
        read_layout(file, link);
    if (!link->in_chunks)
        return false;
    chunk_first(&link->chunking, start, at);
    do {
        const void *chunk = read_chunk(file, link, at, is_kept(&link->chunking, count), &there);
        if (!chunk)
            return false;
        chunk_copy_floats(&link->chunking, at, chunk, start, count, out);
    } while (chunk_next(&link->chunking, start, count, at));
    return true;
}

bool hdf_values(struct hdf *file, int group, int id, const size_t *start, const size_t *count,
                double *out)
{
    struct link *link = &file->group[group].link[id];
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
    good = good && (link->in_chunks ? read_chunks(file, link, start, count, out)
                                    : read_plainly(link, start, count, out));
    if (!good)
        file->odd = true;
    return good;
}
