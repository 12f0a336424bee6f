#include "policies/differ.h"

#include "core/mem.h"
#include "policies/describe.h"
#include "policies/example.h"
#include "policies/policy.h"

#include <inttypes.h>
#include <string.h>

enum { WORDS_MAX = 1 << 23 }; // a policy is up to 1 MiB, its words are longer

static bool holds_line(struct str text, struct str wanted)
{
    struct str line;
    while (str_take_line(&text, &line)) {
        if (str_same(line, wanted))
            return true;
    }
    return false;
}

// Each line of a part with the part's title before it: what two parts have in exchange for one
// another is then a change, though all lines are still there.
static void put_whole(struct str text, struct buf *out)
{
    static const char part_mark[] = "  — ", inner_mark[] = "    ";
    struct str line, title = {0};
    while (str_take_line(&text, &line)) {
        bool inner = str_starts(line, inner_mark);
        if (str_starts(line, part_mark))
            title = (struct str){line.at + strlen(part_mark), line.len - strlen(part_mark)};
        if (inner)
            buf_print(out, "  " STR_FMT ": " STR_FMT "\n", STR_ARG(title), STR_ARG(str_trim(line)));
        else
            buf_print(out, STR_FMT "\n", STR_ARG(line));
    }
}

// The lines of one text that the other does not have. The hash is different anyway.
static size_t only_in(struct str text, struct str other, const char *mark, struct buf *out)
{
    size_t count = 0;
    struct str line;
    while (str_take_line(&text, &line)) {
        if (str_starts(line, "  sha256 ") || holds_line(other, line))
            continue;
        buf_print(out, "%s " STR_FMT "\n", mark, STR_ARG(str_trim(line)));
        count++;
    }
    return count;
}

static void say_text(const char *name, const char *of, const struct texts *texts,
                     enum language language, struct buf *out)
{
    struct str rest = str_of(texts->at[language]), line;
    while (str_take_line(&rest, &line))
        buf_print(out, "%s%s%s (%s): " STR_FMT "\n", name, *of ? " " : "", of,
                  language_names[language], STR_ARG(line));
}

// What people read of a part, in a language.
static void say_part_texts(const struct part *part, enum language language, bool vi,
                           struct buf *out)
{
    const struct {
        const char *vi, *en;
        const struct texts *texts;
    } said[] = {
        {"tên", "title", &part->title},
        {"người dân", "people", &part->actions.texts},
        {"tin nhắn", "message", &part->message},
    };
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        if (said[i].texts->at[language])
            say_text(vi ? said[i].vi : said[i].en, part->name, said[i].texts, language, out);
    }
}

static void say_zone(const struct area *area, size_t i, enum language language, bool vi,
                     struct buf *out)
{
    if (area->title && area->title[i].at[language])
        say_text(vi ? "vùng" : "zone", area->name[i], &area->title[i], language, out);
}

// The texts in the languages that the words of `language` do not hold: who reads in one signs all.
static void say_other_texts(const struct policy *policy, enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    for (int i = 0; i < LANGUAGES; i++) {
        enum language other = (enum language)i;
        if (other == language)
            continue;
        say_text(vi ? "tên" : "title", "", &policy->title, other, out);
        say_text(vi ? "tin nhắn" : "message", "", &policy->message, other, out);
        if (policy->has_cancel)
            say_text(vi ? "tin hủy" : "when it goes off", "", &policy->cancel, other, out);
        if (policy->actions.there)
            say_text(vi ? "người dân" : "people", "", &policy->actions.texts, other, out);
        for (size_t k = 0; k < policy->area.count; k++)
            say_zone(&policy->area, k, other, vi, out);
        for (size_t k = 0; k < policy->parts; k++)
            say_part_texts(&policy->part[k], other, vi, out);
    }
}

static void say_area(const struct area *area, struct buf *out, enum language language)
{
    if (area->kind == AREA_ALL)
        buf_text(out, language == LANGUAGE_VI ? "mọi xã" : "every commune");
    for (size_t i = 0; i < area->count; i++) {
        buf_text(out, i ? ", " : "");
        area_say(area, i, language, out);
    }
}

static bool same_area(const struct area *a, const struct area *b)
{
    bool same = a->kind == b->kind && a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->name[i], b->name[i]) == 0;
    return same;
}

// For whom: of two texts that are not for the same, whom either is for.
static void say_areas(const struct policy *old, const struct policy *new, struct buf *out,
                      enum language language)
{
    bool same =
        same_area(&old->area, &new->area) && strcmp(old->boundary_set, new->boundary_set) == 0;
    if (!same) {
        buf_text(out, language == LANGUAGE_VI ? "trước đây " : "so far ");
        say_area(&old->area, out, language);
        buf_print(out, " (%s), %s ", old->boundary_set, language == LANGUAGE_VI ? "nay" : "now");
    }
    say_area(&new->area, out, language);
    buf_print(out, " (%s)\n", new->boundary_set);
}

static void put_words(const struct policy *policy, enum language language, struct buf *out)
{
    AUTO(buf_free) struct buf words = buf_new(WORDS_MAX);
    policy_describe(policy, language, &words);
    put_whole(buf_slice(&words), out);
    example_cases(policy, language, out);
    say_other_texts(policy, language, out);
}

size_t policy_differ(const struct policy *old, const struct policy *new, enum language language,
                     struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    AUTO(buf_free) struct buf before = buf_new(WORDS_MAX);
    AUTO(buf_free) struct buf after = buf_new(WORDS_MAX);
    put_words(old, language, &before);
    put_words(new, language, &after);
    buf_print(out, "%s v%" PRId64 " → %s v%" PRId64 ", %s ", old->id, old->version, new->id,
              new->version, vi ? "cho" : "for");
    say_areas(old, new, out, language);
    size_t count = only_in(buf_slice(&before), buf_slice(&after), "-", out);
    count += only_in(buf_slice(&after), buf_slice(&before), "+", out);
    if (count == 0)
        buf_text(out, vi ? "  không có gì thay đổi\n" : "  nothing changed\n");
    return count;
}
