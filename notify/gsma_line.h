#ifndef GONG_NOTIFY_GSMA_LINE_H
#define GONG_NOTIFY_GSMA_LINE_H

#include "core/err.h"
#include "notify/gsma.h"

#include <stdbool.h>
#include <stdint.h>

struct doc;
struct host;
struct site;

// The line to one mobile money provider: orders, and questions until there is an answer. Each
// exchange is a connection of its own, so that libcurl never sends an order twice.
struct gsma_line;

// Settings gsma_*, secrets keys/gsma-api-key (needed), keys/gsma-client-id and keys/gsma-ca.pem
// (if they are there). `host` may be NULL (a check).
MUST_USE enum err_kind gsma_line_open(const struct site *site, const struct host *host,
                                      struct gsma_line **out, struct err *err);
void gsma_line_close(struct gsma_line **line);

const char *gsma_line_account(const struct gsma_line *line); // ours, that is debited

// Orders once, within time_ms. A refusal to connect is OUTCOME_DOWN: it is proved that nothing
// left. Anything unclear is OUTCOME_UNKNOWN.
void gsma_line_order(struct gsma_line *line, const struct gsma_order *order, int64_t time_ms,
                     struct gsma_answer *out);

// Finds out what became of an order, within time_ms for all questions together: by our correlation
// id, then along the links, then in the account's statement. ABSENT is said only when neither list
// has it, twice, at least gsma_quiet_s apart: an order may still be on its way.
void gsma_line_ask(struct gsma_line *line, const struct gsma_order *order, int64_t time_ms,
                   struct gsma_answer *out);

// The account's whole statement as the provider gives it, each transaction to `each`.
MUST_USE enum err_kind gsma_line_statement(struct gsma_line *line,
                                           enum err_kind (*each)(void *self, const struct doc *one,
                                                                 struct err *err),
                                           void *self, struct err *err);

// Is it there, does it know us, what is left? Adds to `report`.
MUST_USE enum err_kind gsma_line_check(struct gsma_line *line, struct doc *report, struct err *err);

#endif
