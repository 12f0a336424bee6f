// gong-channel: whether the ways out of the house are open.
#include "core/cli.h"
#include "core/mem.h"
#include "notify/channel.h"

#include <stdio.h>
#include <string.h>

// One channel: connects, authenticates, sends nothing.
static enum err_kind check(const struct site *site, const char *name, struct doc *report,
                           struct err *err)
{
    const struct channel *channel = NULL;
    if (channel_find(site, name, &channel, err))
        return err_of(err);
    doc_put_text(report, "driver", channel->driver);
    if (!channel->check)
        return err_set(err, ERR_MISSING, "driver %s of %s cannot be tried without sending",
                       channel->driver, name);
    return channel->check(site, report, err);
}

static void show(const struct cli *cli, const char *name, struct doc *report, const struct err *err)
{
    bool open = err->kind == OK;
    doc_put_bool(report, "open", open);
    if (!open)
        doc_put_text(report, "why", err->text);
    if (cli_json(cli))
        return;
    (void)printf("%-8s %s", name, open ? "open" : "shut");
    for (const char *key = NULL; (key = doc_next_key(report, key));) {
        const char *text = doc_text(doc_get(report, key), NULL);
        if (text && strcmp(key, "why") != 0)
            (void)printf("  %s %s", key, text);
    }
    (void)printf(open ? "\n" : ": %s\n", err->text);
}

static bool is_wanted(const struct cli *cli, const char *name)
{
    for (size_t i = 0; i < cli_count(cli); i++) {
        if (strcmp(cli_arg(cli, i), name) == 0)
            return true;
    }
    return cli_count(cli) == 0;
}

static int run_check(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(doc_free) struct doc *result = doc_object();
    size_t tried = 0, shut = 0;
    if (cli_site(cli, &site, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < cli_count(cli); i++) {
        const struct channel *channel = NULL;
        if (channel_find(site, cli_arg(cli, i), &channel, &err))
            return cli_fail(cli, &err);
    }
    for (size_t i = 0; *site_channel(i).at; i++) {
        struct channel_name name = site_channel(i);
        struct err why = {0};
        if (!is_wanted(cli, name.at) || strcmp(site_driver(site, name.at), "none") == 0)
            continue;
        struct doc *report = doc_object();
        tried++;
        shut += check(site, name.at, report, &why) != OK;
        show(cli, name.at, report, &why);
        doc_put(result, name.at, report);
    }
    if (cli_json(cli))
        cli_print(result);
    else if (tried == 0 && !cli_quiet(cli))
        (void)printf("no channel has a driver at this site\n");
    return shut ? EXIT_NO : EXIT_YES;
}

static const struct cli_verb verbs[] = {
    {.name = "check",
     .args = "[CHANNEL...]",
     .help = "connect to each carrier and authenticate, send nothing; exit 1 when one is shut",
     .example = "gong channel check sms --site mysite",
     .args_max = 16,
     .run = run_check},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-channel",
                                        .help = "The ways out of the house.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
