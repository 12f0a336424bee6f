#include "notify/inbound.h"

#include "ledger/feedback.h"
#include "ledger/outbox.h"
#include "tests/notify/bed.h"

static const struct {
    const char *text;
    enum inbound_word word;
} words[] = {
    {"STOP", INBOUND_STOP},
    {"stop.", INBOUND_STOP},
    {" Từ chối ", INBOUND_STOP},
    {"tc", INBOUND_STOP},
    {"HỦY", INBOUND_STOP},
    {"Ngừng tin", INBOUND_STOP},
    {"dừng", INBOUND_STOP},
    {"TU\tCHOI", INBOUND_STOP},
    {"DK", INBOUND_START},
    {"đăng ký", INBOUND_START},
    {"Tiếp tục", INBOUND_START},
    {"Mưa", INBOUND_RAIN},
    {"MUA C-1", INBOUND_RAIN},
    {"có", INBOUND_YES},
    {"Có, ngập ruộng", INBOUND_YES},
    {"Không", INBOUND_NO},
    {"ko", INBOUND_NO},
    {"TUCHOI", INBOUND_OTHER},
    {"stopping", INBOUND_OTHER},
    {"con", INBOUND_OTHER},
    {"", INBOUND_OTHER},
    {"???", INBOUND_OTHER},
    {"\xff\xfe", INBOUND_OTHER},
    {"tôi muốn dừng", INBOUND_OTHER},
    // What is another word with its accents is not taken for one of ours.
    {"Đúng", INBOUND_OTHER},
    {"đúng rồi", INBOUND_OTHER},
    {"Dũng đây", INBOUND_OTHER},
    {"STOP\r\n", INBOUND_STOP},
    {"\x01Dung", INBOUND_OTHER},
    {"DỪNG", INBOUND_STOP},
    {"Dung", INBOUND_STOP},
    {"Huỷ tin", INBOUND_STOP},
    {"Huyền", INBOUND_OTHER},
    {"Cô ơi", INBOUND_OTHER},
    {"cỏ chết hết", INBOUND_OTHER},
    {"Mùa này", INBOUND_OTHER},
    {"mưa?", INBOUND_RAIN},
    {"Đăng kí", INBOUND_START},
    {"Du\xcc\x9b\xcc\x80ng", INBOUND_STOP}, // NFD of "Dừng"
    {"Co\xcc\x81", INBOUND_YES},            // NFD of "Có"
    // A question is no answer, and who does not know says neither.
    {"Có mưa không?", INBOUND_RAIN},
    {"Co mua chua", INBOUND_RAIN},
    {"Có không", INBOUND_OTHER},
    {"co gi ko", INBOUND_OTHER},
    {"Không có mưa", INBOUND_NO},
    {"Không biết", INBOUND_OTHER},
    {"ko ro", INBOUND_OTHER},
    {"Không ngừng mưa", INBOUND_OTHER},
    {"Có, mưa to không ngớt", INBOUND_YES},
    {"(Không)", INBOUND_NO},
    // What a telephone sets around a word by itself; and who is polite says the same.
    {"“Dừng”", INBOUND_STOP},
    {"Dừng…", INBOUND_STOP},
    {"Dừng\u00a0nhận tin", INBOUND_STOP},
    {"\u00a0Dừng", INBOUND_STOP},
    {"Dừng🙏", INBOUND_STOP},
    {"“Đúng”", INBOUND_OTHER},
    {"Dũng🙏", INBOUND_OTHER},
    {"Có 👍", INBOUND_YES},
    {"Có👍", INBOUND_YES},
    {"Không 🙏", INBOUND_NO},
    {"Có mưa to 😢", INBOUND_YES},
    {"Có mưa chưa 👍", INBOUND_RAIN},
    {"Có mưa？", INBOUND_RAIN},
    {"Dạ có", INBOUND_YES},
    {"dạ, có mưa", INBOUND_YES},
    {"Da khong a", INBOUND_NO},
    {"Dạ dừng ạ", INBOUND_STOP},
    {"Dạ đúng", INBOUND_OTHER},
    {"Dạ cô", INBOUND_OTHER},
    {"Dạ", INBOUND_OTHER},
    {"Đã có mưa", INBOUND_OTHER},
};

static void test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        ROW(words[i].text);
        CHECK_TEXT(inbound_word_names[inbound_parse(str_of(words[i].text))],
                   inbound_word_names[words[i].word]);
    }
}

struct desk {
    struct place place;
    struct site *site;
    struct sms_desk *sms;
    struct inbound_desk *inbound;
    struct err err;
};

static void desk_start(struct desk *desk, const char *settings)
{
    memset(desk, 0, sizeof(*desk));
    desk->place = bed_site(settings);
    CHECK_OK(site_open(desk->place.folder, &desk->site, &desk->err), desk->err);
    CHECK_OK(sms_desk_open(desk->site, &desk->sms, &desk->err), desk->err);
    CHECK_OK(inbound_open(desk->site, desk->sms, &desk->inbound, &desk->err), desk->err);
}

static void desk_end(struct desk *desk)
{
    inbound_close(&desk->inbound);
    sms_desk_close(&desk->sms);
    site_free(&desk->site);
    place_free(&desk->place);
}

// A decision about a commune; an alert that went to a person.
static int64_t decide(struct desk *desk, const char *policy, const char *commune,
                      enum answer answer, int64_t index_milli)
{
    return bed_decide_on(&desk->place, policy, commune, answer, index_milli);
}

static void alerted(struct desk *desk, const char *person, int64_t cause)
{
    bed_alerted(&desk->place, person, cause);
}

static enum err_kind say(struct desk *desk, const char *id, const char *from, const char *text)
{
    struct inbound inbound = {"smpp", str_of(id), str_of(from), STR("8079"), str_of(text)};
    return inbound_take(desk->inbound, &inbound, &desk->err);
}

// The newest reply, "" when there is none; and how many there are.
static size_t replies(struct desk *desk, char *body, size_t size)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(desk->place.ledger),
                                "SELECT count(*) OVER (), body FROM outbox"
                                " WHERE key GLOB 'reply/*' ORDER BY id DESC LIMIT 1");
    bool row;
    CHECK_OK(stmt_next(stmt, &row, &desk->err), desk->err);
    *body = '\0';
    if (row)
        row_copy(stmt, 1, body, size);
    return row ? (size_t)row_int(stmt, 0) : 0;
}

static int64_t entries(struct desk *desk, const char *kind)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(desk->place.ledger), "SELECT count(*) FROM entry WHERE kind = ?");
    bool row;
    stmt_text(stmt, 1, kind);
    CHECK_OK(stmt_next(stmt, &row, &desk->err), desk->err);
    return row_int(stmt, 0);
}

static void read_answer(struct desk *desk, char *text, size_t size)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(desk->place.ledger), "SELECT text FROM entry WHERE kind = 'answer'");
    bool row;
    CHECK_OK(stmt_next(stmt, &row, &desk->err), desk->err);
    row_copy(stmt, 0, text, size);
}

static void test_rain(void **state)
{
    (void)state;
    static struct desk desk;
    char body[4000];
    desk_start(&desk, "");
    ROW("nothing was measured yet");
    CHECK_OK(say(&desk, "1", "84900000001", "MUA"), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 1);
    CHECK_HAS(body, "01840: chưa có số đo.");
    (void)decide(&desk, "rain", "01840", ANSWER_YES, 116400);
    (void)decide(&desk, "rain", "01843", ANSWER_NO, 7500);
    (void)decide(&desk, "flood", "01840", ANSWER_UNKNOWN, 0);
    ROW("the commune's index against its threshold, in both languages");
    CHECK_OK(say(&desk, "2", "0900 000 001", "Mưa"), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 2);
    CHECK_HAS(body, "01840: 116,4 mm so với ngưỡng 100 mm, tính đến");
    CHECK_HAS(body, "01840: 116.4 mm against a threshold of 100 mm");
    CHECK_HAS(body, "\"short\":{\"en\":\"");
    ROW("who asks for another's contract or commune learns of their own");
    CHECK_OK(say(&desk, "3", "84900000001", "MUA C-2 01843"), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 3);
    CHECK_HAS(body, "116,4 mm");
    CHECK(!strstr(body, "7,5 mm") && !strstr(body, "01843"));
    ROW("a number that nobody has hears nothing, whatever it asks");
    CHECK_OK(say(&desk, "4", "84900000777", "MUA C-1"), desk.err);
    CHECK_OK(say(&desk, "5", "84900000777", "STOP"), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 3);
    ROW("the same message again changes nothing");
    CHECK_OK(say(&desk, "3", "84900000001", "MUA C-2 01843"), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 3);
    ROW("what is no number can never be taken");
    CHECK_INT(say(&desk, "6", "Vietcombank", "MUA"), ERR_INPUT);
    ROW("no phone and no name is in a reply");
    CHECK(!strstr(body, "84900000001") && !strstr(body, "An (diễn tập)"));
    desk_end(&desk);
}

static enum err_kind say_piece(struct desk *desk, const char *text, unsigned reference,
                               unsigned total, unsigned number)
{
    struct inbound inbound = {.carrier = "smpp",
                              .id = STR("not looked at"),
                              .from = STR("84900000001"),
                              .to = STR("80/79"),
                              .text = str_of(text)};
    struct inbound_piece piece = {(uint16_t)reference, (uint8_t)total, (uint8_t)number};
    return inbound_take_piece(desk->inbound, &inbound, &piece, &desk->err);
}

// What was kept of inbound messages, oldest first: "understood:text;".
static void inbounds(struct desk *desk, struct buf *out)
{
    buf_clear(out);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(desk->place.people),
                                "SELECT understood, text FROM inbound ORDER BY at, id");
    for (bool row = true; row;) {
        CHECK_OK(stmt_next(stmt, &row, &desk->err), desk->err);
        if (row)
            buf_print(out, "%s:%s;", row_text(stmt, 0), row_text(stmt, 1));
    }
}

// As if some parts had come so much earlier.
static void age_parts(struct desk *desk, const char *ids, int64_t seconds)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(desk->place.people), "UPDATE inbound SET at = at - ? WHERE id LIKE ?");
    stmt_int(stmt, 1, seconds);
    stmt_text(stmt, 2, ids);
    CHECK_OK(stmt_run(stmt, &desk->err), desk->err);
}

// A text that is longer than one SMS is taken when all of it is there, in its order.
static void test_pieces(void **state)
{
    (void)state;
    static struct desk desk;
    char body[4000];
    bool out = false;
    AUTO(buf_free) struct buf kept = buf_new(4000);
    desk_start(&desk, "");
    ROW("the last part first: nothing is understood yet");
    CHECK_OK(say_piece(&desk, "nhận tin nữa, cảm ơn", 7, 2, 2), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 0);
    ROW("the same again, and a part of another text");
    CHECK_OK(say_piece(&desk, "nhận tin nữa, cảm ơn", 7, 2, 2), desk.err);
    CHECK_OK(say_piece(&desk, "MUA", 7, 3, 1), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 0);
    ROW("the first: it was STOP");
    CHECK_OK(say_piece(&desk, "Từ chối, tôi không ", 7, 2, 1), desk.err);
    CHECK_OK(contact_is_out(desk.place.people, "P-1", CONTACT_SERVICE, &out, &desk.err), desk.err);
    CHECK(out);
    CHECK_INT(replies(&desk, body, sizeof(body)), 1);
    inbounds(&desk, &kept);
    CHECK_HAS(kept.at, "stop:Từ chối, tôi không nhận tin nữa, cảm ơn;");
    CHECK_HAS(kept.at, ":MUA;");
    CHECK_HAS(kept.at, "joined:nhận tin nữa, cảm ơn;");
    ROW("the person comes back, then the carrier says a part once more, because it did not hear "
        "our "
        "answer: it is known");
    CHECK_OK(say(&desk, "1", "84900000001", "DK"), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 2);
    CHECK_OK(say_piece(&desk, "Từ chối, tôi không ", 7, 2, 1), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 2);
    ROW("too early to give up on the rest, some of which came just now");
    struct utc now = clock_system.now(clock_system.self);
    CHECK_OK(inbound_tend(desk.inbound, now, &desk.err), desk.err);
    age_parts(&desk, "part 7/3/%", INBOUND_WAIT_S + 1);
    CHECK_OK(say_piece(&desk, " bao nhiêu", 7, 3, 2), desk.err);
    CHECK_OK(inbound_tend(desk.inbound, now, &desk.err), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 2);
    ROW("what never became whole is taken as far as it came, what was taken is not taken again");
    now.s += INBOUND_WAIT_S + 1;
    CHECK_OK(inbound_tend(desk.inbound, now, &desk.err), desk.err);
    inbounds(&desk, &kept);
    CHECK_HAS(kept.at, "rain:MUA bao nhiêu;");
    CHECK(!strstr(kept.at, ";:") && kept.at[0] != ':');
    CHECK_INT(replies(&desk, body, sizeof(body)), 3);
    CHECK_OK(contact_is_out(desk.place.people, "P-1", CONTACT_SERVICE, &out, &desk.err), desk.err);
    CHECK(!out);
    ROW("no phone number at all");
    struct inbound_piece piece = {1, 2, 1};
    struct inbound nobody = {
        .carrier = "smpp", .from = STR("Bank"), .to = STR("1"), .text = STR("A")};
    CHECK_INT(inbound_take_piece(desk.inbound, &nobody, &piece, &desk.err), ERR_INPUT);
    desk_end(&desk);
}

// Parts of one reference that come again: when they are of the same text.
static void test_pieces_again(void **state)
{
    (void)state;
    static struct desk desk;
    char body[4000];
    AUTO(buf_free) struct buf kept = buf_new(4000);
    desk_start(&desk, "");
    ROW("a text");
    CHECK_OK(say_piece(&desk, "MUA ", 7, 2, 1), desk.err);
    CHECK_OK(say_piece(&desk, "C-2", 7, 2, 2), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 1);
    ROW("another text under the same number");
    CHECK_OK(say_piece(&desk, "MƯA ", 7, 2, 1), desk.err);
    CHECK_OK(say_piece(&desk, "C-1", 7, 2, 2), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 2);
    ROW("the same a day later is said anew");
    age_parts(&desk, "part 7/2/%", DAY_S + 1);
    clock_system.pause_ms(clock_system.self, 1000); // it is of another second
    CHECK_OK(say_piece(&desk, "MƯA ", 7, 2, 1), desk.err);
    CHECK_OK(say_piece(&desk, "C-1", 7, 2, 2), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 3);
    ROW("a text of many parts is one message of the day");
    for (unsigned i = 1; i <= 12; i++)
        CHECK_OK(say_piece(&desk, i == 1 ? "MUA" : " nữa", 9, 12, i), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 4);
    ROW("parts that were joined more than a day ago are forgotten");
    age_parts(&desk, "part 9/%", DAY_S + 1);
    CHECK_OK(say_piece(&desk, "MUA", 10, 1, 1), desk.err);
    inbounds(&desk, &kept);
    CHECK(!strstr(kept.at, "joined: nữa;"));
    desk_end(&desk);
}

static void test_answers(void **state)
{
    (void)state;
    static struct desk desk;
    char body[4000];
    desk_start(&desk, "");
    int64_t seq = decide(&desk, "rain", "01840", ANSWER_YES, 116400);
    alerted(&desk, "P-1", seq);
    ROW("it did not rain: kept against the alert");
    CHECK_OK(say(&desk, "1", "84900000001", "Không, chỉ mưa nhỏ"), desk.err);
    CHECK_INT(replies(&desk, body, sizeof(body)), 1);
    CHECK_HAS(body, "Câu trả lời đã được ghi lại");
    CHECK_INT(entries(&desk, "answer"), 1);
    char text[1000], wanted[100];
    read_answer(&desk, text, sizeof(text));
    (void)snprintf(wanted, sizeof(wanted), "\"decision\":%lld", (long long)seq);
    CHECK_HAS(text, wanted);
    CHECK_HAS(text, "\"rained\":false");
    CHECK_HAS(text, "\"alert\":\"alert/rain/01840/2026/P-1\"");
    CHECK(!strstr(text, "nhỏ") && !strstr(text, "84900000001"));
    ROW("an answer to no alert is kept too, of nothing");
    CHECK_OK(say(&desk, "2", "84900000002", "CO"), desk.err);
    CHECK_INT(entries(&desk, "answer"), 1);
    CHECK_INT(entries(&desk, "inbound"), 1);
    desk_end(&desk);
}

static void test_stop(void **state)
{
    (void)state;
    static struct desk desk;
    char body[4000];
    static const struct {
        const char *name, *settings, *says;
        bool warnings_too;
    } rows[] = {
        {"STOP ends what is no warning", "", "Cảnh báo nguy hiểm vẫn được gửi", false},
        {"or all, where the site says so", "stop_covers: all\n", "kể cả cảnh báo nguy hiểm", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        bool out;
        desk_start(&desk, rows[i].settings);
        CHECK_OK(say(&desk, "1", "84900000001", "STOP"), desk.err);
        CHECK_INT(replies(&desk, body, sizeof(body)), 1);
        CHECK_HAS(body, rows[i].says);
        static const char *const people[] = {"P-1", "P-3"}; // they share the phone
        for (size_t p = 0; p < COUNT_OF(people); p++) {
            CHECK_OK(contact_is_out(desk.place.people, people[p], CONTACT_SERVICE, &out, &desk.err),
                     desk.err);
            CHECK(out);
            CHECK_OK(contact_is_out(desk.place.people, people[p], CONTACT_WARNING, &out, &desk.err),
                     desk.err);
            CHECK_INT(out, rows[i].warnings_too);
        }
        CHECK_OK(contact_is_out(desk.place.people, "P-2", CONTACT_SERVICE, &out, &desk.err),
                 desk.err);
        CHECK(!out);
        CHECK_OK(say(&desk, "2", "84900000001", "DK"), desk.err);
        CHECK_OK(contact_is_out(desk.place.people, "P-1", CONTACT_SERVICE, &out, &desk.err),
                 desk.err);
        CHECK(!out);
        desk_end(&desk);
    }
    ROW("a machine that answers our answers is left alone");
    desk_start(&desk, "");
    for (int i = 0; i < 30; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "%d", i);
        CHECK_OK(say(&desk, id, "84900000001", "hello"), desk.err);
    }
    CHECK_INT(replies(&desk, body, sizeof(body)), 10);
    ROW("the ledger bears out every message, replies too");
    struct ledger_report report;
    CHECK_OK(ledger_verify(desk.place.ledger, &report, &desk.err), desk.err);
    desk_end(&desk);
}

// --- the rules for what goes out
// -----------------------------------------------------------------------

static const char one_text[] = "\"text\":{\"vi\":\"Tin (diễn tập)\"}}";

// 10:00, 22:00 and 03:00 in Việt Nam.
enum { DAY = 1794970800, NIGHT = DAY + 12 * 3600, DEEP = DAY + 17 * 3600 };
static const struct {
    const char *name, *kind, *text;
    int64_t at_s;
    size_t sent_before;
    enum outcome outcome; // UNKNOWN: it may go
    const char *says;
    int64_t after_ms;
} rules[] = {
    {"a warning by day", "alert", one_text, DAY, 0, OUTCOME_UNKNOWN, "", 0},
    {"a warning by night", "alert", one_text, NIGHT, 9, OUTCOME_UNKNOWN, "", 0},
    {"that a warning is over, by night", "cancel", one_text, NIGHT, 9, OUTCOME_UNKNOWN, "", 0},
    {"an alarm for the operator, by night", "alarm", one_text, NIGHT, 9, OUTCOME_UNKNOWN, "", 0},
    {"a test of the line that somebody waits for", "test", one_text, NIGHT, 9, OUTCOME_UNKNOWN, "",
     0},
    {"a payout by day", "payout", one_text, DAY, 2, OUTCOME_UNKNOWN, "", 0},
    {"a payout by night waits until seven", "payout", one_text, NIGHT, 0, OUTCOME_PUT_OFF,
     "quiet hours", 9 * 3600000},
    {"in the small hours too", "payout", one_text, DEEP, 0, OUTCOME_PUT_OFF, "quiet hours",
     4 * 3600000},
    {"the fourth of a day waits", "question", one_text, DAY, 3, OUTCOME_PUT_OFF,
     "3 messages in 24 hours are enough", 600000},
    {"an answer that was asked for goes at any hour", "reply", one_text, NIGHT, 9, OUTCOME_UNKNOWN,
     "", 0},
    {"what has no kind is not sent", "renewal", one_text, DAY, 0, OUTCOME_REFUSED,
     "sends no messages of kind \"renewal\"", 0},
    {"nor is a label of advertising", "alert", "\"text\":{\"vi\":\"[QC] Bao hiem\"}}", DAY, 0,
     OUTCOME_REFUSED, "advertising label or a link", 0},
    {"nor is a link", "payout", "\"text\":{\"vi\":\"Xem https://a.example\"}}", DAY, 0,
     OUTCOME_REFUSED, "advertising label or a link", 0},
    {"nor no text at all", "alert", "\"text\":{}}", DAY, 0, OUTCOME_REFUSED, "no text", 0},
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        ROW(rules[i].name);
        struct err err = {0};
        AUTO(place_free) struct place place = bed_site("quiet_from_h: 21\nquiet_to_h: 7\n");
        AUTO(site_free) struct site *site = NULL;
        AUTO(sms_desk_close) struct sms_desk *desk = NULL;
        AUTO(sms_letter_free) struct sms_letter letter = {0};
        CHECK_OK(site_open(place.folder, &site, &err), err);
        CHECK_OK(sms_desk_open(site, &desk, &err), err);
        for (size_t s = 0; s < rules[i].sent_before; s++)
            CHECK_OK(contact_note_sent(place.people, "P-1", (struct utc){rules[i].at_s - 60}, &err),
                     err);
        char body[300];
        (void)snprintf(body, sizeof(body), "{\"kind\":\"%s\",%s", rules[i].kind, rules[i].text);
        struct note note;
        struct job job = bed_job(&note, "k", "P-1", body);
        note.at = (struct utc){rules[i].at_s};
        bool ready = false;
        CHECK_OK(sms_write(desk, &job, &letter, &ready, &err), err);
        CHECK_INT(ready, rules[i].outcome == OUTCOME_UNKNOWN);
        CHECK_INT(job.outcome, rules[i].outcome);
        CHECK_HAS(job.why, rules[i].says);
        CHECK_INT(job.after_ms, rules[i].after_ms);
    }
}

// Where a route takes one part without accents only, the short text goes.
static void test_one_part_without_accents(void **state)
{
    (void)state;
    static const char body[] =
        "{\"kind\":\"alert\",\"short\":{\"vi\":\"Mua to. Goi 112.\",\"en\":\"Rain. Call 112.\"},"
        "\"text\":{\"vi\":\"Mưa to đến rất to (diễn tập). Gọi 112 khi cần.\",\"en\":\"Heavy "
        "rain.\",\"tay\":\"(bản dịch diễn tập) 112\"}}";
    static const struct {
        const char *policy, *person, *text;
    } rows[] = {{"ascii160", "P-1", "Mua to. Goi 112."},
                {"ascii160", "P-2", "Rain. Call 112."},
                {"ascii160", "P-3", "Mua to. Goi 112."},
                {"ascii", "P-1", "Mua to den rat to (dien tap). Goi 112 khi can."},
                {"ucs2", "P-3", "(bản dịch diễn tập) 112"},
                {"ucs2", "P-1", "Mưa to đến rất to (diễn tập). Gọi 112 khi cần."}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].text);
        char settings[64];
        struct err err = {0};
        struct note note;
        bool ready = false;
        (void)snprintf(settings, sizeof(settings), "sms_policy_warning: %s\n", rows[i].policy);
        AUTO(place_free) struct place place = bed_site(settings);
        AUTO(site_free) struct site *site = NULL;
        AUTO(sms_desk_close) struct sms_desk *desk = NULL;
        AUTO(sms_letter_free) struct sms_letter letter = {0};
        CHECK_OK(site_open(place.folder, &site, &err), err);
        CHECK_OK(sms_desk_open(site, &desk, &err), err);
        struct job job = bed_job(&note, "k", rows[i].person, body);
        CHECK_OK(sms_write(desk, &job, &letter, &ready, &err), err);
        CHECK(ready);
        CHECK_TEXT(letter.text.at, rows[i].text);
        CHECK_OK(sms_done(desk, &job, &letter, "carrier", &err), err);
        bool own = strcmp(letter.wanted, letter.used) == 0;
        CHECK_INT(own, strstr(job.why, "no text yet in tay") == NULL);
        CHECK_HAS(job.why, own ? letter.wanted : ", vi: no text yet in tay");
    }
}

// The former names of a commune are the first to go where a route has no room, never the warning.
static void test_former_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *settings, *former, *says;
        enum outcome outcome;
        size_t parts;
    } rows[] = {
        {"with room", "sms_policy_warning: auto\n", " (trước đây gồm Quảng Tâm)",
         "Tuy Đức (trước đây gồm Quảng Tâm): mưa to", OUTCOME_UNKNOWN, 2},
        {"without", "sms_policy_warning: ucs2\nsms_parts_max: 1\n", " (trước đây gồm Quảng Tâm)",
         "Tuy Đức: mưa to", OUTCOME_UNKNOWN, 1},
        {"without both", "sms_policy_warning: ucs2\nsms_parts_max: 1\n",
         " (trước đây gồm Quảng Tâm)\"},\"bulletin\":{\"vi\":\" Bản tin chính thức số VN-17.",
         "Tuy Đức: mưa to, tránh suối và dốc đất (diễn tập).", OUTCOME_UNKNOWN, 1},
        {"without, and nothing may be left out", "sms_policy_warning: ucs2\nsms_parts_max: 1\n", "",
         "Tuy Duc (truoc day gom Quang Tam): mua to, tranh suoi", OUTCOME_UNKNOWN, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct note note;
        bool ready = false;
        char body[600];
        AUTO(place_free) struct place place = bed_site(rows[i].settings);
        AUTO(site_free) struct site *site = NULL;
        AUTO(sms_desk_close) struct sms_desk *desk = NULL;
        AUTO(sms_letter_free) struct sms_letter letter = {0};
        CHECK_OK(site_open(place.folder, &site, &err), err);
        CHECK_OK(sms_desk_open(site, &desk, &err), err);
        (void)snprintf(
            body, sizeof(body),
            "{\"kind\":\"alert\",\"text\":{\"vi\":\"Tuy Đức (trước đây gồm Quảng "
            "Tâm): mưa to, tránh suối và dốc đất (diễn tập).%s\"},\"former\":{\"vi\":\"%s"
            "\"}}",
            strstr(rows[i].former, "VN-17") ? " Bản tin chính thức số VN-17." : "", rows[i].former);
        struct job job = bed_job(&note, "k", "P-1", body);
        CHECK_OK(sms_write(desk, &job, &letter, &ready, &err), err);
        CHECK_INT(ready, rows[i].outcome == OUTCOME_UNKNOWN);
        CHECK_INT(job.outcome, rows[i].outcome);
        CHECK_HAS(ready ? letter.text.at : job.why, rows[i].says);
        CHECK_INT(ready ? letter.size.parts : 0, rows[i].parts);
    }
}

TEST_MAIN(cmocka_unit_test(test_former_names), cmocka_unit_test(test_one_part_without_accents),
          cmocka_unit_test(test_words), cmocka_unit_test(test_rain), cmocka_unit_test(test_pieces),
          cmocka_unit_test(test_pieces_again), cmocka_unit_test(test_answers),
          cmocka_unit_test(test_stop), cmocka_unit_test(test_rules))
