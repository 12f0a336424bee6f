#ifndef GONG_INGEST_HDF_IMAGE_H
#define GONG_INGEST_HDF_IMAGE_H

#include <stddef.h>
#include <stdint.h>

// Opens an HDF5 file that lies in memory, to read it where it is: nothing is copied. `bytes` is
// borrowed until H5Fclose. The library's own number of the file (hid_t); below 0 when it is none.
int64_t hdf_image_open(void *bytes, size_t size);

#endif
