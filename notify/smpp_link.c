#include "notify/smpp_link.h"

#include "core/clock.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/tls.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PAUSE_MS_MIN = 1000,
    PAUSE_MS_MAX = 60000,
    REFUSED_MS_MIN = 60000,
    REFUSED_MS_MAX = 15 * 60000,
    JITTER_PERCENT = 20,
    CONNECT_MS = 10000,
    READ_BYTES = 16384,
    PLAIN_BYTES_MAX = 4 * READ_BYTES, // of one read: a record that was kept until its end is 16 KiB
    TICK_MS = 200,
};

struct smpp_link {
    char host[256], *ca_file;
    uint16_t port;
    bool is_tls;
    struct smpp_session *session;
    struct tls *tls; // NULL: plain, or no connection
    int fd;          // -1: none
    bool connecting; // the socket or its encryption is not there yet
    int64_t connect_by_ms, due_ms, pause_ms;
    struct err trouble;
};

struct smpp_link *smpp_link_new(const struct smpp_place *place,
                                const struct smpp_settings *settings,
                                const struct smpp_events *events)
{
    struct smpp_link *link = mem_new(1, sizeof(*link));
    assert(strlen(place->host) < sizeof(link->host));
    (void)snprintf(link->host, sizeof(link->host), "%s", place->host);
    link->port = place->port;
    link->is_tls = place->tls;
    link->ca_file = place->ca_file ? mem_text(place->ca_file) : NULL;
    link->fd = -1;
    link->session = smpp_session_new(settings, events);
    return link;
}

void smpp_link_free(struct smpp_link **link)
{
    if (!*link)
        return;
    if ((*link)->fd >= 0)
        (void)close((*link)->fd);
    smpp_session_free(&(*link)->session);
    tls_free(&(*link)->tls);
    mem_free(&(*link)->ca_file);
    mem_free(link);
}

struct smpp_session *smpp_link_session(struct smpp_link *link)
{
    return link->session;
}

int smpp_link_descriptor(const struct smpp_link *link)
{
    return link->fd;
}

const struct err *smpp_link_trouble(const struct smpp_link *link)
{
    return &link->trouble;
}

int64_t smpp_link_again_ms(const struct smpp_link *link)
{
    int64_t left_ms = link->due_ms - clock_ticks_ms();
    return link->fd >= 0 || left_ms < 0 ? 0 : left_ms;
}

// 80 to 120 percent: many that lost one carrier together do not come back together.
static int64_t jittered(int64_t pause_ms)
{
    uint32_t word;
    random_bytes(&word, sizeof(word));
    return pause_ms * (100 - JITTER_PERCENT + (int64_t)(word % (2 * JITTER_PERCENT + 1))) / 100;
}

// Ends this connection; the next comes after a pause that doubles.
static void drop(struct smpp_link *link, const struct err *why)
{
    bool refused = why->kind == ERR_REFUSED;
    int64_t least_ms = refused ? REFUSED_MS_MIN : PAUSE_MS_MIN;
    int64_t most_ms = refused ? REFUSED_MS_MAX : PAUSE_MS_MAX;
    if (link->fd >= 0)
        (void)close(link->fd);
    link->fd = -1;
    link->connecting = false;
    tls_free(&link->tls);
    link->trouble = *why;
    int64_t pause_ms = link->pause_ms * 2;
    link->pause_ms = pause_ms < least_ms ? least_ms : pause_ms > most_ms ? most_ms : pause_ms;
    link->due_ms = clock_ticks_ms() + jittered(link->pause_ms);
    smpp_session_lost(link->session);
}

static enum err_kind open_socket(struct smpp_link *link, struct err *err)
{
    char port[8];
    struct addrinfo *found = NULL;
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    (void)snprintf(port, sizeof(port), "%u", link->port);
    int code = getaddrinfo(link->host, port, &wanted, &found);
    if (code)
        return err_set(err, ERR_LATER, "the carrier's host %s is not found: %s", link->host,
                       gai_strerror(code));
    int one = 1;
    link->fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failed = link->fd < 0 || connect(link->fd, found->ai_addr, found->ai_addrlen);
    int why = errno;
    freeaddrinfo(found);
    if (failed && why != EINPROGRESS) {
        errno = why;
        return err_errno(err, ERR_LATER, "%s port %u cannot be reached", link->host, link->port);
    }
    (void)setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    (void)setsockopt(link->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
    link->connecting = true;
    link->connect_by_ms = clock_ticks_ms() + CONNECT_MS;
    return OK;
}

// The socket is there: the conversation begins, or first its encryption.
static enum err_kind begin(struct smpp_link *link, struct err *err)
{
    struct tls_trust trust = {link->host, link->ca_file};
    if (link->is_tls)
        return tls_begin(&trust, &link->tls, err);
    link->connecting = false;
    smpp_session_begin(link->session, clock_ticks_ms());
    return OK;
}

static enum err_kind finish_connecting(struct smpp_link *link, short events, struct err *err)
{
    int code = 0;
    socklen_t size = sizeof(code);
    if (!events) {
        if (clock_ticks_ms() >= link->connect_by_ms)
            return err_set(err, ERR_LATER, "%s port %u does not answer", link->host, link->port);
        return OK;
    }
    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &code, &size) || code) {
        errno = code;
        return err_errno(err, ERR_LATER, "%s port %u cannot be reached", link->host, link->port);
    }
    return begin(link, err);
}

// Bytes of the conversation, as they came or out of their encryption.
static enum err_kind take_bytes(struct smpp_link *link, struct str bytes, struct err *err)
{
    AUTO(buf_free) struct buf plain = buf_new(PLAIN_BYTES_MAX);
    bool ended = false;
    if (!link->tls)
        return smpp_session_take(link->session, bytes, clock_ticks_ms(), err);
    if (tls_take(link->tls, bytes, &plain, &ended, err))
        return err_of(err);
    assert(!plain.full);
    if (link->connecting && tls_is_open(link->tls)) {
        link->connecting = false;
        smpp_session_begin(link->session, clock_ticks_ms());
    }
    if (plain.len && smpp_session_take(link->session, buf_slice(&plain), clock_ticks_ms(), err))
        return err_of(err);
    return ended ? err_set(err, ERR_LATER, "the carrier closed the link") : OK;
}

static enum err_kind read_some(struct smpp_link *link, struct err *err)
{
    char bytes[READ_BYTES];
    ssize_t len = recv(link->fd, bytes, sizeof(bytes), 0);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return OK;
    if (len < 0)
        return err_errno(err, ERR_LATER, "the link to the carrier broke");
    if (len == 0)
        return err_set(err, ERR_LATER, "the carrier closed the link");
    return take_bytes(link, (struct str){bytes, (size_t)len}, err);
}

// Encrypts what the session wants to say, no further than the socket takes it.
static enum err_kind encrypt_some(struct smpp_link *link, struct err *err)
{
    struct str output = smpp_session_output(link->session);
    size_t len = output.len < TLS_PUT_MAX ? output.len : TLS_PUT_MAX;
    if (!tls_is_open(link->tls) || tls_output(link->tls).len >= TLS_PUT_MAX || len == 0)
        return OK;
    if (tls_put(link->tls, (struct str){output.at, len}, err))
        return err_of(err);
    smpp_session_sent(link->session, len);
    return OK;
}

static struct str output_of(struct smpp_link *link)
{
    return link->tls ? tls_output(link->tls) : smpp_session_output(link->session);
}

static bool has_output(struct smpp_link *link)
{
    return output_of(link).len > 0 || smpp_session_output(link->session).len > 0;
}

static enum err_kind write_some(struct smpp_link *link, struct err *err)
{
    if (link->tls && encrypt_some(link, err))
        return err_of(err);
    struct str output = output_of(link);
    if (output.len == 0)
        return OK;
    ssize_t len = send(link->fd, output.at, output.len, MSG_NOSIGNAL);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return OK;
    if (len < 0)
        return err_errno(err, ERR_LATER, "the link to the carrier broke");
    if (link->tls)
        tls_sent(link->tls, (size_t)len);
    else
        smpp_session_sent(link->session, (size_t)len);
    return OK;
}

// The handshake goes on, no longer than a connection may take.
static enum err_kind encrypt(struct smpp_link *link, short events, struct err *err)
{
    if ((events & (POLLIN | POLLHUP | POLLERR)) && read_some(link, err))
        return err_of(err);
    if (write_some(link, err))
        return err_of(err);
    if (link->connecting && clock_ticks_ms() >= link->connect_by_ms)
        return err_set(err, ERR_LATER, "%s port %u begins no TLS", link->host, link->port);
    return OK;
}

static enum err_kind work(struct smpp_link *link, short events, struct err *err)
{
    if (link->connecting)
        return link->tls ? encrypt(link, events, err) : finish_connecting(link, events, err);
    if ((events & (POLLIN | POLLHUP | POLLERR)) && read_some(link, err))
        return err_of(err);
    if (smpp_session_tick(link->session, clock_ticks_ms(), err) || write_some(link, err))
        return err_of(err);
    if (smpp_session_standing(link->session) == SMPP_ENDED && !has_output(link))
        return err_set(err, ERR_LATER, "the conversation with the carrier has ended");
    return OK;
}

void smpp_link_step(struct smpp_link *link, int64_t timeout_ms)
{
    struct err why = {0};
    int64_t now_ms = clock_ticks_ms();
    int64_t wait_ms = timeout_ms < TICK_MS ? timeout_ms : TICK_MS;
    if (link->fd < 0 && now_ms >= link->due_ms && open_socket(link, &why)) {
        drop(link, &why);
        return;
    }
    if (link->fd < 0) {
        clock_system.pause_ms(clock_system.self,
                              link->due_ms - now_ms < wait_ms ? link->due_ms - now_ms : wait_ms);
        return;
    }
    // What was put in since the last step goes out before anything is waited for.
    if ((!link->connecting || link->tls) && write_some(link, &why)) {
        drop(link, &why);
        return;
    }
    bool writes = (link->connecting && !link->tls) || has_output(link);
    struct pollfd wait = {.fd = link->fd, .events = (short)(POLLIN | (writes ? POLLOUT : 0))};
    if (poll(&wait, 1, (int)wait_ms) < 0)
        wait.revents = 0; // a signal: time still passed
    if (work(link, wait.revents, &why)) {
        drop(link, &why);
        return;
    }
    if (smpp_session_standing(link->session) == SMPP_BOUND) {
        link->pause_ms = 0;
        link->trouble = (struct err){0};
    }
}
