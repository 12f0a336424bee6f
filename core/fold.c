#include "core/fold.h"

#include <ctype.h>
#include <stdlib.h>
#include <utf8proc.h>

static bool is_mark(utf8proc_category_t category)
{
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_ZP;
}

static void put_letter(utf8proc_int32_t letter, struct buf *out)
{
    utf8proc_category_t category = utf8proc_category(letter);
    utf8proc_uint8_t bytes[4];
    if (letter < 0x80)
        buf_char(out, (char)tolower((int)letter));
    else if (letter == 0x0110 || letter == 0x0111) // d with stroke is no d with an accent
        buf_char(out, 'd');
    else if (category == UTF8PROC_CATEGORY_ZS)
        buf_char(out, ' ');
    else if (category == UTF8PROC_CATEGORY_PD || letter == 0x2212) // the sign of minus
        buf_char(out, '-');
    else if (is_mark(category))
        buf_char(out, ';');
    else
        buf_add(out, bytes, (size_t)utf8proc_encode_char(utf8proc_tolower(letter), bytes));
}

void fold_text(struct str text, struct buf *out)
{
    utf8proc_uint8_t *made = NULL;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, &made,
                     UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK |
                         UTF8PROC_IGNORE);
    if (len < 0)
        buf_char(out, ';');
    for (utf8proc_ssize_t i = 0; i < len;) {
        utf8proc_int32_t letter = 0;
        utf8proc_ssize_t step = utf8proc_iterate(made + i, len - i, &letter);
        if (step < 1)
            break;
        put_letter(letter, out);
        i += step;
    }
    free(made);
}
