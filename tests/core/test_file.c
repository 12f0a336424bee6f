#include "core/file.h"

#include "core/hash.h"
#include "core/proc.h"
#include "core/site.h"
#include "tests/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/gong-test-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/rm", "-rf", folder, NULL};
    struct buf out = buf_new(1000), complaint = buf_new(1000);
    int code = -1;
    struct err err = {0};
    enum err_kind kind =
        proc_run(argv, -1, &(struct proc_limits){.wall_ms = 120000}, &out, &complaint, &code, &err);
    buf_free(&out);
    buf_free(&complaint);
    return kind == OK && code == 0 ? 0 : -1;
}

static void test_write_and_read(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(mem_drop) char *deep = file_join(folder, "a/b/c");
    CHECK_OK(file_make_folder(deep, 0700, &err), err);
    CHECK_OK(file_make_folder(deep, 0700, &err), err); // again is fine
    AUTO(mem_drop) char *path = file_join(deep, "x.txt");
    CHECK_OK(file_write(path, STR("first"), 0600, &err), err);
    CHECK_OK(file_write(path, STR("second"), 0600, &err), err);
    CHECK_OK(file_note(path, STR("third"), 0600, &err), err);
    CHECK_OK(file_note(path, STR("second"), 0600, &err), err);
    AUTO(buf_free) struct buf text = buf_new(100);
    CHECK_OK(file_read(path, &text, &err), err);
    CHECK_TEXT(text.at, "second");
    struct stat info;
    CHECK_INT(stat(path, &info), 0);
    CHECK_INT(info.st_mode & 0777, 0600);
    char **names = NULL;
    CHECK_OK(file_names(deep, &names, &err), err);
    CHECK(names[0] && strcmp(names[0], "x.txt") == 0 && !names[1]); // no part is left behind
    file_names_free(&names);
}

static void test_folder_of_a_path(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"policies/a.yaml", "policies"},
                                          {"a.yaml", "."},
                                          {"/a.yaml", "/"},
                                          {"/b/c/a.yaml", "/b/c"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ROW(rows[i][0]);
        AUTO(mem_drop) char *made = file_folder(rows[i][0]);
        CHECK_TEXT(made, rows[i][1]);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    {
        char own[] = "/tmp/gong-test-XXXXXX";
        struct err err = {0};
        AUTO(buf_free) struct buf text = buf_new(100);
        CHECK(mkdtemp(own) != NULL);
        AUTO(mem_drop) char *pipe = file_join(own, "pipe");
        CHECK_INT(mkfifo(pipe, 0600), 0);
        ROW("a pipe that nobody writes into is not waited for");
        CHECK_INT(file_read(pipe, &text, &err), ERR_INPUT);
        CHECK_HAS(err.text, "is a pipe or a device, not a file");
        CHECK_INT(file_read(own, &text, &err), ERR_INPUT);
        CHECK_HAS(err.text, "is a folder, not a file");
        CHECK(unlink(pipe) == 0 && rmdir(own) == 0);
    }
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(3);
    AUTO(mem_drop) char *none = file_join(folder, "none");
    CHECK_INT(file_read(none, &text, &err), ERR_MISSING);
    CHECK_HAS(err.text, "cannot open");
    AUTO(mem_drop) char *path = file_join(folder, "four");
    CHECK_OK(file_write(path, STR("1234"), 0600, &err), err);
    CHECK_INT(file_read(path, &text, &err), ERR_INPUT);
    CHECK_HAS(err.text, "larger than the limit of 3 bytes");
    AUTO(buf_free) struct buf more = buf_new(10);
    AUTO(mem_drop) char *link = file_join(folder, "link");
    CHECK_INT(symlink(path, link), 0);
    CHECK_OK(file_read(link, &more, &err), err);
    buf_clear(&more);
    CHECK_INT(file_read_itself(link, &more, &err), ERR_LATER);
    CHECK_HAS(err.text, "cannot open");
    CHECK_OK(file_read_itself(path, &more, &err), err);
    CHECK_TEXT(more.at, "1234");
    CHECK_INT(unlink(link), 0);
    CHECK(file_write("/proc/none/x", STR("1"), 0600, &err) != OK);
    CHECK_HAS(err.text, "cannot create /proc/none/x");
    CHECK_INT(file_write("/dev/full/x", STR("1"), 0600, &err), ERR_BROKEN);
}

static void test_child_is_confined(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf out = buf_new(1000);
    AUTO(buf_free) struct buf complaint = buf_new(1000);
    int code = -1;
    (void)setenv("GONG_SECRET", "key", 1);
    int leak = open("/dev/null", O_RDONLY); // not close-on-exec: a child could inherit it
    const struct proc_limits limits = {.cpu_s = 60, .wall_ms = 120000, .output_bytes_max = 1000};
    const char *const look[] = {
        "/bin/sh", "-c", "echo \"$GONG_SECRET.\"; ls /proc/self/fd | wc -l; ulimit -c", NULL};
    CHECK_OK(proc_run(look, -1, &limits, &out, &complaint, &code, &err), err);
    (void)close(leak);
    CHECK_INT(code, 0);
    CHECK_TEXT(out.at, ".\n4\n0\n"); // three standard ones and the one that ls opens

    buf_clear(&out);
    const char *const spin[] = {"/bin/sh", "-c", "while :; do :; done", NULL};
    const struct proc_limits short_limits = {.wall_ms = 200};
    CHECK_OK(proc_run(spin, -1, &short_limits, &out, &complaint, &code, &err), err);
    CHECK_INT(code, PROC_TOO_LONG);
    const struct proc_limits busy_limits = {.wall_ms = 120000, .cpu_s = 1};
    CHECK_OK(proc_run(spin, -1, &busy_limits, &out, &complaint, &code, &err), err);
    CHECK_INT(code, PROC_SIGNAL + SIGXCPU);
    const char *const killed[] = {"/bin/sh", "-c", "kill -KILL $$", NULL};
    CHECK_OK(proc_run(killed, -1, &limits, &out, &complaint, &code, &err), err);
    CHECK_INT(code, PROC_SIGNAL + SIGKILL);

    const char *const flood[] = {"/bin/sh", "-c", "while :; do echo xxxxxxxxxxxxxxxx; done", NULL};
    CHECK_OK(proc_run(flood, -1, &limits, &out, &complaint, &code, &err), err);
    CHECK_INT(code, PROC_TOO_MUCH);
    CHECK(out.full);

    const char *const none[] = {"/bin/no-such-program", NULL};
    CHECK_INT(proc_run(none, -1, &limits, &out, &complaint, &code, &err), ERR_LATER);
    CHECK_HAS(err.text, "cannot start /bin/no-such-program");
}

static void test_hash(void **state)
{
    (void)state;
    // FIPS 180-2 appendix B.1, published.
    struct hash hash = hash_of(STR("abc"));
    CHECK_TEXT(hash_hex(hash).at,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct hasher hasher = hasher_new();
    hasher_add(&hasher, "a", 1);
    hasher_add(&hasher, "bc", 2);
    CHECK(hash_same(hasher_end(&hasher), hash));
    struct err err = {0};
    struct hash back;
    CHECK_OK(hash_parse(str_of(hash_hex(hash).at), &back, &err), err);
    CHECK(hash_same(back, hash));
    CHECK_INT(hash_parse(STR("abc"), &back, &err), ERR_INPUT);
    CHECK_INT(hash_parse(STR("zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
                         &back, &err),
              ERR_INPUT);
}

static void write_settings(const char *text)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(folder, "gong.yaml");
    CHECK_OK(file_write(path, str_of(text), 0600, &err), err);
}

static void test_site(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    CHECK_INT(site_open("/tmp", &site, &err), ERR_MISSING);
    CHECK_HAS(err.text, "is no gong site");
    AUTO(buf_free) struct buf text = buf_new(10000);
    site_template(&text, "live", NULL, NULL);
    write_settings(text.at);
    CHECK_OK(site_open(folder, &site, &err), err); // what init writes is what open reads
    CHECK(!site_is_drill(site));
    CHECK_INT(site_whole(site, "credit"), 0); // as the driver likes
    CHECK_TEXT(site_text(site, "language"), "vi");
    CHECK_TEXT(site_driver(site, "sms"), "none"); // nobody is reached before somebody says how
    CHECK_TEXT(site_channel(0).at, "sms");
    CHECK_TEXT(site_channel(1).at, "pay");
    CHECK(site_driver(site, "fax") == NULL);
    static const struct {
        const char *name, *text, *error;
    } rows[] = {
        {"an unknown setting", "credits: 5\n",
         "gong.yaml:1:1: unknown key \"credits\"; did you mean \"credit\"?"},
        {"out of its limits", "credit: 5000\n",
         "gong.yaml:1:9: credit: 5000 is out of range; write 0 to 1000"},
        {"of another kind", "mode: [drill]\n", "gong.yaml:1:7: \"mode\" must be a single value"},
        {"not one of the choices", "mode: test\n", "\"test\" is not one of: drill live"},
        {"a decimal comma", "poll_s: 1,5\n", "use a point"},
        {"a driver of drills on a live site", "mode: live\nsms_driver: file\n",
         "gong.yaml:2:13: sms_driver: \"file\": it is for drills and reaches nobody, and this site "
         "is live; write one of: none"},
        {"a driver that is none", "mode: drill\npay_driver: cash\n",
         "pay_driver: \"cash\": there is no such driver; write one of: none file"},
        {"a password in the store", "store: postgresql://gong:secret@db/gong\n",
         "gong.yaml: store: a password stands in it; take it out"},
        {"a password among the store's parameters", "store: postgresql:///gong?password=x\n",
         "a password stands in it"},
        {"another store", "store: mysql://db/gong\n",
         "\"mysql://db/gong\" is none; write sqlite or postgresql://USER@HOST/DATABASE"},
        {"a schema that wants quotes", "store_schema: Gông\n", "write small letters, digits"},
        {"the data's clock on a live site", "mode: live\nclock: data\n",
         "clock: data is for drills"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        write_settings(rows[i].text);
        struct site *bad = NULL;
        CHECK_INT(site_open(folder, &bad, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].error);
    }
}

// A drill cannot reach anybody: each driver that does is refused when a drill's settings are read,
// and each that does not when a live site's are.
static void test_drivers_are_of_the_mode(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *live;
    } rows[] = {
        {"sms_driver", "kannel"}, {"sms_driver", "smpp"},     {"sms_driver", "http"},
        {"pay_driver", "gsma"},   {"pay_driver", "iso20022"}, {"pay_driver", "csv"},
        {"mail_driver", "smtp"},  {"webhook_driver", "http"}, {"mqtt_driver", "mqtt"},
        {"telco_driver", "smtp"},
    };
    size_t live_drivers = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = {0};
        AUTO(site_free) struct site *bad = NULL;
        AUTO(site_free) struct site *good = NULL;
        char text[200];
        ROW(rows[i].live);
        (void)snprintf(text, sizeof(text), "mode: drill\n%s: %s\n", rows[i].setting, rows[i].live);
        write_settings(text);
        CHECK_INT(site_open(folder, &bad, &err), ERR_INPUT);
        CHECK_HAS(err.text, "gong.yaml:2:");
        CHECK_HAS(err.text, rows[i].setting);
        CHECK_HAS(err.text, "it reaches people, and this site is a drill; write one of: none file");
        (void)snprintf(text, sizeof(text), "mode: live\n%s: file\n", rows[i].setting);
        write_settings(text);
        CHECK_INT(site_open(folder, &bad, &err), ERR_INPUT);
        CHECK_HAS(err.text, "it is for drills and reaches nobody, and this site is live");
        (void)snprintf(text, sizeof(text), "mode: live\n%s: %s\n", rows[i].setting, rows[i].live);
        write_settings(text);
        CHECK_OK(site_open(folder, &good, &err), err);
    }
    ROW("and these are all that reach anybody");
    for (size_t i = 0; site_settings[i].name; i++) {
        if (site_settings[i].type != SETTING_DRIVER)
            continue;
        struct str live = str_of(strchr(site_settings[i].choices, '|') + 1), word;
        while (str_take_field(&live, ' ', &word))
            live_drivers += word.len > 0;
    }
    CHECK_INT(live_drivers, COUNT_OF(rows));
}

static void test_secrets(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(mem_drop) char *keys = file_join(folder, "keys");
    AUTO(mem_drop) char *path = file_join(keys, "kannel");
    AUTO(buf_free) struct buf secret = buf_new(100);
    write_settings("mode: drill\n");
    CHECK_OK(site_open(folder, &site, &err), err);
    CHECK_OK(file_make_folder(keys, 0700, &err), err);
    CHECK_INT(site_secret(site, "kannel", &secret, &err), ERR_MISSING);
    CHECK_HAS(err.text, "keys/kannel is not there");
    CHECK_OK(file_write(path, STR("open sesame\n"), 0600, &err), err);
    CHECK_OK(site_secret(site, "kannel", &secret, &err), err);
    CHECK_TEXT(secret.at, "open sesame");
    ROW("others may read it");
    CHECK_OK(file_write(path, STR("open sesame\n"), 0640, &err), err);
    CHECK_INT(site_secret(site, "kannel", &secret, &err), ERR_REFUSED);
    CHECK_HAS(err.text, "chmod 600");
    ROW("nothing in it");
    CHECK_OK(file_write(path, STR("\n"), 0600, &err), err);
    CHECK_INT(site_secret(site, "kannel", &secret, &err), ERR_MISSING);
    CHECK_HAS(err.text, "is empty");
}

static void test_same(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(mem_drop)
    char *a = file_join(folder, "same-a"), *b = file_join(folder, "same-b"),
         *link_a = file_join(folder, "same-link"), *words = file_join(folder, "./same-a"),
         *more = file_join(folder, "./same-b");
    CHECK_OK(file_write(a, STR("a"), 0644, &err), err);
    CHECK_INT(symlink("same-a", link_a), 0);
    CHECK(file_same(a, a));
    CHECK(file_same(a, words));
    CHECK(file_same(link_a, a));
    ROW("not there yet");
    CHECK(!file_same(a, b));
    CHECK(file_same(b, more));
    CHECK(!file_same(b, link_a));
    ROW("in another folder");
    CHECK(!file_same("/tmp/same-b", b));
    ROW("another file of the same bytes");
    CHECK_OK(file_write(b, STR("a"), 0644, &err), err);
    CHECK(!file_same(a, b));
    ROW("a hard link");
    CHECK_INT(unlink(b), 0);
    CHECK_INT(link(a, b), 0);
    CHECK(file_same(a, b));
    CHECK_INT(unlink(a) + unlink(b) + unlink(link_a), 0);
}

static void test_devices(void **state)
{
    (void)state;
    struct err err = {0};
    struct stat status;
    AUTO(mem_drop) char *pipe = file_join(folder, "pipe"), *points = file_join(folder, "to-pipe");
    CHECK_INT(mkfifo(pipe, 0600), 0);
    CHECK_INT(symlink("pipe", points), 0);
    const char *const paths[] = {pipe, points, "/dev/null", "/dev/stdin", "/dev/full"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        ROW(paths[i]);
        CHECK_INT(file_may_be_replaced(paths[i], &err), ERR_INPUT);
        CHECK_HAS(err.text, "name a file");
    }
    CHECK_INT(file_write(pipe, STR("x"), 0644, &err), ERR_INPUT);
    CHECK_INT(file_note(points, STR("x"), 0644, &err), ERR_INPUT);
    CHECK_INT(stat(pipe, &status), 0);
    CHECK(S_ISFIFO(status.st_mode));
    ROW("what is not there, and a file");
    CHECK_INT(unlink(pipe) + unlink(points), 0);
    CHECK_OK(file_may_be_replaced(pipe, &err), err);
    CHECK_OK(file_write(pipe, STR("x"), 0644, &err), err);
    CHECK_OK(file_may_be_replaced(pipe, &err), err);
    CHECK_INT(unlink(pipe), 0);
}

static void test_owns(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool owns;
    } rows[] = {
        {"owns/ledger.db", true},
        {"owns/ledger.db-wal", true},
        {"owns/gong.yaml", true},
        {"owns/keys/log.key", true},
        {"owns/keys", true},
        {"owns/policies/a.yaml", true},
        {"owns/archive/ab/cd", true},
        {"owns/./policies/../people.db", true},
        {"owns/past.csv", false},
        {"owns/ledger.csv", false},
        {"owns/ledger.dbs", false},
        {"owns/reports/ledger.db", false},
        {"owns-link", true},
        {"nowhere/at/ledger.db", false},
        {"owns/inside/keys/x", false},
        {"owns/out-2026.csv", false},
        {"owns/archive-2026.tar", false},
        {"owns/people.db-shm", true},
    };
    struct err err = {0};
    AUTO(mem_drop)
    char *site = file_join(folder, "owns"), *keys = file_join(site, "keys"),
         *policies = file_join(site, "policies"), *archive = file_join(site, "archive"),
         *reports = file_join(site, "reports"), *settings = file_join(site, "gong.yaml"),
         *ledger = file_join(site, "ledger.db"), *points = file_join(folder, "owns-link");
    char *const folders[] = {site, keys, policies, archive, reports};
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        CHECK_INT(mkdir(folders[i], 0700), 0);
    AUTO(mem_drop) char *deep = file_join(archive, "ab");
    CHECK_INT(mkdir(deep, 0700), 0);
    CHECK_OK(file_write(ledger, STR("x"), 0600, &err), err);
    ROW("a folder without settings is no site");
    CHECK(!site_owns(ledger));
    CHECK_OK(file_write(settings, STR("mode: drill\n"), 0600, &err), err);
    CHECK_INT(symlink("owns/ledger.db", points), 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(mem_drop) char *path = file_join(folder, rows[i].name);
        ROW(rows[i].name);
        CHECK_INT(site_owns(path), rows[i].owns);
    }
    CHECK_INT(unlink(points) + unlink(ledger) + unlink(settings) + rmdir(deep), 0);
    for (size_t i = COUNT_OF(folders); i-- > 0;)
        CHECK_INT(rmdir(folders[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_folder_of_a_path),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_child_is_confined),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_site),
        cmocka_unit_test(test_owns),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_drivers_are_of_the_mode),
        cmocka_unit_test(test_secrets),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
