// What bzip2, gzip and zip wrote (Python's modules, made once by the test), unpacked; and damaged.
#include "ingest/unpack.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"
#include "tests/check.h"

#include <stdlib.h>

enum { SIZE = 300000, BYTES_MAX = 4 << 20 };

static char folder[] = "/tmp/gong-test-XXXXXX";

static const char script[] =
    "import bz2, gzip, zipfile, sys, os\n"
    "os.chdir(sys.argv[1])\n"
    "data = b''.join(b'%d rain\\n' % (i * i % 1013) for i in range(40000))[:300000]\n"
    "open('plain', 'wb').write(data)\n"
    "open('bz2', 'wb').write(bz2.compress(data))\n"
    "open('bz2-streams', 'wb').write(bz2.compress(data[:1000]) + bz2.compress(data[1000:]))\n"
    "open('gzip', 'wb').write(gzip.compress(data))\n"
    "def make(name, how, files):\n"
    "    with zipfile.ZipFile(name, 'w', how) as z:\n"
    "        for f in files: z.writestr(f, b'' if f.endswith('/') else data)\n"
    "make('zip', zipfile.ZIP_DEFLATED, ['bst_all.txt'])\n"
    "make('zip-stored', zipfile.ZIP_STORED, ['bst_all.txt'])\n"
    "make('zip-folder', zipfile.ZIP_DEFLATED, ['best/', 'best/bst_all.txt'])\n"
    "make('zip-two', zipfile.ZIP_DEFLATED, ['a.txt', 'b.txt'])\n"
    "make('zip-bzip2', zipfile.ZIP_BZIP2, ['a.txt'])\n"
    "make('zip-none', zipfile.ZIP_DEFLATED, [])\n"
    "open('bomb', 'wb').write(bz2.compress(bytes(1 << 30) + b'x'))\n";

static struct buf load(const char *name)
{
    struct err err = {0};
    struct buf bytes = buf_new(BYTES_MAX);
    AUTO(mem_drop) char *path = file_join(folder, name);
    CHECK_OK(file_read(path, &bytes, &err), err);
    return bytes;
}

static void test_whole(void **state)
{
    (void)state;
    static const char *const names[] = {"bz2", "bz2-streams", "gzip",
                                        "zip", "zip-stored",  "zip-folder"};
    AUTO(buf_free) struct buf plain = load("plain");
    CHECK_INT(plain.len, SIZE);
    CHECK(!unpack_is(plain.at, plain.len));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ROW(names[i]);
        struct err err = {0};
        AUTO(buf_free) struct buf packed = load(names[i]);
        AUTO(mem_drop) void *inside = NULL;
        size_t size = 0;
        CHECK(unpack_is(packed.at, packed.len));
        CHECK_OK(unpack(packed.at, packed.len, &inside, &size, &err), err);
        CHECK_INT(size, SIZE);
        CHECK_INT(memcmp(inside, plain.at, SIZE), 0);
    }
}

static const struct {
    const char *name, *file;
    size_t cut;
    size_t bend; // this byte is another; 0: none
    const char *says;
} refused_rows[] = {
    {"bzip2, cut off", "bz2", 100, 0, "the bzip2 file is cut off or damaged"},
    {"bzip2, bent", "bz2", 0, 3000, "the bzip2 file is cut off or damaged"},
    {"bzip2 with something behind it", "bz2-streams", 1, 0, "is cut off or damaged"},
    {"bzip2 of more than a GiB", "bomb", 0, 0, "the packed file holds more than 1073741824"},
    {"gzip, cut off", "gzip", 50, 0, "the "},
    {"gzip, bent", "gzip", 0, 3000, "the gzip file is cut off or damaged"},
    {"zip, cut off", "zip", 30, 0, "the zip archive is cut off or damaged"},
    {"zip, bent", "zip", 0, 3000, "the zip archive is cut off or damaged"},
    {"zip of stored bytes, bent", "zip-stored", 0, 3000, "is cut off or damaged"},
    {"zip with two files", "zip-two", 0, 0, "holds 2 files; one is wanted"},
    {"zip packed in another way", "zip-bzip2", 0, 0, "packed in an uncommon way"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused_rows); i++) {
        ROW(refused_rows[i].name);
        struct err err = {0};
        AUTO(buf_free) struct buf packed = load(refused_rows[i].file);
        void *inside = NULL;
        size_t size = 0;
        if (refused_rows[i].bend)
            packed.at[refused_rows[i].bend] ^= 0x10;
        CHECK_INT(unpack(packed.at, packed.len - refused_rows[i].cut, &inside, &size, &err),
                  ERR_INPUT);
        CHECK_HAS(err.text, refused_rows[i].says);
        CHECK(!inside);
    }
}

// Anything else gives a refusal, or the same bytes; the sanitizers say that nothing is overrun.
static void test_bent(void **state)
{
    (void)state;
    unsigned seed = 20261125;
    (void)printf("# seed %u\n", seed);
    static const char *const names[] = {"bz2", "gzip", "zip", "zip-stored", "zip-folder"};
    for (size_t i = 0; i < 300; i++) {
        struct err err = {0};
        AUTO(buf_free) struct buf packed = load(names[i % COUNT_OF(names)]);
        AUTO(mem_drop) void *inside = NULL;
        size_t size = 0;
        // At the head and the end, where lengths and places stand.
        size_t at = (size_t)rand_r(&seed) % 100;
        at = rand_r(&seed) % 2 ? at : packed.len - 1 - at;
        packed.at[at] = (char)rand_r(&seed);
        if (unpack_is(packed.at, packed.len) &&
            unpack(packed.at, packed.len, &inside, &size, &err) == OK)
            CHECK(inside != NULL);
    }
}

static int start(void **state)
{
    (void)state;
    struct err err = {0};
    int code = -1;
    if (!mkdtemp(folder))
        return -1;
    AUTO(buf_free) struct buf out = buf_new(1000);
    AUTO(buf_free) struct buf complaint = buf_new(10000);
    const char *const argv[] = {"/usr/bin/python3", "-c", script, folder, NULL};
    return proc_run(argv, -1, &(struct proc_limits){.output_bytes_max = 1000}, &out, &complaint,
                    &code, &err) ||
           code;
}

static int stop(void **state)
{
    (void)state;
    struct err err = {0};
    int code = -1;
    AUTO(buf_free) struct buf out = buf_new(1000);
    AUTO(buf_free) struct buf complaint = buf_new(1000);
    const char *const argv[] = {"/bin/rm", "-rf", folder, NULL};
    return proc_run(argv, -1, &(struct proc_limits){.output_bytes_max = 1000}, &out, &complaint,
                    &code, &err) ||
           code;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_bent)};
    return cmocka_run_group_tests(tests, start, stop);
}
