#include "ingest/source_read.h"

#include "core/mem.h"
#include "core/num.h"
#include "core/yaml.h"
#include "ingest/source.h"

#include <stdio.h>
#include <string.h>

enum { PARAMETERS_MAX = 32, PARAMETER_BYTES_MAX = 63 };

// Words of an address: letters, digits, "_" and "-".
static bool is_parameter(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '-';
        if (!fits)
            return false;
    }
    return text.len > 0 && text.len <= PARAMETER_BYTES_MAX;
}

static int find_parameter(const struct source *source, struct str name)
{
    for (size_t i = 0; i < source->parameter_count; i++) {
        if (str_is(name, source->parameter[i]))
            return (int)i;
    }
    return -1;
}

static enum err_kind read_list(const struct yaml *list, struct source *out, struct err *err)
{
    if (list->kind != YAML_LIST || list->count == 0 || list->count > PARAMETERS_MAX)
        return yaml_refuse(list, err, "\"parameters\" is a list of 1 to %d names in the address",
                           PARAMETERS_MAX);
    out->parameter = mem_new(list->count, sizeof(*out->parameter));
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml *one = list->item[i];
        if (one->kind != YAML_TEXT || !is_parameter(one->text))
            return yaml_refuse(one, err, "a parameter is letters, digits, \"_\" and \"-\"");
        if (find_parameter(out, one->text) >= 0)
            return yaml_refuse(one, err, "the parameter \"" STR_FMT "\" stands twice",
                               STR_ARG(one->text));
        out->parameter[out->parameter_count++] = str_copy(one->text);
    }
    return OK;
}

static enum err_kind take_parameter(const struct yaml *node, struct source *out, bool *taken,
                                    int *which, struct err *err)
{
    *which = node->kind == YAML_TEXT ? find_parameter(out, node->text) : -1;
    if (*which < 0)
        return yaml_refuse(node, err, "\"file\" names one of the parameters");
    if (taken[*which])
        return yaml_refuse(node, err, "the file of a parameter holds one variable");
    taken[*which] = true;
    return OK;
}

// "file: tp", or of a wind whose components are in two files "file: [u_10m, v_10m]".
static enum err_kind read_file(const struct yaml *variable, struct source *out, size_t i,
                               bool *taken, struct err *err)
{
    const struct yaml *file = yaml_get(variable, "file");
    out->parameter_of[i] = out->north_parameter_of[i] = -1;
    if (!file && out->parameter_count)
        return yaml_refuse(variable, err, "\"file\" is missing: which of the parameters holds it");
    if (!file)
        return OK;
    if (!out->parameter_count)
        return yaml_refuse(file, err, "\"file\" belongs to a source with \"parameters\"");
    if (file->kind != YAML_LIST)
        return take_parameter(file, out, taken, &out->parameter_of[i], err);
    if (file->count != 2 || !*out->wanted.at[i].reads_north)
        return yaml_refuse(file, err,
                           "write one parameter, or of a wind that is read from two components "
                           "both: [u_10m, v_10m]");
    if (take_parameter(file->item[0], out, taken, &out->parameter_of[i], err))
        return err_of(err);
    return take_parameter(file->item[1], out, taken, &out->north_parameter_of[i], err);
}

enum err_kind source_read_parameters(const struct yaml *map, struct source *out, struct err *err)
{
    bool taken[PARAMETERS_MAX] = {false};
    const struct yaml *list = yaml_get(map, "parameters");
    const struct yaml *variables = yaml_get(map, "variables");
    if (list && out->format != FORMAT_GRID)
        return yaml_refuse(list, err, "\"parameters\" belongs to grids; leave it out");
    if (list && read_list(list, out, err))
        return err_of(err);
    for (size_t i = 0; out->format == FORMAT_GRID && i < out->wanted.count; i++) {
        if (read_file(variables->item[i], out, i, taken, err))
            return err_of(err);
    }
    for (size_t i = 0; i < out->parameter_count; i++) {
        if (!taken[i])
            return yaml_refuse(list, err, "no variable is read from the file of \"%s\"",
                               out->parameter[i]);
    }
    return OK;
}

// --- a second product
// ---------------------------------------------------------------------------------

static bool has(const struct source *source, const char *means)
{
    for (size_t i = 0; i < source->wanted.count; i++) {
        if (strcmp(source->wanted.at[i].variable, means) == 0)
            return true;
    }
    return false;
}

static enum err_kind need_quantity(const struct yaml *map, const char *key, enum quantity what,
                                   int64_t *milli, struct err *err)
{
    struct err why = {0};
    struct str text;
    if (yaml_need_text(map, key, &text, err))
        return err_of(err);
    if (num_quantity(text, what, milli, &why))
        return yaml_refuse(yaml_get(map, key), err, "%s: %s", key, why.text);
    return OK;
}

// How far apart temperatures are: a kelvin is a degree here, and 0 °C is no more than 0 K.
static enum err_kind need_apart(const struct yaml *map, const char *means, int64_t *milli,
                                struct err *err)
{
    static const int64_t KELVIN_MILLI = 273150;
    struct str text;
    bool warm = strcmp(means, "temperature") == 0;
    enum quantity what = warm                         ? QUANTITY_TEMPERATURE
                         : strcmp(means, "rain") == 0 ? QUANTITY_RAIN
                                                      : QUANTITY_WIND;
    if (need_quantity(map, "apart", what, milli, err) || yaml_need_text(map, "apart", &text, err))
        return err_of(err);
    if (warm && text.len && text.at[text.len - 1] == 'K')
        *milli += KELVIN_MILLI;
    if (*milli <= 0)
        return yaml_refuse(yaml_get(map, "apart"), err, "apart: write more than 0 %s",
                           quantity_unit(what));
    return OK;
}

// "rain" when nothing is said.
static enum err_kind read_means(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const names[] = {"rain", "wind", "gust", "temperature"};
    const struct yaml *node = yaml_get(map, "means");
    struct str text = STR("rain");
    if (node && yaml_need_text(map, "means", &text, err))
        return err_of(err);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_is(text, names[i])) {
            (void)snprintf(out->second_means, sizeof(out->second_means), "%s", names[i]);
            return OK;
        }
    }
    return yaml_refuse(node, err, "means: write rain, wind, gust or temperature");
}

enum err_kind source_read_second(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const keys[] = {"source", "means", "over", "apart", NULL};
    enum { OVER_S_MAX = 31 * DAY_S };
    const struct yaml *second = yaml_get(map, "second");
    struct str name;
    int64_t over_milli, apart_milli;
    if (!second)
        return OK;
    if (second->kind != YAML_MAP)
        return yaml_refuse(second, err, "write {source: NAME, over: 1 days, apart: 50 mm}");
    if (yaml_check_keys(second, keys, err) || read_means(second, out, err))
        return err_of(err);
    if (out->format != FORMAT_GRID || out->wanted.forecast || !has(out, out->second_means))
        return yaml_refuse(second, err, "\"second\" belongs to observed %s on a grid",
                           out->second_means);
    if (yaml_need_text(second, "source", &name, err) ||
        need_quantity(second, "over", QUANTITY_TIME, &over_milli, err) ||
        need_apart(second, out->second_means, &apart_milli, err))
        return err_of(err);
    int64_t over_s = over_milli / 1000;
    bool tiles = over_s >= HOUR_S && over_s <= OVER_S_MAX &&
                 (DAY_S % over_s == 0 || over_s % DAY_S == 0) && over_milli % 1000 == 0;
    if (!tiles)
        return yaml_refuse(yaml_get(second, "over"), err,
                           "over: write 1 h to 31 days, a part of a day or whole days");
    if (name.len == 0 || name.len >= sizeof(out->second) || str_is(name, out->name))
        return yaml_refuse(yaml_get(second, "source"), err, "name another source");
    memcpy(out->second, name.at, name.len);
    out->second[name.len] = '\0';
    out->second_over_s = over_s;
    out->second_apart_milli = apart_milli;
    return OK;
}

enum err_kind source_check_second(const struct yaml *map, const struct sources *sources,
                                  const struct source *of, struct err *err)
{
    const struct yaml *node = yaml_get(yaml_get(map, "second"), "source");
    const struct source *other = NULL;
    struct err why = {0};
    if (sources_find(sources, of->second, &other, &why))
        return yaml_refuse(node, err, "%s", why.text);
    if (other->format != FORMAT_GRID || other->wanted.forecast || !has(other, of->second_means) ||
        strcmp(other->boundary_set, of->boundary_set) != 0)
        return yaml_refuse(node, err, "%s is no observed %s of the communes of \"%s\"", of->second,
                           of->second_means, of->boundary_set);
    return OK;
}
