#ifndef GONG_INGEST_HDF_FILE_H
#define GONG_INGEST_HDF_FILE_H

#include "ingest/hdf.h"
#include "ingest/hdf_attributes.h"
#include "ingest/inflate.h"
#include "ingest/kept.h"

#include <hdf5.h>

// What an open file is to hdf.c, which knows what is where in it, and to hdf_numbers.c, which reads
// numbers. For these two alone.

enum { GROUPS_MAX = 64 };

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

#endif
