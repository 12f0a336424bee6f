#ifndef GONG_INGEST_MOSAIC_H
#define GONG_INGEST_MOSAIC_H

struct grid;
struct outline;
struct overlap;

// The exact overlap of a shape with the cells of a grid whose cells are polygons (curvilinear,
// rotated, reduced, unstructured), on the sphere. Each ring is cut by the sides of each cell that
// its box can touch (Sutherland and Hodgman 1974), a cell that is not convex by the triangles of
// its fan, each with its sign; what lies double after a cut cancels in the area. Cells are found by
// buckets over their boxes.
struct mosaic;

// `grid` has corners, and is borrowed until mosaic_free.
struct mosaic *mosaic_new(const struct grid *grid);
void mosaic_free(struct mosaic **mosaic);

// As raster_overlap: cells ascend, each at most once; the arrays belong to the mosaic.
void mosaic_overlap(struct mosaic *mosaic, const struct outline *outline, struct overlap *out);

#endif
