// Parts of long texts that came in, until they are one: rows of the table of inbound messages whose
// id is "part REFERENCE/TOTAL/PHONE/TO/" and the number in three digits, so that they sort. Those
// that were joined stay for a day, understood as "joined": the carrier may say them again.
#include "core/mem.h"
#include "ledger/contact.h"
#include "ledger/db.h"
#include "ledger/register.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_MAX = 128, PARTS_BYTES_MAX = 1 << 16 };

void contact_parts_free(struct contact_parts *parts)
{
    buf_free(&parts->text);
}

// What the ids of all parts of a text begin with; '0' stands behind '/', and ends their range.
static void range_of(const char *phone, const char *to, int64_t reference, int64_t total,
                     char from[ID_MAX], char until[ID_MAX])
{
    (void)snprintf(from, ID_MAX, "part %" PRId64 "/%" PRId64 "/%.20s/%.24s/", reference, total,
                   phone, to);
    (void)snprintf(until, ID_MAX, "%s", from);
    until[strlen(until) - 1] = '0';
}

enum err_kind contact_part_put(struct people *people, const struct contact_part *part,
                               struct err *err)
{
    assert(part->number >= 1 && part->number <= part->total && part->total <= 255);
    assert(!strchr(part->to, '/'));
    char from[ID_MAX], until[ID_MAX], id[ID_MAX + 4];
    range_of(part->phone, part->to, part->reference, part->total, from, until);
    (void)snprintf(id, sizeof(id), "%s%03" PRId64, from, part->number);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        people_db(people),
        "INSERT INTO inbound (carrier, id, phone, destination, text, at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (carrier, id) DO UPDATE SET text = excluded.text, at = excluded.at,"
        " understood = '' WHERE inbound.understood <> '' AND"
        " (inbound.text <> excluded.text OR inbound.at < excluded.at - 86400)");
    stmt_text(stmt, 1, part->carrier);
    stmt_text(stmt, 2, id);
    stmt_text(stmt, 3, part->phone);
    stmt_text(stmt, 4, part->to);
    stmt_text(stmt, 5, part->text);
    stmt_int(stmt, 6, part->at.s);
    return stmt_run(stmt, err);
}

enum err_kind contact_parts_get(struct people *people, const struct contact_part *part,
                                struct contact_parts *out, struct err *err)
{
    char from[ID_MAX], until[ID_MAX];
    range_of(part->phone, part->to, part->reference, part->total, from, until);
    AUTO(contact_parts_free)
    struct contact_parts parts = {.reference = part->reference,
                                  .total = part->total,
                                  .first = {INT64_MAX},
                                  .text = buf_new(PARTS_BYTES_MAX)};
    (void)snprintf(parts.carrier, sizeof(parts.carrier), "%s", part->carrier);
    (void)snprintf(parts.phone, sizeof(parts.phone), "%s", part->phone);
    (void)snprintf(parts.to, sizeof(parts.to), "%s", part->to);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "SELECT text, at FROM inbound WHERE carrier = ? AND id >= ?"
                                   " AND id < ? AND understood = '' ORDER BY id");
    stmt_text(stmt, 1, part->carrier);
    stmt_text(stmt, 2, from);
    stmt_text(stmt, 3, until);
    for (bool row = true; row;) {
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        if (!row)
            break;
        parts.there++;
        buf_text(&parts.text, row_text(stmt, 0));
        if (row_int(stmt, 1) < parts.first.s)
            parts.first.s = row_int(stmt, 1);
    }
    if (parts.there == 0)
        return err_set(err, ERR_MISSING, "no part of that text waits to be joined");
    *out = MOVE(parts);
    return OK;
}

enum err_kind contact_parts_stale(struct people *people, struct utc before,
                                  struct contact_parts *out, struct err *err)
{
    bool row = false;
    char carrier[16], phone[20], to[24], id[ID_MAX];
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people),
                                "SELECT carrier, min(phone), min(destination), min(id) FROM inbound"
                                " WHERE id >= 'part ' AND id < 'part!' AND understood = ''"
                                " GROUP BY carrier, substr(id, 1, length(id) - 3)"
                                " HAVING max(at) < ? ORDER BY max(at) LIMIT 1");
    stmt_int(stmt, 1, before.s);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_MISSING, "no part waits for others");
    row_copy(stmt, 0, carrier, sizeof(carrier));
    row_copy(stmt, 1, phone, sizeof(phone));
    row_copy(stmt, 2, to, sizeof(to));
    row_copy(stmt, 3, id, sizeof(id));
    struct contact_part part = {.carrier = carrier, .phone = phone, .to = to};
    char *end = id;
    part.reference = strtoll(id + strlen("part "), &end, 10);
    part.total = *end == '/' ? strtoll(end + 1, NULL, 10) : 0;
    return contact_parts_get(people, &part, out, err);
}

enum err_kind contact_parts_done(struct people *people, const struct contact_parts *parts,
                                 struct err *err)
{
    char from[ID_MAX], until[ID_MAX];
    range_of(parts->phone, parts->to, parts->reference, parts->total, from, until);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people), "UPDATE inbound SET understood = 'joined'"
                                                   " WHERE carrier = ? AND id >= ? AND id < ?");
    stmt_text(stmt, 1, parts->carrier);
    stmt_text(stmt, 2, from);
    stmt_text(stmt, 3, until);
    if (stmt_run(stmt, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *old = stmt_of(people_db(people), "DELETE FROM inbound WHERE id >= 'part '"
                                                  " AND id < 'part!' AND understood = 'joined'"
                                                  " AND at < ?");
    stmt_int(old, 1, parts->first.s - DAY_S);
    return stmt_run(old, err);
}
