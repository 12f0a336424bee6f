#include "policies/field.h"

#include "core/mem.h"
#include "core/money.h"
#include "core/yaml.h"
#include "policies/shape.h"

#include <string.h>

static const char *const signs[] = {"<", "<=", ">", ">=", NULL};

const char *compare_sign(enum compare compare)
{
    return signs[compare];
}

bool compare_holds(enum compare compare, int64_t a, int64_t b)
{
    switch (compare) {
    case COMPARE_LESS:
        return a < b;
    case COMPARE_LESS_OR_SAME:
        return a <= b;
    case COMPARE_MORE:
        return a > b;
    case COMPARE_MORE_OR_SAME:
        return a >= b;
    }
    return false;
}

void field_texts_free(struct texts *texts)
{
    for (size_t i = 0; i < LANGUAGES; i++)
        mem_free(&texts->at[i]);
}

static enum err_kind need_value(const struct yaml *map, const char *key, const struct yaml **out,
                                struct err *err)
{
    struct str text;
    if (yaml_need_text(map, key, &text, err))
        return err_of(err);
    *out = yaml_get(map, key);
    return OK;
}

enum err_kind field_compare(const struct yaml *map, const char *key, enum compare *out,
                            struct err *err)
{
    const struct yaml *value = yaml_get(map, key);
    if (!value)
        return yaml_refuse(
            map, err, "the operator is missing; add %s: \">=\" (or \">\", \"<=\", \"<\")", key);
    for (size_t i = 0; value->kind == YAML_TEXT && signs[i]; i++) {
        if (str_is(value->text, signs[i])) {
            *out = (enum compare)i;
            return OK;
        }
    }
    return yaml_refuse(value, err, "%s must be an operator; write \">=\", \">\", \"<=\" or \"<\"",
                       key);
}

enum err_kind field_quantity(const struct yaml *map, const char *key, enum quantity kind,
                             int64_t *milli, struct err *err)
{
    const struct yaml *value = NULL;
    struct err why = {0};
    if (need_value(map, key, &value, err))
        return err_of(err);
    if (num_quantity(value->text, kind, milli, &why))
        return yaml_refuse(value, err, "%s: %s", key, why.text);
    return OK;
}

enum err_kind field_span(const struct yaml *map, const char *key, int64_t *span_s, struct err *err)
{
    const int64_t ten_years_s = (int64_t)3653 * DAY_S;
    int64_t milli;
    if (field_quantity(map, key, QUANTITY_TIME, &milli, err))
        return err->kind;
    if (milli <= 0 || milli % 1000 || milli / 1000 > ten_years_s)
        return yaml_refuse(yaml_get(map, key), err,
                           "%s must be whole seconds, more than none and at most 10 years; "
                           "write \"72 h\" or \"3 days\"",
                           key);
    *span_s = milli / 1000;
    return OK;
}

enum err_kind field_unit(const struct yaml *map, const char *key, enum unit unit, int64_t *milli,
                         struct err *err)
{
    const struct yaml *value = NULL;
    if (need_value(map, key, &value, err))
        return err_of(err);
    return unit_read(value, key, unit, milli, err);
}

enum err_kind field_positive(const struct yaml *map, const char *key, enum unit unit,
                             int64_t *milli, struct err *err)
{
    int64_t read = 0;
    if (field_unit(map, key, unit, &read, err))
        return err->kind;
    if (read <= 0)
        return yaml_refuse(yaml_get(map, key), err, "%s must be more than 0 %s", key,
                           unit_word(unit, LANGUAGE_EN));
    *milli = read;
    return OK;
}

enum err_kind field_units(const struct yaml *map, const char *key, enum unit unit, int64_t *out,
                          size_t max, size_t *count, struct err *err)
{
    const struct yaml *list = NULL;
    if (yaml_need(map, key, YAML_LIST, &list, err))
        return err->kind;
    if (list->count == 0 || list->count > max)
        return yaml_refuse(list, err, "%s: write 1 to %zu values", key, max);
    for (size_t i = 0; i < list->count; i++) {
        if (unit_read(list->item[i], key, unit, &out[i], err))
            return err->kind;
    }
    *count = list->count;
    return OK;
}

enum err_kind field_whole(const struct yaml *map, const char *key, int64_t min, int64_t max,
                          int64_t *out, struct err *err)
{
    const struct yaml *value = NULL;
    struct err why = {0};
    if (need_value(map, key, &value, err))
        return err_of(err);
    if (num_whole(value->text, min, max, out, &why))
        return yaml_refuse(value, err, "%s: %s", key, why.text);
    return OK;
}

enum err_kind field_date(const struct yaml *map, const char *key, struct civil *out,
                         struct err *err)
{
    const struct yaml *value = NULL;
    struct err why = {0};
    if (need_value(map, key, &value, err))
        return err_of(err);
    if (date_parse(value->text, out, &why))
        return yaml_refuse(value, err, "%s is no date; write 2024-09-07", key);
    return OK;
}

enum err_kind field_share(const struct yaml *map, const char *key, int64_t *milli, struct err *err)
{
    int64_t read;
    if (field_quantity(map, key, QUANTITY_SHARE, &read, err))
        return err->kind;
    if (read < 0 || read > 1000)
        return yaml_refuse(yaml_get(map, key), err, "%s is out of range; write 0 %% to 100 %%",
                           key);
    *milli = read;
    return OK;
}

enum err_kind field_vnd(const struct yaml *map, const char *key, int64_t min, int64_t max,
                        int64_t *out, struct err *err)
{
    const struct yaml *value = NULL;
    struct err why = {0};
    if (need_value(map, key, &value, err))
        return err_of(err);
    struct str number = value->text;
    bool whole = str_ends(number, " VND");
    if (!whole && num_bare(number, &why))
        return yaml_refuse(value, err, "%s: %s", key, why.text);
    if (!whole)
        return yaml_refuse(value, err, "%s has no currency; write \"1000 VND\"", key);
    number.len -= strlen(" VND");
    if (num_whole(number, min, max, out, &why))
        return yaml_refuse(value, err, "%s: %s", key, why.text);
    return OK;
}

enum err_kind field_choice(const struct yaml *map, const char *key, const char *const *names,
                           size_t *out, struct err *err)
{
    const struct yaml *value = NULL;
    if (need_value(map, key, &value, err))
        return err_of(err);
    return yaml_choice(value, names, out, err);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

enum err_kind field_name(const struct yaml *map, const char *key, char *out, size_t size,
                         struct err *err)
{
    const struct yaml *value = NULL;
    if (need_value(map, key, &value, err))
        return err_of(err);
    bool good = value->text.len < size;
    for (size_t i = 0; good && i < value->text.len; i++)
        good = is_name_char(value->text.at[i]);
    if (!good)
        return yaml_refuse(value, err,
                           "%s is no name; write letters, digits and \"-\", at most %zu of them",
                           key, size - 1);
    memset(out, 0, size);
    memcpy(out, value->text.at, value->text.len);
    return OK;
}

// The text of each language in this map, of at most so many bytes.
static enum err_kind read_languages(const struct yaml *map, size_t bytes_max, struct texts *out,
                                    struct err *err)
{
    for (size_t i = 0; i < LANGUAGES; i++) {
        struct str text;
        if (yaml_need_text(map, language_names[i], &text, err))
            return err->kind;
        if (text.len > bytes_max)
            return yaml_refuse(yaml_get(map, language_names[i]), err,
                               "longer than %zu bytes; write what people read as one line",
                               bytes_max);
        mem_free(&out->at[i]);
        out->at[i] = str_copy(text);
    }
    return OK;
}

static enum err_kind read_texts(const struct yaml *map, const char *key, size_t bytes_max,
                                struct texts *out, struct err *err)
{
    const struct yaml *value = NULL;
    if (yaml_need(map, key, YAML_MAP, &value, err) || shape_check(value, SHAPE_TEXTS, err))
        return err->kind;
    return read_languages(value, bytes_max, out, err);
}

enum err_kind field_texts(const struct yaml *map, const char *key, struct texts *out,
                          struct err *err)
{
    return read_texts(map, key, SIZE_MAX, out, err);
}

enum err_kind field_heading(const struct yaml *map, const char *key, struct texts *out,
                            struct err *err)
{
    return read_texts(map, key, LINE_BYTES_MAX, out, err);
}

enum err_kind field_lines(const struct yaml *map, struct texts *out, struct err *err)
{
    return read_languages(map, LINE_BYTES_MAX, out, err);
}

enum err_kind field_title(const struct yaml *map, const char *key, struct texts *out,
                          struct err *err)
{
    const struct yaml *value = yaml_get(map, key);
    struct str text;
    if (value && value->kind == YAML_MAP)
        return field_texts(map, key, out, err);
    if (yaml_need_text(map, key, &text, err))
        return err->kind;
    for (size_t i = 0; i < LANGUAGES; i++) {
        mem_free(&out->at[i]);
        out->at[i] = str_copy(text);
    }
    return OK;
}
