#include "data/season/ncwrite.h"

#include "core/mem.h"
#include "core/text.h"

#include <assert.h>
#include <netcdf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEFLATE_LEVEL = 4, VARIABLES_MAX = 16 };

// A file that is being written: `place` is the root or the group.
struct writing {
    const struct ncwrite *file;
    int root, place;
    int variable[VARIABLES_MAX];
};

static nc_type type_of(enum ncwrite_type type)
{
    switch (type) {
    case NCWRITE_SHORT:
        return NC_SHORT;
    case NCWRITE_INT:
        return NC_INT;
    case NCWRITE_FLOAT:
        return NC_FLOAT;
    case NCWRITE_DOUBLE:
        return NC_DOUBLE;
    }
    return NC_NAT;
}

static int put_attribute(int place, int variable, nc_type type,
                         const struct ncwrite_attribute *attribute)
{
    if (attribute->text)
        return nc_put_att_text(place, variable, attribute->name, strlen(attribute->text),
                               attribute->text);
    return nc_put_att_double(place, variable, attribute->name,
                             attribute->as_double ? NC_DOUBLE : type, 1, &attribute->number);
}

static int define_variable(struct writing *w, size_t index)
{
    const struct ncwrite_variable *variable = &w->file->variable[index];
    int dimension[NCWRITE_DIMS_MAX], dimensions = 0, status = NC_NOERR;
    while (dimensions < NCWRITE_DIMS_MAX && variable->dimension[dimensions]) {
        status = nc_inq_dimid(w->place, variable->dimension[dimensions], &dimension[dimensions]);
        if (status)
            return status;
        dimensions++;
    }
    status = nc_def_var(w->place, variable->name, type_of(variable->type), dimensions, dimension,
                        &w->variable[index]);
    if (!status && variable->deflate)
        status = nc_def_var_deflate(w->place, w->variable[index], 1, 1, DEFLATE_LEVEL);
    for (size_t i = 0; !status && i < NCWRITE_ATTRIBUTES_MAX && variable->attribute[i].name; i++)
        status = put_attribute(w->place, w->variable[index], type_of(variable->type),
                               &variable->attribute[i]);
    return status;
}

static int define(struct writing *w)
{
    const struct ncwrite *file = w->file;
    int status = nc_put_att_text(w->root, NC_GLOBAL, "title", strlen(file->title), file->title);
    w->place = w->root;
    if (!status && file->group)
        status = nc_def_grp(w->root, file->group, &w->place);
    for (size_t i = 0; !status && i < file->dimensions; i++) {
        int unused;
        status = nc_def_dim(w->place, file->dimension[i].name, file->dimension[i].size, &unused);
    }
    for (size_t i = 0; !status && i < file->variables; i++)
        status = define_variable(w, i);
    return status ? status : nc_enddef(w->root);
}

static int write_open(struct writing *w)
{
    int status = define(w);
    for (size_t i = 0; !status && i < w->file->variables; i++)
        status = nc_put_var_double(w->place, w->variable[i], w->file->variable[i].values);
    int closed = nc_close(w->root);
    return status ? status : closed;
}

enum err_kind ncwrite_file(const char *path, const struct ncwrite *file, struct err *err)
{
    assert(path && file && file->title && file->variables <= VARIABLES_MAX);
    AUTO(buf_free) struct buf part = buf_new(4096);
    struct writing w = {.file = file};
    int flags = file->format == NCWRITE_NETCDF4 ? NC_NETCDF4 : NC_64BIT_OFFSET;
    buf_print(&part, "%s.part", path);
    if (part.full)
        return err_set(err, ERR_INPUT, "the folder's name is too long");
    int status = nc_create(part.at, flags | NC_CLOBBER, &w.root);
    if (!status)
        status = write_open(&w);
    if (status) {
        (void)unlink(part.at);
        return err_set(err, ERR_LATER, "cannot write %s: %s", path, nc_strerror(status));
    }
    if (rename(part.at, path) != 0)
        return err_errno(err, ERR_REFUSED, "cannot rename %s", part.at);
    return OK;
}
