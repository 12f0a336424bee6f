#include "ingest/hdf_image.h"

#include <hdf5.h>

// The library asks for memory for an image, copies it and gives it back; all of it is the caller's
// own (`image`), which stays where it is. H5LTopen_file_image does the same and forgets to free
// what it remembers it by (HDF5 1.10).
static void *image_give(size_t size, H5FD_file_image_op_t what, void *image)
{
    (void)size;
    (void)what;
    return image;
}

static void *image_keep(void *to, const void *from, size_t size, H5FD_file_image_op_t what,
                        void *image)
{
    (void)from;
    (void)size;
    (void)what;
    (void)image;
    return to;
}

static void *image_grow(void *at, size_t size, H5FD_file_image_op_t what, void *image)
{
    (void)at;
    (void)size;
    (void)what;
    (void)image;
    return NULL; // it is only read
}

static herr_t image_leave(void *at, H5FD_file_image_op_t what, void *image)
{
    (void)at;
    (void)what;
    (void)image;
    return 0;
}

static void *image_same(void *image)
{
    return image;
}

static herr_t image_done(void *image)
{
    (void)image;
    return 0;
}

int64_t hdf_image_open(void *bytes, size_t size)
{
    enum { GROWTH_BYTES = 1 << 16 };
    H5FD_file_image_callbacks_t calls = {image_give, image_keep, image_grow, image_leave,
                                         image_same, image_done, bytes};
    hid_t file = -1, access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0)
        return -1;
    if (H5Pset_fapl_core(access, GROWTH_BYTES, 0) >= 0 &&
        H5Pset_file_image_callbacks(access, &calls) >= 0 &&
        H5Pset_file_image(access, bytes, size) >= 0)
        file = H5Fopen("image", H5F_ACC_RDONLY, access);
    (void)H5Pclose(access);
    return file;
}
