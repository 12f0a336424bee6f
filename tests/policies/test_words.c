// The JSON Schema, the annex, what changed, and one way of writing: all made from a policy.
#include "core/file.h"
#include "core/mem.h"
#include "core/yaml.h"
#include "policies/annex.h"
#include "policies/describe.h"
#include "policies/differ.h"
#include "policies/doubt.h"
#include "policies/format.h"
#include "policies/policy.h"
#include "policies/shape.h"
#include "policies/supply.h"
#include "tests/check.h"

#include <regex.h>
#include <stdlib.h>

enum { TEXT_MAX = 1 << 22 };

// --- a small validator: $ref, type, enum, pattern, anyOf, items, properties, required

static bool fits(const struct doc *root, const struct doc *schema, const struct yaml *value);

static bool is_number(struct str text, bool whole)
{
    char copy[64], *end;
    if (text.len == 0 || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = 0;
    (void)(whole ? (double)strtol(copy, &end, 10) : strtod(copy, &end));
    return *end == 0;
}

static bool fits_type(const char *type, const struct yaml *value)
{
    bool plain = value->kind == YAML_TEXT && !value->quoted;
    if (strcmp(type, "object") == 0)
        return value->kind == YAML_MAP;
    if (strcmp(type, "array") == 0)
        return value->kind == YAML_LIST;
    if (strcmp(type, "integer") == 0)
        return plain && is_number(value->text, true);
    if (strcmp(type, "number") == 0)
        return plain && is_number(value->text, false);
    return value->kind == YAML_TEXT;
}

static bool fits_pattern(const char *pattern, const struct yaml *value)
{
    regex_t compiled;
    CHECK_INT(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    AUTO(mem_drop) char *text = str_copy(value->text);
    bool fit = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return fit;
}

static bool fits_enum(const struct doc *list, const struct yaml *value)
{
    for (size_t i = 0; i < doc_count(list); i++) {
        if (value->kind == YAML_TEXT && str_is(value->text, doc_text(doc_at(list, i), "")))
            return true;
    }
    return false;
}

static bool fits_object(const struct doc *root, const struct doc *schema, const struct yaml *map)
{
    const struct doc *properties = doc_get(schema, "properties");
    const struct doc *needed = doc_get(schema, "required");
    for (size_t i = 0; i < map->count; i++) {
        AUTO(mem_drop) char *key = str_copy(map->key[i]->text);
        const struct doc *member = doc_get(properties, key);
        if (!member || !fits(root, member, map->item[i]))
            return false;
    }
    for (size_t i = 0; i < doc_count(needed); i++) {
        if (!yaml_get(map, doc_text(doc_at(needed, i), "")))
            return false;
    }
    return true;
}

static bool fits(const struct doc *root, const struct doc *schema, const struct yaml *value)
{
    const char *reference = doc_text(doc_get(schema, "$ref"), NULL);
    if (reference)
        return fits(root, doc_get(doc_get(root, "$defs"), reference + strlen("#/$defs/")), value);
    const struct doc *any = doc_get(schema, "anyOf"), *list = doc_get(schema, "enum");
    for (size_t i = 0; i < doc_count(any); i++) {
        if (fits(root, doc_at(any, i), value))
            return true;
    }
    if (any)
        return false;
    if (list)
        return fits_enum(list, value);
    const char *type = doc_text(doc_get(schema, "type"), "");
    const char *pattern = doc_text(doc_get(schema, "pattern"), NULL);
    CHECK(*type);
    if (!fits_type(type, value) || (pattern && !fits_pattern(pattern, value)))
        return false;
    for (size_t i = 0; value->kind == YAML_LIST && i < value->count; i++) {
        if (!fits(root, doc_get(schema, "items"), value->item[i]))
            return false;
    }
    return value->kind != YAML_MAP || fits_object(root, schema, value);
}

static bool schema_takes(const struct doc *schema, struct str text)
{
    struct err err = {0};
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    CHECK_OK(yaml_parse(text, "policy.yaml", &file, &err), err);
    return fits(schema, schema, yaml_root(file));
}

static bool loader_takes(struct str text)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    return policy_parse(text, "policy.yaml", &policy, &err) == OK;
}

static void test_schema_file(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(doc_free) struct doc *schema = shape_schema();
    AUTO(buf_free) struct buf made = buf_new(TEXT_MAX);
    AUTO(buf_free) struct buf there = buf_new(TEXT_MAX);
    doc_pretty(schema, &made);
    buf_char(&made, '\n');
    CHECK_OK(file_read("policies/policy.schema.json", &there, &err), err);
    ROW("gong policy schema >policies/policy.schema.json writes it");
    CHECK_TEXT(there.at, made.at);
}

// `text` with `line` put in before the first line that begins with `before`.
static void put_line(struct str text, const char *before, const char *line, struct buf *out)
{
    const char *at = strstr(text.at, before);
    CHECK(at != NULL);
    buf_str(out, (struct str){text.at, (size_t)(at - text.at)});
    buf_text(out, line);
    buf_text(out, at);
}

// Every key of every map of a policy: renamed, and both refuse it.
static size_t rename_keys(const struct doc *schema, struct str text, const struct yaml *node)
{
    size_t tried = 0;
    for (size_t i = 0; i < node->count; i++) {
        tried += rename_keys(schema, text, node->item[i]);
        if (node->kind != YAML_MAP)
            continue;
        const struct yaml *key = node->key[i];
        struct str rest = text, line = {0};
        for (unsigned l = 0; l < key->line; l++)
            CHECK(str_take_line(&rest, &line));
        // The column counts characters; keys before Vietnamese text on one line are left out.
        const char *at = line.at + key->column - 1;
        if (memcmp(at, key->text.at, key->text.len) != 0)
            continue;
        AUTO(buf_free) struct buf changed = buf_new(TEXT_MAX);
        buf_str(&changed, (struct str){text.at, (size_t)(at - text.at)});
        buf_text(&changed, "zz");
        buf_text(&changed, at);
        ROW(at);
        CHECK(!schema_takes(schema, buf_slice(&changed)));
        CHECK(!loader_takes(buf_slice(&changed)));
        tried++;
    }
    return tried;
}

static size_t check_folder(const char *folder, const struct doc *schema, size_t *renamed)
{
    struct err err = {0};
    size_t count = 0;
    AUTO(file_names_free) char **names = NULL;
    CHECK_OK(file_names(folder, &names, &err), err);
    for (char **name = names; *name; name++) {
        if (!str_ends(str_of(*name), ".yaml"))
            continue;
        AUTO(mem_drop) char *path = file_join(folder, *name);
        AUTO(buf_free) struct buf text = buf_new(TEXT_MAX), again = buf_new(TEXT_MAX);
        AUTO(yaml_file_free) struct yaml_file *file = NULL;
        ROW(*name);
        CHECK_OK(file_read(path, &text, &err), err);
        CHECK(schema_takes(schema, buf_slice(&text)));
        CHECK(loader_takes(buf_slice(&text)));
        CHECK_OK(policy_format(buf_slice(&text), path, &again, &err), err);
        CHECK_TEXT(again.at, text.at);
        CHECK_OK(yaml_parse(buf_slice(&text), path, &file, &err), err);
        *renamed += rename_keys(schema, buf_slice(&text), yaml_root(file));
        count++;
    }
    return count;
}

// The schema takes what the loader takes, and neither takes a key that the other does not know.
static void test_schema(void **state)
{
    (void)state;
    AUTO(doc_free) struct doc *schema = shape_schema();
    size_t renamed = 0;
    size_t count = check_folder("policies", schema, &renamed);
    count += check_folder("policies/products", schema, &renamed);
    print_message("# %zu policies, %zu keys renamed\n", count, renamed);
    CHECK(count >= 25);
    CHECK(renamed > 1000);
}

static const char drought[] =
    "# Above all.\n"
    "gong: 1\n"
    "id: drought\n"
    "version: 3\n"
    "kind: insurance\n"
    "title: {vi: Hạn, en: Drought <dry>}\n"
    "effective: {from: 2024-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: {zones: [former-dak-nong]}\n"
    "source: demo-daily\n"
    "variable: rain\n"
    "period: {from: 01-15, to: 04-15, day: local00}\n"
    "index: {take: total}\n"
    "rounding: 0.1 mm\n"
    "minimum_coverage: any\n"
    "settle_after: 7 days\n"
    "payout: {form: linear_deficit, strike: 100.05 mm, exit: 40 mm, rounding: 1000 VND}\n"
    "settlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune}\"}\n"
    "cases:\n"
    "  fire: [{name: dry | half, step: period, values: [40], sum_insured: 3000000 VND, pays: "
    "3000000 "
    "VND}]\n"
    "  not_fire: [{name: wet, step: period, values: [101]}]\n";

// A number that the loader does not read is marked while it is typed, too.
static void test_schema_numbers(void **state)
{
    (void)state;
    AUTO(doc_free) struct doc *schema = shape_schema();
    static const struct {
        const char *from, *to;
        bool takes;
    } rows[] = {
        {"strike: 100.05 mm", "strike: 100.05 mm", true},
        {"strike: 100.05 mm", "strike: 0.5 cm", true},
        {"strike: 100.05 mm", "strike: 010 mm", false},
        {"strike: 100.05 mm", "strike: 1 500 mm", false},
        {"strike: 100.05 mm", "strike: 100 mm 5", false},
        {"strike: 100.05 mm", "strike: 100 mm*3", false},
        {"strike: 100.05 mm", "strike: 100 mm @ 5", false},
        {"strike: 100.05 mm", "strike: 100 lg(re 1 mm)", false},
        {"settle_after: 7 days", "settle_after: 7", false},
        {"settle_after: 7 days", "settle_after: 1 7 days", false},
        {"settle_after: 7 days", "settle_after: 168 h", true},
        {"rounding: 1000 VND", "rounding: 01000 VND", false},
        {"rounding: 1000 VND", "rounding: 1 000 VND", false},
        {"minimum_coverage: any", "minimum_coverage: 85", false},
        {"minimum_coverage: any", "minimum_coverage: 085 %", false},
        {"minimum_coverage: any", "minimum_coverage: 85.5 %", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].to);
        AUTO(buf_free) struct buf text = buf_new(TEXT_MAX);
        const char *at = strstr(drought, rows[i].from);
        CHECK(at != NULL);
        buf_str(&text, (struct str){drought, (size_t)(at - drought)});
        buf_text(&text, rows[i].to);
        buf_text(&text, at + strlen(rows[i].from));
        CHECK_INT(schema_takes(schema, buf_slice(&text)), rows[i].takes);
        if (!rows[i].takes)
            CHECK(!loader_takes(buf_slice(&text)));
    }
}

static struct policy *load(const char *text)
{
    struct err err = {0};
    struct policy *policy = NULL;
    CHECK_OK(policy_parse(str_of(text), "drought.yaml", &policy, &err), err);
    return policy;
}

static void test_format(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf made = buf_new(TEXT_MAX);
    static const char mixed[] =
        "kind: alert  \r\n\n\n\n# Its name.\nid: a\ngong: 1\n# At the end.\n\n";
    static const char wanted[] = "gong: 1\n\n# Its name.\nid: a\nkind: alert\n# At the end.\n";
    CHECK_OK(policy_format(str_of(mixed), "m.yaml", &made, &err), err);
    CHECK_TEXT(made.at, wanted);
    static const struct {
        const char *name, *text, *words;
    } rows[] = {
        {"no map", "- a\n", "m.yaml:1:1: a policy is wanted"},
        {"no YAML", "a: [\n", "m.yaml:2:1: "},
        {"all on one line", "{id: a, gong: 1}\n", NULL},
        {"a text whose empty lines count", "id: |\n  a\n\n\n  b\n", "cannot be written otherwise"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        buf_clear(&made);
        enum err_kind kind = policy_format(str_of(rows[i].text), "m.yaml", &made, &err);
        CHECK_INT(kind, rows[i].words ? ERR_INPUT : OK);
        if (rows[i].words)
            CHECK_HAS(err.text, rows[i].words);
    }
}

static void test_differ(void **state)
{
    (void)state;
    AUTO(policy_free) struct policy *old = load(drought);
    AUTO(policy_free) struct policy *new = load(drought);
    AUTO(buf_free) struct buf words = buf_new(TEXT_MAX);
    CHECK_INT(policy_differ(old, new, LANGUAGE_EN, &words), 0);
    CHECK_HAS(words.at, "nothing changed");
    buf_clear(&words);
    new->payout.strike_milli = 90000;
    new->version = 4;
    CHECK_INT(policy_differ(old, new, LANGUAGE_EN, &words), 4);
    CHECK_HAS(words.at, "drought v3 → drought v4, for former-dak-nong (pilots)\n");
    CHECK_HAS(words.at, "\n- payout: in proportion to the deficit; strike 100.05 mm;");
    CHECK_HAS(words.at, "\n+ payout: in proportion to the deficit; strike 90 mm;");
    buf_clear(&words);
    CHECK_INT(policy_differ(old, new, LANGUAGE_VI, &words), 4);
    CHECK_HAS(words.at, "\n+ chi trả: thiếu hụt, theo tỷ lệ; bắt đầu từ 90 mm;");
    // A case that changed is said with what it is made of.
    buf_clear(&words);
    new->payout.strike_milli = old->payout.strike_milli;
    new->cases.at[0].pays_vnd -= 1000;
    CHECK_INT(policy_differ(old, new, LANGUAGE_EN, &words), 4);
    CHECK_HAS(words.at, "\n- case of yes: dry | half: ");
    CHECK_HAS(words.at, "\n+ case of yes: dry | half: ");
    CHECK_HAS(words.at, "; observed 100 %; insured 3,000,000 VND, pays 2,999,000 VND\n");
    new->cases.at[0].pays_vnd += 1000;
    new->cases.at[0].series[0].milli[0] = CASE_MISSING;
    buf_clear(&words);
    CHECK_INT(policy_differ(old, new, LANGUAGE_VI, &words), 4);
    CHECK_HAS(words.at, "[thiếu");
    new->payout.strike_milli = 90000;
    // An area that shrank says who is out.
    char north[] = "former-bac-kan", *both[] = {new->area.name[0], north};
    const struct area one = old->area;
    old->area = (struct area){.kind = AREA_ZONES, .name = both, .count = 2};
    buf_clear(&words);
    CHECK(policy_differ(old, new, LANGUAGE_EN, &words) > 4);
    CHECK_HAS(words.at, "drought v4, for so far former-dak-nong, former-bac-kan (pilots), now "
                        "former-dak-nong (pilots)\n");
    old->area = one;
}

static void check_text_differs(const struct policy *old, const struct policy *new,
                               struct texts *texts)
{
    for (int i = 0; i < LANGUAGES; i++) {
        char *kept = texts->at[i], other[] = "said otherwise now";
        texts->at[i] = other;
        for (int asked = 0; asked < LANGUAGES; asked++) {
            AUTO(buf_free) struct buf words = buf_new(TEXT_MAX);
            CHECK_INT(policy_differ(old, new, (enum language)asked, &words), 2);
            CHECK_HAS(words.at, "said otherwise now\n");
        }
        texts->at[i] = kept;
    }
}

// Who reads in one language signs the texts of all: each is compared, whichever is asked for.
static void test_differ_texts(void **state)
{
    (void)state;
    static const char *const files[] = {"policies/dak-nong-coffee-drought.yaml",
                                        "policies/bac-kan-heavy-rain.yaml",
                                        "policies/products/dak-nong-heavy-rain.yaml"};
    size_t cancels = 0, actions = 0;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        ROW(files[i]);
        struct err err = {0};
        AUTO(policy_free) struct policy *old = NULL;
        AUTO(policy_free) struct policy *new = NULL;
        CHECK_OK(policy_load(files[i], &old, &err), err);
        CHECK_OK(policy_load(files[i], &new, &err), err);
        check_text_differs(old, new, &new->title);
        check_text_differs(old, new, &new->message);
        if (new->has_cancel)
            check_text_differs(old, new, &new->cancel);
        if (new->actions.there)
            check_text_differs(old, new, &new->actions.texts);
        cancels += new->has_cancel;
        actions += new->actions.there;
        for (size_t k = 0; k < new->parts; k++) {
            actions += new->part[k].actions.there;
            if (new->part[k].actions.there)
                check_text_differs(old, new, &new->part[k].actions.texts);
        }
    }
    CHECK(cancels > 0 && actions > 1);
}

static void test_annex(void **state)
{
    (void)state;
    AUTO(policy_free) struct policy *policy = load(drought);
    char title[] = "Title", licence[] = "CC0";
    struct supply supply = {.name = "demo-daily", .title = title, .licence = licence};
    const struct supplies supplies = {&supply, 1};
    static const struct {
        const char *name;
        enum language language;
        bool html;
        const char *has[12];
    } rows[] = {
        {"Markdown, English",
         LANGUAGE_EN,
         false,
         {"# Annex to the contract: Drought \\<dry>\n", "\n## Terms\n",
          "| dry \\| half | yes | 3,000,000 | 3,000,000 | ",
          "times the sum insured; one rounding, never over the legal cap",
          "decision bears its SHA-256", "a day is from 00:00 to 24:00",
          "total (rain, source demo-daily)",
          "\n## Sources of data\n\n- demo-daily: Title; licence: CC0\n",
          "\n## General rules\n\n- Sum insured,",
          "what is then not known is \"not known\": nothing is paid", "pays = sum insured × ("}},
        {"Markdown, Vietnamese",
         LANGUAGE_VI,
         false,
         {"# Phụ lục hợp đồng: Hạn\n", "\n## Điều khoản\n", "| có | 3.000.000 | 3.000.000 |",
          "làm tròn một lần", "mã SHA-256", "một ngày là từ 0 giờ đến 24 giờ",
          "tổng (lượng mưa, nguồn demo-daily)",
          "\n## Nguồn số liệu\n\n- demo-daily: Title; giấy phép: CC0\n",
          "\n## Quy định chung\n\n- Số tiền", "vẫn thiếu thì kết quả là \"chưa biết\"",
          "| Chi trả (đồng) | Số liệu của ví dụ |"}},
        {"HTML, English",
         LANGUAGE_EN,
         true,
         {"<html lang=\"en\">", "<h1>Annex to the contract: Drought &lt;dry&gt;</h1>",
          "<td>dry | half</td><td>yes</td>", "<li>payout: in proportion", "</html>"}},
        {"HTML, Vietnamese",
         LANGUAGE_VI,
         true,
         {"<html lang=\"vi\">", "<h2>Ví dụ</h2>", "<td>không</td>", "<li>chi trả: thiếu hụt",
          "</table>"}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf made = buf_new(TEXT_MAX);
        policy_annex(policy, rows[i].language, rows[i].html, &supplies, (struct str){0}, &made);
        CHECK_HAS(made.at, hash_hex(policy->hash).at);
        for (size_t k = 0; k < COUNT_OF(rows[i].has) && rows[i].has[k]; k++)
            CHECK_HAS(made.at, rows[i].has[k]);
    }
}

// Of conditions of which one is enough the message has the number of the policy's own.
static void test_doubted_reason(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to, *says; // says NULL: no doubt
    } rows[] = {
        {"the same elsewhere", "", "", NULL},
        {"another index", "source: gsmap-nrt, trigger",
         "source: gsmap-nrt, index: {take: maximum_sum, over: 6 h, within: 24 h}, trigger",
         "the message says {index} of the policy's own condition, and people may be warned because "
         "of \"gsmap\""},
        {"another threshold, which the message does not say",
         "gsmap-nrt, trigger: {index: \">=\", threshold: 100",
         "gsmap-nrt, trigger: {index: \">=\", threshold: 90", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf text = buf_new(1 << 20), made = buf_new(1 << 20);
        AUTO(buf_free) struct buf words = buf_new(10000);
        CHECK_OK(file_read("policies/products/dak-nong-flash-flood.yaml", &text, &err), err);
        const char *at = strstr(text.at, rows[i].from);
        CHECK(at != NULL);
        buf_add(&made, text.at, (size_t)(at - text.at));
        buf_print(&made, "%s%s", rows[i].to, at + strlen(rows[i].from));
        CHECK_OK(policy_parse(buf_slice(&made), "p.yaml", &policy, &err), err);
        buf_text(&words, "");
        (void)policy_doubts(policy, &words);
        CHECK_INT(strstr(words.at, "of the policy's own condition") != NULL, rows[i].says != NULL);
        if (rows[i].says)
            CHECK_HAS(words.at, rows[i].says);
    }
}

// The drought policy in two phases, of which the second pays 20 % at most.
static struct policy *in_phases(void)
{
    AUTO(buf_free) struct buf text = buf_new(TEXT_MAX), phased = buf_new(TEXT_MAX);
    put_line(str_of(drought), "settlement:",
             "phases:\n  - {name: a, from: 01-15, to: 02-10, weight: 50 %, payout: {form: "
             "linear_deficit, strike: 50 mm, exit: 20 mm}}\n  - {name: b, from: 02-15, to: 04-15, "
             "weight: 40 %, limit: 20 %, payout: {form: tiers, tiers: [{below: 50 mm, "
             "pay: 30 %}]}}\n",
             &text);
    const char *form = strstr(text.at, "payout: {form: linear_deficit, strike: 100.05");
    CHECK(form != NULL);
    buf_str(&phased, (struct str){text.at, (size_t)(form - text.at)});
    buf_text(&phased, "payout: {form: phases, rounding: 1000 VND}");
    buf_text(&phased, strchr(form, '\n'));
    return load(phased.at);
}

// A share of a phase is one of the sum insured only after the weight, and the limit comes last: who
// reckons after the words line by line comes to what is paid.
static void test_phases(void **state)
{
    (void)state;
    AUTO(policy_free) struct policy *phases = in_phases();
    AUTO(buf_free) struct buf vi = buf_new(TEXT_MAX), en = buf_new(TEXT_MAX);
    policy_describe(phases, LANGUAGE_VI, &vi);
    policy_describe(phases, LANGUAGE_EN, &en);
    CHECK_HAS(en.at, "pays = sum insured × (50 mm − index) / 30 mm\n"
                     "    then times the weight of this phase: 50 %\n");
    CHECK_HAS(en.at, "under 50 mm → 30 %; of those that are reached only the one that pays most\n"
                     "    then times the weight of this phase: 40 %; this phase pays at most 20 % "
                     "of the sum insured\n");
    CHECK_HAS(vi.at, "chi trả = số tiền bảo hiểm × (50 mm − chỉ số) / 30 mm\n"
                     "    rồi nhân với trọng số của giai đoạn: 50 %\n");
    CHECK_HAS(vi.at, "rồi nhân với trọng số của giai đoạn: 40 %; giai đoạn này trả nhiều nhất 20 % "
                     "số tiền bảo hiểm\n");
}

static void test_doubts(void **state)
{
    (void)state;
    AUTO(policy_free) struct policy *policy = load(drought);
    AUTO(buf_free) struct buf words = buf_new(TEXT_MAX);
    CHECK_INT(policy_doubts(policy, &words), 2);
    CHECK_HAS(words.at, "doubt: the threshold is no multiple of the rounding");
    CHECK_HAS(words.at, "doubt: minimum_coverage: any");
    AUTO(policy_free) struct policy *phases = in_phases();
    buf_clear(&words);
    CHECK_INT(policy_doubts(phases, &words), 3);
    CHECK_HAS(words.at, "doubt: 4 days between a and b belong to no phase");
    CHECK_HAS(words.at, "doubt: the weights of the phases are 90.0 %");
}

TEST_MAIN(cmocka_unit_test(test_schema_file), cmocka_unit_test(test_schema),
          cmocka_unit_test(test_format), cmocka_unit_test(test_differ),
          cmocka_unit_test(test_differ_texts), cmocka_unit_test(test_schema_numbers),
          cmocka_unit_test(test_annex), cmocka_unit_test(test_doubts),
          cmocka_unit_test(test_phases), cmocka_unit_test(test_doubted_reason))
