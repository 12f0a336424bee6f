#include "core/err.h"

#include "core/text.h"
#include "tests/check.h"

#include <errno.h>

// What does not fit is cut behind a letter, whoever writes or adds.
static void what_does_not_fit_is_cut_behind_a_letter(void **state)
{
    (void)state;
    static const struct {
        const char *name, *before, *letter;
        size_t letters, len; // len: of what is kept
    } rows[] = {
        {"it fits", "a", "b", 598, 599},
        {"one byte too long", "a", "b", 599, 599},
        {"cut behind a letter", "ab", "ế", 300, 599},
        {"cut after a letter's first byte", "a", "ế", 300, 598},
        {"cut after its second", "", "ế", 300, 597},
        {"cut within a picture", "", "🌧", 300, 596},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf_free) struct buf long_text = buf_new(4000);
        struct err whole, added;
        ROW(rows[i].name);
        buf_text(&long_text, rows[i].before);
        for (size_t k = 0; k < rows[i].letters; k++)
            buf_text(&long_text, rows[i].letter);
        CHECK_INT(err_set(&whole, ERR_INPUT, "%s", long_text.at), ERR_INPUT);
        CHECK_INT(strlen(whole.text), rows[i].len);
        CHECK(strncmp(whole.text, long_text.at, rows[i].len) == 0);
        // Added behind three bytes and ", while ", which are eleven and no multiple of a letter's.
        (void)err_set(&added, ERR_LATER, "abc");
        CHECK_INT(err_add(&added, "%s", long_text.at), ERR_LATER);
        AUTO(buf_free) struct buf again = buf_new(4000);
        struct err none = {0};
        CHECK_OK(text_nfc(str_of(added.text), &again, &none), none);
        CHECK(strncmp(added.text, "abc, while ", 11) == 0);
        CHECK(strlen(added.text) + 4 > sizeof(added.text));
        errno = EIO;
        CHECK_INT(err_errno(&whole, ERR_BROKEN, "%s", long_text.at), ERR_BROKEN);
        again.len = 0;
        CHECK_OK(text_nfc(str_of(whole.text), &again, &none), none);
    }
}

static void what_is_no_letter_is_shown_as_such(void **state)
{
    (void)state;
    struct err err;
    (void)err_set(&err, ERR_INPUT, "n\xff\xe1\xbb: l\u0169\nb");
    CHECK_TEXT(err.text, "n???: l\u0169 b");
    (void)err_add(&err, "reading %s", "\x9c");
    CHECK_TEXT(err.text, "n???: l\u0169 b, while reading ?");
    errno = EIO;
    (void)err_errno(&err, ERR_BROKEN, "%s", "a\xc0z");
    CHECK_TEXT(err.text, "a?z: Input/output error");
    (void)err_set(&err, ERR_INPUT, "two\nlines, lu\u0303");
    CHECK_TEXT(err.text, "two\nlines, lu\u0303");
}

TEST_MAIN(cmocka_unit_test(what_is_no_letter_is_shown_as_such),
          cmocka_unit_test(what_does_not_fit_is_cut_behind_a_letter))
