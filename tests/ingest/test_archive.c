#include "ingest/archive.h"

#include "core/file.h"
#include "tests/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// SHA-256 of "abc", FIPS 180-2 appendix B.1.
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void test_there_and_back(void **state)
{
    (void)state;
    struct err err = {0};
    struct hash hash, again;
    char folder[] = "/tmp/gong-test-XXXXXX";
    CHECK(mkdtemp(folder));
    CHECK_OK(archive_put(folder, STR("abc"), &hash, &err), err);
    CHECK_OK(archive_put(folder, STR("abc"), &again, &err), err);
    CHECK(hash_same(hash, again));
    CHECK_TEXT(hash_hex(hash).at, abc);
    AUTO(mem_drop) char *path = archive_path(folder, hash);
    CHECK_HAS(path, "/ba/ba7816bf");
    struct stat info;
    CHECK_INT(stat(path, &info), 0);
    CHECK_INT(info.st_mode & 0777, 0600);
    AUTO(buf_free) struct buf bytes = buf_new(100);
    buf_text(&bytes, "x");
    CHECK_OK(archive_get(folder, hash, &bytes, &err), err);
    CHECK_TEXT(bytes.at, "xabc");

    ROW("an empty file is kept as well");
    CHECK_OK(archive_put(folder, STR(""), &again, &err), err);
    buf_clear(&bytes);
    CHECK_OK(archive_get(folder, again, &bytes, &err), err);
    CHECK_INT(bytes.len, 0);

    ROW("other bytes under the name");
    CHECK_OK(file_write(path, STR("abd"), 0600, &err), err);
    buf_clear(&bytes);
    CHECK_INT(archive_get(folder, hash, &bytes, &err), ERR_BROKEN);
    CHECK_HAS(err.text, "holds other bytes than its name says");

    ROW("more bytes than there is room for");
    AUTO(buf_free) struct buf small = buf_new(2);
    CHECK_INT(archive_get(folder, hash, &small, &err), ERR_INPUT);

    ROW("bytes that are gone");
    CHECK_INT(unlink(path), 0);
    buf_clear(&bytes);
    CHECK_INT(archive_get(folder, hash, &bytes, &err), ERR_MISSING);

    ROW("a folder that cannot be written to");
    CHECK_INT(archive_put("/dev/null", STR("abc"), &hash, &err) != OK, 1);
    CHECK_HAS(err.text, "keeping 3 bytes in the archive");
}

static void test_copied(void **state)
{
    (void)state;
    struct err err = {0};
    struct hash hash, again;
    char folder[] = "/tmp/gong-test-XXXXXX";
    CHECK(mkdtemp(folder));
    CHECK_OK(archive_put(folder, STR("abc"), &hash, &err), err);
    AUTO(mem_drop) char *path = archive_path(folder, hash);
    ROW("an open file, wherever it stands, is copied and then taken in");
    AUTO(mem_drop) char *copy = NULL;
    int64_t size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_INT(lseek(fd, 2, SEEK_SET), 2);
    CHECK_INT(unlink(path), 0);
    CHECK_OK(archive_copy(folder, fd, &copy, &again, &size, &err), err);
    CHECK_INT(size, 3);
    CHECK_TEXT(hash_hex(again).at, abc);
    CHECK(!file_exists(path));
    CHECK_OK(archive_adopt(folder, copy, again, &err), err);
    CHECK(file_exists(path) && !file_exists(copy));
    CHECK_INT(close(fd), 0);

    ROW("what cannot be read leaves nothing behind");
    fd = open(folder, O_RDONLY | O_CLOEXEC);
    mem_free(&copy);
    CHECK_INT(archive_copy(folder, fd, &copy, &again, &size, &err), ERR_BROKEN);
    CHECK_HAS(err.text, "cannot read it");
    CHECK(!copy);
    CHECK_INT(close(fd), 0);
    AUTO(file_names_free) char **names = NULL;
    CHECK_OK(file_names(folder, &names, &err), err);
    CHECK(names[0] && !names[1]);
}

// An ended process, which nobody asked about yet, is there; one that was asked about is not.
static void test_left(void **state)
{
    (void)state;
    struct err err = {0};
    struct hash hash;
    int64_t size = 0;
    char folder[] = "/tmp/gong-test-XXXXXX";
    CHECK(mkdtemp(folder));
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    CHECK(child > 0);
    AUTO(buf_free) struct buf left = buf_new(200);
    AUTO(buf_free) struct buf held = buf_new(200);
    buf_print(&left, "%s/.coming-%ld", folder, (long)child);
    buf_print(&held, "%s/.coming-%ld", folder, (long)getppid());
    CHECK_OK(file_write(left.at, STR("half of"), 0600, &err), err);
    CHECK_OK(file_write(held.at, STR("half of"), 0600, &err), err);
    int fd = open(held.at, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    AUTO(mem_drop) char *before = NULL;
    AUTO(mem_drop) char *after = NULL;

    ROW("of processes that are there copies stay");
    CHECK_OK(archive_copy(folder, fd, &before, &hash, &size, &err), err);
    CHECK(file_exists(left.at) && file_exists(held.at));

    ROW("that of one that ended goes with the next copy");
    CHECK_INT(waitpid(child, NULL, 0), child);
    CHECK_OK(archive_copy(folder, fd, &after, &hash, &size, &err), err);
    CHECK(!file_exists(left.at) && file_exists(held.at) && file_exists(after));
    CHECK_INT(close(fd), 0);
}

TEST_MAIN(cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_copied),
          cmocka_unit_test(test_left))
