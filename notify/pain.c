#include "notify/pain.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/xml.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 70, ACCOUNT_MAX = 34, BIN_LEN = 6 };

static const char SPACE[] = "xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.10\"";

void pain_text(struct buf *out, const char *text, size_t max)
{
    AUTO(buf_free) struct buf plain = buf_new(1024);
    (void)text_ascii(str_of(text), &plain);
    bool blank = true;
    for (size_t i = 0, len = 0; i < plain.len && len < max; i++) {
        char c = plain.at[i];
        if (c >= 'a' && c <= 'z')
            c = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[c - 'a'];
        bool good = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("/-().,+", c);
        if (!good && blank)
            continue;
        blank = !good;
        if (!good)
            c = ' ';
        buf_char(out, c);
        len++;
    }
    while (out->len && out->at[out->len - 1] == ' ')
        out->at[--out->len] = '\0';
}

// --- accounts
// -----------------------------------------------------------------------------------------

struct account {
    char bin[BIN_LEN + 1]; // "" for a wallet or our own bank
    char number[ACCOUNT_MAX + 1];
    bool is_phone;
};

static bool is_digits(const char *text, size_t len)
{
    return strspn(text, "0123456789") >= len;
}

static bool read_account(const char *text, struct account *out)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";
    struct account account = {0};
    const char *number = text;
    if (is_digits(text, BIN_LEN) && text[BIN_LEN] == ':') {
        memcpy(account.bin, text, BIN_LEN);
        number = text + BIN_LEN + 1;
    }
    size_t len = strlen(number);
    if (len == 0 || len > ACCOUNT_MAX || strspn(number, letters) != len)
        return false;
    memcpy(account.number, number, len + 1);
    account.is_phone =
        !*account.bin && len == 11 && strncmp(number, "84", 2) == 0 && is_digits(number, len);
    *out = account;
    return true;
}

// --- writing
// ------------------------------------------------------------------------------------------

// A version 4 UUID that always belongs to the same reference.
static void write_uetr(struct xml_writer *writer, const char *reference)
{
    char uetr[40];
    struct hash hash = hash_of_pair(hash_of(STR("gong uetr")), str_of(reference));
    hash.at[6] = (uint8_t)((hash.at[6] & 0x0f) | 0x40);
    hash.at[8] = (uint8_t)((hash.at[8] & 0x3f) | 0x80);
    struct hash_hex hex = hash_hex(hash);
    (void)snprintf(uetr, sizeof(uetr), "%.8s-%.4s-%.4s-%.4s-%.12s", hex.at, hex.at + 8, hex.at + 12,
                   hex.at + 16, hex.at + 20);
    xml_leaf(writer, "UETR", uetr);
}

static void write_number(struct xml_writer *writer, const char *name, const char *attributes,
                         int64_t number)
{
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%" PRId64, number);
    xml_leaf_with(writer, name, attributes, digits);
}

static void write_name(struct xml_writer *writer, const char *element, const char *name)
{
    AUTO(buf_free) struct buf plain = buf_new(256);
    pain_text(&plain, name, NAME_MAX_LEN);
    xml_open(writer, element, "");
    xml_leaf(writer, "Nm", plain.at ? plain.at : "");
    xml_close(writer);
}

static void write_bank(struct xml_writer *writer, const char *element, const char *bin)
{
    xml_open(writer, element, "");
    xml_open(writer, "FinInstnId", "");
    if (*bin) {
        xml_open(writer, "ClrSysMmbId", "");
        xml_open(writer, "ClrSysId", "");
        xml_leaf(writer, "Prtry", "NAPAS");
        xml_close(writer);
        xml_leaf(writer, "MmbId", bin);
        xml_close(writer);
    } else {
        xml_open(writer, "Othr", "");
        xml_leaf(writer, "Id", "NOTPROVIDED");
        xml_close(writer);
    }
    xml_close(writer);
    xml_close(writer);
}

static void write_account(struct xml_writer *writer, const char *element,
                          const struct account *account)
{
    xml_open(writer, element, "");
    xml_open(writer, "Id", "");
    xml_open(writer, "Othr", "");
    xml_leaf(writer, "Id", account->number);
    if (account->is_phone) {
        xml_open(writer, "SchmeNm", "");
        xml_leaf(writer, "Prtry", "MSISDN");
        xml_close(writer);
    }
    xml_close(writer);
    xml_close(writer);
    if (strcmp(element, "DbtrAcct") == 0)
        xml_leaf(writer, "Ccy", "VND");
    xml_close(writer);
}

static void write_payment(struct xml_writer *writer, const struct pain_payment *payment,
                          const struct account *account)
{
    xml_open(writer, "CdtTrfTxInf", "");
    xml_open(writer, "PmtId", "");
    xml_leaf(writer, "InstrId", payment->reference);
    xml_leaf(writer, "EndToEndId", payment->reference);
    write_uetr(writer, payment->reference);
    xml_close(writer);
    xml_open(writer, "Amt", "");
    write_number(writer, "InstdAmt", "Ccy=\"VND\"", payment->amount_vnd);
    xml_close(writer);
    if (*account->bin)
        write_bank(writer, "CdtrAgt", account->bin);
    write_name(writer, "Cdtr", payment->name);
    write_account(writer, "CdtrAcct", account);
    xml_open(writer, "Purp", "");
    xml_leaf(writer, "Cd", "INSU");
    xml_close(writer);
    xml_open(writer, "RmtInf", "");
    xml_leaf(writer, "Ustrd", "BOI THUONG BH");
    xml_close(writer);
    xml_close(writer);
}

static int by_reference(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err_kind once_each(const char **reference, size_t count, const char *name,
                               struct err *err)
{
    if (count)
        qsort(reference, count, sizeof(*reference), by_reference);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(reference[i]);
        if (len == 0 || len > PAIN_ID_MAX)
            return err_set(err, ERR_INPUT, "%s: EndToEndId \"%.60s\" has %zu letters, 1 to %d fit",
                           name, reference[i], len, PAIN_ID_MAX);
        if (i && strcmp(reference[i - 1], reference[i]) == 0)
            return err_set(err, ERR_INPUT, "%s: EndToEndId %s is there twice", name, reference[i]);
    }
    return OK;
}

static enum err_kind check_file(const struct pain_file *file, struct account *debtor,
                                struct account *account, int64_t *sum, struct err *err)
{
    AUTO(mem_drop) const char **reference = mem_new(file->count + 1, sizeof(*reference));
    if (file->count == 0 || file->count > PAIN_PAYMENTS_MAX)
        return err_set(err, ERR_INPUT, "%s: %zu payments, 1 to %d fit into a file", file->message,
                       file->count, PAIN_PAYMENTS_MAX);
    if (!read_account(file->account, debtor) || !*debtor->bin)
        return err_set(err, ERR_INPUT,
                       "the account that pays must be BIN:account, \"970436:0123456789\"");
    for (size_t i = 0; i < file->count; i++) {
        const struct pain_payment *payment = &file->payment[i];
        reference[i] = payment->reference;
        if (payment->amount_vnd <= 0 || __builtin_add_overflow(*sum, payment->amount_vnd, sum))
            return err_set(err, ERR_INPUT, "payment %s: %" PRId64 " đồng cannot be paid",
                           payment->reference, payment->amount_vnd);
        if (!read_account(payment->account, &account[i]))
            return err_set(err, ERR_INPUT,
                           "payment %s: the account is neither BIN:account, a phone nor an account",
                           payment->reference);
    }
    return once_each(reference, file->count, file->message, err);
}

static void write_head(struct xml_writer *writer, const struct pain_file *file, int64_t sum)
{
    xml_open(writer, "GrpHdr", "");
    xml_leaf(writer, "MsgId", file->message);
    xml_leaf(writer, "CreDtTm", utc_text(file->at).at);
    write_number(writer, "NbOfTxs", "", (int64_t)file->count);
    write_number(writer, "CtrlSum", "", sum);
    write_name(writer, "InitgPty", file->debtor);
    xml_close(writer);
}

enum err_kind pain_write(const struct pain_file *file, struct buf *out, struct err *err)
{
    AUTO(mem_drop) struct account *account = mem_new(file->count + 1, sizeof(*account));
    AUTO(buf_free) struct buf text = buf_new(PAIN_BYTES_MAX);
    struct account debtor;
    int64_t sum = 0;
    char day[16];
    if (strlen(file->message) > PAIN_ID_MAX || strlen(file->event) > PAIN_ID_MAX)
        return err_set(err, ERR_INPUT, "%s or %s has over %d letters", file->message, file->event,
                       PAIN_ID_MAX);
    if (check_file(file, &debtor, account, &sum, err))
        return err_of(err);
    struct civil local = utc_civil((struct utc){file->at.s + VIETNAM_OFFSET_S});
    (void)snprintf(day, sizeof(day), "%04d-%02d-%02d", local.year % 10000, local.month % 100,
                   local.day % 100);
    struct xml_writer writer = xml_writer_new(&text);
    xml_open(&writer, "Document", SPACE);
    xml_open(&writer, "CstmrCdtTrfInitn", "");
    write_head(&writer, file, sum);
    xml_open(&writer, "PmtInf", "");
    xml_leaf(&writer, "PmtInfId", file->event);
    xml_leaf(&writer, "PmtMtd", "TRF");
    xml_leaf(&writer, "BtchBookg", "false");
    write_number(&writer, "NbOfTxs", "", (int64_t)file->count);
    write_number(&writer, "CtrlSum", "", sum);
    xml_open(&writer, "ReqdExctnDt", "");
    xml_leaf(&writer, "Dt", day);
    xml_close(&writer);
    write_name(&writer, "Dbtr", file->debtor);
    write_account(&writer, "DbtrAcct", &debtor);
    write_bank(&writer, "DbtrAgt", debtor.bin);
    for (size_t i = 0; i < file->count; i++)
        write_payment(&writer, &file->payment[i], &account[i]);
    while (writer.depth)
        xml_close(&writer);
    if (text.full)
        return err_set(err, ERR_INPUT, "%s is over %d bytes", file->message, PAIN_BYTES_MAX);
    buf_str(out, buf_slice(&text));
    return OK;
}

// --- checking
// -----------------------------------------------------------------------------------------

static enum err_kind read_whole(const struct xml_node *node, const char *name, const char *what,
                                int64_t *out, struct err *err)
{
    struct money money;
    struct err why = {0};
    if (!node)
        return err_set(err, ERR_INPUT, "%s: %s is missing", name, what);
    if (money_parse_vnd(xml_trimmed(node), &money, &why))
        return err_set(err, ERR_INPUT, "%s:%zu: %s is not whole: %s", name, xml_line(node), what,
                       why.text);
    *out = money.minor;
    return OK;
}

struct tally {
    const char *name;
    int64_t count, sum;
    const char **reference; // [room] of all payments
    size_t references, room;
};

static void tally_free(struct tally *tally)
{
    mem_free(&tally->reference);
}

static enum err_kind check_payment(const struct xml_node *node, struct tally *tally,
                                   struct err *err)
{
    const struct xml_node *amount = xml_find(node, "Amt/InstdAmt");
    int64_t vnd = 0;
    char currency[8] = "";
    if (read_whole(amount, tally->name, "InstdAmt", &vnd, err))
        return err_of(err);
    if (!xml_attribute(amount, "Ccy", currency, sizeof(currency)) || strcmp(currency, "VND") != 0)
        return err_set(err, ERR_INPUT, "%s:%zu: the currency is \"%s\", VND is wanted", tally->name,
                       xml_line(amount), currency);
    if (vnd == 0)
        return err_set(err, ERR_INPUT, "%s:%zu: 0 đồng cannot be paid", tally->name,
                       xml_line(amount));
    if (__builtin_add_overflow(tally->sum, vnd, &tally->sum))
        return err_set(err, ERR_INPUT, "%s: the sum is more than can be counted", tally->name);
    if (tally->references == tally->room) {
        tally->room = tally->room ? 2 * tally->room : 64;
        tally->reference = mem_resize(tally->reference, tally->room, sizeof(*tally->reference));
    }
    tally->reference[tally->references++] = xml_text(xml_find(node, "PmtId/EndToEndId"));
    tally->count++;
    return OK;
}

static enum err_kind check_level(const struct xml_node *node, const char *name, int64_t count,
                                 int64_t sum, struct err *err)
{
    int64_t said = 0;
    if (read_whole(xml_find(node, "NbOfTxs"), name, "NbOfTxs", &said, err))
        return err_of(err);
    if (said != count)
        return err_set(err, ERR_INPUT, "%s:%zu: NbOfTxs says %" PRId64 ", there are %" PRId64, name,
                       xml_line(node), said, count);
    if (read_whole(xml_find(node, "CtrlSum"), name, "CtrlSum", &said, err))
        return err_of(err);
    if (said != sum)
        return err_set(err, ERR_INPUT, "%s:%zu: CtrlSum says %" PRId64 ", the sum is %" PRId64,
                       name, xml_line(node), said, sum);
    return OK;
}

static enum err_kind check_batch(const struct xml_node *batch, struct tally *tally, struct err *err)
{
    int64_t count = tally->count, sum = tally->sum;
    for (const struct xml_node *node = xml_find(batch, "CdtTrfTxInf"); node;
         node = xml_again(node)) {
        if (check_payment(node, tally, err))
            return err_of(err);
    }
    size_t len = strlen(xml_text(xml_find(batch, "PmtInfId")));
    if (len == 0 || len > PAIN_ID_MAX)
        return err_set(err, ERR_INPUT, "%s:%zu: PmtInfId must have 1 to %d letters", tally->name,
                       xml_line(batch), PAIN_ID_MAX);
    return check_level(batch, tally->name, tally->count - count, tally->sum - sum, err);
}

enum err_kind pain_check(struct str text, const char *name, struct err *err)
{
    AUTO(xml_free) struct xml *xml = NULL;
    AUTO(tally_free) struct tally tally = {.name = name};
    if (xml_parse(text, name, &xml, err))
        return err_of(err);
    const struct xml_node *root = xml_root(xml);
    if (strncmp(xml_space(root), "urn:iso:std:iso:20022:tech:xsd:pain.001.001.", 44) != 0)
        return err_set(err, ERR_INPUT, "%s is no pain.001", name);
    const struct xml_node *head = xml_find(root, "CstmrCdtTrfInitn/GrpHdr");
    size_t len = strlen(xml_text(xml_find(head, "MsgId")));
    if (len == 0 || len > PAIN_ID_MAX)
        return err_set(err, ERR_INPUT, "%s: MsgId must have 1 to %d letters", name, PAIN_ID_MAX);
    for (const struct xml_node *batch = xml_find(root, "CstmrCdtTrfInitn/PmtInf"); batch;
         batch = xml_again(batch)) {
        if (check_batch(batch, &tally, err))
            return err_of(err);
    }
    if (check_level(head, name, tally.count, tally.sum, err))
        return err_of(err);
    return once_each(tally.reference, tally.references, name, err);
}
