// gong-dap: asks an OPeNDAP server for a part of a data set, through NetCDF-C: the library's own
// nccopy, which it becomes once its rights are given up. Started by gong-ingest for one answer.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"
#include "ingest/confine.h"
#include "ingest/dap.h"

#include <string.h>
#include <unistd.h>

enum { WORD_BYTES_MAX = 4200 };
static const char NCCOPY[] = "/usr/bin/nccopy", CLASSIC_64[] = "-6";

// What a program that asks a server opens: its libraries, names and addresses, certificates.
static enum err_kind confine(const char *folder, const char *netrc, const char *ca_file,
                             struct err *err)
{
    const struct confine_path paths[] = {
        {"/usr", false},
        {"/lib", false},
        {"/lib64", false},
        {"/etc/ld.so.cache", false},
        {"/etc/ssl/certs", false}, // not the private keys beside them
        {"/etc/ssl/openssl.cnf", false},
        {"/etc/hosts", false},
        {"/etc/host.conf", false},
        {"/etc/resolv.conf", false},
        {"/etc/nsswitch.conf", false},
        {"/etc/gai.conf", false},
        {"/etc/services", false},
        {"/etc/localtime", false},
        {"/run/systemd/resolve", false},
        {"/dev/null", true},
        {"/dev/urandom", false},
        {folder, true},
        {netrc, false},
        {ca_file, false},
    };
    return confine_files(paths, COUNT_OF(paths), err);
}

static int run(const struct cli *cli)
{
    struct err err = {0};
    const char *url = cli_arg(cli, 0), *folder = cli_arg(cli, 1);
    AUTO(buf_free) struct buf home = buf_new(WORD_BYTES_MAX), temp = buf_new(WORD_BYTES_MAX);
    if (!file_exists(NCCOPY)) {
        (void)err_set(&err, ERR_MISSING, "%s is not there; install netcdf-bin", NCCOPY);
        (void)cli_fail(cli, &err);
        return DAP_NOT_THERE;
    }
    // Names, not paths: a file "none" or "system" lies nowhere.
    const char *netrc = strcmp(cli_arg(cli, 2), "none") == 0 ? "/nowhere" : cli_arg(cli, 2);
    const char *ca_file = strcmp(cli_arg(cli, 3), "system") == 0 ? "/nowhere" : cli_arg(cli, 3);
    if (chdir(folder) != 0) {
        (void)err_errno(&err, ERR_BROKEN, "cannot go to %s", folder);
        return cli_fail(cli, &err);
    }
    buf_print(&home, "HOME=%s", folder);
    buf_print(&temp, "TEMP=%s", folder);
    if (confine(folder, netrc, ca_file, &err))
        return cli_fail(cli, &err);
    const char *const argv[] = {NCCOPY, CLASSIC_64, url, DAP_ANSWER, NULL};
    const char *const words[] = {home.at, temp.at, "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
    (void)execve(NCCOPY, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)words);
    (void)err_errno(&err, ERR_LATER, "cannot start %s", NCCOPY);
    return cli_fail(cli, &err);
}

int main(int argc, char **argv)
{
    static const struct cli_verb verb = {
        .name = "",
        .args = "URL FOLDER NETRC CA",
        .help = "Asks an OPeNDAP server, confined to a folder; started by gong-ingest.",
        .example = "gong-dap http://127.0.0.1:8080/x?tp /tmp/folder none system",
        .args_min = 4,
        .args_max = 4,
        .run = run,
    };
    static const struct cli_program program = {
        .name = "gong-dap",
        .help = "asks an OPeNDAP server, confined",
        .verbs = &verb,
        .count = 1,
    };
    return cli_main(&program, argc, argv);
}
