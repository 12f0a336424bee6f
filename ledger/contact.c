#include "ledger/contact.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/register.h"

const char *const contact_class_names[] = {"warning", "service", "advertising", NULL};

enum err_kind contact_opt(struct people *people, const char *person, enum contact_class class,
                          bool out, struct utc at, const char *words, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people),
                                "INSERT INTO opt_out (person, class, is_out, at, words)"
                                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (person, class) DO UPDATE SET"
                                " is_out = excluded.is_out, at = excluded.at,"
                                " words = excluded.words");
    stmt_text(stmt, 1, person);
    stmt_int(stmt, 2, class);
    stmt_int(stmt, 3, out);
    stmt_int(stmt, 4, at.s);
    stmt_text(stmt, 5, words);
    return stmt_run(stmt, err);
}

// The one number that a statement gives.
static enum err_kind one_number(struct stmt *stmt, int64_t *out, struct err *err)
{
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *out = row ? row_int(stmt, 0) : 0;
    return OK;
}

enum err_kind contact_is_out(struct people *people, const char *person, enum contact_class class,
                             bool *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "SELECT is_out FROM opt_out WHERE person = ? AND class = ?");
    int64_t is_out;
    stmt_text(stmt, 1, person);
    stmt_int(stmt, 2, class);
    if (one_number(stmt, &is_out, err))
        return err_of(err);
    *out = is_out != 0;
    return OK;
}

enum err_kind contact_note_sent(struct people *people, const char *person, struct utc at,
                                struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people), "INSERT INTO sent (person, at) VALUES (?, ?)");
    stmt_text(stmt, 1, person);
    stmt_int(stmt, 2, at.s);
    return stmt_run(stmt, err);
}

enum err_kind contact_sent_since(struct people *people, const char *person, struct utc since,
                                 int64_t *count, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "SELECT count(*) FROM sent WHERE person = ? AND at > ?");
    stmt_text(stmt, 1, person);
    stmt_int(stmt, 2, since.s);
    return one_number(stmt, count, err);
}

enum err_kind contact_of_phone(struct people *people, const char *phone, struct person *out,
                               size_t max, size_t *count, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people), "SELECT id, name, phone, account, language"
                                                   " FROM person WHERE phone = ? ORDER BY id");
    stmt_text(stmt, 1, phone);
    *count = 0;
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        if ((*count)++ >= max)
            continue;
        struct person *person = &out[*count - 1];
        row_copy(stmt, 0, person->id, sizeof(person->id));
        row_copy(stmt, 1, person->name, sizeof(person->name));
        row_copy(stmt, 2, person->phone, sizeof(person->phone));
        row_copy(stmt, 3, person->account, sizeof(person->account));
        row_copy(stmt, 4, person->language, sizeof(person->language));
    }
    return failed;
}

enum err_kind contact_inbound_put(struct people *people, const struct contact_inbound *inbound,
                                  bool *fresh, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "INSERT INTO inbound (carrier, id, phone, destination, text, at)"
                                   " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    stmt_text(stmt, 1, inbound->carrier);
    stmt_text(stmt, 2, inbound->id);
    stmt_text(stmt, 3, inbound->phone);
    stmt_text(stmt, 4, inbound->to);
    stmt_text(stmt, 5, inbound->text);
    stmt_int(stmt, 6, inbound->at.s);
    if (stmt_run(stmt, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *done = stmt_of(people_db(people), "SELECT count(*) FROM inbound WHERE carrier = ?"
                                                   " AND id = ? AND understood <> ''");
    int64_t count;
    stmt_text(done, 1, inbound->carrier);
    stmt_text(done, 2, inbound->id);
    if (one_number(done, &count, err))
        return err_of(err);
    *fresh = count == 0;
    return OK;
}

enum err_kind contact_inbound_since(struct people *people, const char *phone, struct utc since,
                                    int64_t *count, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "SELECT count(*) FROM inbound WHERE phone = ? AND at > ?"
                                   " AND NOT (id >= 'part ' AND id < 'part!')");
    stmt_text(stmt, 1, phone);
    stmt_int(stmt, 2, since.s);
    return one_number(stmt, count, err);
}

enum err_kind contact_inbound_done(struct people *people, const char *carrier, const char *id,
                                   const char *understood, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people),
                                "UPDATE inbound SET understood = ? WHERE carrier = ? AND id = ?");
    stmt_text(stmt, 1, understood);
    stmt_text(stmt, 2, carrier);
    stmt_text(stmt, 3, id);
    return stmt_run(stmt, err);
}
