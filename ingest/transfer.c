#include "ingest/transfer.h"

#include "core/cli.h"
#include "core/mem.h"
#include "core/num.h"
#include "ingest/pieces.h"

#include <assert.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

enum { REDIRECTS_MAX = 5, CONNECT_TIMEOUT_S = 20 };
// A server that trickles is as good as none: under 100 bytes a second for 30 s is a timeout.
enum { SLOWEST_BYTES_S = 100, SLOW_S = 30 };
// A block of half a mebibyte: 16 kB, the library's own, cost a file of 3 MB 200 reads and writes.
enum { BLOCK_BYTES = 512 * 1024 };
enum { HEADERS_MAX = 16 * 1024, WAIT_MS_MAX = 1000 };

struct transfers {
    CURLM *multi;
    CURLSH *share; // cookies that one transfer was given are sent by the next
    struct running *first;
};

struct running {
    struct transfers *pool;
    struct running *next, *before;
    struct transfer_ask ask;
    struct transfer_answer answer;
    struct curl_slist *lines;
    CURL *easy;
    int64_t taken;
    bool begun, stopped, too_large;
    char why[CURL_ERROR_SIZE];
};

// --- one answer
// ---

void transfer_answer_free(struct transfer_answer *answer)
{
    buf_free(&answer->headers);
}

static void answer_reset(struct transfer_answer *answer)
{
    buf_free(&answer->headers);
    *answer = (struct transfer_answer){
        .length = -1, .modified_s = -1, .retry_after_s = -1, .headers = buf_new(HEADERS_MAX)};
}

static void keep(struct str value, char *out, size_t size)
{
    if (value.len >= size)
        return;
    memcpy(out, value.at, value.len);
    out[value.len] = '\0';
}

static bool is_header(struct str name, const char *wanted)
{
    return name.len == strlen(wanted) && strncasecmp(name.at, wanted, name.len) == 0;
}

static bool whole_number(struct str text, int64_t *out)
{
    struct err why = {0};
    return num_whole(text, 0, INT64_MAX / 2, out, &why) == OK;
}

// "bytes 500-999/1000"
static void read_content_range(struct str value, struct transfer_answer *answer)
{
    struct str unit, range, first;
    int64_t number;
    if (!str_take_field(&value, ' ', &unit) || !str_take_field(&value, '/', &range) ||
        !str_take_field(&range, '-', &first))
        return;
    if (whole_number(first, &number))
        answer->first = number;
    if (whole_number(str_trim(value), &number))
        answer->length = number;
}

static void read_header(struct str name, struct str value, struct transfer_answer *answer)
{
    int64_t number;
    if (is_header(name, "etag"))
        keep(value, answer->etag, sizeof(answer->etag));
    else if (is_header(name, "last-modified"))
        keep(value, answer->last_modified, sizeof(answer->last_modified));
    else if (is_header(name, "content-type"))
        keep(value, answer->type, sizeof(answer->type));
    else if (is_header(name, "repr-digest") || is_header(name, "digest"))
        keep(value, answer->digest, sizeof(answer->digest));
    else if (is_header(name, "content-md5"))
        keep(value, answer->md5, sizeof(answer->md5));
    else if (is_header(name, "content-range"))
        read_content_range(value, answer);
    else if (is_header(name, "content-length") && answer->length < 0 &&
             whole_number(value, &number))
        answer->length = number;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *self)
{
    struct running *one = self;
    struct str line = str_trim((struct str){bytes, size * count}), name;
    if (str_starts(line, "HTTP/")) // a redirect's headers do not count
        answer_reset(&one->answer);
    if (line.len && one->answer.headers.len + line.len + 1 < HEADERS_MAX) {
        buf_str(&one->answer.headers, line);
        buf_char(&one->answer.headers, '\n');
    }
    if (str_take_field(&line, ':', &name) && line.at)
        read_header(str_trim(name), str_trim(line), &one->answer);
    return size * count;
}

// What curl itself knows of the answer.
static void complete_answer(struct running *one)
{
    struct transfer_answer *answer = &one->answer;
    curl_off_t number = -1;
    char *text = NULL;
    (void)curl_easy_getinfo(one->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    if (curl_easy_getinfo(one->easy, CURLINFO_EFFECTIVE_URL, &text) == CURLE_OK && text)
        keep(str_of(text), answer->url, sizeof(answer->url));
    if (curl_easy_getinfo(one->easy, CURLINFO_PRIMARY_IP, &text) == CURLE_OK && text)
        keep(str_of(text), answer->address, sizeof(answer->address));
    if (curl_easy_getinfo(one->easy, CURLINFO_FILETIME_T, &number) == CURLE_OK)
        answer->modified_s = number;
    if (curl_easy_getinfo(one->easy, CURLINFO_RETRY_AFTER, &number) == CURLE_OK && number > 0)
        answer->retry_after_s = number;
    if (strncasecmp(answer->url, "http", 4) == 0)
        return;
    // FTP answers with codes of its own; what is left to send is the size it names.
    answer->status = 0;
    answer->first = one->ask.part ? one->ask.part->first : one->ask.resume_from;
    number = -1;
    if (curl_easy_getinfo(one->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &number) == CURLE_OK &&
        number >= 0)
        answer->length = answer->first + number;
}

// Whether the server answered with another address, which is not asked.
static bool leads_elsewhere(const struct running *one)
{
    enum { FIRST = 300, LAST = 399, NOT_MODIFIED = 304 };
    long status = one->answer.status;
    return one->ask.stays && status >= FIRST && status <= LAST && status != NOT_MODIFIED;
}

static bool begin(struct running *one)
{
    if (one->begun)
        return !one->stopped;
    one->begun = true;
    complete_answer(one);
    if (!one->ask.part && one->answer.length - one->answer.first > one->ask.bytes_max)
        one->too_large = true;
    one->stopped =
        one->too_large || leads_elsewhere(one) || !one->ask.begin(one->ask.self, &one->answer);
    return !one->stopped;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *self)
{
    struct running *one = self;
    size_t len = size * count;
    if (!begin(one))
        return 0;
    one->taken += (int64_t)len;
    one->too_large = one->taken > one->ask.bytes_max;
    one->stopped = one->too_large || !one->ask.take(one->ask.self, bytes, len);
    return one->stopped ? 0 : len;
}

// --- one transfer

// Ends the transfer when the program was told to stop.
static int watch(void *self, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)self;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return cli_stopped() ? 1 : 0;
}

static CURL *prepare(const struct transfer_ask *ask, char *why)
{
    CURL *easy = curl_easy_init();
    if (!easy)
        return NULL;
    (void)curl_easy_setopt(easy, CURLOPT_URL, ask->url);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "file,http,https,ftp,ftps");
    (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)ask->timeout_s);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST_BYTES_S);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_S);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BLOCK_BYTES);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FILETIME, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "gong/" GONG_VERSION);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch);
    return easy;
}

static enum err_kind kind_of_code(CURLcode code)
{
    static const struct {
        CURLcode code;
        enum err_kind kind;
    } kinds[] = {
        {CURLE_FILE_COULDNT_READ_FILE, ERR_MISSING},
        {CURLE_REMOTE_FILE_NOT_FOUND, ERR_MISSING},
        {CURLE_LOGIN_DENIED, ERR_REFUSED},
        {CURLE_UNSUPPORTED_PROTOCOL, ERR_INPUT},
        {CURLE_URL_MALFORMAT, ERR_INPUT},
        {CURLE_PEER_FAILED_VERIFICATION, ERR_REFUSED},
        {CURLE_SSL_CACERT_BADFILE, ERR_REFUSED},
        {CURLE_SSL_ISSUER_ERROR, ERR_REFUSED},
        {CURLE_TOO_MANY_REDIRECTS, ERR_REFUSED},
        {CURLE_REMOTE_ACCESS_DENIED, ERR_REFUSED},
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (kinds[i].code == code)
            return kinds[i].kind;
    }
    return ERR_LATER;
}

static enum err_kind kind_of_status(long status)
{
    if (status == 404 || status == 410)
        return ERR_MISSING;
    if (status == 408 || status == 416 || status == 425 || status == 429 || status >= 500 ||
        status < 400)
        return ERR_LATER;
    return ERR_REFUSED;
}

struct transfers *transfers_new(void)
{
    struct transfers *pool = mem_new(1, sizeof(*pool));
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    pool->multi = curl_multi_init();
    pool->share = curl_share_init();
    assert(pool->multi && pool->share); // memory only
    (void)curl_share_setopt(pool->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    return pool;
}

static void running_free(struct running **one)
{
    struct transfers *pool = (*one)->pool;
    (void)curl_multi_remove_handle(pool->multi, (*one)->easy);
    curl_easy_cleanup((*one)->easy);
    curl_slist_free_all((*one)->lines);
    if ((*one)->before)
        (*one)->before->next = (*one)->next;
    else
        pool->first = (*one)->next;
    if ((*one)->next)
        (*one)->next->before = (*one)->before;
    transfer_answer_free(&(*one)->answer);
    mem_free(one);
}

void transfers_free(struct transfers **pool)
{
    if (!*pool)
        return;
    while ((*pool)->first) {
        struct running *one = (*pool)->first;
        running_free(&one);
    }
    (void)curl_multi_cleanup((*pool)->multi);
    (void)curl_share_cleanup((*pool)->share);
    mem_free(pool);
}

static void set_login(CURL *easy, const struct transfer_ask *ask)
{
    if (!ask->login)
        return;
    (void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
    (void)curl_easy_setopt(easy, CURLOPT_NETRC_FILE, ask->login);
    // A password is never sent in the clear because a redirect says so.
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,ftp,ftps");
    (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
}

static void set_up(struct running *one)
{
    const struct transfer_ask *ask = &one->ask;
    CURL *easy = one->easy;
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, one);
    (void)curl_easy_setopt(easy, CURLOPT_SHARE, one->pool->share);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, one);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, one);
    if (ask->ca_file)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, ask->ca_file);
    if (ask->cookies) {
        (void)curl_easy_setopt(easy, CURLOPT_COOKIEFILE, ask->cookies);
        (void)curl_easy_setopt(easy, CURLOPT_COOKIEJAR, ask->cookies);
    }
    if (ask->stays)
        (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    if (ask->alone) {
        (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    for (const char *const *line = ask->header; line && *line; line++)
        one->lines = curl_slist_append(one->lines, *line);
    if (one->lines)
        (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, one->lines);
    set_login(easy, ask);
    if (ask->resume_from > 0 || ask->part) {
        // Not CURLOPT_RESUME_FROM: it takes a whole file instead of the rest for a failure.
        struct buf range = buf_new(64);
        buf_print(&range, "%lld-", (long long)(ask->part ? ask->part->first : ask->resume_from));
        if (ask->part && ask->part->last >= 0)
            buf_print(&range, "%lld", (long long)ask->part->last);
        (void)curl_easy_setopt(easy, CURLOPT_RANGE, range.at);
        buf_free(&range);
    }
}

enum err_kind transfers_add(struct transfers *pool, const struct transfer_ask *ask, struct err *err)
{
    assert(ask->url && ask->timeout_s > 0 && ask->bytes_max > 0 && ask->begin && ask->take);
    struct running *one = mem_new(1, sizeof(*one));
    one->easy = prepare(ask, one->why);
    if (!one->easy) {
        mem_free(&one);
        return err_set(err, ERR_LATER, "libcurl cannot be started");
    }
    one->pool = pool;
    one->ask = *ask;
    answer_reset(&one->answer);
    set_up(one);
    one->next = pool->first;
    if (one->next)
        one->next->before = one;
    pool->first = one;
    if (curl_multi_add_handle(pool->multi, one->easy) != CURLM_OK) {
        running_free(&one);
        return err_set(err, ERR_LATER, "libcurl cannot start one more transfer");
    }
    return OK;
}

static enum err_kind running_end(struct running *one, CURLcode code, struct err *err)
{
    const char *from = one->answer.url[0] ? one->answer.url : one->ask.url;
    long status = one->answer.status;
    if (one->too_large)
        return err_set(err, ERR_INPUT, "%s is larger than %lld bytes (fetch_mib_max)", from,
                       (long long)one->ask.bytes_max);
    if (leads_elsewhere(one))
        return err_set(
            err, ERR_REFUSED,
            "%s answered %ld, another address, which is not asked: a feed named this one", from,
            status);
    if (status >= 400 || (status >= 300 && status != 304 && code == CURLE_OK)) {
        enum err_kind kind = kind_of_status(status);
        err_write(err, kind, "%s answered %ld", from, status);
        return kind;
    }
    if (code == CURLE_OK)
        return OK;
    enum err_kind kind = kind_of_code(code);
    err_write(err, kind, "%s cannot be fetched: %s", from,
              *one->why ? one->why : curl_easy_strerror(code));
    return kind;
}

static bool take_done(struct transfers *pool, struct transfer_done *out)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(pool->multi, &left));) {
        struct running *one = NULL;
        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &one) != CURLE_OK || !one)
            continue;
        CURLcode code = message->data.result; // gone with the handle
        *out = (struct transfer_done){.self = one->ask.self};
        complete_answer(one);
        // An empty file has a beginning too.
        if (code == CURLE_OK && one->answer.status != 304 && one->answer.status < 300)
            (void)begin(one);
        if (one->stopped && !one->too_large)
            out->kind = err_set(&out->err, ERR_LATER, "%s was put off", one->ask.url);
        else
            out->kind = running_end(one, code, &out->err);
        out->answer = MOVE(one->answer);
        running_free(&one);
        return true;
    }
    return false;
}

bool transfers_next(struct transfers *pool, int64_t wait_ms, struct transfer_done *out)
{
    int running = 0;
    int wait = (int)(wait_ms < WAIT_MS_MAX ? wait_ms : WAIT_MS_MAX);
    (void)curl_multi_perform(pool->multi, &running);
    if (take_done(pool, out))
        return true;
    (void)curl_multi_poll(pool->multi, NULL, 0, wait, NULL);
    (void)curl_multi_perform(pool->multi, &running);
    return take_done(pool, out);
}
