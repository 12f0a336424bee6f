#include "triggers/commune_doc.h"

#include "core/mem.h"
#include "triggers/place.h"

#include <stdint.h>
#include <string.h>

enum { SHAPE_BYTES_MAX = 64 << 20 };

struct doc *commune_doc(const struct commune *commune)
{
    AUTO(buf_free) struct buf hex = buf_new(2 * commune->shape.len + 1);
    struct doc *one = doc_object();
    for (size_t i = 0; i < commune->shape.len; i++)
        buf_print(&hex, "%02x", (uint8_t)commune->shape.at[i]);
    doc_put_text(one, "code", commune->code);
    doc_put_text(one, "name", commune->name);
    doc_put_text(one, "zone", commune->zone);
    doc_put_text(one, "shape", hex.at ? hex.at : "");
    return one;
}

void communes_said_free(struct communes_said *said)
{
    for (size_t i = 0; i < said->set.count; i++) {
        struct commune *commune = &said->set.commune[i];
        char *shape = (char *)(uintptr_t)commune->shape.at;
        mem_free(&commune->code);
        mem_free(&commune->name);
        mem_free(&commune->zone);
        mem_free(&shape);
    }
    mem_free(&said->set.commune);
    said->set.count = 0;
}

enum err_kind communes_said_add(struct communes_said *said, const struct doc *commune,
                                struct err *err)
{
    const char *code = NULL, *name = NULL, *zone = NULL, *hex = NULL;
    AUTO(buf_free) struct buf shape = buf_new(SHAPE_BYTES_MAX);
    if (doc_need_text(commune, "code", &code, err) || doc_need_text(commune, "name", &name, err) ||
        doc_need_text(commune, "zone", &zone, err) || doc_need_text(commune, "shape", &hex, err) ||
        place_shape(hex, &shape, err))
        return err_of(err);
    struct boundary_set *set = &said->set;
    if (set->count && strcmp(set->commune[set->count - 1].code, code) >= 0)
        return err_set(err, ERR_INPUT, "its communes are not in order");
    if (set->count == said->room) {
        said->room = said->room ? said->room * 2 : 64;
        set->commune = mem_resize(set->commune, said->room, sizeof(*set->commune));
    }
    size_t len = shape.len;
    set->commune[set->count++] = (struct commune){.code = mem_text(code),
                                                  .name = mem_text(name),
                                                  .zone = mem_text(zone),
                                                  .shape = {buf_take(&shape), len}};
    return OK;
}
