#ifndef GONG_INGEST_NCGRID_WAY_H
#define GONG_INGEST_NCGRID_WAY_H

#include "core/text.h"
#include "ingest/chunk.h"
#include "ingest/hdf.h"
#include "ingest/ncgrid.h"

// The two ways into a NetCDF file, for ncgrid.c alone: each is this table. They are apart so that
// a program that only ever takes the short way has no NetCDF library in it.
struct ncgrid_way {
    void (*close)(struct ncgrid *file);
    // All of `var` but `pack`, from its group and id; `number` when it is numeric.
    enum err_kind (*describe)(const struct ncgrid *file, struct ncvar *var, struct number *number,
                              struct err *err);
    bool (*find)(const struct ncgrid *file, int group, const char *name, int *id);
    bool (*enter)(const struct ncgrid *file, int *group, const char *name);
    bool (*go_up)(const struct ncgrid *file, int *group);
    // How many variables there may be in a group; false: nothing can be told.
    bool (*count)(const struct ncgrid *file, int group, int *count);
    size_t (*dims)(const struct ncgrid *file, int group, int id); // SIZE_MAX: it is no variable
    void (*list)(const struct ncgrid *file, int group, struct buf *out); // "; there are: a, b"
    void (*prepare)(const struct ncgrid *file, const struct ncvar *var); // it will be read
    bool (*text)(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                 char *out, size_t size);
    size_t (*numbers)(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                      double *out, size_t max, struct number *kind);
    enum err_kind (*chars)(const struct ncgrid *file, const struct ncvar *var, char *out,
                           struct err *err);
    // How it lies in chunks; false when it does not.
    bool (*chunking)(const struct ncgrid *file, const struct ncvar *var, struct chunking *out);
    // The box as stored; NaN in chunks that var->need does not have.
    enum err_kind (*values)(const struct ncgrid *file, const struct ncvar *var, const size_t *start,
                            const size_t *count, double *out, struct err *err);
};

struct ncgrid {
    const struct ncgrid_way *way;
    struct hdf *hdf; // of the short way
    int root;        // of the other
    char *padded;    // heap; NULL when the file is read where it lies
};

#endif
