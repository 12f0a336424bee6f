// Redis Streams doing the outbox's work: each event is an item of its own for each worker, in a
// stream of its own with one group, written, handed to that worker and acknowledged by it one by
// one. (Nothing keeps a key from coming twice here, and no item has a lease, lane or time.)
//
//   redis_rows PORT WORKERS EVENTS     the server runs on 127.0.0.1 and says when it syncs
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BODY = 256, AT_ONCE = 100, WORKERS_MAX = 64 }; // events in a pipeline, items in a read

static void fail(const char *what)
{
    (void)fprintf(stderr, "redis_rows: %s\n", what);
    exit(1);
}

static redisContext *join(int port)
{
    redisContext *redis = redisConnect("127.0.0.1", port);
    if (!redis || redis->err)
        fail("no Redis there");
    return redis;
}

static void take_replies(redisContext *redis, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        redisReply *reply = NULL;
        if (redisGetReply(redis, (void **)&reply) != REDIS_OK || reply->type == REDIS_REPLY_ERROR)
            fail("a command was refused");
        freeReplyObject(reply);
    }
}

static void make_stream(redisContext *redis, int worker)
{
    (void)redisAppendCommand(redis, "DEL s%d", worker);
    (void)redisAppendCommand(redis, "XGROUP CREATE s%d g 0 MKSTREAM", worker);
    take_replies(redis, 2);
}

static void acknowledge(redisContext *redis, int worker, const redisReply *items)
{
    for (size_t i = 0; i < items->elements; i++)
        (void)redisAppendCommand(redis, "XACK s%d g %s", worker,
                                 items->element[i]->element[0]->str);
    take_replies(redis, items->elements);
}

static void work(int port, int worker, long events)
{
    redisContext *redis = join(port);
    for (long got = 0; got < events;) {
        redisReply *reply = redisCommand(
            redis, "XREADGROUP GROUP g c COUNT %d BLOCK 1000 STREAMS s%d >", AT_ONCE, worker);
        if (!reply || reply->type == REDIS_REPLY_ERROR)
            fail("nothing can be read");
        if (reply->type == REDIS_REPLY_ARRAY) {
            const redisReply *items = reply->element[0]->element[1];
            acknowledge(redis, worker, items);
            got += (long)items->elements;
        }
        freeReplyObject(reply);
    }
    redisFree(redis);
    _exit(0);
}

static void put(redisContext *redis, int workers, long events)
{
    char body[BODY + 1];
    memset(body, 'x', BODY);
    body[BODY] = '\0';
    for (int i = 0; i < events; i++) {
        for (int w = 0; w < workers; w++)
            (void)redisAppendCommand(redis, "XADD s%d * b %b", w, body, (size_t)BODY);
    }
    take_replies(redis, (size_t)(events * workers));
}

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        fail("usage: redis_rows PORT WORKERS EVENTS");
    int port = (int)strtol(argv[1], NULL, 10), workers = (int)strtol(argv[2], NULL, 10);
    long events = strtol(argv[3], NULL, 10);
    if (workers < 1 || workers > WORKERS_MAX || events < 1)
        fail("that many are not meant");
    redisContext *redis = join(port);
    for (int w = 0; w < workers; w++)
        make_stream(redis, w);
    double start_s = now_s();
    for (int w = 0; w < workers; w++) {
        if (fork() == 0)
            work(port, w, events);
    }
    for (long left = events; left > 0; left -= AT_ONCE)
        put(redis, workers, left < AT_ONCE ? left : AT_ONCE);
    for (int w = 0, status = 0; w < workers; w++) {
        if (wait(&status) < 0 || status != 0)
            fail("a worker ended badly");
    }
    (void)printf("redis streams, an item a worker, XACK each: %.0f events/s\n",
                 (double)events / (now_s() - start_s));
    redisFree(redis);
    return 0;
}
