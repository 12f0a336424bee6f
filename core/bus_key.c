#include "core/bus_key.h"

#include "core/file.h"
#include "core/mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 256 * 1024 };

bool bus_key_is_good(struct str text)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  ".-:+=^!/*?&<>()[]{}@%$#";
    if (text.len != BUS_KEY_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\0' || !strchr(letters, text.at[i]))
            return false;
    }
    return true;
}

bool bus_name_is_good(struct str text, size_t max)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "-_";
    if (text.len == 0 || text.len >= max)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\0' || !strchr(letters, text.at[i]))
            return false;
    }
    return true;
}

static enum err_kind check_mode(const char *path, mode_t forbidden, struct err *err)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return err_set(err, ERR_MISSING, "%s is not there; make it: gong keys make", path);
    if (status.st_mode & forbidden)
        return err_set(err, ERR_REFUSED, "%s is open to others; chmod 600 it", path);
    return OK;
}

// --- what one end holds
// ------------------------------------------------------------------------------

static bool take_key(struct str line, const char *word, char out[BUS_KEY_LEN + 1])
{
    size_t len = strlen(word);
    if (!str_starts(line, word) || line.len < len + 1 || line.at[len] != ' ')
        return false;
    struct str key = str_trim((struct str){line.at + len, line.len - len});
    if (!bus_key_is_good(key))
        return false;
    memcpy(out, key.at, BUS_KEY_LEN);
    out[BUS_KEY_LEN] = '\0';
    return true;
}

enum err_kind bus_key_load(const char *path, bool is_server, struct bus_key *out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    struct bus_key key = {0};
    if (check_mode(path, S_IRWXG | S_IRWXO, err) || file_read(path, &text, err))
        return err_of(err);
    struct str rest = buf_slice(&text), line;
    while (str_take_line(&rest, &line)) {
        bool known = line.len == 0 || take_key(line, "public", key.public_key) ||
                     take_key(line, "secret", key.secret_key) ||
                     take_key(line, "server", key.server_key);
        if (!known)
            return err_set(err, ERR_INPUT, "%s: a line is no key; make it anew: gong keys make",
                           path);
    }
    if (!*key.public_key || !*key.secret_key || (!is_server && !*key.server_key))
        return err_set(err, ERR_INPUT, "%s: a key is missing; make it anew: gong keys make", path);
    *out = key;
    return OK;
}

void bus_key_print(const struct bus_key *key, struct buf *out)
{
    buf_print(out, "public %s\nsecret %s\n", key->public_key, key->secret_key);
    if (*key->server_key)
        buf_print(out, "server %s\n", key->server_key);
}

// --- who may come in
// ---------------------------------------------------------------------------------

void bus_allow_free(struct bus_allow *allow)
{
    mem_free(&allow->at);
    allow->count = 0;
}

static bool take_allowed(struct str line, struct bus_allowed *out)
{
    struct str role, name, key;
    if (!str_take_field(&line, ' ', &role) || !str_take_field(&line, ' ', &name) ||
        !str_take_field(&line, ' ', &key) || line.len)
        return false;
    if (!bus_name_is_good(role, sizeof(out->role)) || !bus_name_is_good(name, sizeof(out->name)) ||
        !bus_key_is_good(key))
        return false;
    *out = (struct bus_allowed){0};
    memcpy(out->role, role.at, role.len);
    memcpy(out->name, name.at, name.len);
    memcpy(out->key, key.at, key.len);
    return true;
}

enum err_kind bus_allow_load(const char *path, struct bus_allow *out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    AUTO(bus_allow_free) struct bus_allow allow = {0};
    if (check_mode(path, S_IWGRP | S_IWOTH, err) || file_read(path, &text, err))
        return err_of(err);
    allow.at = mem_new(BUS_ALLOWED_MAX, sizeof(*allow.at));
    struct str rest = buf_slice(&text), line;
    for (int number = 1; str_take_line(&rest, &line); number++) {
        if (line.len == 0 || line.at[0] == '#')
            continue;
        if (allow.count == BUS_ALLOWED_MAX)
            return err_set(err, ERR_INPUT, "%s:%d: more than %d keys", path, number,
                           BUS_ALLOWED_MAX);
        if (!take_allowed(line, &allow.at[allow.count]))
            return err_set(err, ERR_INPUT,
                           "%s:%d: is not \"CHANNEL NAME KEY\"; nobody is let in until it is right",
                           path, number);
        allow.count++;
    }
    *out = MOVE(allow);
    return OK;
}

void bus_allow_print(const struct bus_allow *allow, struct buf *out)
{
    buf_text(out, "# Who may come in by TCP: CHANNEL NAME KEY. Read anew when it changes.\n");
    for (size_t i = 0; i < allow->count; i++)
        buf_print(out, "%s %s %s\n", allow->at[i].role, allow->at[i].name, allow->at[i].key);
}
