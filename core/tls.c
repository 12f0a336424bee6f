#include "core/tls.h"

#include "core/mem.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WHY_MAX = 200 };

struct tls {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out; // memory; owned by ssl
    struct buf output;
};

enum { OUTPUT_BYTES_MAX = 1 << 20 };

void tls_free(struct tls **tls)
{
    if (!*tls)
        return;
    SSL_free((*tls)->ssl); // and its two ends
    SSL_CTX_free((*tls)->context);
    buf_free(&(*tls)->output);
    mem_free(tls);
}

// What OpenSSL says last of its errors, all of which are taken off its list.
static const char *last_words(char out[WHY_MAX])
{
    unsigned long code = 0;
    for (unsigned long next; (next = ERR_get_error());)
        code = next;
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    (void)snprintf(out, WHY_MAX, "%s", reason ? reason : "no reason given");
    return out;
}

static enum err_kind trust(struct tls *tls, const struct tls_trust *trust, struct err *err)
{
    char why[WHY_MAX];
    if (trust->ca_file && access(trust->ca_file, R_OK))
        return err_errno(err, ERR_MISSING, "the certificates in %s cannot be read", trust->ca_file);
    if (trust->ca_file ? SSL_CTX_load_verify_file(tls->context, trust->ca_file) != 1
                       : SSL_CTX_set_default_verify_paths(tls->context) != 1)
        return err_set(err, ERR_INPUT, "%s holds no certificates in PEM (%s)",
                       trust->ca_file ? trust->ca_file : "the system", last_words(why));
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    return OK;
}

// An address is looked for among the certificate's addresses, a name among its names.
static bool expect(struct tls *tls, const char *host)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), host) == 1)
        return true;
    return SSL_set1_host(tls->ssl, host) == 1 && SSL_set_tlsext_host_name(tls->ssl, host) == 1;
}

static enum err_kind shake_hands(struct tls *tls, struct err *err)
{
    char why[WHY_MAX];
    int code = SSL_do_handshake(tls->ssl);
    if (code == 1)
        return OK;
    if (SSL_get_error(tls->ssl, code) == SSL_ERROR_WANT_READ)
        return OK;
    long verified = SSL_get_verify_result(tls->ssl);
    if (verified != X509_V_OK) {
        ERR_clear_error();
        return err_set(err, ERR_REFUSED, "the certificate of the other side is not accepted: %s",
                       X509_verify_cert_error_string(verified));
    }
    return err_set(err, ERR_LATER, "no TLS with the other side: %s", last_words(why));
}

enum err_kind tls_begin(const struct tls_trust *whom, struct tls **out, struct err *err)
{
    AUTO(tls_free) struct tls *tls = mem_new(1, sizeof(*tls));
    tls->output = buf_new(OUTPUT_BYTES_MAX);
    tls->context = SSL_CTX_new(TLS_client_method());
    if (!tls->context || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1)
        return err_set(err, ERR_BROKEN, "OpenSSL makes no client of TLS 1.2");
    if (trust(tls, whom, err))
        return err_of(err);
    tls->ssl = SSL_new(tls->context);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    assert(tls->ssl && tls->in && tls->out); // memory cannot fail
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_connect_state(tls->ssl);
    if (!expect(tls, whom->host))
        return err_set(err, ERR_INPUT, "\"%s\" is no name of a host", whom->host);
    if (shake_hands(tls, err))
        return err_of(err);
    *out = TAKE(tls);
    return OK;
}

bool tls_is_open(const struct tls *tls)
{
    return SSL_is_init_finished(tls->ssl) == 1;
}

enum err_kind tls_take(struct tls *tls, struct str bytes, struct buf *plain, bool *ended,
                       struct err *err)
{
    char piece[TLS_PUT_MAX], why[WHY_MAX];
    *ended = false;
    assert(bytes.len <= INT32_MAX);
    if (bytes.len && BIO_write(tls->in, bytes.at, (int)bytes.len) != (int)bytes.len)
        return err_set(err, ERR_LATER, "TLS takes no more bytes");
    if (!tls_is_open(tls) && shake_hands(tls, err))
        return err_of(err);
    while (tls_is_open(tls)) {
        int len = SSL_read(tls->ssl, piece, sizeof(piece));
        if (len > 0) {
            buf_add(plain, piece, (size_t)len);
            continue;
        }
        int code = SSL_get_error(tls->ssl, len);
        if (code == SSL_ERROR_WANT_READ)
            return OK;
        if (code == SSL_ERROR_ZERO_RETURN) {
            *ended = true;
            return OK;
        }
        return err_set(err, ERR_LATER, "the encrypted conversation broke: %s", last_words(why));
    }
    return OK;
}

enum err_kind tls_put(struct tls *tls, struct str plain, struct err *err)
{
    char why[WHY_MAX];
    assert(tls_is_open(tls) && plain.len <= TLS_PUT_MAX);
    if (plain.len && SSL_write(tls->ssl, plain.at, (int)plain.len) != (int)plain.len)
        return err_set(err, ERR_LATER, "the encrypted conversation broke: %s", last_words(why));
    return OK;
}

struct str tls_output(struct tls *tls)
{
    char piece[TLS_PUT_MAX];
    while (tls->output.len < OUTPUT_BYTES_MAX - TLS_PUT_MAX) {
        int len = BIO_read(tls->out, piece, sizeof(piece));
        if (len <= 0)
            break;
        buf_add(&tls->output, piece, (size_t)len);
    }
    return buf_slice(&tls->output);
}

void tls_sent(struct tls *tls, size_t len)
{
    assert(len <= tls->output.len);
    if (len == 0)
        return;
    memmove(tls->output.at, tls->output.at + len, tls->output.len - len);
    tls->output.len -= len;
}
