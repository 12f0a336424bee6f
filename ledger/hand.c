#include "ledger/hand.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/access.h"
#include "ledger/now.h"
#include "ledger/people.h"
#include "ledger/reason.h"
#include "ledger/scope.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_BYTES_MAX = 1000, ACT_BYTES_MAX = 4 << 20 };

void hand_close(struct hand *hand)
{
    ledger_close(&hand->ledger);
    site_free(&hand->site);
}

enum err_kind hand_open(const struct cli *cli, enum ledger_mode mode, struct hand *out,
                        struct err *err)
{
    AUTO(hand_close) struct hand hand = {.cli = cli};
    if (cli_site(cli, &hand.site, err) ||
        ledger_open(site_folder(hand.site), mode, &hand.ledger, err) ||
        ledger_now(cli, hand.site, hand.ledger, &hand.now, err))
        return err_of(err);
    *out = MOVE(hand);
    return OK;
}

enum err_kind hand_begin(const struct hand *hand, const char *act, struct act *out, struct err *err)
{
    return act_begin(hand->ledger, site_is_drill(hand->site), act, cli_value(hand->cli, "by"), out,
                     err);
}

static enum err_kind read_bytes(const char *path, const char *what, void *out, size_t size,
                                struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(KEY_BYTES_MAX);
    size_t len = 0;
    if (file_read(path, &text, err))
        return err_of(err);
    if (base64_parse(str_trim(buf_slice(&text)), out, size, &len, err) || len != size)
        return err_set(err, ERR_INPUT, "%s is no %s", path, what);
    return OK;
}

enum err_kind hand_read_key(const char *path, struct sign_secret *out, struct err *err)
{
    struct stat status;
    if (stat(path, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)))
        return err_set(err, ERR_REFUSED, "%s can be read by others; chmod 600 it", path);
    return read_bytes(path, "key as gong role key makes it", out->at, sizeof(out->at), err);
}

enum err_kind hand_read_public(const char *path, struct sign_public *out, struct err *err)
{
    return read_bytes(path, "public key as gong role key makes it", out->at, sizeof(out->at), err);
}

enum err_kind hand_read_signature(const char *path, struct signature *out, struct err *err)
{
    return read_bytes(path, "signature as gong role sign makes it", out->at, sizeof(out->at), err);
}

static enum err_kind sign_here(struct act *act, const char *path, struct err *err)
{
    AUTO(sign_forget) struct sign_secret secret;
    memset(&secret, 0, sizeof(secret));
    if (hand_read_key(path, &secret, err))
        return err_of(err);
    return act_sign(act, &secret, err);
}

enum err_kind hand_sign(const struct hand *hand, struct act *act, bool *draft, struct err *err)
{
    const char *key = cli_value(hand->cli, "key"), *file = cli_value(hand->cli, "signature");
    *draft = cli_has(hand->cli, "draft");
    if (!act->drill && scope_note(hand->ledger, act, err))
        return err_of(err);
    if (*draft) {
        AUTO(buf_free) struct buf text = buf_new(ACT_BYTES_MAX);
        act_text(act, &text);
        (void)fputs(text.at, stdout);
        return OK;
    }
    if (act->drill)
        return key || file ? err_set(err, ERR_INPUT,
                                     "this drill has no people: leave --key and --signature out")
                           : OK;
    if (key && !file)
        return sign_here(act, key, err);
    if (!file || key)
        return err_set(err, ERR_INPUT,
                       "%s must sign: give --key FILE, or --signature FILE (see --draft)", act->by);
    struct signature signature;
    if (hand_read_signature(file, &signature, err))
        return err_of(err);
    act_put_signature(act, &signature);
    return OK;
}

enum err_kind hand_record(const struct hand *hand, const struct act *act, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    int64_t seq;
    if (act->drill)
        return OK;
    if (ledger_begin(hand->ledger, &txn, err) || act_put(txn, act, hand->now, &seq, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

enum err_kind hand_keep(const struct hand *hand, struct str bytes, struct hash hash,
                        struct err *err)
{
    char name[100], folder[20];
    struct hash_hex hex = hash_hex(hash);
    (void)snprintf(folder, sizeof(folder), "archive/%.2s", hex.at);
    (void)snprintf(name, sizeof(name), "%s/%s", folder, hex.at);
    AUTO(mem_drop) char *made = site_path(hand->site, folder);
    AUTO(mem_drop) char *path = site_path(hand->site, name);
    if (file_exists(path))
        return OK;
    if (file_make_folder(made, 0700, err))
        return err_of(err);
    return file_write(path, bytes, 0600, err);
}

const char *hand_who(const struct hand *hand, const struct act *act)
{
    return act->drill ? access_who(hand->cli) : act->by;
}

enum err_kind hand_need(const struct cli *cli, const char *option, const char **out,
                        struct err *err)
{
    *out = cli_value(cli, option);
    return *out ? OK : err_usage(err, "--%s is needed", option);
}

static enum err_kind take_reason(const struct cli *cli, const char *option, bool numbers,
                                 const char **out, struct err *err)
{
    *out = cli_value(cli, option);
    if (!*out || !reason_has_length(*out))
        return err_usage(
            err,
            "--%s must say it in 10 to 400 letters, without a name, phone or account: it "
            "stays in the ledger",
            option);
    return reason_has_no_number(option, *out, numbers, err);
}

enum err_kind hand_why(const struct cli *cli, const char *option, const char **out, struct err *err)
{
    return take_reason(cli, option, false, out, err);
}

enum err_kind hand_evidence(const struct cli *cli, const char **out, struct err *err)
{
    return take_reason(cli, "evidence", true, out, err);
}

enum err_kind hand_names_nobody(const struct hand *hand, const char *option, struct err *err)
{
    AUTO(people_close) struct people *people = NULL;
    if (!cli_has(hand->cli, option))
        return OK;
    if (people_open(site_folder(hand->site), LEDGER_READ, &people, err))
        return err_of(err);
    return reason_names_nobody(people, option, cli_value(hand->cli, option), err);
}
