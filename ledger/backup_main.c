// gong-backup: a copy of a site while it works.
#include "core/cli.h"
#include "core/mem.h"
#include "ledger/backup.h"

#include <inttypes.h>
#include <stdio.h>

static int run_backup(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    struct backup_report report = {0};
    struct utc now = clock_system.now(clock_system.self);
    if (cli_site(cli, &site, &err) ||
        backup_make(site_folder(site), cli_arg(cli, 0), now, &report, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "backup", report.manifest);
        doc_put_int(result, "entries", report.entries);
        doc_put_text(result, "root", hash_hex(report.root).at);
        doc_put_int(result, "files", (int64_t)report.files);
        doc_put_int(result, "new", (int64_t)report.fresh);
        doc_put_int(result, "bytes", report.bytes);
        doc_put_int(result, "new_bytes", report.new_bytes);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf(
            "backup %s: %" PRId64 " entries, %zu files (%zu new, %" PRId64 " KiB), verified\n",
            report.manifest, report.entries, report.files, report.fresh, report.new_bytes / 1024);
    }
    return EXIT_YES;
}

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "DIR",
     .help = "copy a site into DIR while it works, and verify the copy; only what is new is added",
     .example = "gong backup /mnt/backup/mysite --site mysite",
     .args_min = 1,
     .args_max = 1,
     .run = run_backup},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-backup",
                                        .help = "Copies a site while it works.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
