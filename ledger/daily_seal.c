#include "ledger/daily_seal.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/qr.h"
#include "ledger/seal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SVG_BYTES_MAX = 4 << 20 };

static enum err_kind put(const char *folder, const char *date, const char *ending, struct str text,
                         struct err *err)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "checkpoint-%s.%s", date, ending);
    AUTO(mem_drop) char *path = file_join(folder, name);
    return file_write(path, text, 0644, err);
}

enum err_kind daily_seal_write(struct ledger *ledger, const char *folder, struct utc at,
                               struct daily_seal *out, struct err *err)
{
    AUTO(mem_drop) char *note = NULL;
    AUTO(buf_free) struct buf svg = buf_new(SVG_BYTES_MAX);
    struct civil day = date_of_days((at.s + VIETNAM_OFFSET_S) / DAY_S);
    struct checkpoint newest;
    if (seal_newest(ledger, &note, &newest, err))
        return err_of(err);
    const char *root = strchr(note, '\n');
    root = root ? strchr(root + 1, '\n') : NULL;
    int digits = root ? (int)strcspn(root + 1, "\n") : 0;
    (void)snprintf(out->date, sizeof(out->date), "%04d-%02d-%02d", day.year, day.month, day.day);
    (void)snprintf(out->sms, sizeof(out->sms), "gong %s %.60s: %" PRIu64 " %.*s", out->date,
                   newest.origin, newest.size, digits, root ? root + 1 : "");
    if (qr_svg(str_of(note), &svg, err) || file_make_folder(folder, 0755, err) ||
        put(folder, out->date, "txt", str_of(note), err) ||
        put(folder, out->date, "svg", buf_slice(&svg), err) ||
        put(folder, out->date, "sms", str_of(out->sms), err))
        return err_add(err, "writing the checkpoint of the day");
    return OK;
}
