#include "notify/bankfile.h"

#include "core/mem.h"
#include "core/money.h"
#include "core/xml.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct reading {
    const char *name;
    enum err_kind (*each)(void *self, const struct bank_line *line, struct err *err);
    void *self;
    struct bank_summary *summary;
};

static enum err_kind copy(const struct reading *reading, const struct xml_node *node, char *out,
                          size_t size, struct err *err)
{
    struct str text = xml_trimmed(node);
    if (text.len >= size)
        return err_set(err, ERR_INPUT, "%s:%zu: \"%.60s\" is over %zu bytes", reading->name,
                       xml_line(node), text.at, size - 1);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return OK;
}

// Whole đồng; a bank may write decimals, but only noughts.
static enum err_kind read_amount(const struct reading *reading, const struct xml_node *node,
                                 int64_t *out, struct err *err)
{
    struct str text = xml_trimmed(node);
    char currency[8] = "";
    struct money money;
    struct err why = {0};
    if (!xml_attribute(node, "Ccy", currency, sizeof(currency)) || strcmp(currency, "VND") != 0)
        return err_set(err, ERR_INPUT, "%s:%zu: the currency is \"%s\", VND is wanted",
                       reading->name, xml_line(node), currency);
    const char *point = memchr(text.at, '.', text.len);
    if (point) {
        struct str decimals = {point + 1, text.len - (size_t)(point + 1 - text.at)};
        if (decimals.len == 0 || str_count(decimals, '0') != decimals.len)
            return err_set(err, ERR_INPUT, "%s:%zu: \"" STR_FMT "\" is not whole đồng",
                           reading->name, xml_line(node), STR_ARG(text));
        text.len = (size_t)(point - text.at);
    }
    if (money_parse_vnd(text, &money, &why))
        return err_set(err, ERR_INPUT, "%s:%zu: %s", reading->name, xml_line(node), why.text);
    *out = money.minor;
    return OK;
}

static enum err_kind give(struct reading *reading, const struct bank_line *line, struct err *err)
{
    reading->summary->lines++;
    return reading->each(reading->self, line, err);
}

// --- pain.002
// -----------------------------------------------------------------------------------------

static bool is_rejected(const char *code)
{
    return strcmp(code, "RJCT") == 0 || strcmp(code, "CANC") == 0;
}

static enum err_kind read_status(struct reading *reading, const struct xml_node *node,
                                 const char *id, const char *status, struct bank_line *line,
                                 struct err *err)
{
    const struct xml_node *amount = xml_find(node, "OrgnlTxRef/Amt/InstdAmt");
    line->line = xml_line(node);
    line->has_amount = amount != NULL;
    if (copy(reading, xml_find(node, id), line->reference, sizeof(line->reference), err) ||
        copy(reading, xml_find(node, status), line->code, sizeof(line->code), err) ||
        copy(reading, xml_find(node, "StsRsnInf/Rsn/Cd"), line->reason, sizeof(line->reason),
             err) ||
        (amount && read_amount(reading, amount, &line->amount_vnd, err)))
        return err_of(err);
    line->outcome = is_rejected(line->code) ? PAYMENT_REJECTED : PAYMENT_ACCEPTED;
    return *line->code ? give(reading, line, err) : OK;
}

// The narrowest word counts: of a transaction, else of its batch, else of the file.
static enum err_kind read_pain_002(struct reading *reading, const struct xml_node *report,
                                   struct err *err)
{
    const struct xml_node *group = xml_find(report, "OrgnlGrpInfAndSts");
    struct bank_line file = {.reference = ""};
    if (!group)
        return err_set(err, ERR_INPUT, "%s: OrgnlGrpInfAndSts is missing", reading->name);
    if (copy(reading, xml_find(group, "OrgnlMsgId"), file.file, sizeof(file.file), err))
        return err_of(err);
    size_t before = reading->summary->lines;
    for (const struct xml_node *batch = xml_find(report, "OrgnlPmtInfAndSts"); batch;
         batch = xml_again(batch)) {
        for (const struct xml_node *node = xml_find(batch, "TxInfAndSts"); node;
             node = xml_again(node)) {
            struct bank_line line = file;
            if (read_status(reading, node, "OrgnlEndToEndId", "TxSts", &line, err))
                return err_of(err);
        }
        struct bank_line line = file;
        if (!xml_find(batch, "TxInfAndSts") &&
            read_status(reading, batch, "none", "PmtInfSts", &line, err))
            return err_of(err);
    }
    return reading->summary->lines == before
               ? read_status(reading, group, "none", "GrpSts", &file, err)
               : OK;
}

// --- camt
// ---------------------------------------------------------------------------------------------

static enum err_kind read_details(struct reading *reading, const struct xml_node *entry,
                                  const struct xml_node *details, bool alone, struct bank_line line,
                                  struct err *err)
{
    const struct xml_node *amount = xml_find(details, "Amt");
    const struct xml_node *side = xml_find(details, "CdtDbtInd");
    if (!amount)
        amount = xml_find(details, "AmtDtls/TxAmt/Amt");
    if (!amount && alone)
        amount = xml_find(entry, "Amt");
    if (!side)
        side = xml_find(entry, "CdtDbtInd");
    bool debit = strcmp(xml_text(side), "DBIT") == 0;
    bool back = strcmp(xml_text(xml_find(entry, "RvslInd")), "true") == 0;
    line.outcome = debit && !back ? PAYMENT_PAID : PAYMENT_RETURNED;
    line.has_amount = amount != NULL;
    if (details)
        line.line = xml_line(details);
    if (copy(reading, xml_find(details, "Refs/EndToEndId"), line.reference, sizeof(line.reference),
             err) ||
        copy(reading, xml_find(details, "RtrInf/Rsn/Cd"), line.reason, sizeof(line.reason), err) ||
        (amount && read_amount(reading, amount, &line.amount_vnd, err)))
        return err_of(err);
    return give(reading, &line, err);
}

static enum err_kind read_entry(struct reading *reading, const struct xml_node *entry,
                                struct err *err)
{
    struct bank_line line = {.line = xml_line(entry)};
    const char *side = xml_text(xml_find(entry, "CdtDbtInd"));
    int64_t amount = 0;
    if (copy(reading, xml_find(entry, "Sts/Cd"), line.code, sizeof(line.code), err) ||
        copy(reading, xml_find(entry, "AcctSvcrRef"), line.bank, sizeof(line.bank), err))
        return err_of(err);
    if (strcmp(line.code, "BOOK") != 0) {
        reading->summary->pending++;
        return OK;
    }
    if (strcmp(side, "DBIT") != 0 && strcmp(side, "CRDT") != 0)
        return err_set(err, ERR_INPUT, "%s:%zu: an entry is neither DBIT nor CRDT", reading->name,
                       line.line);
    if (read_amount(reading, xml_find(entry, "Amt"), &amount, err))
        return err_of(err);
    if (__builtin_add_overflow(reading->summary->movement_vnd, *side == 'D' ? -amount : amount,
                               &reading->summary->movement_vnd))
        return err_set(err, ERR_INPUT, "%s: the movements are more than can be counted",
                       reading->name);
    const struct xml_node *details = xml_find(entry, "NtryDtls/TxDtls");
    if (!details)
        return read_details(reading, entry, NULL, true, line, err);
    bool alone = !xml_again(details) && !xml_again(xml_find(entry, "NtryDtls"));
    for (const struct xml_node *group = xml_find(entry, "NtryDtls"); group;
         group = xml_again(group)) {
        for (details = xml_find(group, "TxDtls"); details; details = xml_again(details)) {
            if (read_details(reading, entry, details, alone, line, err))
                return err_of(err);
        }
    }
    return OK;
}

static enum err_kind read_balances(struct reading *reading, const struct xml_node *statement,
                                   struct err *err)
{
    bool opening = false, closing = false;
    for (const struct xml_node *node = xml_find(statement, "Bal"); node; node = xml_again(node)) {
        const char *code = xml_text(xml_find(node, "Tp/CdOrPrtry/Cd"));
        int64_t amount = 0;
        if (strcmp(code, "OPBD") != 0 && strcmp(code, "CLBD") != 0)
            continue;
        if (read_amount(reading, xml_find(node, "Amt"), &amount, err))
            return err_of(err);
        if (strcmp(xml_text(xml_find(node, "CdtDbtInd")), "DBIT") == 0)
            amount = -amount;
        bool first = *code == 'O';
        *(first ? &reading->summary->opening_vnd : &reading->summary->closing_vnd) = amount;
        *(first ? &opening : &closing) = true;
    }
    reading->summary->has_balance = opening && closing;
    return OK;
}

static enum err_kind read_camt(struct reading *reading, const struct xml_node *report,
                               const char *part, struct err *err)
{
    const struct xml_node *statement = xml_find(report, part);
    if (!statement)
        return err_set(err, ERR_INPUT, "%s: %s is missing", reading->name, part);
    if (xml_again(statement))
        return err_set(err, ERR_INPUT, "%s: more than one %s; one account a file is read",
                       reading->name, part);
    if (read_balances(reading, statement, err))
        return err_of(err);
    for (const struct xml_node *entry = xml_find(statement, "Ntry"); entry;
         entry = xml_again(entry)) {
        if (read_entry(reading, entry, err))
            return err_of(err);
    }
    return OK;
}

static const struct {
    const char *space, *kind, *report, *part;
} kinds[] = {
    {"urn:iso:std:iso:20022:tech:xsd:pain.002.001.", "pain.002", "CstmrPmtStsRpt", NULL},
    {"urn:iso:std:iso:20022:tech:xsd:camt.053.001.", "camt.053", "BkToCstmrStmt", "Stmt"},
    {"urn:iso:std:iso:20022:tech:xsd:camt.054.001.", "camt.054", "BkToCstmrDbtCdtNtfctn", "Ntfctn"},
};

enum err_kind bankfile_read(struct str text, const char *name,
                            enum err_kind (*each)(void *self, const struct bank_line *line,
                                                  struct err *err),
                            void *self, struct bank_summary *out, struct err *err)
{
    AUTO(xml_free) struct xml *xml = NULL;
    struct reading reading = {name, each, self, out};
    *out = (struct bank_summary){.kind = ""};
    if (xml_parse(text, name, &xml, err))
        return err_of(err);
    const struct xml_node *root = xml_root(xml);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct xml_node *report = xml_find(root, kinds[i].report);
        if (strncmp(xml_space(root), kinds[i].space, strlen(kinds[i].space)) != 0 || !report)
            continue;
        (void)snprintf(out->kind, sizeof(out->kind), "%s", kinds[i].kind);
        if (copy(&reading, xml_find(report, "GrpHdr/MsgId"), out->message, sizeof(out->message),
                 err))
            return err_of(err);
        return kinds[i].part ? read_camt(&reading, report, kinds[i].part, err)
                             : read_pain_002(&reading, report, err);
    }
    return err_set(err, ERR_INPUT, "%s is neither pain.002, camt.053 nor camt.054", name);
}
