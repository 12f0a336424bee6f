// Whatever bytes come, an XML text is read or refused with a place; what was read is judged as CAP
// and as a bank file, and a finding has words.
#include "core/mem.h"
#include "core/xml.h"
#include "notify/bankfile.h"
#include "notify/cap_check.h"
#include "notify/pain.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

struct sums {
    size_t lines;
    int64_t total_vnd;
};

static enum err_kind take(void *self, const struct bank_line *line, struct err *err)
{
    struct sums *sums = self;
    (void)err;
    sums->lines++;
    assert(strlen(line->reference) < BANK_ID_MAX && strlen(line->file) < BANK_ID_MAX);
    assert(strlen(line->code) < sizeof(line->code) && strlen(line->reason) < sizeof(line->reason));
    assert(!line->has_amount || line->amount_vnd >= 0);
    return OK;
}

static void judge(const struct xml *xml)
{
    static const enum cap_rules rules[] = {CAP_FOREIGN, CAP_OURS};
    for (size_t r = 0; r < COUNT_OF(rules); r++) {
        struct cap_findings findings;
        cap_check(xml, rules[r], &findings);
        assert(findings.errors <= findings.count);
        for (size_t i = 0; i < findings.count && i < CAP_FINDINGS_MAX; i++)
            assert(findings.at[i].text[0]);
    }
    AUTO(buf_free) struct buf plain = buf_new(XML_BYTES_MAX);
    xml_print_plain(xml, &plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str text = {(const char *)bytes, len};
    struct err err = {0};
    struct sums sums = {0};
    struct bank_summary summary;
    AUTO(xml_free) struct xml *xml = NULL;
    enum err_kind kind = xml_parse(text, "fuzz.xml", &xml, &err);
    assert((kind == OK) == (xml != NULL));
    if (xml)
        judge(xml);
    else
        assert(err.text[0]);
    kind = bankfile_read(text, "fuzz.xml", take, &sums, &summary, &err);
    if (kind)
        assert(err.text[0]);
    else
        assert(summary.lines == sums.lines && summary.kind[0]);
    if (pain_check(text, "fuzz.xml", &err))
        assert(err.text[0]);
    return 0;
}
