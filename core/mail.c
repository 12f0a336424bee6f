#include "core/mail.h"

#include "core/mem.h"
#include "core/sign.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { BODY_BYTES_MAX = 256 * 1024, LINE = 57, SUBJECT_PART = 39 };

static size_t give(char *out, size_t size, size_t count, void *self)
{
    struct str *rest = self;
    size_t room = size * count, len = rest->len < room ? rest->len : room;
    memcpy(out, rest->at, len);
    rest->at += len;
    rest->len -= len;
    return len;
}

struct session {
    CURL *easy;
    struct curl_slist *to;
};

static void session_free(struct session *session)
{
    if (session->easy)
        curl_easy_cleanup(session->easy);
    curl_slist_free_all(session->to);
}

static void set_line(CURL *easy, const struct mail *mail, char *why)
{
    (void)curl_easy_setopt(easy, CURLOPT_URL, mail->url);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)mail->timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
    if (*mail->authority)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, mail->authority);
    if (*mail->user) {
        (void)curl_easy_setopt(easy, CURLOPT_USERNAME, mail->user);
        (void)curl_easy_setopt(easy, CURLOPT_PASSWORD, mail->password);
        // A password goes over TLS only.
        (void)curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    }
}

// Without TLS nothing of ours was said: what the server answered to its greeting is no answer.
static bool is_without_tls(CURLcode result)
{
    return result == CURLE_USE_SSL_FAILED || result == CURLE_SSL_CONNECT_ERROR ||
           result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE;
}

static enum err_kind perform(CURL *easy, const char *why, long *code, struct err *err)
{
    CURLcode result = curl_easy_perform(easy);
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, code);
    if (result == CURLE_OK)
        return OK;
    if (is_without_tls(result))
        *code = 0;
    if (*code >= 500 && *code < 600)
        return err_set(err, ERR_REFUSED, "the mail server refused it: %ld", *code);
    return err_set(err, ERR_LATER, "the mail server did not take it (%ld): %.200s", *code,
                   *why ? why : curl_easy_strerror(result));
}

enum err_kind mail_send(const struct mail *mail, long *code, struct err *err)
{
    AUTO(session_free) struct session session = {curl_easy_init(), NULL};
    struct str rest = mail->message;
    char why[CURL_ERROR_SIZE] = "";
    CURL *easy = session.easy;
    *code = 0;
    session.to = curl_slist_append(NULL, mail->to);
    if (!easy || !session.to)
        return err_set(err, ERR_LATER, "libcurl cannot be started");
    set_line(easy, mail, why);
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_FROM, mail->from);
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, session.to);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
    (void)curl_easy_setopt(easy, CURLOPT_READDATA, &rest);
    return perform(easy, why, code, err);
}

enum err_kind mail_try(const struct mail *mail, long *code, struct err *err)
{
    AUTO(session_free) struct session session = {curl_easy_init(), NULL};
    char why[CURL_ERROR_SIZE] = "";
    *code = 0;
    if (!session.easy)
        return err_set(err, ERR_LATER, "libcurl cannot be started");
    set_line(session.easy, mail, why);
    (void)curl_easy_setopt(session.easy, CURLOPT_CUSTOMREQUEST, "NOOP");
    (void)curl_easy_setopt(session.easy, CURLOPT_NOBODY, 1L);
    return perform(session.easy, why, code, err);
}

// RFC 2047: words of base 64, none of them cutting a letter.
static void put_subject(struct buf *out, const char *subject)
{
    struct str rest = {subject, strlen(subject)};
    buf_text(out, "Subject:");
    while (rest.len) {
        size_t len = rest.len < SUBJECT_PART ? rest.len : SUBJECT_PART;
        while (len < rest.len && ((unsigned char)rest.at[len] & 0xc0) == 0x80)
            len--;
        buf_text(out, " =?UTF-8?B?");
        base64_add(out, rest.at, len);
        buf_text(out, "?=\r\n");
        rest.at += len;
        rest.len -= len;
    }
}

void mail_write(const struct letter *letter, struct buf *out)
{
    const char *at = strchr(letter->from, '@');
    buf_print(out, "From: <%s>\r\nTo: <%s>\r\n", letter->from, letter->to);
    put_subject(out, letter->subject);
    buf_print(out, "Date: %s\r\nMessage-ID: <%s%s>\r\n", letter->date, letter->id, at ? at : "@");
    buf_text(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\n");
    struct str rest = {letter->body, strlen(letter->body)};
    while (rest.len) {
        size_t len = rest.len < LINE ? rest.len : LINE;
        base64_add(out, rest.at, len);
        buf_text(out, "\r\n");
        rest.at += len;
        rest.len -= len;
    }
}
