#include "policies/preset_verb.h"

#include "core/mem.h"
#include "policies/preset.h"
#include "policies/unit.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 1 << 20 };

// What values give by a table of a preset.
static int rate(const struct cli *cli, enum language language, const char *at)
{
    struct err err = {0};
    AUTO(preset_named_free) struct preset_named named = {0};
    AUTO(doc_free) struct doc *result = doc_object();
    AUTO(buf_free) struct buf text = buf_new(WORDS_MAX);
    struct doc *list = doc_array();
    doc_put(result, "places", list);
    if (preset_find_table(str_of(cli_arg(cli, 0)), &named, &err) ||
        preset_rate(&named, str_of(at), language, &text, list, &err))
        return cli_fail(cli, &err);
    if (!cli_json(cli)) {
        (void)fputs(text.at, stdout);
        return EXIT_YES;
    }
    doc_put_text(result, "preset", named.preset->id);
    doc_put_text(result, "table", named.table->name);
    doc_put_bool(result, "official", false);
    cli_print(result);
    return EXIT_YES;
}

static int list_presets(const struct cli *cli)
{
    AUTO(doc_free) struct doc *result = doc_object();
    struct doc *list = doc_array();
    doc_put(result, "presets", list);
    for (size_t i = 0; preset_ids[i]; i++) {
        doc_push_text(list, preset_ids[i]);
        if (!cli_json(cli))
            (void)printf("%s\n", preset_ids[i]);
    }
    if (cli_json(cli))
        cli_print(result);
    return EXIT_YES;
}

// A whole preset, or a table of one.
static int show_preset(const struct cli *cli, enum language language)
{
    struct err err = {0};
    AUTO(preset_free) struct preset *preset = NULL;
    AUTO(preset_named_free) struct preset_named named = {0};
    AUTO(buf_free) struct buf text = buf_new(WORDS_MAX);
    AUTO(doc_free) struct doc *result = doc_object();
    const char *name = cli_arg(cli, 0);
    if (strchr(name, '/')) {
        if (preset_find_table(str_of(name), &named, &err))
            return cli_fail(cli, &err);
        preset_describe_table(&named, language, &text);
    } else {
        if (preset_open(str_of(name), &preset, &err))
            return cli_fail(cli, &err);
        preset_describe(preset, language, &text);
    }
    doc_put_text(result, "preset", name);
    doc_put_text(result, "text", text.at);
    if (cli_json(cli))
        cli_print(result);
    else
        (void)fputs(text.at, stdout);
    return EXIT_YES;
}

int verb_presets(const struct cli *cli)
{
    struct err err = {0};
    enum language language;
    const char *at = cli_value(cli, "at"), *word = cli_value(cli, "lang");
    if (cli_count(cli) == 0 && at) {
        (void)err_usage(&err, "--at needs a table, as vn-2021-18/heavy-rain");
        return cli_fail(cli, &err);
    }
    if (cli_count(cli) == 0)
        return list_presets(cli);
    if (language_read(word ? word : language_names[LANGUAGE_VI], &language, &err))
        return cli_fail(cli, &err);
    return at ? rate(cli, language, at) : show_preset(cli, language);
}
