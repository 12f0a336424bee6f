// gong-keys: who may work for a site from another machine.
#include "core/bus.h"
#include "core/bus_key.h"
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 256 * 1024 };

struct desk {
    struct site *site;
    struct bus_allow allow;
    char *allow_path, *server_path;
};

static void desk_close(struct desk *desk)
{
    bus_allow_free(&desk->allow);
    mem_free(&desk->allow_path);
    mem_free(&desk->server_path);
    site_free(&desk->site);
}

static enum err_kind desk_open(const struct cli *cli, struct desk *desk, struct err *err)
{
    if (cli_site(cli, &desk->site, err))
        return err_of(err);
    desk->allow_path = site_path(desk->site, "keys/allow");
    desk->server_path = site_path(desk->site, "keys/bus.server");
    desk->allow.at = NULL;
    return file_exists(desk->allow_path) ? bus_allow_load(desk->allow_path, &desk->allow, err) : OK;
}

static enum err_kind save_key(const char *path, const struct bus_key *key, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    bus_key_print(key, &text);
    return file_write(path, buf_slice(&text), 0600, err);
}

static enum err_kind save_allow(const struct desk *desk, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    bus_allow_print(&desk->allow, &text);
    return file_write(desk->allow_path, buf_slice(&text), 0600, err);
}

// The dispatcher's own key, made when there is none yet.
static enum err_kind server_key(const struct desk *desk, struct bus_key *out, struct err *err)
{
    AUTO(mem_drop) char *folder = site_path(desk->site, "keys");
    if (file_exists(desk->server_path))
        return bus_key_load(desk->server_path, true, out, err);
    bus_key_make(out);
    if (file_make_folder(folder, 0700, err) || save_key(desk->server_path, out, err))
        return err_of(err);
    return OK;
}

static enum err_kind check_request(const struct desk *desk, const char *channel, const char *name,
                                   struct err *err)
{
    bool follows = channel && str_starts(str_of(channel), "feed-") &&
                   bus_name_is_good(str_of(channel), BUS_ROLE_MAX);
    if (!channel || (!follows && !site_driver(desk->site, channel)))
        return err_usage(
            err, "--channel is needed: the channel that the key is for (feed-NAME to follow "
                 "the ledger)");
    if (!bus_name_is_good(str_of(name), BUS_NAME_MAX))
        return err_usage(err,
                         "\"%s\" is no name for a worker; write 1 to %d letters, digits, - and _",
                         name, BUS_NAME_MAX - 1);
    assert(desk->allow.at || desk->allow.count == 0);
    for (size_t i = 0; i < desk->allow.count; i++) {
        if (strcmp(desk->allow.at[i].name, name) == 0)
            return err_set(err, ERR_INPUT, "there is a worker %s already; gong keys drop %s first",
                           name, name);
    }
    if (desk->allow.count == BUS_ALLOWED_MAX)
        return err_set(err, ERR_INPUT, "a site has at most %d workers with keys", BUS_ALLOWED_MAX);
    return OK;
}

static void allow(struct desk *desk, const char *channel, const char *name, const char *key)
{
    if (!desk->allow.at)
        desk->allow.at = mem_new(BUS_ALLOWED_MAX, sizeof(*desk->allow.at));
    struct bus_allowed *one = &desk->allow.at[desk->allow.count++];
    *one = (struct bus_allowed){0};
    (void)snprintf(one->role, sizeof(one->role), "%s", channel);
    (void)snprintf(one->name, sizeof(one->name), "%s", name);
    (void)snprintf(one->key, sizeof(one->key), "%s", key);
}

// A key opens nothing where nobody listens.
static void say_where(const struct site *site)
{
    const char *address = site_text(site, "bus_listen");
    if (*address)
        (void)printf("it connects to %s\n", address);
    else
        (void)printf("nobody can connect yet: bus_listen is empty; write bus_listen: "
                     "tcp://HOST:PORT into gong.yaml\n");
}

static int run_make(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    struct bus_key server, worker;
    char name[BUS_NAME_MAX + 32];
    const char *channel = cli_value(cli, "channel");
    if (desk_open(cli, &desk, &err) || check_request(&desk, channel, cli_arg(cli, 0), &err) ||
        server_key(&desk, &server, &err))
        return cli_fail(cli, &err);
    (void)snprintf(name, sizeof(name), "keys/%s.worker", cli_arg(cli, 0));
    AUTO(mem_drop) char *path = site_path(desk.site, name);
    bus_key_make(&worker);
    memcpy(worker.server_key, server.public_key, sizeof(worker.server_key));
    allow(&desk, channel, cli_arg(cli, 0), worker.public_key);
    if (save_key(path, &worker, &err) || save_allow(&desk, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "channel", channel);
        doc_put_text(result, "file", path);
        doc_put_text(result, "public", worker.public_key);
        doc_put_text(result, "server", server.public_key);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("%s: move it to the worker's machine (0600), nobody else needs it\n", path);
        say_where(desk.site);
    }
    return EXIT_YES;
}

static int run_list(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    if (desk_open(cli, &desk, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < desk.allow.count; i++) {
        const struct bus_allowed *one = &desk.allow.at[i];
        struct doc *row = doc_object();
        doc_put_text(row, "channel", one->role);
        doc_put_text(row, "name", one->name);
        doc_put_text(row, "public", one->key);
        doc_push(list, row);
        if (!cli_json(cli))
            (void)printf("%-8s %-20s %s\n", one->role, one->name, one->key);
    }
    if (cli_json(cli))
        cli_print(list);
    else if (desk.allow.count == 0 && !cli_quiet(cli))
        (void)printf("nobody is let in by TCP\n");
    return EXIT_YES;
}

static int run_drop(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    char channel[BUS_ROLE_MAX] = "";
    if (desk_open(cli, &desk, &err))
        return cli_fail(cli, &err);
    size_t kept = 0, count = desk.allow.count;
    assert(desk.allow.at || count == 0);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(desk.allow.at[i].name, cli_arg(cli, 0)) != 0)
            desk.allow.at[kept++] = desk.allow.at[i];
        else
            text_copy(channel, sizeof(channel), desk.allow.at[i].role);
    }
    desk.allow.count = kept;
    if (kept == count)
        (void)err_set(&err, ERR_MISSING, "there is no worker %s; see gong keys list",
                      cli_arg(cli, 0));
    if (kept == count || save_allow(&desk, &err))
        return cli_fail(cli, &err);
    AUTO(doc_free) struct doc *result = doc_object();
    doc_put_text(result, "channel", channel);
    doc_put_text(result, "dropped", cli_arg(cli, 0));
    doc_put_int(result, "left", (int64_t)kept);
    if (cli_json(cli))
        cli_print(result);
    else if (!cli_quiet(cli))
        (void)printf("%s is let in no more for %s; %zu are left\n", cli_arg(cli, 0), channel, kept);
    return EXIT_YES;
}

static const struct cli_option make_options[] = {
    {"channel", "NAME",
     "the channel it may work for (sms, pay ...); feed-NAME to follow the ledger"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "make",
     .args = "NAME",
     .help = "make a key for a worker on another machine and let it in",
     .example = "gong keys make sms-hanoi --channel sms --site mysite",
     .options = make_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_make},
    {.name = "list",
     .args = "",
     .help = "whose keys are let in, and for which channel",
     .example = "gong keys list --site mysite",
     .run = run_list},
    {.name = "drop",
     .args = "NAME",
     .help = "let a worker in no more; one that is connected is given nothing more and not heard",
     .example = "gong keys drop sms-hanoi --site mysite",
     .args_min = 1,
     .args_max = 1,
     .run = run_drop},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-keys",
                                        .help = "Who may work for a site from another machine.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
