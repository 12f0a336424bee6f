#ifndef GONG_INGEST_WARM_H
#define GONG_INGEST_WARM_H

// Makes a small NetCDF-4 file in memory and reads it, so that what the libraries do once (symbols,
// tables, lists of free memory) is done: forks of this process have it then. Nothing of it stays.
// What cannot be done is left: the first file then costs more, and nothing else.
void warm_up(void);

#endif
