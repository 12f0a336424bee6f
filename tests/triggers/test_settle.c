#include "triggers/settle.h"

#include "core/file.h"
#include "ledger/bulletin.h"
#include "ledger/db.h"
#include "ledger/decision.h"
#include "ledger/former.h"
#include "ledger/outbox.h"
#include "ledger/quality.h"
#include "ledger/reading.h"
#include "tests/ledger/place.h"
#include "triggers/explain.h"
#include "triggers/replay.h"
#include "triggers/shelf.h"

// Two communes, a cover per day and an alert per day, in a real site: from readings to payouts.
static char code_a[] = "01840", code_b[] = "01843", name_a[] = "Chợ Đồn", name_b[] = "Na Rì",
            zone[] = "north";

static const char cover_text[] =
    "gong: 1\n"
    "id: day-cover\n"
    "version: 1\n"
    "kind: insurance\n"
    "title: {vi: Bảo hiểm mưa ngày, en: Day rain cover}\n"
    "effective: {from: 2024-09-07, to: 2024-09-08}\n"
    "boundary_set: two\n"
    "area: all\n"
    "source: drill\n"
    "variable: rain\n"
    "period: {each: day, day: utc00}\n"
    "index: {take: total}\n"
    "rounding: 0.1 mm\n"
    "minimum_coverage: 90 %\n"
    "settle_after: 2 days\n"
    "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1000 VND}\n"
    "settlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune} {index}\", en: \"{contract} {amount} "
    "{commune}\"}\n"
    "cases:\n"
    "  fire: [{name: wet, step: period, values: [150], sum_insured: 2000000 VND, pays: 1000000 "
    "VND}]\n"
    "  not_fire: [{name: dry, step: period, values: [100]}]\n";

static const char alert_text[] = "gong: 1\n"
                                 "id: day-alert\n"
                                 "version: 1\n"
                                 "kind: alert\n"
                                 "title: {vi: Mưa lớn, en: Heavy rain}\n"
                                 "effective: {from: 2024-09-07, to: 2024-09-08}\n"
                                 "boundary_set: two\n"
                                 "area: all\n"
                                 "source: drill\n"
                                 "watch: observation\n"
                                 "variable: rain\n"
                                 "period: {each: day, day: utc00}\n"
                                 "index: {take: total}\n"
                                 "rounding: 0.1 mm\n"
                                 "minimum_coverage: 90 %\n"
                                 "trigger: {index: \">=\", threshold: 150 mm}\n"
                                 "persistence: 1\n"
                                 "next_update: 2 days\n"
                                 "message: {vi: \"{commune} {index} {issued} {next}\", en: "
                                 "\"{commune} {index} {issued} {next}\"}\n"
                                 "cases:\n"
                                 "  fire: [{name: wet, step: period, values: [150]}]\n"
                                 "  not_fire: [{name: dry, step: period, values: [149.9]}]\n";

// Decided at each run; readiness cannot be taken back after six hours of it.
static const char stages_text[] =
    "gong: 1\n"
    "id: day-stages\n"
    "version: 1\n"
    "kind: alert\n"
    "title: {vi: Mưa lớn, en: Heavy rain}\n"
    "effective: {from: 2024-09-07, to: 2024-09-12}\n"
    "boundary_set: two\n"
    "area: all\n"
    "source: drill\n"
    "watch: forecast\n"
    "variable: rain\n"
    "index: {take: total, within: 24 h}\n"
    "rounding: 0.1 mm\n"
    "minimum_coverage: 90 %\n"
    "stages:\n"
    "  - {name: ready, level: 1, watch: forecast, lead: 24 h, cut_off: 18 h, trigger: {index: "
    "\">=\", threshold: 100 mm}}\n"
    "  - {name: act, level: 2, watch: forecast, lead: none, trigger: {index: \">=\", threshold: "
    "160 mm}}\n"
    "persistence: 1\n"
    "next_update: 12 h\n"
    "message: {vi: \"{commune} {stage} {index} {issued} {next}\", en: \"{commune} {stage} {index} "
    "{issued} {next}\"}\n"
    "cases:\n"
    "  fire: [{name: wet, step: 24 h, level: 1, values: [0, 150]}]\n"
    "  not_fire: [{name: dry, step: 24 h, values: [0, 99]}]\n";

static const char contracts[] =
    "contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,"
    "starts,ends\n"
    "C-1,P-1,Drill A (diễn tập),0900000001,DRILL-1,vi,01840,two,day-cover,2000000,2024-01-01,"
    "2024-12-31\n"
    "C-2,P-2,Drill B (diễn tập),0900000002,DRILL-2,en,01843,two,day-cover,3000000,2024-01-01,"
    "2024-12-31\n"
    "C-3,P-3,Drill C (diễn tập),0900000003,DRILL-3,vi,01840,two,day-cover,1000000,2023-01-01,"
    "2023-12-31\n";

static struct utc at(const char *text)
{
    struct utc time = {0};
    struct err err = {0};
    CHECK_OK(utc_parse(str_of(text), &time, &err), err);
    return time;
}

static void write_policy(const struct place *place, const char *name, const char *text)
{
    struct err err = {0};
    AUTO(mem_drop) char *folder = file_join(place->folder, "policies");
    AUTO(mem_drop) char *path = file_join(folder, name);
    CHECK_OK(file_write(path, str_of(text), 0600, &err), err);
}

static struct place place_ready(void)
{
    struct place place = place_new();
    struct commune communes[] = {{.code = code_a, .name = name_a, .zone = zone, .area_km2 = 1},
                                 {.code = code_b, .name = name_b, .zone = zone, .area_km2 = 1}};
    struct boundary_set set = {.name = "two", .count = 2, .commune = communes};
    set.hash = boundary_set_hash(&set);
    bool fresh;
    CHECK_OK(boundary_set_put(place.map, &set, &fresh, &place.err), place.err);
    struct import_report report = {0};
    CHECK_OK(people_import(place.people, place.folder, str_of(contracts), "c.csv",
                           &(struct import_rules){.drill = true}, &report, &place.err),
             place.err);
    CHECK_INT(report.taken, 3);
    import_report_free(&report);
    AUTO(mem_drop) char *folder = file_join(place.folder, "policies");
    CHECK_INT(mkdir(folder, 0700), 0);
    write_policy(&place, "cover.yaml", cover_text);
    write_policy(&place, "alert.yaml", alert_text);
    return place;
}

static void put_rain(struct place *place, struct utc to, struct utc issued, const int32_t *values)
{
    const uint16_t cover[] = {READING_COVER_FULL, READING_COVER_FULL};
    struct reading reading = {.meta = {.source = "drill",
                                       .variable = "rain",
                                       .boundary_set = "two",
                                       .valid_from = {to.s - DAY_S},
                                       .valid_to = to,
                                       .issued_at = issued,
                                       .member = MEMBER_NONE},
                              .communes = 2,
                              .value = values,
                              .cover = cover};
    (void)place_keep(place, &reading);
}

static void put_day(struct place *place, const char *end, int32_t rain_a, int32_t rain_b)
{
    const int32_t values[] = {rain_a, rain_b};
    put_rain(place, at(end), UTC_NEVER, values);
}

// What the run of this hour says of the days after it, in both communes.
static void put_run(struct place *place, const char *issued, int32_t rain, size_t days)
{
    const int32_t values[] = {rain, rain};
    struct utc from = at(issued);
    for (size_t day = 1; day <= days; day++)
        put_rain(place, (struct utc){from.s + (int64_t)day * DAY_S}, from, values);
}

// Doubts about the second commune in all that is there.
static void doubt_second(struct place *place, uint8_t flags)
{
    const uint8_t flag[] = {0, flags};
    AUTO(readings_free) struct readings readings = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct reading_query query = {"drill", "rain", "two", UTC_NEVER, {0}, {INT64_MAX}};
    CHECK_OK(reading_load(place->ledger, &query, &readings, &place->err), place->err);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    for (size_t i = 0; i < readings.count; i++)
        CHECK_OK(quality_put(txn, &readings.hash[i], flag, COUNT_OF(flag), &place->err),
                 place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static struct settle_report run(struct place *place, const char *now)
{
    AUTO(shelf_free) struct shelf shelf = {0};
    AUTO(mem_drop) char *folder = file_join(place->folder, "policies");
    CHECK_OK(shelf_load(folder, &shelf, &place->err), place->err);
    CHECK_INT(shelf.refused_count, 0);
    struct settle settle = {
        .ledger = place->ledger, .people = place->people, .map = place->map, .drill = true};
    struct settle_report report = {0};
    CHECK_OK(settle_run(&settle, &shelf, at(now), &report, &place->err), place->err);
    CHECK_INT(report.skipped, 0);
    struct ledger_report verified;
    CHECK_OK(ledger_verify(place->ledger, &verified, &place->err), place->err);
    return report;
}

static int64_t head(struct place *place)
{
    int64_t seq = 0;
    struct hash hash;
    CHECK_OK(ledger_head(place->ledger, &seq, &hash, &place->err), place->err);
    return seq;
}

static void check_payouts(struct place *place, size_t count, int64_t first_vnd)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    CHECK_OK(payout_list(place->ledger, NULL, &rows, &place->err), place->err);
    CHECK_INT(rows.count, count);
    if (count) {
        CHECK_TEXT(rows.at[0].contract, "C-1");
        CHECK_INT(rows.at[0].amount.minor, first_vnd);
        CHECK_TEXT(rows.at[0].state, "planned");
    }
}

static int64_t ready(struct place *place, const char *channel)
{
    int64_t count[OUTBOX_STATES] = {0};
    CHECK_OK(outbox_count(place->ledger, channel, count, &place->err), place->err);
    return count[OUTBOX_READY];
}

static void a_wet_day_pays_once_and_warns_once(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_ready();
    ROW("150 mm pay half to the contract that is in force there");
    put_day(&place, "2024-09-08T00:00:00Z", 150000, 0);
    struct settle_report report = run(&place, "2024-09-08T01:00:00Z");
    CHECK_INT(report.batches, 2);
    CHECK_INT(report.yes, 2);
    CHECK_INT(report.no, 2);
    CHECK_INT(report.payouts, 1);
    CHECK_INT(report.paid_vnd, 1000000);
    CHECK_INT(report.alerts_on, 1);
    CHECK_INT(report.alert_messages, 1);
    check_payouts(&place, 1, 1000000);
    CHECK_INT(ready(&place, "pay"), 1);
    CHECK_INT(ready(&place, "sms"), 2);

    ROW("run again it does nothing");
    int64_t before = head(&place);
    report = run(&place, "2024-09-08T01:00:00Z");
    CHECK_INT(report.batches, 0);
    CHECK_INT(head(&place), before);

    ROW("corrected data make a new batch, and never a second payout");
    put_day(&place, "2024-09-08T00:00:00Z", 180000, 0);
    report = run(&place, "2024-09-08T02:00:00Z");
    CHECK_INT(report.batches, 2);
    CHECK_INT(report.payouts, 0);
    check_payouts(&place, 1, 1000000);
    CHECK_INT(ready(&place, "pay"), 1);
    CHECK_INT(ready(&place, "sms"), 2);

    ROW("a correction to nothing claws nothing back");
    put_day(&place, "2024-09-08T00:00:00Z", 0, 0);
    report = run(&place, "2024-09-08T03:00:00Z");
    CHECK_INT(report.batches, 2);
    check_payouts(&place, 1, 1000000);
    AUTO(batch_rows_free) struct batch_rows batches = {0};
    CHECK_OK(batch_list(place.ledger, "day-cover", "2024-09-07", &batches, &place.err), place.err);
    CHECK_INT(batches.count, 3);
    CHECK_INT(batches.at[0].replaces, 0);
    CHECK_INT(batches.at[1].replaces, batches.at[0].seq);
    CHECK_INT(batches.at[2].replaces, batches.at[1].seq);
}

static void silence_becomes_an_answer(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_ready();
    ROW("while the data may still come nothing is decided");
    struct settle_report report = run(&place, "2024-09-08T01:00:00Z");
    CHECK_INT(report.batches, 0);
    ROW("after settle_after it is not known, for every commune");
    report = run(&place, "2024-09-10T00:00:00Z");
    CHECK_INT(report.batches, 2);
    CHECK_INT(report.unknown, 4);
    check_payouts(&place, 0, 0);
    ROW("data that come late are decided after all");
    put_day(&place, "2024-09-08T00:00:00Z", 250000, READING_NONE);
    report = run(&place, "2024-09-10T00:00:00Z");
    CHECK_INT(report.batches, 2);
    CHECK_INT(report.yes, 2);
    CHECK_INT(report.unknown, 2);
    check_payouts(&place, 1, 2000000);
}

static void a_changed_policy_does_not_pay_for_the_past(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_ready();
    put_day(&place, "2024-09-08T00:00:00Z", 90000, 90000);
    struct settle_report report = run(&place, "2024-09-08T01:00:00Z");
    CHECK_INT(report.no, 4);
    AUTO(buf_free) struct buf changed = buf_new(1 << 16);
    const char *strike = strstr(cover_text, "strike: 100 mm");
    CHECK(strike != NULL);
    buf_str(&changed, (struct str){cover_text, (size_t)(strike - cover_text)});
    buf_text(&changed, "strike:  50 mm");
    buf_text(&changed, strike + strlen("strike: 100 mm"));
    char *case_at = strstr(changed.at, "pays: 1000000 VND");
    CHECK(case_at != NULL);
    memcpy(case_at, "pays: 1333000 VND", strlen("pays: 1333000 VND"));
    case_at = strstr(changed.at, "values: [100]");
    CHECK(case_at != NULL);
    memcpy(case_at, "values: [ 50]", strlen("values: [ 50]"));
    write_policy(&place, "cover.yaml", changed.at);
    report = run(&place, "2024-09-08T02:00:00Z");
    CHECK_INT(report.batches, 0);
    check_payouts(&place, 0, 0);
}

// The newest message to P-1 about the alert.
static void check_alert(struct place *place, int64_t messages, const char *says)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(place->ledger),
                                "SELECT count(*) OVER (), body FROM outbox WHERE key LIKE "
                                "'alert/day-stages/01840/%' ORDER BY id DESC LIMIT 1");
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &place->err), place->err);
    CHECK(row);
    CHECK_INT(row_int(stmt, 0), messages);
    CHECK_HAS(row_text(stmt, 1), says);
}

// A run that is corrected, or whose members come by and by, may raise an alert that it made.
static void each_stage_of_one_run_is_told(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_ready();
    write_policy(&place, "alert.yaml", stages_text);
    put_run(&place, "2024-09-08T00:00:00Z", 150000, 2);
    CHECK_INT(run(&place, "2024-09-08T01:00:00Z").alert_messages, 2);
    check_alert(&place, 1, "[DRILL] Chợ Đồn ready 150 mm");
    ROW("the same run, corrected");
    put_run(&place, "2024-09-08T00:00:00Z", 180000, 2);
    CHECK_INT(run(&place, "2024-09-08T02:00:00Z").alert_messages, 2);
    check_alert(&place, 2, "[DRILL] Chợ Đồn act 180 mm");
    CHECK_INT(run(&place, "2024-09-08T03:00:00Z").alert_messages, 0);
}

// An alert that falls to a stage which this run does not say is told without this run's numbers:
// "10 mm" is nothing to be warned of.
static void a_stage_that_is_kept_is_told_without_numbers(void **state)
{
    (void)state;
    static const char cut_off[] = "cut_off: 18 h";
    static const struct {
        const char *name, *kept_by;
        int32_t rain; // of the second run, in thousandths of a mm
        size_t days;
    } rows[] = {
        {"past its cut-off", cut_off, 10000, 2},
        {"between its two thresholds", "stop: {index: \"<\", threshold: 5 mm}", 10000, 2},
        {"not known", "stop: {index: \"<\", threshold: 5 mm}", 0, 1},
    };
    static const char *const says[] = {
        "[DIỄN TẬP] Mưa lớn: Chợ Đồn, hạ xuống mức ready lúc 7h 9/9, chưa hết cảnh báo. Tin sau "
        "trước 19h. Không phải",
        "[DRILL] Heavy rain: Chợ Đồn, lowered to ready at 07:00 9 Sep, not over. Next by 19:00. "
        "Not an",
        "\"DIEN TAP. Mua lon: Cho Don, ha xuong muc ready, chua het canh bao. Goi 112. Tin so ",
        "\"DRILL. Heavy rain: Cho Don, lowered to ready, not over. Call 112. No. ",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_ready();
        AUTO(buf_free) struct buf text = buf_new(sizeof(stages_text) + 100);
        const char *kept_by = strstr(stages_text, cut_off);
        CHECK(kept_by != NULL);
        buf_print(&text, "%.*s%s%s", (int)(kept_by - stages_text), stages_text, rows[i].kept_by,
                  kept_by + strlen(cut_off));
        write_policy(&place, "alert.yaml", text.at);
        put_run(&place, "2024-09-08T00:00:00Z", 180000, 2);
        CHECK_INT(run(&place, "2024-09-08T01:00:00Z").alert_messages, 2);
        check_alert(&place, 1, "[DRILL] Chợ Đồn act 180 mm");
        put_run(&place, "2024-09-09T00:00:00Z", rows[i].rain, rows[i].days);
        CHECK_INT(run(&place, "2024-09-09T12:00:00Z").alert_messages, 2);
        for (size_t k = 0; k < COUNT_OF(says); k++)
            check_alert(&place, 2, says[k]);
    }
}

// Who knows their commune by its former name finds it in the warning; a payout names the contract.
static void a_warning_names_former_communes(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_ready();
    AUTO(formers_free) struct formers formers = {0};
    static const struct former rows[] = {{"01840", "00700", "Xã Đồng Lạc", "", "", false, -1},
                                         {"01840", "00703", "Xã Bằng Lũng", "", "", true, -1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        formers_add(&formers, &rows[i]);
    CHECK_OK(former_put(place.map, "two", &formers, &place.err), place.err);
    put_day(&place, "2024-09-08T00:00:00Z", 150000, 0);
    CHECK_INT(run(&place, "2024-09-08T01:00:00Z").alert_messages, 1);
    size_t alerts = 0, notes = 0;
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(place.ledger), "SELECT key, body FROM outbox");
    for (bool row = true; row;) {
        CHECK_OK(stmt_next(stmt, &row, &place.err), place.err);
        if (!row)
            break;
        const char *key = row_text(stmt, 0), *body = row_text(stmt, 1);
        if (strncmp(key, "alert/", 6) == 0) {
            alerts++;
            CHECK_HAS(body, "Chợ Đồn (trước đây gồm Đồng Lạc, Bằng Lũng) 150 mm");
            CHECK_HAS(body, "\"former\":{\"en\":\" (formerly Đồng Lạc, Bằng Lũng)\",\"vi\":\" "
                            "(trước đây gồm Đồng Lạc, Bằng Lũng)\"}");
        } else {
            notes++;
            CHECK(!strstr(body, "Bằng Lũng"));
        }
    }
    CHECK_INT(alerts, 1);
    CHECK_INT(notes, 2);
}

// An official bulletin that was passed on stands for one of the two communes.
static void a_warning_names_the_official_bulletin(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_ready();
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *bulletin = doc_object();
    AUTO(doc_free) struct doc *standing = doc_object();
    struct doc *seqs = doc_array();
    int64_t seq = 0;
    bool fresh = false;
    static const char *const fields[][2] = {{"source", "cap-relay"},
                                            {"identifier", "VN-17"},
                                            {"sent", "2024-09-07T07:00:00+07:00"},
                                            {"headline", "Mưa lớn (diễn tập)"},
                                            {"areaDesc", "xã Na Rì, north"}};
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        doc_put_text(bulletin, fields[i][0], fields[i][1]);
    CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
    CHECK_OK(bulletin_put(txn, (struct utc){0}, bulletin, &fresh, &place.err), place.err);
    CHECK_OK(bulletin_find(place.ledger, "cap-relay", "VN-17", "2024-09-07T07:00:00+07:00", &seq,
                           &place.err),
             place.err);
    doc_push_int(seqs, seq);
    doc_put_text(standing, "source", "cap-relay");
    doc_put(standing, "seqs", seqs);
    CHECK_OK(bulletin_stand(txn, (struct utc){0}, standing, &seq, &place.err), place.err);
    CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    put_day(&place, "2024-09-08T00:00:00Z", 150000, 150000);
    CHECK_INT(run(&place, "2024-09-08T01:00:00Z").alert_messages, 2);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(place.ledger),
                                "SELECT body FROM outbox WHERE key LIKE 'alert/%' ORDER BY key");
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &place.err), place.err);
    CHECK_HAS(row_text(stmt, 0), "Chợ Đồn 150 mm");
    CHECK(!strstr(row_text(stmt, 0), "VN-17"));
    CHECK_OK(stmt_next(stmt, &row, &place.err), place.err);
    CHECK_HAS(row_text(stmt, 0), "Không phải cấp độ rủi ro thiên tai chính thức. Bản tin chính "
                                 "thức số VN-17. Tin số ");
    CHECK_HAS(row_text(stmt, 0), "Not an official risk level. Official bulletin no. VN-17.");
    CHECK_HAS(row_text(stmt, 0), "\"bulletin\":{\"en\":\" Official bulletin no. VN-17.\"");
    CHECK_HAS(row_text(stmt, 0), "Khong phai cap do chinh thuc. Ban tin so VN-17.");
}

static void an_answer_is_explained_from_the_ledger(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_ready();
    put_day(&place, "2024-09-08T00:00:00Z", 150000, 99900);
    doubt_second(&place, QUALITY_RANGE | QUALITY_FROZEN);
    (void)run(&place, "2024-09-08T01:00:00Z");
    static const struct {
        const char *name, *commune, *contract;
        enum language language;
        const char *words[7];
    } rows[] = {
        {"yes, in Vietnamese",
         "01840",
         "C-1",
         LANGUAGE_VI,
         {"Chợ Đồn", "Bảo hiểm mưa ngày", "150 mm", "100 mm", "1.000.000", "C-1"}},
        {"yes, in English",
         "01840",
         "C-1",
         LANGUAGE_EN,
         {"Chợ Đồn", "Day rain cover", "150 mm", "100 mm", "1,000,000", "C-1"}},
        {"no, by how much",
         "01843",
         "C-2",
         LANGUAGE_EN,
         {"Na Rì", "99.9 mm", "100 mm", "short by 0.1 mm", "2024-09-07", "day-cover",
          "doubtful data: values beyond what the place has seen; a copy of the step before"}},
        {"what is doubtful, in Vietnamese",
         "01843",
         "C-2",
         LANGUAGE_VI,
         {"số liệu đáng ngờ: giá trị vượt mức từng thấy; lặp lại y nguyên bước trước"}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct question question = {
            .policy = "day-cover", .commune = rows[i].commune, .contract = rows[i].contract};
        struct decision_row row;
        AUTO(doc_free) struct doc *explanation = NULL;
        AUTO(buf_free) struct buf said = buf_new(1 << 16);
        CHECK_OK(explain_find(place.ledger, &question, &row, &place.err), place.err);
        CHECK_OK(
            explain_make(place.ledger, place.map, &row, rows[i].contract, &explanation, &place.err),
            place.err);
        explain_say(explanation, rows[i].language, true, &said);
        for (size_t w = 0; w < COUNT_OF(rows[i].words) && rows[i].words[w]; w++)
            CHECK_HAS(said.at, rows[i].words[w]);
        bool doubted = strcmp(rows[i].commune, "01843") == 0; // the other commune's are not
        CHECK((doc_get(explanation, "quality") != NULL) == doubted);
    }
    ROW("a day that was never decided");
    struct question never = {.policy = "day-cover", .commune = "01840", .day = "2023-01-01"};
    struct decision_row row;
    CHECK_INT(explain_find(place.ledger, &never, &row, &place.err), ERR_MISSING);
}

static void note(void *self, const char *what)
{
    (void)what;
    ++*(size_t *)self;
}

static struct replay_report replay(struct place *place, struct ledger *readings)
{
    size_t told = 0;
    struct replay job = {.ledger = place->ledger,
                         .readings = readings,
                         .sum_insured = contract_sum_insured,
                         .sums = place->people,
                         .map = place->map,
                         .differs = note,
                         .self = &told};
    struct replay_report report = {0};
    CHECK_OK(replay_run(&job, &report, &place->err), place->err);
    CHECK_INT(told, report.differences);
    return report;
}

static void every_decision_comes_out_again(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_ready();
    put_day(&place, "2024-09-08T00:00:00Z", 150000, 0);
    put_day(&place, "2024-09-09T00:00:00Z", 0, 210000);
    (void)run(&place, "2024-09-09T01:00:00Z");
    ROW("from the same readings: identical");
    struct replay_report report = replay(&place, place.ledger);
    CHECK_INT(report.differences, 0);
    CHECK_INT(report.batches, 4);
    CHECK_INT(report.decisions, 8);
    CHECK_INT(report.payouts, 2);
    ROW("from readings that are a thousandth off: told");
    AUTO(place_free) struct place other = place_new();
    put_day(&other, "2024-09-08T00:00:00Z", 150001, 0);
    put_day(&other, "2024-09-09T00:00:00Z", 0, 210000);
    report = replay(&place, other.ledger);
    CHECK(report.differences > 0);
}

TEST_MAIN(cmocka_unit_test(a_wet_day_pays_once_and_warns_once),
          cmocka_unit_test(silence_becomes_an_answer),
          cmocka_unit_test(a_changed_policy_does_not_pay_for_the_past),
          cmocka_unit_test(each_stage_of_one_run_is_told),
          cmocka_unit_test(a_stage_that_is_kept_is_told_without_numbers),
          cmocka_unit_test(a_warning_names_former_communes),
          cmocka_unit_test(a_warning_names_the_official_bulletin),
          cmocka_unit_test(an_answer_is_explained_from_the_ledger),
          cmocka_unit_test(every_decision_comes_out_again))
