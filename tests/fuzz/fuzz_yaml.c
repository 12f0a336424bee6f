#include "core/mem.h"
#include "core/yaml.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

// Every node stands somewhere in the text, and a map's keys are unique.
static void check(const struct yaml *node)
{
    assert(node->line >= 1 && node->column >= 1);
    for (size_t i = 0; i < node->count; i++) {
        check(node->item[i]);
        for (size_t j = 0; node->kind == YAML_MAP && j < i; j++)
            assert(!str_same(node->key[i]->text, node->key[j]->text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct err err = {0};
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    struct str text = {(const char *)bytes, len};
    if (yaml_parse(text, "f.yaml", &file, &err) == OK)
        check(yaml_root(file));
    else
        assert(!file && str_starts(str_of(err.text), "f.yaml:"));
    return 0;
}
