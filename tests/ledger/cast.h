#ifndef GONG_TESTS_LEDGER_CAST_H
#define GONG_TESTS_LEDGER_CAST_H

#include "core/sign.h"
#include "ledger/act.h"
#include "ledger/role.h"
#include "tests/ledger/place.h"

// The people of a test: two of each role, with their keys. cast_new names them all in the founding.
enum { CAST = 2 * ROLES };
struct cast {
    char person[CAST][ACT_PERSON_SIZE]; // "officer-1", "officer-2", "approver-1" ...
    struct sign_secret secret[CAST];
};

static inline size_t cast_place(const struct cast *cast, const char *person)
{
    size_t i = 0;
    while (i < CAST && strcmp(cast->person[i], person) != 0)
        i++;
    CHECK(i < CAST);
    return i;
}

static inline void cast_add(struct place *place, struct cast *cast, size_t i, const char *by)
{
    AUTO(act_free) struct act act = {0};
    struct sign_public key;
    bool in = false, any = false;
    sign_public_of(&cast->secret[i], &key);
    CHECK_OK(role_any(place->ledger, &any, &place->err), place->err);
    if (any)
        CHECK_OK(act_begin(place->ledger, false, "role-add", by, &act, &place->err), place->err);
    else
        CHECK_OK(act_found(place->ledger, false, by, &key, &act, &place->err), place->err);
    role_word_add(&act, cast->person[i], (enum role)(i / 2), &key);
    CHECK_OK(act_sign(&act, &cast->secret[cast_place(cast, by)], &place->err), place->err);
    CHECK_OK(role_add(place->ledger, &act, (struct utc){0}, &in, &place->err), place->err);
    CHECK(in);
}

static inline struct cast cast_new(struct place *place)
{
    struct cast cast;
    for (size_t i = 0; i < CAST; i++) {
        (void)snprintf(cast.person[i], sizeof(cast.person[i]), "%s-%zu",
                       role_name((enum role)(i / 2)), i % 2 + 1);
        memset(cast.secret[i].at, (int)i + 1, sizeof(cast.secret[i].at));
    }
    cast_add(place, &cast, cast_place(&cast, "operator-1"), "operator-1");
    for (size_t i = 0; i < CAST; i++) {
        if (strcmp(cast.person[i], "operator-1") != 0)
            cast_add(place, &cast, i, "operator-1");
    }
    return cast;
}

// An act of that person, begun; its kind of error.
static inline enum err_kind cast_begin(struct place *place, const char *name, const char *person,
                                       struct act *out)
{
    return act_begin(place->ledger, false, name, person, out, &place->err);
}

static inline void cast_sign(struct place *place, const struct cast *cast, struct act *act)
{
    CHECK_OK(act_sign(act, &cast->secret[cast_place(cast, act->by)], &place->err), place->err);
}

#endif
