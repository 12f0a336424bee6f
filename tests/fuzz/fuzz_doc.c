#include "core/doc.h"
#include "core/mem.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

enum { TEXT_MAX = 8 << 20 };

// What is parsed and printed canonically parses again to the same bytes.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct err err = {0};
    AUTO(doc_free) struct doc *doc = NULL;
    AUTO(doc_free) struct doc *again = NULL;
    AUTO(buf_free) struct buf first = buf_new(TEXT_MAX);
    AUTO(buf_free) struct buf second = buf_new(TEXT_MAX);
    if (doc_parse((struct str){(const char *)bytes, len}, "f", &doc, &err)) {
        assert(!doc && str_starts(str_of(err.text), "f"));
        return 0;
    }
    doc_canonical(doc, &first);
    enum err_kind kind = doc_parse(buf_slice(&first), "again", &again, &err);
    assert(kind == OK);
    doc_canonical(again, &second);
    assert(str_same(buf_slice(&first), buf_slice(&second)));
    return 0;
}
