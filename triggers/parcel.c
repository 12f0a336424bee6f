#include "triggers/parcel.h"

#include "core/hash.h"
#include "core/mem.h"
#include "ledger/seal.h"

#include <stdio.h>
#include <string.h>

enum { SUMS_BYTES_MAX = 256 << 20, HEX_LEN = 64 };

static const char sums_name[] = "SHA256SUMS", note_name[] = "SHA256SUMS.note", purpose[] = "bundle";

void parcel_free(struct parcel *parcel)
{
    buf_free(&parcel->sums);
}

static void put(struct parcel *parcel, const char *name, struct str bytes)
{
    AUTO(buf_free) struct buf path = buf_new(TAR_NAME_SIZE);
    buf_print(&path, "%s/%s", parcel->folder, name);
    tar_add(parcel->tar, path.at, bytes, parcel->at);
}

void parcel_begin(struct parcel *parcel, struct buf *tar, const char *folder, struct utc at)
{
    *parcel = (struct parcel){.tar = tar, .sums = buf_new(SUMS_BYTES_MAX), .at = at};
    (void)snprintf(parcel->folder, sizeof(parcel->folder), "%s", folder);
}

void parcel_add(struct parcel *parcel, const char *name, struct str bytes)
{
    put(parcel, name, bytes);
    buf_print(&parcel->sums, "%s  %s\n", hash_hex(hash_of(bytes)).at, name);
}

enum err_kind parcel_end(struct parcel *parcel, const char *site_folder, struct err *err)
{
    AUTO(buf_free) struct buf note = buf_new(NOTE_BYTES_MAX);
    struct str sums = buf_slice(&parcel->sums);
    put(parcel, sums_name, sums);
    enum err_kind kind = seal_vouch(site_folder, purpose, hash_of(sums), &note, err);
    if (kind && kind != ERR_MISSING)
        return kind;
    if (!kind)
        put(parcel, note_name, buf_slice(&note));
    tar_end(parcel->tar);
    if (parcel->tar->full || parcel->sums.full)
        return err_set(err, ERR_INPUT,
                       "the bundle is over %zu MiB; take the receipt and the archive instead",
                       parcel->tar->max >> 20);
    return OK;
}

// --- opened

void parcel_seen_free(struct parcel_seen *seen)
{
    tar_files_free(&seen->files);
}

bool parcel_find(const struct parcel_seen *seen, const char *name, struct str *out)
{
    for (size_t i = 0; i < seen->files.count; i++) {
        if (strcmp(seen->files.at[i].name, name) == 0) {
            *out = seen->files.at[i].bytes;
            return true;
        }
    }
    return false;
}

enum err_kind parcel_need(const struct parcel_seen *seen, const char *name, struct str *out,
                          struct err *err)
{
    if (parcel_find(seen, name, out))
        return OK;
    return err_set(err, ERR_REFUSED, "the bundle does not hold: it has no %s", name);
}

static enum err_kind drop_folder(struct tar_files *files, const char *name, struct err *err)
{
    const char *slash = strchr(files->at[0].name, '/');
    size_t len = slash ? (size_t)(slash - files->at[0].name) + 1 : 0;
    char folder[TAR_NAME_SIZE];
    memcpy(folder, files->at[0].name, len);
    for (size_t i = 0; i < files->count; i++) {
        char *path = files->at[i].name;
        if (len == 0 || strncmp(path, folder, len) != 0 || !path[len])
            return err_set(err, ERR_INPUT, "%s: %s does not lie in the bundle's folder", name,
                           path);
        memmove(path, path + len, strlen(path + len) + 1);
    }
    return OK;
}

// One line "HEX  NAME" and the file next to be compared: both in the same order.
static enum err_kind check_sum(struct str line, const struct tar_file *file, struct err *err)
{
    struct hash_hex hex = hash_hex(hash_of(file->bytes));
    bool named = line.len > HEX_LEN + 2 &&
                 str_is((struct str){line.at + HEX_LEN + 2, line.len - HEX_LEN - 2}, file->name);
    if (!named)
        return err_set(err, ERR_REFUSED,
                       "the bundle does not hold: %s is not in its place in %s: a file was put in, "
                       "taken out or moved",
                       file->name, sums_name);
    if (!str_starts(line, hex.at))
        return err_set(err, ERR_REFUSED,
                       "the bundle does not hold: %s has other bytes than %s says", file->name,
                       sums_name);
    return OK;
}

static enum err_kind check_sums(const struct parcel_seen *seen, struct str sums, struct err *err)
{
    struct str line;
    for (size_t i = 0; i < seen->files.count; i++) {
        const struct tar_file *file = &seen->files.at[i];
        if (strcmp(file->name, sums_name) == 0 || strcmp(file->name, note_name) == 0)
            continue;
        if (!str_take_line(&sums, &line))
            return err_set(err, ERR_REFUSED, "the bundle does not hold: %s is not in %s",
                           file->name, sums_name);
        if (check_sum(line, file, err))
            return err_of(err);
    }
    if (str_take_line(&sums, &line))
        return err_set(err, ERR_REFUSED, "the bundle does not hold: a file is missing: " STR_FMT,
                       STR_ARG(line));
    return OK;
}

enum err_kind parcel_open(struct str tar, const char *name, const struct note_key *key,
                          struct parcel_seen *out, struct err *err)
{
    AUTO(parcel_seen_free) struct parcel_seen seen = {0};
    struct str sums = {0}, note = {0};
    if (tar_read(tar, name, &seen.files, err) || drop_folder(&seen.files, name, err) ||
        parcel_need(&seen, sums_name, &sums, err) || check_sums(&seen, sums, err))
        return err_of(err);
    seen.vouched = parcel_find(&seen, note_name, &note);
    if (seen.vouched && seal_vouched(note, key, purpose, hash_of(sums), err))
        return err_set(err, ERR_REFUSED,
                       "the bundle does not hold: %s was not signed by this log's key", note_name);
    *out = MOVE(seen);
    return OK;
}
