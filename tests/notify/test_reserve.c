// A full disk, and the space that is kept for warnings: they go out from it, payments wait.
#include "core/file.h"
#include "core/mem.h"
#include "core/reserve.h"
#include "notify/queue.h"
#include "tests/ledger/disk.h"
#include "tests/ledger/place.h"

#include <sys/stat.h>

static void put(struct place *place, const char *channel, int lane, int count)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t cause = 0;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(ledger_append(txn, "test", (struct utc){0}, body, &cause, NULL, &place->err),
             place->err);
    for (int i = 0; i < count; i++) {
        bool fresh;
        char text[] = "{}";
        struct outbox_item item = {
            .lane = lane, .expires = UTC_NEVER, .cause = cause, .body = text};
        (void)snprintf(item.channel, sizeof(item.channel), "%s", channel);
        (void)snprintf(item.key, sizeof(item.key), "%s/%d", channel, i);
        CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
    }
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static enum err_kind take(struct queue *queue, const char *channel, size_t *count, struct err *err)
{
    struct outbox_claim claim = {channel, "w", 10, INT32_MAX, {0}, 1000, 2000, NULL};
    AUTO(outbox_items_free) struct outbox_items items = {0};
    enum err_kind kind = queue->take(queue->self, &claim, &items, err);
    *count = items.count;
    for (size_t i = 0; !kind && i < items.count; i++) {
        struct outbox_answer answer = {
            items.at[i].id, items.at[i].attempt, OUTCOME_DONE, channel, 0, {0}, "", "said so"};
        kind = queue->settle(queue->self, &answer, 1, err);
    }
    return kind;
}

static void warnings_go_out(void **state)
{
    (void)state;
    struct err err = {0};
    size_t count = 0;
    disk_begin();
    {
        AUTO(place_free) struct place place = place_new();
        AUTO(mem_drop) char *path = file_join(place.folder, "reserve");
        AUTO(outbox_queue_free)
        struct outbox_queue outbox = {.ledger = place.ledger, .attempts_max = 5};
        struct queue queue = queue_of_outbox(&outbox);
        struct stat file;
        reserve_keep(place.folder);
        reserve_keep(place.folder); // once
        CHECK_INT(stat(path, &file), 0);
        CHECK(file.st_blocks * 512 >= 32 << 20);
        put(&place, "sms", 0, 3);
        put(&place, "mail", 2, 2);
        disk.full_while = path;
        ROW("warnings are handed out and recorded");
        CHECK_OK(take(&queue, "sms", &count, &err), err);
        CHECK_INT(count, 3);
        CHECK(!file_exists(path));
        ROW("what is no warning waits");
        CHECK_OK(take(&queue, "mail", &count, &err), err);
        CHECK_INT(count, 0);
        ROW("the reserve is used up as well");
        put(&place, "more", 0, 1);
        disk.full_while = "/";
        CHECK_INT(take(&queue, "more", &count, &err), ERR_BROKEN);
        CHECK(err.full);
        CHECK_HAS(err.text,
                  "no space is left on the disk for the ledger; free some, then run again");
        disk.full_while = NULL;
        ROW("started again with room, all goes on");
        struct outbox_queue anew = {.ledger = place.ledger, .attempts_max = 5};
        struct queue again = queue_of_outbox(&anew);
        CHECK_OK(take(&again, "mail", &count, &err), err);
        CHECK_INT(count, 2);
        CHECK_OK(take(&again, "more", &count, &err), err);
        CHECK_INT(count, 1);
        outbox_queue_free(&anew);
    }
    disk_end();
}

static void without_a_reserve_it_stops(void **state)
{
    (void)state;
    struct err err = {0};
    size_t count = 0;
    disk_begin();
    {
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_queue_free)
        struct outbox_queue outbox = {.ledger = place.ledger, .attempts_max = 5};
        struct queue queue = queue_of_outbox(&outbox);
        put(&place, "sms", 0, 1);
        disk.full_while = "/";
        CHECK_INT(take(&queue, "sms", &count, &err), ERR_BROKEN);
        CHECK(err.full && !outbox.warnings_only);
        disk.full_while = NULL;
    }
    disk_end();
}

TEST_MAIN(cmocka_unit_test(warnings_go_out), cmocka_unit_test(without_a_reserve_it_stops))
