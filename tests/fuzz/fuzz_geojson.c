#include "core/mem.h"
#include "ingest/geojson.h"
#include "ingest/rings.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

// What is read is a whole boundary set: sorted, each code once, each commune a polygon on the globe
// with an area. What is refused is refused with a sentence that names the file.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct err err = {0};
    struct geojson_keys keys = {"code", "name", NULL};
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(geojson_notes_free) struct geojson_notes notes = {0};
    struct str text = {(const char *)bytes, len};
    if (geojson_read(text, "f.json", &keys, &set, &notes, &err)) {
        assert(!set && strstr(err.text, "f.json"));
        return 0;
    }
    assert(set->count > 0);
    for (size_t i = 0; i < set->count; i++) {
        const struct commune *commune = &set->commune[i];
        AUTO(rings_free) struct rings rings = {0};
        assert(*commune->code && *commune->name && commune->area_km2 >= 0);
        assert(i == 0 || strcmp(set->commune[i - 1].code, commune->code) < 0);
        assert(rings_of_wkb(commune->shape, &rings, &err) == OK);
    }
    return 0;
}
