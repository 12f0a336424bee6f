#include "policies/shape.h"

#include "core/mem.h"
#include "core/num.h"
#include "core/yaml.h"
#include "policies/policy.h"
#include "policies/water_rule.h"

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
    VALUE_QUANTITY, // "150 mm", "8 Bft", "none", "any", "period"; or a bare number (SPI)
    VALUE_UNITS,    // the same with its unit always: "72 h", "none"
    VALUE_SHARE,    // "90 %"
    VALUE_MONEY,    // "1000 VND"
    VALUE_DATE,     // 2024-01-31
    VALUE_DAY,      // 01-31
    VALUE_MAP,      // of `shape`
    VALUE_MAPS,     // a list of them
    VALUE_SCALARS,  // a list of single values
    VALUE_AREA,     // "all" or a map
    VALUE_DEGREES,  // a bare number
    VALUE_ZONES,    // a list of keys, or of maps
    VALUE_TITLE,    // a text, or one in each language
    VALUE_NAMED,    // the name of a preset or a list of maps
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
static const char *const confirmations[] = {"none", "official", NULL};
static const char *const settlements[] = {"settle_once", "true_up", NULL};
static const char *const circle_pays[] = {"highest", "sum", NULL};
static const char *const each_periods[] = {"month", "day", "run", NULL};
static const char *const missings[] = {"break", "dry", "counts", "unknown", NULL};
static const char *const scales[] = {"beaufort", NULL};
static const char *const answers[] = {"no", "yes", NULL};
static const char *const restorings[] = {"none", "automatic", NULL};
static const char *const sayings[] = {"on", "off", "neither", NULL};

enum { MEMBERS_MAX = 48 };
static const struct member members[SHAPES][MEMBERS_MAX] = {
    [SHAPE_POLICY] = {{"gong", VALUE_WHOLE, .needed = true},
                      {"id", VALUE_TEXT, .needed = true},
                      {"version", VALUE_WHOLE, .needed = true},
                      {"kind", VALUE_CHOICE, true, .names = policy_kinds},
                      {"title", VALUE_MAP, true, SHAPE_TEXTS, NULL},
                      {"effective", VALUE_MAP, true, SHAPE_DATES, NULL},
                      {"boundary_set", VALUE_TEXT, .needed = true},
                      {"area", VALUE_AREA, true, SHAPE_AREA, NULL},
                      {"source", VALUE_TEXT, .needed = true},
                      {.key = "station", .value = VALUE_TEXT},
                      {"watch", VALUE_CHOICE, .names = watches},
                      {"variable", VALUE_CHOICE, true, .names = variable_names},
                      {"substitutes", VALUE_MAPS, .shape = SHAPE_SUBSTITUTE},
                      {.key = "missing_at_most", .value = VALUE_SHARE},
                      {"period", VALUE_MAP, .shape = SHAPE_PERIOD},
                      {"index", VALUE_MAP, true, SHAPE_INDEX, NULL},
                      {"rounding", VALUE_QUANTITY, .needed = true},
                      {"minimum_coverage", VALUE_UNITS, .needed = true},
                      {"trigger", VALUE_MAP, .shape = SHAPE_TRIGGER},
                      {"ensemble", VALUE_MAP, .shape = SHAPE_ENSEMBLE},
                      {"clear", VALUE_MAP, .shape = SHAPE_CLEAR},
                      {"any_of", VALUE_MAPS, .shape = SHAPE_CONDITION},
                      {"all_of", VALUE_MAPS, .shape = SHAPE_CONDITION},
                      {.key = "at_least", .value = VALUE_WHOLE},
                      {"of", VALUE_MAPS, .shape = SHAPE_CONDITION},
                      {"stages", VALUE_MAPS, .shape = SHAPE_STAGE},
                      {.key = "level", .value = VALUE_WHOLE},
                      {.key = "persistence", .value = VALUE_WHOLE},
                      {.key = "persistence_off", .value = VALUE_WHOLE},
                      {.key = "cool_down", .value = VALUE_UNITS},
                      {.key = "next_update", .value = VALUE_UNITS},
                      {.key = "settle_after", .value = VALUE_UNITS},
                      {"phases", VALUE_MAPS, .shape = SHAPE_PHASE},
                      {"circles", VALUE_MAPS, .shape = SHAPE_CIRCLE},
                      {"circles_pay", VALUE_CHOICE, .names = circle_pays},
                      {"also", VALUE_MAP, .shape = SHAPE_ALSO},
                      {"payout", VALUE_MAP, .shape = SHAPE_PAYOUT},
                      {"limits", VALUE_MAP, .shape = SHAPE_LIMITS},
                      {"legal_caps", VALUE_NAMED, .shape = SHAPE_CAP},
                      {"settlement", VALUE_CHOICE, .names = settlements},
                      {.key = "owner", .value = VALUE_TEXT},
                      {"confirmation", VALUE_CHOICE, .names = confirmations},
                      {.key = "answer_disputes_within", .value = VALUE_UNITS},
                      {"actions", VALUE_MAP, .shape = SHAPE_ACTIONS},
                      {"message", VALUE_MAP, true, SHAPE_TEXTS, NULL},
                      {"cancel", VALUE_MAP, .shape = SHAPE_TEXTS},
                      {"cases", VALUE_MAP, true, SHAPE_CASES, NULL}},
    [SHAPE_DATES] = {{"from", VALUE_DATE, .needed = true}, {"to", VALUE_DATE, .needed = true}},
    [SHAPE_AREA] = {{"zones", VALUE_ZONES, .shape = SHAPE_ZONE},
                    {.key = "communes", .value = VALUE_SCALARS},
                    {.key = "former_provinces", .value = VALUE_SCALARS}},
    [SHAPE_ZONE] = {{"zone", VALUE_TEXT, .needed = true},
                    {"vi", VALUE_TEXT, .needed = true},
                    {"en", VALUE_TEXT, .needed = true}},
    [SHAPE_PERIOD] = {{.key = "from", .value = VALUE_DAY},
                      {.key = "to", .value = VALUE_DAY},
                      {"each", VALUE_CHOICE, .names = each_periods},
                      {.key = "last", .value = VALUE_UNITS},
                      {"day", VALUE_CHOICE, true, .names = day_boundaries}},
    [SHAPE_INDEX] = {{"take", VALUE_CHOICE, true, .names = index_takes},
                     {.key = "within", .value = VALUE_UNITS},
                     {.key = "over", .value = VALUE_UNITS},
                     {.key = "daily_cap", .value = VALUE_UNITS},
                     {.key = "daily_floor", .value = VALUE_UNITS},
                     {.key = "dekad_cap", .value = VALUE_UNITS},
                     {.key = "dry_below", .value = VALUE_QUANTITY},
                     {.key = "dry_up_to", .value = VALUE_QUANTITY},
                     {"missing", VALUE_CHOICE, .names = missings},
                     {.key = "follow", .value = VALUE_QUANTITY},
                     {.key = "day", .value = VALUE_OPERATOR},
                     {.key = "at", .value = VALUE_QUANTITY},
                     {"each_day", VALUE_CHOICE, .names = each_days},
                     {.key = "base", .value = VALUE_UNITS},
                     {.key = "limit", .value = VALUE_UNITS},
                     {.key = "keep", .value = VALUE_SHARE},
                     {.key = "rain_from", .value = VALUE_UNITS},
                     {.key = "rain_above", .value = VALUE_UNITS},
                     {.key = "share", .value = VALUE_SHARE},
                     {.key = "method", .value = VALUE_WHOLE},
                     {.key = "years", .value = VALUE_SCALARS},
                     {.key = "pet", .value = VALUE_TEXT}, // one value of spei, a list of wrsi
                     {.key = "holds", .value = VALUE_UNITS},
                     {.key = "holds_at_start", .value = VALUE_UNITS},
                     {.key = "easy", .value = VALUE_SHARE},
                     {"kc", VALUE_SCALARS, .names = water_crops},
                     {.key = "wet_from", .value = VALUE_UNITS},
                     {"as", VALUE_CHOICE, .names = scales},
                     {.key = "radius", .value = VALUE_UNITS},
                     {"of", VALUE_MAP, .shape = SHAPE_SHARE},
                     {.key = "unknown_at_most", .value = VALUE_SHARE},
                     {"box", VALUE_MAP, .shape = SHAPE_BOX},
                     {"start", VALUE_MAP, .shape = SHAPE_START}},
    [SHAPE_START] = {{.key = "above", .value = VALUE_QUANTITY},
                     {.key = "first_dekad", .value = VALUE_UNITS},
                     {.key = "next_two", .value = VALUE_UNITS},
                     {"latest", VALUE_WHOLE, .needed = true},
                     {"for", VALUE_UNITS, .needed = true},
                     {"otherwise", VALUE_CHOICE, true, .names = no_starts},
                     {.key = "pays", .value = VALUE_SHARE}},
    [SHAPE_BOX] = {{"west", VALUE_DEGREES, .needed = true},
                   {"east", VALUE_DEGREES, .needed = true},
                   {"south", VALUE_DEGREES, .needed = true},
                   {"north", VALUE_DEGREES, .needed = true}},
    [SHAPE_SHARE] = {{"index", VALUE_MAP, true, SHAPE_INDEX, NULL},
                     {"rounding", VALUE_QUANTITY, .needed = true},
                     {"trigger", VALUE_MAP, true, SHAPE_TRIGGER, NULL}},
    [SHAPE_TRIGGER] = {{"index", VALUE_OPERATOR, .needed = true},
                       {"threshold", VALUE_QUANTITY, .needed = true},
                       {.key = "preset", .value = VALUE_TEXT}},
    [SHAPE_CLEAR] = {{.key = "index", .value = VALUE_OPERATOR},
                     {.key = "probability", .value = VALUE_OPERATOR},
                     {"threshold", VALUE_QUANTITY, .needed = true}},
    [SHAPE_ENSEMBLE] = {{"members", VALUE_WHOLE, .needed = true},
                        {"minimum", VALUE_WHOLE, .needed = true},
                        {.key = "probability", .value = VALUE_OPERATOR},
                        {.key = "threshold", .value = VALUE_SHARE},
                        {.key = "quantile", .value = VALUE_SHARE},
                        {"models", VALUE_MAPS, .shape = SHAPE_MODEL},
                        {"how", VALUE_CHOICE, .names = models_hows},
                        {.key = "agree", .value = VALUE_WHOLE},
                        {.key = "weight", .value = VALUE_SHARE}},
    [SHAPE_MODEL] = {{"source", VALUE_TEXT, .needed = true},
                     {"members", VALUE_WHOLE, .needed = true},
                     {"minimum", VALUE_WHOLE, .needed = true},
                     {.key = "weight", .value = VALUE_SHARE}},
    [SHAPE_CONDITION] = {{"name", VALUE_TEXT, .needed = true},
                         {"title", VALUE_MAP, .shape = SHAPE_TEXTS},
                         {.key = "source", .value = VALUE_TEXT},
                         {.key = "station", .value = VALUE_TEXT},
                         {"variable", VALUE_CHOICE, .names = variable_names},
                         {"index", VALUE_MAP, .shape = SHAPE_INDEX},
                         {.key = "rounding", .value = VALUE_QUANTITY},
                         {.key = "minimum_coverage", .value = VALUE_UNITS},
                         {"trigger", VALUE_MAP, true, SHAPE_TRIGGER, NULL}},
    [SHAPE_STAGE] = {{"name", VALUE_TEXT, .needed = true},
                     {"title", VALUE_MAP, .shape = SHAPE_TEXTS},
                     {"level", VALUE_WHOLE, .needed = true},
                     {"watch", VALUE_CHOICE, true, .names = watches},
                     {.key = "lead", .value = VALUE_UNITS},
                     {.key = "cut_off", .value = VALUE_UNITS},
                     {.key = "source", .value = VALUE_TEXT},
                     {.key = "station", .value = VALUE_TEXT},
                     {"variable", VALUE_CHOICE, .names = variable_names},
                     {"index", VALUE_MAP, .shape = SHAPE_INDEX},
                     {.key = "rounding", .value = VALUE_QUANTITY},
                     {.key = "minimum_coverage", .value = VALUE_UNITS},
                     {"trigger", VALUE_MAP, true, SHAPE_TRIGGER, NULL},
                     {.key = "probability", .value = VALUE_OPERATOR},
                     {.key = "threshold", .value = VALUE_SHARE},
                     {"stop", VALUE_MAP, .shape = SHAPE_CLEAR},
                     {"actions", VALUE_MAP, .shape = SHAPE_ACTIONS},
                     {"message", VALUE_MAP, .shape = SHAPE_TEXTS}},
    [SHAPE_ACTIONS] = {{"step", VALUE_CHOICE, true, .names = action_steps},
                       {"vi", VALUE_TEXT, .needed = true},
                       {"en", VALUE_TEXT, .needed = true}},
    [SHAPE_PHASE] = {{"name", VALUE_TEXT, .needed = true},
                     {"title", VALUE_MAP, .shape = SHAPE_TEXTS},
                     {"from", VALUE_DAY, .needed = true},
                     {"to", VALUE_DAY, .needed = true},
                     {"weight", VALUE_SHARE, .needed = true},
                     {.key = "limit", .value = VALUE_SHARE},
                     {.key = "source", .value = VALUE_TEXT},
                     {.key = "station", .value = VALUE_TEXT},
                     {"variable", VALUE_CHOICE, .names = variable_names},
                     {"index", VALUE_MAP, .shape = SHAPE_INDEX},
                     {.key = "rounding", .value = VALUE_QUANTITY},
                     {.key = "minimum_coverage", .value = VALUE_UNITS},
                     {"payout", VALUE_MAP, true, SHAPE_PAYOUT, NULL}},
    [SHAPE_CIRCLE] = {{"name", VALUE_TEXT, .needed = true},
                      {"title", VALUE_MAP, .shape = SHAPE_TEXTS},
                      {"radius", VALUE_UNITS, .needed = true},
                      {"payout", VALUE_MAP, true, SHAPE_PAYOUT, NULL}},
    [SHAPE_ALSO] = {{"name", VALUE_TEXT, .needed = true},
                    {"title", VALUE_MAP, .shape = SHAPE_TEXTS},
                    {.key = "source", .value = VALUE_TEXT},
                    {.key = "station", .value = VALUE_TEXT},
                    {"variable", VALUE_CHOICE, .names = variable_names},
                    {"index", VALUE_MAP, .shape = SHAPE_INDEX},
                    {.key = "rounding", .value = VALUE_QUANTITY},
                    {.key = "minimum_coverage", .value = VALUE_UNITS}},
    [SHAPE_PAYOUT] = {{"form", VALUE_CHOICE, true, .names = payout_forms},
                      {.key = "strike", .value = VALUE_QUANTITY},
                      {.key = "exit", .value = VALUE_QUANTITY},
                      {.key = "floor", .value = VALUE_SHARE},
                      {"tiers", VALUE_MAPS, .shape = SHAPE_TIER},
                      {"additive", VALUE_CHOICE, .names = answers},
                      {.key = "tick", .value = VALUE_MONEY},
                      {.key = "per", .value = VALUE_QUANTITY},
                      {.key = "limit", .value = VALUE_MONEY},
                      {.key = "average", .value = VALUE_QUANTITY},
                      {.key = "covered", .value = VALUE_SHARE},
                      {.key = "trigger", .value = VALUE_QUANTITY},
                      {.key = "insured", .value = VALUE_SHARE},
                      {.key = "attach", .value = VALUE_QUANTITY},
                      {.key = "exhaust", .value = VALUE_QUANTITY},
                      {.key = "ceded", .value = VALUE_SHARE},
                      {.key = "deductible", .value = VALUE_SHARE},
                      {.key = "franchise", .value = VALUE_SHARE},
                      {.key = "minimum", .value = VALUE_SHARE},
                      {.key = "maximum", .value = VALUE_SHARE},
                      {.key = "rounding", .value = VALUE_MONEY}},
    [SHAPE_TIER] = {{.key = "below", .value = VALUE_QUANTITY},
                    {.key = "up_to", .value = VALUE_QUANTITY},
                    {.key = "above", .value = VALUE_QUANTITY},
                    {.key = "from", .value = VALUE_QUANTITY},
                    {.key = "also_below", .value = VALUE_QUANTITY},
                    {.key = "also_up_to", .value = VALUE_QUANTITY},
                    {.key = "also_above", .value = VALUE_QUANTITY},
                    {.key = "also_from", .value = VALUE_QUANTITY},
                    {"pay", VALUE_SHARE, .needed = true}},
    [SHAPE_LIMITS] = {{"waiting", VALUE_UNITS, .needed = true},
                      {"hours", VALUE_UNITS, .needed = true},
                      {"event", VALUE_SHARE, .needed = true},
                      {"period", VALUE_SHARE, .needed = true},
                      {"events", VALUE_WHOLE, .needed = true},
                      {"reinstatement", VALUE_CHOICE, true, .names = restorings},
                      {.key = "extra_premium", .value = VALUE_SHARE}},
    [SHAPE_CAP] = {{"from", VALUE_DATE, .needed = true},
                   {"to", VALUE_DATE, .needed = true},
                   {"most", VALUE_MONEY, .needed = true}},
    [SHAPE_SUBSTITUTE] = {{.key = "source", .value = VALUE_TEXT},
                          {.key = "ratio", .value = VALUE_QUANTITY},
                          {.key = "neighbours", .value = VALUE_WHOLE},
                          {.key = "within", .value = VALUE_UNITS},
                          {.key = "climatology", .value = VALUE_SCALARS}},
    [SHAPE_TEXTS] = {{"vi", VALUE_TEXT, .needed = true}, {"en", VALUE_TEXT, .needed = true}},
    [SHAPE_CASES] = {{"fire", VALUE_MAPS, true, SHAPE_CASE, NULL},
                     {"not_fire", VALUE_MAPS, true, SHAPE_CASE, NULL},
                     {"not_known", VALUE_MAPS, .shape = SHAPE_CASE},
                     {"over_time", VALUE_MAPS, .shape = SHAPE_COURSE},
                     {"calendar", VALUE_MAPS, .shape = SHAPE_DATED}},
    [SHAPE_COURSE] = {{"name", VALUE_TITLE, .needed = true},
                      {"runs", VALUE_MAPS, true, SHAPE_RUN, NULL}},
    [SHAPE_RUN] = {{"at", VALUE_QUANTITY, .needed = true},
                   {.key = "like", .value = VALUE_TEXT},
                   {"cleared", VALUE_CHOICE, .names = answers},
                   {"level", VALUE_WHOLE, .needed = true},
                   {"told", VALUE_CHOICE, .names = answers}},
    [SHAPE_DATED] = {{"name", VALUE_TITLE, .needed = true},
                     {.key = "day", .value = VALUE_DATE},
                     {"in_force", VALUE_CHOICE, .names = answers},
                     {.key = "period", .value = VALUE_TEXT},
                     {.key = "first", .value = VALUE_DATE},
                     {.key = "last", .value = VALUE_DATE},
                     {.key = "decided_by", .value = VALUE_TEXT},
                     {.key = "issued", .value = VALUE_TEXT},
                     {.key = "next", .value = VALUE_TEXT},
                     {.key = "from", .value = VALUE_TEXT},
                     {.key = "to", .value = VALUE_TEXT}},
    [SHAPE_CASE] = {{"name", VALUE_TITLE, .needed = true},
                    {.key = "step", .value = VALUE_UNITS},
                    {.key = "series", .value = VALUE_TEXT},
                    {.key = "sha256", .value = VALUE_TEXT},
                    {.key = "place", .value = VALUE_TEXT},
                    {.key = "period", .value = VALUE_TEXT},
                    {.key = "values", .value = VALUE_SCALARS},
                    {"members", VALUE_MAPS, .shape = SHAPE_MEMBERS},
                    {"communes", VALUE_MAPS, .shape = SHAPE_MEMBERS},
                    {"more", VALUE_MAPS, .shape = SHAPE_MORE},
                    {.key = "coverage", .value = VALUE_SHARE},
                    {.key = "level", .value = VALUE_WHOLE},
                    {.key = "index", .value = VALUE_QUANTITY},
                    {.key = "probability", .value = VALUE_SHARE},
                    {"tells", VALUE_CHOICE, .names = action_steps},
                    {"says", VALUE_CHOICE, .names = sayings},
                    {.key = "sum_insured", .value = VALUE_MONEY},
                    {.key = "pays", .value = VALUE_MONEY},
                    {.key = "paid_before", .value = VALUE_MONEY}},
    [SHAPE_MORE] = {{"of", VALUE_TEXT, .needed = true},
                    {"step", VALUE_UNITS, .needed = true},
                    {.key = "values", .value = VALUE_SCALARS},
                    {"members", VALUE_MAPS, .shape = SHAPE_MEMBERS},
                    {"communes", VALUE_MAPS, .shape = SHAPE_MEMBERS}},
    [SHAPE_MEMBERS] = {{"count", VALUE_WHOLE, .needed = true},
                       {.key = "values", .value = VALUE_SCALARS},
                       {"communes", VALUE_MAPS, .shape = SHAPE_MEMBERS}},
};

static bool shape_has(enum shape shape, struct str key)
{
    for (size_t i = 0; i < MEMBERS_MAX && members[shape][i].value != VALUE_END; i++) {
        if (str_is(key, members[shape][i].key))
            return true;
    }
    return false;
}

// A key that is none here, and is one a level above or below: who writes it too deep or not deep
// enough knows its name well.
static enum err_kind refuse_level(const struct yaml *key, enum shape shape, struct err *err)
{
    if (shape_has(shape, key->text))
        return OK;
    if (shape != SHAPE_POLICY && shape_has(SHAPE_POLICY, key->text))
        return yaml_refuse(key, err,
                           "\"" STR_FMT "\" is of the policy itself; write it at the beginning of "
                           "a line of its own",
                           STR_ARG(key->text));
    for (size_t i = 0; i < MEMBERS_MAX && members[shape][i].value != VALUE_END; i++) {
        const struct member *member = &members[shape][i];
        bool holds = member->value == VALUE_MAP || member->value == VALUE_MAPS;
        if (holds && shape_has(member->shape, key->text))
            return yaml_refuse(key, err, "\"" STR_FMT "\" belongs into %s; write it there",
                               STR_ARG(key->text), member->key);
    }
    return OK;
}

enum err_kind shape_check(const struct yaml *map, enum shape shape, struct err *err)
{
    const char *keys[MEMBERS_MAX + 1] = {NULL};
    for (size_t i = 0; i < MEMBERS_MAX && members[shape][i].value != VALUE_END; i++)
        keys[i] = members[shape][i].key;
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
        if (refuse_level(map->key[i], shape, err))
            return err->kind;
    }
    return yaml_check_keys(map, keys, err);
}

static enum err_kind check_shares(const struct yaml *at, enum shape shape, struct err *err);

static enum err_kind check_share(const struct yaml *value, const char *key, struct err *err)
{
    struct err why = {0};
    if (value->kind == YAML_TEXT && str_ends(value->text, " %") && num_tenths(value->text, &why))
        return yaml_refuse(value, err, "%s: %s", key, why.text);
    return OK;
}

// A member of a map: a share, or what may have some. Off by a probability has a share too.
static enum err_kind check_member_shares(const struct yaml *map, enum shape shape,
                                         const struct member *member, struct err *err)
{
    const struct yaml *value = yaml_get(map, member->key);
    bool holds = member->value == VALUE_MAP || member->value == VALUE_MAPS;
    bool off = shape == SHAPE_CLEAR && strcmp(member->key, "threshold") == 0 &&
               yaml_get(map, "probability");
    if (!value)
        return OK;
    if (member->value == VALUE_SHARE || member->value == VALUE_UNITS || off)
        return check_share(value, member->key, err);
    if (!holds)
        return OK;
    for (size_t i = 0; value->kind == YAML_LIST && i < value->count; i++) {
        if (check_shares(value->item[i], member->shape, err))
            return err_of(err);
    }
    return value->kind == YAML_MAP ? check_shares(value, member->shape, err) : OK;
}

static enum err_kind check_shares(const struct yaml *at, enum shape shape, struct err *err)
{
    for (size_t i = 0; i < MEMBERS_MAX && members[shape][i].value != VALUE_END; i++) {
        if (check_member_shares(at, shape, &members[shape][i], err))
            return err_of(err);
    }
    return OK;
}

enum err_kind shape_check_shares(const struct yaml *root, struct err *err)
{
    return check_shares(root, SHAPE_POLICY, err);
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
    [SHAPE_POLICY] = "policy",    [SHAPE_DATES] = "dates",
    [SHAPE_AREA] = "area",        [SHAPE_ZONE] = "zone",
    [SHAPE_PERIOD] = "period",    [SHAPE_INDEX] = "index",
    [SHAPE_START] = "start",      [SHAPE_BOX] = "box",
    [SHAPE_SHARE] = "share",      [SHAPE_TRIGGER] = "trigger",
    [SHAPE_CLEAR] = "clear",      [SHAPE_ENSEMBLE] = "ensemble",
    [SHAPE_MODEL] = "model",      [SHAPE_CONDITION] = "condition",
    [SHAPE_STAGE] = "stage",      [SHAPE_ACTIONS] = "actions",
    [SHAPE_PHASE] = "phase",      [SHAPE_CIRCLE] = "circle",
    [SHAPE_ALSO] = "also",        [SHAPE_PAYOUT] = "payout",
    [SHAPE_TIER] = "tier",        [SHAPE_LIMITS] = "limits",
    [SHAPE_CAP] = "cap",          [SHAPE_SUBSTITUTE] = "substitute",
    [SHAPE_TEXTS] = "texts",      [SHAPE_CASES] = "cases",
    [SHAPE_CASE] = "case",        [SHAPE_MORE] = "more",
    [SHAPE_COURSE] = "over_time", [SHAPE_RUN] = "run",
    [SHAPE_DATED] = "calendar",   [SHAPE_MEMBERS] = "members",
};

// As num_milli and num_quantity read them: no zeros in front, and a unit is one or two words.
#define WHOLE "(0|[1-9][0-9]*)"
#define DECIMALS "(\\.[0-9]{1,3})?"
#define NUMBER "-?" WHOLE DECIMALS
#define UNIT " (%|[A-Za-z_°µμ]+(/[A-Za-z]+| [A-Za-z]+(\\*\\*)?-1| days)?)"

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
        return either(pattern("^(" NUMBER "(" UNIT ")?|none|any|period)$"), typed("number"));
    case VALUE_UNITS:
        return pattern("^(" NUMBER UNIT "|none|any|period)$");
    case VALUE_SHARE:
        return pattern("^" WHOLE DECIMALS " %$");
    case VALUE_MONEY:
        return pattern("^" WHOLE " VND$");
    case VALUE_DATE:
        return pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
    case VALUE_DAY:
        return pattern("^[0-9]{2}-[0-9]{2}$");
    case VALUE_MAP:
        return reference(member->shape);
    case VALUE_MAPS:
        return list_of(reference(member->shape));
    case VALUE_SCALARS:
        return member->names ? either(choice(member->names), list_of(scalar())) : list_of(scalar());
    case VALUE_AREA:
        return either(choice((const char *const[]){"all", NULL}), reference(member->shape));
    case VALUE_DEGREES:
        return typed("number");
    case VALUE_ZONES:
        return list_of(either(scalar(), reference(member->shape)));
    case VALUE_TITLE:
        return either(typed("string"), reference(SHAPE_TEXTS));
    case VALUE_NAMED:
        return either(typed("string"), list_of(reference(member->shape)));
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
