#ifndef GONG_INGEST_HDF_ATTRIBUTES_H
#define GONG_INGEST_HDF_ATTRIBUTES_H

#include "ingest/chunk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The attributes of one HDF5 dataset: their names are listed once, each value is read once, when it
// is asked for. Part of ingest/hdf.h.
struct hdf_attributes;

// `dataset` is an open hid_t, borrowed until hdf_attributes_free. NULL when it cannot be listed.
struct hdf_attributes *hdf_attributes_list(int64_t dataset);
void hdf_attributes_free(struct hdf_attributes **attributes);

// `*odd` is set where the value is of a kind that is not read here.
bool hdf_attribute_text(struct hdf_attributes *attributes, const char *name, char *out, size_t size,
                        bool *odd);
size_t hdf_attribute_numbers(struct hdf_attributes *attributes, const char *name, double *out,
                             size_t max, struct number *kind, bool *odd);

// The objects that an attribute refers to, one for each of `count` dimensions; false when it is not
// of that shape.
bool hdf_attribute_objects(struct hdf_attributes *attributes, const char *name, uint64_t *out,
                           size_t count);

// What an HDF5 type (hid_t) holds; false when it is no number of 1, 2, 4 or 8 bytes.
bool hdf_number_of(int64_t type, struct number *out);

#endif
