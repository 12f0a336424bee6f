#include "core/cdf.h"
#include "core/mem.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

static unsigned sum_of(const unsigned char *at, size_t len)
{
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += at[i];
    return sum;
}

// Whatever a header says: every byte of every variable lies within the file.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const names[] = {"time", "time_bnds", "code", "rain", "cover", "lat", "a"};
    static const size_t sizes[] = {
        [CDF_CHAR] = 1, [CDF_SHORT] = 2, [CDF_INT] = 4, [CDF_DOUBLE] = 8};
    struct err err = {0};
    AUTO(cdf_close) struct cdf *file = NULL;
    if (cdf_parse((struct str){(const char *)bytes, len}, "input", &file, &err)) {
        assert(str_starts(str_of(err.text), "input is "));
        return 0;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct cdf_view *view = cdf_find(file, names[i]);
        struct str text = {"", 0};
        double number;
        if (!view)
            continue;
        size_t count = sizes[view->type];
        for (size_t k = view->records ? 1 : 0; k < view->dimensions; k++)
            count *= view->length[k];
        size_t records = view->records ? cdf_records(file) : 1;
        assert(count * (records ? 1 : 0) <= len);
        for (size_t r = 0; r < records && r < 1000; r++)
            (void)sum_of(view->at + r * view->stride, count);
        if (cdf_text(file, view, "units", &text))
            (void)sum_of((const unsigned char *)text.at, text.len);
        (void)cdf_number(file, view, "scale_factor", &number);
    }
    return 0;
}
