#include "core/bus.h"

#include "core/bus_key.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

enum {
    HANDSHAKE_MS = 5000,
    QUEUE_MESSAGES = 2000,
    BEAT_MS = 2000, // of the transport, beside the heartbeats of those who use it
    BEAT_LOST_MS = 6000,
    BACKLOG = 1024,
    DOOR_EVERY = 32,
    ZAP_FRAMES = 7,
    ZAP_BYTES_MAX = 256,
    BUS_USER_MAX = BUS_ROLE_MAX + BUS_NAME_MAX + BUS_KEY_LEN + 1,
    OWN_NAME_BYTES = 5,        // of a routing id that ZeroMQ made: a zero byte and a number
    REFUSALS_LOGGED_MS = 1000, // one line in this time, however many are refused
    // A draft option that Debian's zmq.h leaves out and its library takes: without a ZAP handler
    // that answers nobody gets in.
    ZAP_ENFORCE_DOMAIN = 93,
};

// The doorkeeper (ZAP) of a serving end: asked by ZeroMQ who a key belongs to.
struct door {
    void *socket;
    char *allow_path;
    struct bus_allow allow;
    struct timespec changed; // of the list that was read
    int64_t size;
    bool is_good;
    int64_t refused, logged_ms;
};

struct bus {
    void *context, *socket;
    int fd; // ZeroMQ's, of the socket
    bool serves;
    struct door door;
    uint64_t taken; // messages asked for
    bool is_dry;    // the socket said that it has nothing, and was not used since
    bool patient;   // receiving waits, as long as patience_ms
    int64_t patience_ms;
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
    if ((*bus)->door.socket)
        zmq_close((*bus)->door.socket);
    bus_allow_free(&(*bus)->door.allow);
    mem_free(&(*bus)->door.allow_path);
    if ((*bus)->socket)
        zmq_close((*bus)->socket);
    zmq_ctx_term((*bus)->context);
    mem_free(bus);
}

static enum err_kind path_address(const char *path, char *address, size_t size, struct err *err)
{
    if (strlen(path) > BUS_PATH_MAX)
        return err_set(err, ERR_INPUT,
                       "%s is too long for a Unix socket (%zu bytes, at most %d); give the site a "
                       "shorter path",
                       path, strlen(path), BUS_PATH_MAX);
    (void)snprintf(address, size, "ipc://%s", path);
    return OK;
}

static enum err_kind bus_new(bool serves, struct bus **out, struct err *err)
{
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
    size_t size = sizeof(bus->fd);
    if (zmq_getsockopt(bus->socket, ZMQ_FD, &bus->fd, &size) != 0)
        return refuse(err, ERR_LATER, "cannot make a socket");
    *out = TAKE(bus);
    return OK;
}

// Who can enter the folder could put a socket of their own in place of ours.
static enum err_kind check_folder(const char *path, struct err *err)
{
    struct stat status;
    AUTO(mem_drop) char *folder = file_folder(path);
    if (stat(folder, &status) != 0)
        return err_errno(err, ERR_LATER, "cannot look at %s", folder);
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(err, ERR_REFUSED,
                       "%s is open to others (mode %03o), and the workers' socket is in it: chmod "
                       "700 it",
                       folder, (unsigned)(status.st_mode & 0777));
    return OK;
}

enum err_kind bus_serve(const char *path, struct bus **out, struct err *err)
{
    char address[BUS_PATH_MAX + 16];
    AUTO(bus_close) struct bus *bus = NULL;
    if (path_address(path, address, sizeof(address), err) || check_folder(path, err) ||
        bus_new(true, &bus, err))
        return err_of(err);
    set(bus, ZMQ_ROUTER_MANDATORY, 1);
    if (zmq_bind(bus->socket, address) != 0)
        return refuse(err, ERR_LATER, address);
    if (chmod(path, 0600) != 0)
        return err_errno(err, ERR_LATER, "cannot set the mode of %s", path);
    *out = TAKE(bus);
    return OK;
}

static enum err_kind join(const char *address, struct bus *bus, struct err *err)
{
    set(bus, ZMQ_IMMEDIATE, 1); // nothing is queued for a dispatcher that is not there
    if (zmq_connect(bus->socket, address) != 0)
        return refuse(err, zmq_errno() == EINVAL ? ERR_INPUT : ERR_LATER, address);
    return OK;
}

enum err_kind bus_join(const char *path, struct bus **out, struct err *err)
{
    char address[BUS_PATH_MAX + 16];
    AUTO(bus_close) struct bus *bus = NULL;
    if (path_address(path, address, sizeof(address), err) || bus_new(false, &bus, err) ||
        join(address, bus, err))
        return err_of(err);
    *out = TAKE(bus);
    return OK;
}

// --- over TCP
// ----------------------------------------------------------------------------------------

void bus_key_make(struct bus_key *out)
{
    *out = (struct bus_key){0};
    int failed = zmq_curve_keypair(out->public_key, out->secret_key);
    assert(!failed); // a ZeroMQ without CURVE is none that we are linked with
    (void)failed;
}

static void set_tcp(struct bus *bus)
{
    set(bus, ZMQ_TCP_KEEPALIVE, 1);
    set(bus, ZMQ_HEARTBEAT_IVL, BEAT_MS);
    set(bus, ZMQ_HEARTBEAT_TIMEOUT, BEAT_LOST_MS);
    set(bus, ZMQ_HEARTBEAT_TTL, BEAT_LOST_MS);
    set(bus, ZMQ_BACKLOG, BACKLOG);
}

static void set_text(struct bus *bus, int option, const char *text)
{
    int failed = zmq_setsockopt(bus->socket, option, text, strlen(text));
    assert(!failed);
    (void)failed;
}

enum err_kind bus_serve_tcp(struct bus *bus, const char *address, const struct bus_key *key,
                            const char *allow_path, struct err *err)
{
    assert(bus->serves && !bus->door.socket);
    bus->door.allow_path = mem_text(allow_path);
    bus->door.socket = zmq_socket(bus->context, ZMQ_REP);
    // The doorkeeper is there before the door.
    if (!bus->door.socket || zmq_bind(bus->door.socket, "inproc://zeromq.zap.01") != 0)
        return refuse(err, ERR_LATER, "cannot make the doorkeeper's socket");
    int server = 1;
    set(bus, ZMQ_CURVE_SERVER, server);
    set_text(bus, ZMQ_CURVE_SECRETKEY, key->secret_key);
    set_text(bus, ZMQ_ZAP_DOMAIN, "gong");
    int enforce = 1;
    if (zmq_setsockopt(bus->socket, ZAP_ENFORCE_DOMAIN, &enforce, sizeof(enforce)) != 0)
        return refuse(err, ERR_BROKEN, "this ZeroMQ cannot be told to let nobody in unasked");
    set_tcp(bus);
    if (zmq_bind(bus->socket, address) != 0)
        return refuse(err, zmq_errno() == EINVAL ? ERR_INPUT : ERR_LATER, address);
    return OK;
}

void bus_tcp_address(const struct bus *bus, char *out, size_t size)
{
    size_t len = size;
    if (zmq_getsockopt(bus->socket, ZMQ_LAST_ENDPOINT, out, &len) != 0)
        (void)snprintf(out, size, "?");
}

enum err_kind bus_join_tcp(const char *address, const struct bus_key *key, struct bus **out,
                           struct err *err)
{
    AUTO(bus_close) struct bus *bus = NULL;
    assert(*key->server_key);
    if (bus_new(false, &bus, err))
        return err_of(err);
    set_tcp(bus);
    set_text(bus, ZMQ_CURVE_SERVERKEY, key->server_key);
    set_text(bus, ZMQ_CURVE_PUBLICKEY, key->public_key);
    set_text(bus, ZMQ_CURVE_SECRETKEY, key->secret_key);
    if (join(address, bus, err))
        return err_of(err);
    *out = TAKE(bus);
    return OK;
}

// --- the doorkeeper: who may come in by TCP
// ----------------------------------------------------------

// Reads the list again when the file is another. One that cannot be read lets nobody in.
static void read_list(struct door *door)
{
    struct stat status = {0};
    struct err err = {0};
    bool there = stat(door->allow_path, &status) == 0;
    if (there && door->is_good && status.st_size == door->size &&
        status.st_mtim.tv_sec == door->changed.tv_sec &&
        status.st_mtim.tv_nsec == door->changed.tv_nsec)
        return;
    bus_allow_free(&door->allow);
    door->is_good = bus_allow_load(door->allow_path, &door->allow, &err) == OK;
    door->changed = status.st_mtim;
    door->size = status.st_size;
    if (!door->is_good && clock_ticks_ms() - door->logged_ms >= REFUSALS_LOGGED_MS) {
        log_err("nobody is let in", &err);
        door->logged_ms = clock_ticks_ms();
    }
}

// Whose a key of 32 bytes is; NULL when it may not come in.
static const struct bus_allowed *find_key(struct door *door, const uint8_t raw[BUS_RAW_KEY_LEN])
{
    char key[BUS_KEY_LEN + 1];
    read_list(door);
    if (!zmq_z85_encode(key, raw, BUS_RAW_KEY_LEN))
        return NULL;
    for (size_t i = 0; i < door->allow.count; i++) {
        if (strcmp(door->allow.at[i].key, key) == 0)
            return &door->allow.at[i];
    }
    return NULL;
}

static void log_refusal(struct door *door, struct str address, struct str key)
{
    door->refused++;
    if (clock_ticks_ms() - door->logged_ms < REFUSALS_LOGGED_MS)
        return;
    door->logged_ms = clock_ticks_ms();
    log_warn("%lld refused at the door, the last from " STR_FMT " with key %.16s...",
             (long long)door->refused, STR_ARG(address), hash_hex(hash_of(key)).at);
}

// Who comes in is known from then on, with each of its messages, as "ROLE NAME KEY".
static void answer_door(struct door *door, struct str request, const struct bus_allowed *who)
{
    char user[BUS_USER_MAX] = "";
    if (who)
        (void)snprintf(user, sizeof(user), "%s %s %s", who->role, who->name, who->key);
    const struct str frames[] = {
        STR("1.0"),   request, who ? STR("200") : STR("400"), who ? STR("OK") : STR("no"),
        str_of(user), STR("")};
    for (size_t i = 0; i < COUNT_OF(frames); i++) {
        int more = i + 1 < COUNT_OF(frames) ? ZMQ_SNDMORE : 0;
        if (zmq_send(door->socket, frames[i].at, frames[i].len, more | ZMQ_DONTWAIT) < 0)
            return; // the connection is closed then: nobody gets in
    }
}

// One question of ZeroMQ: version, request, domain, address, identity, mechanism, key.
static bool keep_door(struct door *door)
{
    char frame[ZAP_FRAMES][ZAP_BYTES_MAX];
    struct str text[ZAP_FRAMES] = {{0}};
    int more = 1, count = 0;
    for (; more; count++) {
        char spill[ZAP_BYTES_MAX];
        size_t size = sizeof(more);
        char *into = count < ZAP_FRAMES ? frame[count] : spill;
        int len = zmq_recv(door->socket, into, ZAP_BYTES_MAX, ZMQ_DONTWAIT);
        if (len < 0 || zmq_getsockopt(door->socket, ZMQ_RCVMORE, &more, &size) != 0)
            return false;
        if (count < ZAP_FRAMES)
            text[count] = (struct str){into, len < ZAP_BYTES_MAX ? (size_t)len : 0};
    }
    bool is_curve = count == ZAP_FRAMES && str_is(text[0], "1.0") && str_is(text[5], "CURVE") &&
                    text[6].len == BUS_RAW_KEY_LEN;
    const struct bus_allowed *who = is_curve ? find_key(door, (const uint8_t *)text[6].at) : NULL;
    if (!who)
        log_refusal(door, text[3], text[6]);
    answer_door(door, text[1], who);
    return true;
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

// Takes the name of a connection; false when it is neither one of ours nor plain text that fits.
static bool take_peer(struct bus_message *out, const char *bytes, size_t len)
{
    if (len == OWN_NAME_BYTES && bytes[0] == '\0') {
        const unsigned char *number = (const unsigned char *)bytes + 1;
        (void)snprintf(out->peer, sizeof(out->peer), "#%02x%02x%02x%02x", number[0], number[1],
                       number[2], number[3]);
        return true;
    }
    if (len == 0 || len >= sizeof(out->peer) || memchr(bytes, '\0', len) || bytes[0] == '#')
        return false;
    memcpy(out->peer, bytes, len);
    out->peer[len] = '\0';
    out->is_named = true;
    return true;
}

// The routing id of a connection; its length.
static size_t routing_id(const char *peer, char out[BUS_PEER_MAX])
{
    size_t len = strlen(peer);
    assert(len > 0 && len < BUS_PEER_MAX);
    for (size_t i = 0; i < len; i++)
        out[i] = peer[i];
    if (peer[0] != '#')
        return len;
    unsigned long number = strtoul(peer + 1, NULL, 16);
    for (int i = OWN_NAME_BYTES - 1; i >= 0; i--, number >>= 8)
        out[i] = (char)(number & 0xff);
    return OWN_NAME_BYTES;
}

// Whether who once came in would be let in now. While the list is not good nobody new is, and those
// who are in stay: what they have in hand is on its way.
static bool is_still_allowed(struct door *door, struct str role, struct str name, struct str key)
{
    read_list(door);
    for (size_t i = 0; door->is_good && i < door->allow.count; i++) {
        const struct bus_allowed *one = &door->allow.at[i];
        if (str_is(key, one->key) && str_is(name, one->name) && str_is(role, one->role))
            return true;
    }
    return !door->is_good;
}

// Role and name, as the doorkeeper gave them.
static void take_user(struct bus *bus, struct bus_message *out, const char *user)
{
    struct str rest = str_of(user), role, name;
    if (!str_take_field(&rest, ' ', &role) || !str_take_field(&rest, ' ', &name))
        return;
    (void)snprintf(out->role, sizeof(out->role), STR_FMT, STR_ARG(role));
    (void)snprintf(out->key, sizeof(out->key), STR_FMT, STR_ARG(name));
    (void)snprintf(out->public_key, sizeof(out->public_key), STR_FMT, STR_ARG(rest));
    out->is_revoked = !is_still_allowed(&bus->door, role, name, rest);
}

bool bus_is_revoked(struct bus *bus, const char *role, const char *name, const char *public_key)
{
    return !is_still_allowed(&bus->door, str_of(role), str_of(name), str_of(public_key));
}

// One frame, when one is `*there`; `*good` turns false for a message that is to be dropped.
static enum err_kind take_frame(struct bus *bus, struct bus_message *out, size_t at, bool *there,
                                bool *good, bool *more, struct err *err)
{
    zmq_msg_t part;
    zmq_msg_init(&part);
    if (zmq_msg_recv(&part, bus->socket, bus->patient ? 0 : ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&part);
        *there = false;
        return zmq_errno() == EAGAIN || zmq_errno() == EINTR
                   ? OK
                   : refuse(err, ERR_LATER, "cannot receive");
    }
    const char *bytes = zmq_msg_data(&part);
    const char *user = bus->serves && at == 1 ? zmq_msg_gets(&part, "User-Id") : NULL;
    if (user)
        take_user(bus, out, user);
    size_t len = zmq_msg_size(&part);
    *more = zmq_msg_more(&part) != 0;
    if (bus->serves && at == 0) {
        *good = take_peer(out, bytes, len);
    } else if (out->count < BUS_FRAMES_MAX) {
        out->len[out->count] = len;
        char *frame = mem_resize(NULL, len + 1, 1); // what is copied over is not cleared first
        memcpy(frame, bytes, len);
        frame[len] = '\0';
        out->frame[out->count++] = frame;
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

// With no door to keep one system call waits for everything. ZeroMQ's own descriptor speaks only of
// what is new since the socket last said that it has nothing, which it has just done.
static enum err_kind wait_plainly(struct bus *bus, int64_t timeout_ms, struct err *err)
{
    struct pollfd items[1 + BUS_WATCHED_MAX] = {{.fd = bus->fd, .events = POLLIN}};
    for (size_t i = 0; i < bus->watches; i++)
        items[1 + i] = (struct pollfd){.fd = bus->watched[i], .events = POLLIN};
    if (poll(items, 1 + bus->watches, (int)timeout_ms) < 0 && errno != EINTR)
        return err_errno(err, ERR_BROKEN, "cannot wait for messages");
    return OK;
}

// Waits for a message; keeps the door meanwhile. Ends early when a watched descriptor can be read.
static enum err_kind wait_for(struct bus *bus, int64_t timeout_ms, struct err *err)
{
    zmq_pollitem_t items[2 + BUS_WATCHED_MAX] = {{.socket = bus->socket, .events = ZMQ_POLLIN}};
    int count = 1;
    if (!bus->door.socket)
        return wait_plainly(bus, timeout_ms, err);
    for (size_t i = 0; i < bus->watches; i++)
        items[count++] = (zmq_pollitem_t){.fd = bus->watched[i], .events = ZMQ_POLLIN};
    items[count++] = (zmq_pollitem_t){.socket = bus->door.socket, .events = ZMQ_POLLIN};
    if (zmq_poll(items, count, timeout_ms) < 0 && zmq_errno() != EINTR)
        return refuse(err, ERR_BROKEN, "cannot wait for messages");
    while (keep_door(&bus->door))
        continue;
    return OK;
}

// The frames of one message, as far as there is one now.
static enum err_kind take_message(struct bus *bus, struct bus_message *out, bool *got, bool *good,
                                  struct err *err)
{
    bool more = true;
    *good = true;
    *got = false;
    for (size_t at = 0; more; at++) {
        bool fine = true, there = true;
        if (take_frame(bus, out, at, &there, &fine, &more, err))
            return err_of(err);
        if (!there) {
            bus->is_dry = true;
            return OK;
        }
        *good = *good && fine;
    }
    *good = *good && out->count > 0;
    *got = true;
    bus->is_dry = false;
    return OK;
}

// With nothing else to look after, the socket itself waits: one system call less than asking for
// all.
static enum err_kind wait_patiently(struct bus *bus, int64_t timeout_ms, struct bus_message *out,
                                    bool *got, bool *good, struct err *err)
{
    if (bus->patience_ms != timeout_ms)
        set(bus, ZMQ_RCVTIMEO, (int)timeout_ms);
    bus->patience_ms = timeout_ms;
    bus->patient = true;
    enum err_kind kind = take_message(bus, out, got, good, err);
    bus->patient = false;
    return kind;
}

enum err_kind bus_receive(struct bus *bus, int64_t timeout_ms, struct bus_message *out, bool *got,
                          struct err *err)
{
    AUTO(bus_message_free) struct bus_message message = {0};
    bool there = false, good = false;
    bool alone = bus->watches == 0 && !bus->door.socket;
    // What is there is taken without asking the system; the door is looked after now and then.
    bool look = bus->door.socket && ++bus->taken % DOOR_EVERY == 0;
    bool known = bus->is_dry && timeout_ms > 0; // then the wait is asked, which looks as well
    *got = false;
    if (alone && timeout_ms > 0) {
        if (wait_patiently(bus, timeout_ms, &message, &there, &good, err))
            return err_of(err);
    } else if (!look && !known && take_message(bus, &message, &there, &good, err)) {
        return err_of(err);
    }
    if (!there && !alone && (timeout_ms > 0 || look)) {
        if (wait_for(bus, timeout_ms, err) || take_message(bus, &message, &there, &good, err))
            return err_of(err);
    }
    if (!there || !good)
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
    char id[BUS_PEER_MAX];
    bus->is_dry = false; // on the way out ZeroMQ takes in what has come
    if (peer && zmq_send(bus->socket, id, routing_id(peer, id), flags | ZMQ_SNDMORE) < 0)
        return refuse(err, zmq_errno() == EHOSTUNREACH ? ERR_MISSING : ERR_LATER, peer);
    for (size_t i = 0; i < count; i++) {
        int more = i + 1 < count ? ZMQ_SNDMORE : 0;
        if (zmq_send(bus->socket, frame[i].at, frame[i].len, flags | more) < 0)
            return refuse(err, ERR_LATER, "cannot send");
    }
    return OK;
}
