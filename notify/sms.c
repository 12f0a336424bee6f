#include "notify/sms.h"

#include "core/doc.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/phrase.h"
#include "core/site.h"
#include "core/sms_fit.h"
#include "notify/recipient.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 8192, MINUTE_MS = 60000, AGAIN_MS = 10 * MINUTE_MS };

struct sms_desk {
    struct people *people;
    struct phrase_book *phrases;
    struct sms_limits limits[CONTACT_CLASSES];
    int64_t quiet_from_h, quiet_to_h, per_day;
};

void sms_desk_close(struct sms_desk **desk)
{
    if (!*desk)
        return;
    people_close(&(*desk)->people);
    phrase_free(&(*desk)->phrases);
    mem_free(desk);
}

static enum sms_policy policy_of(const char *name)
{
    for (size_t i = 0; sms_policy_names[i]; i++) {
        if (strcmp(sms_policy_names[i], name) == 0)
            return (enum sms_policy)i;
    }
    return SMS_POLICY_AUTO;
}

enum err_kind sms_desk_open(const struct site *site, struct sms_desk **out, struct err *err)
{
    AUTO(sms_desk_close) struct sms_desk *desk = mem_new(1, sizeof(*desk));
    if (people_open(site_folder(site), LEDGER_WRITE, &desk->people, err) ||
        phrase_load_site(site_folder(site), &desk->phrases, err))
        return err_of(err);
    for (size_t i = 0; i < CONTACT_CLASSES; i++) {
        const char *setting = i == CONTACT_WARNING ? "sms_policy_warning" : "sms_policy";
        desk->limits[i].policy = policy_of(site_text(site, setting));
        desk->limits[i].parts_max = (size_t)site_whole(site, "sms_parts_max");
    }
    desk->quiet_from_h = site_whole(site, "quiet_from_h");
    desk->quiet_to_h = site_whole(site, "quiet_to_h");
    desk->per_day = site_whole(site, "service_per_day");
    *out = TAKE(desk);
    return OK;
}

struct people *sms_desk_people(struct sms_desk *desk)
{
    return desk->people;
}

const struct phrase_book *sms_desk_phrases(const struct sms_desk *desk)
{
    return desk->phrases;
}

void sms_letter_free(struct sms_letter *letter)
{
    buf_free(&letter->text);
}

void sms_settle(struct job *job, enum outcome outcome, int64_t after_ms, const char *why, ...)
{
    va_list values;
    va_start(values, why);
    (void)vsnprintf(job->why, sizeof(job->why), why, values);
    va_end(values);
    job->outcome = outcome;
    job->after_ms = after_ms;
}

// The kinds of bodies that gong makes, and what each is. What is none of them is not sent: nobody
// sells anything through gong.
static const struct {
    const char *kind;
    enum contact_class class;
    bool asked_for; // an answer to what a person sent just now: no hour is wrong for it
} kinds[] = {
    {"alert", CONTACT_WARNING, false},      {"cancel", CONTACT_WARNING, false}, // that it is over
    {"official", CONTACT_WARNING, false},   // of the authority, to an officer
    {"alarm", CONTACT_WARNING, false},      // to whoever runs gong: a source is silent
    {"checkpoint", CONTACT_SERVICE, false}, // of the ledger, to who keeps it
    {"test", CONTACT_SERVICE, true},        {"payout", CONTACT_SERVICE, false},
    {"question", CONTACT_SERVICE, false},   {"reply", CONTACT_SERVICE, true}};

// What only an advertisement has.
static bool is_mixed(const char *text)
{
    static const char *const signs[] = {"[QC]", "[AD]", "http://", "https://", "www."};
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (strcasestr(text, signs[i]))
            return true;
    }
    return false;
}

// Milliseconds until the quiet hours end; 0 when it is none of them.
static int64_t quiet_ms(const struct sms_desk *desk, struct utc now)
{
    int64_t local_s = (now.s + VIETNAM_OFFSET_S) % DAY_S, hour = local_s / HOUR_S;
    int64_t from = desk->quiet_from_h, to = desk->quiet_to_h;
    bool quiet = from < to ? hour >= from && hour < to : from > to && (hour >= from || hour < to);
    if (!quiet)
        return 0;
    int64_t left_s = to * HOUR_S - local_s;
    return (left_s > 0 ? left_s : left_s + DAY_S) * 1000;
}

// The rules for what is no warning; settles the job when it must wait or may never go.
static enum err_kind keep_rules(struct sms_desk *desk, struct job *job, bool asked_for,
                                bool *may_go, struct err *err)
{
    int64_t sent = 0, wait_ms = quiet_ms(desk, job->note->at);
    struct utc yesterday = {job->note->at.s - DAY_S};
    *may_go = true;
    if (asked_for)
        return OK;
    if (contact_sent_since(desk->people, job->note->person, yesterday, &sent, err))
        return err_of(err);
    if (sent >= desk->per_day) {
        sms_settle(job, OUTCOME_PUT_OFF, wait_ms > AGAIN_MS ? wait_ms : AGAIN_MS,
                   "%d messages in 24 hours are enough for one person", (int)sent);
        *may_go = false;
    } else if (wait_ms > 0) {
        sms_settle(job, OUTCOME_PUT_OFF, wait_ms, "quiet hours");
        *may_go = false;
    }
    return OK;
}

// Whom it goes to, and whether they want it.
static enum err_kind find_person(struct sms_desk *desk, struct job *job, enum contact_class class,
                                 bool asked_for, struct person *person, bool *ready,
                                 struct err *err)
{
    bool out = false;
    struct err why = {0};
    *ready = false;
    enum err_kind kind = recipient_find(desk->people, job->note->person, person, &why);
    if (kind == ERR_REFUSED) {
        sms_settle(job, OUTCOME_REFUSED, 0, "%.150s", why.text);
        return OK;
    }
    if (kind) {
        *err = why;
        return kind;
    }
    if (contact_is_out(desk->people, job->note->person, class, &out, err))
        return err_of(err);
    if (out && !asked_for)
        sms_settle(job, OUTCOME_REFUSED, 0, "the person asked for no %s messages",
                   contact_class_names[class]);
    else if (!*person->phone)
        sms_settle(job, OUTCOME_REFUSED, 0, "the person has no phone");
    *ready = (!out || asked_for) && *person->phone;
    return OK;
}

// An authority's words, which may name its site: no advertisement of ours, and for officers only.
static bool is_official(const struct doc *body)
{
    return strcmp(doc_text(doc_get(body, "kind"), ""), "official") == 0;
}

static const char *text_in(const struct doc *body, const char *key, const char *language)
{
    return doc_text(doc_get(doc_get(body, key), language), NULL);
}

// As much of it as the route takes (core/sms_fit). What may be left out: what the commune was
// before, then the number of the official bulletin. The short text is in fewer languages than the
// whole one: of what was sent its language is told.
static enum err_kind fit_text(const struct sms_limits *limits, const struct doc *body,
                              const struct person *person, const char **language,
                              struct sms_letter *out, struct err *why)
{
    const char *whole_in = NULL, *brief_in = NULL;
    struct sms_texts texts = {
        .whole = recipient_text(body, "text", person->language, &whole_in),
        .brief = recipient_text(body, "short", person->language, &brief_in),
    };
    if (whole_in) {
        texts.optional[0] = text_in(body, "former", whole_in);
        texts.optional[1] = text_in(body, "bulletin", whole_in);
    }
    if (sms_fit(&texts, limits, &out->text, &out->fitted, why))
        return err_of(why);
    *language = out->fitted.said == SMS_SAID_BRIEF ? brief_in : whole_in;
    out->size = out->fitted.size;
    return OK;
}

static void write_text(const struct sms_desk *desk, const struct doc *body, struct job *job,
                       const struct person *person, struct sms_letter *out)
{
    struct err why = {0};
    const char *language = NULL;
    if (fit_text(&desk->limits[out->class], body, person, &language, out, &why)) {
        sms_settle(job, OUTCOME_REFUSED, 0, "%.190s", why.text);
        return;
    }
    if (!is_official(body) && is_mixed(out->text.at)) {
        sms_settle(job, OUTCOME_REFUSED, 0,
                   "the text has an advertising label or a link; neither is sent to farmers");
        return;
    }
    (void)snprintf(out->to, sizeof(out->to), "%s", person->phone);
    (void)snprintf(out->wanted, sizeof(out->wanted), "%s", person->language);
    (void)snprintf(out->used, sizeof(out->used), "%.7s", language);
}

enum err_kind sms_write(struct sms_desk *desk, struct job *job, struct sms_letter *out, bool *ready,
                        struct err *err)
{
    AUTO(doc_free) struct doc *body = NULL;
    struct person person;
    struct err why = {0};
    *out = (struct sms_letter){.text = buf_new(TEXT_BYTES_MAX)};
    *ready = false;
    if (doc_parse(job->note->body, "message body", &body, &why)) {
        sms_settle(job, OUTCOME_REFUSED, 0, "the message body is no JSON");
        return OK;
    }
    const char *kind = doc_text(doc_get(body, "kind"), "");
    size_t k = 0;
    while (k < COUNT_OF(kinds) && strcmp(kinds[k].kind, kind) != 0)
        k++;
    if (k == COUNT_OF(kinds)) {
        sms_settle(job, OUTCOME_REFUSED, 0, "gong sends no messages of kind \"%.40s\"", kind);
        return OK;
    }
    out->class = kinds[k].class;
    bool wanted, may_go = true;
    if (find_person(desk, job, out->class, kinds[k].asked_for, &person, &wanted, err) || !wanted)
        return err->kind;
    if (out->class != CONTACT_WARNING && keep_rules(desk, job, kinds[k].asked_for, &may_go, err))
        return err_of(err);
    if (!may_go)
        return OK;
    write_text(desk, body, job, &person, out);
    *ready = *out->to; // settled by write_text otherwise
    return OK;
}

enum err_kind sms_done(struct sms_desk *desk, struct job *job, const struct sms_letter *letter,
                       const char *carrier, struct err *err)
{
    bool fell_back = strcmp(letter->wanted, letter->used) != 0;
    const char *said = sms_said_names[letter->fitted.said];
    sms_settle(job, OUTCOME_DONE, 0, "%s: %s, %zu units, %zu part%s, %s%s%s%s%s%s%s", carrier,
               sms_coding_names[letter->size.coding], letter->size.units, letter->size.parts,
               letter->size.parts == 1 ? "" : "s", letter->used,
               fell_back ? ": no text yet in " : "", fell_back ? letter->wanted : "",
               *said ? "; " : "", said, letter->fitted.plain ? "; accents off" : "",
               letter->fitted.lost ? "; letters left out" : "");
    if (letter->class == CONTACT_WARNING)
        return OK;
    return contact_note_sent(desk->people, job->note->person, job->note->at, err);
}

struct sms_part_name sms_part_name(const struct job *job, size_t part)
{
    struct sms_part_name name;
    struct hash_hex hex = hash_hex(hash_of(str_of(job->note->key)));
    (void)snprintf(name.at, sizeof(name.at), "%.16s-%" PRId64 "-%zu", hex.at, job->note->attempt,
                   part);
    return name;
}
