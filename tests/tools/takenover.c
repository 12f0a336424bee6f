// Stands in for gong-decode in a folder of programs: a decoder that some files take over. One that
// begins with "exit N" or "signal N" ends it so, after a word to standard error; one of SIZE bytes
// ends it with 5, once for each file "moment.SIZE.1" to "moment.SIZE.3" beside it, which it takes
// away; for any other it becomes the real decoder, "gong-decode.real" beside it.
#include "core/file.h"
#include "core/mem.h"
#include "core/nest.h"
#include "core/proc.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGS_MAX = 160, ORDER_MAX = 40, BASE = 10 };

static bool is_bad_moment(const char *folder)
{
    enum { MOMENTS = 3 };
    struct stat info;
    for (int i = 1; fstat(STDIN_FILENO, &info) == 0 && i <= MOMENTS; i++) {
        AUTO(buf_free) struct buf path = buf_new(PATH_MAX);
        buf_print(&path, "%s/moment.%lld.%d", folder, (long long)info.st_size, i);
        if (unlink(path.at) == 0)
            return true;
    }
    return false;
}

int main(void)
{
    const char *args[ARGS_MAX + 2];
    static const char exits[] = "exit ", signals[] = "signal ";
    char order[ORDER_MAX + 1] = "";
    AUTO(mem_drop) char *folder = proc_folder();
    AUTO(mem_drop) char *real = file_join(folder, "gong-decode.real");
    size_t count = nest_serve(args + 1, ARGS_MAX);
    args[0] = real;
    args[count + 1] = NULL;
    if (pread(STDIN_FILENO, order, ORDER_MAX, 0) < 0)
        perror("the file");
    (void)fprintf(stderr, "the words of a child that was taken over\n");
    if (strncmp(order, exits, strlen(exits)) == 0)
        _exit((int)strtol(order + strlen(exits), NULL, BASE));
    if (strncmp(order, signals, strlen(signals)) == 0)
        (void)raise((int)strtol(order + strlen(signals), NULL, BASE));
    if (is_bad_moment(folder))
        _exit(EXIT_BROKEN);
    (void)execv(real, (char *const *)args);
    perror(real);
    return 1;
}
