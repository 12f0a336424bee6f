#include "core/err.h"

#include "core/text.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// What does not fit is cut behind a letter, never within one. Names of files may be any bytes, and
// a sentence goes into JSON: what is no letter is '?'.
PRINTF(3, 0)
static void put(struct err *err, size_t at, const char *text, va_list values)
{
    if (at >= sizeof(err->text))
        return;
    char *added = err->text + at;
    size_t room = sizeof(err->text) - at;
    if (vsnprintf(added, room, text, values) >= (int)room || !text_is_utf8(str_of(added)))
        text_clean(added);
}

void err_write(struct err *err, enum err_kind kind, const char *text, ...)
{
    assert(err && kind != OK);
    va_list values;
    va_start(values, text);
    err->kind = kind;
    err->usage = err->full = false;
    put(err, 0, text, values);
    va_end(values);
}

static enum err_kind kind_of_errno(int number, enum err_kind otherwise)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return ERR_BROKEN;
    case EINTR:
    case EAGAIN:
        return ERR_LATER;
    case ENOENT:
        return ERR_MISSING;
    default:
        return otherwise;
    }
}

void err_system(struct err *err, enum err_kind otherwise, const char *text, ...)
{
    int number = errno;
    va_list values;
    va_start(values, text);
    err->kind = kind_of_errno(number, otherwise);
    err->usage = err->full = false;
    put(err, 0, text, values);
    va_end(values);
    size_t length = strlen(err->text);
    (void)snprintf(err->text + length, sizeof(err->text) - length, ": %s", strerror(number));
    if (number == ENOSPC || number == EDQUOT)
        err_more_space(err);
}

void err_more_space(struct err *err)
{
    static const char what_to_do[] = "; free some, then run again";
    size_t at = strlen(err->text);
    err->full = true;
    if (at + sizeof(what_to_do) <= sizeof(err->text))
        memcpy(err->text + at, what_to_do, sizeof(what_to_do));
}

void err_more(struct err *err, const char *text, ...)
{
    assert(err && err->kind != OK);
    static const char joint[] = ", while ";
    size_t at = strlen(err->text);
    if (at + sizeof(joint) < sizeof(err->text)) {
        memcpy(err->text + at, joint, sizeof(joint));
        at += sizeof(joint) - 1;
        va_list values;
        va_start(values, text);
        put(err, at, text, values);
        va_end(values);
    }
}

int err_exit_code(enum err_kind kind)
{
    switch (kind) {
    case OK:
        return EXIT_YES;
    case ERR_INPUT:
        return EXIT_INVALID;
    case ERR_MISSING:
        return EXIT_MISSING;
    case ERR_LATER:
        return EXIT_LATER;
    case ERR_REFUSED:
        return EXIT_REFUSED;
    case ERR_BROKEN:
        return EXIT_BROKEN;
    }
    return EXIT_BROKEN;
}
