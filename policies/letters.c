#include "policies/letters.h"

#include "core/mem.h"
#include "core/sms.h"
#include "core/text.h"
#include "core/yaml.h"

#include <stdbool.h>

enum { TEXT_BYTES_MAX = 1 << 20 };

static enum err_kind check(const struct yaml *at, bool is_said, struct err *err)
{
    static const char *const said[] = {"title", "message", "cancel", "actions"};
    if (at->kind == YAML_TEXT && is_said) {
        AUTO(buf_free) struct buf plain = buf_new(TEXT_BYTES_MAX), lost = buf_new(64);
        sms_plain(at->text, &plain, &lost);
        if (lost.len || lost.full)
            return yaml_refuse(at, err,
                               "\"%s\" cannot be written without accents in the 7-bit alphabet of "
                               "SMS, and would be left out; use other words",
                               lost.at ? lost.at : "");
    }
    for (size_t i = 0; at->kind != YAML_TEXT && i < at->count; i++) {
        bool here = false;
        for (size_t k = 0; at->key && k < COUNT_OF(said); k++)
            here = here || str_is(at->key[i]->text, said[k]);
        bool is_case = at->key && str_is(at->key[i]->text, "cases");
        if (!is_case && check(at->item[i], is_said || here, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind letters_check(const struct yaml *root, struct err *err)
{
    return check(root, false, err);
}
