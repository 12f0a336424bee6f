#include "ledger/reason.h"

#include "core/fold.h"
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

// Of a folded text: what is outside of ASCII is a letter.
static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || ((unsigned char)c & 0x80);
}

// Digits in groups, as in "0900 000 123".
struct grouped {
    char digits[24];
    size_t count;
    size_t groups, first, second, third; // how long the groups are
    char mark;                           // between groups: the first such
    bool is_mixed;                       // other marks too, as between a day and an hour
};

// Such as no date is written: with one mark throughout, or three digits before it.
static bool is_one(const struct grouped *number)
{
    bool is_date = number->first == 2 && number->second == 2 && number->third == 4;
    return number->first >= 3 || number->first == 1 || (!number->is_mixed && !is_date);
}

// 0912345678, 84912345678 or 84(0)912345678.
static bool is_mobile(const struct grouped *number)
{
    static const char *const before[] = {"84", "840"};
    const char *digits = number->digits;
    if (number->count == 10 && digits[0] == '0')
        return strchr("35789", digits[1]) != NULL && is_one(number);
    for (size_t i = 0; i < COUNT_OF(before); i++) {
        size_t len = strlen(before[i]);
        if (number->count == len + 9 && strncmp(digits, before[i], len) == 0 &&
            strchr("35789", digits[len]))
            return true;
    }
    return false;
}

// What is a reference when it stands in one: 0262 381 2345, and 001 099 012 345 of an identity.
static bool is_landline(const struct grouped *number)
{
    return number->count == 11 && strncmp(number->digits, "02", 2) == 0 && is_one(number) &&
           number->groups > 1;
}

static bool is_identity(const struct grouped *number)
{
    return number->count == 12 && number->digits[0] == '0' && number->first >= 3 &&
           number->groups > 1 && !number->is_mixed;
}

enum found { NOTHING, PHONE, IDENTITY };

static enum found what_is(const struct grouped *number, bool numbers)
{
    if (is_mobile(number) || (!numbers && is_landline(number)))
        return PHONE;
    return !numbers && is_identity(number) ? IDENTITY : NOTHING;
}

static void take_mark(struct grouped *number, char mark)
{
    if (number->mark && number->mark != mark)
        number->is_mixed = true;
    number->mark = mark;
}

static void take_digit(struct grouped *number, char digit, bool is_new)
{
    number->groups += is_new;
    number->first += number->groups == 1;
    number->second += number->groups == 2;
    number->third += number->groups == 3;
    number->digits[number->count++] = digit;
}

// What groups of digits that begin here are, whatever groups come behind.
static enum found look_at(const char *at, bool numbers, struct grouped *number)
{
    *number = (struct grouped){0};
    for (bool is_new = true; number->count + 1 < sizeof(number->digits); at++) {
        if (is_digit(*at)) {
            take_digit(number, *at, is_new);
            is_new = false;
            enum found found = NOTHING;
            if (!is_digit(at[1]) && !is_letter(at[1]))
                found = what_is(number, numbers);
            if (found)
                return found;
        } else if (*at && strchr(" .-()/_", *at)) {
            take_mark(number, *at);
            is_new = true;
        } else {
            break;
        }
    }
    return NOTHING;
}

// Whether the word that ends here is one that says whose number comes, not a part of a reference.
static bool announces(const char *text, const char *end)
{
    static const char *const words[] = {"dt", "sdt", "tel", "phone", "zalo", "so",
                                        "tk", "stk", "acc", "cccd",  "cmnd", "cmt"};
    const char *at = end;
    while (at > text && is_letter(at[-1]))
        at--;
    if (at > text && (is_digit(at[-1]) || at[-1] == '-'))
        return false;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_is((struct str){at, (size_t)(end - at)}, words[i]))
            return true;
    }
    return false;
}

static size_t digits_at(const char *at)
{
    return strspn(at, "0123456789");
}

static enum err_kind check_number(const char *option, const char *at, bool numbers, struct err *err)
{
    struct grouped number;
    size_t alone = digits_at(at);
    enum found found = look_at(at, numbers, &number);
    if (found == PHONE)
        return err_usage(err,
                         "--%s holds a phone number (it ends in %s): it stays in the ledger, "
                         "and who it is of could not be forgotten; leave it out",
                         option, number.digits + number.count - 3);
    if (found == IDENTITY)
        alone = number.count;
    if (!numbers && alone > DIGITS_ALONE_MAX)
        return err_usage(err,
                         "--%s holds %zu digits%s, as accounts and identity numbers "
                         "have: it stays in the ledger; leave it out (an amount: 1.500.000.000)",
                         option, alone, found == IDENTITY ? "" : " in a row");
    return OK;
}

enum err_kind reason_has_no_number(const char *option, const char *text, bool numbers,
                                   struct err *err)
{
    AUTO(buf_free) struct buf folded = buf_new(PLAIN_BYTES_MAX);
    fold_text(str_of(text), &folded);
    buf_char(&folded, ' ');
    for (const char *at = folded.at; *at; at++) {
        if (!is_digit(*at) || (at > folded.at && is_digit(at[-1])))
            continue;
        bool in_word = (at > folded.at && is_letter(at[-1]) && !announces(folded.at, at)) ||
                       is_letter(at[digits_at(at)]);
        if (!in_word && check_number(option, at, numbers, err))
            return err_of(err);
    }
    return OK;
}

// A blank for all that is no letter or digit, one at either end: a whole name is found as a part.
// Up to `end`.
static void plain_words(const char *text, char end, struct buf *out)
{
    AUTO(buf_free) struct buf folded = buf_new(PLAIN_BYTES_MAX);
    const char *stop = end ? strchr(text, end) : NULL;
    fold_text((struct str){text, stop ? (size_t)(stop - text) : strlen(text)}, &folded);
    buf_char(out, ' ');
    for (size_t i = 0; i < folded.len; i++) {
        char c = folded.at[i];
        if (is_letter(c) || is_digit(c))
            buf_char(out, c);
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

// Whether `word` stands here, whole, with blanks in it or without.
static bool stands_at(const char *at, const char *word)
{
    for (; *word; word++) {
        if (*word == ' ')
            continue;
        while (*at == ' ')
            at++;
        if (*at != *word)
            return false;
        at++;
    }
    return *at == ' ';
}

static bool has_account(const struct buf *words, const char *text, const char *account)
{
    AUTO(buf_free) struct buf plain = buf_new(PLAIN_BYTES_MAX);
    if (strlen(account) < ACCOUNT_BYTES_MIN)
        return false;
    if (strstr(text, account))
        return true;
    plain_words(account, '\0', &plain);
    for (const char *at = words->at; *at; at++) {
        if (*at == ' ' && plain.len > 2 && stands_at(at, plain.at))
            return true;
    }
    return false;
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
        bool named = has_name(&words, row_text(stmt, 0));
        if (named || has_account(&words, text, row_text(stmt, 1)))
            return err_usage(err,
                             "--%s holds the %s of somebody in the register: it stays in the "
                             "ledger, and they could not be forgotten; write the contract instead",
                             option, named ? "name" : "account");
    }
    return failed;
}
