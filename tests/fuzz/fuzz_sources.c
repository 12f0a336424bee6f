#include "core/mem.h"
#include "ingest/points_wanted.h"
#include "ingest/source.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

// What is taken in goes through the decoder's command line unchanged; what is not, says where.
static void check(const struct source *source)
{
    if (source->format == FORMAT_REPORTS) {
        assert(!source->points && source->place == PLACE_NONE);
        return;
    }
    if (source->format != FORMAT_GRID) {
        struct err why = {0};
        struct points_wanted points;
        enum err_kind kind = points_wanted_parse(str_of(source->points), &points, &why);
        assert(kind == OK && source->name[0] && !source->boundary_set[0]);
        return;
    }
    struct err err = {0};
    struct wanted_list back;
    AUTO(wanted_args_free) char **args = wanted_args(&source->wanted);
    size_t count = 0;
    while (args[count])
        count++;
    enum err_kind kind = wanted_parse((const char *const *)args, count, &back, &err);
    assert(kind == OK && back.count == source->wanted.count);
    assert(source->boundary_set[0] && source->name[0]);
    if (source->place == PLACE_TEMPLATE) {
        AUTO(buf_free) struct buf url = buf_new(1 << 22);
        source_address(source, source->from, source_parts(source) - 1, 0, &url);
        assert(!url.full);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct err err = {0};
    AUTO(sources_free) struct sources *sources = NULL;
    if (sources_parse((struct str){(const char *)bytes, len}, "s.yaml", &sources, &err)) {
        assert(!sources && str_starts(str_of(err.text), "s.yaml:"));
        return 0;
    }
    for (size_t i = 0; i < sources->count; i++)
        check(&sources->at[i]);
    return 0;
}
