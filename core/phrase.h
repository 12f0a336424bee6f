#ifndef GONG_CORE_PHRASE_H
#define GONG_CORE_PHRASE_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// What gong says around the texts of the policies, by language: one file each in a folder
// (policies/messages, and a site's own messages/), which translators fill in.
enum phrase {
    PHRASE_DRILL, // the mark before a message of a drill
    PHRASE_EVENT, // {event}
    PHRASE_NOT_OFFICIAL,
    PHRASE_QUESTION, // {commune} {from} {to}
    PHRASE_THANKS,
    PHRASE_STOPPED,
    PHRASE_STOPPED_ALL,
    PHRASE_STARTED,
    PHRASE_RAIN,         // {commune} {index} {threshold} {at}
    PHRASE_RAIN_UNKNOWN, // {commune}
    PHRASE_HELP,
};
enum { PHRASES = PHRASE_HELP + 1, PHRASE_LANGUAGES_MAX = 16 };

struct phrase_book;

// Reads every *.yaml of a folder. ERR_INPUT with file:line:column for a phrase that is not known or
// not there, a placeholder that does not fit or is missing, a language twice; ERR_MISSING when
// Vietnamese or English is not there or not whole.
MUST_USE enum err_kind phrase_load(const char *folder, struct phrase_book **out, struct err *err);

// The book of a site: SITE/messages when it is there, else the one that came with the program.
MUST_USE enum err_kind phrase_load_site(const char *site_folder, struct phrase_book **out,
                                        struct err *err);
void phrase_free(struct phrase_book **book);

// A language as people's records name it ("vi", "tay", or its tag "tyz", "vi-VN").
struct phrase_language {
    const char *code, *tag, *title; // borrowed from the book
    size_t filled;                  // of PHRASES
    bool usable;                    // somebody approved it; vi and en always
};
size_t phrase_languages(const struct phrase_book *book);
struct phrase_language phrase_language(const struct phrase_book *book, size_t i); // sorted by code

struct phrase_value {
    const char *name, *text;
};

// The phrase in a language with its values filled in; appended to `out`. Returns the code of the
// language that was used: "vi" when the wanted one has no such phrase or is not approved.
const char *phrase_say(const struct phrase_book *book, enum phrase phrase, const char *language,
                       const struct phrase_value *value, size_t count, struct buf *out);

// A policy's own text in a language, NULL when there is none (or it is not approved). Its
// placeholders are checked by whoever knows the policy.
const char *phrase_policy(const struct phrase_book *book, const char *language, const char *policy);

#endif
