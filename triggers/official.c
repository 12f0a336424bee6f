#include "triggers/official.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/bulletin.h"
#include "ledger/map.h"
#include "triggers/extent.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES_MAX = 64, WORDS_BYTES_MAX = 4096, NAME_BYTES_MAX = 256 };

struct standing {
    char number[NUMBER_BYTES_MAX + 1];
    char *places;          // folded, heap
    struct extent *extent; // NULL: it is given in words only
};
struct official {
    struct standing *at; // newest first
    size_t count;
    char set[NAME_BYTES_MAX];
    struct boundary_set *shapes; // owned; NULL: none has figures
};

void official_free(struct official **official)
{
    for (size_t i = 0; *official && i < (*official)->count; i++) {
        mem_free(&(*official)->at[i].places);
        extent_free(&(*official)->at[i].extent);
    }
    if (*official) {
        boundary_set_free(&(*official)->shapes);
        mem_free(&(*official)->at);
    }
    mem_free(official);
}

static const char *text_of(const struct doc *one, const char *key)
{
    return doc_text(doc_get(one, key), "");
}

// --- words
// -------------------------------------------------------------------------------------------

// Without accents, in small letters, what parts a list as '\n', all else that is no letter or digit
// as one blank; a blank at both ends of each item: " tinh bac kan \n thai nguyen ".
static void fold(struct str text, struct buf *out)
{
    AUTO(buf_free) struct buf plain = buf_new(2 * WORDS_BYTES_MAX);
    (void)text_ascii(text, &plain);
    char last = ' ';
    buf_char(out, ' ');
    for (size_t i = 0; i < plain.len; i++) {
        unsigned char c = (unsigned char)plain.at[i];
        char next = isalnum(c) ? (char)tolower(c) : ' ';
        if (strchr(",;:()/", c)) {
            buf_text(out, last == ' ' ? "\n " : " \n ");
            next = ' ';
        } else if (next != ' ' || last != ' ') {
            buf_char(out, next);
        }
        last = next;
    }
    if (last != ' ')
        buf_char(out, ' ');
}

static bool has_word(const char *folded, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = strstr(folded, word); at; at = strstr(at + 1, word)) {
        if (at[-1] == ' ' && at[len] == ' ')
            return true;
    }
    return false;
}

// What a warning about a variable may stand beside.
static const struct hazard {
    const char *variable, *words[16];
} hazards[] = {
    {"rain",
     {"mua", "lu", "lut", "ngap", "ngap lut", "sat lo", "bao", "ap thap nhiet doi", "rain",
      "rainfall", "flood", "floods", "landslide", "storm", "typhoon", "tropical depression"}},
    {"wind", {"bao", "gio", "giong", "ap thap nhiet doi", "wind", "storm", "typhoon", "cyclone"}},
    {"gust", {"bao", "gio", "giong", "ap thap nhiet doi", "wind", "storm", "typhoon", "cyclone"}},
    {"temperature", {"nang nong", "ret", "ret hai", "suong muoi", "heat", "cold", "frost"}},
};

static bool is_of_hazard(const struct doc *one, const char *variable)
{
    AUTO(buf_free) struct buf words = buf_new(2 * WORDS_BYTES_MAX), both = buf_new(WORDS_BYTES_MAX);
    size_t h = 0;
    while (h < COUNT_OF(hazards) && strcmp(hazards[h].variable, variable) != 0)
        h++;
    if (h == COUNT_OF(hazards))
        return false;
    buf_print(&both, "%s %s", text_of(one, "event"), text_of(one, "headline"));
    fold(buf_slice(&both), &words);
    for (size_t w = 0; w < COUNT_OF(hazards[h].words) && hazards[h].words[w]; w++) {
        if (has_word(words.at, hazards[h].words[w]))
            return true;
    }
    return false;
}

// --- numbers
// -----------------------------------------------------------------------------------------

static bool may_be_said(const char *number)
{
    static const char signs[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._:/-";
    size_t len = strlen(number);
    return len > 0 && len <= NUMBER_BYTES_MAX && strspn(number, signs) == len &&
           !strstr(number, "//") && !strstr(number, "www.");
}

static bool has_ended(const struct doc *one, struct utc as_of)
{
    struct utc end;
    struct err ignored = {0};
    return utc_parse(str_of(text_of(one, "expires")), &end, &ignored) == OK && end.s <= as_of.s;
}

enum err_kind official_load(const struct official_ask *ask, struct official **out, struct err *err)
{
    AUTO(official_free) struct official *made = mem_new(1, sizeof(*made));
    AUTO(doc_free) struct doc *last = NULL;
    bool has_figures = false;
    if (bulletin_standing(ask->ledger, bulletin_relay_source, &last, err))
        return err_of(err);
    const struct doc *seqs = doc_get(last, "seqs");
    (void)snprintf(made->set, sizeof(made->set), "%s", ask->boundary_set);
    made->at = mem_new(doc_count(seqs) + 1, sizeof(*made->at));
    for (size_t i = 0; i < doc_count(seqs); i++) {
        AUTO(doc_free) struct doc *one = NULL;
        if (ledger_entry_doc(ask->ledger, doc_int(doc_at(seqs, i), 0), &one, err))
            return err_of(err);
        const char *number = text_of(one, "identifier");
        if (!may_be_said(number) || has_ended(one, ask->as_of) || !is_of_hazard(one, ask->variable))
            continue;
        struct buf places = buf_new(2 * WORDS_BYTES_MAX);
        struct standing *standing = &made->at[made->count++];
        (void)snprintf(standing->number, sizeof(standing->number), "%s", number);
        fold(str_of(text_of(one, "areaDesc")), &places);
        standing->places = buf_take(&places);
        standing->extent = extent_of(doc_get(one, "area"));
        has_figures |= extent_has_shapes(standing->extent);
    }
    if (has_figures && boundary_set_load(ask->map, ask->boundary_set, true, &made->shapes, err))
        return err_add(err, "reading where official bulletins hold");
    *out = TAKE(made);
    return OK;
}

// --- places
// ------------------------------------------------------------------------------------------

// The name alone: without what kind of place it is, nor how a file of pilots marks it.
static const char *bare(const char *folded)
{
    static const char *const kinds[] = {" tinh ",     " thanh pho ", " xa ",    " phuong ",
                                        " thi tran ", " dac khu ",   " former "};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        size_t len = strlen(kinds[i]);
        if (strncmp(folded, kinds[i], len) == 0)
            return folded + len - 1;
    }
    return folded;
}

// Whether a list (folded) has a place: a blank on both sides of its name. A code is no name:
// bulletins are full of numbers.
static bool names(const char *places, struct str name)
{
    AUTO(buf_free) struct buf folded = buf_new(2 * WORDS_BYTES_MAX);
    struct str some = {name.at, name.len < NAME_BYTES_MAX ? name.len : NAME_BYTES_MAX};
    fold(some, &folded);
    const char *alone = bare(folded.at);
    return strpbrk(alone, "abcdefghijklmnopqrstuvwxyz") && strstr(places, alone);
}

static bool names_province(const char *places, const struct commune *commune)
{
    if (names(places, str_of(commune->zone ? commune->zone : "")))
        return true;
    for (struct str rest = str_of(commune->former ? commune->former : ""), one;
         str_take_field(&rest, ';', &one);) {
        if (names(places, str_trim(one)))
            return true;
    }
    return false;
}

// Whether the places are smaller ones than provinces.
static bool is_finer(const char *places)
{
    static const char *const kinds[] = {"xa",    "phuong", "thi tran", "thi xa",
                                        "huyen", "quan",   "commune",  "district"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (has_word(places, kinds[i]))
            return true;
    }
    return false;
}

static bool is_named(const struct standing *standing, const struct commune *commune)
{
    return names_province(standing->places, commune) &&
           (!is_finer(standing->places) || names(standing->places, str_of(commune->name)));
}

static bool is_held(const struct official *official, const struct standing *standing,
                    const struct commune *commune)
{
    if (extent_has_code(standing->extent, official->set, commune->code))
        return true;
    size_t at = official->shapes ? boundary_set_find(official->shapes, commune->code) : SIZE_MAX;
    return at != SIZE_MAX && extent_meets(standing->extent, official->shapes->commune[at].shape);
}

const char *official_number(const struct official *official, const struct commune *commune)
{
    for (size_t i = 0; official && i < official->count; i++) {
        if (is_named(&official->at[i], commune) || is_held(official, &official->at[i], commune))
            return official->at[i].number;
    }
    return NULL;
}
