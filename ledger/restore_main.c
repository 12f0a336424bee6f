// gong-restore: a site from a backup.
#include "core/cli.h"
#include "core/mem.h"
#include "ledger/backup.h"
#include "ledger/hand.h"

#include <inttypes.h>
#include <stdio.h>

static void print_report(const struct cli *cli, const struct restore_report *report)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "site", cli_site_folder(cli));
        doc_put_text(result, "backup", report->manifest);
        doc_put_int(result, "entries", report->entries);
        doc_put_int(result, "lost", report->lost);
        doc_put_int(result, "held", report->held);
        doc_put_int(result, "files", (int64_t)report->files);
        doc_put_bool(result, "locked", !report->unlocked);
        doc_put_text(result, "was_in", report->store ? report->store : "sqlite");
        cli_print(result);
        return;
    }
    if (report->unlocked)
        (void)fprintf(stderr,
                      "%s cannot be locked: that no backup went on meanwhile, you must "
                      "know\n",
                      cli_arg(cli, 0));
    if (cli_quiet(cli))
        return;
    (void)printf("restored %s into %s: %" PRId64 " entries, %zu files, verified\n",
                 report->manifest, cli_site_folder(cli), report->entries, report->files);
    if (report->store)
        (void)printf("its store was %s; it is in files now, until gong site move --to %s\n",
                     report->store, report->store);
    if (report->lost)
        (void)printf("%" PRId64 " entries that a newer checkpoint knows are given up; the ledger "
                     "says so\n",
                     report->lost);
    if (report->held)
        (void)printf("%" PRId64 " payouts wait to be approved again: gong pay plan, gong pay "
                     "approve\n",
                     report->held);
}

static int run_restore(const struct cli *cli)
{
    struct err err = {0};
    AUTO(restore_report_free) struct restore_report report = {0};
    struct restore restore = {.folder = cli_arg(cli, 0),
                              .at = cli_value(cli, "at"),
                              .site = cli_site_folder(cli),
                              .checkpoint = cli_value(cli, "checkpoint"),
                              .now = clock_system.now(clock_system.self)};
    if ((cli_has(cli, "lost") && hand_why(cli, "lost", &restore.lost, &err)) ||
        backup_restore(&restore, &report, &err))
        return cli_fail(cli, &err);
    print_report(cli, &report);
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"at", "WHEN", "which backup, as 20240909T000000Z; default: the newest"},
    {"checkpoint", "FILE", "the newest checkpoint you have: of the old site, or of a witness"},
    {"lost", "WHY", "give up the entries that a newer checkpoint knows; recorded in the ledger"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "DIR",
     .help = "make a site from a backup, in the new folder --site; every byte is checked",
     .example = "gong restore /mnt/backup/mysite --site newsite --checkpoint witness/checkpoint",
     .options = options,
     .args_min = 1,
     .args_max = 1,
     .run = run_restore},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-restore",
                                        .help = "Makes a site from a backup.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
