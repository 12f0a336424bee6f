#include "core/listen.h"

#include "core/mem.h"

#include <arpa/inet.h>
#include <assert.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>

enum {
    CONNECTIONS_MAX = 64,
    CONNECTIONS_OF_ONE = 16,
    IDLE_S = 10,
    MEMORY_OF_ONE = 32 * 1024, // request line and headers
    REPLY_BYTES_MAX = 64 * 1024,
};

struct listener {
    struct MHD_Daemon *daemon;
    struct listen_settings settings;
    struct listen_request *held; // those that are answered later, newest first
    bool closing;                // no handler is asked any more: it might hold what nobody answers
};

struct listen_request {
    struct MHD_Connection *connection;
    const char *method, *path;
    struct buf body;
    struct listen_request *older, *newer; // among those held
    unsigned status;                      // of one that was held and is answered now; 0: none
};

const char *listen_method(const struct listen_request *request)
{
    return request->method;
}

const char *listen_path(const struct listen_request *request)
{
    return request->path;
}

struct str listen_body(const struct listen_request *request)
{
    return buf_slice(&request->body);
}

static struct str value_of(const struct listen_request *request, enum MHD_ValueKind kind,
                           const char *name)
{
    const char *value = NULL;
    size_t len = 0;
    if (MHD_lookup_connection_value_n(request->connection, kind, name, strlen(name), &value,
                                      &len) != MHD_YES)
        return (struct str){NULL, 0};
    return value ? (struct str){value, len} : STR("");
}

struct str listen_query(const struct listen_request *request, const char *name)
{
    return value_of(request, MHD_GET_ARGUMENT_KIND, name);
}

struct str listen_header(const struct listen_request *request, const char *name)
{
    return value_of(request, MHD_HEADER_KIND, name);
}

static enum MHD_Result answer(struct MHD_Connection *connection, const struct listen_reply *reply)
{
    struct str body = buf_slice(&reply->body);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.at, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type", reply->type);
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

static void hold(struct listener *listener, struct listen_request *request)
{
    request->older = listener->held;
    request->newer = NULL;
    if (listener->held)
        listener->held->newer = request;
    listener->held = request;
    MHD_suspend_connection(request->connection);
}

void listener_answer(struct listener *listener, struct listen_request *request, unsigned status)
{
    assert(status != LISTEN_LATER);
    if (request->newer)
        request->newer->older = request->older;
    else
        listener->held = request->older;
    if (request->older)
        request->older->newer = request->newer;
    request->status = status;
    MHD_resume_connection(request->connection);
}

// Called once when the head of a request is there, once for each piece of its body, once at its
// end, and once more when it was held and is answered now.
// NOLINTNEXTLINE(readability-function-size): the library's own list of parameters
static enum MHD_Result serve(void *self, struct MHD_Connection *connection, const char *path,
                             const char *method, const char *version, const char *piece,
                             size_t *piece_len, void **memory)
{
    (void)version;
    struct listener *listener = self;
    struct listen_request *request = *memory;
    if (!request) {
        request = mem_new(1, sizeof(*request));
        request->body = buf_new(listener->settings.body_max);
        *memory = request;
        return MHD_YES;
    }
    if (*piece_len) {
        buf_add(&request->body, piece, *piece_len);
        *piece_len = 0;
        return MHD_YES;
    }
    struct listen_reply reply = {
        .status = 200, .type = "text/plain; charset=utf-8", .body = buf_new(REPLY_BYTES_MAX)};
    request->connection = connection;
    request->method = method;
    request->path = path;
    if (request->status) {
        reply.status = request->status;
    } else if (listener->closing) {
        reply.status = 503;
    } else if (request->body.full) {
        reply.status = 413;
        buf_text(&reply.body, "too large\n");
    } else {
        listener->settings.handle(listener->settings.self, request, &reply);
    }
    enum MHD_Result result = MHD_YES;
    if (reply.status == LISTEN_LATER)
        hold(listener, request);
    else
        result = answer(connection, &reply);
    buf_free(&reply.body);
    return result;
}

static void forget(void *self, struct MHD_Connection *connection, void **memory,
                   enum MHD_RequestTerminationCode how)
{
    (void)self;
    (void)connection;
    (void)how;
    struct listen_request *request = *memory;
    if (request)
        buf_free(&request->body);
    mem_free(memory);
}

enum err_kind listener_open(const struct listen_settings *settings, struct listener **out,
                            struct err *err)
{
    assert(settings->address && settings->handle && settings->body_max > 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(settings->port)};
    if (inet_pton(AF_INET, settings->address, &at.sin_addr) != 1)
        return err_set(err, ERR_INPUT,
                       "%s is no IPv4 address; write 127.0.0.1 or another of this "
                       "machine",
                       settings->address);
    struct listener *listener = mem_new(1, sizeof(*listener));
    unsigned all = settings->connections ? settings->connections : CONNECTIONS_MAX;
    unsigned of_one = settings->connections ? settings->connections : CONNECTIONS_OF_ONE;
    listener->settings = *settings;
    listener->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, settings->port, NULL, NULL, serve, listener,
        MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_CONNECTION_LIMIT, all,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, of_one, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_OF_ONE, MHD_OPTION_NOTIFY_COMPLETED,
        forget, NULL, MHD_OPTION_END);
    if (!listener->daemon) {
        mem_free(&listener);
        return err_errno(err, ERR_LATER, "nothing can listen on %s, port %u", settings->address,
                         settings->port);
    }
    *out = listener;
    return OK;
}

void listener_close(struct listener **listener)
{
    if (!*listener)
        return;
    (*listener)->closing = true;
    while ((*listener)->held)
        listener_answer(*listener, (*listener)->held, 503);
    listener_step(*listener, 0);
    MHD_stop_daemon((*listener)->daemon);
    mem_free(listener);
}

uint16_t listener_port(const struct listener *listener)
{
    return MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void listener_step(struct listener *listener, int64_t timeout_ms)
{
    assert(timeout_ms >= 0 && timeout_ms <= INT32_MAX);
    (void)MHD_run_wait(listener->daemon, (int32_t)timeout_ms);
}

int listener_descriptor(const struct listener *listener)
{
    return MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}
