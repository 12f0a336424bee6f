#include "notify/telco.h"

#include "core/date.h"
#include "core/doc.h"
#include "core/mem.h"
#include "core/site.h"
#include "core/sms.h"
#include "ledger/subscriber.h"
#include "notify/protocol.h"

#include <inttypes.h>

enum { TEXT_MAX = 160 };

enum err_kind telco_ready(const struct site *site, struct err *err)
{
    static const char *const needed[] = {"telco_signatory", "telco_phone"};
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (!site_is_drill(site) && !*site_text(site, needed[i]))
            return err_set(err, ERR_INPUT, "%s is empty; write it into gong.yaml", needed[i]);
    }
    return OK;
}

static const char *local(const struct doc *body, const char *key, struct utc_text *out)
{
    struct utc at;
    struct err ignored = {0};
    if (utc_parse(str_of(doc_text(doc_get(body, key), "")), &at, &ignored))
        return "";
    *out = utc_local_text(at);
    return out->at;
}

static void say_places(const struct doc *body, struct buf *text)
{
    const struct doc *list = doc_get(body, "communes");
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i);
        buf_print(text, "   %zu. %s (mã %s)\n", i + 1, doc_text(doc_get(one, "commune_name"), ""),
                  doc_text(doc_get(one, "commune"), ""));
    }
}

enum err_kind telco_form(const struct site *site, const struct note *note,
                         const struct subscriber *to, const struct doc *body, struct buf *subject,
                         struct buf *text, struct err *err)
{
    const char *said = doc_text(doc_get(doc_get(body, "short"), "vi"), NULL);
    const char *mark = doc_bool(doc_get(body, "drill"), true) ? "[DIỄN TẬP / DRILL] " : "";
    struct utc_text at = utc_local_text(note->at), from, till;
    if (!said)
        return err_set(err, ERR_INPUT, "the request has no text to be sent");
    struct sms_size size = sms_measure(str_of(said));
    if (size.coding != SMS_GSM7 || size.units > TEXT_MAX)
        return err_set(err, ERR_INPUT, "the text is no %d letters without accents", TEXT_MAX);
    buf_print(subject, "%sĐề nghị nhắn tin cảnh báo số %" PRIu64 " tới %s", mark, note->id, to->id);
    buf_print(text, "%sMẪU SỐ 01: ĐỀ NGHỊ NHẮN TIN CẢNH BÁO THIÊN TAI\n\n", mark);
    buf_print(text, "Số: %" PRIu64 "\nLúc: %s\n", note->id, at.at);
    buf_print(text, "Cơ quan đề nghị: %s\n", site_text(site, "telco_authority"));
    buf_print(text, "Nơi nhận: %s\n\n", to->id);
    buf_print(text, "1. Nội dung (không dấu, %zu/%d ký tự), gửi nguyên văn, miễn phí:\n\n   %s\n\n",
              size.units, TEXT_MAX, said);
    buf_text(text, "2. Thuê bao đang ở các xã, phường:\n");
    say_places(body, text);
    buf_print(text, "\n3. Hiệu lực: từ %s đến %s. Sau đó không gửi nữa.\n\n",
              local(body, "from", &from), local(body, "to", &till));
    buf_print(
        text,
        "4. Xác nhận: trong %" PRId64 " phút kể từ khi nhận, gọi %s và báo số %" PRIu64 ".\n\n",
        site_whole(site, "telco_confirm_min"),
        *site_text(site, "telco_phone") ? site_text(site, "telco_phone") : "(diễn tập)", note->id);
    buf_print(text, "Người ký: %s\n",
              *site_text(site, "telco_signatory") ? site_text(site, "telco_signatory")
                                                  : "(diễn tập)");
    return text->full ? err_set(err, ERR_INPUT, "the form is too long") : OK;
}
