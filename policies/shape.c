#include "policies/shape.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/policy.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

// What stands for a key. Whether a value is right is for its reader; the schema helps while typing.
enum value {
    VALUE_END,
    VALUE_TEXT,
    VALUE_WHOLE,
    VALUE_CHOICE,   // one of `names`
    VALUE_OPERATOR, // ">=" ...
    VALUE_QUANTITY, // "150 mm", "72 h", "none", "any", "period"; or a bare number (SPI)
    VALUE_SHARE,    // "90 %"
    VALUE_MONEY,    // "1000 VND"
    VALUE_DATE,     // 2024-01-31
    VALUE_DAY,      // 01-31
    VALUE_MAP,      // of `shape`
    VALUE_MAPS,     // a list of them
    VALUE_SCALARS,  // a list of single values
    VALUE_AREA,     // "all" or a map
};

struct member {
    const char *key;
    enum value value;
    bool needed;
    enum shape shape;
    const char *const *names;
};

static const char *const variable_names[] = {
    "rain",      "wind", "gust",           "temperature", "stage", "yield",
    "mortality", "loss", "storm_distance", "storm_wind",  NULL};
static const char *const watches[] = {"forecast", "observation", NULL};
static const char *const settlements[] = {"settle_once", "true_up", NULL};
static const char *const circle_pays[] = {"highest", "sum", NULL};
static const char *const each_periods[] = {"month", "day", NULL};
static const char *const missings[] = {"break", "dry", "counts", "unknown", NULL};
static const char *const scales[] = {"beaufort", NULL};
static const char *const answers[] = {"no", "yes", NULL};
static const char *const restorings[] = {"none", "automatic", NULL};
static const char *const sayings[] = {"on", "off", "neither", NULL};

enum { MEMBERS_MAX = 48 };
static const struct member members[SHAPES][MEMBERS_MAX] = {
    [SHAPE_POLICY] = {{"gong", VALUE_WHOLE, true},
                      {"id", VALUE_TEXT, true},
                      {"version", VALUE_WHOLE, true},
                      {"kind", VALUE_CHOICE, true, .names = policy_kinds},
                      {"title", VALUE_MAP, true, SHAPE_TEXTS},
                      {"effective", VALUE_MAP, true, SHAPE_DATES},
                      {"boundary_set", VALUE_TEXT, true},
                      {"area", VALUE_AREA, true, SHAPE_AREA},
                      {"source", VALUE_TEXT, true},
                      {"watch", VALUE_CHOICE, .names = watches},
                      {"variable", VALUE_CHOICE, true, .names = variable_names},
                      {"period", VALUE_MAP, .shape = SHAPE_PERIOD},
                      {"index", VALUE_MAP, true, SHAPE_INDEX},
                      {"rounding", VALUE_QUANTITY, true},
                      {"minimum_coverage", VALUE_QUANTITY, true},
                      {"trigger", VALUE_MAP, .shape = SHAPE_TRIGGER},
                      {"ensemble", VALUE_MAP, .shape = SHAPE_ENSEMBLE},
                      {"clear", VALUE_MAP, .shape = SHAPE_CLEAR},
                      {"any_of", VALUE_MAPS, .shape = SHAPE_CONDITION},
                      {"all_of", VALUE_MAPS, .shape = SHAPE_CONDITION},
                      {"at_least", VALUE_WHOLE},
                      {"of", VALUE_MAPS, .shape = SHAPE_CONDITION},
                      {"stages", VALUE_MAPS, .shape = SHAPE_STAGE},
                      {"level", VALUE_WHOLE},
                      {"persistence", VALUE_WHOLE},
                      {"persistence_off", VALUE_WHOLE},
                      {"cool_down", VALUE_QUANTITY},
                      {"next_update", VALUE_QUANTITY},
                      {"settle_after", VALUE_QUANTITY},
                      {"phases", VALUE_MAPS, .shape = SHAPE_PHASE},
                      {"circles", VALUE_MAPS, .shape = SHAPE_CIRCLE},
                      {"circles_pay", VALUE_CHOICE, .names = circle_pays},
                      {"also", VALUE_MAP, .shape = SHAPE_ALSO},
                      {"payout", VALUE_MAP, .shape = SHAPE_PAYOUT},
                      {"limits", VALUE_MAP, .shape = SHAPE_LIMITS},
                      {"legal_caps", VALUE_MAPS, .shape = SHAPE_CAP},
                      {"settlement", VALUE_CHOICE, .names = settlements},
                      {"message", VALUE_MAP, true, SHAPE_TEXTS},
                      {"cancel", VALUE_MAP, .shape = SHAPE_TEXTS},
                      {"cases", VALUE_MAP, true, SHAPE_CASES}},
    [SHAPE_DATES] = {{"from", VALUE_DATE, true}, {"to", VALUE_DATE, true}},
    [SHAPE_AREA] = {{"zones", VALUE_SCALARS}, {"communes", VALUE_SCALARS}},
    [SHAPE_PERIOD] = {{"from", VALUE_DAY},
                      {"to", VALUE_DAY},
                      {"each", VALUE_CHOICE, .names = each_periods},
                      {"day", VALUE_CHOICE, true, .names = day_boundaries}},
    [SHAPE_INDEX] = {{"take", VALUE_CHOICE, true, .names = index_takes},
                     {"within", VALUE_QUANTITY},
                     {"over", VALUE_QUANTITY},
                     {"daily_cap", VALUE_QUANTITY},
                     {"daily_floor", VALUE_QUANTITY},
                     {"dekad_cap", VALUE_QUANTITY},
                     {"dry_below", VALUE_QUANTITY},
                     {"dry_up_to", VALUE_QUANTITY},
                     {"missing", VALUE_CHOICE, .names = missings},
                     {"day", VALUE_OPERATOR},
                     {"at", VALUE_QUANTITY},
                     {"each_day", VALUE_CHOICE, .names = each_days},
                     {"base", VALUE_QUANTITY},
                     {"limit", VALUE_QUANTITY},
                     {"keep", VALUE_SHARE},
                     {"rain_from", VALUE_QUANTITY},
                     {"rain_above", VALUE_QUANTITY},
                     {"share", VALUE_SHARE},
                     {"method", VALUE_WHOLE},
                     {"years", VALUE_SCALARS},
                     {"pet", VALUE_TEXT}, // one value of spei, a list of wrsi
                     {"holds", VALUE_QUANTITY},
                     {"holds_at_start", VALUE_QUANTITY},
                     {"easy", VALUE_SHARE},
                     {"kc", VALUE_SCALARS},
                     {"wet_from", VALUE_QUANTITY},
                     {"as", VALUE_CHOICE, .names = scales},
                     {"radius", VALUE_QUANTITY},
                     {"start", VALUE_MAP, .shape = SHAPE_START}},
    [SHAPE_START] = {{"above", VALUE_QUANTITY},
                     {"first_dekad", VALUE_QUANTITY},
                     {"next_two", VALUE_QUANTITY},
                     {"latest", VALUE_WHOLE, true},
                     {"for", VALUE_QUANTITY, true},
                     {"otherwise", VALUE_CHOICE, true, .names = no_starts},
                     {"pays", VALUE_SHARE}},
    [SHAPE_TRIGGER] = {{"index", VALUE_OPERATOR, true}, {"threshold", VALUE_QUANTITY, true}},
    [SHAPE_CLEAR] = {{"index", VALUE_OPERATOR},
                     {"probability", VALUE_OPERATOR},
                     {"threshold", VALUE_QUANTITY, true}},
    [SHAPE_ENSEMBLE] = {{"members", VALUE_WHOLE, true},
                        {"minimum", VALUE_WHOLE, true},
                        {"probability", VALUE_OPERATOR},
                        {"threshold", VALUE_SHARE},
                        {"quantile", VALUE_SHARE},
                        {"models", VALUE_MAPS, .shape = SHAPE_MODEL},
                        {"how", VALUE_CHOICE, .names = models_hows},
                        {"agree", VALUE_WHOLE},
                        {"weight", VALUE_SHARE}},
    [SHAPE_MODEL] = {{"source", VALUE_TEXT, true},
                     {"members", VALUE_WHOLE, true},
                     {"minimum", VALUE_WHOLE, true},
                     {"weight", VALUE_SHARE}},
    [SHAPE_CONDITION] = {{"name", VALUE_TEXT, true},
                         {"source", VALUE_TEXT},
                         {"variable", VALUE_CHOICE, .names = variable_names},
                         {"index", VALUE_MAP, .shape = SHAPE_INDEX},
                         {"rounding", VALUE_QUANTITY},
                         {"minimum_coverage", VALUE_QUANTITY},
                         {"trigger", VALUE_MAP, true, SHAPE_TRIGGER}},
    [SHAPE_STAGE] = {{"name", VALUE_TEXT, true},
                     {"level", VALUE_WHOLE, true},
                     {"watch", VALUE_CHOICE, true, .names = watches},
                     {"lead", VALUE_QUANTITY},
                     {"source", VALUE_TEXT},
                     {"variable", VALUE_CHOICE, .names = variable_names},
                     {"index", VALUE_MAP, .shape = SHAPE_INDEX},
                     {"rounding", VALUE_QUANTITY},
                     {"minimum_coverage", VALUE_QUANTITY},
                     {"trigger", VALUE_MAP, true, SHAPE_TRIGGER},
                     {"probability", VALUE_OPERATOR},
                     {"threshold", VALUE_SHARE},
                     {"stop", VALUE_MAP, .shape = SHAPE_CLEAR}},
    [SHAPE_PHASE] = {{"name", VALUE_TEXT, true},
                     {"from", VALUE_DAY, true},
                     {"to", VALUE_DAY, true},
                     {"weight", VALUE_SHARE, true},
                     {"limit", VALUE_SHARE},
                     {"source", VALUE_TEXT},
                     {"variable", VALUE_CHOICE, .names = variable_names},
                     {"index", VALUE_MAP, .shape = SHAPE_INDEX},
                     {"rounding", VALUE_QUANTITY},
                     {"minimum_coverage", VALUE_QUANTITY},
                     {"payout", VALUE_MAP, true, SHAPE_PAYOUT}},
    [SHAPE_CIRCLE] = {{"name", VALUE_TEXT, true},
                      {"radius", VALUE_QUANTITY, true},
                      {"payout", VALUE_MAP, true, SHAPE_PAYOUT}},
    [SHAPE_ALSO] = {{"name", VALUE_TEXT, true},
                    {"source", VALUE_TEXT},
                    {"variable", VALUE_CHOICE, .names = variable_names},
                    {"index", VALUE_MAP, .shape = SHAPE_INDEX},
                    {"rounding", VALUE_QUANTITY},
                    {"minimum_coverage", VALUE_QUANTITY}},
    [SHAPE_PAYOUT] = {{"form", VALUE_CHOICE, true, .names = payout_forms},
                      {"strike", VALUE_QUANTITY},
                      {"exit", VALUE_QUANTITY},
                      {"floor", VALUE_SHARE},
                      {"tiers", VALUE_MAPS, .shape = SHAPE_TIER},
                      {"additive", VALUE_CHOICE, .names = answers},
                      {"tick", VALUE_MONEY},
                      {"per", VALUE_QUANTITY},
                      {"limit", VALUE_MONEY},
                      {"average", VALUE_QUANTITY},
                      {"covered", VALUE_SHARE},
                      {"trigger", VALUE_QUANTITY},
                      {"insured", VALUE_SHARE},
                      {"attach", VALUE_QUANTITY},
                      {"exhaust", VALUE_QUANTITY},
                      {"ceded", VALUE_SHARE},
                      {"deductible", VALUE_SHARE},
                      {"franchise", VALUE_SHARE},
                      {"minimum", VALUE_SHARE},
                      {"maximum", VALUE_SHARE},
                      {"rounding", VALUE_MONEY}},
    [SHAPE_TIER] = {{"below", VALUE_QUANTITY},
                    {"up_to", VALUE_QUANTITY},
                    {"above", VALUE_QUANTITY},
                    {"from", VALUE_QUANTITY},
                    {"also_below", VALUE_QUANTITY},
                    {"also_up_to", VALUE_QUANTITY},
                    {"also_above", VALUE_QUANTITY},
                    {"also_from", VALUE_QUANTITY},
                    {"pay", VALUE_SHARE, true}},
    [SHAPE_LIMITS] = {{"waiting", VALUE_QUANTITY, true},
                      {"hours", VALUE_QUANTITY, true},
                      {"event", VALUE_SHARE, true},
                      {"period", VALUE_SHARE, true},
                      {"events", VALUE_WHOLE, true},
                      {"reinstatement", VALUE_CHOICE, true, .names = restorings},
                      {"extra_premium", VALUE_SHARE}},
    [SHAPE_CAP] = {{"from", VALUE_DATE, true},
                   {"to", VALUE_DATE, true},
                   {"most", VALUE_MONEY, true}},
    [SHAPE_TEXTS] = {{"vi", VALUE_TEXT, true}, {"en", VALUE_TEXT, true}},
    [SHAPE_CASES] = {{"fire", VALUE_MAPS, true, SHAPE_CASE},
                     {"not_fire", VALUE_MAPS, true, SHAPE_CASE},
                     {"not_known", VALUE_MAPS, .shape = SHAPE_CASE}},
    [SHAPE_CASE] = {{"name", VALUE_TEXT, true},
                    {"step", VALUE_QUANTITY, true},
                    {"values", VALUE_SCALARS},
                    {"members", VALUE_MAPS, .shape = SHAPE_MEMBERS},
                    {"more", VALUE_MAPS, .shape = SHAPE_MORE},
                    {"coverage", VALUE_SHARE},
                    {"level", VALUE_WHOLE},
                    {"says", VALUE_CHOICE, .names = sayings},
                    {"sum_insured", VALUE_MONEY},
                    {"pays", VALUE_MONEY}},
    [SHAPE_MORE] = {{"of", VALUE_TEXT, true},
                    {"step", VALUE_QUANTITY, true},
                    {"values", VALUE_SCALARS},
                    {"members", VALUE_MAPS, .shape = SHAPE_MEMBERS}},
    [SHAPE_MEMBERS] = {{"count", VALUE_WHOLE, true}, {"values", VALUE_SCALARS, true}},
};

enum err_kind shape_check(const struct yaml *map, enum shape shape, struct err *err)
{
    const char *keys[MEMBERS_MAX + 1] = {NULL};
    for (size_t i = 0; i < MEMBERS_MAX && members[shape][i].value != VALUE_END; i++)
        keys[i] = members[shape][i].key;
    return yaml_check_keys(map, keys, err);
}

size_t shape_order(struct str key)
{
    for (size_t i = 0; i < MEMBERS_MAX && members[SHAPE_POLICY][i].value != VALUE_END; i++) {
        if (str_is(key, members[SHAPE_POLICY][i].key))
            return i;
    }
    return SIZE_MAX;
}

// --- the schema

static const char *const shape_names[SHAPES] = {
    [SHAPE_POLICY] = "policy",   [SHAPE_DATES] = "dates",         [SHAPE_AREA] = "area",
    [SHAPE_PERIOD] = "period",   [SHAPE_INDEX] = "index",         [SHAPE_START] = "start",
    [SHAPE_TRIGGER] = "trigger", [SHAPE_CLEAR] = "clear",         [SHAPE_ENSEMBLE] = "ensemble",
    [SHAPE_MODEL] = "model",     [SHAPE_CONDITION] = "condition", [SHAPE_STAGE] = "stage",
    [SHAPE_PHASE] = "phase",     [SHAPE_CIRCLE] = "circle",       [SHAPE_ALSO] = "also",
    [SHAPE_PAYOUT] = "payout",   [SHAPE_TIER] = "tier",           [SHAPE_LIMITS] = "limits",
    [SHAPE_CAP] = "cap",         [SHAPE_TEXTS] = "texts",         [SHAPE_CASES] = "cases",
    [SHAPE_CASE] = "case",       [SHAPE_MORE] = "more",           [SHAPE_MEMBERS] = "members",
};

static struct doc *typed(const char *type)
{
    struct doc *made = doc_object();
    doc_put_text(made, "type", type);
    return made;
}

static struct doc *pattern(const char *text)
{
    struct doc *made = typed("string");
    doc_put_text(made, "pattern", text);
    return made;
}

static struct doc *choice(const char *const *names)
{
    struct doc *made = doc_object(), *list = doc_array();
    for (size_t i = 0; names[i]; i++)
        doc_push_text(list, names[i]);
    doc_put(made, "enum", list);
    return made;
}

static struct doc *reference(enum shape shape)
{
    AUTO(buf_free) struct buf path = buf_new(80);
    buf_print(&path, "#/$defs/%s", shape_names[shape]);
    struct doc *made = doc_object();
    doc_put_text(made, "$ref", path.at);
    return made;
}

static struct doc *list_of(struct doc *items)
{
    struct doc *made = typed("array");
    doc_put(made, "items", items);
    return made;
}

static struct doc *either(struct doc *a, struct doc *b)
{
    struct doc *made = doc_object(), *list = doc_array();
    doc_push(list, a);
    doc_push(list, b);
    doc_put(made, "anyOf", list);
    return made;
}

static struct doc *scalar(void)
{
    return either(typed("string"), typed("number"));
}

static struct doc *value_of(const struct member *member)
{
    static const char *const signs[] = {"<", "<=", ">", ">=", NULL};
    switch (member->value) {
    case VALUE_END:
        break;
    case VALUE_TEXT:
        return strcmp(member->key, "pet") == 0 ? either(typed("string"), list_of(scalar()))
                                               : typed("string");
    case VALUE_WHOLE:
        return typed("integer");
    case VALUE_CHOICE:
        return choice(member->names);
    case VALUE_OPERATOR:
        return choice(signs);
    case VALUE_QUANTITY:
        return either(pattern("^(-?[0-9]+(\\.[0-9]{1,3})?( .+)?|none|any|period)$"),
                      typed("number"));
    case VALUE_SHARE:
        return pattern("^[0-9]+(\\.[0-9]{1,3})? %$");
    case VALUE_MONEY:
        return pattern("^[0-9]+ VND$");
    case VALUE_DATE:
        return pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
    case VALUE_DAY:
        return pattern("^[0-9]{2}-[0-9]{2}$");
    case VALUE_MAP:
        return reference(member->shape);
    case VALUE_MAPS:
        return list_of(reference(member->shape));
    case VALUE_SCALARS:
        return list_of(scalar());
    case VALUE_AREA:
        return either(choice((const char *const[]){"all", NULL}), reference(member->shape));
    }
    assert(member->value != VALUE_END);
    return doc_object();
}

static struct doc *object_of(enum shape shape)
{
    struct doc *made = typed("object"), *properties = doc_object(), *needed = doc_array();
    for (size_t i = 0; i < MEMBERS_MAX && members[shape][i].value != VALUE_END; i++) {
        const struct member *member = &members[shape][i];
        doc_put(properties, member->key, value_of(member));
        if (member->needed)
            doc_push_text(needed, member->key);
    }
    doc_put(made, "properties", properties);
    doc_put(made, "required", needed);
    doc_put_bool(made, "additionalProperties", false);
    return made;
}

struct doc *shape_schema(void)
{
    struct doc *schema = reference(SHAPE_POLICY), *defs = doc_object();
    doc_put_text(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
    doc_put_text(schema, "title", "gong policy, language version 1");
    for (int i = 0; i < SHAPES; i++)
        doc_put(defs, shape_names[i], object_of((enum shape)i));
    doc_put(schema, "$defs", defs);
    return schema;
}
