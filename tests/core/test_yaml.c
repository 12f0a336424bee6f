#include "core/yaml.h"

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
        {"a tab as indent", "a:\n\t- b\n", "t.yaml:2:1: "},
        {"bytes that are no UTF-8", "a: \xff\n", "t.yaml:"},
        {"a bracket left open", "a: [1, 2\n", "t.yaml:"},
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
          cmocka_unit_test(test_limits), cmocka_unit_test(test_reading_helpers))
