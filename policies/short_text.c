#include "policies/short_text.h"

#include "core/mem.h"
#include "core/sms.h"
#include "policies/message.h"
#include "policies/policy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PIECES_MAX = 8, PIECE_BYTES_MAX = 2048 };

// Pieces in the order of the text, each with the turn in which it is left out; 0: never.
struct piece {
    char text[200];
    int turn;
};
struct pieces {
    struct piece at[PIECES_MAX];
    size_t count;
};

static void add(struct pieces *pieces, int turn, const char *text, ...) PRINTF(3, 4);
static void add(struct pieces *pieces, int turn, const char *text, ...)
{
    va_list values;
    assert(pieces->count < PIECES_MAX);
    struct piece *piece = &pieces->at[pieces->count++];
    piece->turn = turn;
    va_start(values, text);
    (void)vsnprintf(piece->text, sizeof(piece->text), text, values);
    va_end(values);
}

// Without accents, everything of a turn up to `left_out` gone.
static void join(const struct pieces *pieces, int left_out, struct buf *out)
{
    AUTO(buf_free) struct buf whole = buf_new(PIECES_MAX * PIECE_BYTES_MAX);
    for (size_t i = 0; i < pieces->count; i++) {
        if (pieces->at[i].turn == 0 || pieces->at[i].turn > left_out)
            buf_text(&whole, pieces->at[i].text);
    }
    (void)text_ascii(buf_slice(&whole), out);
}

static size_t septets(const struct buf *text)
{
    struct sms_size size = sms_measure(buf_slice(text));
    return size.coding == SMS_GSM7 ? size.units : SIZE_MAX;
}

// At a blank, so that no word is halved.
static void cut_first(struct pieces *pieces, size_t over)
{
    char *text = pieces->at[1].text; // the title; [0] is the mark of a drill
    size_t len = strlen(text);
    size_t keep = len > over ? len - over : 0;
    while (keep > 0 && text[keep] != ' ')
        keep--;
    text[keep] = '\0';
}

static void write_pieces(struct pieces *pieces, struct buf *out)
{
    enum { TURNS = 3 };
    for (int left_out = 0; left_out <= TURNS; left_out++) {
        AUTO(buf_free) struct buf text = buf_new(PIECES_MAX * PIECE_BYTES_MAX);
        join(pieces, left_out, &text);
        if (septets(&text) > SHORT_TEXT_MAX && left_out < TURNS)
            continue;
        if (septets(&text) > SHORT_TEXT_MAX) {
            cut_first(pieces, septets(&text) - SHORT_TEXT_MAX);
            buf_clear(&text);
            join(pieces, left_out, &text);
        }
        buf_str(out, buf_slice(&text));
        return;
    }
}

void short_text(const struct policy *policy, const struct message_values *values,
                enum language language, bool drill, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    struct pieces pieces = {0};
    AUTO(buf_free) struct buf index = buf_new(PIECE_BYTES_MAX);
    if (!policy->phases)
        unit_say(&index, values->index_milli, policy->index.unit, language);
    add(&pieces, 0, "%s", drill ? (vi ? "DIEN TAP. " : "DRILL. ") : "");
    add(&pieces, 0, "%s", policy->title.at[language]);
    add(&pieces, 0, ": %s", values->commune);
    if (values->cancel) {
        add(&pieces, 0, vi ? ", het canh bao luc %s." : ", over at %s.",
            utc_local_text(values->issued).at);
    } else {
        if (index.len)
            add(&pieces, 2, ", %s", index.at);
        add(&pieces, 3, vi ? ", den %s" : ", until %s", utc_local_text(values->to).at);
        add(&pieces, 0, vi ? ". Goi 112 khi can." : ". Call 112 for help.");
        add(&pieces, 1, vi ? " Tin sau truoc %s." : " Next by %s.",
            utc_local_text(values->next).at);
    }
    if (values->event)
        add(&pieces, 0, vi ? " Tin so %" PRId64 "." : " No. %" PRId64 ".", values->event);
    write_pieces(&pieces, out);
}

void short_text_area(const struct policy *policy, struct utc from, struct utc to, bool over,
                     bool drill, struct buf *out)
{
    struct pieces pieces = {0};
    add(&pieces, 0, "%s", drill ? "DIEN TAP. " : "");
    add(&pieces, 0, "%s", policy->title.at[LANGUAGE_VI]);
    if (over) {
        add(&pieces, 0, ": da het canh bao.");
    } else {
        add(&pieces, 3, ": tu %s", utc_local_text(from).at);
        add(&pieces, 3, " den %s", utc_local_text(to).at);
        add(&pieces, 0, ". Goi 112 khi can.");
    }
    write_pieces(&pieces, out);
}
