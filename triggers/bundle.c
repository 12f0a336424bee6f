#include "triggers/bundle.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/cosign.h"
#include "ledger/decision.h"
#include "ledger/seal.h"
#include "ledger/told.h"
#include "triggers/chain.h"
#include "triggers/parcel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 256 << 20, KEY_BYTES_MAX = 1000, NAME_BYTES = 101 };

static const char how[] =
    "# Hồ sơ chứng cứ · Evidence of one settlement\n\n"
    "Không tệp nào ở đây chứa tên, số điện thoại hay tài khoản.\n"
    "No file in here holds a name, a phone number or an account.\n\n"
    "With gong, on any machine:\n\n"
    "    gong receipt verify receipt.json --key log.vkey --raw raw\n"
    "    gong replay --bundle THIS.tar --key log.vkey      # the same, and that no file is "
    "another\n\n"
    "`log.vkey` must be the key that the site gave you before, not only the one in here.\n\n"
    "Without gong, with jq, sha256sum and openssl:\n\n"
    "    sha256sum -c SHA256SUMS\n"
    "    # and the site signed that list: its hash is the second line of SHA256SUMS.note (C2SP "
    "note)\n"
    "    sha256sum SHA256SUMS; sed -n 2p SHA256SUMS.note\n"
    "    # the raw files are the ones that the decision stands on\n"
    "    jq -r '.raw[] | .hash + \"  raw/\" + .hash' receipt.json | sha256sum -c\n"
    "    # the policy is the one that decided\n"
    "    sha256sum policy.yaml; jq -r '.entries.policy.text | fromjson.policy_hash' receipt.json\n"
    "    # the entry's bytes are canonical; its leaf in the Merkle tree (RFC 6962) is the hash of "
    "0x00\n"
    "    # and these bytes, and receipt.json has the path to the signed root (C2SP tlog-proof)\n"
    "    jq -j .entries.decision.text receipt.json | jq -cS .\n"
    "    (printf '\\0'; jq -j .entries.decision.text receipt.json) | sha256sum\n\n"
    "The steps in the entry (`trace`) are every number of the calculation, in order. What has a\n"
    "`unit` (mm/1000) is in thousandths of it, as each `value` of `readings`; `coverage` and "
    "`cover`\n"
    "are in ten-thousandths of the area (10000: all of it); the `value` of `window` is a number "
    "of\n"
    "steps; money is in whole units of its currency. A person with a calculator can repeat them\n"
    "from `readings` and `policy.yaml`.\n";

struct bundle {
    const struct receipt_from *from;
    const struct doc *receipt;
    struct parcel parcel;
};

static void bundle_free(struct bundle *bundle)
{
    parcel_free(&bundle->parcel);
}

static void add(struct bundle *bundle, const char *name, struct str bytes)
{
    parcel_add(&bundle->parcel, name, bytes);
}

static enum err_kind add_texts(struct bundle *bundle, struct err *err)
{
    AUTO(buf_free) struct buf json = buf_new(RECEIPT_BYTES_MAX), page = buf_new(RECEIPT_BYTES_MAX);
    doc_canonical(bundle->receipt, &json);
    buf_char(&json, '\n');
    if (receipt_page(bundle->receipt, &page, err))
        return err_of(err);
    if (json.full)
        return err_set(err, ERR_INPUT, "the receipt is over %d MiB", RECEIPT_BYTES_MAX >> 20);
    add(bundle, "CHECK.md", STR(how));
    add(bundle, "receipt.json", buf_slice(&json));
    add(bundle, "receipt.html", buf_slice(&page));
    add(bundle, "policy.yaml", str_of(doc_text(doc_get(bundle->receipt, "policy_yaml"), "")));
    add(bundle, "sources.yaml", str_of(doc_text(doc_get(bundle->receipt, "sources_yaml"), "")));
    return OK;
}

static enum err_kind add_key(struct bundle *bundle, int64_t decision, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(KEY_BYTES_MAX);
    AUTO(mem_drop) char *note = NULL;
    struct note_key key;
    struct checkpoint newest;
    if (seal_key(site_folder(bundle->from->site), &key, err) ||
        cosign_shown(bundle->from->ledger, decision, &note, &newest, err))
        return err_of(err);
    note_key_text(&key, &text);
    buf_char(&text, '\n');
    add(bundle, "log.vkey", buf_slice(&text));
    add(bundle, "checkpoint", str_of(note));
    return OK;
}

// The same file of another source.
static bool is_before(const struct doc *list, size_t i, const char *hash)
{
    bool found = false;
    for (size_t k = 0; k < i && !found; k++)
        found = strcmp(doc_text(doc_get(doc_at(list, k), "hash"), ""), hash) == 0;
    return found;
}

static enum err_kind add_raw(struct bundle *bundle, struct err *err)
{
    const struct doc *list = doc_get(bundle->receipt, "raw");
    for (size_t i = 0; i < doc_count(list); i++) {
        const char *hash = doc_text(doc_get(doc_at(list, i), "hash"), "");
        if (is_before(list, i, hash))
            continue;
        char name[NAME_BYTES], within[NAME_BYTES];
        (void)snprintf(within, sizeof(within), "archive/%.2s/%.64s", hash, hash);
        (void)snprintf(name, sizeof(name), "raw/%.64s", hash);
        AUTO(mem_drop) char *path = site_path(bundle->from->site, within);
        AUTO(buf_free) struct buf bytes = buf_new(bundle->parcel.tar->max);
        if (file_read(path, &bytes, err))
            return err_add(err, "putting a raw file into the bundle");
        add(bundle, name, buf_slice(&bytes));
    }
    return OK;
}

// --- what came of it

static enum err_kind add_told(struct bundle *bundle, int64_t cause, struct buf *out,
                              struct err *err)
{
    AUTO(tolds_free) struct tolds tolds = {0};
    if (told_list(bundle->from->ledger, cause, &tolds, err))
        return err_of(err);
    for (size_t i = 0; i < tolds.count; i++) {
        AUTO(doc_free) struct doc *one = doc_object();
        doc_put_int(one, "cause", cause);
        doc_put_text(one, "channel", tolds.at[i].channel);
        doc_put_text(one, "contract", tolds.at[i].contract);
        doc_put_text(one, "state", tolds.at[i].state);
        doc_put_text(one, "result", tolds.at[i].result);
        doc_canonical(one, out);
        buf_char(out, '\n');
    }
    return OK;
}

static enum err_kind add_history(struct bundle *bundle, int64_t decision, struct err *err)
{
    AUTO(buf_free) struct buf chain = buf_new(TEXT_BYTES_MAX), told = buf_new(TEXT_BYTES_MAX);
    AUTO(doc_free) struct doc *causes = doc_array();
    struct decision_row row;
    if (receipt_row(bundle->from->ledger, decision, &row, err) ||
        chain_find(bundle->from->ledger, &row, &chain, causes, err))
        return err_of(err);
    for (size_t i = 0; i < doc_count(causes); i++) {
        if (add_told(bundle, doc_int(doc_at(causes, i), 0), &told, err))
            return err_of(err);
    }
    if (chain.full || told.full)
        return err_set(err, ERR_INPUT, "what came of the settlement is over %d MiB",
                       TEXT_BYTES_MAX >> 20);
    add(bundle, "history.jsonl", buf_slice(&chain));
    add(bundle, "outbox.jsonl", buf_slice(&told));
    return OK;
}

static struct utc time_of(const struct doc *receipt)
{
    struct err ignored;
    struct utc at = {0};
    const char *text = doc_text(doc_get(doc_get(receipt, "explanation"), "as_of"), "");
    return utc_parse(str_of(text), &at, &ignored) ? (struct utc){0} : at;
}

enum err_kind bundle_make(const struct receipt_from *from, int64_t decision_seq, struct buf *tar,
                          struct err *err)
{
    AUTO(doc_free) struct doc *receipt = NULL;
    char folder[32];
    if (receipt_make(from, decision_seq, &receipt, err))
        return err_of(err);
    AUTO(bundle_free) struct bundle bundle = {.from = from, .receipt = receipt};
    (void)snprintf(folder, sizeof(folder), "gong-%" PRId64, decision_seq);
    parcel_begin(&bundle.parcel, tar, folder, time_of(receipt));
    if (add_texts(&bundle, err) || add_key(&bundle, decision_seq, err) ||
        add_history(&bundle, decision_seq, err) || add_raw(&bundle, err))
        return err_of(err);
    return parcel_end(&bundle.parcel, site_folder(from->site), err);
}
