#include "policies/places.h"

#include "core/mem.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "policies/policy.h"

#include <stdlib.h>
#include <string.h>

struct names {
    char **at; // [count] heap
    size_t count;
};

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        mem_free(&names->at[i]);
    mem_free(&names->at);
    names->count = 0;
}

static void add(struct names *names, struct str name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (str_same(str_of(names->at[i]), name))
            return;
    }
    names->at = mem_resize(names->at, names->count + 1, sizeof(*names->at));
    names->at[names->count++] = str_copy(name);
}

static void add_commune(struct names *names, const struct commune *commune)
{
    struct str rest = str_of(commune->former ? commune->former : ""), one;
    if (*commune->zone || rest.len == 0) {
        add(names, str_of(commune->zone));
        return;
    }
    while (str_take_field(&rest, ';', &one))
        add(names, str_trim(one));
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum err_kind places_of(const char *site_folder, const struct policy *policy, struct doc **out,
                        struct err *err)
{
    AUTO(map_close) struct map *map = NULL;
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(names_free) struct names names = {0};
    if (map_open(site_folder, LEDGER_READ, &map, err))
        return err_of(err);
    enum err_kind kind = boundary_set_load(map, policy->boundary_set, false, &set, err);
    if (kind && kind != ERR_MISSING)
        return kind;
    for (size_t c = 0; set && c < set->count; c++) {
        const struct commune *commune = &set->commune[c];
        if (area_holds(&policy->area, commune->code, commune->zone, commune->former))
            add_commune(&names, commune);
    }
    if (names.count == 0)
        add(&names, STR(""));
    qsort(names.at, names.count, sizeof(*names.at), by_bytes);
    *out = doc_array();
    for (size_t i = 0; i < names.count; i++)
        doc_push_text(*out, names.at[i]);
    return OK;
}
