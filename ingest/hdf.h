#ifndef GONG_INGEST_HDF_H
#define GONG_INGEST_HDF_H

#include "ingest/chunk.h"

#include <stdbool.h>
#include <stddef.h>

// A NetCDF-4 file as the HDF5 file that it is: a short way to the numbers of the common layouts,
// beside the NetCDF library, which reads everything. Whatever is not plain (a type that is no
// number, dimensions without scales, filters besides shuffle and deflate, a damaged chunk) makes
// the file `odd`: then nothing that was read counts, and the file is read by the library. Only
// chunks that the box touches, and that are needed, are read and inflated. Only the sandboxed
// decoder may use it.
struct hdf;

// NULL when the bytes are no HDF5 file that opens. `bytes` is borrowed while it is open.
struct hdf *hdf_open(void *bytes, size_t size);
void hdf_close(struct hdf **file);
bool hdf_is_odd(const struct hdf *file);

// Groups and variables are numbers. The root is group 0; hdf_enter finds a group in a group, and
// hdf_parent goes up: false when there is none.
bool hdf_enter(struct hdf *file, int *group, const char *name);
bool hdf_parent(const struct hdf *file, int *group);

enum { HDF_NAME_SIZE = 257 };
struct hdf_dim {
    int id; // the same for one dimension in the whole file
    char name[HDF_NAME_SIZE];
    size_t len;
};
struct hdf_var {
    char name[HDF_NAME_SIZE];
    struct number number;
    size_t dims;
    struct hdf_dim dim[CHUNK_DIMS_MAX];
};

// The place of a name in a group, -1 when it is not there; how many places a group has.
int hdf_find(struct hdf *file, int group, const char *name);
int hdf_count(struct hdf *file, int group);
// NULL when the place holds no variable (a group, a dimension alone), or the file is odd; the
// file's.
const struct hdf_var *hdf_describe(struct hdf *file, int group, int id);
// How many dimensions it has, which costs less than a description: SIZE_MAX when it is none.
size_t hdf_dims(struct hdf *file, int group, int id);

// A text attribute of a variable: false when there is none. Numbers of one: how many (at most
// `max` are stored), 0 when there is none or it is text.
bool hdf_text(struct hdf *file, int group, int id, const char *name, char *out, size_t size);
size_t hdf_numbers(struct hdf *file, int group, int id, const char *name, double *out, size_t max,
                   struct number *kind);

// How it lies in chunks; false when it does not, or the file is odd.
bool hdf_chunking(struct hdf *file, int group, int id, struct chunking *out);

// A box, and which chunks of it are needed (NULL: all); of the others the numbers are NaN.
struct hdf_box {
    const size_t *start, *count;
    const struct chunk_need *need;
};

// The box as stored, as doubles; false: odd.
bool hdf_values(struct hdf *file, int group, int id, const struct hdf_box *box, double *out);

// The same for numbers that are stored as this machine's floats, in chunks that were all written;
// false when they are not, which is nothing odd.
bool hdf_floats(struct hdf *file, int group, int id, const struct hdf_box *box, float *out);

// What was read so far: how many chunks of fields (not of axes) were inflated, and their bytes.
struct hdf_count {
    size_t chunks, bytes;
};
struct hdf_count hdf_counted(const struct hdf *file);

#endif
