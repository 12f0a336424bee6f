#include "notify/gsma_call.h"

#include "core/doc.h"
#include "core/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// What a callback's body may be, as the OpenAPI file of version 1.2.0 has it: updateTransaction and
// updateError. What is not named there may stand in it.

enum value {
    VALUE_TEXT,
    VALUE_WORD, // one of `words`, each with a blank before and behind
    VALUE_AMOUNT,
    VALUE_TIME,
    VALUE_PLACE,
    VALUE_LIST, // of objects with `parts`
    VALUE_OBJECT,
};

struct member {
    const char *name;
    enum value value;
    bool needed;
    size_t least, most; // letters of a text, things in a list
    const char *words;
    const struct member *parts;
};

static const char currencies[] =
    " AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL "
    "BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF "
    "DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP "
    "LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRO MUR MVR MWK MXN MXV MYR MZN NAD NGN "
    "NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG "
    "SEK SGD SHP SLL SOS SRD SSP STD SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH "
    "UGX USD USN UYI UYU UZS VEF VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR XOF XPD "
    "XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL ";

static const char error_codes[] =
    " genericError dailyVolumeLimitExceeded dailyValueLimitExceeded "
    "weeklyVolumeLimitExceeded weeklyValueLimitExceeded monthlyVolumeLimitExceeded "
    "monthlyValueLimitExceeded accountMaxTotalVolumeExceeded accountMaxTotalValueExceeded "
    "lessThanTransactionMinValue greaterThanTransactionMaxValue maxBalanceExceeded "
    "samePartiesError duplicateRequest insufficientFunds incorrectState "
    "underPaymentNotAllowed overPaymentNotAllowed rateLimitError transactionTypeError "
    "noMandateAuthority linkViolation countryofOriginNotPermitted nationalityNotPermitted "
    "idDocumentNotSupported issuingCountryNotSupported quoteHasExpired identifierError "
    "lengthError formatError negativeValue currencyNotSupported mandatoryValueNotSupplied "
    "invalidOffset clientAuthorisationError requestDeclined "
    "servicingPartyAuthorisationError requestingPartyAuthorisationError ";

static const char types[] =
    " billpay deposit disbursement transfer merchantpay inttransfer adjustment "
    "reversal withdrawal ";
static const char categories[] =
    " businessRule validation authorisation identification internal serviceUnavailable ";

enum { TEXT_MAX = 256, NOTE_MAX = 160, PARTIES_MAX = 10, PAIRS_MAX = 20, AMOUNT_MAX = 23 };

static const struct member pair[] = {{"key", VALUE_TEXT, true, 1, TEXT_MAX, NULL, NULL},
                                     {"value", VALUE_TEXT, true, 1, TEXT_MAX, NULL, NULL},
                                     {0}};
static const struct member fee[] = {{"feeType", VALUE_TEXT, true, 1, TEXT_MAX, NULL, NULL},
                                    {"feeAmount", VALUE_AMOUNT, true, 1, AMOUNT_MAX, NULL, NULL},
                                    {"feeCurrency", VALUE_WORD, true, 0, 0, currencies, NULL},
                                    {0}};
static const struct member organisation[] = {
    {"requestingOrganisationIdentifierType", VALUE_WORD, true, 0, 0,
     " lei swiftbic organisationid ", NULL},
    {"requestingOrganisationIdentifier", VALUE_TEXT, true, 1, TEXT_MAX, NULL, NULL},
    {0}};

static const struct member transaction[] = {
    {"amount", VALUE_AMOUNT, true, 1, AMOUNT_MAX, NULL, NULL},
    {"currency", VALUE_WORD, true, 0, 0, currencies, NULL},
    {"type", VALUE_WORD, true, 0, 0, types, NULL},
    {"transactionReference", VALUE_TEXT, true, 1, TEXT_MAX, NULL, NULL},
    {"transactionStatus", VALUE_TEXT, true, 1, TEXT_MAX, NULL, NULL},
    {"creditParty", VALUE_LIST, true, 1, PARTIES_MAX, NULL, pair},
    {"debitParty", VALUE_LIST, true, 1, PARTIES_MAX, NULL, pair},
    {"requestingOrganisationTransactionReference", VALUE_TEXT, false, 0, TEXT_MAX, NULL, NULL},
    {"originalTransactionReference", VALUE_TEXT, false, 0, TEXT_MAX, NULL, NULL},
    {"subType", VALUE_TEXT, false, 0, TEXT_MAX, NULL, NULL},
    {"descriptionText", VALUE_TEXT, false, 0, NOTE_MAX, NULL, NULL},
    {"fees", VALUE_LIST, false, 1, PAIRS_MAX, NULL, fee},
    {"geoCode", VALUE_PLACE, false, 0, TEXT_MAX, NULL, NULL},
    {"oneTimeCode", VALUE_TEXT, false, 0, TEXT_MAX, NULL, NULL},
    {"requestingOrganisation", VALUE_OBJECT, false, 0, 0, NULL, organisation},
    {"servicingIdentity", VALUE_TEXT, false, 0, TEXT_MAX, NULL, NULL},
    {"transactionReceipt", VALUE_TEXT, false, 0, TEXT_MAX, NULL, NULL},
    {"creationDate", VALUE_TIME, false, 0, 0, NULL, NULL},
    {"modificationDate", VALUE_TIME, false, 0, 0, NULL, NULL},
    {"requestDate", VALUE_TIME, false, 0, 0, NULL, NULL},
    {"customData", VALUE_LIST, false, 0, PAIRS_MAX, NULL, pair},
    {"metadata", VALUE_LIST, false, 0, PAIRS_MAX, NULL, pair},
    {0}};

static const struct member error_object[] = {
    {"errorCategory", VALUE_WORD, true, 0, 0, categories, NULL},
    {"errorCode", VALUE_WORD, true, 0, 0, error_codes, NULL},
    {"errordescription", VALUE_TEXT, false, 0, TEXT_MAX, NULL, NULL},
    {"errorDateTime", VALUE_TIME, false, 0, 0, NULL, NULL},
    {"errorParameters", VALUE_LIST, false, 0, PAIRS_MAX, NULL, pair},
    {0}};

static size_t letters_of(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool is_one_of(const char *words, const char *text)
{
    char word[64];
    int len = snprintf(word, sizeof(word), " %s ", text);
    return len > 2 && (size_t)len < sizeof(word) && !strchr(text, ' ') && strstr(words, word);
}

// "0", "15", "15.21": no zero before, none at the end of at most four decimals.
static bool is_amount(const char *text)
{
    enum { WHOLE_MAX = 18, DECIMALS_MAX = 4 };
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    if (whole == 0 || whole > WHOLE_MAX || (*text == '0' && whole > 1))
        return false;
    if (*rest == '\0')
        return true;
    size_t decimals = strspn(rest + 1, "0123456789");
    return *rest == '.' && decimals > 0 && decimals <= DECIMALS_MAX && rest[1 + decimals] == '\0' &&
           rest[decimals] != '0';
}

// The shape of RFC 3339: each letter of `form` is itself, "0" any digit.
static bool has_form(const char **text, const char *form)
{
    const char *at = *text;
    for (; *form; form++, at++) {
        bool good = *form == '0' ? isdigit((unsigned char)*at) != 0 : *at == *form;
        if (!good)
            return false;
    }
    *text = at;
    return true;
}

static bool is_time(const char *text)
{
    if (!has_form(&text, "0000-00-00T00:00:00"))
        return false;
    if (*text == '.') {
        size_t digits = strspn(text + 1, "0123456789");
        if (digits == 0)
            return false;
        text += 1 + digits;
    }
    return (has_form(&text, "Z") || has_form(&text, "+00:00") || has_form(&text, "-00:00")) &&
           *text == '\0';
}

// Degrees up to `most`, with up to six decimals unless they are `most`; moves past them.
static bool take_degrees(const char **text, long most)
{
    enum { DECIMALS_MAX = 6 };
    const char *at = *text + (**text == '-');
    size_t whole = strspn(at, "0123456789");
    if (whole == 0 || whole > 3)
        return false;
    long value = 0;
    for (size_t i = 0; i < whole; i++)
        value = value * 10 + (at[i] - '0');
    bool padded = *at == '0' && whole > (most > 90 ? 2U : 1U);
    if (value > most || padded)
        return false;
    at += whole;
    if (*at == '.') {
        size_t decimals = strspn(at + 1, "0123456789");
        if (decimals == 0 || decimals > DECIMALS_MAX || value == most)
            return false;
        at += 1 + decimals;
    }
    *text = at;
    return true;
}

static bool is_place(const char *text)
{
    if (!take_degrees(&text, 90) || *text != ',')
        return false;
    text++;
    return take_degrees(&text, 180) && *text == '\0';
}

static bool is_text(const struct member *member, const char *text)
{
    switch (member->value) {
    case VALUE_TEXT:
        return letters_of(text) >= member->least && letters_of(text) <= member->most;
    case VALUE_WORD:
        return is_one_of(member->words, text);
    case VALUE_AMOUNT:
        return is_amount(text);
    case VALUE_TIME:
        return is_time(text);
    case VALUE_PLACE:
        return is_place(text);
    case VALUE_LIST:
    case VALUE_OBJECT:
        return false;
    }
    return false;
}

static const char *find_wrong(const struct doc *object, const struct member *members);

// The name of what is wrong in a list or an object within another; NULL: nothing. Depth is that of
// the tables: two.
static const char *find_wrong_below(const struct doc *value,
                                    const struct member *member) // NOLINT(misc-no-recursion)
{
    const char *wrong = NULL;
    if (member->value == VALUE_OBJECT)
        return doc_is_object(value) ? find_wrong(value, member->parts) : member->name;
    size_t count = doc_count(value);
    if (!doc_is_array(value) || count < member->least || count > member->most)
        return member->name;
    for (size_t i = 0; i < count && !wrong; i++) {
        const struct doc *one = doc_at(value, i);
        wrong = doc_is_object(one) ? find_wrong(one, member->parts) : member->name;
    }
    return wrong;
}

static const char *find_wrong(const struct doc *object,
                              const struct member *members) // NOLINT(misc-no-recursion)
{
    for (const struct member *member = members; member->name; member++) {
        const struct doc *value = doc_get(object, member->name);
        if (!value && member->needed)
            return member->name;
        const char *text = doc_text(value, NULL), *wrong = NULL;
        if (value && member->parts)
            wrong = find_wrong_below(value, member);
        else if (value && !(text && is_text(member, text)))
            wrong = member->name;
        if (wrong)
            return wrong;
    }
    return NULL;
}

static bool is_reference(const char *text)
{
    size_t len = strlen(text);
    return len < PAYMENT_REFERENCE_SIZE && strspn(text, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == len;
}

static void refuse(struct gsma_call *out, const char *why)
{
    *out = (struct gsma_call){.kind = GSMA_CALL_WRONG};
    (void)snprintf(out->why, sizeof(out->why), "%s", why);
}

void gsma_read_call(struct str body, struct gsma_call *out)
{
    struct err ignored = {0};
    AUTO(doc_free) struct doc *doc = NULL;
    char why[WHY_MAX];
    if (doc_parse(body, "callback", &doc, &ignored) || !doc_is_object(doc)) {
        refuse(out, "the body is no JSON object");
        return;
    }
    bool is_error = doc_get(doc, "errorCategory") && !doc_get(doc, "transactionStatus");
    const char *wrong = find_wrong(doc, is_error ? error_object : transaction);
    if (wrong) {
        (void)snprintf(why, sizeof(why), "\"%s\" is missing or cannot be that", wrong);
        refuse(out, why);
        return;
    }
    *out = (struct gsma_call){.kind = is_error ? GSMA_CALL_ERROR : GSMA_CALL_TRANSACTION};
    const char *reference =
        doc_text(doc_get(doc, "requestingOrganisationTransactionReference"), "");
    if (is_error)
        return;
    if (!is_reference(reference))
        refuse(out, "it names an order that is not ours");
    else
        memcpy(out->reference, reference, strlen(reference) + 1);
}
