#ifndef GONG_NOTIFY_SMS_TEMPLATE_H
#define GONG_NOTIFY_SMS_TEMPLATE_H

#include "core/err.h"
#include "core/text.h"
#include "ledger/outcome.h"

#include <stdbool.h>
#include <stddef.h>

// How one aggregator's HTTP interface is spoken to, as a YAML file says: no C is needed for a new
// one. See data/sms-http/*.yaml for whole examples. Placeholders of address, headers and body:
//
//   {to} {text} {sender} {request} {unicode} {callback} {secret}
//
// {request} is 32 digits made of the message's key: the same for each try, so that an aggregator
// that knows repeats drops them. {unicode} is 1 or 0. They are escaped for where they stand: %XX in
// an address or a form, \uXXXX in JSON. An answer's code and id are found by a path ("data.0.id").
struct sms_template;

// ERR_INPUT with file:line:column for a key, placeholder, outcome or state that is not known; for a
// code that is there twice.
MUST_USE enum err_kind sms_template_load(const char *path, struct sms_template **out,
                                         struct err *err);
void sms_template_free(struct sms_template **template);

struct sms_template_values {
    const char *to, *text, *sender, *request, *callback, *secret;
    bool unicode;
};

// The request: method and headers are borrowed from the template or `headers` (NULL-ended, made
// here), address and body are appended.
const char *sms_template_method(const struct sms_template *template);
void sms_template_url(const struct sms_template *template, const struct sms_template_values *values,
                      struct buf *out);
void sms_template_body(const struct sms_template *template,
                       const struct sms_template_values *values, struct buf *out);
size_t sms_template_headers(const struct sms_template *template);
void sms_template_header(const struct sms_template *template, size_t i,
                         const struct sms_template_values *values, struct buf *out);

// The question by which gong channel check learns whether the aggregator knows us ("check:" of the
// file: a GET with the headers of "send", which sends nothing). False when the file has none.
bool sms_template_check_url(const struct sms_template *template,
                            const struct sms_template_values *values, struct buf *out);
// Whether its answer says so; `code` as it was said, "" when there was none.
bool sms_template_is_open(const struct sms_template *template, struct str body, char code[32]);

// What an answer of 2xx means: the code's outcome, the carrier's id in `ref` ("" when none), and
// `code` as it was said. An answer without a code is UNKNOWN.
struct sms_template_answer {
    enum outcome outcome;
    char code[32], ref[REF_MAX];
};
void sms_template_answer(const struct sms_template *template, struct str body,
                         struct sms_template_answer *out);

// What a callback means; `get` gives a parameter's value (at NULL when it has none). The message is
// named by ref or by request. False when it says nothing that the file knows.
struct sms_template_report {
    enum evidence_kind kind;
    char ref[REF_MAX], request[40];
};
bool sms_template_report(const struct sms_template *template,
                         struct str (*get)(const void *self, const char *name), const void *self,
                         struct sms_template_report *out);
bool sms_template_has_reports(const struct sms_template *template);

#endif
