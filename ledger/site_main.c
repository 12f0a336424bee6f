// gong-site: what is done to a site as a whole.
#include "core/cli.h"
#include "core/mem.h"
#include "ledger/move.h"

#include <inttypes.h>
#include <stdio.h>

static int run_move(const struct cli *cli)
{
    struct err err = {0};
    struct move_report report;
    AUTO(site_free) struct site *site = NULL;
    const char *store = cli_value(cli, "to");
    if (!store) {
        (void)err_usage(&err, "where to? write --to postgresql://USER@HOST/DB or --to sqlite");
        return cli_fail(cli, &err);
    }
    if (cli_site(cli, &site, &err) ||
        move_site(site_folder(site), store, cli_value(cli, "store-schema"),
                  clock_system.now(clock_system.self), &report, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "store", store);
        doc_put_int(result, "tables", report.tables);
        doc_put_int(result, "rows", report.rows);
        doc_put_int(result, "entries", report.entries);
        doc_put_text(result, "head", hash_hex(report.head).at);
        doc_put_text(result, "root", hash_hex(report.root).at);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("moved to %s: %" PRId64 " tables, %" PRId64 " rows, each table compared\n"
                     "the same ledger: %" PRId64 " entries, head %s, root %s\n",
                     store, report.tables, report.rows, report.entries, hash_hex(report.head).at,
                     hash_hex(report.root).at);
    }
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"to", "STORE", "sqlite, or postgresql://USER@HOST/DB"},
    {"store-schema", "NAME", "in PostgreSQL: what its schemas' names begin with; else as it is"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "move",
     .args = "",
     .help = "move ledger, register and map to another store, and prove that they are the same",
     .example = "gong site move --to postgresql://gong@db.example/gong --site mysite",
     .options = options,
     .run = run_move},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-site",
                                        .help = "A site as a whole.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
