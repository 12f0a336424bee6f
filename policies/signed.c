#include "policies/signed.h"

#include "core/mem.h"
#include "ledger/proposal.h"

#include <string.h>

static const char *word_of(const char *act, enum language language)
{
    static const char *const words[][LANGUAGES + 1] = {
        {"policy-propose", "Đề xuất", "Proposed"},
        {"policy-sign", "Ký", "Signed"},
        {"policy-reject", "Bác bỏ", "Rejected"},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i][0], act) == 0)
            return words[i][language + 1];
    }
    return act;
}

// The proposal of a text and who signed it; `*there` false when nobody proposed it.
static enum err_kind find(struct ledger *ledger, struct hash hash, struct proposal_row *row,
                          struct proposal_signs *signs, bool *there, struct err *err)
{
    enum err_kind kind = proposal_of(ledger, hash, row, err);
    *there = kind == OK;
    if (kind == ERR_MISSING)
        return OK;
    return kind ? kind : proposal_signs(ledger, row, signs, err);
}

enum err_kind signed_words(struct ledger *ledger, struct hash hash, enum language language,
                           struct buf *out, struct err *err)
{
    AUTO(proposal_signs_free) struct proposal_signs signs = {0};
    struct proposal_row row;
    bool there = false;
    if (find(ledger, hash, &row, &signs, &there, err))
        return err_of(err);
    if (!there)
        return OK;
    for (size_t i = 0; i < signs.count; i++)
        buf_print(out, "%s: %s (%s), %s\n", word_of(signs.at[i].act, language), signs.at[i].person,
                  role_name(signs.at[i].role), signs.at[i].at);
    if (strcmp(row.state, "in force") == 0)
        buf_print(out, language == LANGUAGE_VI ? "Có hiệu lực từ %s\n" : "In force from %s\n",
                  date_text(row.starts).at);
    else if (strcmp(row.state, "open") == 0)
        buf_text(out, language == LANGUAGE_VI ? "Chưa đủ chữ ký: chưa có hiệu lực\n"
                                              : "Not signed by all who must: not in force\n");
    return OK;
}

enum err_kind signed_doc(struct ledger *ledger, struct hash hash, struct doc **out, struct err *err)
{
    AUTO(proposal_signs_free) struct proposal_signs signs = {0};
    struct proposal_row row;
    bool there = false;
    *out = NULL;
    if (find(ledger, hash, &row, &signs, &there, err))
        return err_of(err);
    if (!there)
        return OK;
    struct doc *made = doc_object(), *list = doc_array();
    for (size_t i = 0; i < signs.count; i++) {
        struct doc *one = doc_object();
        doc_put_text(one, "act", signs.at[i].act);
        doc_put_text(one, "at", signs.at[i].at);
        doc_put_text(one, "person", signs.at[i].person);
        doc_put_text(one, "role", role_name(signs.at[i].role));
        doc_put_int(one, "seq", signs.at[i].seq);
        doc_push(list, one);
    }
    doc_put(made, "signed", list);
    doc_put_text(made, "state", row.state);
    if (strcmp(row.state, "in force") == 0)
        doc_put_text(made, "starts", date_text(row.starts).at);
    *out = made;
    return OK;
}
