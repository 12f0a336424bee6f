#include "core/log.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *program = "gong"; // the log's own state

void log_program(const char *name)
{
    program = name;
}

enum { LINE_MAX_BYTES = 4096 };

static void put(const char *level, const char *kind, const char *text)
{
    AUTO(doc_free) struct doc *line = doc_object();
    doc_put_text(line, "time", utc_text(clock_system.now(NULL)).at);
    doc_put_text(line, "level", level);
    doc_put_text(line, "program", program);
    if (kind)
        doc_put_text(line, "kind", kind);
    doc_put_text(line, "text", text);
    AUTO(buf_free) struct buf out = buf_new(LINE_MAX_BYTES);
    doc_canonical(line, &out);
    buf_char(&out, '\n');
    (void)fwrite(out.at, 1, out.len, stderr);
}

PRINTF(2, 0)
static void put_values(const char *level, const char *text, va_list values)
{
    char whole[1024];
    (void)vsnprintf(whole, sizeof(whole), text, values);
    put(level, NULL, whole);
}

void log_info(const char *text, ...)
{
    va_list values;
    va_start(values, text);
    put_values("info", text, values);
    va_end(values);
}

void log_warn(const char *text, ...)
{
    va_list values;
    va_start(values, text);
    put_values("warn", text, values);
    va_end(values);
}

void log_error(const char *text, ...)
{
    va_list values;
    va_start(values, text);
    put_values("error", text, values);
    va_end(values);
}

static const char *kind_name(enum err_kind kind)
{
    switch (kind) {
    case OK:
        return "ok";
    case ERR_INPUT:
        return "input";
    case ERR_MISSING:
        return "missing";
    case ERR_LATER:
        return "later";
    case ERR_REFUSED:
        return "refused";
    case ERR_BROKEN:
        return "broken";
    }
    return "broken";
}

void log_err(const char *what, const struct err *err)
{
    char whole[1024];
    (void)snprintf(whole, sizeof(whole), "%s: %s", what, err->text);
    put(err->kind == ERR_BROKEN ? "error" : "warn", kind_name(err->kind), whole);
}

struct mask mask_tail(const char *secret)
{
    struct mask mask;
    size_t len = strlen(secret);
    (void)snprintf(mask.at, sizeof(mask.at), "****%s", len > 3 ? secret + len - 3 : "");
    return mask;
}
