#ifndef GONG_TESTS_LIMIT_H
#define GONG_TESTS_LIMIT_H

// For a child of a test: memory of its own that it may take, beyond what it has. Files that are
// mapped are not memory of its own. Under sanitizers, which keep much beside it, there is no limit.
#include "tests/check.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static inline bool limit_memory(size_t more_bytes)
{
    if (SANITIZED)
        return true;
    char text[200] = {0};
    FILE *statm = fopen("/proc/self/statm", "r");
    long pages = 0;
    if (statm && fgets(text, sizeof(text), statm)) {
        char *at = text;
        for (int field = 0; field < 6; field++)
            pages = strtol(at, &at, 10);
    }
    if (statm)
        (void)fclose(statm);
    struct rlimit data = {.rlim_cur = (rlim_t)(pages * sysconf(_SC_PAGESIZE)) + more_bytes};
    data.rlim_max = data.rlim_cur;
    return pages > 0 && setrlimit(RLIMIT_DATA, &data) == 0;
}

#endif
