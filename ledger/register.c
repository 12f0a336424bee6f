#include "ledger/register.h"

#include "core/csv.h"
#include "core/mem.h"
#include "core/phrase.h"
#include "ledger/columns.h"
#include "ledger/db.h"
#include "ledger/former.h"
#include "ledger/map.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

// --- one field
// ------------------------------------------------------------------------------------

enum {
    PHONE_DIGITS = 11, // 84 and nine digits
    CODE_DIGITS = 5,   // of a commune, as the General Statistics Office gives it
};

static const char DRILL_PHONES[] = "8490000"; // 84900000000 .. 84900009999

enum err_kind phone_parse(struct str text, char out[20], struct err *err)
{
    char digits[20];
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (strchr(" .-()", c) || (c == '+' && i == 0))
            continue;
        if (c < '0' || c > '9' || count + 1 >= sizeof(digits))
            return err_set(err, ERR_INPUT,
                           "\"" STR_FMT "\" is no phone number; write 0900000123 or +84900000123",
                           STR_ARG(text));
        digits[count++] = c;
    }
    digits[count] = '\0';
    bool national = count == 10 && digits[0] == '0';
    const char *rest = national ? digits + 1 : digits + 2;
    bool international = count == PHONE_DIGITS && strncmp(digits, "84", 2) == 0;
    if (count == PHONE_DIGITS - 2 && strchr("35789", digits[0]))
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" lacks the 0 at its beginning, as a spreadsheet takes it "
                       "away; write 0%s",
                       STR_ARG(text), digits);
    if ((!national && !international) || !strchr("35789", rest[0]))
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" is no Vietnamese mobile number (84 and nine digits that "
                       "begin with 3, 5, 7, 8 or 9)",
                       STR_ARG(text));
    (void)snprintf(out, 20, "84%.9s", rest);
    return OK;
}

static bool is_id(const char *text)
{
    size_t digits = 0, len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '-')
            return false;
        digits += isdigit((unsigned char)text[i]) != 0;
    }
    // Nine digits or more and nothing else is a phone or an identity number: never in a ledger.
    return len > 0 && !(digits == len && digits >= 9);
}

// --- one row
// --------------------------------------------------------------------------------------

struct intake {
    struct people *people;
    struct map *map;
    struct boundary_set *set; // the one that the last row named
    struct formers formers;   // of that set
    const struct import_rules *rules;
    size_t place[COLUMNS], columns; // SIZE_MAX: is not there; of the header
    struct csv csv;
};

static void intake_free(struct intake *intake)
{
    map_close(&intake->map);
    boundary_set_free(&intake->set);
    formers_free(&intake->formers);
    csv_free(&intake->csv);
}

// A field as NFC text without white space at its ends, in `out`.
static enum err_kind take_text(const struct intake *intake, enum column column, char *out,
                               size_t size, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(size - 1);
    struct str field = str_trim(intake->csv.field[intake->place[column]]);
    if (field.len == 0)
        return err_set(err, ERR_INPUT, "\"%s\" is empty", column_names[column]);
    if (text_nfc(field, &text, err))
        return err_add(err, "reading \"%s\"", column_names[column]);
    if (text.full)
        return err_set(err, ERR_INPUT, "\"%s\" is over %zu bytes", column_names[column], size - 1);
    (void)snprintf(out, size, "%s", text.at);
    return OK;
}

// Marks that are not seen and turn or hide what stands beside them: a name is shown as another one.
static bool has_hidden(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        bool general = at[0] == 0xE2 && at[1] == 0x80 &&
                       ((at[2] >= 0x8B && at[2] <= 0x8F) || (at[2] >= 0xAA && at[2] <= 0xAE));
        bool joiner = at[0] == 0xE2 && at[1] == 0x81 && at[2] >= 0xA0 && at[2] <= 0xA9;
        bool mark = at[0] == 0xEF && at[1] == 0xBB && at[2] == 0xBF;
        if (general || joiner || mark || *at < ' ')
            return true;
    }
    return false;
}

static enum err_kind take_id(const struct intake *intake, enum column column, char *out,
                             size_t size, struct err *err)
{
    if (take_text(intake, column, out, size, err))
        return err->kind;
    if (!is_id(out))
        return err_set(err, ERR_INPUT,
                       "\"%s\" must be of letters, digits and \"-\", and no phone or identity "
                       "number",
                       column_names[column]);
    return OK;
}

enum err_kind person_check(const struct person *person, bool drill, struct err *err)
{
    if (has_hidden(person->name))
        return err_set(err, ERR_INPUT,
                       "\"name\" holds marks that are not seen (line ends, marks of direction or "
                       "of no width); type it again");
    if (drill && !str_starts(str_of(person->phone), DRILL_PHONES))
        return err_set(err, ERR_INPUT,
                       "phone ****%s is not in the drill range 84900000000..84900009999; this site "
                       "is a drill",
                       person->phone + PHONE_DIGITS - 3);
    size_t letters = strspn(person->language, "abcdefghijklmnopqrstuvwxyz");
    if (person->language[letters] || letters < 2 || letters > 3)
        return err_set(err, ERR_INPUT, "language \"%s\" is none; write vi, en, tyz ...",
                       person->language);
    return OK;
}

static enum err_kind take_person(const struct intake *intake, struct person *person,
                                 struct err *err)
{
    char phone[64];
    if (take_id(intake, PERSON, person->id, sizeof(person->id), err) ||
        take_text(intake, NAME, person->name, sizeof(person->name), err) ||
        take_text(intake, PHONE, phone, sizeof(phone), err) ||
        phone_parse(str_of(phone), person->phone, err) ||
        take_text(intake, ACCOUNT, person->account, sizeof(person->account), err) ||
        take_text(intake, LANGUAGE, person->language, sizeof(person->language), err))
        return err->kind;
    return person_check(person, intake->rules->drill, err);
}

static enum err_kind know_set(struct intake *intake, const char *name, struct err *err)
{
    if (intake->set && strcmp(intake->set->name, name) == 0)
        return OK;
    boundary_set_free(&intake->set);
    formers_free(&intake->formers);
    if (boundary_set_load(intake->map, name, false, &intake->set, err) ||
        former_list(intake->map, name, NULL, &intake->formers, err))
        return err_of(err);
    return OK;
}

// A code that lost the zeros at its beginning in a spreadsheet, as it was; "" when it is none.
static void with_zeros(const struct boundary_set *set, const char *code, char out[16])
{
    size_t len = strlen(code);
    (void)snprintf(out, 16, "%.*s%.10s", len < CODE_DIGITS ? (int)(CODE_DIGITS - len) : 0, "00000",
                   code);
    if (len >= CODE_DIGITS || boundary_set_find(set, out) == SIZE_MAX)
        out[0] = '\0';
}

// The commune as it is today. `was` is the old code, or "" when it is the same.
static enum err_kind know_commune(struct intake *intake, struct contract *contract, char was[16],
                                  const struct commune **place, struct err *err)
{
    char today[16], whole[16];
    was[0] = '\0';
    if (know_set(intake, contract->boundary_set, err))
        return err_of(err);
    size_t at = boundary_set_find(intake->set, contract->commune);
    if (at == SIZE_MAX) {
        enum err_kind kind = former_today(&intake->formers, contract->commune, today, err);
        if (kind == ERR_INPUT)
            return kind;
        at = kind ? SIZE_MAX : boundary_set_find(intake->set, today);
        with_zeros(intake->set, contract->commune, whole);
        if (at == SIZE_MAX)
            return err_set(err, ERR_INPUT, "boundary set %s has no commune \"%s\"%s%s%s",
                           contract->boundary_set, contract->commune,
                           intake->formers.count ? ", nor had it before" : "",
                           *whole ? "; a spreadsheet takes zeros away: is it " : "", whole);
        memcpy(was, contract->commune, sizeof(contract->commune));
        memcpy(contract->commune, today, sizeof(today));
    }
    *place = &intake->set->commune[at];
    return OK;
}

static enum err_kind take_dates(const struct intake *intake, struct contract *contract,
                                struct err *err)
{
    char starts[16], ends[16];
    if (take_text(intake, STARTS, starts, sizeof(starts), err) ||
        take_text(intake, ENDS, ends, sizeof(ends), err) ||
        date_parse(str_of(starts), &contract->starts, err) ||
        date_parse(str_of(ends), &contract->ends, err))
        return err->kind;
    if (strcmp(ends, starts) < 0)
        return err_set(err, ERR_INPUT, "it ends (%s) before it starts (%s)", ends, starts);
    return OK;
}

static enum err_kind take_contract(struct intake *intake, struct contract *contract, char was[16],
                                   struct err *err)
{
    char amount[32];
    const struct commune *place = NULL;
    if (take_id(intake, CONTRACT, contract->id, sizeof(contract->id), err) ||
        take_id(intake, PERSON, contract->person, sizeof(contract->person), err) ||
        take_id(intake, POLICY, contract->policy, sizeof(contract->policy), err) ||
        take_text(intake, BOUNDARY_SET, contract->boundary_set, sizeof(contract->boundary_set),
                  err) ||
        take_text(intake, COMMUNE, contract->commune, sizeof(contract->commune), err) ||
        know_commune(intake, contract, was, &place, err) ||
        take_text(intake, SUM, amount, sizeof(amount), err) ||
        money_parse_vnd(str_of(amount), &contract->sum_insured, err))
        return err->kind;
    if (contract->sum_insured.minor == 0)
        return err_set(err, ERR_INPUT, "\"%s\" is 0", column_names[SUM]);
    if (take_dates(intake, contract, err))
        return err_of(err);
    const struct import_rules *rules = intake->rules;
    return rules->covers ? rules->covers(rules->self, contract, place, err) : OK;
}

// The day of consent as days since 1970; `*there` false when none is written.
static enum err_kind take_consent(const struct intake *intake, int64_t *day, bool *there,
                                  struct err *err)
{
    char text[16];
    struct civil date;
    size_t at = intake->place[CONSENT];
    *there = at != SIZE_MAX && str_trim(intake->csv.field[at]).len > 0;
    if (!*there && intake->rules->needs_consent)
        return err_set(err, ERR_INPUT,
                       "\"consent\" is %s: this site takes nobody without the date of consent",
                       at == SIZE_MAX ? "no column" : "empty");
    if (!*there)
        return OK;
    if (take_text(intake, CONSENT, text, sizeof(text), err) || date_parse(str_of(text), &date, err))
        return err_of(err);
    *day = date_days(date.year, date.month, date.day);
    if (*day * DAY_S > intake->rules->now.s + DAY_S)
        return err_set(err, ERR_INPUT, "consent of %s is in the future", text);
    return OK;
}

// --- storing
// --------------------------------------------------------------------------------------

static enum err_kind check_not_forgotten(struct people *people, const char *id, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people), "SELECT 1 FROM erased WHERE person = ?");
    bool row = false;
    stmt_text(stmt, 1, id);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    return row ? err_set(err, ERR_INPUT,
                         "person %s was forgotten; who comes back is given another identifier", id)
               : OK;
}

// What is other of the same person.
static const char *other_of(const struct person *a, const struct person *b)
{
    return strcmp(a->name, b->name) != 0         ? "name"
           : strcmp(a->phone, b->phone) != 0     ? "phone"
           : strcmp(a->account, b->account) != 0 ? "account"
                                                 : "language";
}

// Puts the person; the same words again are well, other words are refused.
static enum err_kind put_person(struct people *people, const struct person *person, struct err *err)
{
    struct person old;
    enum err_kind kind = person_find(people, person->id, &old, err);
    if (kind == OK) {
        bool same = strcmp(old.name, person->name) == 0 && strcmp(old.phone, person->phone) == 0 &&
                    strcmp(old.account, person->account) == 0 &&
                    strcmp(old.language, person->language) == 0;
        return same ? OK
                    : err_set(err, ERR_INPUT,
                              "person %s is there with another %s; gong people change is for that",
                              person->id, other_of(&old, person));
    }
    if (kind != ERR_MISSING)
        return kind;
    if (check_not_forgotten(people, person->id, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "INSERT INTO person (id, name, phone, account, language)"
                                   " VALUES (?, ?, ?, ?, ?)");
    stmt_text(stmt, 1, person->id);
    stmt_text(stmt, 2, person->name);
    stmt_text(stmt, 3, person->phone);
    stmt_text(stmt, 4, person->account);
    stmt_text(stmt, 5, person->language);
    return stmt_run(stmt, err);
}

static int64_t days_of(struct civil day)
{
    return date_days(day.year, day.month, day.day);
}

static bool is_same_contract(const struct contract *a, const struct contract *b)
{
    return strcmp(a->person, b->person) == 0 && strcmp(a->policy, b->policy) == 0 &&
           strcmp(a->boundary_set, b->boundary_set) == 0 && strcmp(a->commune, b->commune) == 0 &&
           a->sum_insured.minor == b->sum_insured.minor &&
           days_of(a->starts) == days_of(b->starts) && days_of(a->ends) == days_of(b->ends);
}

static enum err_kind insert_contract(struct people *people, const struct contract *contract,
                                     struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "INSERT INTO contract (id, person, policy, boundary_set,"
                                   " commune, sum_insured, currency, starts, ends)"
                                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    stmt_text(stmt, 1, contract->id);
    stmt_text(stmt, 2, contract->person);
    stmt_text(stmt, 3, contract->policy);
    stmt_text(stmt, 4, contract->boundary_set);
    stmt_text(stmt, 5, contract->commune);
    stmt_int(stmt, 6, contract->sum_insured.minor);
    stmt_text(stmt, 7, contract->sum_insured.currency);
    stmt_int(stmt, 8, days_of(contract->starts));
    stmt_int(stmt, 9, days_of(contract->ends));
    return stmt_run(stmt, err);
}

// A consent that was given later for the same contract takes the place of the earlier one.
static enum err_kind put_consent(struct people *people, const char *contract, int64_t day,
                                 struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "INSERT INTO consent (contract, day) VALUES (?1, ?2)"
                                   " ON CONFLICT (contract) DO UPDATE SET day = ?2"
                                   " WHERE consent.day < ?2");
    stmt_text(stmt, 1, contract);
    stmt_int(stmt, 2, day);
    return stmt_run(stmt, err);
}

enum err_kind contract_consent(struct people *people, const char *contract, struct civil *day,
                               struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people), "SELECT day FROM consent WHERE contract = ?");
    bool row = false;
    stmt_text(stmt, 1, contract);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_MISSING, "no consent is recorded for contract %s", contract);
    *day = date_of_days(row_int(stmt, 0));
    return OK;
}

// Takes one row whole or not at all: nothing is written before everything is checked.
static enum err_kind take_row(struct intake *intake, bool *fresh, char was[16], char language[8],
                              struct contract *contract, struct err *err)
{
    struct person person;
    struct contract old;
    int64_t consent = 0;
    bool consented = false;
    if (intake->csv.count != intake->columns)
        return err_set(err, ERR_INPUT, "the row has %zu fields, the header has %zu",
                       intake->csv.count, intake->columns);
    if (take_person(intake, &person, err) || take_contract(intake, contract, was, err) ||
        take_consent(intake, &consent, &consented, err))
        return err->kind;
    enum err_kind kind = contract_find(intake->people, contract->id, &old, err);
    if (kind != OK && kind != ERR_MISSING)
        return kind;
    *fresh = kind == ERR_MISSING;
    if (!*fresh && !is_same_contract(contract, &old))
        return err_set(err, ERR_INPUT, "contract %s is there with other words", contract->id);
    text_copy(language, sizeof(person.language), person.language);
    if (put_person(intake->people, &person, err) ||
        (*fresh && insert_contract(intake->people, contract, err)))
        return err->kind;
    return consented ? put_consent(intake->people, contract->id, consent, err) : OK;
}

void import_report_free(struct import_report *report)
{
    mem_free(&report->refused);
    mem_free(&report->mapped);
    report->refused_count = report->mapped_count = 0;
}

static void remark(struct remark **list, size_t *count, size_t line, const char *why)
{
    size_t at = (*count)++;
    *list = mem_resize(*list, at + 1, sizeof(**list));
    (*list)[at].line = line;
    (void)snprintf((*list)[at].why, sizeof((*list)[at].why), "%s", why);
}

static void take_note(struct import_report *report, const struct intake *intake, const char *was,
                      const struct contract *contract)
{
    char why[120];
    if (!*was)
        return;
    (void)snprintf(why, sizeof(why), "contract %s: the old commune %s is %s today", contract->id,
                   was, contract->commune);
    remark(&report->mapped, &report->mapped_count, intake->csv.line, why);
}

bool language_is_unsaid(const struct phrase_book *book, const char *language, char *why,
                        size_t size)
{
    const char *codes[PHRASE_LANGUAGES_MAX + 1] = {NULL};
    size_t count = book ? phrase_languages(book) : 0, len;
    for (size_t i = 0; i < count; i++) {
        struct phrase_language one = phrase_language(book, i);
        if (strcmp(one.code, language) == 0 || strcmp(one.tag, language) == 0)
            return false;
        codes[i] = one.code;
    }
    if (count == 0)
        return false;
    const char *near = text_nearest(str_of(language), codes);
    len = (size_t)snprintf(
        why, size, "nothing is said in language \"%s\" here, it is vi then%s%s%s; there are",
        language, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    for (size_t i = 0; i < count && len < size; i++)
        len += (size_t)snprintf(why + len, size - len, " %s", codes[i]);
    return true;
}

static void note_language(struct import_report *report, const struct intake *intake,
                          const char *language)
{
    char why[sizeof(report->mapped->why)];
    if (language_is_unsaid(intake->rules->phrases, language, why, sizeof(why)))
        remark(&report->mapped, &report->mapped_count, intake->csv.line, why);
}

static void note_sum(struct import_report *report, const struct contract *contract)
{
    int64_t sum = contract->sum_insured.minor;
    if (report->most_vnd == 0 || sum < report->least_vnd)
        report->least_vnd = sum;
    if (sum > report->most_vnd)
        report->most_vnd = sum;
}

// Accounts and phones that stand at more than one person: a household, or a hand in the till.
static enum err_kind count_shared(struct people *people, struct import_report *report,
                                  struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        people_db(people), "SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM person WHERE account"
                           " <> '' GROUP BY account HAVING count(*) > 1) a), (SELECT count(*) FROM"
                           " (SELECT 1 AS one FROM person WHERE phone <> '' GROUP BY phone HAVING"
                           " count(*) > 1) p)");
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    report->shared_accounts = row ? row_int(stmt, 0) : 0;
    report->shared_phones = row ? row_int(stmt, 1) : 0;
    return OK;
}

static enum err_kind take_rows(struct intake *intake, struct import_report *report, struct err *err)
{
    for (;;) {
        struct err why = {0};
        struct contract contract = {0};
        char was[16] = "", language[8] = "";
        bool row = false, fresh = false;
        enum err_kind kind = csv_next(&intake->csv, &row, &why);
        if (kind == OK && !row)
            return OK;
        report->rows++;
        if (kind == OK)
            kind = take_row(intake, &fresh, was, language, &contract, &why);
        if (kind == ERR_BROKEN || kind == ERR_LATER) {
            *err = why;
            return kind;
        }
        if (kind) {
            remark(&report->refused, &report->refused_count, intake->csv.line, why.text);
            continue;
        }
        take_note(report, intake, was, &contract);
        note_language(report, intake, language);
        note_sum(report, &contract);
        report->taken += fresh;
        report->same += !fresh;
    }
}

enum err_kind people_import(struct people *people, const char *folder, struct str csv,
                            const char *name, const struct import_rules *rules,
                            struct import_report *report, struct err *err)
{
    AUTO(intake_free) struct intake intake = {.people = people, .rules = rules};
    bool row = false;
    *report = (struct import_report){0};
    csv_start(&intake.csv, csv);
    if (columns_check_bytes(csv, err) || csv_next(&intake.csv, &row, err) ||
        columns_read(&intake.csv, intake.place, err) ||
        map_open(folder, LEDGER_READ, &intake.map, err))
        return err_add(err, "importing %s", name);
    intake.columns = intake.csv.count;
    if (db_begin(people_db(people), DB_WRITE, err))
        return err_of(err);
    if (take_rows(&intake, report, err) || count_shared(people, report, err) ||
        db_commit(people_db(people), err)) {
        db_undo(people_db(people));
        return err_add(err, "importing %s", name);
    }
    return OK;
}
