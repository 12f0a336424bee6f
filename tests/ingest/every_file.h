#ifndef GONG_TESTS_INGEST_EVERY_FILE_H
#define GONG_TESTS_INGEST_EVERY_FILE_H

// That no file of a folder is left out of a table: for each one, some row's path must be its own.
#include "tests/check.h"

#include <dirent.h>
#include <stdbool.h>

#define SHARED_DATA "../shared/data/"

// True where the shared files are; says so where they are not.
static inline bool shared_is_there(void)
{
    DIR *folder = opendir(SHARED_DATA);
    if (folder)
        return closedir(folder) == 0;
    (void)printf("SKIP real files: there is no " SHARED_DATA "\n");
    return false;
}

// How many files of `folder` ("rainfall") there are; each must be "rainfall/NAME" in `path[count]`.
static inline size_t check_every_file(const char *folder, const char *const *path, size_t count)
{
    char whole[512];
    size_t files = 0;
    (void)snprintf(whole, sizeof(whole), SHARED_DATA "%s", folder);
    DIR *entries = opendir(whole);
    CHECK(entries != NULL);
    for (const struct dirent *entry; (entry = readdir(entries));) {
        bool found = false;
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(whole, sizeof(whole), "%s/%s", folder, entry->d_name);
        for (size_t i = 0; i < count; i++)
            found = found || strcmp(path[i], whole) == 0;
        ROW(whole);
        CHECK(found && "every file has a row");
        files++;
    }
    (void)closedir(entries);
    return files;
}

#endif
