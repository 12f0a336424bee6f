#include "core/tar.h"

#include "core/mem.h"
#include "tests/check.h"

#include <stdio.h>
#include <string.h>

enum { TAR_MAX = 1 << 20, HEADER = 512, SIZE_FIELD = 124, TYPE_FIELD = 156, SUM_FIELD = 148 };

// Two files: "a/one" with three bytes, "a/two" with none.
static struct buf two(void)
{
    struct buf tar = buf_new(TAR_MAX);
    tar_add(&tar, "a/one", STR("abc"), (struct utc){0});
    tar_add(&tar, "a/two", STR(""), (struct utc){0});
    tar_end(&tar);
    return tar;
}

static void what_is_made_is_read(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf tar = two();
    AUTO(tar_files_free) struct tar_files files = {0};
    struct err err = {0};
    CHECK_OK(tar_read(buf_slice(&tar), "t", &files, &err), err);
    CHECK_INT(files.count, 2);
    CHECK_TEXT(files.at[0].name, "a/one");
    CHECK_INT(str_is(files.at[0].bytes, "abc"), 1);
    CHECK_TEXT(files.at[1].name, "a/two");
    CHECK_INT(files.at[1].bytes.len, 0);
}

// The header's sum, made again after a change.
static void sum_again(char *header)
{
    unsigned sum = 0;
    char text[8];
    memset(header + SUM_FIELD, ' ', sizeof(text));
    for (size_t i = 0; i < HEADER; i++)
        sum += (unsigned char)header[i];
    (void)snprintf(text, sizeof(text), "%06o", sum & 0777777);
    memcpy(header + SUM_FIELD, text, sizeof(text));
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t at;        // first byte that is changed
        const char *with; // "" nothing
        size_t cut;       // bytes that are left; 0: all
        const char *says;
    } rows[] = {
        {"nothing", 0, "", 1, "no tar file"},
        {"no end", 0, "", 2 * HEADER + HEADER, "its end is cut off"},
        {"a file that is cut off", SIZE_FIELD, "77777777777", 0, "a/one is cut off"},
        {"a size that is no number", SIZE_FIELD, "x", 0, "at byte 0 there is no tar header"},
        {"a name that leads upwards", 0, "../etc", 0, "\"../etc\", which leads elsewhere"},
        {"one that does within", 0, "a/../b", 0, "leads elsewhere"},
        {"one that begins at the top", 0, "/etc/x", 0, "leads elsewhere"},
        {"a link", TYPE_FIELD, "2", 0, "a/one is no regular file"},
        {"a folder", TYPE_FIELD, "5", 0, "no regular file"},
        {"a long name's other half", 345, "b", 0, "leads elsewhere"},
        {"a name twice", 0, "a/two", 0, "a/two is in it twice"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf tar = two();
        AUTO(tar_files_free) struct tar_files files = {0};
        struct err err = {0};
        memcpy(tar.at + rows[i].at, rows[i].with, strlen(rows[i].with));
        sum_again(tar.at);
        struct str bytes = buf_slice(&tar);
        if (rows[i].cut)
            bytes.len = rows[i].cut;
        CHECK_INT(tar_read(bytes, "t", &files, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
    }
}

// Every bit of a header but those of fields that nobody reads is found, or leaves all as it is.
static void a_bit_of_the_header_is_found(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < (size_t)HEADER * 8; bit++) {
        AUTO(buf_free) struct buf tar = two();
        AUTO(tar_files_free) struct tar_files files = {0};
        struct err err = {0};
        tar.at[bit / 8] = (char)(tar.at[bit / 8] ^ (1 << bit % 8));
        if (tar_read(buf_slice(&tar), "t", &files, &err) == OK) {
            CHECK_TEXT(files.at[0].name, "a/one");
            CHECK_INT(str_is(files.at[0].bytes, "abc"), 1);
        }
    }
}

TEST_MAIN(cmocka_unit_test(what_is_made_is_read), cmocka_unit_test(what_is_wrong_is_refused),
          cmocka_unit_test(a_bit_of_the_header_is_found))
