#include "ingest/former_csv.h"

#include "core/csv.h"
#include "core/mem.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column { NEW_CODE, OLD_CODE, OLD_NAME, DISTRICT, PROVINCE, SPLIT, SHARE, NEW_NAME, COLUMNS };
static const char *const names[COLUMNS] = {"new_commune_code", "old_commune_code", "old_commune",
                                           "old_district",     "old_province",     "is_split",
                                           "area_share",       "new_commune"};
enum { NEEDED = OLD_NAME + 1, FIELD_BYTES_MAX = 400, SHOWN_MAX = 5, MILLION = 1000000 };

struct reader {
    const struct boundary_set *set;
    const struct renaming *renaming;
    size_t place[COLUMNS]; // SIZE_MAX: there is no such column
    struct buf unknown;    // codes that the set does not have, for the refusal
    size_t unknown_count;
    size_t nowhere; // shares of some area that lie in no new commune
    struct formers *out;
};

static enum err_kind read_header(struct reader *reader, const struct csv *csv, const char *file,
                                 struct err *err)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        reader->place[c] = SIZE_MAX;
        for (size_t i = 0; i < csv->count; i++) {
            if (str_is(csv->field[i], names[c]))
                reader->place[c] = i;
        }
        if (c < NEEDED && reader->place[c] == SIZE_MAX)
            return err_set(err, ERR_INPUT, "%s has no column \"%s\"", file, names[c]);
    }
    return OK;
}

// A field as NFC text; heap.
static enum err_kind take_field(const struct reader *reader, const struct csv *csv,
                                enum column column, char **out, struct err *err)
{
    size_t at = reader->place[column];
    AUTO(buf_free) struct buf text = buf_new(FIELD_BYTES_MAX);
    if (at != SIZE_MAX && at < csv->count && text_nfc(str_trim(csv->field[at]), &text, err))
        return err_add(err, "reading column %s", names[column]);
    if (text.full)
        return err_set(err, ERR_INPUT, "column %s is too long", names[column]);
    *out = text.at ? buf_take(&text) : mem_text("");
    return OK;
}

// "0.25" as millionths, -1 for nothing. Up to six decimals, as gong boundary crosswalk prints.
static enum err_kind share_of(const char *text, int32_t *out, struct err *err)
{
    size_t decimals = 0, at = 1;
    bool good = text[0] == '0' || text[0] == '1';
    int32_t share = text[0] == '1' ? MILLION : 0;
    *out = -1;
    if (!*text)
        return OK;
    if (good && text[1] == '.') {
        int32_t digit = MILLION;
        for (at = 2; text[at] >= '0' && text[at] <= '9' && decimals < 6; at++, decimals++)
            share += (digit /= 10) * (text[at] - '0');
        good = decimals > 0;
    }
    if (!good || text[at] != '\0' || share > MILLION)
        return err_set(err, ERR_INPUT, "\"%s\" is no share; write 0 to 1, such as 0.25", text);
    *out = share;
    return OK;
}

static void note_unknown(struct reader *reader, size_t line, const char *code, const char *name)
{
    const struct boundary_set *set = reader->set;
    if (reader->unknown_count++ >= SHOWN_MAX)
        return;
    buf_print(&reader->unknown, "%sline %zu: %s", reader->unknown.len ? "; " : "", line, code);
    for (size_t i = 0; i < set->count && *name; i++) {
        if (strcmp(set->commune[i].name, name) == 0) {
            buf_print(&reader->unknown, " (%s is %s there: --rename %s=%s)", name,
                      set->commune[i].code, code, set->commune[i].code);
            return;
        }
    }
}

struct texts_of_row {
    char *at[COLUMNS];
};

static void texts_free(struct texts_of_row *texts)
{
    for (size_t c = 0; c < COLUMNS; c++)
        mem_free(&texts->at[c]);
}

static enum err_kind take_row(struct reader *reader, const struct csv *csv, struct err *err)
{
    AUTO(texts_free) struct texts_of_row texts = {{NULL}};
    struct former one = {0};
    for (enum column c = 0; c < COLUMNS; c++) {
        if (take_field(reader, csv, c, &texts.at[c], err))
            return err_of(err);
    }
    if (reader->renaming && str_is(reader->renaming->from, texts.at[NEW_CODE])) {
        mem_free(&texts.at[NEW_CODE]);
        texts.at[NEW_CODE] = str_copy(reader->renaming->to);
    }
    if (share_of(texts.at[SHARE], &one.share, err))
        return err_of(err);
    if (!*texts.at[NEW_CODE] && one.share >= 0) {
        reader->nowhere += one.share > 0;
        return OK;
    }
    if (boundary_set_find(reader->set, texts.at[NEW_CODE]) == SIZE_MAX) {
        note_unknown(reader, csv->line, texts.at[NEW_CODE], texts.at[NEW_NAME]);
        return OK;
    }
    one.code = texts.at[NEW_CODE];
    one.old_code = texts.at[OLD_CODE];
    one.old_name = texts.at[OLD_NAME];
    one.old_district = texts.at[DISTRICT];
    one.old_province = texts.at[PROVINCE];
    // Where nobody says so, one of which a hundredth or more lies elsewhere was split.
    one.is_split = reader->place[SPLIT] == SIZE_MAX
                       ? one.share >= 0 && one.share < MILLION - MILLION / 100
                       : strcmp(texts.at[SPLIT], "1") == 0;
    formers_add(reader->out, &one);
    return OK;
}

static int by_old_code(const void *a, const void *b)
{
    return strcmp(((const struct former *)a)->old_code, ((const struct former *)b)->old_code);
}

// The parts of one old commune are no more than the whole of it. A hundredth is let pass: maps
// overlap by slivers, which count twice.
static enum err_kind check_shares(const struct formers *formers, const char *file, struct err *err)
{
    AUTO(mem_drop) struct former *row = mem_new(formers->count + 1, sizeof(*row)); // borrow texts
    for (size_t i = 0; i < formers->count; i++)
        row[i] = formers->at[i];
    qsort(row, formers->count, sizeof(*row), by_old_code);
    for (size_t i = 0, next = 0; i < formers->count; i = next) {
        int64_t sum = 0;
        for (next = i; next < formers->count && by_old_code(&row[i], &row[next]) == 0; next++)
            sum += row[next].share > 0 ? row[next].share : 0;
        if (*row[i].old_code && sum > MILLION + MILLION / 100)
            return err_set(err, ERR_INPUT,
                           "%s: the shares of old commune %s (%s) add up to %" PRId64 ".%06" PRId64
                           ", which is more than the whole of it",
                           file, row[i].old_code, row[i].old_name, sum / MILLION, sum % MILLION);
    }
    return OK;
}

enum err_kind former_csv_read(struct str text, const char *file, const struct boundary_set *set,
                              const struct renaming *renaming, struct formers *out, size_t *nowhere,
                              struct err *err)
{
    AUTO(formers_free) struct formers formers = {0};
    AUTO(mem_drop) struct csv *csv = mem_new(1, sizeof(*csv));
    AUTO(buf_free) struct buf unknown = buf_new(400);
    struct reader reader = {.set = set, .renaming = renaming, .out = &formers};
    bool row = false;
    reader.unknown = unknown;
    csv_start(csv, text);
    enum err_kind kind = csv_next(csv, &row, err);
    if (!kind)
        kind = read_header(&reader, csv, file, err);
    while (!kind && row) {
        kind = csv_next(csv, &row, err);
        if (!kind && row)
            kind = take_row(&reader, csv, err);
        if (kind)
            (void)err_add(err, "reading %s:%zu", file, csv->line);
    }
    csv_free(csv);
    unknown = reader.unknown;
    if (kind)
        return err_of(err);
    if (reader.unknown_count)
        return err_set(err, ERR_INPUT, "%s: %zu new codes are not in \"%s\": %s%s", file,
                       reader.unknown_count, set->name, unknown.at,
                       reader.unknown_count > SHOWN_MAX ? " ..." : "");
    if (check_shares(&formers, file, err))
        return err_of(err);
    *nowhere = reader.nowhere;
    *out = MOVE(formers);
    return OK;
}
