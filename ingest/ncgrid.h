#ifndef GONG_INGEST_NCGRID_H
#define GONG_INGEST_NCGRID_H

#include "core/err.h"
#include "ingest/chunk.h"

#include <stdbool.h>
#include <stddef.h>

// A NetCDF file (classic, 64-bit offset, NetCDF-4; CDF-5 where it is expected) that lies in memory,
// as its variables, attributes and numbers. Only the sandboxed decoder may link this: the library
// below it is known to crash on hostile bytes. What the numbers mean is ingest/cf.h.
struct ncgrid;

// As the id of a struct ncvar: the attributes of the whole file (not on the short way).
enum { NCGRID_FILE = -1 };

enum { NCGRID_DIMS_MAX = 8, NCGRID_NAME_SIZE = 257, NCGRID_MISSING_MAX = 8 };

struct ncdim {
    int id;
    char name[NCGRID_NAME_SIZE];
    size_t len;
};

// CF section 8.1 and 2.5.1: how stored numbers become values, and which of them are none.
struct ncpack {
    double factor, offset;
    double missing[NCGRID_MISSING_MAX]; // as stored
    size_t missing_count;
    double stored_min, stored_max; // valid_range of packed integers, as stored
    double value_min, value_max;   // valid_range of the values themselves
    bool wraps;                    // bytes that are _Unsigned: 256 is added below zero
};

struct ncvar {
    int group, id;
    char name[NCGRID_NAME_SIZE];
    bool numeric;      // any integer or floating type; not text, string or a compound
    const char *holds; // what it is instead: "compound type", "text", ...; static
    size_t dims;       // more than NCGRID_DIMS_MAX are refused
    struct ncdim dim[NCGRID_DIMS_MAX];
    struct ncpack pack; // only when numeric
    // Which chunks are read, NaN in all others; NULL: those that a box touches. Borrowed.
    const struct chunk_need *need;
};

// `bytes` is borrowed while the file is open, and never written. ERR_INPUT, with what it is
// instead where that can be told: a web page, gzip, CDF-5 that is not expected (`cdf5` false: the
// library crashes on damaged ones most often), a file that is cut off.
MUST_USE enum err_kind ncgrid_open(void *bytes, size_t size, bool cdf5, struct ncgrid **out,
                                   struct err *err);

// The short way into a NetCDF-4 file (ingest/hdf.h): much faster, and for common layouts only. NULL
// when there is none. What was read counts only if the file is not odd at the end, and a refusal
// never does: then it is to be opened by ncgrid_open, which also has the sentences.
struct ncgrid *ncgrid_open_short(void *bytes, size_t size);
bool ncgrid_is_odd(const struct ncgrid *file);
void ncgrid_close(struct ncgrid **file);

// The variable of a path, "tp" or "Grid/precipitation". ERR_INPUT names what is not there, and
// what is.
MUST_USE enum err_kind ncgrid_find(const struct ncgrid *file, const char *path, struct ncvar *out,
                                   struct err *err);

// A variable by name in the group of `near` or in one above it; false when there is none.
bool ncgrid_beside(const struct ncgrid *file, const struct ncvar *near, const char *name,
                   struct ncvar *out);

// All variables of at most `dims_max` dimensions of near's group, then of those above; *cursor
// starts at 0. False at the end. Those of more cost next to nothing, and are none to ask for.
bool ncgrid_next(const struct ncgrid *file, const struct ncvar *near, size_t dims_max,
                 size_t *cursor, struct ncvar *out);

// A text attribute (cut to the room there is); false, and out "", when there is none.
bool ncgrid_text(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                 char *out, size_t size);

// A numeric attribute, at most `max` numbers of it; returns how many, 0 when there is none or it is
// no number.
size_t ncgrid_numbers(const struct ncgrid *file, const struct ncvar *var, const char *attribute,
                      double *out, size_t max);

// Reads a variable of characters whole: every byte of it, in the file's order, no NUL added. `out`
// has room for the product of its dimensions. ERR_INPUT when it holds no characters.
MUST_USE enum err_kind ncgrid_chars(const struct ncgrid *file, const struct ncvar *var, char *out,
                                    struct err *err);

// Whether a box of numbers touches several chunks: then it may be that not all are needed.
bool ncgrid_has_chunks(const struct ncgrid *file, const struct ncvar *var, const size_t *start,
                       const size_t *count);
// Those that hold one of the cells [product of count], in the order of the box, for var->need.
// False when it lies in one.
bool ncgrid_need(const struct ncgrid *file, const struct ncvar *var, const size_t *start,
                 const size_t *count, const bool *cell, struct chunk_need *out);

// Reads the box start..start+count of a numeric variable, in the file's order, unpacked; NaN for
// what is missing. Without start and count (NULL): everything.
MUST_USE enum err_kind ncgrid_values(const struct ncgrid *file, const struct ncvar *var,
                                     const size_t *start, const size_t *count, double *out,
                                     struct err *err);

// The same as they are stored, for floats that are not packed and of which one number at most,
// given back, means missing; false when the variable is not such a one, or not on the short way.
bool ncgrid_floats(const struct ncgrid *file, const struct ncvar *var, const size_t *start,
                   const size_t *count, float *out, float *missing);

// How many chunks were inflated so far, on the short way.
size_t ncgrid_inflated(const struct ncgrid *file);

#endif
