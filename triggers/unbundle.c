#include "triggers/unbundle.h"

#include "core/file.h"
#include "core/mem.h"
#include "triggers/parcel.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A folder for the raw files.
struct folder {
    char at[40]; // "" before it is there
};

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void folder_free(struct folder *folder)
{
    if (folder->at[0])
        (void)nftw(folder->at, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static enum err_kind write_raws(const struct parcel_seen *seen, struct folder *folder,
                                struct err *err)
{
    (void)snprintf(folder->at, sizeof(folder->at), "/tmp/gong-bundle-XXXXXX");
    if (!mkdtemp(folder->at)) {
        folder->at[0] = '\0';
        return err_errno(err, ERR_LATER, "cannot make a folder in /tmp");
    }
    for (size_t i = 0; i < seen->files.count; i++) {
        const struct tar_file *file = &seen->files.at[i];
        if (strncmp(file->name, "raw/", 4) != 0 || strchr(file->name + 4, '/'))
            continue;
        AUTO(mem_drop) char *path = file_join(folder->at, file->name + 4);
        if (file_write(path, file->bytes, 0600, err))
            return err_of(err);
    }
    return OK;
}

// A text that is there twice: as a file, and in the receipt, where it is proved.
static enum err_kind check_same(const struct parcel_seen *seen, const char *name,
                                const struct doc *receipt, const char *key, struct err *err)
{
    struct str text = {0};
    if (parcel_need(seen, name, &text, err))
        return err_of(err);
    if (!str_is(text, doc_text(doc_get(receipt, key), "")))
        return err_set(err, ERR_REFUSED,
                       "the bundle does not hold: %s is not the text in its receipt", name);
    return OK;
}

// It is the log's, and as many witnesses cosigned it as are asked for: as those of the proofs.
static enum err_kind check_checkpoint(const struct parcel_seen *seen,
                                      const struct whole_check *check, struct err *err)
{
    struct str note = {0}, text = {0};
    struct checkpoint head;
    if (parcel_need(seen, "checkpoint", &note, err) ||
        quorum_open(check->quorum, check->key, note, &text, NULL, err) ||
        checkpoint_parse(text, &head, err))
        return err_add(err, "reading the checkpoint of the bundle");
    if (strcmp(head.origin, check->key->name) != 0)
        return err_set(err, ERR_REFUSED,
                       "the bundle does not hold: its checkpoint is that of another log, %s",
                       head.origin);
    return OK;
}

static enum err_kind check_one(const struct parcel_seen *seen, const struct whole_check *check,
                               struct receipt_report *report, struct err *err)
{
    AUTO(folder_free) struct folder folder = {""};
    AUTO(doc_free) struct doc *receipt = NULL;
    struct str json = {0};
    if (parcel_need(seen, "receipt.json", &json, err) ||
        doc_parse(json, "receipt.json", &receipt, err) ||
        check_same(seen, "policy.yaml", receipt, "policy_yaml", err) ||
        check_same(seen, "sources.yaml", receipt, "sources_yaml", err) ||
        check_checkpoint(seen, check, err) || write_raws(seen, &folder, err))
        return err_of(err);
    return receipt_check(receipt, check->key, check->quorum, folder.at, report, err);
}

enum err_kind unbundle_check(struct str tar, const char *name, const struct whole_check *check,
                             struct unbundled *out, struct err *err)
{
    AUTO(parcel_seen_free) struct parcel_seen seen = {0};
    struct str entries;
    if (parcel_open(tar, name, check->key, &seen, err))
        return err_of(err);
    *out = (struct unbundled){.is_whole = parcel_find(&seen, "entries.jsonl", &entries),
                              .vouched = seen.vouched};
    return out->is_whole ? whole_verify(&seen, check, &out->whole, err)
                         : check_one(&seen, check, &out->receipt, err);
}
