#include "notify/recipient.h"

#include <stddef.h>

const char *recipient_text(const struct doc *body, const char *member, const char *wanted,
                           const char **language)
{
    const char *order[] = {wanted, "vi", "en"};
    const struct doc *texts = doc_get(body, member);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const char *text = doc_text(doc_get(texts, order[i]), NULL);
        if (text) {
            *language = order[i];
            return text;
        }
    }
    return NULL;
}

enum err_kind recipient_find(struct people *people, const char *person, struct person *out,
                             struct err *err)
{
    enum err_kind kind = person_find(people, person, out, err);
    if (kind == ERR_MISSING)
        return err_set(err, ERR_REFUSED, "the register has no person %s", person);
    return kind;
}
