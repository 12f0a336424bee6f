// Stands in for gong-decode in a folder of programs: for each file that it is given it notes
// whether somebody holds the lock of the ledger for writing, then becomes the real decoder. Beside
// it lie "gong-decode.real", "ledger.db-shm" (a link to the site's) and "held", to which it adds a
// line "held" or "free" a file. As "heldprobe look" it notes once and ends.
#include "core/file.h"
#include "core/mem.h"
#include "core/nest.h"
#include "core/proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ARGS_MAX = 160, WRITE_LOCK_AT = 120, MODE = 0600 }; // SQLite: wal.c, WALINDEX_LOCK_OFFSET

static void look(const char *folder)
{
    AUTO(mem_drop) char *index = file_join(folder, "ledger.db-shm");
    AUTO(mem_drop) char *log = file_join(folder, "held");
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = WRITE_LOCK_AT, .l_len = 1};
    int shared = open(index, O_RDWR | O_CLOEXEC);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, MODE);
    bool asked = shared >= 0 && fcntl(shared, F_GETLK, &lock) == 0;
    const char *word = !asked ? "unknown\n" : lock.l_type == F_UNLCK ? "free\n" : "held\n";
    if (out < 0 || write(out, word, strlen(word)) < 0)
        perror(log);
}

int main(int argc, char **argv)
{
    const char *args[ARGS_MAX + 2];
    AUTO(mem_drop) char *folder = proc_folder();
    AUTO(mem_drop) char *real = file_join(folder, "gong-decode.real");
    if (argc == 2 && strcmp(argv[1], "look") == 0) {
        look(folder);
        return 0;
    }
    size_t count = nest_serve(args + 1, ARGS_MAX);
    args[0] = real;
    args[count + 1] = NULL;
    look(folder);
    (void)execv(real, (char *const *)args);
    perror(real);
    return 1;
}
