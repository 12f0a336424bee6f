// gong-ledger: check, show and hand out the ledger.
#include "core/cli.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/ledger.h"
#include "ledger/log_verbs.h"
#include "ledger/map.h"
#include "ledger/not_held.h"
#include "ledger/people.h"
#include "ledger/schema.h"
#include "ledger/tree.h"

#include <inttypes.h>
#include <stdio.h>

static enum err_kind open_ledger(const struct cli *cli, struct ledger **ledger, struct err *err)
{
    AUTO(site_free) struct site *site = NULL;
    if (cli_site(cli, &site, err))
        return err->kind;
    return ledger_open(site_folder(site), LEDGER_READ, ledger, err);
}

static struct doc *list_not_held(void)
{
    struct doc *list = doc_array();
    for (size_t i = 0; i < not_held_count; i++) {
        struct doc *one = doc_object();
        doc_put_text(one, "table", not_held[i].table);
        doc_put_text(one, "column", not_held[i].column ? not_held[i].column : "*");
        doc_put_text(one, "why", not_held[i].why);
        doc_push(list, one);
    }
    return list;
}

static int run_verify(const struct cli *cli)
{
    struct err err = {0};
    AUTO(ledger_close) struct ledger *ledger = NULL;
    struct ledger_report report = {0};
    if (open_ledger(cli, &ledger, &err))
        return cli_fail(cli, &err);
    enum err_kind kind = ledger_verify(ledger, &report, &err);
    if (kind && !cli_json(cli))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_bool(result, "ok", kind == OK);
        doc_put_int(result, "entries", report.entries);
        doc_put_text(result, "head", hash_hex(report.head).at);
        doc_put_text(result, "root", hash_hex(report.root).at);
        doc_put_int(result, "checkpoints", report.checkpoints);
        doc_put(result, "not_held", list_not_held());
        if (kind) {
            doc_put_text(result, "error", err.text);
            doc_put_int(result, "bad_seq", report.bad_seq);
        }
        cli_print(result);
    } else {
        (void)printf("ledger verify: ok (%" PRId64 " entries, head %s, %" PRId64 " checkpoints)\n",
                     report.entries, hash_hex(report.head).at, report.checkpoints);
        (void)printf(
            "held to the entries: ledger.db, but for %zu tables and %zu columns of others, "
            "which are working state and prove nothing (--json lists them); people.db and "
            "map.db are not looked at\n",
            not_held_tables(), not_held_count - not_held_tables());
    }
    return err_exit_code(kind);
}

static int run_head(const struct cli *cli)
{
    struct err err = {0};
    AUTO(ledger_close) struct ledger *ledger = NULL;
    int64_t seq = 0;
    struct hash head, root;
    if (open_ledger(cli, &ledger, &err) || ledger_head(ledger, &seq, &head, &err) ||
        tree_root(ledger, (uint64_t)seq, &root, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "entries", seq);
        doc_put_text(result, "head", hash_hex(head).at);
        doc_put_text(result, "root", hash_hex(root).at);
        cli_print(result);
    } else {
        (void)printf("%" PRId64 " %s\n", seq, hash_hex(head).at);
    }
    return EXIT_YES;
}

static enum err_kind print_entry(void *self, const struct entry *entry, struct err *err)
{
    (void)self;
    if (puts(entry->text) < 0)
        return err_errno(err, ERR_LATER, "cannot write the entries");
    return OK;
}

// The bytes that were hashed, one entry a line: jq -cS gives the same.
static int run_export(const struct cli *cli)
{
    struct err err = {0};
    AUTO(ledger_close) struct ledger *ledger = NULL;
    int64_t first = 1;
    const char *from = cli_value(cli, "from");
    if ((from && num_whole(str_of(from), 1, INT64_MAX, &first, &err)) ||
        open_ledger(cli, &ledger, &err) ||
        ledger_walk(ledger, first, cli_value(cli, "kind"), print_entry, NULL, &err))
        return cli_fail(cli, &err);
    if (fflush(stdout) != 0) {
        (void)err_errno(&err, ERR_LATER, "cannot write the entries");
        return cli_fail(cli, &err);
    }
    return EXIT_YES;
}

static int run_show(const struct cli *cli)
{
    struct err err = {0};
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(entry_free) struct entry entry = {0};
    AUTO(doc_free) struct doc *doc = NULL;
    int64_t seq = 0;
    if (num_whole(str_of(cli_arg(cli, 0)), 1, INT64_MAX, &seq, &err) ||
        open_ledger(cli, &ledger, &err) || ledger_entry(ledger, seq, &entry, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        (void)puts(entry.text);
        return EXIT_YES;
    }
    if (doc_parse(str_of(entry.text), "entry", &doc, &err))
        return cli_fail(cli, &err);
    AUTO(buf_free) struct buf text = buf_new(64 << 20);
    doc_pretty(doc, &text);
    (void)printf("%shash %s\n", text.at, hash_hex(entry.hash).at);
    return EXIT_YES;
}

// To open it for writing is all: that brings it forward.
static int run_migrate(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(people_close) struct people *people = NULL;
    AUTO(map_close) struct map *map = NULL;
    if (cli_site(cli, &site, &err) || ledger_open(site_folder(site), LEDGER_WRITE, &ledger, &err) ||
        people_open(site_folder(site), LEDGER_WRITE, &people, &err) ||
        map_open(site_folder(site), LEDGER_WRITE, &map, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "ledger", ledger_kind.schema);
        doc_put_int(result, "people", people_kind.schema);
        doc_put_int(result, "map", map_kind.schema);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("ledger: schema %" PRId64 ", people: schema %" PRId64 ", map: schema %" PRId64
                     "\n",
                     ledger_kind.schema, people_kind.schema, map_kind.schema);
    }
    return EXIT_YES;
}

static const struct cli_option export_options[] = {
    {"from", "SEQ", "begin with this entry"},
    {"kind", "KIND", "only entries of a kind: basis, decision, payout, payment, ingest ..."},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "seal",
     .args = "",
     .help = "sign the present head as a checkpoint and print it; --every goes on until stopped",
     .example = "gong ledger seal --every 60 --publish /srv/www/ledger --site mysite",
     .options = seal_options,
     .run = verb_seal,
     .endless = true},
    {.name = "prove",
     .args = "[SEQ]",
     .help =
         "print the proof that an entry is in the ledger, or (--from) that the ledger only grew: "
         "it is checked without the site",
     .example = "gong ledger prove 184 --site mysite > 184.tlog-proof",
     .options = prove_options,
     .args_max = 1,
     .run = verb_prove},
    {.name = "check",
     .args = "PROOF FILE",
     .help =
         "check a proof anywhere by the log's key: PROOF from prove, FILE one line of export, or "
         "the older checkpoint that you kept",
     .example = "gong ledger check 184.tlog-proof 184.json --key log.vkey",
     .options = key_options,
     .args_min = 2,
     .args_max = 2,
     .run = verb_check},
    {.name = "publish",
     .args = "DIR",
     .help = "write the ledger as files for any web server: checkpoint, tiles, entries",
     .example = "gong ledger publish /srv/www/ledger --site mysite",
     .args_min = 1,
     .args_max = 1,
     .run = verb_publish},
    {.name = "follow",
     .args = "SOURCE",
     .help = "as an outsider: read what was published, check that it only grew, cosign it",
     .example = "gong ledger follow https://gong.example/ledger --key log.vkey --keep watch "
                "--cosign insurer.key",
     .options = follow_options,
     .args_min = 1,
     .args_max = 1,
     .run = verb_follow},
    {.name = "cosign",
     .args = "FILE|URL",
     .help =
         "take in what a witness signed (the checkpoint that follow keeps): witnesses are named in "
         "the site's file \"witnesses\"",
     .example = "gong ledger cosign https://insurer.example/gong/checkpoint --site mysite",
     .options = cosign_options,
     .args_min = 1,
     .args_max = 1,
     .run = verb_cosign},
    {.name = "witness",
     .args = "NAME",
     .help = "make the key of a witness of that name: witness.key (secret) and witness.vkey here, "
             "or as --out says",
     .example = "gong ledger witness insurer.example/w1 --out insurer",
     .options = witness_options,
     .args_min = 1,
     .args_max = 1,
     .run = verb_witness},
    {.name = "verify",
     .args = "",
     .help = "recompute the chain and compare every table with it; exit 5 when something is wrong",
     .example = "gong ledger verify --site mysite",
     .run = run_verify},
    {.name = "migrate",
     .args = "",
     .help = "bring ledger, register and map of an older gong forward; stop gong up before",
     .example = "gong ledger migrate --site mysite",
     .run = run_migrate},
    {.name = "head",
     .args = "",
     .help = "print the number and hash of the newest entry",
     .example = "gong ledger head --site mysite",
     .run = run_head},
    {.name = "export",
     .args = "",
     .help = "print entries, one line of canonical JSON each: the bytes that were hashed",
     .example = "gong ledger export --site mysite --kind payout | jq .amount",
     .options = export_options,
     .run = run_export},
    {.name = "show",
     .args = "SEQ",
     .help = "print one entry for people",
     .example = "gong ledger show 184 --site mysite",
     .args_min = 1,
     .args_max = 1,
     .run = run_show},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-ledger",
                                        .help = "The record of what was decided.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
