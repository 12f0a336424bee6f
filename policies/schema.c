// The JSON Schema of policies, written from the table of shape.c and from what the readers of
// index and payout know of their keys.
#include "core/mem.h"
#include "policies/policy.h"
#include "policies/shape_table.h"

#include <assert.h>
#include <string.h>

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
#define MONTH_DAY "(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
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
    case VALUE_ID:
        return pattern("^[A-Za-z0-9-]{1,32}$");
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
        return pattern("^[0-9]{4}-" MONTH_DAY "$");
    case VALUE_DAY:
        return pattern("^" MONTH_DAY "$");
    case VALUE_MAP:
        return reference(member->shape);
    case VALUE_MAPS:
        return list_of(reference(member->shape));
    case VALUE_SCALARS:
        return member->names ? either(choice(member->names), list_of(scalar())) : list_of(scalar());
    case VALUE_VALUES:
        return list_of(either(pattern("^(" NUMBER "|missing)( x [1-9][0-9]*)?$"), typed("number")));
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

// --- what depends on another key

// {"if": {properties of `path` each within the one before: one of names}, "then": then}
static struct doc *when(const char *const *path, struct doc *is, struct doc *then)
{
    struct doc *rule = doc_object(), *outer = NULL, *inner = is;
    size_t depth = 0;
    while (path[depth])
        depth++;
    for (size_t i = depth; i > 0; i--) {
        struct doc *properties = doc_object(), *needed = doc_array();
        outer = doc_object();
        doc_put(properties, path[i - 1], inner);
        doc_push_text(needed, path[i - 1]);
        doc_put(outer, "properties", properties);
        doc_put(outer, "required", needed);
        inner = outer;
    }
    doc_put(rule, "if", outer);
    doc_put(rule, "then", then);
    return rule;
}

// Of each of `names` of the key `by`: the keys that do not go with it.
static struct doc *rules_of(enum shape shape, const char *by, const char *const *names,
                            bool (*goes)(size_t, const char *))
{
    struct doc *rules = doc_array();
    for (size_t n = 0; names[n]; n++) {
        struct doc *then = doc_object(), *without = doc_object();
        const char *const path[] = {by, NULL}, *const name[] = {names[n], NULL};
        for (size_t i = 0; shape_members[shape][i].value != VALUE_END; i++) {
            const char *key = shape_members[shape][i].key;
            if (!goes(n, key))
                doc_put_bool(without, key, false);
        }
        doc_put(then, "properties", without);
        doc_push(rules, when(path, choice(name), then));
    }
    return rules;
}

// What an alert and an insurance cannot be without.
static struct doc *needs_of(enum policy_kind kind)
{
    static const char *const needs[][4] = {
        [POLICY_ALERT] = {"watch", "persistence", "next_update", NULL},
        [POLICY_INSURANCE] = {"period", "payout", "settle_after", "settlement"},
    };
    const char *const path[] = {"kind", NULL}, *const name[] = {policy_kinds[kind], NULL};
    struct doc *then = doc_object(), *list = doc_array();
    for (size_t i = 0; i < COUNT_OF(needs[kind]) && needs[kind][i]; i++)
        doc_push_text(list, needs[kind][i]);
    doc_put(then, "required", list);
    return when(path, choice(name), then);
}

// A number by which the index is rounded or compared: of SPI and SPEI alone it has no unit.
static struct doc *number_of(bool bare)
{
    return bare ? either(pattern("^" NUMBER "$"), typed("number"))
                : pattern("^(" NUMBER UNIT "|none|any|period)$");
}

static struct doc *numbers_of(bool bare)
{
    static const char *const within[][3] = {{"trigger", "threshold", NULL},
                                            {"payout", "strike", "exit"}};
    struct doc *then = doc_object(), *properties = doc_object();
    doc_put(properties, "rounding", number_of(bare));
    for (size_t i = 0; i < COUNT_OF(within); i++) {
        struct doc *map = doc_object(), *members = doc_object();
        for (size_t k = 1; k < COUNT_OF(within[i]) && within[i][k]; k++)
            doc_put(members, within[i][k], number_of(bare));
        doc_put(map, "properties", members);
        doc_put(properties, within[i][0], map);
    }
    doc_put(then, "properties", properties);
    return then;
}

static struct doc *policy_rules(void)
{
    static const char *const path[] = {"index", "take", NULL};
    static const char *const bare[] = {"spi", "spei", NULL};
    struct doc *rules = rules_of(SHAPE_POLICY, "kind", policy_kinds, policy_kind_has);
    struct doc *other = doc_object();
    doc_put(other, "not", choice(bare));
    doc_push(rules, needs_of(POLICY_ALERT));
    doc_push(rules, needs_of(POLICY_INSURANCE));
    doc_push(rules, when(path, choice(bare), numbers_of(true)));
    doc_push(rules, when(path, other, numbers_of(false)));
    return rules;
}

static struct doc *rules(enum shape shape)
{
    if (shape == SHAPE_POLICY)
        return policy_rules();
    if (shape == SHAPE_INDEX)
        return rules_of(shape, "take", index_takes, index_take_has);
    return shape == SHAPE_PAYOUT ? rules_of(shape, "form", payout_forms, payout_form_has) : NULL;
}

static struct doc *object_of(enum shape shape)
{
    struct doc *made = typed("object"), *properties = doc_object(), *needed = doc_array();
    for (size_t i = 0; i < SHAPE_MEMBERS_MAX && shape_members[shape][i].value != VALUE_END; i++) {
        const struct member *member = &shape_members[shape][i];
        doc_put(properties, member->key, value_of(member));
        if (member->needed)
            doc_push_text(needed, member->key);
    }
    doc_put(made, "properties", properties);
    doc_put(made, "required", needed);
    doc_put_bool(made, "additionalProperties", false);
    struct doc *more = rules(shape);
    if (more)
        doc_put(made, "allOf", more);
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
