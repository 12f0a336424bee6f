#include "notify/cashlist.h"

#include "core/csv.h"
#include "core/date.h"
#include "core/mem.h"
#include "core/money.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 8 };
enum column { REFERENCE, CONTRACT, NAME, AMOUNT, PAID, RECEIVED_BY, PAID_ON, NOTE };

static const char *const columns[COLUMNS] = {"reference", "contract",    "name",    "amount_vnd",
                                             "paid",      "received_by", "paid_on", "note"};

static void put_field(struct buf *out, const char *text)
{
    bool quoted = strpbrk(text, ",\"\n\r") != NULL;
    // A cell that begins like a formula is one to a spreadsheet program.
    bool formula = *text && strchr("=+-@", *text);
    if (quoted || formula)
        buf_char(out, '"');
    if (formula)
        buf_char(out, '\'');
    for (const char *at = text; *at; at++) {
        if (*at == '"')
            buf_char(out, '"');
        buf_char(out, *at);
    }
    if (quoted || formula)
        buf_char(out, '"');
}

void cashlist_write(const struct cash_row *row, size_t count, struct buf *out)
{
    buf_text(out, "\xef\xbb\xbf");
    for (size_t i = 0; i < COLUMNS; i++)
        buf_print(out, "%s%s", i ? "," : "", columns[i]);
    buf_text(out, "\r\n");
    for (size_t i = 0; i < count; i++) {
        put_field(out, row[i].reference);
        buf_char(out, ',');
        put_field(out, row[i].contract);
        buf_char(out, ',');
        put_field(out, row[i].name);
        buf_print(out, ",%" PRId64 ",,,,\r\n", row[i].amount_vnd);
    }
}

static void copy(struct str text, char *out, size_t size)
{
    struct str one = str_trim(text);
    size_t len = one.len < size ? one.len : size - 1;
    if (len)
        memcpy(out, one.at, len);
    out[len] = '\0';
}

static enum err_kind find_columns(const struct csv *csv, const char *name, size_t at[COLUMNS],
                                  struct err *err)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        at[i] = SIZE_MAX;
        for (size_t c = 0; c < csv->count; c++) {
            if (str_is(str_trim(csv->field[c]), columns[i]))
                at[i] = c;
        }
        if (at[i] == SIZE_MAX && i != NOTE)
            return err_set(err, ERR_INPUT, "%s:%zu: the column \"%s\" is missing", name, csv->line,
                           columns[i]);
    }
    return OK;
}

static struct str field(const struct csv *csv, size_t at)
{
    return at < csv->count ? csv->field[at] : STR("");
}

static bool is_word(struct str text, const char *const *words)
{
    AUTO(buf_free) struct buf plain = buf_new(64);
    (void)text_ascii(str_trim(text), &plain);
    for (size_t i = 0; i < plain.len; i++)
        plain.at[i] = (char)tolower((unsigned char)plain.at[i]);
    for (; *words; words++) {
        if (plain.len && strcmp(plain.at, *words) == 0)
            return true;
    }
    return false;
}

static enum err_kind read_row(const struct csv *csv, const char *name, const size_t at[COLUMNS],
                              struct cash_return *out, struct err *err)
{
    static const char *const yes[] = {"yes", "co", "x", NULL}, *const no[] = {"no", "khong", NULL};
    struct money money;
    struct err why = {0};
    struct civil day;
    struct str paid = field(csv, at[PAID]);
    *out = (struct cash_return){.line = csv->line};
    if (money_parse_vnd(str_trim(field(csv, at[AMOUNT])), &money, &why))
        return err_set(err, ERR_INPUT, "%s:%zu: amount_vnd: %s", name, csv->line, why.text);
    out->amount_vnd = money.minor;
    out->is_paid = is_word(paid, yes);
    out->is_decided = out->is_paid || is_word(paid, no);
    if (!out->is_decided && str_trim(paid).len)
        return err_set(err, ERR_INPUT, "%s:%zu: paid must be yes or no, it is \"%.20s\"", name,
                       csv->line, paid.at);
    copy(field(csv, at[REFERENCE]), out->reference, sizeof(out->reference));
    copy(field(csv, at[NAME]), out->name, sizeof(out->name));
    copy(field(csv, at[RECEIVED_BY]), out->received_by, sizeof(out->received_by));
    copy(field(csv, at[PAID_ON]), out->paid_on, sizeof(out->paid_on));
    if (out->is_paid && date_parse(str_of(out->paid_on), &day, &why))
        return err_set(err, ERR_INPUT, "%s:%zu: paid_on: %s", name, csv->line, why.text);
    return OK;
}

enum err_kind cashlist_read(struct str text, const char *name,
                            enum err_kind (*each)(void *self, const struct cash_return *row,
                                                  struct err *err),
                            void *self, struct err *err)
{
    AUTO(csv_free) struct csv csv = {0};
    size_t at[COLUMNS];
    bool row = false;
    csv_start(&csv, text);
    if (csv_next(&csv, &row, err))
        return err_add(err, "reading %s", name);
    if (!row)
        return err_set(err, ERR_INPUT, "%s is empty, a cash list is wanted", name);
    if (find_columns(&csv, name, at, err))
        return err_of(err);
    for (;;) {
        struct cash_return one;
        if (csv_next(&csv, &row, err))
            return err_add(err, "reading %s:%zu", name, csv.line);
        if (!row)
            return OK;
        if (read_row(&csv, name, at, &one, err) || each(self, &one, err))
            return err_of(err);
    }
}

static void plain_name(struct buf *out, const char *name)
{
    AUTO(buf_free) struct buf plain = buf_new(512);
    const char *mark = strchr(name, '(');
    struct str text = {name, mark ? (size_t)(mark - name) : strlen(name)};
    (void)text_ascii(text, &plain);
    for (size_t i = 0; i < plain.len; i++) {
        if (isalnum((unsigned char)plain.at[i]))
            buf_char(out, (char)tolower((unsigned char)plain.at[i]));
        else if (out->len && out->at[out->len - 1] != ' ')
            buf_char(out, ' ');
    }
}

bool cashlist_same_name(const char *a, const char *b)
{
    AUTO(buf_free) struct buf first = buf_new(512);
    AUTO(buf_free) struct buf second = buf_new(512);
    plain_name(&first, a);
    plain_name(&second, b);
    struct str x = str_trim(buf_slice(&first)), y = str_trim(buf_slice(&second));
    return x.len > 0 && str_same(x, y);
}
