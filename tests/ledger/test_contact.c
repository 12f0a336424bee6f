#include "ledger/contact.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/register.h"
#include "tests/check.h"
#include "tests/ledger/place.h"

static void test_contact(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct people *people = place.people;
    struct err err = {0};
    CHECK_OK(db_run(people_db(people),
                    "INSERT INTO person VALUES ('P-1', 'An (diễn tập)', '84900000001', 'A', 'vi'),"
                    " ('P-2', 'Bình (diễn tập)', '84900000001', 'B', 'tay'),"
                    " ('P-3', 'Chi (diễn tập)', '84900000003', 'C', 'vi')",
                    &err),
             err);

    ROW("a phone that two share, sorted; one that nobody has");
    struct person person[1];
    size_t count;
    CHECK_OK(contact_of_phone(people, "84900000001", person, 1, &count, &err), err);
    CHECK_INT(count, 2);
    CHECK_TEXT(person[0].id, "P-1");
    CHECK_OK(contact_of_phone(people, "84900000009", person, 1, &count, &err), err);
    CHECK_INT(count, 0);

    ROW("out of one class, and in again");
    bool out = true;
    struct utc at = {1000000};
    CHECK_OK(contact_is_out(people, "P-1", CONTACT_SERVICE, &out, &err), err);
    CHECK(!out);
    CHECK_OK(contact_opt(people, "P-1", CONTACT_SERVICE, true, at, "TC", &err), err);
    CHECK_OK(contact_is_out(people, "P-1", CONTACT_SERVICE, &out, &err), err);
    CHECK(out);
    CHECK_OK(contact_is_out(people, "P-1", CONTACT_WARNING, &out, &err), err);
    CHECK(!out);
    CHECK_OK(contact_is_out(people, "P-2", CONTACT_SERVICE, &out, &err), err);
    CHECK(!out);
    CHECK_OK(contact_opt(people, "P-1", CONTACT_SERVICE, false, at, "DK", &err), err);
    CHECK_OK(contact_is_out(people, "P-1", CONTACT_SERVICE, &out, &err), err);
    CHECK(!out);

    ROW("what was sent in the last day");
    int64_t sent;
    CHECK_OK(contact_note_sent(people, "P-1", at, &err), err);
    CHECK_OK(contact_note_sent(people, "P-1", (struct utc){at.s + DAY_S}, &err), err);
    CHECK_OK(contact_sent_since(people, "P-1", at, &sent, &err), err);
    CHECK_INT(sent, 1);
}

// However often the carrier says it.
static void what_came_in_counts_once(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct people *people = place.people;
    struct err err = {0};
    struct utc at = {1000000};
    int64_t sent;
    bool fresh = false;
    struct contact_inbound inbound = {"kannel", "7", "84900000001", "8079", "Ngừng", at};
    CHECK_OK(contact_inbound_put(people, &inbound, &fresh, &err), err);
    CHECK(fresh);
    CHECK_OK(contact_inbound_put(people, &inbound, &fresh, &err), err);
    CHECK(fresh); // nothing was done about it yet
    CHECK_OK(contact_inbound_done(people, "kannel", "7", "stop", &err), err);
    CHECK_OK(contact_inbound_put(people, &inbound, &fresh, &err), err);
    CHECK(!fresh);
    inbound.carrier = "smpp";
    CHECK_OK(contact_inbound_put(people, &inbound, &fresh, &err), err);
    CHECK(fresh);
    CHECK_OK(contact_inbound_since(people, "84900000001", (struct utc){0}, &sent, &err), err);
    CHECK_INT(sent, 2);
    CHECK_OK(contact_inbound_done(people, "smpp", "7", "stop", &err), err);
}

TEST_MAIN(cmocka_unit_test(test_contact), cmocka_unit_test(what_came_in_counts_once))
