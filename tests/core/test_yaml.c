#include "core/yaml.h"
#include "core/yaml_why.h"

#include "tests/check.h"

static void test_tree(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    CHECK_OK(yaml_parse(STR("a: 1,5\nlist: [x, {y: \"z\"}]\n# note\nna\xcc\x86: đ\n"), "t.yaml",
                        &file, &err),
             err);
    const struct yaml *root = yaml_root(file);
    CHECK_INT(root->kind, YAML_MAP);
    CHECK_INT(root->count, 3);
    const struct yaml *a = yaml_get(root, "a");
    CHECK(a && str_is(a->text, "1,5") && !a->quoted);
    CHECK_INT(a->line, 1);
    CHECK_INT(a->column, 4);
    const struct yaml *list = yaml_get(root, "list");
    CHECK(list && list->kind == YAML_LIST && list->count == 2);
    const struct yaml *y = yaml_get(list->item[1], "y");
    CHECK(y && str_is(y->text, "z") && y->quoted);
    CHECK(yaml_get(root, "nă") != NULL); // keys are NFC
    CHECK(yaml_get(root, "b") == NULL && yaml_get(a, "b") == NULL);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *error;
    } rows[] = {
        {"an anchor", "a: &x 1\n", "t.yaml:1:4: anchors"},
        {"an alias", "a: 1\nb: *x\n", "t.yaml:2:4: "},
        {"a cycle", "&a [*a]\n", "t.yaml:1:1: anchors"},
        {"a merge key", "<<: {a: 1}\n", "t.yaml:1:1: merge keys"},
        {"a tag", "a: !!int 5\n", "t.yaml:1:4: tags"},
        {"a key twice", "a: 1\nb: 2\na: 3\n",
         "t.yaml:3:1: the key \"a\" stands twice (first in line 1)"},
        {"a key that is a list", "[a]: 1\n", "a key must be plain text"},
        {"two documents", "a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document"},
        {"nothing", "", "t.yaml:1:1: the file is empty"},
        {"a comment only", "# a\n", "the file is empty"},
        {"a tab as indent", "a:\n\t- b\n", "t.yaml:2:1: a tab stands here; indent with blanks"},
        {"bytes that are no UTF-8", "a: 1\nb: é\xff\n",
         "t.yaml:2:5: the byte 0xff is no UTF-8; save the file as UTF-8"},
        {"UTF-16", "\xff\xfe\x61", "t.yaml:1:1: this is UTF-16; save the file as UTF-8"},
        {"a character of control", "a: 1\r\nb: c\x07\n",
         "t.yaml:2:5: U+0007 is a control character; take it out"},
        {"a bracket left open", "a: [1, 2\nb: 3\n",
         "t.yaml:1:4: in what this [ begins a comma, a quotation mark or the closing ] is missing"},
        {"a brace left open", "a: {b: 1\nc: 3\n",
         "t.yaml:1:4: in what this { begins a comma, a quotation mark or the closing } is missing"},
        {"no comma", "a: {b: 1 c: 2}\n",
         "t.yaml:1:11: a comma or the closing } is missing before this; write one"},
        {"no comma in a list", "a: ['b' 'c']\n",
         "t.yaml:1:9: a comma or the closing ] is missing before this; write one"},
        {"no blank after a colon", "a: 1\nb:2\nc: 3\n",
         "t.yaml:2:1: no blank stands after the colon; write \"name: value\""},
        {"no colon", "a: 1\nmưa\nc: 3\n", "t.yaml:2:1: this line is no \"name: value\"; write a"},
        {"a wide colon", "a: 1\nb\uff1a 2\nc: 3\n", "t.yaml:2:1: the colon of this line is a wide"},
        {"a blank of a word processor", "a: 1\nb:\u00a02\nc: 3\n",
         "t.yaml:2:1: a blank of this line is not that of the space bar; write it again"},
        {"a second colon", "a: mưa: to\n", "t.yaml:1:7: a second colon in this line; put a text"},
        {"indented within a list", "a:\n  - b\n c: 1\n", "t.yaml:3:2: "},
        {"indented too far", "a:\n  b: 1\n   c: 2\n",
         "t.yaml:3:5: a key cannot begin here; indent"},
        {"indented too little", "a:\n  b: 1\n c: 2\n",
         "t.yaml:3:2: this line is indented otherwise than its neighbours"},
        {"an operator without quotes", "a: {b: >=, c: 1}\n",
         "t.yaml:1:8: no value begins with this character; put the text in quotes, as \">=\""},
        {"a quote left open", "a: 1\nb: \"c\nd: 2\n",
         "t.yaml:2:4: the quotation mark that begins here is not closed; close it"},
        {"a backslash", "a: \"b\\c\"\n", "t.yaml:1:6: in \"...\" a backslash is a sign of its own"},
        {"a list in the line of its key", "a: - b\n", "t.yaml:1:4: a list cannot begin here"},
        {"what nobody has words for", "%FOO\n", "look whether a quotation mark, a comma or"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct yaml_file *file = NULL;
        CHECK_INT(yaml_parse(str_of(rows[i].text), "t.yaml", &file, &err), ERR_INPUT);
        CHECK(file == NULL);
        CHECK_HAS(err.text, rows[i].error);
    }
}

// What the ledger keeps whole: composed, and nothing in it that people do not see.
static void test_composed(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *error; // NULL: it may be kept
    } rows[] = {
        {"composed", "a: mưa\n", NULL},
        {"with the mark that some editors begin with", "\ufeffa: mưa\n", NULL},
        {"marks by themselves", "a: 1\nb: mu\u031ba\n",
         "t.yaml:2:5: a letter and its marks are written one by one here; save the file as UTF-8"},
        {"in lines of Windows", "a: 1\r\n  b: mu\u031ba\r\n", "t.yaml:2:7: a letter and its marks"},
        {"behind the mark", "\ufeffa: u\u031b\n", "t.yaml:1:4: a letter and its marks"},
        {"a blank without width", "a: m\u200bưa\n",
         "t.yaml:1:5: U+200B is a character that nobody"},
        {"what turns the reading round", "a: 1 \u202e 2\n", "t.yaml:1:6: U+202E is a character"},
        {"the mark within", "a: \ufeff1\n", "t.yaml:1:4: U+FEFF is a character"},
        {"no UTF-8", "a: \xc3(\n", "t.yaml:1:4: the byte 0xc3 is no UTF-8"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        CHECK_INT(yaml_check_composed(str_of(rows[i].text), "t.yaml", &err),
                  rows[i].error ? ERR_INPUT : OK);
        CHECK_HAS(err.text, rows[i].error ? rows[i].error : "");
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct err err = {0};
    struct yaml_file *file = NULL;
    AUTO(buf_free) struct buf text = buf_new(4 << 20);
    for (int i = 0; i < 100000; i++)
        buf_char(&text, '[');
    CHECK_INT(yaml_parse(buf_slice(&text), "deep.yaml", &file, &err), ERR_INPUT);
    CHECK_HAS(err.text, "nested deeper than 32 levels");
    buf_clear(&text);
    for (int i = 0; i < 60000; i++)
        buf_text(&text, "- a\n");
    CHECK_INT(yaml_parse(buf_slice(&text), "long.yaml", &file, &err), ERR_INPUT);
    CHECK_HAS(err.text, "more than 50,000");
    buf_clear(&text);
    for (int i = 0; i <= 1000; i++)
        buf_print(&text, "k%d: 1\n", i);
    CHECK_INT(yaml_parse(buf_slice(&text), "wide.yaml", &file, &err), ERR_INPUT);
    CHECK_HAS(err.text, "wide.yaml:1001:1: more than 1000 keys in one map");
    buf_clear(&text);
    buf_text(&text, "a: ");
    for (int i = 0; i < 1 << 20; i++)
        buf_char(&text, 'x');
    CHECK_INT(yaml_parse(buf_slice(&text), "big.yaml", &file, &err), ERR_INPUT);
    CHECK_HAS(err.text, "larger than 1 MiB");
}

static void test_reading_helpers(void **state)
{
    (void)state;
    static const char *const keys[] = {"threshold", "index", NULL};
    static const char *const kinds[] = {"alert", "insurance", NULL};
    struct err err = {0};
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    CHECK_OK(
        yaml_parse(STR("treshold: 5\nkind: alarm\nindex: [1]\nempty: ''\n"), "p.yaml", &file, &err),
        err);
    const struct yaml *root = yaml_root(file), *node = NULL;
    CHECK_INT(yaml_check_keys(root, keys, &err), ERR_INPUT);
    CHECK_HAS(err.text, "p.yaml:1:1: unknown key \"treshold\"; did you mean \"threshold\"?");
    size_t choice = 9;
    CHECK_INT(yaml_choice(yaml_get(root, "kind"), kinds, &choice, &err), ERR_INPUT);
    CHECK_HAS(err.text, "p.yaml:2:7: \"alarm\" is not one of: alert, insurance");
    CHECK_INT(yaml_need(root, "id", YAML_TEXT, &node, &err), ERR_INPUT);
    CHECK_HAS(err.text, "p.yaml:1:1: \"id\" is missing here");
    CHECK_INT(yaml_need(root, "index", YAML_TEXT, &node, &err), ERR_INPUT);
    CHECK_HAS(err.text, "p.yaml:3:8: \"index\" must be a single value");
    struct str text;
    CHECK_INT(yaml_need_text(root, "empty", &text, &err), ERR_INPUT);
    CHECK_HAS(err.text, "\"empty\" is empty");
}

TEST_MAIN(cmocka_unit_test(test_tree), cmocka_unit_test(test_what_is_refused),
          cmocka_unit_test(test_composed), cmocka_unit_test(test_limits),
          cmocka_unit_test(test_reading_helpers))
