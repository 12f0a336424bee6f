#ifndef GONG_CORE_HTTP_H
#define GONG_CORE_HTTP_H

#include "core/err.h"
#include "core/text.h"

#include <stdint.h>

// Fetches one file://, http:// or https:// address whole into `out` (appended), whose maximum is
// the limit. On failure `out` is as it was: no part is ever seen.
//
// TLS certificates and names are verified; at most five redirects, and only to http and https; no
// netrc, no cookies, no proxy but the environment's.
//
//   ERR_MISSING  404, 410, or no such file: it may come later
//   ERR_LATER    no connection, timeout, 408, 425, 429, 5xx, a transfer that broke off
//   ERR_REFUSED  another 4xx, a certificate that is not trusted
//   ERR_INPUT    larger than the limit, an address that is none of the three, an answer that is no
//   HTTP
MUST_USE enum err_kind http_get(const char *url, int64_t timeout_s, struct buf *out,
                                struct err *err);

// "file://" and the path with what is special in addresses written as %XX; heap, mem_free.
char *http_file_url(const char *absolute_path);

#endif
