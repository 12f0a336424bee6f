// What of ingest/cf.h needs the NetCDF library: apart, for a program that has none.
#include "ingest/cf.h"

#include "core/mem.h"
#include "ingest/cf_file.h"

enum err_kind cf_read_general(void *bytes, size_t size, const struct wanted_list *wanted,
                              struct frame *out, struct err *err)
{
    AUTO(ncgrid_close) struct ncgrid *file = NULL;
    if (ncgrid_open(bytes, size, wanted->cdf5, &file, err))
        return err_of(err);
    return cf_read_file(file, wanted, NULL, out, err);
}

enum err_kind cf_read(void *bytes, size_t size, const struct wanted_list *wanted, struct frame *out,
                      struct err *err)
{
    if (cf_read_short(bytes, size, wanted, out, NULL))
        return OK;
    return cf_read_general(bytes, size, wanted, out, err);
}

enum err_kind cf_stream(void *bytes, size_t size, const struct wanted_list *wanted,
                        const struct cf_stream *stream, struct err *err)
{
    struct frame none = {0};
    AUTO(ncgrid_close) struct ncgrid *file = ncgrid_open_short(bytes, size);
    enum err_kind kind = ERR_INPUT;
    if (file)
        kind = cf_read_file(file, wanted, stream, &none, err);
    if (file && ncgrid_is_odd(file)) // what was seen does not count: it is all to be done again
        return err_set(err, ERR_LATER, "the file cannot be read the short way");
    if (file && kind == OK)
        return OK;
    ncgrid_close(&file);
    if (ncgrid_open(bytes, size, wanted->cdf5, &file, err))
        return err_of(err);
    return cf_read_file(file, wanted, stream, &none, err);
}
