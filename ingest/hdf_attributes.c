#include "ingest/hdf_attributes.h"

#include "core/mem.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

// HDF5 multiplies the points of a value by their size unchecked, and reads beyond what is left of
// it where that passes 2^64: the dataspace says how many there are, and more than POINTS_MAX are
// odd.
enum { ATTRIBUTES_MAX = 512, TEXT_MAX = 4096, NUMBERS_MAX = 8, POINTS_MAX = 1 << 20 };

struct value {
    char *name;
    enum { UNREAD, NOTHING, TEXT, NUMBERS, ODD } what;
    char *text; // TEXT
    size_t count;
    struct number kind;
    double number[NUMBERS_MAX];
};

struct hdf_attributes {
    hid_t dataset;
    size_t count, room;
    struct value *value;
};

void hdf_attributes_free(struct hdf_attributes **attributes)
{
    if (!*attributes)
        return;
    for (size_t i = 0; i < (*attributes)->count; i++) {
        mem_free(&(*attributes)->value[i].name);
        mem_free(&(*attributes)->value[i].text);
    }
    mem_free(&(*attributes)->value);
    mem_free(attributes);
}

static herr_t add_name(hid_t dataset, const char *name, const H5A_info_t *info, void *self)
{
    struct hdf_attributes *into = self;
    (void)dataset;
    (void)info;
    if (into->count == ATTRIBUTES_MAX)
        return -1;
    if (into->count == into->room) {
        into->room = into->room ? 2 * into->room : 16;
        into->value = mem_resize(into->value, into->room, sizeof(*into->value));
    }
    into->value[into->count++] = (struct value){.name = mem_text(name)};
    return 0;
}

struct hdf_attributes *hdf_attributes_list(int64_t dataset)
{
    struct hdf_attributes *attributes = mem_new(1, sizeof(*attributes));
    attributes->dataset = dataset;
    if (H5Aiterate2(dataset, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, add_name, attributes) < 0)
        hdf_attributes_free(&attributes);
    return attributes;
}

bool hdf_number_of(int64_t type, struct number *out)
{
    H5T_class_t class = H5Tget_class(type);
    size_t bytes = H5Tget_size(type);
    *out = (struct number){0};
    if (class != H5T_INTEGER && class != H5T_FLOAT)
        return false;
    out->bytes = bytes;
    out->real = class == H5T_FLOAT;
    out->is_signed = out->real || H5Tget_sign(type) == H5T_SGN_2;
    return bytes == 4 || bytes == 8 || (!out->real && (bytes == 1 || bytes == 2));
}

// An attribute that is being read.
struct open {
    hid_t id, type;
    int64_t points; // 0: it is empty
};

static void open_end(struct open *open)
{
    if (open->type > 0)
        (void)H5Tclose(open->type);
    if (open->id > 0)
        (void)H5Aclose(open->id);
}

static bool open_begin(hid_t dataset, const char *name, struct open *out)
{
    out->id = H5Aopen(dataset, name, H5P_DEFAULT);
    out->type = out->id > 0 ? H5Aget_type(out->id) : -1;
    if (out->type <= 0)
        return false;
    hid_t space = H5Aget_space(out->id);
    if (space > 0) {
        bool none = H5Sget_simple_extent_type(space) == H5S_NULL;
        out->points = none ? 0 : H5Sget_simple_extent_npoints(space);
        (void)H5Sclose(space);
    }
    return space > 0 && out->points >= 0 && out->points <= POINTS_MAX;
}

static bool read_text(const struct open *open, struct value *value)
{
    size_t size = H5Tget_size(open->type);
    if (open->points > 1)
        return false;
    value->what = TEXT;
    if (open->points == 0) {
        value->text = mem_text("");
        return true;
    }
    if (H5Tis_variable_str(open->type) > 0) {
        char *text = NULL;
        if (H5Aread(open->id, open->type, (void *)&text) < 0)
            return false;
        value->text = mem_text(text ? text : "");
        (void)H5free_memory(text);
        return true;
    }
    if (size > TEXT_MAX) { // longer ones say nothing that is asked for
        value->what = NOTHING;
        return true;
    }
    value->text = mem_new(size + 1, 1);
    return H5Aread(open->id, open->type, value->text) >= 0;
}

static bool read_numbers(const struct open *open, struct value *value)
{
    value->what = NUMBERS;
    if (!hdf_number_of(open->type, &value->kind))
        return false;
    // More than are ever asked for count as none, as by the other way.
    value->count = open->points <= NUMBERS_MAX ? (size_t)open->points : 0;
    return value->count == 0 || H5Aread(open->id, H5T_NATIVE_DOUBLE, value->number) >= 0;
}

static struct value *find(struct hdf_attributes *attributes, const char *name)
{
    for (size_t i = 0; i < attributes->count; i++) {
        struct value *value = &attributes->value[i];
        if (strcmp(value->name, name) != 0)
            continue;
        if (value->what == UNREAD) {
            AUTO(open_end) struct open open = {0};
            bool good = open_begin(attributes->dataset, name, &open) &&
                        (H5Tget_class(open.type) == H5T_STRING ? read_text(&open, value)
                                                               : read_numbers(&open, value));
            if (!good)
                value->what = ODD;
        }
        return value;
    }
    return NULL;
}

bool hdf_attribute_text(struct hdf_attributes *attributes, const char *name, char *out, size_t size,
                        bool *odd)
{
    const struct value *value = find(attributes, name);
    out[0] = '\0';
    if (value && value->what == ODD)
        *odd = true;
    if (!value || value->what != TEXT)
        return false;
    (void)snprintf(out, size, "%s", value->text);
    return true;
}

size_t hdf_attribute_numbers(struct hdf_attributes *attributes, const char *name, double *out,
                             size_t max, struct number *kind, bool *odd)
{
    const struct value *value = find(attributes, name);
    if (value && value->what == ODD)
        *odd = true;
    if (!value || value->what != NUMBERS)
        return 0;
    size_t count = value->count < max ? value->count : max;
    memcpy(out, value->number, count * sizeof(*out));
    *kind = value->kind;
    return count;
}

bool hdf_attribute_objects(struct hdf_attributes *attributes, const char *name, uint64_t *out,
                           size_t count)
{
    hvl_t list[CHUNK_DIMS_MAX];
    bool there = false;
    for (size_t i = 0; i < attributes->count; i++)
        there = there || strcmp(attributes->value[i].name, name) == 0;
    AUTO(open_end) struct open open = {0};
    if (!there || count > CHUNK_DIMS_MAX || !open_begin(attributes->dataset, name, &open) ||
        H5Tget_class(open.type) != H5T_VLEN || open.points != (int64_t)count)
        return false;
    hid_t inner = H5Tget_super(open.type);
    bool good = H5Tequal(inner, H5T_STD_REF_OBJ) > 0 && H5Aread(open.id, open.type, list) >= 0;
    (void)H5Tclose(inner);
    if (!good)
        return false;
    for (size_t d = 0; d < count; d++) {
        hobj_ref_t object = 0;
        good = good && list[d].len == 1 && list[d].p;
        if (good)
            memcpy(&object, list[d].p, sizeof(object));
        out[d] = object;
    }
    hid_t space = H5Aget_space(open.id);
    (void)H5Dvlen_reclaim(open.type, space, H5P_DEFAULT, list);
    (void)H5Sclose(space);
    return good;
}
