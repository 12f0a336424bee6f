#include "policies/shape_table.h"

#include "core/mem.h"
#include "core/num.h"
#include "core/yaml.h"
#include "policies/policy.h"
#include "policies/water_rule.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

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

const struct member shape_members[SHAPES][SHAPE_MEMBERS_MAX] = {
    [SHAPE_POLICY] = {{"gong", VALUE_WHOLE, .needed = true},
                      {"id", VALUE_ID, .needed = true},
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
                     {.key = "dry_below", .value = VALUE_UNITS},
                     {.key = "dry_up_to", .value = VALUE_UNITS},
                     {"missing", VALUE_CHOICE, .names = missings},
                     {.key = "follow", .value = VALUE_UNITS},
                     {.key = "day", .value = VALUE_OPERATOR},
                     {.key = "at", .value = VALUE_UNITS},
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
                          {.key = "ratio", .value = VALUE_DEGREES},
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
    [SHAPE_RUN] = {{"at", VALUE_UNITS, .needed = true},
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
                    {.key = "values", .value = VALUE_VALUES},
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
                    {.key = "values", .value = VALUE_VALUES},
                    {"members", VALUE_MAPS, .shape = SHAPE_MEMBERS},
                    {"communes", VALUE_MAPS, .shape = SHAPE_MEMBERS}},
    [SHAPE_MEMBERS] = {{"count", VALUE_WHOLE, .needed = true},
                       {.key = "values", .value = VALUE_VALUES},
                       {"communes", VALUE_MAPS, .shape = SHAPE_MEMBERS}},
};

static bool shape_has(enum shape shape, struct str key)
{
    for (size_t i = 0; i < SHAPE_MEMBERS_MAX && shape_members[shape][i].value != VALUE_END; i++) {
        if (str_is(key, shape_members[shape][i].key))
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
    for (size_t i = 0; i < SHAPE_MEMBERS_MAX && shape_members[shape][i].value != VALUE_END; i++) {
        const struct member *member = &shape_members[shape][i];
        bool holds = member->value == VALUE_MAP || member->value == VALUE_MAPS;
        if (holds && shape_has(member->shape, key->text))
            return yaml_refuse(key, err, "\"" STR_FMT "\" belongs into %s; write it there",
                               STR_ARG(key->text), member->key);
    }
    return OK;
}

enum err_kind shape_check(const struct yaml *map, enum shape shape, struct err *err)
{
    const char *keys[SHAPE_MEMBERS_MAX + 1] = {NULL};
    for (size_t i = 0; i < SHAPE_MEMBERS_MAX && shape_members[shape][i].value != VALUE_END; i++)
        keys[i] = shape_members[shape][i].key;
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
    for (size_t i = 0; i < SHAPE_MEMBERS_MAX && shape_members[shape][i].value != VALUE_END; i++) {
        if (check_member_shares(at, shape, &shape_members[shape][i], err))
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
    for (size_t i = 0; i < SHAPE_MEMBERS_MAX && shape_members[SHAPE_POLICY][i].value != VALUE_END;
         i++) {
        if (str_is(key, shape_members[SHAPE_POLICY][i].key))
            return i;
    }
    return SIZE_MAX;
}
