#include "ledger/log_verbs.h"

#include "core/clock.h"
#include "core/file.h"
#include "core/http.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/access.h"
#include "ledger/cosign.h"
#include "ledger/daily_seal.h"
#include "ledger/ledger.h"
#include "ledger/mirror.h"
#include "ledger/people.h"
#include "ledger/proof.h"
#include "ledger/quorum.h"
#include "ledger/seal.h"
#include "ledger/witness.h"

#include <inttypes.h>
#include <stdio.h>

enum { PROOF_BYTES_MAX = 64 * 1024, ENTRY_BYTES_MAX = 64 << 20, KEY_BYTES_MAX = 1000 };
enum { EVERY_S_MAX = 3600, FETCH_S = 120 };

const struct cli_option seal_options[] = {
    {"every", "SECONDS", "again and again, when something was written; ends when it is told to"},
    {"publish", "DIR", "after each, write the ledger there for witnesses"},
    {"daily", "DIR",
     "write the day's checkpoint there: the note, a QR code of it (SVG), one SMS; with --every "
     "once "
     "a day, there or in daily/ of the site, and as a message to who wants checkpoints"},
    {0},
};
const struct cli_option prove_options[] = {
    {"from", "SIZE", "instead: that it only grew since a checkpoint over so many entries"},
    {0},
};
const struct cli_option key_options[] = {
    {"key", "FILE", "the log's public key (keys/log.vkey of the site), from a trusted hand"},
    {"witnesses", "FILE",
     "who must have cosigned the checkpoint (C2SP tlog-policy), from a trusted hand"},
    {0},
};
const struct cli_option follow_options[] = {
    {"key", "FILE", "the log's public key (keys/log.vkey of the site), from a trusted hand"},
    {"keep", "DIR", "what was seen; always the same folder; default: witness"},
    {"cosign", "FILE", "sign what was found good with this witness's secret key"},
    {"witnesses", "FILE",
     "who must have cosigned it (C2SP tlog-policy), from a trusted hand: as one who reads"},
    {0},
};
const struct cli_option cosign_options[] = {
    {"publish", "DIR", "then write the ledger there, with its cosignatures"},
    {0},
};
const struct cli_option witness_options[] = {
    {"out", "NAME", "names of the two files before .key and .vkey (default: witness)"},
    {0},
};

static enum err_kind open_ledger(const struct cli *cli, enum ledger_mode mode,
                                 struct ledger **ledger, struct err *err)
{
    AUTO(site_free) struct site *site = NULL;
    if (cli_site(cli, &site, err))
        return err_of(err);
    return ledger_open(site_folder(site), mode, ledger, err);
}

// Who must have cosigned, if --witnesses is given: `*out` is then `room`, else NULL.
static enum err_kind read_quorum(const struct cli *cli, struct quorum *room,
                                 const struct quorum **out, struct err *err)
{
    const char *path = cli_value(cli, "witnesses");
    *out = NULL;
    if (path && quorum_load(path, room, err))
        return err_of(err);
    *out = path ? room : NULL;
    return OK;
}

// --- seal

// `*unpublished`: a seal was made that the folder to publish does not hold yet.
static enum err_kind seal_once(const struct cli *cli, struct ledger *ledger, bool *unpublished,
                               struct err *err)
{
    const char *folder = cli_value(cli, "publish");
    bool made = false;
    size_t files = 0;
    if (seal_make(ledger, clock_system.now(clock_system.self), &made, err))
        return err_of(err);
    *unpublished = *unpublished || made;
    if (folder && *unpublished && mirror_write(ledger, folder, &files, err))
        return err_of(err);
    *unpublished = false;
    return OK;
}

// The day's checkpoint, if today's was not made yet.
static enum err_kind seal_day(const struct cli *cli, const struct site *site, struct ledger *ledger,
                              bool *unpublished, struct err *err)
{
    AUTO(mem_drop) char *usual = site_path(site, "daily");
    const char *folder = cli_value(cli, "daily") ? cli_value(cli, "daily") : usual;
    struct daily_job job = {ledger, site_folder(site), folder, site_is_drill(site),
                            clock_system.now(clock_system.self)};
    bool made = false, done = false;
    enum err_kind kind = daily_seal_once(&job, &made, &done, err);
    *unpublished = *unpublished || made;
    return kind;
}

// A seal that cannot be made is tried again; one that contradicts the last ends the program. The
// last one is made when it is told to stop. The day's may fail (its folder, say): the ledger is
// sealed all the same.
static int seal_on(const struct cli *cli, const struct site *site, struct ledger *ledger,
                   int64_t every_s)
{
    bool unpublished = true; // who sealed before may have published nothing
    for (bool last = false; !last;) {
        struct err day_err = {0}, err = {0};
        last = cli_stopped();
        if (!last && seal_day(cli, site, ledger, &unpublished, &day_err))
            log_err("the checkpoint of the day was not told", &day_err);
        enum err_kind kind = seal_once(cli, ledger, &unpublished, &err);
        if (kind == ERR_BROKEN)
            return cli_fail(cli, &err);
        if (kind)
            log_err("the ledger was not sealed", &err);
        if (!last && !cli_stopped())
            clock_system.pause_ms(clock_system.self, every_s * 1000);
    }
    return EXIT_YES;
}

static int print_newest(const struct cli *cli, struct ledger *ledger)
{
    struct err err = {0};
    AUTO(mem_drop) char *note = NULL;
    struct checkpoint newest;
    if (seal_newest(ledger, &note, &newest, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "origin", newest.origin);
        doc_put_int(result, "size", (int64_t)newest.size);
        doc_put_text(result, "root", hash_hex(newest.root).at);
        doc_put_text(result, "note", note);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)fputs(note, stdout);
    }
    return EXIT_YES;
}

// What the log of access says is sealed with the day.
static enum err_kind tell_access(struct ledger *ledger, struct err *err)
{
    AUTO(people_close) struct people *people = NULL;
    struct utc now = clock_system.now(clock_system.self);
    if (people_open(ledger_folder(ledger), LEDGER_READ, &people, err))
        return err_of(err);
    return access_tell(people, ledger, now, err);
}

static enum err_kind write_day(const struct cli *cli, struct ledger *ledger, struct err *err)
{
    const char *folder = cli_value(cli, "daily");
    struct daily_seal day;
    if (!folder)
        return OK;
    return daily_seal_write(ledger, folder, clock_system.now(clock_system.self), &day, err);
}

int verb_seal(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    int64_t every_s = 0;
    bool unpublished = true; // who sealed before may have published nothing
    const char *every = cli_value(cli, "every");
    if ((every && num_whole(str_of(every), 1, EVERY_S_MAX, &every_s, &err)) ||
        cli_site(cli, &site, &err) || ledger_open(site_folder(site), LEDGER_WRITE, &ledger, &err))
        return cli_fail(cli, &err);
    if (every)
        return seal_on(cli, site, ledger, every_s);
    if (cli_has(cli, "daily") && tell_access(ledger, &err))
        return cli_fail(cli, &err);
    if (seal_once(cli, ledger, &unpublished, &err) || write_day(cli, ledger, &err))
        return cli_fail(cli, &err);
    return print_newest(cli, ledger);
}

// --- prove, check

static enum err_kind make_proof(const struct cli *cli, struct ledger *ledger, struct buf *out,
                                struct err *err)
{
    const char *from = cli_value(cli, "from");
    int64_t number = 0;
    if (num_whole(str_of(from ? from : cli_arg(cli, 0)), 1, INT64_MAX, &number, err))
        return err_of(err);
    return from ? proof_growth_make(ledger, (uint64_t)number, out, err)
                : proof_make(ledger, number, out, err);
}

static void put_number(struct doc *result, const char *key, const char *digits)
{
    struct err none = {0};
    int64_t number = 0;
    if (num_whole(str_of(digits), 1, INT64_MAX, &number, &none) == OK) // it was read before
        doc_put_int(result, key, number);
}

int verb_prove(const struct cli *cli)
{
    struct err err = {0};
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(buf_free) struct buf proof = buf_new(PROOF_BYTES_MAX);
    const char *from = cli_value(cli, "from");
    if ((from != NULL) == (cli_count(cli) == 1)) {
        (void)err_usage(&err, "write: gong ledger prove SEQ, or gong ledger prove --from SIZE");
        return cli_fail(cli, &err);
    }
    if (open_ledger(cli, LEDGER_READ, &ledger, &err) || make_proof(cli, ledger, &proof, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        put_number(result, from ? "from" : "seq", from ? from : cli_arg(cli, 0));
        doc_put_text(result, "proof", proof.at);
        cli_print(result);
    } else {
        (void)fputs(proof.at, stdout);
    }
    return EXIT_YES;
}

static void say_entry(const struct cli *cli, const struct proved *proved)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_bool(result, "ok", true);
        doc_put_int(result, "seq", (int64_t)proved->index + 1);
        doc_put_int(result, "size", (int64_t)proved->checkpoint.size);
        doc_put_text(result, "origin", proved->checkpoint.origin);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("proof: ok (entry %" PRIu64 " of %" PRIu64 " in %s)\n", proved->index + 1,
                     proved->checkpoint.size, proved->checkpoint.origin);
    }
}

static void say_growth(const struct cli *cli, const struct growth *growth)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_bool(result, "ok", true);
        doc_put_int(result, "from", (int64_t)growth->old.size);
        doc_put_int(result, "size", (int64_t)growth->now.size);
        doc_put_text(result, "origin", growth->now.origin);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("proof: ok (%s grew from %" PRIu64 " to %" PRIu64
                     " entries, and nothing before was changed)\n",
                     growth->now.origin, growth->old.size, growth->now.size);
    }
}

int verb_check(const struct cli *cli)
{
    struct err err = {0};
    AUTO(buf_free) struct buf proof = buf_new(PROOF_BYTES_MAX), other = buf_new(ENTRY_BYTES_MAX);
    struct note_key key;
    struct proved proved = {0};
    struct growth growth = {0};
    struct quorum room;
    const struct quorum *quorum = NULL;
    if (note_key_load(cli_value(cli, "key"), &key, &err) ||
        read_quorum(cli, &room, &quorum, &err) || file_read(cli_arg(cli, 0), &proof, &err) ||
        file_read(cli_arg(cli, 1), &other, &err))
        return cli_fail(cli, &err);
    bool grew = proof_is_growth(buf_slice(&proof));
    struct str bytes = buf_slice(&other);
    if (!grew && bytes.len && bytes.at[bytes.len - 1] == '\n')
        bytes.len--;
    enum err_kind kind =
        grew ? proof_growth_check(buf_slice(&proof), bytes, &key, quorum, &growth, &err)
             : proof_check(buf_slice(&proof), bytes, &key, quorum, &proved, &err);
    if (kind) {
        (void)cli_fail(cli, &err);
        return kind == ERR_REFUSED ? EXIT_BROKEN : err_exit_code(kind);
    }
    if (grew)
        say_growth(cli, &growth);
    else
        say_entry(cli, &proved);
    return EXIT_YES;
}

// --- publish, follow, witness

int verb_publish(const struct cli *cli)
{
    struct err err = {0};
    AUTO(ledger_close) struct ledger *ledger = NULL;
    size_t files = 0;
    if (open_ledger(cli, LEDGER_READ, &ledger, &err) ||
        mirror_write(ledger, cli_arg(cli, 0), &files, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "files", (int64_t)files);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("published in %s: %zu files were new\n", cli_arg(cli, 0), files);
    }
    return EXIT_YES;
}

static enum err_kind read_signer(const char *path, struct note_signer *out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(KEY_BYTES_MAX);
    if (file_read(path, &text, err) || note_signer_parse(buf_slice(&text), out, err))
        return err_add(err, "reading the witness's key %s", path);
    if (out->key.type != NOTE_WITNESS)
        return err_set(err, ERR_INPUT,
                       "%s is a log's key, not a witness's; write: gong ledger witness NAME", path);
    return OK;
}

int verb_follow(const struct cli *cli)
{
    struct err err = {0};
    AUTO(note_signer_forget) struct note_signer signer = {0};
    const char *cosign = cli_value(cli, "cosign");
    struct witness witness = {.source = cli_arg(cli, 0),
                              .folder = cli_value(cli, "keep") ? cli_value(cli, "keep") : "witness",
                              .signer = cosign ? &signer : NULL,
                              .at = clock_system.now(clock_system.self)};
    struct witnessed seen;
    struct quorum room;
    if (note_key_load(cli_value(cli, "key"), &witness.key, &err) ||
        read_quorum(cli, &room, &witness.quorum, &err) ||
        (cosign && read_signer(cosign, &signer, &err)) || witness_follow(&witness, &seen, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_bool(result, "ok", true);
        doc_put_text(result, "origin", seen.checkpoint.origin);
        doc_put_int(result, "size", (int64_t)seen.checkpoint.size);
        doc_put_int(result, "fresh", (int64_t)seen.fresh);
        if (witness.quorum)
            doc_put_int(result, "cosigned", (int64_t)seen.cosigned);
        doc_put_text(result, "root", hash_hex(seen.checkpoint.root).at);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("witness: ok (%" PRIu64 " entries of %s, %" PRIu64
                     " new; kept in %s/checkpoint)\n",
                     seen.checkpoint.size, seen.checkpoint.origin, seen.fresh, witness.folder);
        if (witness.quorum)
            (void)printf("cosigned: %" PRIu64 " entries, by as many witnesses as are asked for\n",
                         seen.cosigned);
    }
    return EXIT_YES;
}

static enum err_kind read_note(const char *from, struct buf *out, struct err *err)
{
    struct str name = str_of(from);
    if (str_starts(name, "http://") || str_starts(name, "https://"))
        return http_get(from, FETCH_S, out, err);
    return file_read(from, out, err);
}

static void say_cosigned(const struct cli *cli, const struct cosigned *done)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "size", (int64_t)done->size);
        doc_put_int(result, "fresh", (int64_t)done->fresh);
        doc_put_int(result, "witnesses", (int64_t)done->witnesses);
        doc_put_bool(result, "met", done->met);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf(
            "cosigned: the checkpoint over %" PRIu64 " entries, by %zu witnesses (%zu new)%s\n",
            done->size, done->witnesses, done->fresh, done->met ? "" : "; more are wanted");
    }
}

int verb_cosign(const struct cli *cli)
{
    struct err err = {0};
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(buf_free) struct buf note = buf_new(NOTE_BYTES_MAX);
    const char *from = cli_arg(cli, 0), *publish = cli_value(cli, "publish");
    struct quorum named;
    struct cosigned done;
    size_t files = 0;
    if (read_note(from, &note, &err) || open_ledger(cli, LEDGER_WRITE, &ledger, &err) ||
        quorum_of_site(ledger_folder(ledger), &named, &err))
        return cli_fail(cli, &err);
    if (cosign_add(ledger, &named, buf_slice(&note), &done, &err)) {
        err_more(&err, "taking in what is cosigned in %s", from);
        return cli_fail(cli, &err);
    }
    if (publish && mirror_write(ledger, publish, &files, &err))
        return cli_fail(cli, &err);
    say_cosigned(cli, &done);
    return EXIT_YES;
}

static enum err_kind write_key(const char *name, const char *ending, const struct buf *text,
                               mode_t mode, struct err *err)
{
    AUTO(buf_free) struct buf path = buf_new(4096);
    buf_print(&path, "%s%s", name, ending);
    if (path.full || file_exists(path.at))
        return err_set(err, ERR_REFUSED, "%s is there already; a key is never replaced", path.at);
    return file_write(path.at, buf_slice(text), mode, err);
}

int verb_witness(const struct cli *cli)
{
    struct err err = {0};
    AUTO(note_signer_forget) struct note_signer signer = {0};
    AUTO(buf_free) struct buf secret = buf_new(KEY_BYTES_MAX), open = buf_new(KEY_BYTES_MAX);
    const char *out = cli_value(cli, "out") ? cli_value(cli, "out") : "witness";
    if (note_signer_new(cli_arg(cli, 0), NOTE_WITNESS, &signer, &err))
        return cli_fail(cli, &err);
    note_signer_text(&signer, &secret);
    note_key_text(&signer.key, &open);
    buf_char(&secret, '\n');
    buf_char(&open, '\n');
    if (write_key(out, ".key", &secret, 0600, &err) || write_key(out, ".vkey", &open, 0644, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli))
        (void)printf("made %s.key (keep it secret) and %s.vkey (give it away)\n", out, out);
    return EXIT_YES;
}
