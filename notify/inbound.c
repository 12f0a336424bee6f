#include "notify/inbound.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/phrase.h"
#include "core/site.h"
#include "core/sms_fit.h"
#include "ledger/feedback.h"
#include "ledger/map.h"
#include "ledger/outbox.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    TEXT_BYTES_MAX = 8192,
    PEOPLE_MAX = 8,     // that share one phone
    REPLIES_A_DAY = 10, // to one number: a machine that answers our answers must end
    COMMUNES_MAX = 3,
    INDEXES_MAX = 2,
    LANE_REPLY = 1,         // before the notes of a person that wait for the morning
    REPLY_VALID_S = HOUR_S, // an answer that comes tomorrow is none
};

const char *const inbound_word_names[] = {"stop", "start", "rain", "yes", "no", "other", NULL};

struct inbound_desk {
    struct sms_desk *desk;
    struct ledger *ledger;
    struct map *map; // NULL: the site has none
    bool is_drill, stops_all;
};

void inbound_close(struct inbound_desk **desk)
{
    if (!*desk)
        return;
    ledger_close(&(*desk)->ledger);
    map_close(&(*desk)->map);
    mem_free(desk);
}

enum err_kind inbound_open(const struct site *site, struct sms_desk *sms, struct inbound_desk **out,
                           struct err *err)
{
    AUTO(inbound_close) struct inbound_desk *desk = mem_new(1, sizeof(*desk));
    struct err ignored = {0};
    desk->desk = sms;
    desk->is_drill = site_is_drill(site);
    desk->stops_all = strcmp(site_text(site, "stop_covers"), "all") == 0;
    if (ledger_open(site_folder(site), LEDGER_WRITE, &desk->ledger, err))
        return err_of(err);
    // Without names of communes their codes are said.
    if (map_open(site_folder(site), LEDGER_READ, &desk->map, &ignored))
        desk->map = NULL;
    *out = TAKE(desk);
    return OK;
}

// --- what is said
// -------------------------------------------------------------------------------------

static bool starts_with_words(const char *text, const char *words)
{
    size_t len = strlen(words);
    return strncmp(text, words, len) == 0 && !isalnum((unsigned char)text[len]);
}

enum { SPELLINGS = 8 };

// Words that without accents are others too, and how they are written with them: "Đúng" (right) and
// "Dũng" (a name) are no "Dừng" (stop), "Cô" (miss) is no "Có" (yes).
static const struct spelling {
    const char *plain, *accented[SPELLINGS];
} spellings[] = {
    {"DUNG", {"dừng", "Dừng", "DỪNG"}},
    {"HUY", {"hủy", "Hủy", "HỦY", "huỷ", "Huỷ", "HUỶ"}},
    {"CO", {"có", "Có", "CÓ"}},
    {"MUA", {"mưa", "Mưa", "MƯA"}},
};

// Whether the first word of a text, which is `plain` without accents, is that word: as it is
// written without any, or with those that it has.
static bool is_spelled(const char *text, const char *plain)
{
    if (strncasecmp(text, plain, strlen(plain)) == 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        if (strcmp(spellings[i].plain, plain) != 0)
            continue;
        for (size_t k = 0; k < SPELLINGS && spellings[i].accented[k]; k++) {
            const char *accented = spellings[i].accented[k];
            if (strncmp(text, accented, strlen(accented)) == 0)
                return true;
        }
        return false;
    }
    return true;
}

// Where the first word begins, behind blanks, quotation marks and the like, of ours or of a
// telephone's own accord.
static const char *first_word(const char *text)
{
    static const char *const before[] = {"\u00a0", "\u201c", "\u201d", "\u2018",
                                         "\u2019", "\u00ab", "\u2026"};
    for (;;) {
        const char *from = text;
        text += strspn(text, " .,:;!\"'([\t\n\r");
        for (size_t i = 0; i < COUNT_OF(before); i++)
            text += strncmp(text, before[i], strlen(before[i])) == 0 ? strlen(before[i]) : 0;
        if (text == from)
            return text;
    }
}

// Behind "Dạ", which politeness puts before an answer and which says nothing by itself.
static const char *behind_politeness(const char *text)
{
    static const char *const polite[] = {"dạ", "Dạ", "DẠ", "da", "Da", "DA"};
    for (size_t i = 0; i < COUNT_OF(polite); i++) {
        const char *rest = text + strlen(polite[i]);
        if (strncmp(text, polite[i], strlen(polite[i])) == 0 && (*rest == ' ' || *rest == ','))
            return first_word(rest);
    }
    return text;
}

static const char *last_word(const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && !isalnum((unsigned char)text[len - 1]))
        len--;
    while (len > 0 && isalnum((unsigned char)text[len - 1]))
        len--;
    return text + len;
}

// "Có mưa không?", "Co mua chua": somebody asks, and says nothing of the rain at their place.
// `whole` is the text as it was written: in `text` a mark stands for each letter without one of
// ours.
static bool is_question(const char *text, const char *whole)
{
    static const char *const ends[] = {"KHONG", "KO", "CHUA", "HONG"};
    const char *last = last_word(text);
    for (size_t i = 0; last > text && i < COUNT_OF(ends); i++) {
        if (starts_with_words(last, ends[i]))
            return true;
    }
    return strchr(whole, '?') || strstr(whole, "\uff1f");
}

// Yes and no are kept with an alert: what only begins like one of them is not taken for it.
static enum inbound_word weigh(enum inbound_word word, const char *text, const char *whole)
{
    static const char *const no_answers[] = {"KHONG BIET", "KO BIET",     "KHONG RO",
                                             "KO RO",      "KHONG NGUNG", "KHONG NGOT"};
    for (size_t i = 0; word == INBOUND_NO && i < COUNT_OF(no_answers); i++) {
        if (starts_with_words(text, no_answers[i]))
            return INBOUND_OTHER;
    }
    if ((word == INBOUND_YES || word == INBOUND_NO) && is_question(text, whole))
        return strstr(text, "MUA") ? INBOUND_RAIN : INBOUND_OTHER;
    return word;
}

enum inbound_word inbound_parse(struct str text)
{
    static const struct {
        const char *words;
        enum inbound_word word;
    } known[] = {
        {"STOP", INBOUND_STOP},      {"TC", INBOUND_STOP},       {"TU CHOI", INBOUND_STOP},
        {"HUY", INBOUND_STOP},       {"NGUNG", INBOUND_STOP},    {"DUNG", INBOUND_STOP},
        {"DK", INBOUND_START},       {"DANG KY", INBOUND_START}, {"DANG KI", INBOUND_START},
        {"TIEP TUC", INBOUND_START}, {"START", INBOUND_START},   {"MUA", INBOUND_RAIN},
        {"CO", INBOUND_YES},         {"KHONG", INBOUND_NO},      {"KO", INBOUND_NO}};
    struct err ignored = {0};
    AUTO(buf_free) struct buf plain = buf_new(TEXT_BYTES_MAX), whole = buf_new(TEXT_BYTES_MAX);
    if (text_nfc(text, &whole, &ignored)) { // what is no clean text is read as far as it goes
        buf_clear(&whole);
        (void)text_ascii(text, &whole);
    }
    if (!whole.at)
        return INBOUND_OTHER;
    const char *written = behind_politeness(first_word(whole.at));
    (void)text_ascii(str_of(written), &plain);
    if (!plain.at)
        return INBOUND_OTHER;
    for (char *c = plain.at; *c; c++)
        *c = (char)(isspace((unsigned char)*c) ? ' ' : toupper((unsigned char)*c));
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (starts_with_words(plain.at, known[i].words) && is_spelled(written, known[i].words))
            return weigh(known[i].word, plain.at, written);
    }
    return INBOUND_OTHER;
}

// --- what is answered
// ---------------------------------------------------------------------------------

// Adds a phrase in one language to what that language's text has so far.
static void say(const struct inbound_desk *desk, struct doc *texts, const char *language,
                enum phrase phrase, const struct phrase_value *value, size_t count)
{
    const struct phrase_book *book = sms_desk_phrases(desk->desk);
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    const char *before = doc_text(doc_get(texts, language), NULL);
    if (before)
        buf_text(&text, before);
    else if (desk->is_drill)
        (void)phrase_say(book, PHRASE_DRILL, language, NULL, 0, &text);
    if (text.len)
        buf_char(&text, ' ');
    (void)phrase_say(book, phrase, language, value, count, &text);
    doc_put_str(texts, language, buf_slice(&text));
}

static void say_all(const struct inbound_desk *desk, struct doc *texts, enum phrase phrase,
                    const struct phrase_value *value, size_t count)
{
    const struct phrase_book *book = sms_desk_phrases(desk->desk);
    for (size_t i = 0; i < phrase_languages(book); i++) {
        struct phrase_language language = phrase_language(book, i);
        if (language.usable)
            say(desk, texts, language.code, phrase, value, count);
    }
}

static void say_amount(struct buf *out, int64_t milli, const char *unit, const char *language)
{
    text_milli(out, milli, strcmp(language, "en") == 0 ? '.' : ',');
    if (*unit)
        buf_print(out, " %s", unit);
}

static void say_index(const struct inbound_desk *desk, struct doc *texts, const char *commune,
                      const struct feedback_index *index)
{
    const struct phrase_book *book = sms_desk_phrases(desk->desk);
    for (size_t i = 0; i < phrase_languages(book); i++) {
        struct phrase_language language = phrase_language(book, i);
        AUTO(buf_free) struct buf rain = buf_new(64), threshold = buf_new(64);
        if (!language.usable)
            continue;
        say_amount(&rain, index->index_milli, index->unit, language.code);
        say_amount(&threshold, index->threshold_milli, index->unit, language.code);
        struct utc_text at = utc_local_text(index->as_of);
        struct phrase_value values[] = {
            {"commune", commune}, {"index", rain.at}, {"threshold", threshold.at}, {"at", at.at}};
        say(desk, texts, language.code, PHRASE_RAIN, values, COUNT_OF(values));
    }
}

static enum err_kind name_commune(struct inbound_desk *desk, const struct contract *contract,
                                  char *out, size_t size, struct err *err)
{
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    (void)snprintf(out, size, "%s", contract->commune);
    if (!desk->map)
        return OK;
    enum err_kind kind = boundary_set_load(desk->map, contract->boundary_set, false, &set, err);
    if (kind == ERR_MISSING)
        return OK;
    if (kind)
        return kind;
    size_t at = boundary_set_find(set, contract->commune);
    if (at != SIZE_MAX)
        (void)snprintf(out, size, "%s", set->commune[at].name);
    return OK;
}

static enum err_kind say_commune(struct inbound_desk *desk, const struct contract *contract,
                                 struct doc *texts, struct err *err)
{
    char name[128];
    struct feedback_index index[INDEXES_MAX];
    size_t count, known = 0;
    if (name_commune(desk, contract, name, sizeof(name), err) ||
        feedback_indexes(desk->ledger, contract->boundary_set, contract->commune, index,
                         INDEXES_MAX, &count, err))
        return err_of(err);
    for (size_t i = 0; i < count; i++) {
        if (!index[i].known)
            continue;
        say_index(desk, texts, name, &index[i]);
        known++;
    }
    struct phrase_value value = {"commune", name};
    if (known == 0)
        say_all(desk, texts, PHRASE_RAIN_UNKNOWN, &value, 1);
    return OK;
}

// The rain of the communes in which the sender's own people have contracts. Nothing else of the
// text is read: whoever asks for another place or contract learns of their own.
static enum err_kind say_rain(struct inbound_desk *desk, const struct person *person, size_t people,
                              struct doc *texts, struct err *err)
{
    char told[COMMUNES_MAX][64] = {""};
    size_t communes = 0;
    for (size_t p = 0; p < people; p++) {
        AUTO(contracts_free) struct contracts contracts = {0};
        if (contract_list_of(sms_desk_people(desk->desk), person[p].id, &contracts, err))
            return err_of(err);
        for (size_t i = 0; i < contracts.count && communes < COMMUNES_MAX; i++) {
            char place[64];
            bool again = false;
            (void)snprintf(place, sizeof(place), "%s/%s", contracts.at[i].boundary_set,
                           contracts.at[i].commune);
            for (size_t k = 0; k < communes; k++)
                again |= strcmp(told[k], place) == 0;
            if (again)
                continue;
            memcpy(told[communes++], place, sizeof(place));
            if (say_commune(desk, &contracts.at[i], texts, err))
                return err_of(err);
        }
    }
    if (communes == 0)
        say_all(desk, texts, PHRASE_HELP, NULL, 0);
    return OK;
}

static enum err_kind opt(struct inbound_desk *desk, const struct person *person, size_t people,
                         bool out, struct utc at, struct err *err)
{
    const char *words = out ? "stop" : "start";
    for (size_t p = 0; p < people; p++) {
        for (int c = 0; c < CONTACT_CLASSES; c++) {
            bool stays = out && c == CONTACT_WARNING && !desk->stops_all;
            if (!stays && contact_opt(sms_desk_people(desk->desk), person[p].id,
                                      (enum contact_class)c, out, at, words, err))
                return err_of(err);
        }
    }
    return OK;
}

// Does what a word asks for and writes what is answered into `texts`.
static enum err_kind act(struct inbound_desk *desk, enum inbound_word word,
                         const struct person *person, size_t people, struct doc *texts,
                         struct err *err)
{
    struct utc at = clock_system.now(clock_system.self);
    switch (word) {
    case INBOUND_STOP:
        say_all(desk, texts, desk->stops_all ? PHRASE_STOPPED_ALL : PHRASE_STOPPED, NULL, 0);
        return opt(desk, person, people, true, at, err);
    case INBOUND_START:
        say_all(desk, texts, PHRASE_STARTED, NULL, 0);
        return opt(desk, person, people, false, at, err);
    case INBOUND_RAIN:
        return say_rain(desk, person, people, texts, err);
    case INBOUND_YES:
    case INBOUND_NO:
        say_all(desk, texts, PHRASE_THANKS, NULL, 0);
        return OK;
    case INBOUND_OTHER:
        say_all(desk, texts, PHRASE_HELP, NULL, 0);
        return OK;
    }
    return OK;
}

// --- what is kept
// -------------------------------------------------------------------------------------

// The key of the answer; the carrier's id may be long and of any bytes.
static void make_key(const struct inbound *inbound, char out[KEY_MAX])
{
    struct hash_hex hex = hash_hex(hash_of(inbound->id));
    (void)snprintf(out, KEY_MAX, "reply/%.16s/%.40s", inbound->carrier, hex.at);
}

// For routes of one part: who has many contracts gets the first of what is known.
static struct doc *shorten_all(const struct inbound_desk *desk, const struct doc *texts)
{
    struct doc *brief = doc_object();
    const struct phrase_book *book = sms_desk_phrases(desk->desk);
    for (size_t i = 0; i < phrase_languages(book); i++) {
        AUTO(buf_free) struct buf less = buf_new(TEXT_BYTES_MAX);
        const char *language = phrase_language(book, i).code;
        const char *text = doc_text(doc_get(texts, language), NULL);
        if (!text)
            continue;
        sms_shorten(str_of(text), &less);
        doc_put_str(brief, language, buf_slice(&less));
    }
    return brief;
}

// The entry of what was said, and the answer to it: one commit.
static enum err_kind record(struct inbound_desk *desk, const struct inbound *inbound,
                            enum inbound_word word, const struct person *person,
                            const struct doc *texts, struct err *err)
{
    struct utc at = clock_system.now(clock_system.self);
    struct feedback_alert alert;
    struct feedback feedback = {.person = person->id,
                                .carrier = inbound->carrier,
                                .word = inbound_word_names[word],
                                .rained = word == INBOUND_YES};
    struct outbox_item item = {
        .channel = "sms", .lane = LANE_REPLY, .expires = {at.s + REPLY_VALID_S}};
    if (word == INBOUND_YES || word == INBOUND_NO) {
        enum err_kind kind = feedback_alert_of(desk->ledger, person->id, &alert, err);
        if (kind == OK)
            feedback.alert = &alert;
        else if (kind != ERR_MISSING)
            return kind;
    }
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    AUTO(buf_free) struct buf text = buf_new(4 * TEXT_BYTES_MAX);
    bool fresh;
    doc_put_text(body, "kind", "reply");
    doc_put_bool(body, "drill", desk->is_drill);
    doc_put_same(body, "text", texts);
    doc_put(body, "short", shorten_all(desk, texts));
    doc_canonical(body, &text);
    make_key(inbound, item.key);
    memcpy(item.person, person->id, sizeof(item.person));
    item.body = text.at;
    if (ledger_begin(desk->ledger, &txn, err) ||
        feedback_put(txn, at, &feedback, &item.cause, err) || outbox_put(txn, &item, &fresh, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

static enum err_kind take_known(struct inbound_desk *desk, const struct inbound *inbound,
                                enum inbound_word word, const struct person *person, size_t people,
                                struct err *err)
{
    char key[KEY_MAX];
    bool is_done = false;
    make_key(inbound, key);
    if (feedback_is_sent(desk->ledger, key, &is_done, err))
        return err_of(err);
    if (is_done)
        return OK;
    AUTO(doc_free) struct doc *texts = doc_object();
    if (act(desk, word, person, people, texts, err))
        return err_of(err);
    return record(desk, inbound, word, person, texts, err);
}

enum err_kind inbound_take(struct inbound_desk *desk, const struct inbound *inbound,
                           struct err *err)
{
    char phone[20];
    struct person person[PEOPLE_MAX];
    size_t people = 0;
    int64_t today = 0;
    bool fresh;
    struct utc at = clock_system.now(clock_system.self);
    if (phone_parse(inbound->from, phone, err) || inbound->id.len == 0)
        return err_set(err, ERR_INPUT, "the sender of an inbound message is no phone number");
    AUTO(mem_drop) char *id = str_copy(inbound->id), *to = str_copy(inbound->to);
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    struct err ignored = {0};
    if (text_nfc(inbound->text, &text, &ignored))
        (void)text_ascii(inbound->text, &text); // what is no clean text is kept as far as it goes
    struct people *register_of = sms_desk_people(desk->desk);
    struct contact_inbound kept = {.carrier = inbound->carrier,
                                   .id = id,
                                   .phone = phone,
                                   .to = to,
                                   .text = text.at ? text.at : "",
                                   .at = at};
    if (contact_inbound_put(register_of, &kept, &fresh, err))
        return err_of(err);
    if (!fresh)
        return OK;
    enum inbound_word word = inbound_parse(inbound->text);
    if (contact_of_phone(register_of, phone, person, PEOPLE_MAX, &people, err) ||
        contact_inbound_since(register_of, phone, (struct utc){at.s - DAY_S}, &today, err))
        return err_of(err);
    people = people < PEOPLE_MAX ? people : PEOPLE_MAX;
    // A number that nobody has is answered with silence: whoever tries numbers learns nothing.
    bool heard = people > 0 && (today <= REPLIES_A_DAY || word == INBOUND_STOP);
    if (heard && take_known(desk, inbound, word, person, people, err))
        return err_of(err);
    return contact_inbound_done(register_of, inbound->carrier, id,
                                people ? inbound_word_names[word] : "nobody", err);
}

// --- long texts
// ---------------------------------------------------------------------------------------

static enum err_kind take_joined(struct inbound_desk *desk, const struct contact_parts *parts,
                                 struct err *err)
{
    // Two texts may come in one second under one reference: their words are in the id.
    struct hash_hex words = hash_hex(hash_of(buf_slice(&parts->text)));
    AUTO(buf_free) struct buf id = buf_new(TEXT_BYTES_MAX);
    buf_print(&id, "parts %" PRId64 "/%" PRId64 "/%s/%" PRId64 "/%.16s", parts->reference,
              parts->total, parts->phone, parts->first.s, words.at);
    struct inbound inbound = {.carrier = parts->carrier,
                              .id = buf_slice(&id),
                              .from = str_of(parts->phone),
                              .to = str_of(parts->to),
                              .text = buf_slice(&parts->text)};
    if (inbound_take(desk, &inbound, err))
        return err_of(err);
    return contact_parts_done(sms_desk_people(desk->desk), parts, err);
}

enum err_kind inbound_take_piece(struct inbound_desk *desk, const struct inbound *inbound,
                                 const struct inbound_piece *piece, struct err *err)
{
    enum { TO_BYTES_MAX = 23 };
    char phone[20];
    struct err ignored = {0};
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX), to = buf_new(TO_BYTES_MAX);
    AUTO(contact_parts_free) struct contact_parts parts = {0};
    if (phone_parse(inbound->from, phone, err))
        return err_set(err, ERR_INPUT, "the sender of an inbound message is no phone number");
    if (text_nfc(inbound->text, &text, &ignored))
        (void)text_ascii(inbound->text, &text);
    buf_str(&to, inbound->to);
    for (char *slash = to.at; slash && (slash = strchr(slash, '/'));)
        *slash = '-'; // it separates the words of a part's key
    struct contact_part part = {.carrier = inbound->carrier,
                                .phone = phone,
                                .to = to.at ? to.at : "",
                                .text = text.at ? text.at : "",
                                .reference = piece->reference,
                                .total = piece->total,
                                .number = piece->number,
                                .at = clock_system.now(clock_system.self)};
    if (contact_part_put(sms_desk_people(desk->desk), &part, err))
        return err_of(err);
    enum err_kind kind = contact_parts_get(sms_desk_people(desk->desk), &part, &parts, &ignored);
    if (kind == ERR_MISSING)
        return OK; // it was joined before: the carrier did not hear our answer
    if (kind) {
        *err = ignored;
        return kind;
    }
    return parts.there == parts.total ? take_joined(desk, &parts, err) : OK;
}

enum err_kind inbound_tend(struct inbound_desk *desk, struct utc now, struct err *err)
{
    enum { AT_ONCE_MAX = 20 };
    struct utc before = {now.s - INBOUND_WAIT_S};
    for (int i = 0; i < AT_ONCE_MAX; i++) {
        AUTO(contact_parts_free) struct contact_parts parts = {0};
        struct err why = {0};
        enum err_kind kind = contact_parts_stale(sms_desk_people(desk->desk), before, &parts, &why);
        if (kind == ERR_MISSING)
            return OK;
        if (kind) {
            *err = why;
            return kind;
        }
        if (take_joined(desk, &parts, err))
            return err_of(err);
    }
    return OK;
}
