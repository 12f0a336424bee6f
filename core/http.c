#include "core/http.h"

#include "core/cli.h"
#include "core/mem.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>

enum { REDIRECTS_MAX = 5, CONNECT_TIMEOUT_S = 20, URL_MAX = 8192 };
// A server that trickles is as good as none: under 100 bytes a second for 30 s is a timeout.
enum { SLOWEST_BYTES_S = 100, SLOW_S = 30 };

struct transfer {
    struct buf *out;
    bool too_large;
};

static size_t take(char *bytes, size_t size, size_t count, void *self)
{
    struct transfer *transfer = self;
    buf_add(transfer->out, bytes, size * count);
    transfer->too_large = transfer->out->full;
    return transfer->too_large ? 0 : size * count;
}

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

static void easy_free(CURL **easy)
{
    if (*easy)
        curl_easy_cleanup(*easy);
    *easy = NULL;
}

static CURL *prepare(const char *url, int64_t timeout_s, struct transfer *transfer, char *why)
{
    static bool ready;
    if (!ready)
        ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    CURL *easy = curl_easy_init();
    if (!easy)
        return NULL;
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "file,http,https");
    (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)timeout_s);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST_BYTES_S);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_S);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "gong/" GONG_VERSION);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch);
    // Announced sizes over the limit are refused before a byte is sent.
    (void)curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                           (curl_off_t)(transfer->out->max - transfer->out->len));
    return easy;
}

static enum err_kind kind_of_code(CURLcode code)
{
    static const struct {
        CURLcode code;
        enum err_kind kind;
    } kinds[] = {
        {CURLE_FILE_COULDNT_READ_FILE, ERR_MISSING},
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
    if (status == 408 || status == 425 || status == 429 || status >= 500 || status < 400)
        return ERR_LATER;
    return ERR_REFUSED;
}

static enum err_kind transfer_end(CURL *easy, CURLcode code, const struct transfer *transfer,
                                  const char *why, struct err *err)
{
    long status = 0;
    char *url = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    const char *from = url ? url : "the source";
    if (transfer->too_large || code == CURLE_FILESIZE_EXCEEDED)
        return err_set(err, ERR_INPUT, "%s is larger than %zu bytes (fetch_mib_max)", from,
                       transfer->out->max);
    if (code != CURLE_OK) {
        enum err_kind kind = kind_of_code(code);
        err_write(err, kind, "%s cannot be fetched: %s", from,
                  *why ? why : curl_easy_strerror(code));
        return kind;
    }
    // 0: a file. Anything but 200 is not the whole file.
    if (status != 0 && status != 200) {
        enum err_kind kind = kind_of_status(status);
        err_write(err, kind, "%s answered %ld", from, status);
        return kind;
    }
    return OK;
}

enum err_kind http_get(const char *url, int64_t timeout_s, struct buf *out, struct err *err)
{
    assert(url && timeout_s > 0 && out && !out->full);
    size_t before = out->len;
    char why[CURL_ERROR_SIZE] = "";
    struct transfer transfer = {.out = out};
    AUTO(easy_free) CURL *easy = prepare(url, timeout_s, &transfer, why);
    if (!easy)
        return err_set(err, ERR_LATER, "libcurl cannot be started");
    if (transfer_end(easy, curl_easy_perform(easy), &transfer, why, err)) {
        out->full = false;
        out->len = before;
        if (out->at)
            out->at[before] = '\0';
        return err->kind;
    }
    return OK;
}

char *http_file_url(const char *absolute_path)
{
    struct buf url = buf_new(URL_MAX);
    buf_text(&url, "file://");
    for (const char *at = absolute_path; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("/-._~", c);
        if (plain)
            buf_char(&url, *at);
        else
            buf_print(&url, "%%%02X", c);
    }
    return buf_take(&url);
}
