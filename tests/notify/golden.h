#ifndef GONG_TESTS_NOTIFY_GOLDEN_H
#define GONG_TESTS_NOTIFY_GOLDEN_H

#include "core/file.h"
#include "core/proc.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

// Compares a text with tests/golden/NAME; `make golden` (GONG_GOLDEN=write) writes it anew.
static inline void golden(const char *name, struct str text)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join("tests/golden", name);
    const char *mode = getenv("GONG_GOLDEN");
    if (mode && strcmp(mode, "write") == 0)
        CHECK_OK(file_write(path, text, 0644, &err), err);
    AUTO(buf_free) struct buf want = buf_new(8 << 20);
    CHECK_OK(file_read(path, &want, &err), err);
    if (!str_same(text, buf_slice(&want)))
        CHECK_FAILED("%s is not what is made now:\n" STR_FMT, path, STR_ARG(text));
}

// What xmllint says of a text and a schema of ../shared/specs: "" when it is valid.
static inline const char *schema_says(struct str text, const char *schema)
{
    static char complaint[600];
    struct err err = {0};
    char path[] = "/tmp/gong-xml-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK(write(fd, text.at, text.len) == (ssize_t)text.len);
    (void)close(fd);
    const char *argv[] = {"/usr/bin/xmllint", "--noout", "--schema", schema, path, NULL};
    AUTO(buf_free) struct buf out = buf_new(10000);
    AUTO(buf_free) struct buf says = buf_new(10000);
    int exit_code = 0;
    CHECK_OK(proc_run(argv, -1, &(struct proc_limits){.output_bytes_max = 10000}, &out, &says,
                      &exit_code, &err),
             err);
    (void)unlink(path);
    (void)snprintf(complaint, sizeof(complaint), "%s", exit_code ? says.at : "");
    if (exit_code && !*complaint)
        (void)snprintf(complaint, sizeof(complaint), "xmllint ended with %d", exit_code);
    return complaint;
}

#endif
