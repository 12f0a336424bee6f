#include "ingest/hdf.h"

#include "core/mem.h"
#include "ingest/hdf_file.h"
#include "ingest/hdf_image.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    LINKS_MAX = 4096, // of one group
    TEXT_MAX = 128,
};
static const char DIMENSION_ONLY[] = "This is a netCDF dimension but not a netCDF variable";

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
