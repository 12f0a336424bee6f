// A backup that is interrupted: power cuts and ended programs after each file made, written, synced
// or named by three backups of a site that goes on, as in test_crash.c; and each of these calls,
// and each of SQLite's, failing once. Whatever is left, each backup that is there is whole: it is
// restored (every byte by its hash, then ledger and register) and has what the site had; each that
// was acknowledged is there; the next backup works, and nothing half-made lies about.
//
// GONG_SEED replays; GONG_STATES asks for more.
#include "tests/ledger/folder.h"

#include "core/file.h"
#include "ledger/access.h"
#include "ledger/backup.h"
#include "ledger/seal.h"
#include "tests/ledger/place.h"

enum { BACKUPS = 3, STATES = SANITIZED ? 300 : 1200, SEED = 20261126 };
static const char memory[] = "/dev/shm", lost_why[] = "a drill of what is left";

struct life {
    struct place site;
    char folder[64]; // of the backups
    struct backup_report made[BACKUPS];
    size_t acknowledged[BACKUPS]; // when the log had so many ops
};

static void remove_all(const char *path)
{
    (void)nftw(path, place_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const struct life *life, const char *name, const char *text)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(life->site.folder, name);
    AUTO(mem_drop) char *within = file_folder(path);
    CHECK_OK(file_make_folder(within, 0700, &err), err);
    CHECK_OK(file_write(path, str_of(text), 0600, &err), err);
}

// What a day brings: an entry, a checkpoint, a raw file; on the second also one who reads people.
static void a_day(struct life *life, int day)
{
    char text[40], name[HASH_HEX_SIZE + 20];
    bool made = false;
    struct err err = {0};
    (void)snprintf(text, sizeof(text), "rain of day %d", day);
    struct hash_hex hex = hash_hex(hash_of(str_of(text)));
    (void)snprintf(name, sizeof(name), "archive/%.2s/%s", hex.at, hex.at);
    write_file(life, name, text);
    (void)cause_of(&life->site);
    CHECK_OK(seal_make(life->site.ledger, (struct utc){day * DAY_S}, &made, &err), err);
    if (day == 1)
        CHECK_OK(access_record(life->site.people, (struct utc){0}, "x", "people show", "P-1", &err),
                 err);
}

static enum err_kind back_up(struct life *life, int day, struct err *err)
{
    struct utc at = {day * DAY_S};
    return backup_make(life->site.folder, life->folder, at, &life->made[day], err);
}

static void begin(struct life *life)
{
    struct err err = {0};
    *life = (struct life){.site = place_in(memory)};
    AUTO(mem_drop) char *keys = file_join(life->site.folder, "keys");
    CHECK_OK(file_make_folder(keys, 0700, &err), err);
    CHECK_OK(seal_key_create(life->site.folder, &err), err);
    write_file(life, "policies/rain.yaml", "id: rain\n");
    (void)snprintf(life->folder, sizeof(life->folder), "%s/gong-crash-XXXXXX", memory);
    CHECK(mkdtemp(life->folder) != NULL);
}

static void end(struct life *life)
{
    place_free(&life->site);
    remove_all(life->folder);
    folder_forget();
}

static void live(struct life *life)
{
    struct err err = {0};
    folder.root = life->folder;
    folder.skip = "/snapshots.";
    for (int day = 0; day < BACKUPS; day++) {
        a_day(life, day);
        CHECK_OK(back_up(life, day, &err), err);
        life->acknowledged[day] = folder.count;
    }
    folder.root = NULL;
}

// --- what is left

static int day_of(const struct life *life, const char *manifest)
{
    for (int day = 0; day < BACKUPS; day++) {
        if (strcmp(life->made[day].manifest, manifest) == 0)
            return day;
    }
    return -1;
}

static bool comes_back(const char *from, const char *manifest, const char *lost, int64_t *entries,
                       struct err *err)
{
    char site[200];
    AUTO(restore_report_free) struct restore_report report = {0};
    (void)snprintf(site, sizeof(site), "%s-back", from);
    struct restore restore = {.folder = from, .at = manifest, .site = site, .lost = lost};
    bool back = backup_restore(&restore, &report, err) == OK;
    *entries = report.entries;
    remove_all(site);
    return back;
}

// False when a backup is there in part, or one that was acknowledged is not there.
static bool is_whole(const struct life *life, const char *left, size_t count, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    bool there[BACKUPS] = {false}, whole = true;
    CHECK_OK(file_names(left, &names, err), *err);
    for (size_t i = 0; names[i]; i++) {
        int64_t entries = 0;
        if (!str_ends(str_of(names[i]), ".json"))
            continue;
        int day = day_of(life, names[i]);
        CHECK(day >= 0);
        there[day] = true;
        whole = whole && comes_back(left, names[i], lost_why, &entries, err) &&
                entries == life->made[day].entries;
    }
    for (int day = 0; day < BACKUPS; day++)
        whole = whole && (there[day] || life->acknowledged[day] > count);
    return whole;
}

// Of what is left in a folder nothing is half-made.
static void nothing_lies_about(const char *left)
{
    struct err err = {0};
    AUTO(file_names_free) char **names = NULL;
    CHECK_OK(file_names(left, &names, &err), err);
    for (size_t i = 0; names[i]; i++) {
        CHECK(strncmp(names[i], "snapshots.", 10) != 0);
        CHECK(!strstr(names[i], ".part"));
    }
}

static void the_next_one_works(struct life *life, const char *left)
{
    struct err err = {0};
    struct backup_report next = {0};
    int64_t entries = 0;
    char half[200];
    (void)snprintf(half, sizeof(half), "%s/snapshots.HALF12/keys", left);
    CHECK_OK(file_make_folder(half, 0700, &err), err);
    CHECK_OK(backup_make(life->site.folder, left, (struct utc){BACKUPS * DAY_S}, &next, &err), err);
    nothing_lies_about(left);
    CHECK(comes_back(left, next.manifest, NULL, &entries, &err));
    CHECK_INT(entries, next.entries);
}

static uint64_t wanted(const char *name, uint64_t otherwise)
{
    const char *given = getenv(name);
    return given ? strtoull(given, NULL, 10) : otherwise;
}

static void free_images(struct folder_state *state)
{
    for (int i = 0; i < folder.files; i++)
        mem_free(&state->image[i].at);
    mem_free(&state->image);
}

// Makes the states of a life; returns how many of them have a backup in part, or lack one.
static uint64_t enumerate(struct life *life, uint64_t states, bool goes_on, uint64_t *made)
{
    uint64_t seed = wanted("GONG_SEED", SEED), each = states / folder.count + 1, bad = 0;
    // State 0 is the one in which all reached the disk: of no use to who looks for what is lost.
    uint64_t first = goes_on ? 0 : 1;
    struct folder_state *state = mem_new(1, sizeof(*state));
    state->image = mem_new((size_t)folder.files, sizeof(*state->image));
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    for (size_t count = 1; count <= folder.count; count++) {
        for (uint64_t k = first; k < first + each; k++, ++*made) {
            uint64_t dice = seed + count * 1000 + k;
            struct err err = {0};
            char left[100], row[80];
            (void)snprintf(row, sizeof(row), "after op %zu of %zu, state %llu", count, folder.count,
                           (unsigned long long)k);
            ROW(row);
            (void)snprintf(left, sizeof(left), "%s-left", life->folder);
            CHECK_INT(mkdir(left, 0700), 0);
            folder_state(count, k == 0, &dice, state);
            folder_put(left, state);
            bool whole = is_whole(life, left, count, &err);
            if (!whole && goes_on)
                CHECK_FAILED("a backup in part, or none: %s", err.text);
            bad += !whole;
            if (goes_on && *made % 16 == 0)
                the_next_one_works(life, left);
            remove_all(left);
        }
    }
    free_images(state);
    mem_free(&state);
    return bad;
}

static void every_state_has_whole_backups(void **unused)
{
    (void)unused;
    struct life life;
    uint64_t made = 0, states = wanted("GONG_STATES", STATES);
    begin(&life);
    live(&life);
    CHECK_INT(enumerate(&life, states, true, &made), 0);
    (void)printf("# crash states of backups: %llu, of %zu calls; 0 in part, 0 acknowledged and "
                 "lost\n",
                 (unsigned long long)made, folder.count);
    CHECK(made >= states);
    end(&life);
}

static void what_is_not_synced_is_found_out(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        bool no_all, no_files;
    } rows[] = {
        {"names of new folders that are not synced", true, false},
        {"bytes that are not synced", true, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct life life;
        uint64_t made = 0;
        begin(&life);
        folder.no_sync_of_all = rows[i].no_all;
        folder.no_sync_of_files = rows[i].no_files;
        live(&life);
        uint64_t bad = enumerate(&life, 150, false, &made);
        (void)printf("# %s: of %llu states %llu are in part\n", rows[i].name,
                     (unsigned long long)made, (unsigned long long)bad);
        ROW(rows[i].name);
        CHECK(bad > made / 20);
        end(&life);
    }
}

// Without a word why entries are given up, an older backup is refused once a newer checkpoint lies
// beside it: the checkpoint comes before the manifest.
static void an_older_one_is_not_taken_for_the_newest(void **unused)
{
    (void)unused;
    struct life life;
    struct err err = {0};
    int64_t entries = 0;
    begin(&life);
    live(&life);
    CHECK(!comes_back(life.folder, life.made[0].manifest, NULL, &entries, &err));
    CHECK_HAS(err.text, "would be lost, and witnesses will refuse what comes instead");
    CHECK(comes_back(life.folder, life.made[BACKUPS - 1].manifest, NULL, &entries, &err));
    end(&life);
}

// Each call in turn fails, of the C library and of SQLite under the snapshots, until none is left.
static void a_call_that_fails_ends_it(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        bool sqlite;
        int code, sqlite_code;
    } rows[] = {
        {"no space", false, ENOSPC, 0},
        {"an I/O error", false, EIO, 0},
        {"no space under SQLite", true, 0, SQLITE_FULL},
        {"an I/O error under SQLite", true, 0, SQLITE_IOERR_WRITE},
    };
    int64_t failed = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct life life;
        disk_begin();
        begin(&life);
        a_day(&life, 0);
        for (int64_t n = 1, again = 1; again; n++) {
            struct err err = {0};
            char row[80];
            (void)snprintf(row, sizeof(row), "%s, call %lld", rows[i].name, (long long)n);
            ROW(row);
            folder.root = life.folder;
            folder.skip = "/snapshots.";
            folder.fail_at = rows[i].sqlite ? 0 : n;
            folder.fails = disk.fails = 1;
            folder.code = rows[i].code;
            folder.calls = disk.calls = 0;
            disk.fail_at = rows[i].sqlite ? n : 0;
            disk.code = rows[i].sqlite_code;
            again = back_up(&life, 0, &err) != OK;
            folder.root = NULL;
            disk.fail_at = 0;
            failed += again;
            life.acknowledged[0] = again ? SIZE_MAX : 0;
            life.acknowledged[1] = life.acknowledged[2] = SIZE_MAX;
            CHECK(!again || err.text[0]);
            if (again && life.made[0].manifest[0] == '\0') // the only name that it can have
                (void)snprintf(life.made[0].manifest, sizeof(life.made[0].manifest),
                               "19700101T000000Z.json");
            CHECK_OK(ledger_head(life.site.ledger, &life.made[0].entries, &life.made[0].root,
                                 &life.site.err),
                     life.site.err);
            CHECK(is_whole(&life, life.folder, 0, &err));
            nothing_lies_about(life.folder);
            remove_all(life.folder);
        }
        end(&life);
        disk_end();
    }
    (void)printf("# calls that failed: %lld, each said so, none left a backup in part\n",
                 (long long)failed);
    CHECK(failed > 40);
}

// A file; or a folder with one in it.
static void lay(const struct life *life, const char *name, bool is_folder)
{
    struct err err = {0};
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", life->folder, name);
    CHECK(!is_folder || mkdir(path, 0700) == 0);
    (void)snprintf(path, sizeof(path), "%s/%s%s", life->folder, name, is_folder ? "/within" : "");
    CHECK_OK(file_write(path, str_of("half"), 0600, &err), err);
}

// The folder may be one that others use: what has not the names of ours stays.
static void what_is_of_others_stays(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        bool folder, stays;
    } rows[] = {
        {"incoming.part", false, false},
        {"checkpoint.4711.part", false, false},
        {"20240909T000000Z.json.4711.part", false, false},
        {"snapshots.aZ09bc", true, false},
        {"film.mkv.part", false, true},
        {"drill.part", true, true},
        {"checkpoint.part", false, true},
        {"checkpoint..part", false, true},
        {"checkpoint.4712.part", true, true},
        {"checkpoint.of-mine.part", false, true},
        {"places.json.4711.part", false, true},
        {"20240909T000000Z.json.part", false, true},
        {"20240909T000000Z.json.4711.part.gz", false, true},
        {"20240909.json.4711.part", false, true},
        {"snapshots.aZ09bd", false, true},
        {"snapshots.2024-1", true, true},
        {"snapshots.of-rice", true, true},
    };
    struct life life;
    struct err err = {0};
    begin(&life);
    a_day(&life, 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        lay(&life, rows[i].name, rows[i].folder);
    CHECK_OK(back_up(&life, 0, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[200];
        ROW(rows[i].name);
        (void)snprintf(path, sizeof(path), "%s/%s%s", life.folder, rows[i].name,
                       rows[i].folder ? "/within" : "");
        CHECK_INT(file_exists(path), rows[i].stays);
    }
    end(&life);
}

TEST_MAIN(cmocka_unit_test(every_state_has_whole_backups),
          cmocka_unit_test(what_is_not_synced_is_found_out),
          cmocka_unit_test(an_older_one_is_not_taken_for_the_newest),
          cmocka_unit_test(a_call_that_fails_ends_it), cmocka_unit_test(what_is_of_others_stays))
