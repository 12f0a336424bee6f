#include "notify/follower.h"

#include "tests/ledger/place.h"

enum { NOW_MS = 1000, LEASE_MS = 30000 };

static void append(struct place *place, int count)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    for (int i = 0; i < count; i++) {
        AUTO(doc_free) struct doc *body = doc_object();
        int64_t seq = 0;
        CHECK_OK(ledger_append(txn, "test", (struct utc){0}, body, &seq, NULL, &place->err),
                 place->err);
    }
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// The first and the last entry that are handed out now; 0 and 0 for none.
struct span {
    int64_t first, last;
};

static struct span take(struct place *place, struct followers *followers, const char *channel,
                        size_t max, int64_t now_ms)
{
    AUTO(outbox_items_free) struct outbox_items items = {0};
    struct outbox_claim claim = {.channel = channel,
                                 .worker = channel,
                                 .max = max,
                                 .lane_max = INT32_MAX,
                                 .now_ms = now_ms,
                                 .lease_until_ms = now_ms + LEASE_MS};
    CHECK_OK(followers_take(followers, place->ledger, &claim, &items, &place->err), place->err);
    for (size_t i = 1; i < items.count; i++)
        CHECK_INT(items.at[i].id, items.at[i - 1].id + 1);
    return items.count ? (struct span){items.at[0].id, items.at[items.count - 1].id}
                       : (struct span){0, 0};
}

static void answer(struct place *place, struct followers *followers, const char *channel,
                   int64_t id, enum outcome outcome, int64_t due_ms)
{
    struct outbox_answer one = {.id = id,
                                .attempt = 1,
                                .outcome = outcome,
                                .channel = channel,
                                .due_ms = due_ms,
                                .ref = "",
                                .why = ""};
    CHECK_OK(followers_settle(followers, place->ledger, &one, 1, &place->err), place->err);
}

static void every_entry_in_order_again_from_the_first_gap(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(followers_free) struct followers followers = {0};
    append(&place, 10);
    struct span span = take(&place, &followers, "feed-a", 4, NOW_MS);
    CHECK_INT(span.first, 1);
    CHECK_INT(span.last, 4);
    CHECK_INT(take(&place, &followers, "feed-b", 100, NOW_MS).last, 10);
    ROW("acknowledged out of order: the place is before the gap");
    answer(&place, &followers, "feed-a", 1, OUTCOME_DONE, 0);
    answer(&place, &followers, "feed-a", 3, OUTCOME_DONE, 0);
    size_t count = 0;
    followers_reclaim(&followers, NOW_MS + LEASE_MS - 1, NULL, &count);
    CHECK_INT(count, 0);
    ROW("its worker is gone; the other's is not");
    followers_reclaim(&followers, NOW_MS, "feed-a", &count);
    CHECK_INT(count, 3);
    CHECK_INT(take(&place, &followers, "feed-b", 100, NOW_MS).last, 0);
    span = take(&place, &followers, "feed-a", 100, NOW_MS);
    CHECK_INT(span.first, 2);
    CHECK_INT(span.last, 10);
    ROW("it could not: from its place, after a pause");
    answer(&place, &followers, "feed-a", 2, OUTCOME_DONE, 0);
    answer(&place, &followers, "feed-a", 3, OUTCOME_RETRY, NOW_MS + 500);
    CHECK_INT(take(&place, &followers, "feed-a", 100, NOW_MS + 499).last, 0);
    CHECK_INT(take(&place, &followers, "feed-a", 1, NOW_MS + 500).first, 3);
    ROW("words on what was never handed out, or long ago");
    answer(&place, &followers, "feed-a", 9, OUTCOME_DONE, 0);
    answer(&place, &followers, "feed-a", 1, OUTCOME_RETRY, NOW_MS);
    CHECK_INT(take(&place, &followers, "feed-a", 1, NOW_MS + 500).first, 4);
    ROW("a lease that is over");
    followers_reclaim(&followers, NOW_MS + 500 + LEASE_MS, NULL, &count);
    CHECK_INT(take(&place, &followers, "feed-a", 1, NOW_MS + 500).first, 3);
}

static void a_place_is_kept(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    append(&place, 5);
    for (int64_t id = 1; id <= 5; id++) {
        AUTO(followers_free) struct followers followers = {0}; // a dispatcher that starts anew
        CHECK_INT(take(&place, &followers, "feed-a", 100, NOW_MS).first, id);
        answer(&place, &followers, "feed-a", id, OUTCOME_DONE, 0);
    }
    AUTO(followers_free) struct followers followers = {0};
    CHECK_INT(take(&place, &followers, "feed-a", 100, NOW_MS).first, 0);
}

static void only_so_many_are_under_way(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(followers_free) struct followers followers = {0};
    append(&place, FOLLOWER_WINDOW + 10);
    CHECK_INT(take(&place, &followers, "feed-a", 100000, NOW_MS).last, FOLLOWER_WINDOW);
    CHECK_INT(take(&place, &followers, "feed-a", 100000, NOW_MS).last, 0);
    for (int64_t id = FOLLOWER_WINDOW; id >= 1; id--)
        answer(&place, &followers, "feed-a", id, OUTCOME_DONE, 0);
    CHECK_INT(take(&place, &followers, "feed-a", 100000, NOW_MS).last, FOLLOWER_WINDOW + 10);
    ROW("what is a feed");
    CHECK(follower_is_channel("feed-a"));
    CHECK(!follower_is_channel("feed-"));
    CHECK(!follower_is_channel("sms"));
}

TEST_MAIN(cmocka_unit_test(every_entry_in_order_again_from_the_first_gap),
          cmocka_unit_test(a_place_is_kept), cmocka_unit_test(only_so_many_are_under_way))
