#include "ledger/pg_words.h"

#include "core/mem.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char pg_functions[] = //
    "CREATE FUNCTION hex(bytea) RETURNS text IMMUTABLE STRICT PARALLEL SAFE"
    " RETURN upper(encode($1, 'hex'));"
    "CREATE FUNCTION max(bigint, bigint) RETURNS bigint IMMUTABLE STRICT PARALLEL SAFE"
    " RETURN greatest($1, $2);"
    "CREATE FUNCTION min(bigint, bigint) RETURNS bigint IMMUTABLE STRICT PARALLEL SAFE"
    " RETURN least($1, $2);"
    "CREATE FUNCTION zeroblob(integer) RETURNS bytea IMMUTABLE STRICT PARALLEL SAFE"
    " RETURN decode(repeat('00', $1), 'hex');"
    "CREATE FUNCTION any_number() RETURNS bigint VOLATILE"
    " RETURN ((random() - 0.5) * 9e18)::bigint;"
    "CREATE FUNCTION shift_left(bigint, bigint) RETURNS bigint IMMUTABLE STRICT PARALLEL SAFE"
    " RETURN $1 << $2::integer;"
    "CREATE OPERATOR << (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = shift_left);"
    // A path is '$.a.b', a plain member 'a'; no name of ours holds a point.
    // True and false are 1 and 0.
    "CREATE FUNCTION json_extract(text, text) RETURNS text STABLE STRICT PARALLEL SAFE"
    " RETURN (SELECT CASE WHEN v IN ('true', 'false') AND"
    " json_typeof($1::json #> p) = 'boolean' THEN CASE v WHEN 'true' THEN '1' ELSE '0' END"
    " ELSE v END FROM (SELECT p, $1::json #>> p AS v FROM"
    " (SELECT string_to_array(ltrim($2, '$.'), '.') AS p) AS path) AS found);"
    "CREATE FUNCTION unixepoch(text) RETURNS bigint STABLE STRICT PARALLEL SAFE"
    " RETURN extract(epoch FROM CASE WHEN $1 ~ 'Z$' THEN $1 ELSE $1 || 'Z' END::timestamptz);"
    "CREATE FUNCTION json_each(text, text) RETURNS TABLE (value text) STABLE STRICT PARALLEL SAFE"
    " BEGIN ATOMIC SELECT * FROM json_array_elements_text("
    "$1::json #> string_to_array(ltrim($2, '$.'), '.')); END;"
    "CREATE FUNCTION json_tree(text, text) RETURNS TABLE (type text, value text)"
    " STABLE STRICT PARALLEL SAFE BEGIN ATOMIC SELECT CASE jsonb_typeof(v) WHEN 'string' THEN "
    "'text'"
    " ELSE jsonb_typeof(v) END, v #>> '{}'"
    " FROM jsonb_path_query($1::jsonb, ($2 || '.**')::jsonpath) AS v; END;"
    "CREATE OPERATOR ->> (LEFTARG = text, RIGHTARG = text, FUNCTION = json_extract);";

struct reader {
    const char *at;
    int parameters; // the largest number so far
    bool tables;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

// The word at the cursor, which stands at its beginning.
static struct str word_at(const char *at)
{
    size_t len = 0;
    while (is_word(at[len]))
        len++;
    return (struct str){at, len};
}

static void copy_quoted(struct reader *reader, struct buf *out)
{
    char quote = *reader->at;
    do
        buf_char(out, *reader->at++);
    while (*reader->at && *reader->at != quote);
    assert(*reader->at == quote);
    buf_char(out, *reader->at++);
}

static void take_parameter(struct reader *reader, struct buf *out)
{
    int number = reader->parameters + 1;
    char *end = NULL;
    reader->at++;
    if (isdigit((unsigned char)*reader->at)) {
        number = (int)strtol(reader->at, &end, 10);
        reader->at = end;
    }
    if (number > reader->parameters)
        reader->parameters = number;
    buf_print(out, "$%d", number);
}

// A remark for PostgreSQL loses its marks; any other goes.
static void take_remark(struct reader *reader, struct buf *out)
{
    const char *end = strstr(reader->at, "*/");
    assert(end);
    if (strncmp(reader->at, "/*pg ", 5) == 0)
        buf_str(out, (struct str){reader->at + 5, (size_t)(end - reader->at) - 5});
    reader->at = end + 2;
}

static const struct {
    const char *ours, *theirs;
    bool only_tables;
} words[] = {
    {"INTEGER", "BIGINT", false},         {"BLOB", "BYTEA", false},
    {"REAL", "DOUBLE PRECISION", false},  {"random", "any_number", false},
    {"TEXT", "TEXT COLLATE \"C\"", true},
};

static void take_word(struct reader *reader, struct buf *out)
{
    struct str word = word_at(reader->at);
    reader->at += word.len;
    if (str_is(word, "x") && *reader->at == '\'') { // bytes
        size_t len = strcspn(++reader->at, "'");
        buf_print(out, "'\\x%.*s'::bytea", (int)len, reader->at);
        reader->at += len + 1;
        return;
    }
    if (str_is(word, "TEXT") && str_ends(buf_slice(out), "AS ")) { // a cast takes no COLLATE
        buf_str(out, word);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_is(word, words[i].ours) && (reader->tables || !words[i].only_tables)) {
            buf_text(out, words[i].theirs);
            return;
        }
    }
    buf_str(out, word);
}

// One statement, up to its ';' or the end.
static void take_statement(struct reader *reader, struct buf *out)
{
    while (*reader->at && *reader->at != ';') {
        if (*reader->at == '\'' || *reader->at == '"')
            copy_quoted(reader, out);
        else if (*reader->at == '?')
            take_parameter(reader, out);
        else if (strncmp(reader->at, "/*", 2) == 0)
            take_remark(reader, out);
        else if (is_word(*reader->at))
            take_word(reader, out);
        else
            buf_char(out, *reader->at++);
    }
}

int pg_query(const char *sql, struct buf *out)
{
    struct reader reader = {.at = sql};
    take_statement(&reader, out);
    assert(!*reader.at);
    return reader.parameters;
}

// The bytes of one UTF-8 character at `at`; 0 when there is none.
static size_t character(const unsigned char *at)
{
    static const struct {
        unsigned char first, last, low,
            high; // of the second byte: no overlong forms, no surrogates
        size_t len;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last)
            continue;
        if (forms[i].len > 1 && (at[1] < forms[i].low || at[1] > forms[i].high))
            return 0;
        for (size_t b = 2; b < forms[i].len; b++) {
            if (at[b] < 0x80 || at[b] > 0xbf)
                return 0;
        }
        return forms[i].len;
    }
    return 0;
}

char *pg_clean_text(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    for (size_t len; *at && (len = character(at)); at += len)
        ;
    if (!*at)
        return NULL;
    char *clean = mem_text(text);
    for (char *c = clean; *c;) {
        size_t len = character((const unsigned char *)c);
        if (!len)
            *c = '?';
        c += len ? len : 1;
    }
    return clean;
}

// --- tables

// "CREATE TRIGGER name BEFORE UPDATE ON entry BEGIN SELECT raise(ABORT, 'why'); END;": the name
// and the event go to a function that raises, and a trigger for each row that calls it.
static void take_trigger(struct reader *reader, struct buf *out)
{
    const char *name_at = reader->at + strlen("CREATE TRIGGER ");
    struct str name = word_at(name_at);
    const char *body = strstr(name_at, " BEGIN "), *why = strstr(name_at, "raise(ABORT, ");
    const char *end = strstr(name_at, "; END;"), *when = strstr(name_at, " WHEN ");
    assert(body && why && end && body < why && why < end);
    why += strlen("raise(ABORT, ");
    const char *event_end = when && when < body ? when : body;
    struct str reason = {why, (size_t)(strchr(why + 1, '\'') + 1 - why)};
    buf_print(out,
              "CREATE FUNCTION " STR_FMT "() RETURNS trigger LANGUAGE plpgsql AS $body$BEGIN RAISE"
              " EXCEPTION " STR_FMT "; END$body$;"
              "CREATE TRIGGER " STR_FMT "%.*s FOR EACH ROW",
              STR_ARG(name), STR_ARG(reason), STR_ARG(name),
              (int)(event_end - name_at - (ptrdiff_t)name.len), name_at + name.len);
    if (event_end != body) {
        const char *condition = event_end + strlen(" WHEN ");
        buf_print(out, " WHEN (%.*s)", (int)(body - condition), condition);
    }
    buf_print(out, " EXECUTE FUNCTION " STR_FMT "();", STR_ARG(name));
    reader->at = end + strlen("; END;");
}

// What stands behind the closing bracket of a table in SQLite.
static void take_off_ending(struct buf *out)
{
    static const char *const endings[] = {", WITHOUT ROWID", " STRICT", " WITHOUT ROWID"};
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        if (str_ends(buf_slice(out), endings[i])) {
            out->len -= strlen(endings[i]);
            out->at[out->len] = '\0';
        }
    }
}

// A table whose key SQLite would count up: the same number here, largest plus one. Writers of a
// schema wait for one another, so that no two find the same.
static void add_counting(struct str table, struct str key, struct buf *out)
{
    buf_print(out,
              "CREATE FUNCTION next_" STR_FMT "() RETURNS bigint VOLATILE RETURN (SELECT"
              " coalesce(pg_catalog.max(" STR_FMT "), 0) + 1 FROM " STR_FMT ");"
              "ALTER TABLE " STR_FMT " ALTER " STR_FMT " SET DEFAULT next_" STR_FMT "();",
              STR_ARG(table), STR_ARG(key), STR_ARG(table), STR_ARG(table), STR_ARG(key),
              STR_ARG(table));
}

static void take_table(struct reader *reader, struct buf *out)
{
    struct str table = word_at(reader->at + strlen("CREATE TABLE "));
    const char *bracket = strchr(reader->at, '(');
    assert(bracket);
    struct str key = word_at(bracket + 1);
    bool counts = strncmp(key.at + key.len, " INTEGER PRIMARY KEY", 20) == 0 &&
                  strncmp(key.at + key.len, " INTEGER PRIMARY KEY REFERENCES", 31) != 0;
    take_statement(reader, out);
    take_off_ending(out);
    buf_char(out, ';');
    reader->at += *reader->at == ';';
    if (counts)
        add_counting(table, key, out);
}

static void drop_trigger(struct reader *reader, struct buf *out)
{
    bool lax = strncmp(reader->at + 13, "IF EXISTS ", 10) == 0;
    struct str name = word_at(reader->at + (lax ? 23 : 13));
    buf_print(out, "DROP FUNCTION %s" STR_FMT "() CASCADE;", lax ? "IF EXISTS " : "",
              STR_ARG(name));
    reader->at = name.at + name.len;
    reader->at += *reader->at == ';';
}

// The function that counts a table's key up reads the table, which therefore cannot go before it.
static void drop_counting(struct str table, struct buf *out)
{
    buf_print(out, "DROP FUNCTION IF EXISTS next_" STR_FMT "() CASCADE;", STR_ARG(table));
}

void pg_tables(const char *sql, struct buf *out)
{
    struct reader reader = {.at = sql, .tables = true};
    while (*reader.at) {
        if (isspace((unsigned char)*reader.at)) {
            reader.at++;
        } else if (strncmp(reader.at, "CREATE TRIGGER ", 15) == 0) {
            take_trigger(&reader, out);
        } else if (strncmp(reader.at, "CREATE TABLE ", 13) == 0) {
            take_table(&reader, out);
        } else if (strncmp(reader.at, "DROP TRIGGER ", 13) == 0) {
            drop_trigger(&reader, out);
        } else {
            if (strncmp(reader.at, "DROP TABLE ", 11) == 0)
                drop_counting(word_at(reader.at + 11), out);
            take_statement(&reader, out);
            buf_char(out, ';');
            reader.at += *reader.at == ';';
        }
    }
}
