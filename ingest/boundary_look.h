#ifndef GONG_INGEST_BOUNDARY_LOOK_H
#define GONG_INGEST_BOUNDARY_LOOK_H

struct cli;

// The verbs of gong-boundary that look at sets that are there; each returns an exit code.
int boundary_list(const struct cli *cli);      // [SET]: the sets, or the communes of one
int boundary_check(const struct cli *cli);     // SET: overlaps, gaps, and that weights are whole
int boundary_crosswalk(const struct cli *cli); // A B: which share of each area of A lies in B
int boundary_locate(const struct cli *cli);    // LAT LON: which commune of each set holds a point
int boundary_former(const struct cli *cli);    // FILE.csv --set SET: what the communes were before

#endif
