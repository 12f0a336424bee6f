#ifndef GONG_CORE_CDF_H
#define GONG_CORE_CDF_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Classic NetCDF files (64-bit offset, "CDF" 2) without the library: written one record after the
// other in bounded memory, read where they lie by a map of the file. It is for files that gong
// itself defines (series, results); what the world brings goes through the sandboxed decoder.
// Source: "The NetCDF classic format specification", Unidata.

enum cdf_type { CDF_CHAR = 2, CDF_SHORT = 3, CDF_INT = 4, CDF_DOUBLE = 6 };
enum { CDF_DIMENSIONS_MAX = 4, CDF_ATTRIBUTES_MAX = 12, CDF_VARIABLES_MAX = 32, CDF_NAME_MAX = 64 };

// A text, or (text NULL) one number of `type`.
struct cdf_attribute {
    const char *name, *text;
    double number;
    enum cdf_type type;
};

struct cdf_dimension {
    const char *name;
    size_t length; // 0: the records, counted as they come; at most one
};

// Lists end at the first name that is NULL. A variable whose first dimension is that of the
// records gets its values by cdf_append; the others give all of theirs here, last dimension
// fastest, as the machine has them.
struct cdf_variable {
    const char *name;
    enum cdf_type type;
    const char *dimension[CDF_DIMENSIONS_MAX];
    struct cdf_attribute attribute[CDF_ATTRIBUTES_MAX];
    const void *values;
};

struct cdf_layout {
    const struct cdf_attribute *attribute; // ends with name NULL
    const struct cdf_dimension *dimension;
    const struct cdf_variable *variable;
    size_t dimensions, variables;
};

// Writes beside the place; cdf_finish syncs and renames, so that the file is whole or not there.
// The same data give the same bytes. ERR_LATER or what errno says when it cannot be written.
struct cdf_writer;
MUST_USE enum err_kind cdf_create(const char *path, const struct cdf_layout *layout,
                                  struct cdf_writer **out, struct err *err);
// One record: the values of each record variable in the order of the layout, borrowed.
MUST_USE enum err_kind cdf_append(struct cdf_writer *writer, const void *const *values,
                                  struct err *err);
MUST_USE enum err_kind cdf_finish(struct cdf_writer **writer, struct err *err);
void cdf_drop(struct cdf_writer **writer); // gives up; serves as cleanup attribute

// One variable of a file that is open.
struct cdf_view {
    char name[CDF_NAME_MAX];
    enum cdf_type type;
    size_t dimensions, length[CDF_DIMENSIONS_MAX]; // the records' length is that of the file
    bool records;
    // Most significant byte first. One record after the other, `stride` bytes apart; without
    // records all of it.
    const unsigned char *at;
    size_t stride;
};

// ERR_MISSING when it is not there; ERR_INPUT when it is no classic NetCDF file of this kind, is
// cut off, or has more or longer things than named above.
struct cdf;
MUST_USE enum err_kind cdf_open(const char *path, struct cdf **out, struct err *err);
MUST_USE enum err_kind cdf_parse(struct str bytes, const char *name, struct cdf **out,
                                 struct err *err); // `bytes` is borrowed
void cdf_close(struct cdf **file);
size_t cdf_records(const struct cdf *file);

// NULL when there is none of that name; borrowed.
const struct cdf_view *cdf_find(const struct cdf *file, const char *name);
// An attribute of a variable, or (var NULL) of the file; false when there is none of that kind.
bool cdf_text(const struct cdf *file, const struct cdf_view *var, const char *name,
              struct str *out);
bool cdf_number(const struct cdf *file, const struct cdf_view *var, const char *name, double *out);

// Numbers as they lie in a file.
int32_t cdf_int(const unsigned char *at);
double cdf_double(const unsigned char *at);

#endif
