#include "ledger/act_check.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/note.h"
#include "ledger/role.h"
#include "ledger/scope.h"

#include <stdio.h>
#include <string.h>

enum { ACT_BYTES_MAX = 4 << 20, SIGNATURE_BYTES_MAX = 200, KEY_BYTES_MAX = 200 };

struct member {
    char person[ACT_PERSON_SIZE], named_by[ACT_PERSON_SIZE];
    enum role role;
    struct sign_public key;
    int64_t seq, since, retired; // as in the table of roles
    int64_t last;
    bool rekeyed;      // the key is not the first one
    struct doc *named; // owned; the entry that named the person, when it gave a scope; else NULL
};

struct act_check {
    char log[NOTE_NAME_MAX];
    struct member *at;
    size_t count;
    bool founded; // something else than roles was acted on
    int64_t *act; // numbers of the entries that are acts
    size_t acts;
    struct doc **proposal; // [proposals] owned; policy, provinces (scope_places), seq
    size_t proposals;
    struct doc **scoped; // [scopeds] owned; entries of people with a scope
    size_t scopeds;
};

enum err_kind act_check_new(struct ledger *ledger, struct act_check **out, struct err *err)
{
    AUTO(act_check_free) struct act_check *check = mem_new(1, sizeof(*check));
    if (act_log(ledger, check->log, sizeof(check->log), err))
        return err_of(err);
    *out = TAKE(check);
    return OK;
}

void act_check_free(struct act_check **check)
{
    if (!*check)
        return;
    for (size_t i = 0; i < (*check)->count; i++)
        doc_free(&(*check)->at[i].named);
    for (size_t i = 0; i < (*check)->proposals; i++)
        doc_free(&(*check)->proposal[i]);
    for (size_t i = 0; i < (*check)->scopeds; i++)
        doc_free(&(*check)->scoped[i]);
    mem_free(&(*check)->scoped);
    mem_free(&(*check)->proposal);
    mem_free(&(*check)->at);
    mem_free(&(*check)->act);
    mem_free(check);
}

static struct member *find(struct act_check *check, const char *person)
{
    for (size_t i = 0; i < check->count; i++) {
        if (strcmp(check->at[i].person, person) == 0)
            return &check->at[i];
    }
    return NULL;
}

static const char *text_of(const struct doc *entry, const char *key)
{
    return doc_text(doc_get(entry, key), "");
}

// The bytes that were signed: the entry without what was added to them.
static void signed_bytes(const struct doc *entry, struct buf *out)
{
    AUTO(doc_free) struct doc *text = doc_object();
    for (const char *key = doc_next_key(entry, NULL); key; key = doc_next_key(entry, key)) {
        if (strcmp(key, "at") != 0 && strcmp(key, "kind") != 0 && strcmp(key, "seq") != 0 &&
            strcmp(key, "signature") != 0)
            doc_put_same(text, key, doc_get(entry, key));
    }
    doc_canonical(text, out);
}

static bool is_signed_by(const struct doc *entry, const struct sign_public *key)
{
    AUTO(buf_free) struct buf bytes = buf_new(ACT_BYTES_MAX);
    struct signature signature;
    struct err none = {0};
    size_t len = 0;
    if (base64_parse(str_of(text_of(entry, "signature")), signature.at, sizeof(signature.at), &len,
                     &none) ||
        len != sizeof(signature.at))
        return false;
    signed_bytes(entry, &bytes);
    return !bytes.full && sign_holds(key, buf_slice(&bytes), &signature);
}

// The person whom a role entry names, not yet in.
static bool read_member(const struct doc *entry, int64_t seq, struct member *out)
{
    struct err none = {0};
    size_t len = 0;
    struct member member = {.seq = seq, .last = seq};
    const char *person = text_of(entry, "person");
    if (strlen(person) >= sizeof(member.person) ||
        role_parse(text_of(entry, "as"), &member.role, &none) ||
        base64_parse(str_of(text_of(entry, "key")), member.key.at, sizeof(member.key.at), &len,
                     &none) ||
        len != sizeof(member.key.at))
        return false;
    memcpy(member.person, person, strlen(person) + 1);
    *out = member;
    return true;
}

static const char *add_member(struct act_check *check, const struct doc *entry, int64_t seq)
{
    struct member member;
    if (!read_member(entry, seq, &member) || find(check, member.person))
        return "names a person who cannot be added";
    member.since = check->founded ? 0 : seq;
    if (doc_get(entry, "policies") || doc_get(entry, "provinces"))
        member.named = doc_copy(entry);
    (void)snprintf(member.named_by, sizeof(member.named_by), "%s", text_of(entry, "by"));
    check->at = mem_resize(check->at, check->count + 1, sizeof(*check->at));
    check->at[check->count++] = member;
    return NULL;
}

// Another key: from here on the old one signs nothing.
static const char *take_key(struct act_check *check, struct member *member, const struct doc *entry,
                            const char *act)
{
    struct sign_public old, key;
    struct err none = {0};
    size_t old_len = 0, len = 0;
    bool own = strcmp(text_of(entry, "by"), member->person) == 0;
    if (own != (strcmp(act, "role-key") == 0) || member->retired)
        return "replaces a key that is not the person's to replace";
    if (base64_parse(str_of(text_of(entry, "old")), old.at, sizeof(old.at), &old_len, &none) ||
        base64_parse(str_of(text_of(entry, "key")), key.at, sizeof(key.at), &len, &none) ||
        old_len != sizeof(old.at) || len != sizeof(key.at) ||
        memcmp(old.at, member->key.at, sizeof(old.at)) != 0)
        return "replaces another key than the person had";
    member->key = key;
    member->rekeyed = true;
    if (!own && check->founded) {
        member->since = 0;
        (void)snprintf(member->named_by, sizeof(member->named_by), "%s", text_of(entry, "by"));
    }
    return NULL;
}

// Of the key that the person has. The first entries of this kind named none: they are good for a
// person who had one key only.
static const char *check_confirmation(const struct member *member, const struct doc *entry)
{
    AUTO(buf_free) struct buf key = buf_new(KEY_BYTES_MAX);
    const char *by = text_of(entry, "by"), *said = doc_text(doc_get(entry, "key"), NULL);
    if (strcmp(by, member->named_by) == 0 || strcmp(by, member->person) == 0)
        return "confirms what the same person did";
    base64_add(&key, member->key.at, sizeof(member->key.at));
    if (said ? strcmp(said, key.at) != 0 : doc_get(entry, "key") || member->rekeyed)
        return "confirms another key than the person had";
    return NULL;
}

static const char *take_role(struct act_check *check, const struct doc *entry, const char *act,
                             int64_t seq)
{
    if (strcmp(act, "role-add") == 0)
        return add_member(check, entry, seq);
    struct member *member = find(check, text_of(entry, "person"));
    if (!member)
        return "is about a person who was never named";
    if (strncmp(act, "role-key", strlen("role-key")) == 0)
        return take_key(check, member, entry, act);
    if (strcmp(act, "role-retire") == 0) {
        member->retired = seq;
        return NULL;
    }
    member->since = seq;
    return check_confirmation(member, entry);
}

// The first person signs with the key that the entry names.
static const char *check_first(const struct doc *entry, const char *by, const char *act)
{
    struct member self;
    if (strcmp(by, act_drill_person) == 0)
        return doc_get(entry, "signature") ? "is of the drill's person and signed" : NULL;
    if (strcmp(act, "role-add") != 0 || !read_member(entry, 0, &self) ||
        strcmp(self.person, by) != 0 || self.role != ROLE_OPERATOR)
        return "is an act of somebody who had no role";
    return is_signed_by(entry, &self.key) ? NULL : "is not signed by the key that it names";
}

// Whether all places of a policy are among the person's; false too when nobody said where they are.
static bool is_within(const struct act_check *check, const struct doc *provinces,
                      const char *policy)
{
    bool known = false;
    for (size_t i = 0; i < check->proposals; i++) {
        const struct doc *places = doc_get(check->proposal[i], "provinces");
        if (strcmp(text_of(check->proposal[i], "policy"), policy) != 0)
            continue;
        for (size_t k = 0; k < doc_count(places); k++) {
            known = true;
            if (!scope_has(provinces, doc_text(doc_at(places, k), "")))
                return false;
        }
    }
    return known;
}

// What the entry says of the policy is held against the tables in the end (first_other).
static bool is_in_scope(struct act_check *check, const struct member *member,
                        const struct doc *entry)
{
    const struct doc *policies = doc_get(member->named, "policies");
    const struct doc *provinces = doc_get(member->named, "provinces");
    const char *policy = scope_policy(entry);
    if (!member->named || scope_is_open(text_of(entry, "act")))
        return true;
    check->scoped = mem_resize(check->scoped, check->scopeds + 1, sizeof(struct doc *));
    check->scoped[check->scopeds++] = doc_copy(entry);
    return *policy && (!policies || scope_has(policies, policy)) &&
           (!provinces || is_within(check, provinces, policy));
}

static const char *check_member(struct act_check *check, const struct doc *entry,
                                const struct act_rule *rule)
{
    struct member *member = find(check, text_of(entry, "by"));
    if (!member || !member->since || member->retired)
        return "is an act of somebody who had no role then";
    if (!act_allows(rule, member->role) ||
        strcmp(text_of(entry, "role"), role_name(member->role)) != 0)
        return "is an act that this role may not do";
    if (!is_in_scope(check, member, entry))
        return "is an act outside of what its person may act on";
    if (doc_int(doc_get(entry, "after"), -1) != member->last)
        return "bears a signature that was made for another moment";
    return is_signed_by(entry, &member->key) ? NULL
                                             : "is not signed by who is said to have done it";
}

bool act_check_wants(struct str kind)
{
    for (const struct act_rule *rule = act_rules; rule->name; rule++) {
        if (str_is(kind, rule->entry))
            return true;
    }
    return false;
}

static void add_proposal(struct act_check *check, const struct doc *entry)
{
    struct doc *proposal = doc_object();
    doc_put_text(proposal, "policy", text_of(entry, "policy"));
    doc_put(proposal, "provinces", scope_places(entry));
    doc_put_int(proposal, "seq", doc_int(doc_get(entry, "seq"), 1));
    check->proposal = mem_resize(check->proposal, check->proposals + 1, sizeof(struct doc *));
    check->proposal[check->proposals++] = proposal;
}

const char *act_check_entry(struct act_check *check, const struct doc *entry, const char *kind,
                            int64_t seq)
{
    const char *act = doc_text(doc_get(entry, "act"), NULL), *by = text_of(entry, "by");
    if (!act)
        return check->count && act_check_wants(str_of(kind)) ? "is an act that nobody signed"
                                                             : NULL;
    const struct act_rule *rule = act_rule_of(act);
    if (!rule || strcmp(rule->entry, kind) != 0 || strcmp(text_of(entry, "log"), check->log) != 0)
        return "is an act that there is not, or of another log";
    if (strcmp(act, "policy-propose") == 0)
        add_proposal(check, entry);
    const char *bad = check->count ? check_member(check, entry, rule) : check_first(entry, by, act);
    if (bad)
        return bad;
    check->act = mem_resize(check->act, check->acts + 1, sizeof(*check->act));
    check->act[check->acts++] = seq;
    struct member *member = find(check, by);
    if (member)
        member->last = seq;
    if (strncmp(act, "role-", 5) == 0)
        return take_role(check, entry, act, seq);
    check->founded = check->founded || member;
    return NULL;
}

static int64_t first_bad_role(struct act_check *check, const struct role_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct role_row *row = &rows->at[i];
        const struct member *member = find(check, row->person);
        if (!member || member->role != row->role || member->seq != row->seq ||
            member->since != row->since || member->retired != row->retired ||
            memcmp(member->key.at, row->key.at, sizeof(row->key.at)) != 0)
            return row->seq;
    }
    return rows->count != check->count ? check->at[0].seq : 0;
}

// The table of acts has a row for each act; what the rows say is looked at with the other tables.
static enum err_kind first_bad_act(struct act_check *check, struct ledger *ledger, int64_t *out,
                                   struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT seq FROM act ORDER BY seq");
    for (size_t i = 0;; i++) {
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        bool more = i < check->acts;
        if (row != more || (row && row_int(stmt, 0) != check->act[i])) {
            *out = more ? check->act[i] : row_int(stmt, 0);
            return OK;
        }
        if (!row)
            return OK;
    }
}

static size_t names_of(const struct member *member)
{
    return doc_count(doc_get(member->named, "policies")) +
           doc_count(doc_get(member->named, "provinces"));
}

// The table of scopes has a row for each name that an entry gave, and no other.
static enum err_kind first_bad_scope(struct act_check *check, struct ledger *ledger, int64_t *out,
                                     struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT person, kind, name FROM role_scope ORDER BY person");
    size_t rows = 0, wanted = 0;
    for (size_t i = 0; i < check->count; i++)
        wanted += names_of(&check->at[i]);
    enum err_kind failed = OK;
    for (; stmt_more(stmt, &failed, err); rows++) {
        const struct member *member = find(check, row_text(stmt, 0));
        const char *key = strcmp(row_text(stmt, 1), "policy") == 0     ? "policies"
                          : strcmp(row_text(stmt, 1), "province") == 0 ? "provinces"
                                                                       : "";
        if (!member || !member->named ||
            !scope_has(doc_get(member->named, key), row_text(stmt, 2))) {
            *out = member ? member->seq : check->count ? check->at[0].seq : 1;
            return OK;
        }
    }
    if (failed)
        return failed;
    for (size_t i = 0; rows != wanted && i < check->count && !*out; i++)
        *out = check->at[i].named ? check->at[i].seq : 0;
    return OK;
}

static bool is_placed(const struct act_check *check, const char *policy, const char *province)
{
    for (size_t i = 0; i < check->proposals; i++) {
        if (strcmp(text_of(check->proposal[i], "policy"), policy) == 0 &&
            scope_has(doc_get(check->proposal[i], "provinces"), province))
            return true;
    }
    return false;
}

static enum err_kind is_in_table(struct ledger *ledger, const char *policy, const char *province,
                                 bool *there, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT 1 FROM policy_place WHERE policy = ? AND province = ?");
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, province);
    return stmt_next(stmt, there, err);
}

// The same of where policies apply, as their proposals said.
static enum err_kind first_bad_place(struct act_check *check, struct ledger *ledger, int64_t *out,
                                     struct err *err)
{
    for (size_t i = 0; i < check->proposals; i++) {
        const struct doc *entry = check->proposal[i], *places = doc_get(entry, "provinces");
        for (size_t k = 0; k < doc_count(places); k++) {
            bool there = false;
            if (is_in_table(ledger, text_of(entry, "policy"), doc_text(doc_at(places, k), ""),
                            &there, err))
                return err_of(err);
            if (!there) {
                *out = doc_int(doc_get(entry, "seq"), 1);
                return OK;
            }
        }
    }
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT policy, province FROM policy_place ORDER BY policy");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        if (!is_placed(check, row_text(stmt, 0), row_text(stmt, 1))) {
            *out = check->proposals ? doc_int(doc_get(check->proposal[0], "seq"), 1) : 1;
            return OK;
        }
    }
    return failed;
}

// Who has a scope signed which policy it is about: it is that of the hold, the dispute, the
// decision or the payment that is named.
static enum err_kind first_other(struct act_check *check, struct ledger *ledger, int64_t *out,
                                 struct err *err)
{
    for (size_t i = 0; i < check->scopeds && !*out; i++) {
        bool is_other = false;
        if (scope_find_other(ledger, check->scoped[i], &is_other, err))
            return err_of(err);
        if (is_other)
            *out = doc_int(doc_get(check->scoped[i], "seq"), 1);
    }
    return OK;
}

enum err_kind act_check_end(struct act_check *check, struct ledger *ledger, int64_t *bad_seq,
                            struct err *err)
{
    AUTO(role_rows_free) struct role_rows rows = {0};
    if (role_list(ledger, &rows, err))
        return err_of(err);
    *bad_seq = first_bad_role(check, &rows);
    if ((!*bad_seq && first_bad_act(check, ledger, bad_seq, err)) ||
        (!*bad_seq && first_bad_scope(check, ledger, bad_seq, err)) ||
        (!*bad_seq && first_bad_place(check, ledger, bad_seq, err)) ||
        (!*bad_seq && first_other(check, ledger, bad_seq, err)))
        return err_of(err);
    return OK;
}
