#ifndef GONG_LEDGER_PEOPLE_H
#define GONG_LEDGER_PEOPLE_H

#include "core/date.h"
#include "core/err.h"
#include "core/money.h"
#include "core/text.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Contracts and people: people.db, apart from the ledger, because people can be forgotten. The
// ledger knows a contract and a person by identifier only.
struct commune;
struct people;
struct phrase_book;

MUST_USE enum err_kind people_create(const char *folder, struct err *err);
MUST_USE enum err_kind people_open(const char *folder, enum ledger_mode mode, struct people **out,
                                   struct err *err);
void people_close(struct people **people);

struct contract {
    char id[48]; // opaque: letters, digits, "-"; never a phone or an identity number
    char person[48];
    char policy[64];
    char boundary_set[32], commune[16];
    struct money sum_insured;  // most that is paid in one period
    struct civil starts, ends; // local dates, both inclusive
};
struct contracts {
    struct contract *at;
    size_t count;
};
void contracts_free(struct contracts *contracts);

// Whether it holds every day from `first` to `last`: then what happens in these is covered.
bool contract_holds(const struct contract *contract, struct civil first, struct civil last);

struct person {
    char id[48];
    char name[128];
    char phone[20];   // E.164 without "+": 84900000123
    char account[40]; // where a payout goes
    char language[8]; // "vi", "en", "tyz", ...
};

// Every contract of a policy in a boundary set, sorted by commune, then id.
MUST_USE enum err_kind contract_list(struct people *people, const char *policy,
                                     const char *boundary_set, struct contracts *out,
                                     struct err *err);

// Every contract whose commune is in a boundary set and whose dates hold `day`, sorted by commune,
// person, id: whom an alert must reach.
MUST_USE enum err_kind contract_list_at(struct people *people, const char *boundary_set,
                                        struct civil day, struct contracts *out, struct err *err);

// Every contract, sorted by id.
MUST_USE enum err_kind contract_list_all(struct people *people, struct contracts *out,
                                         struct err *err);

// Those of a person, sorted by id.
MUST_USE enum err_kind contract_list_of(struct people *people, const char *person,
                                        struct contracts *out, struct err *err);

MUST_USE enum err_kind contract_find(struct people *people, const char *id, struct contract *out,
                                     struct err *err);
// Its sum insured alone, for who takes it from wherever it stands (`people` is a struct people).
MUST_USE enum err_kind contract_sum_insured(void *people, const char *id, struct money *out,
                                            struct err *err);
// ERR_MISSING also when the person was forgotten (ledger/forget.h).
MUST_USE enum err_kind person_find(struct people *people, const char *id, struct person *out,
                                   struct err *err);

// What an import asks of its rows, besides what is always asked.
struct import_rules {
    bool drill;         // only numbers of the drill range (see ledger/README.md)
    bool needs_consent; // a row without a date of consent is refused
    struct utc now;     // consent is not given in the future
    // What is said here, by language: who wants another one is taken, with a remark. NULL: none.
    const struct phrase_book *phrases;
    // ERR_INPUT when the contract's policy does not cover it; ends the import when it is ERR_BROKEN
    // or ERR_LATER. `place` is its commune. NULL: any policy is taken.
    enum err_kind (*covers)(void *self, const struct contract *contract,
                            const struct commune *place, struct err *err);
    void *self;
};

// One row of a CSV that was not taken, or was taken in another way than it was written.
struct remark {
    size_t line;
    char why[600];
};
struct import_report {
    size_t rows, taken, same; // same: was there already, word for word
    struct remark *refused;   // [refused_count]
    size_t refused_count;
    struct remark *mapped; // [mapped_count] taken: an old commune is another one today; a language
    size_t mapped_count;   // that nothing is said in
    int64_t least_vnd, most_vnd;            // sums insured of what was taken or there already
    int64_t shared_accounts, shared_phones; // of more than one person of the register
};
void import_report_free(struct import_report *report);

// Imports "contract,person,name,phone,account,language,commune,boundary_set,policy,
// sum_insured_vnd,starts,ends" and, when it is there, "consent" (the date of it), in any order of
// columns, RFC 4180 quotes, UTF-8 with or without BOM. Each row is taken whole or refused with its
// line and reason; all good rows are one commit. A commune that the boundary set does not have is
// looked up among the old ones (former.h): one that is whole is taken as what it is today.
// Refused: unknown commune or boundary set, an old commune that was split, a number that is no
// Vietnamese mobile, a contract that is there with other words, a person with other words, an empty
// field, a date or amount that is wrong, an end before the start, what `rules` refuses. ERR_INPUT
// only when the header itself is wrong; a column for ethnicity or religion is: gong must not know.
MUST_USE enum err_kind people_import(struct people *people, const char *folder, struct str csv,
                                     const char *name, const struct import_rules *rules,
                                     struct import_report *report, struct err *err);

// The day on which somebody consented for a contract. ERR_MISSING when none is recorded.
MUST_USE enum err_kind contract_consent(struct people *people, const char *contract,
                                        struct civil *day, struct err *err);

// What is asked of a person besides that nothing is empty: no hidden marks in the name, a language
// by its code, at a drill a phone of its range. ERR_INPUT.
MUST_USE enum err_kind person_check(const struct person *person, bool drill, struct err *err);

// Vietnamese mobile as E.164 digits: "0900 000 123", "+84 900-000-123" -> 84900000123.
MUST_USE enum err_kind phone_parse(struct str text, char out[20], struct err *err);

#endif
