// Writes GRIB2 files in the layouts of the weather services, for tests: gribfile FILE MESSAGE...
// A message is "name=tp,centre=7,date=20240906,hour=0,start=0,end=3,value=2.5": further keys are
// member, level, and sign=1 (every second column is negative: the mean of a component is nothing,
// the speed is not). The grid is 0.25 degrees from 7 to 24 N, 101 to 115 E; fine=4: a fourth of
// that. "+" before a message puts it into the message before it, as another field. An index is
// written beside it, FILE.idx as wgrib2 -s does and FILE.index as ECMWF does. "cells=32": instead
// on a grid that it only names, as ICON's, where cell k has the value and k tenths.
#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/text.h"

#include <eccodes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDE = 57, HIGH = 69, BYTES_MAX = 64 << 20, SECTION_0 = 16, SECTIONS_LATER = 4 };

static void must(int status, const char *what)
{
    if (status == 0)
        return;
    (void)fprintf(stderr, "gribfile: %s: %s\n", what, codes_get_error_message(status));
    exit(1);
}

// The value of a key in the text of a message; false when it is not there.
static bool find(const char *message, const char *key, struct str *out)
{
    struct str rest = str_of(message), pair, name;
    while (str_take_field(&rest, ',', &pair)) {
        if (str_take_field(&pair, '=', &name) && str_is(name, key)) {
            *out = pair;
            return true;
        }
    }
    return false;
}

static int64_t whole(const char *message, const char *key, int64_t otherwise)
{
    struct str text;
    struct err err = {0};
    int64_t number = otherwise;
    if (find(message, key, &text) && num_whole(text, 0, 99999999, &number, &err))
        must(GRIB_INVALID_KEY_VALUE, key);
    return number;
}

static void set(codes_handle *handle, const char *key, long value)
{
    must(codes_set_long(handle, key, value), key);
}

// Columns, or rows, where each step is taken in so many.
static size_t finer(const char *message, size_t count)
{
    return (count - 1) * (size_t)whole(message, "fine", 1) + 1;
}

static void set_place(codes_handle *handle, const char *message)
{
    set(handle, "Ni", (long)finer(message, WIDE));
    set(handle, "Nj", (long)finer(message, HIGH));
    set(handle, "latitudeOfFirstGridPoint", 24000000);
    set(handle, "longitudeOfFirstGridPoint", 101000000);
    set(handle, "latitudeOfLastGridPoint", 7000000);
    set(handle, "longitudeOfLastGridPoint", 115000000);
    set(handle, "iDirectionIncrement", 250000 / (long)whole(message, "fine", 1));
    set(handle, "jDirectionIncrement", 250000 / (long)whole(message, "fine", 1));
}

static void set_cells(codes_handle *handle, size_t count, int64_t milli)
{
    enum { TEMPLATE_MESH = 101, BITS = 24 };
    static const unsigned char uuid[] = {0xa2, 0x7b, 0x8d, 0xe6, 0x18, 0xc4, 0x11, 0xe4,
                                         0x82, 0x0a, 0xb5, 0xb0, 0x98, 0xc6, 0xa5, 0xc0};
    size_t len = sizeof(uuid);
    AUTO(mem_drop) double *value = mem_new(count, sizeof(double));
    for (size_t k = 0; k < count; k++)
        value[k] = (double)milli / 1000 + (double)k / 10;
    set(handle, "gridDefinitionTemplateNumber", TEMPLATE_MESH);
    must(codes_set_bytes(handle, "uuidOfHGrid", uuid, &len), "uuidOfHGrid");
    set(handle, "bitsPerValue", BITS);
    must(codes_set_double_array(handle, "values", value, count), "values");
}

static void set_values(codes_handle *handle, const char *message)
{
    struct str text;
    struct err err = {0};
    int64_t milli = 0;
    if (find(message, "value", &text) && num_milli(text, &milli, &err))
        must(GRIB_INVALID_KEY_VALUE, "value");
    size_t cells = (size_t)whole(message, "cells", 0);
    if (cells) {
        set_cells(handle, cells, milli);
        return;
    }
    size_t wide = finer(message, WIDE), count = wide * finer(message, HIGH);
    AUTO(mem_drop) double *value = mem_new(count, sizeof(double));
    bool sign = whole(message, "sign", 0) == 1;
    for (size_t i = 0; i < count; i++)
        value[i] = (sign && i % wide % 2 ? -1 : 1) * (double)milli / 1000;
    set(handle, "bitsPerValue", 24);
    must(codes_set_double_array(handle, "values", value, count), "values");
}

static struct buf make(const char *message)
{
    codes_handle *handle = codes_grib_handle_new_from_samples(NULL, "regular_ll_sfc_grib2");
    struct str name = {"", 0};
    const void *bytes;
    size_t len;
    bool member = find(message, "member", &name), total = find(message, "start", &name);
    set(handle, "centre", (long)whole(message, "centre", 98));
    if (member || total)
        set(handle, "productDefinitionTemplateNumber", member ? (total ? 11 : 1) : 8);
    set_place(handle, message);
    set(handle, "dataDate", (long)whole(message, "date", 20240906));
    set(handle, "dataTime", (long)whole(message, "hour", 0) * 100);
    (void)find(message, "name", &name);
    AUTO(mem_drop) char *short_name = str_copy(name);
    must(codes_set_string(handle, "shortName", short_name, &name.len), "shortName");
    if (member) {
        set(handle, "perturbationNumber", (long)whole(message, "member", 0));
        set(handle, "numberOfForecastsInEnsemble", 50);
    }
    bool most = str_is(name, "VMAX_10M");
    if (total)
        set(handle, "typeOfStatisticalProcessing", most ? 2 : 1);
    if (total)
        set(handle, "startStep", (long)whole(message, "start", 0));
    set(handle, "endStep", (long)whole(message, "end", 0));
    set_values(handle, message);
    must(codes_get_message(handle, &bytes, &len), "the message");
    struct buf out = buf_new(BYTES_MAX);
    buf_add(&out, bytes, len);
    (void)codes_handle_delete(handle);
    return out;
}

static size_t section_len(const char *at)
{
    size_t len = 0;
    for (size_t i = 0; i < 4; i++)
        len = len << 8 | (unsigned char)at[i];
    return len;
}

// Puts the field of `more` behind that of `message`: its sections from 4 on, and a new length.
static void append_field(struct buf *message, const struct buf *more)
{
    size_t at = SECTION_0;
    while (at + 5 < more->len && more->at[at + 4] < SECTIONS_LATER)
        at += section_len(more->at + at);
    message->len -= 4;
    buf_add(message, more->at + at, more->len - at);
    for (size_t i = 0; i < 8; i++)
        message->at[SECTION_0 - 1 - i] = (char)((uint64_t)message->len >> (8 * i));
}

static void put_index(const char *text, size_t number, size_t offset, size_t len, struct buf *idx,
                      struct buf *index)
{
    static const char *const names[][2] = {
        {"tp", "APCP:surface"},
        {"gust", "GUST:surface"},
        {"10u", "UGRD:10 m above ground"},
        {"10v", "VGRD:10 m above ground"},
    };
    struct str name = {"", 0};
    const char *known = "OTHER:surface";
    (void)find(text, "name", &name);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        known = str_is(name, names[i][0]) ? names[i][1] : known;
    buf_print(idx, "%zu:%zu:d=2024090600:%s:fcst:\n", number, offset, known);
    buf_print(index,
              "{\"type\": \"pf\", \"param\": \"" STR_FMT
              "\", \"_offset\": %zu, \"_length\": %zu}\n",
              STR_ARG(name), offset, len);
}

static void write_beside(const char *path, const char *ending, const struct buf *bytes)
{
    struct err err = {0};
    AUTO(buf_free) struct buf name = buf_new(4096);
    buf_print(&name, "%s%s", path, ending);
    if (file_write(name.at, buf_slice(bytes), 0644, &err)) {
        (void)fprintf(stderr, "gribfile: %s\n", err.text);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    AUTO(buf_free) struct buf all = buf_new(BYTES_MAX);
    AUTO(buf_free) struct buf idx = buf_new(BYTES_MAX);
    AUTO(buf_free) struct buf index = buf_new(BYTES_MAX);
    if (argc < 3) {
        (void)fprintf(stderr, "gribfile FILE MESSAGE...\n");
        return 2;
    }
    for (int i = 2, last; i < argc; i = last) {
        AUTO(buf_free) struct buf message = make(argv[i]);
        for (last = i + 1; last < argc && argv[last][0] == '+'; last++) {
            AUTO(buf_free) struct buf more = make(argv[last] + 1);
            append_field(&message, &more);
        }
        for (int k = i; k < last; k++)
            put_index(argv[k] + (argv[k][0] == '+'), (size_t)i - 1, all.len, message.len, &idx,
                      &index);
        buf_add(&all, message.at, message.len);
    }
    write_beside(argv[1], "", &all);
    write_beside(argv[1], ".idx", &idx);
    write_beside(argv[1], ".index", &index);
    return 0;
}
