#include "ingest/source_read.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "ingest/source.h"

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
