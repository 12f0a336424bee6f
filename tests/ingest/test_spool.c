// What is fetched while the power may go: cuts and ended programs after each file made, written,
// synced or named by three files that come, one after the other. Whatever is left, nothing stands
// in the archive in part; what was acknowledged is there; and no byte is asked for again once the
// note with the hash was on the disk. GONG_SEED replays; GONG_STATES asks for more.
#include "tests/ledger/folder.h"

#include "core/file.h"
#include "ingest/archive.h"
#include "ingest/spool.h"
#include "tests/ledger/place.h"

enum { FILES = 3, BYTES = 3000, STATES = SANITIZED ? 600 : 3000, SEED = 20261126, BOOT_MAX = 64 };
static const char *const urls[FILES] = {"http://a/1", "http://a/2", "http://a/3"};

struct life {
    char archive[64], left[80];
    char bytes[FILES][BYTES];
    struct hash hash[FILES];
    size_t noted[FILES], acknowledged[FILES]; // when the log had so many ops
};

static void remove_all(const char *path)
{
    (void)nftw(path, place_remove, 16, FTW_DEPTH | FTW_PHYS);
}

// In two pieces, as the network brings them.
static void bring(const struct life *life, const char *archive, size_t f)
{
    struct err err = {0};
    struct hash hash;
    AUTO(spool_free) struct spool *spool = NULL;
    static const struct spool_note note = {.etag = "\"1\"", .modified_s = -1, .length = BYTES};
    CHECK_OK(spool_open(archive, "rain", urls[f], &spool, &err), err);
    if (spool_is_whole(spool, &hash)) {
        CHECK(hash_same(hash, life->hash[f]));
        return;
    }
    CHECK_OK(spool_restart(spool, &note, &err), err);
    CHECK_OK(spool_add(spool, life->bytes[f], BYTES / 2, &err), err);
    CHECK_OK(spool_add(spool, life->bytes[f] + BYTES / 2, BYTES / 2, &err), err);
    CHECK_OK(spool_finish(spool, &hash, &err), err);
    CHECK(hash_same(hash, life->hash[f]));
}

static void begin(struct life *life)
{
    *life = (struct life){.archive = "/dev/shm/gong-spool-XXXXXX"};
    CHECK(mkdtemp(life->archive) != NULL);
    (void)snprintf(life->left, sizeof(life->left), "%s-left", life->archive);
    for (size_t f = 0; f < FILES; f++) {
        for (size_t i = 0; i < BYTES; i++)
            life->bytes[f][i] = (char)(i * (f + 3) + i / 256);
        life->hash[f] = hash_of((struct str){life->bytes[f], BYTES});
    }
    folder.root = life->archive;
}

static void live(struct life *life)
{
    for (size_t f = 0; f < FILES; f++) {
        size_t from = folder.count;
        bool seen = false; // the note's own folder
        bring(life, life->archive, f);
        life->acknowledged[f] = folder.count;
        for (size_t i = from; i < folder.count; i++) {
            const struct folder_op *op = &folder.op[i];
            if (op->kind != FOLDER_SYNC_NAMES)
                continue;
            seen = seen || strcmp(op->path, "incoming") == 0;
            if (seen && !op->path[0] && !life->noted[f])
                life->noted[f] = i + 1;
        }
        ROW(urls[f]);
        CHECK(life->noted[f] > from && life->noted[f] < life->acknowledged[f]);
    }
    folder.root = NULL;
}

static void end(struct life *life)
{
    remove_all(life->archive);
    folder_forget();
}

// --- what is left

// The machine started again: notes are of another boot.
static void start_again(const char *left)
{
    struct err err = {0};
    AUTO(buf_free) struct buf boot = buf_new(BOOT_MAX);
    AUTO(mem_drop) char *incoming = file_join(left, "incoming");
    AUTO(file_names_free) char **names = NULL;
    CHECK_OK(file_read("/proc/sys/kernel/random/boot_id", &boot, &err), err);
    boot.at[30] = '\0';
    if (file_names(incoming, &names, &err)) // there is none
        return;
    for (size_t i = 0; names[i]; i++) {
        AUTO(mem_drop) char *path = file_join(incoming, names[i]);
        AUTO(buf_free) struct buf note = buf_new(BYTES * 2);
        if (!str_ends(str_of(names[i]), ".json"))
            continue;
        CHECK_OK(file_read(path, &note, &err), err);
        char *at = note.len ? strstr(note.at, boot.at) : NULL;
        if (!at)
            continue;
        *at = 'x';
        CHECK_OK(file_write(path, buf_slice(&note), 0600, &err), err);
    }
}

// NULL, or what is wrong with a file.
static const char *wrong(const struct life *life, size_t f, size_t count)
{
    struct err err = {0};
    struct hash hash;
    AUTO(buf_free) struct buf bytes = buf_new(BYTES + 1);
    AUTO(spool_free) struct spool *spool = NULL;
    bool there = archive_size(life->left, life->hash[f]) >= 0;
    if (there && archive_get(life->left, life->hash[f], &bytes, &err))
        return "it is in the archive in part";
    if (!there && life->acknowledged[f] <= count)
        return "it was acknowledged and is lost";
    CHECK_OK(spool_open(life->left, "rain", urls[f], &spool, &err), err);
    if (!spool_is_whole(spool, &hash))
        return life->noted[f] <= count ? "it is fetched again" : NULL;
    bytes.len = 0;
    return hash_same(hash, life->hash[f]) && archive_get(life->left, hash, &bytes, &err) == OK
               ? NULL
               : "another file is taken for it";
}

static uint64_t given(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

// Returns how many states have something wrong.
static uint64_t enumerate(const struct life *life, uint64_t states, bool fine, uint64_t *made)
{
    uint64_t seed = given("GONG_SEED", SEED), each = states / folder.count + 1, bad = 0;
    struct folder_state *state = mem_new(1, sizeof(*state));
    state->image = mem_new((size_t)folder.files, sizeof(*state->image));
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    for (uint64_t n = 0; n < each * folder.count; n++, ++*made) {
        size_t count = n / each + 1;
        uint64_t dice = seed + n;
        const char *what = NULL;
        char row[80];
        (void)snprintf(row, sizeof(row), "after op %zu of %zu, state %llu", count, folder.count,
                       (unsigned long long)(n % each));
        ROW(row);
        CHECK_INT(mkdir(life->left, 0700), 0);
        folder_state(count, n % each == 0, &dice, state);
        folder_put(life->left, state);
        if (n % each)
            start_again(life->left);
        for (size_t f = 0; f < FILES && !what; f++)
            what = wrong(life, f, count);
        if (what && fine)
            CHECK_FAILED("%s", what);
        bad += what != NULL;
        for (size_t f = 0; f < FILES && fine; f++) // and it goes on
            bring(life, life->left, f);
        remove_all(life->left);
    }
    for (int i = 0; i < folder.files; i++)
        mem_free(&state->image[i].at);
    mem_free(&state->image);
    mem_free(&state);
    return bad;
}

static void nothing_is_lost_nor_fetched_again(void **unused)
{
    (void)unused;
    struct life life;
    uint64_t made = 0, states = given("GONG_STATES", STATES);
    begin(&life);
    live(&life);
    CHECK_INT(enumerate(&life, states, true, &made), 0);
    (void)printf("# crash states of fetched files: %llu, of %zu calls; 0 in part, 0 acknowledged "
                 "and lost, 0 verified and fetched again\n",
                 (unsigned long long)made, folder.count);
    CHECK(made >= states);
    end(&life);
}

// Bytes of which a note of a whole part says another hash are nothing to go on from.
static void other_bytes_than_noted_are_dropped(void **unused)
{
    (void)unused;
    struct life life;
    struct err err = {0};
    struct hash hash;
    AUTO(mem_drop) char *part = NULL;
    AUTO(spool_free) struct spool *spool = NULL;
    begin(&life);
    folder.root = NULL;
    bring(&life, life.archive, 0);
    AUTO(mem_drop) char *kept = archive_path(life.archive, life.hash[0]);
    CHECK_OK(spool_open(life.archive, "rain", urls[0], &spool, &err), err);
    part = mem_text(spool_path(spool));
    spool_free(&spool);
    for (int i = 0; i < 2; i++) { // the second time nothing is left of the note
        ROW(i ? "and the note is gone" : "a part of other bytes");
        (void)unlink(kept);
        CHECK_OK(file_write(part, (struct str){life.bytes[1], BYTES / 2}, 0600, &err), err);
        CHECK_OK(spool_open(life.archive, "rain", urls[0], &spool, &err), err);
        CHECK(!spool_is_whole(spool, &hash));
        CHECK(spool_note(spool) == NULL);
        CHECK_INT(spool_size(spool), 0);
        spool_free(&spool);
    }
    bring(&life, life.archive, 0);
    CHECK_INT(archive_size(life.archive, life.hash[0]), BYTES);
    end(&life);
}

static void what_is_not_synced_is_found_out(void **unused)
{
    (void)unused;
    struct life life;
    uint64_t made = 0;
    begin(&life);
    folder.no_sync_of_files = true;
    live(&life);
    uint64_t bad = enumerate(&life, 300, false, &made);
    (void)printf("# bytes that are not synced: of %llu states %llu are wrong\n",
                 (unsigned long long)made, (unsigned long long)bad);
    CHECK(bad > made / 20);
    end(&life);
}

TEST_MAIN(cmocka_unit_test(nothing_is_lost_nor_fetched_again),
          cmocka_unit_test(other_bytes_than_noted_are_dropped),
          cmocka_unit_test(what_is_not_synced_is_found_out))
