#include "core/bus.h"

#include "core/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

enum { HANDSHAKE_MS = 5000, QUEUE_MESSAGES = 2000 };

struct bus {
    void *context, *socket;
    bool serves;
    int watched[BUS_WATCHED_MAX];
    size_t watches;
};

static enum err_kind refuse(struct err *err, enum err_kind kind, const char *doing)
{
    return err_set(err, kind, "%s: %s", doing, zmq_strerror(zmq_errno()));
}

static void set(struct bus *bus, int option, int value)
{
    int failed = zmq_setsockopt(bus->socket, option, &value, sizeof(value));
    assert(!failed);
    (void)failed;
}

void bus_close(struct bus **bus)
{
    if (!*bus)
        return;
    if ((*bus)->socket)
        zmq_close((*bus)->socket);
    zmq_ctx_term((*bus)->context);
    mem_free(bus);
}

static enum err_kind bus_new(bool serves, const char *path, char *address, size_t size,
                             struct bus **out, struct err *err)
{
    if (strlen(path) > BUS_PATH_MAX)
        return err_set(err, ERR_INPUT,
                       "%s is too long for a Unix socket (%zu bytes, at most %d); give the site a "
                       "shorter path",
                       path, strlen(path), BUS_PATH_MAX);
    (void)snprintf(address, size, "ipc://%s", path);
    AUTO(bus_close) struct bus *bus = mem_new(1, sizeof(*bus));
    bus->serves = serves;
    bus->context = zmq_ctx_new();
    bus->socket = bus->context ? zmq_socket(bus->context, serves ? ZMQ_ROUTER : ZMQ_DEALER) : NULL;
    if (!bus->socket)
        return refuse(err, ERR_LATER, "cannot make a socket");
    set(bus, ZMQ_LINGER, 0);
    set(bus, ZMQ_SNDHWM, QUEUE_MESSAGES);
    set(bus, ZMQ_RCVHWM, QUEUE_MESSAGES);
    set(bus, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
    int64_t bytes_max = BUS_BYTES_MAX;
    (void)zmq_setsockopt(bus->socket, ZMQ_MAXMSGSIZE, &bytes_max, sizeof(bytes_max));
    *out = TAKE(bus);
    return OK;
}

enum err_kind bus_serve(const char *path, struct bus **out, struct err *err)
{
    char address[BUS_PATH_MAX + 16];
    AUTO(bus_close) struct bus *bus = NULL;
    if (bus_new(true, path, address, sizeof(address), &bus, err))
        return err_of(err);
    set(bus, ZMQ_ROUTER_MANDATORY, 1);
    if (zmq_bind(bus->socket, address) != 0)
        return refuse(err, ERR_LATER, address);
    if (chmod(path, 0600) != 0)
        return err_errno(err, ERR_LATER, "cannot set the mode of %s", path);
    *out = TAKE(bus);
    return OK;
}

enum err_kind bus_join(const char *path, const char *name, struct bus **out, struct err *err)
{
    char address[BUS_PATH_MAX + 16];
    AUTO(bus_close) struct bus *bus = NULL;
    assert(*name && strlen(name) < BUS_PEER_MAX);
    if (bus_new(false, path, address, sizeof(address), &bus, err))
        return err_of(err);
    set(bus, ZMQ_IMMEDIATE, 1); // nothing is queued for a dispatcher that is not there
    if (zmq_setsockopt(bus->socket, ZMQ_ROUTING_ID, name, strlen(name)) != 0 ||
        zmq_connect(bus->socket, address) != 0)
        return refuse(err, ERR_LATER, address);
    *out = TAKE(bus);
    return OK;
}

void bus_message_free(struct bus_message *message)
{
    for (size_t i = 0; i < message->count; i++)
        mem_free(&message->frame[i]);
    message->count = 0;
}

struct str bus_frame(const struct bus_message *message, size_t i)
{
    if (i >= message->count)
        return (struct str){"", 0};
    return (struct str){message->frame[i], message->len[i]};
}

// Takes the peer's name; false when it is no plain text that fits.
static bool take_peer(struct bus_message *out, const char *bytes, size_t len)
{
    if (len == 0 || len >= sizeof(out->peer) || memchr(bytes, '\0', len))
        return false;
    memcpy(out->peer, bytes, len);
    out->peer[len] = '\0';
    return true;
}

// One frame; `*good` turns false for a message that is to be dropped.
static enum err_kind take_frame(struct bus *bus, struct bus_message *out, size_t at, bool *good,
                                bool *more, struct err *err)
{
    zmq_msg_t part;
    zmq_msg_init(&part);
    if (zmq_msg_recv(&part, bus->socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&part);
        return refuse(err, ERR_LATER, "cannot receive");
    }
    const char *bytes = zmq_msg_data(&part);
    size_t len = zmq_msg_size(&part);
    *more = zmq_msg_more(&part) != 0;
    if (bus->serves && at == 0) {
        *good = take_peer(out, bytes, len);
    } else if (out->count < BUS_FRAMES_MAX) {
        out->len[out->count] = len;
        out->frame[out->count++] = str_copy((struct str){bytes, len});
    } else {
        *good = false;
    }
    zmq_msg_close(&part);
    return OK;
}

void bus_watch(struct bus *bus, const int *fd, size_t count)
{
    assert(count <= BUS_WATCHED_MAX);
    for (size_t i = 0; i < count; i++)
        bus->watched[i] = fd[i];
    bus->watches = count;
}

enum err_kind bus_receive(struct bus *bus, int64_t timeout_ms, struct bus_message *out, bool *got,
                          struct err *err)
{
    AUTO(bus_message_free) struct bus_message message = {0};
    zmq_pollitem_t items[1 + BUS_WATCHED_MAX] = {{.socket = bus->socket, .events = ZMQ_POLLIN}};
    *got = false;
    for (size_t i = 0; i < bus->watches; i++)
        items[1 + i] = (zmq_pollitem_t){.fd = bus->watched[i], .events = ZMQ_POLLIN};
    int ready = zmq_poll(items, 1 + (int)bus->watches, timeout_ms);
    if (ready < 0 && zmq_errno() != EINTR)
        return refuse(err, ERR_BROKEN, "cannot wait for messages");
    if (ready <= 0 || !(items[0].revents & ZMQ_POLLIN))
        return OK;
    bool more = true, good = true;
    for (size_t at = 0; more; at++) {
        bool fine = true;
        if (take_frame(bus, &message, at, &fine, &more, err))
            return err_of(err);
        good = good && fine;
    }
    if (!good || message.count == 0)
        return OK;
    *out = MOVE(message);
    *got = true;
    return OK;
}

enum err_kind bus_send(struct bus *bus, const char *peer, const struct str *frame, size_t count,
                       struct err *err)
{
    assert(count > 0 && count <= BUS_FRAMES_MAX && bus->serves == (peer != NULL));
    int flags = ZMQ_DONTWAIT;
    if (peer && zmq_send(bus->socket, peer, strlen(peer), flags | ZMQ_SNDMORE) < 0)
        return refuse(err, zmq_errno() == EHOSTUNREACH ? ERR_MISSING : ERR_LATER, peer);
    for (size_t i = 0; i < count; i++) {
        int more = i + 1 < count ? ZMQ_SNDMORE : 0;
        if (zmq_send(bus->socket, frame[i].at, frame[i].len, flags | more) < 0)
            return refuse(err, ERR_LATER, "cannot send");
    }
    return OK;
}
