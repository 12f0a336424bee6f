// Callbacks of a mobile money provider, held against the OpenAPI file itself: bodies are made from
// its schema and its examples, and each thing that it forbids is refused.
#include "notify/gsma_call.h"

#include "core/doc.h"
#include "core/file.h"
#include "core/mem.h"
#include "tests/check.h"

#include <string.h>

static const char SPEC[] =
    "../shared/specs/gsma-mm/mobile-money-api-1.2.0-disbursements.two-fixes.json";
static const char REF[] = "0A1B2C3D4E5F6G7H8J9K0M1N2P";
enum { SPEC_BYTES_MAX = 4 << 20, BODY_BYTES_MAX = 1 << 18 };

static struct doc *spec_read(void)
{
    struct err err = {0};
    struct doc *spec = NULL;
    AUTO(buf_free) struct buf text = buf_new(SPEC_BYTES_MAX);
    CHECK_OK(file_read(SPEC, &text, &err), err);
    CHECK_OK(doc_parse(buf_slice(&text), SPEC, &spec, &err), err);
    return spec;
}

// What a "$ref" or an allOf of one stands for.
static const struct doc *resolve(const struct doc *spec, const struct doc *schema)
{
    for (;;) {
        const char *at = doc_text(doc_get(schema, "$ref"), NULL);
        if (!at && !doc_get(schema, "allOf"))
            return schema;
        if (!at) {
            schema = doc_at(doc_get(schema, "allOf"), 0);
            continue;
        }
        struct str path = str_of(at), key;
        schema = spec;
        CHECK(str_take_field(&path, '/', &key));
        while (str_take_field(&path, '/', &key)) {
            char name[100];
            (void)snprintf(name, sizeof(name), STR_FMT, STR_ARG(key));
            schema = doc_get(schema, name);
        }
        CHECK(schema != NULL);
    }
}

static const struct doc *body_schema(const struct doc *spec, const char *name)
{
    const struct doc *body = doc_get(doc_get(doc_get(spec, "components"), "requestBodies"), name);
    return resolve(spec, doc_get(doc_get(doc_get(body, "content"), "application/json"), "schema"));
}

// The example of a property, wherever on the way to its type it stands; NULL: there is none.
static const char *example_of(const struct doc *spec, const struct doc *schema)
{
    const char *own = doc_text(doc_get(schema, "example"), NULL);
    const struct doc *list = doc_get(schema, "allOf");
    return own ? own
               : doc_text(doc_get(list ? resolve(spec, doc_at(list, 0)) : resolve(spec, schema),
                                  "example"),
                          NULL);
}

static void put_good(const struct doc *spec, const struct doc *schema, struct buf *out);

static void put_object(const struct doc *spec, const struct doc *schema, struct buf *out)
{
    const struct doc *members = doc_get(schema, "properties");
    size_t count = 0;
    buf_char(out, '{');
    for (const char *key = doc_next_key(members, NULL); key; key = doc_next_key(members, key)) {
        buf_print(out, "%s\"%s\":", count++ ? "," : "", key);
        if (strcmp(key, "requestingOrganisationTransactionReference") == 0)
            buf_print(out, "\"%s\"", REF);
        else
            put_good(spec, doc_get(members, key), out);
    }
    buf_char(out, '}');
}

// A value that the schema takes: its example, the first of its words, or a text of the least
// length.
static void put_good(const struct doc *spec, const struct doc *schema, struct buf *out)
{
    const struct doc *real = resolve(spec, schema);
    const char *type = doc_text(doc_get(real, "type"), ""), *example = example_of(spec, schema);
    if (strcmp(type, "object") == 0) {
        put_object(spec, real, out);
    } else if (strcmp(type, "array") == 0) {
        buf_char(out, '[');
        put_good(spec, doc_get(real, "items"), out);
        buf_char(out, ']');
    } else if (strcmp(doc_text(doc_get(real, "format"), ""), "date-time") == 0) {
        buf_text(out, "\"2024-09-07T06:00:00.125Z\"");
    } else if (example || doc_get(real, "enum")) {
        buf_print(out, "\"%s\"",
                  example ? example : doc_text(doc_at(doc_get(real, "enum"), 0), ""));
    } else {
        buf_text(out, "\"a\"");
    }
}

static enum gsma_call_kind read_kind(const struct doc *body, struct gsma_call *call)
{
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    doc_canonical(body, &text);
    gsma_read_call(buf_slice(&text), call);
    CHECK((call->kind == GSMA_CALL_WRONG) == (*call->why != '\0'));
    return call->kind;
}

static struct doc *parse(const char *text)
{
    struct err err = {0};
    struct doc *doc = NULL;
    CHECK_OK(doc_parse(str_of(text), "body", &doc, &err), err);
    return doc;
}

// The body with one member of it another.
static struct doc *with(const struct doc *good, const char *key, const char *json)
{
    struct doc *changed = doc_copy(good);
    AUTO(buf_free) struct buf wrapped = buf_new(BODY_BYTES_MAX);
    buf_print(&wrapped, "{\"v\":%s}", json);
    AUTO(doc_free) struct doc *value = parse(wrapped.at);
    doc_put_same(changed, key, doc_get(value, "v"));
    return changed;
}

static void check_with(const struct doc *good, const char *key, const char *json, bool fits)
{
    struct gsma_call call;
    AUTO(doc_free) struct doc *changed = with(good, key, json);
    if ((read_kind(changed, &call) != GSMA_CALL_WRONG) != fits)
        CHECK_FAILED("%s: %.60s: %s", key, json, call.why);
    if (!fits)
        CHECK_HAS(call.why, "is missing or cannot be that");
}

static void check_words(const struct doc *good, const char *key, const struct doc *words)
{
    for (size_t i = 0; i < doc_count(words); i++) {
        char json[100];
        (void)snprintf(json, sizeof(json), "\"%s\"", doc_text(doc_at(words, i), ""));
        check_with(good, key, json, true);
        (void)snprintf(json, sizeof(json), "\"%s \"", doc_text(doc_at(words, i), ""));
        check_with(good, key, json, false);
    }
}

static void check_lengths(const struct doc *good, const char *key, const struct doc *real)
{
    int64_t most = doc_int(doc_get(real, "maxLength"), 0);
    AUTO(buf_free) struct buf json = buf_new(BODY_BYTES_MAX);
    if (doc_get(real, "enum") || doc_get(real, "pattern") || most == 0)
        return;
    if (strcmp(key, "requestingOrganisationTransactionReference") != 0) { // ours has a form
        buf_char(&json, '"');
        for (int64_t i = 0; i < most; i++)
            buf_text(&json, "ệ");
        buf_char(&json, '"');
        check_with(good, key, json.at, true);
    }
    buf_clear(&json);
    buf_char(&json, '"');
    for (int64_t i = 0; i <= most; i++)
        buf_char(&json, 'a');
    buf_char(&json, '"');
    check_with(good, key, json.at, false);
    if (doc_int(doc_get(real, "minLength"), 0) > 0)
        check_with(good, key, "\"\"", false);
}

static void check_list(const struct doc *spec, const struct doc *good, const char *key,
                       const struct doc *real)
{
    AUTO(buf_free) struct buf one = buf_new(BODY_BYTES_MAX), many = buf_new(BODY_BYTES_MAX);
    int64_t most = doc_int(doc_get(real, "maxItems"), 0);
    put_good(spec, doc_get(real, "items"), &one);
    buf_char(&many, '[');
    for (int64_t i = 0; i < most; i++)
        buf_print(&many, "%s%s", i ? "," : "", one.at);
    buf_char(&many, ']');
    check_with(good, key, many.at, true);
    many.at[many.len - 1] = ',';
    buf_print(&many, "%s]", one.at);
    check_with(good, key, many.at, false);
    check_with(good, key, "[]", doc_int(doc_get(real, "minItems"), 0) == 0);
    check_with(good, key, "[{\"key\":\"a\"}]", false);
    check_with(good, key, "[7]", false);
}

static bool is_among(const struct doc *list, const char *word)
{
    for (size_t i = 0; i < doc_count(list); i++) {
        if (strcmp(doc_text(doc_at(list, i), ""), word) == 0)
            return true;
    }
    return false;
}

static void check_without(const struct doc *good, const char *left_out, bool fits)
{
    struct gsma_call call;
    AUTO(doc_free) struct doc *without = doc_object();
    for (const char *key = doc_next_key(good, NULL); key; key = doc_next_key(good, key)) {
        if (strcmp(key, left_out) != 0)
            doc_put_same(without, key, doc_get(good, key));
    }
    CHECK((read_kind(without, &call) != GSMA_CALL_WRONG) == fits);
}

static void check_member(const struct doc *spec, const struct doc *good, const char *key,
                         const struct doc *real)
{
    check_with(good, key, "7", false);
    check_with(good, key, "null", false);
    check_with(good, key, "{\"a\":[]}", false);
    check_words(good, key, doc_get(real, "enum"));
    check_lengths(good, key, real);
    if (strcmp(doc_text(doc_get(real, "type"), ""), "array") == 0)
        check_list(spec, good, key, real);
}

static void check_schema(const char *name, enum gsma_call_kind kind)
{
    AUTO(doc_free) struct doc *spec = spec_read();
    const struct doc *schema = body_schema(spec, name);
    const struct doc *members = doc_get(schema, "properties"),
                     *needed = doc_get(schema, "required");
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    struct gsma_call call;
    put_object(spec, schema, &text);
    AUTO(doc_free) struct doc *good = parse(text.at);
    CHECK_INT(read_kind(good, &call), kind);
    CHECK_TEXT(call.reference, kind == GSMA_CALL_TRANSACTION ? REF : "");
    CHECK(doc_count(members) >= 5 && doc_count(needed) >= 2);
    for (const char *key = doc_next_key(members, NULL); key; key = doc_next_key(members, key)) {
        ROW(key);
        check_without(good, key, !is_among(needed, key));
        check_member(spec, good, key, resolve(spec, doc_get(members, key)));
    }
}

static void test_each_thing_that_the_schema_says(void **state)
{
    (void)state;
    check_schema("updateTransaction", GSMA_CALL_TRANSACTION);
    check_schema("updateError", GSMA_CALL_ERROR);
}

#define CALL                                                                                       \
    "{\"amount\":\"1\",\"currency\":\"VND\",\"type\":\"disbursement\",\"transactionReference\":"   \
    "\"R\",\"transactionStatus\":\"completed\",\"creditParty\":[{\"key\":\"msisdn\",\"value\":"    \
    "\"+84900000001\"}],\"debitParty\":[{\"key\":\"accountid\",\"value\":\"f\"}]"

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *key, *json;
        bool fits;
    } rows[] = {
        {"amount", "\"0\"", true},
        {"amount", "\"999999999999999999\"", true},
        {"amount", "\"1000000000000000000\"", false},
        {"amount", "\"1.5\"", true},
        {"amount", "\"1.1235\"", true},
        {"amount", "\"1.12345\"", false},
        {"amount", "\"1.50\"", false},
        {"amount", "\"1.\"", false},
        {"amount", "\"01\"", false},
        {"amount", "\"-1\"", false},
        {"amount", "\"\"", false},
        {"amount", "\"1500000 \"", false},
        {"creationDate", "\"2024-09-07T06:00:00Z\"", true},
        {"creationDate", "\"2024-09-07T06:00:00.5+07:00\"", true},
        {"creationDate", "\"2024-09-07T06:00:00\"", false},
        {"creationDate", "\"2024-09-07\"", false},
        {"creationDate", "\"2024-09-07T06:00:00.Z\"", false},
        {"creationDate", "\"2024-09-07T06:00:00Z \"", false},
        {"geoCode", "\"37.423825,-122.082900\"", true},
        {"geoCode", "\"90,180\"", true},
        {"geoCode", "\"0,05\"", true},
        {"geoCode", "\"90.1,0\"", false},
        {"geoCode", "\"05,0\"", false},
        {"geoCode", "\"0,181\"", false},
        {"geoCode", "\"1.1234567,0\"", false},
        {"geoCode", "\"1\"", false},
        {"geoCode", "\"1,2,3\"", false},
        {"colour", "\"red\"", true},
    };
    AUTO(doc_free) struct doc *good = parse(CALL "}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].json);
        check_with(good, rows[i].key, rows[i].json, rows[i].fits);
    }
}

static void test_what_is_no_callback(void **state)
{
    (void)state;
    static const struct {
        const char *body, *why; // NULL: it is one
    } rows[] = {
        {"", "no JSON object"},
        {"[]", "no JSON object"},
        {"{}", "\"amount\" is missing"},
        {CALL ",\"requestingOrganisationTransactionReference\":\"../../x\"}", "not ours"},
        {CALL ",\"requestingOrganisationTransactionReference\":"
              "\"0123456789012345678901234567890123\"}",
         "not ours"},
        {CALL ",\"requestingOrganisationTransactionReference\":7}", "cannot be that"},
        {CALL "}", NULL},
        {"{\"errorCategory\":\"internal\",\"errorCode\":\"genericError\"}", NULL},
        {"{\"errorCategory\":\"internal\",\"errorCode\":\"none\"}", "\"errorCode\" is missing"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].body);
        struct gsma_call call;
        gsma_read_call(str_of(rows[i].body), &call);
        CHECK((call.kind == GSMA_CALL_WRONG) == (rows[i].why != NULL));
        CHECK_HAS(call.why, rows[i].why ? rows[i].why : "");
        CHECK_TEXT(call.reference, "");
    }
}

TEST_MAIN(cmocka_unit_test(test_each_thing_that_the_schema_says), cmocka_unit_test(test_forms),
          cmocka_unit_test(test_what_is_no_callback))
