#ifndef GONG_INGEST_CF_H
#define GONG_INGEST_CF_H

#include "core/err.h"
#include "ingest/grid.h"
#include "ingest/wanted.h"

#include <stdbool.h>
#include <stddef.h>

// What a NetCDF file means by the CF conventions (1.8; cfconventions.org): reads the wanted steps
// of the wanted variables into a frame, in canonical units, rows from south to north, columns from
// west to east. Only the part of the grid that touches the box is read.
//
//   axes       found by units (degrees_north, "hours since ...") or standard_name; any order
//   cell edges from bounds when there are any, else halfway between centres
//   time       scalar or one dimension; steps as the wanted interval says, or from time bounds
//   members    a dimension whose standard_name is realization (or of the usual names)
//   cells      of rows and columns; of a map, a rotated globe, two-dimensional coordinates, or in
//   any
//              order along one dimension, with their corners (ingest/mesh.h)
//   flags      of a variable beside it: cells that do not count are NaN (ingest/cf_flags.h)
//   issue      standard_name forecast_reference_time, only when a forecast is wanted
//
// Refused by name as ERR_INPUT: points without cells, swaths, dates that never were, other
// dimensions longer than 1 of which none is picked, units that do not fit, values that cannot be, a
// file that is cut off.
//
// Of a file in chunks, those without a needed cell (wanted->needs) are not read, and their cells
// are NaN; where it is not known which are needed, the frame asks.
//
// `bytes` [size] is borrowed for the call.
MUST_USE enum err_kind cf_read(void *bytes, size_t size, const struct wanted_list *wanted,
                               struct frame *out, struct err *err);

// A file of any number of steps, one step in memory at a time: `see` gets each step with its grid
// and values [rows x columns], which hold until it returns; nothing is allocated from step to step.
// Times first..end (by their number in the file) are read. ERR_LATER when the short way turned out
// wrong half-way: what was seen does not count.
struct cf_stream {
    void (*see)(void *self, const struct grid *grid, const struct grid_step *step,
                const float *value);
    void *self;
    size_t first, end;
};
MUST_USE enum err_kind cf_stream(void *bytes, size_t size, const struct wanted_list *wanted,
                                 const struct cf_stream *stream, struct err *err);

// The two ways that cf_read goes; both give the same bytes on every file that both read.
//   short    plain NetCDF-4 files: HDF5 for what is where, chunks by libdeflate. False when it is
//            none, or anything in it is odd or to be refused. *inflated: chunks (may be NULL)
//   general  by the NetCDF library, with the sentences of all refusals
bool cf_read_short(void *bytes, size_t size, const struct wanted_list *wanted, struct frame *out,
                   size_t *inflated);
MUST_USE enum err_kind cf_read_general(void *bytes, size_t size, const struct wanted_list *wanted,
                                       struct frame *out, struct err *err);

#endif
