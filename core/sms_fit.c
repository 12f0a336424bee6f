#include "core/sms_fit.h"

#include "core/mem.h"

#include <string.h>

enum { TEXT_BYTES_MAX = 8192, TRIES_MAX = 1 + SMS_OPTIONAL_MAX, SEPTETS_MAX = 160 };

const char *const sms_said_names[] = {"", "without what may be left out", "the short text", NULL};

// The whole text, then what is left of it without one optional part after the other.
struct tries {
    struct buf text[TRIES_MAX];
    size_t count;
};

static void tries_free(struct tries *tries)
{
    for (size_t i = 0; i < TRIES_MAX; i++)
        buf_free(&tries->text[i]);
}

static void add_without(struct tries *tries, const char *part)
{
    struct str text = buf_slice(&tries->text[tries->count - 1]);
    const char *at =
        part && *part && text.len ? memmem(text.at, text.len, part, strlen(part)) : NULL;
    if (!at)
        return;
    struct buf *made = &tries->text[tries->count++];
    buf_add(made, text.at, (size_t)(at - text.at));
    at += strlen(part);
    buf_add(made, at, (size_t)(text.at + text.len - at));
}

static void tries_of(const struct sms_texts *texts, struct tries *out)
{
    *out = (struct tries){.count = 1};
    for (size_t i = 0; i < TRIES_MAX; i++)
        out->text[i] = buf_new(TEXT_BYTES_MAX);
    buf_text(&out->text[0], texts->whole);
    for (size_t i = 0; i < SMS_OPTIONAL_MAX; i++)
        add_without(out, texts->optional[i]);
}

// Accents off, and any letter that cannot be written so left out.
static enum err_kind prepare_plain(struct str text, const struct sms_limits *limits,
                                   struct buf *out, struct sms_fitted *fitted, struct err *err)
{
    AUTO(buf_free) struct buf plain = buf_new(TEXT_BYTES_MAX), lost = buf_new(TEXT_BYTES_MAX);
    bool one = limits->policy == SMS_POLICY_ASCII160;
    struct sms_limits ascii = {SMS_POLICY_ASCII, one ? 1 : limits->parts_max};
    sms_plain(text, &plain, &lost);
    if (str_trim(buf_slice(&plain)).len == 0)
        return err_set(err, ERR_INPUT, "no letter of the text can be written without accents");
    if (sms_prepare(buf_slice(&plain), &ascii, out, &fitted->size, err))
        return err_of(err);
    for (size_t i = 0; i < lost.len; i++)
        fitted->lost += ((unsigned char)lost.at[i] & 0xc0) != 0x80;
    fitted->plain = limits->policy == SMS_POLICY_UCS2;
    return OK;
}

static enum err_kind fit_whole(const struct sms_texts *texts, const struct sms_limits *limits,
                               struct buf *out, struct sms_fitted *fitted, struct err *err)
{
    AUTO(tries_free) struct tries tries;
    tries_of(texts, &tries);
    for (size_t i = 0; i < 2 * tries.count; i++) {
        struct err why = {0};
        size_t t = i < tries.count ? i : i - tries.count;
        struct str text = buf_slice(&tries.text[t]);
        fitted->said = t ? SMS_SAID_LESS : SMS_SAID_WHOLE;
        if (i < tries.count ? !sms_prepare(text, limits, out, &fitted->size, &why)
                            : !prepare_plain(text, limits, out, fitted, &why))
            return OK;
        if (i == 0)
            *err = why;
    }
    return err_of(err);
}

static enum err_kind fit_brief(const struct sms_texts *texts, const struct sms_limits *limits,
                               struct buf *out, struct sms_fitted *fitted, struct err *err)
{
    struct err ignored = {0};
    struct str text = str_of(texts->brief);
    fitted->said = SMS_SAID_BRIEF;
    if (!sms_prepare(text, limits, out, &fitted->size, err) ||
        !prepare_plain(text, limits, out, fitted, &ignored))
        return OK;
    return err_of(err);
}

enum err_kind sms_fit(const struct sms_texts *texts, const struct sms_limits *limits,
                      struct buf *out, struct sms_fitted *fitted, struct err *err)
{
    static enum err_kind (*const both[])(const struct sms_texts *, const struct sms_limits *,
                                         struct buf *, struct sms_fitted *,
                                         struct err *) = {fit_whole, fit_brief};
    bool brief_first = limits->policy == SMS_POLICY_ASCII160;
    struct err first = {0};
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        struct err why = {0};
        size_t which = brief_first ? 1 - i : i;
        if (!(which ? texts->brief : texts->whole))
            continue;
        *fitted = (struct sms_fitted){0};
        if (!both[which](texts, limits, out, fitted, &why))
            return OK;
        if (!first.kind)
            first = why;
    }
    if (!first.kind)
        return err_set(err, ERR_INPUT, "the message has no text");
    *err = first;
    return err_of(err);
}

static bool fits_one(struct str text, const char *end)
{
    AUTO(buf_free) struct buf whole = buf_new(TEXT_BYTES_MAX), plain = buf_new(TEXT_BYTES_MAX);
    AUTO(buf_free) struct buf lost = buf_new(TEXT_BYTES_MAX);
    buf_str(&whole, text);
    buf_text(&whole, end);
    sms_plain(buf_slice(&whole), &plain, &lost);
    return sms_measure(buf_slice(&plain)).units <= SEPTETS_MAX;
}

void sms_shorten(struct str text, struct buf *out)
{
    static const char left_out[] = "...";
    struct str kept = str_trim(text);
    if (kept.len > TEXT_BYTES_MAX / 2)
        kept.len = TEXT_BYTES_MAX / 2;
    if (kept.len == str_trim(text).len && fits_one(kept, "")) {
        buf_str(out, kept);
        return;
    }
    while (kept.len && !fits_one(kept, left_out)) {
        while (kept.len && kept.at[kept.len - 1] != ' ')
            kept.len--;
        kept = str_trim(kept);
    }
    buf_str(out, kept);
    buf_text(out, left_out);
}
