#ifndef GONG_TESTS_BENCH_BARE_SMS_H
#define GONG_TESTS_BENCH_BARE_SMS_H

#include <stddef.h>

// The least that anybody can do with Kannel: requests that were written before, each sent on one of
// some kept connections as soon as the answer before it came, and each call back answered 200
// without a look at it but for its type. Plain sockets, one loop, nothing stored.
struct bare_sms {
    unsigned send_port, callback_port;
    size_t connections;
    size_t count;
    char *const *request; // [count], whole HTTP requests
};

struct bare_sms_took {
    double taken_s;    // until the last request was answered 202
    double reported_s; // until each message was called back as taken and as delivered
};

// Ends the benchmark with a sentence when Kannel refuses something.
struct bare_sms_took bare_sms_run(const struct bare_sms *bare);

#endif
