// One holder a post, and what a holder that was frozen past its time may still do: nothing.
#include "ledger/db.h"
#include "ledger/outbox.h"
#include "ledger/post.h"
#include "tests/ledger/place.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

static void taking_and_keeping(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct ledger *ledger = place.ledger;
    struct post one = {"dispatcher", "one", 0}, two = {"dispatcher", "two", 0};
    struct post other = {"console", "two", 0};
    struct err *err = &place.err;
    CHECK_OK(post_take(ledger, &one, 1000, 2000, err), place.err);
    CHECK_INT(one.fence, 1);
    CHECK_INT(post_take(ledger, &two, 1500, 2500, err), ERR_REFUSED);
    CHECK_HAS(err->text, "another dispatcher works at this store");
    CHECK_HAS(err->text, "holds its post for 1 s yet");
    CHECK_OK(post_take(ledger, &other, 1500, 2500, err), place.err); // another post
    CHECK_OK(post_keep(ledger, &one, 3000, err), place.err);
    CHECK_INT(post_take(ledger, &two, 2500, 3500, err), ERR_REFUSED);
    CHECK_OK(post_take(ledger, &one, 2500, 4000, err), place.err); // the same folder, started again
    CHECK_INT(one.fence, 2);
    CHECK_OK(post_take(ledger, &two, 4000, 5000, err), place.err); // its time is over
    CHECK_INT(two.fence, 3);
    CHECK_INT(post_keep(ledger, &one, 9000, err), ERR_REFUSED);
    CHECK_HAS(err->text, "another dispatcher took over");
    CHECK_OK(post_leave(ledger, &two, err), place.err);
    CHECK_OK(post_take(ledger, &one, 4100, 5000, err), place.err);
    CHECK_INT(one.fence, 4);
}

static void add_message(struct place *place, const char *key)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    struct outbox_item item = {
        .channel = "sms", .lane = 0, .expires = UTC_NEVER, .body = (char[]){"{}"}};
    bool fresh = false;
    (void)snprintf(item.key, sizeof(item.key), "%s", key);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(ledger_append(txn, "test", (struct utc){0}, body, &item.cause, NULL, &place->err),
             place->err);
    CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static enum err_kind take(struct ledger *ledger, const char *worker, size_t *count, struct err *err)
{
    AUTO(outbox_items_free) struct outbox_items items = {0};
    struct outbox_claim claim = {.channel = "sms",
                                 .worker = worker,
                                 .max = 10,
                                 .lane_max = 3,
                                 .now = {0},
                                 .now_ms = 5000,
                                 .lease_until_ms = 6000};
    enum err_kind kind = outbox_take(ledger, &claim, &items, err);
    *count = items.count;
    return kind;
}

// The frozen one: takes the post, says so, and after one more word tries everything that writes.
static void be_frozen(const char *folder, int hear, int say)
{
    struct err err = {0};
    struct ledger *ledger = NULL;
    struct post post = {"dispatcher", "frozen", 0};
    char word;
    size_t count = 0;
    if (ledger_open(folder, LEDGER_WRITE, &ledger, &err) ||
        post_take(ledger, &post, 1000, 2000, &err) || take(ledger, "frozen", &count, &err))
        _exit(10);
    ledger_fence(ledger, &post);
    if (write(say, "t", 1) != 1 || read(hear, &word, 1) != 1)
        _exit(11);
    struct outbox_answer answer = {
        .id = 1, .attempt = 1, .outcome = OUTCOME_DONE, .ref = "", .why = ""};
    struct txn *txn = NULL;
    size_t reclaimed = 0;
    if (take(ledger, "frozen", &count, &err) != ERR_REFUSED ||
        outbox_settle(ledger, &answer, 1, 5, &err) != ERR_REFUSED ||
        outbox_reclaim(ledger, 99999, NULL, &reclaimed, &err) != ERR_REFUSED ||
        ledger_begin(ledger, &txn, &err) != ERR_REFUSED ||
        post_keep(ledger, &post, 99999, &err) != ERR_REFUSED)
        _exit(12);
    ledger_close(&ledger);
    _exit(strstr(err.text, "took over") ? 0 : 13);
}

static void who_was_frozen_writes_nothing(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    int to[2], from[2];
    char word;
    size_t count = 0;
    add_message(&place, "a");
    CHECK_INT(pipe(to), 0);
    CHECK_INT(pipe(from), 0);
    pid_t child = fork();
    if (child == 0)
        be_frozen(place.folder, to[0], from[1]);
    CHECK(child > 0);
    CHECK_INT(read(from[0], &word, 1), 1);
    CHECK_INT(kill(child, SIGSTOP), 0);
    CHECK_INT(waitpid(child, NULL, WUNTRACED), child);
    // Its time goes by; another one takes over and works.
    struct post post = {"dispatcher", "awake", 0};
    CHECK_OK(post_take(place.ledger, &post, 2000, 9000, &place.err), place.err);
    CHECK_INT(post.fence, 2);
    ledger_fence(place.ledger, &post);
    add_message(&place, "b");
    CHECK_OK(take(place.ledger, "awake", &count, &place.err), place.err);
    CHECK_INT(count, 1);
    add_message(&place, "c"); // that the frozen one would take
    CHECK_INT(write(to[1], "t", 1), 1);
    CHECK_INT(kill(child, SIGCONT), 0);
    int status = 0;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
    // All messages are where they were: one leased by each, one ready.
    int64_t states[OUTBOX_STATES];
    CHECK_OK(outbox_count(place.ledger, "sms", states, &place.err), place.err);
    CHECK_INT(states[OUTBOX_LEASED], 2);
    CHECK_INT(states[OUTBOX_READY], 1);
    for (int i = 0; i < 2; i++) {
        (void)close(to[i]);
        (void)close(from[i]);
    }
}

// Claims of two programs at a time: on PostgreSQL both go on, and no message is in two hands.
static void two_claims_at_a_time(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(ledger_close) struct ledger *second = NULL;
    AUTO(ledger_undo) struct txn *txn = NULL;
    size_t count = 0;
    CHECK_OK(ledger_open(place.folder, LEDGER_WRITE, &second, &place.err), place.err);
    add_message(&place, "a");
    add_message(&place, "b");
    if (!place_store())
        return; // writers of a file wait for one another
    CHECK_OK(ledger_begin_lazy(second, &txn, &place.err), place.err);
    CHECK_OK(
        db_run(ledger_db(second), "SELECT 1 FROM outbox WHERE key = 'a' FOR UPDATE", &place.err),
        place.err);
    CHECK_OK(take(place.ledger, "first", &count, &place.err), place.err);
    CHECK_INT(count, 1); // b: a is in the other's hand
    ledger_undo(&txn);
    CHECK_OK(take(place.ledger, "first", &count, &place.err), place.err);
    CHECK_INT(count, 1);
}

// A descriptor that says that somebody committed: no program has to know another.
static void commits_are_heard(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(ledger_close) struct ledger *second = NULL;
    CHECK_OK(ledger_open(place.folder, LEDGER_READ, &second, &place.err), place.err);
    int fd = db_watch(ledger_db(second));
    CHECK((fd >= 0) == (place_store() != NULL));
    if (fd < 0)
        return;
    char bytes[4096];
    struct pollfd heard = {fd, POLLIN, 0};
    CHECK_INT(poll(&heard, 1, 0), 0);
    add_message(&place, "a");
    CHECK_INT(poll(&heard, 1, 120000), 1);
    CHECK(read(fd, bytes, sizeof(bytes)) > 0);
    CHECK_INT(poll(&heard, 1, 0), 0);
}

TEST_MAIN(cmocka_unit_test(taking_and_keeping), cmocka_unit_test(who_was_frozen_writes_nothing),
          cmocka_unit_test(two_claims_at_a_time), cmocka_unit_test(commits_are_heard))
