// Claims from a full outbox on PostgreSQL: whether one of twenty messages takes longer when a
// million wait than when a thousand do.
#include "core/clock.h"
#include "core/mem.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"
#include "tests/bench/bench.h"

#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTHS = 3, ROUNDS = 15, CLAIMS = 20, EACH = 20, LOOKS = 200, SQL_MAX = 1600 };

struct queue {
    const char *name; // of its schema, and for people
    const char *said;
    int64_t depth;
    struct ledger *ledger;
    double claim_us[ROUNDS], ratio[ROUNDS], bare_us[ROUNDS], look_us[ROUNDS], looks[ROUNDS];
};

static int64_t now_ms(void)
{
    return clock_wall_ms();
}

static void order(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        bench_fail(sql, PQerrorMessage(conn));
    PQclear(result);
}

// More messages at the end of the queue, as an alert makes them: each to a person of its own, keys
// and threads in the order in which they are made.
static void put(PGconn *conn, const struct queue *queue, int64_t count)
{
    AUTO(buf_free) struct buf sql = buf_new(SQL_MAX);
    buf_print(
        &sql,
        "SET search_path TO %s_ledger;"
        "INSERT INTO outbox (id, channel, key, person, contract, thread, lane, expires, cause,"
        " body, state, ask, attempt, tries, doubts, evidence, due_ms, lease_until_ms, worker,"
        " result) SELECT n, 'sms', 'alert/heavy-rain/' || p || '/2024-09-07', 'P-' || p, 'C-' || p,"
        " 'alert/heavy-rain/' || p, 1, 4000000000, 1, '{\"policy\":\"heavy-rain\",\"text\":\"' ||"
        " repeat('x', 160) || '\"}', 0, 0, 0, 0, 0, 0, 0, 0, '', '' FROM (SELECT n, lpad(n::text, "
        "8,"
        " '0') AS p FROM (SELECT m + coalesce((SELECT max(id) FROM outbox WHERE"
        " channel = 'sms'), 0) AS n FROM"
        " generate_series(1, %lld) AS m) AS numbers) AS people",
        queue->name, (long long)count);
    order(conn, sql.at);
}

// As many of another channel, which wait for their time: none of them is due for years.
static void put_waiting(PGconn *conn, const struct queue *queue)
{
    AUTO(buf_free) struct buf sql = buf_new(SQL_MAX);
    buf_print(&sql,
              "INSERT INTO outbox (id, channel, key, person, contract, thread, lane, expires,"
              " cause, body, state, ask, attempt, tries, doubts, evidence, due_ms, lease_until_ms,"
              " worker, result) SELECT 100000000 + n, 'mail', 'later/' || n, '', '', '', 1,"
              " 4000000000, 1, '{\"policy\":\"heavy-rain\"}', 0, 0, 0, 0, 0, 0, 4000000000000 + n,"
              " 0, '', '' FROM generate_series(1, %lld) AS n",
              (long long)queue->depth);
    order(conn, sql.at);
}

static void fill(PGconn *conn, struct queue *queue)
{
    struct err err = {0};
    int64_t seq;
    AUTO(mem_drop) char *folder = bench_pg_site(queue->name);
    AUTO(doc_free) struct doc *body = doc_object();
    BENCH_OK(ledger_open(folder, LEDGER_WRITE, &queue->ledger, &err), err);
    AUTO(ledger_undo) struct txn *txn = NULL;
    BENCH_OK(ledger_begin(queue->ledger, &txn, &err), err);
    BENCH_OK(ledger_append(txn, "test", (struct utc){0}, body, &seq, NULL, &err), err);
    BENCH_OK(ledger_commit(&txn, &err), err);
    put(conn, queue, queue->depth);
    put_waiting(conn, queue);
    order(conn, "VACUUM ANALYZE outbox"); // as autovacuum does after so many rows
}

// Twenty claims of twenty, and what was claimed is done: microseconds a claim.
static double claims(struct queue *queue)
{
    struct err err = {0};
    int64_t took_ns = 0;
    for (int c = 0; c < CLAIMS; c++) {
        AUTO(outbox_items_free) struct outbox_items items = {0};
        struct outbox_answer answer[EACH] = {0};
        int64_t at_ms = now_ms(), start_ns = clock_ticks_ns();
        struct outbox_claim claim = {.channel = "sms",
                                     .worker = "w",
                                     .max = EACH,
                                     .lane_max = INT32_MAX,
                                     .now = {at_ms / 1000},
                                     .now_ms = at_ms,
                                     .lease_until_ms = at_ms + 30000};
        BENCH_OK(outbox_take(queue->ledger, &claim, &items, &err), err);
        took_ns += clock_ticks_ns() - start_ns;
        if (items.count != EACH)
            bench_fail("claim", "it did not give twenty messages");
        for (size_t i = 0; i < items.count; i++)
            answer[i] = (struct outbox_answer){.id = items.at[i].id,
                                               .attempt = items.at[i].attempt,
                                               .outcome = OUTCOME_DONE,
                                               .channel = "sms",
                                               .at = {at_ms / 1000},
                                               .ref = "",
                                               .why = ""};
        BENCH_OK(outbox_settle(queue->ledger, answer, items.count, 5, &err), err);
    }
    return (double)took_ns / 1e3 / CLAIMS;
}

// The bare claim of a queue in PostgreSQL on the same rows, rolled back: microseconds.
static double bare_claims(PGconn *conn, const struct queue *queue)
{
    AUTO(buf_free) struct buf sql = buf_new(SQL_MAX);
    buf_print(&sql, "SET search_path TO %s_ledger", queue->name);
    order(conn, sql.at);
    int64_t start_ns = clock_ticks_ns();
    for (int c = 0; c < CLAIMS; c++) {
        order(conn, "BEGIN; SET LOCAL synchronous_commit = off");
        order(conn, "WITH c AS (SELECT id FROM outbox WHERE channel = 'sms' AND state = 0 ORDER BY"
                    " lane, expires, id FOR UPDATE SKIP LOCKED LIMIT 20) UPDATE outbox o SET"
                    " state = 1, attempt = attempt + 1, lease_until_ms = 1 FROM c WHERE o.id = c.id"
                    " RETURNING o.*");
        order(conn, "ROLLBACK");
    }
    return (double)(clock_ticks_ns() - start_ns) / 1e3 / CLAIMS;
}

// A look at a channel of which nothing is due: microseconds.
static double idle_look(struct queue *queue)
{
    struct err err = {0};
    int64_t at_ms = now_ms(), start_ns = clock_ticks_ns();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    struct outbox_claim claim = {.channel = "mail",
                                 .worker = "w",
                                 .max = EACH,
                                 .lane_max = INT32_MAX,
                                 .now = {at_ms / 1000},
                                 .now_ms = at_ms,
                                 .lease_until_ms = at_ms + 30000};
    BENCH_OK(outbox_take(queue->ledger, &claim, &items, &err), err);
    if (items.count != 0)
        bench_fail("look", "something was due");
    return (double)(clock_ticks_ns() - start_ns) / 1e3;
}

// Looks one by one at each depth in turn, so that what else the machine does falls on all; the
// median of each depth.
static void idle_looks(struct queue *queue, double out_us[DEPTHS])
{
    static double took_us[DEPTHS][LOOKS];
    for (int l = 0; l < LOOKS; l++) {
        for (int i = 0; i < DEPTHS; i++) {
            int d = (i + l) % DEPTHS;
            took_us[d][l] = idle_look(&queue[d]);
        }
    }
    for (int d = 0; d < DEPTHS; d++)
        out_us[d] = bench_median(took_us[d], LOOKS);
}

// Each round begins with another one, so that none is always measured first.
static void one_round(PGconn *conn, struct queue *queue, int round)
{
    double took_us[DEPTHS], bare_us[DEPTHS], look_us[DEPTHS];
    for (int i = 0; i < DEPTHS; i++) {
        int d = (i + round + 1) % DEPTHS;
        took_us[d] = claims(&queue[d]);
        put(conn, &queue[d], (int64_t)CLAIMS * EACH);
        bare_us[d] = bare_claims(conn, &queue[d]);
    }
    idle_looks(queue, look_us);
    (void)printf("  round %d of %d: a claim %.4g, %.4g, %.4g us; a look %.4g, %.4g, %.4g us\n",
                 round + 1, ROUNDS, took_us[0], took_us[1], took_us[2], look_us[0], look_us[1],
                 look_us[2]);
    (void)fflush(stdout); // they take minutes, and what was measured shall not be lost
    for (int d = 0; d < DEPTHS && round >= 0; d++) { // the first warms up
        queue[d].claim_us[round] = took_us[d];
        queue[d].bare_us[round] = bare_us[d];
        queue[d].ratio[round] = took_us[d] / took_us[0];
        queue[d].look_us[round] = look_us[d];
        queue[d].looks[round] = look_us[d] / look_us[0];
    }
}

void bench_claims(void)
{
    const char *store = bench_pg_store("claims");
    if (!store)
        return;
    static struct queue queue[DEPTHS] = {
        {.name = "claim_a", .said = "1,000", .depth = 1000},
        {.name = "claim_b", .said = "100,000", .depth = 100000},
        {.name = "claim_c", .said = "1,000,000", .depth = 1000000}};
    PGconn *conn = PQconnectdb(store);
    for (int d = 0; d < DEPTHS; d++)
        fill(conn, &queue[d]);
    order(conn, "CHECKPOINT");
    for (int r = -1; r < ROUNDS; r++)
        one_round(conn, queue, r);
    double base_us = bench_median(queue[0].claim_us, ROUNDS);
    for (int d = 0; d < DEPTHS; d++) {
        double us = bench_median(queue[d].claim_us, ROUNDS);
        (void)printf("claim of %d messages on PostgreSQL, %s wait: %.4g us (%.4g messages/s; the "
                     "bare SQL of a claim: %.4g us); ",
                     EACH, queue[d].said, us, EACH / us * 1e6,
                     bench_median(queue[d].bare_us, ROUNDS));
        if (d)
            bench_count("beside 1,000", "x", bench_median(queue[d].ratio, ROUNDS), 1.1);
        else
            (void)printf("1 x %.4g\n", base_us);
        (void)printf("a look that finds nothing due on PostgreSQL, %s wait for later: %.4g us; ",
                     queue[d].said, bench_median(queue[d].look_us, ROUNDS));
        if (d)
            bench_count("beside 1,000", "x", bench_median(queue[d].looks, ROUNDS), 1.1);
        else
            (void)printf("1 x\n");
        ledger_close(&queue[d].ledger);
    }
    PQfinish(conn);
}
