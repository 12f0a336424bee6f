#include "ledger/reason.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/register.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    LETTERS_MIN = 10,
    LETTERS_MAX = 400,
    DIGITS_ALONE_MAX = 8, // of a number that may stand alone: a day is 20240907
    ACCOUNT_BYTES_MIN = 6,
    PLAIN_BYTES_MAX = 8000,
};

bool reason_has_length(const char *text)
{
    size_t letters = 0;
    for (const char *at = text; *at; at++)
        letters += ((unsigned char)*at & 0xC0) != 0x80; // not within a letter of several bytes
    return letters >= LETTERS_MIN && letters <= LETTERS_MAX;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// A letter of any language: what is outside of ASCII counts as one.
static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || ((unsigned char)c & 0x80);
}

// Digits in groups, as in "0900 000 123", and how many stand in the first group.
struct grouped {
    char digits[24];
    size_t count, first;
};

// 0912345678 or 84912345678. Its first group has three digits or is the country's: dates, that
// begin with two, are none.
static bool is_phone(const struct grouped *number)
{
    bool national = number->count == 10 && number->digits[0] == '0' && number->first >= 3;
    bool country = number->count == 11 && strncmp(number->digits, "84", 2) == 0;
    char kind = number->digits[national ? 1 : 2];
    return (national || country) && kind && strchr("35789", kind) != NULL;
}

// Whether groups of digits that begin here are a phone number, whatever groups come behind.
static bool is_phone_at(const char *at, struct grouped *number)
{
    *number = (struct grouped){0};
    for (bool in_first = true; number->count + 1 < sizeof(number->digits); at++) {
        if (is_digit(*at)) {
            number->digits[number->count++] = *at;
            number->first += in_first;
            if (!is_digit(at[1]) && !is_letter(at[1]) && is_phone(number))
                return true;
        } else if (*at && strchr(" .-()", *at)) {
            in_first = false;
        } else {
            break;
        }
    }
    return false;
}

static size_t digits_at(const char *at)
{
    return strspn(at, "0123456789");
}

enum err_kind reason_has_no_number(const char *option, const char *text, bool numbers,
                                   struct err *err)
{
    for (const char *at = text; *at; at++) {
        if (!is_digit(*at) || (at > text && is_digit(at[-1])))
            continue;
        struct grouped number;
        size_t alone = digits_at(at);
        bool in_word = (at > text && is_letter(at[-1])) || is_letter(at[alone]);
        if (!in_word && is_phone_at(at, &number))
            return err_usage(err,
                             "--%s holds a phone number (it ends in %s): it stays in the ledger, "
                             "and who it is of could not be forgotten; leave it out",
                             option, number.digits + number.count - 3);
        if (!numbers && alone > DIGITS_ALONE_MAX && !in_word)
            return err_usage(
                err,
                "--%s holds %zu digits in a row, as accounts and identity numbers "
                "have: it stays in the ledger; leave it out (an amount: 1.500.000.000)",
                option, alone);
    }
    return OK;
}

// Small letters without accents, a blank for all that is no letter or digit, one at either end: a
// whole name is found as a part. Up to `end`.
static void plain_words(const char *text, char end, struct buf *out)
{
    AUTO(buf_free) struct buf ascii = buf_new(PLAIN_BYTES_MAX);
    const char *stop = end ? strchr(text, end) : NULL;
    (void)text_ascii((struct str){text, stop ? (size_t)(stop - text) : strlen(text)}, &ascii);
    buf_char(out, ' ');
    for (size_t i = 0; i < ascii.len; i++) {
        char c = ascii.at[i];
        if (isalnum((unsigned char)c))
            buf_char(out, (char)tolower((unsigned char)c));
        else if (out->at[out->len - 1] != ' ')
            buf_char(out, ' ');
    }
    if (out->at[out->len - 1] != ' ')
        buf_char(out, ' ');
}

static bool has_name(const struct buf *words, const char *name)
{
    AUTO(buf_free) struct buf plain = buf_new(PLAIN_BYTES_MAX);
    plain_words(name, '(', &plain);
    return str_count(buf_slice(&plain), ' ') > 2 && strstr(words->at, plain.at) != NULL;
}

enum err_kind reason_names_nobody(struct people *people, const char *option, const char *text,
                                  struct err *err)
{
    AUTO(buf_free) struct buf words = buf_new(PLAIN_BYTES_MAX);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people), "SELECT name, account FROM person");
    enum err_kind failed = OK;
    plain_words(text, '\0', &words);
    while (stmt_more(stmt, &failed, err)) {
        const char *account = row_text(stmt, 1);
        bool named = has_name(&words, row_text(stmt, 0));
        if (named || (strlen(account) >= ACCOUNT_BYTES_MIN && strstr(text, account)))
            return err_usage(err,
                             "--%s holds the %s of somebody in the register: it stays in the "
                             "ledger, and they could not be forgotten; write the contract instead",
                             option, named ? "name" : "account");
    }
    return failed;
}
