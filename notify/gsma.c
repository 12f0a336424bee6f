#include "notify/gsma.h"

#include "core/doc.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/money.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HTTP_OK = 200, HTTP_CREATED = 201, HTTP_ACCEPTED = 202 };
enum { HTTP_BAD = 400, HTTP_UNAUTHORISED = 401, HTTP_FORBIDDEN = 403, HTTP_MISSING = 404 };
enum { HTTP_BUSY = 429, HTTP_BROKEN = 500 };

struct gsma_id gsma_correlation(const char *reference)
{
    struct gsma_id id;
    struct hash hash = hash_of_pair(hash_of(STR("gong gsma")), str_of(reference));
    // Version 8 of RFC 9562: made from a hash of one's own choice.
    hash.at[6] = (uint8_t)((hash.at[6] & 0x0f) | 0x80);
    hash.at[8] = (uint8_t)((hash.at[8] & 0x3f) | 0x80);
    struct hash_hex hex = hash_hex(hash);
    (void)snprintf(id.at, sizeof(id.at), "%.8s-%.4s-%.4s-%.4s-%.12s", hex.at, hex.at + 8,
                   hex.at + 12, hex.at + 16, hex.at + 20);
    return id;
}

static bool is_phone(const char *account)
{
    return strlen(account) == 11 && strncmp(account, "84", 2) == 0 &&
           strspn(account, "0123456789") == 11;
}

static void put_party(struct doc *body, const char *side, const char *key, const char *value)
{
    struct doc *list = doc_array(), *party = doc_object();
    doc_put_text(party, "key", key);
    doc_put_text(party, "value", value);
    doc_push(list, party);
    doc_put(body, side, list);
}

void gsma_order_body(const struct gsma_order *order, struct buf *out)
{
    char digits[24], account[64];
    bool phone = is_phone(order->account);
    AUTO(doc_free) struct doc *body = doc_object();
    assert(order->amount_vnd > 0);
    (void)snprintf(digits, sizeof(digits), "%" PRId64, order->amount_vnd);
    (void)snprintf(account, sizeof(account), "%s%s", phone ? "+" : "", order->account);
    doc_put_text(body, "amount", digits);
    doc_put_text(body, "currency", "VND");
    put_party(body, "debitParty", "accountid", order->debit);
    put_party(body, "creditParty", phone ? "msisdn" : "accountid", account);
    doc_put_text(body, "requestingOrganisationTransactionReference", order->reference);
    doc_canonical(body, out);
}

static void say(struct gsma_answer *out, enum outcome outcome, const char *why)
{
    out->outcome = outcome;
    (void)snprintf(out->why, sizeof(out->why), "%.*s", (int)sizeof(out->why) - 1, why);
}

// A word of the provider that may stand in a reason: ASCII letters only, so that nobody's name or
// number gets into the ledger by it.
static const char *word(const struct doc *doc, const char *key)
{
    const char *text = doc_text(doc_get(doc, key), "");
    size_t len = strlen(text);
    bool good = len > 0 && len <= 40 &&
                strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
    return good ? text : "";
}

// What an error code of the standard proves when it is the answer to an order.
static const struct {
    const char *code;
    enum outcome outcome;
} codes[] = {
    // Ours to mend, or the provider's day is full: nobody gets anything now.
    {"insufficientFunds", OUTCOME_DOWN},
    {"clientAuthorisationError", OUTCOME_DOWN},
    {"requestingPartyAuthorisationError", OUTCOME_DOWN},
    {"rateLimitError", OUTCOME_BUSY},
    // This one will never go this way.
    {"identifierError", OUTCOME_REFUSED},
    {"lengthError", OUTCOME_REFUSED},
    {"formatError", OUTCOME_REFUSED},
    {"negativeValue", OUTCOME_REFUSED},
    {"currencyNotSupported", OUTCOME_REFUSED},
    {"mandatoryValueNotSupplied", OUTCOME_REFUSED},
    {"samePartiesError", OUTCOME_REFUSED},
    {"lessThanTransactionMinValue", OUTCOME_REFUSED},
    {"greaterThanTransactionMaxValue", OUTCOME_REFUSED},
    {"maxBalanceExceeded", OUTCOME_REFUSED},
    {"accountMaxTotalValueExceeded", OUTCOME_REFUSED},
    {"accountMaxTotalVolumeExceeded", OUTCOME_REFUSED},
    {"dailyValueLimitExceeded", OUTCOME_REFUSED},
    {"dailyVolumeLimitExceeded", OUTCOME_REFUSED},
    {"weeklyValueLimitExceeded", OUTCOME_REFUSED},
    {"weeklyVolumeLimitExceeded", OUTCOME_REFUSED},
    {"monthlyValueLimitExceeded", OUTCOME_REFUSED},
    {"monthlyVolumeLimitExceeded", OUTCOME_REFUSED},
    {"nationalityNotPermitted", OUTCOME_REFUSED},
    {"transactionTypeError", OUTCOME_REFUSED},
    {"requestDeclined", OUTCOME_REFUSED},
    {"servicingPartyAuthorisationError", OUTCOME_REFUSED},
    // It is known there already, or not said: duplicateRequest, genericError, incorrectState ...
};

static void read_error(long status, const struct doc *doc, struct gsma_answer *out)
{
    const char *code = word(doc, "errorCode");
    char why[WHY_MAX];
    (void)snprintf(why, sizeof(why), "the provider answered %ld %s", status, code);
    say(out, OUTCOME_UNKNOWN, why);
    out->must_ask = strcmp(code, "duplicateRequest") == 0;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        if (strcmp(codes[i].code, code) == 0)
            out->outcome = codes[i].outcome;
    }
}

static bool is_safe_link(const char *link)
{
    size_t len = strlen(link);
    return len < GSMA_LINK_MAX &&
           (strncmp(link, "/transactions/", 14) == 0 ||
            strncmp(link, "/requeststates/", 15) == 0) &&
           strspn(link + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/") ==
               len - 1;
}

static bool take_link(struct gsma_answer *out, const char *start, const char *end)
{
    char link[GSMA_LINK_MAX + 64];
    int len = snprintf(link, sizeof(link), "%s%s", start, end);
    if (len < 0 || (size_t)len >= GSMA_LINK_MAX || !is_safe_link(link))
        return false;
    memcpy(out->link, link, (size_t)len + 1);
    return true;
}

// --- a transaction
// ------------------------------------------------------------------------------------

static bool same_text(const struct doc *doc, const char *key, const char *want)
{
    const char *text = doc_text(doc_get(doc, key), NULL);
    return text && strcmp(text, want) == 0;
}

// Money must be the money that was ordered: no point, no other currency.
static bool is_same_money(const struct gsma_order *order, const struct doc *doc)
{
    struct err ignored = {0};
    struct money money;
    const char *amount = doc_text(doc_get(doc, "amount"), NULL);
    return amount && money_parse_vnd(str_of(amount), &money, &ignored) == OK &&
           money.minor == order->amount_vnd && same_text(doc, "currency", "VND");
}

static const struct {
    const char *status;
    enum outcome outcome;
} statuses[] = {
    {"completed", OUTCOME_DONE},   {"pending", OUTCOME_PENDING},   {"accepted", OUTCOME_PENDING},
    {"hold", OUTCOME_PENDING},     {"failed", OUTCOME_REFUSED},    {"declined", OUTCOME_REFUSED},
    {"rejected", OUTCOME_REFUSED}, {"cancelled", OUTCOME_REFUSED},
};

static void take_ref(const struct doc *doc, struct gsma_answer *out)
{
    const char *ref = doc_text(doc_get(doc, "transactionReference"), "");
    size_t len = strlen(ref);
    if (len < sizeof(out->ref) &&
        strspn(ref, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == len)
        memcpy(out->ref, ref, len + 1);
}

static void read_transaction(const struct gsma_order *order, const struct doc *doc,
                             struct gsma_answer *out)
{
    char why[WHY_MAX];
    if (!same_text(doc, "requestingOrganisationTransactionReference", order->reference)) {
        say(out, OUTCOME_UNKNOWN, "the provider speaks of another transaction than was asked for");
        return;
    }
    if (!is_same_money(order, doc)) {
        say(out, OUTCOME_UNKNOWN,
            "MISMATCH: the provider names another amount or currency than was ordered; look into "
            "it");
        return;
    }
    take_ref(doc, out);
    const char *status = word(doc, "transactionStatus");
    (void)snprintf(why, sizeof(why), "the provider says \"%s\"%s%s", status,
                   *out->ref ? ", its reference " : "", out->ref);
    say(out, OUTCOME_UNKNOWN, why);
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        if (strcmp(statuses[i].status, status) == 0)
            out->outcome = statuses[i].outcome;
    }
    out->must_ask = out->outcome == OUTCOME_PENDING;
}

// --- a request state
// ----------------------------------------------------------------------------------

static bool is_id(const char *text)
{
    return strlen(text) == GSMA_ID_SIZE - 1 &&
           strspn(text, "0123456789abcdefABCDEF-") == GSMA_ID_SIZE - 1;
}

static void read_state(const struct doc *doc, struct gsma_answer *out)
{
    const char *status = doc_text(doc_get(doc, "status"), "");
    const char *id = doc_text(doc_get(doc, "serverCorrelationId"), "");
    const char *object = doc_text(doc_get(doc, "objectReference"), "");
    if (!is_id(id)) {
        say(out, OUTCOME_UNKNOWN, "the answer is no request state");
        return;
    }
    (void)take_link(out, "/requeststates/", id);
    out->must_ask = true;
    if (strcmp(status, "pending") == 0) {
        say(out, OUTCOME_PENDING, "the provider has it in hand");
    } else if (strcmp(status, "completed") == 0) {
        // "completed" alone does not say what: the transaction does.
        say(out, OUTCOME_PENDING, "the provider says it is completed");
        if (*object)
            (void)take_link(out, "/transactions/", object);
    } else if (strcmp(status, "failed") == 0) {
        const char *code = word(doc_get(doc, "error"), "errorCode");
        char why[WHY_MAX];
        (void)snprintf(why, sizeof(why), "the provider says failed: %s",
                       *code ? code : "no reason");
        say(out, OUTCOME_REFUSED, why);
    } else {
        say(out, OUTCOME_UNKNOWN, "the provider gives a state that is not known");
    }
}

// --- replies
// ------------------------------------------------------------------------------------------

static struct doc *parse(struct str body)
{
    struct err ignored = {0};
    struct doc *doc = NULL;
    return doc_parse(body, "reply", &doc, &ignored) == OK ? doc : NULL;
}

static void begin(struct gsma_answer *out)
{
    *out = (struct gsma_answer){.outcome = OUTCOME_UNKNOWN};
}

// An order that was taken and failed is final only when a question says so too.
static void ask_before_refusing(struct gsma_answer *out)
{
    if (out->outcome != OUTCOME_REFUSED)
        return;
    out->outcome = OUTCOME_UNKNOWN;
    out->must_ask = true;
}

void gsma_read_order(const struct gsma_order *order, long status, struct str body,
                     struct gsma_answer *out)
{
    char why[WHY_MAX];
    begin(out);
    AUTO(doc_free) struct doc *doc = parse(body);
    (void)snprintf(why, sizeof(why), "the provider answered %ld", status);
    say(out, OUTCOME_UNKNOWN, status ? why : "sent, and no whole answer");
    if (status == HTTP_CREATED && doc) {
        read_transaction(order, doc, out);
        ask_before_refusing(out);
    } else if (status == HTTP_ACCEPTED && doc) {
        read_state(doc, out);
        ask_before_refusing(out);
    } else if (status == HTTP_UNAUTHORISED || status == HTTP_FORBIDDEN) {
        out->outcome = OUTCOME_DOWN;
    } else if (status == HTTP_BUSY) {
        out->outcome = OUTCOME_BUSY;
    } else if ((status == HTTP_BAD || status == HTTP_MISSING) && doc &&
               *word(doc, "errorCategory")) {
        read_error(status, doc, out);
    }
}

void gsma_read_response(long status, struct str body, struct gsma_answer *out)
{
    char why[WHY_MAX];
    begin(out);
    AUTO(doc_free) struct doc *doc = parse(body);
    (void)snprintf(why, sizeof(why), "asked, the provider answered %ld", status);
    say(out, OUTCOME_UNKNOWN, status ? why : "asked, and no whole answer");
    if (status == HTTP_OK && doc) {
        const char *link = doc_text(doc_get(doc, "link"), "");
        if (take_link(out, link, ""))
            say(out, OUTCOME_PENDING, "the provider knows it");
    } else if (status == HTTP_MISSING && doc && *word(doc, "errorCategory")) {
        // Only the provider's own 404 counts, not that of something on the way.
        say(out, OUTCOME_ABSENT, "the provider does not know it");
    }
}

void gsma_read_link(const struct gsma_order *order, long status, struct str body,
                    struct gsma_answer *out)
{
    char why[WHY_MAX];
    begin(out);
    AUTO(doc_free) struct doc *doc = parse(body);
    (void)snprintf(why, sizeof(why), "asked, the provider answered %ld", status);
    say(out, OUTCOME_UNKNOWN, status ? why : "asked, and no whole answer");
    if (status != HTTP_OK || !doc_is_object(doc))
        return;
    if (doc_get(doc, "serverCorrelationId"))
        read_state(doc, out);
    else
        read_transaction(order, doc, out);
}

void gsma_read_statement(const struct gsma_order *order, long status, struct str body,
                         size_t *count, struct gsma_answer *out)
{
    begin(out);
    AUTO(doc_free) struct doc *doc = parse(body);
    *count = 0;
    say(out, OUTCOME_UNKNOWN, "the provider gave no statement");
    if (status != HTTP_OK || !doc_is_array(doc))
        return;
    *count = doc_count(doc);
    say(out, OUTCOME_ABSENT, "it is not in the provider's statement");
    for (size_t i = 0; i < *count; i++) {
        const struct doc *one = doc_at(doc, i);
        if (!same_text(one, "requestingOrganisationTransactionReference", order->reference))
            continue;
        // A failed try may stand beside a good one: the good one counts.
        struct gsma_answer answer;
        begin(&answer);
        read_transaction(order, one, &answer);
        if (out->outcome == OUTCOME_ABSENT || answer.outcome == OUTCOME_DONE)
            *out = answer;
    }
}
