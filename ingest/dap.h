#ifndef GONG_INGEST_DAP_H
#define GONG_INGEST_DAP_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// OPeNDAP through NetCDF-C: its own program nccopy, as a child with limits of memory and time, asks
// the server (DAP2 or DAP4) for the variables and ranges after "?" and writes them as a classic
// file with 64-bit offsets. The same data give the same bytes.
//
// The child parses what a server says, and talks to it: it is confined by landlock (gong-dap,
// ingest/confine.h) to a folder of its own, the libraries of the system and, where the source has a
// login, keys/netrc. What it wrote is then read in the sandbox like any other file.
bool dap_is(const char *url); // dap:// (over http), daps:// (over https)

// Asks, here and now, and puts the answer into the spool, whole.
//
//   ERR_LATER    no server, no answer in time, one that cannot be read, two that differ; a folder
//                that cannot be made or written
//   ERR_INPUT    larger than bytes_max
//   ERR_MISSING  nccopy is not installed
//
// gong-dap URL FOLDER NETRC CA leaves DAP_ANSWER in the folder, which holds DAP_SETTINGS; it ends
// with DAP_NOT_THERE when there is no nccopy.
#define DAP_ANSWER "answer.nc"
#define DAP_SETTINGS ".daprc"
enum { DAP_NOT_THERE = 4 };
struct spool;
struct dap_ask {
    const char *url;
    int64_t timeout_s;
    size_t bytes_max;
    bool compare;        // ask twice, and compare
    const char *login;   // a netrc file; NULL: none
    const char *ca_file; // certificates to trust; NULL: those of the system
};
MUST_USE enum err_kind dap_spool(const struct dap_ask *ask, struct spool *spool, struct err *err);

#endif
