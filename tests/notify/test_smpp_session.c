#include "notify/smpp_session.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/check.h"

#include <malloc.h>
#include <stdlib.h>

enum { ROOM = 1 << 20, TOKENS = 300 };

// What the session said to its owner.
struct told {
    size_t answered, unknown, delivered, queried;
    uint64_t asked;
    uint8_t state;
    uint32_t status[TOKENS];
    char id[TOKENS][SMPP_ID_MAX + 1];
    bool is_unknown[TOKENS], refuses;
    uint64_t ticket;
    char source[22];
};

static void answered(void *self, uint64_t token, uint32_t status, const char *id)
{
    struct told *told = self;
    told->answered++;
    told->status[token] = status;
    (void)snprintf(told->id[token], sizeof(told->id[token]), "%s", id);
}

static void unknown(void *self, uint64_t token)
{
    struct told *told = self;
    told->unknown++;
    told->is_unknown[token] = true;
}

static bool delivered(void *self, const struct smpp_pdu *pdu, uint64_t ticket)
{
    struct told *told = self;
    if (told->refuses)
        return false;
    told->delivered++;
    told->ticket = ticket;
    (void)snprintf(told->source, sizeof(told->source), "%s", pdu->source);
    return true;
}

static void queried(void *self, uint64_t token, const struct smpp_pdu *answer)
{
    struct told *told = self;
    told->queried++;
    told->asked = token;
    told->state = answer->status == SMPP_OK ? answer->state : 0;
}

static struct smpp_session *start(struct told *told, size_t window, int64_t per_second)
{
    struct smpp_settings settings = {.role = SMPP_TRANSCEIVER,
                                     .system_id = "esme",
                                     .password = "pw",
                                     .window = window,
                                     .per_second = per_second};
    struct smpp_events events = {told, answered, unknown, delivered, queried};
    memset(told, 0, sizeof(*told));
    return smpp_session_new(&settings, &events);
}

static enum err_kind hear(struct smpp_session *session, const struct smpp_pdu *pdu, int64_t now_ms,
                          struct err *err)
{
    AUTO(buf_free) struct buf bytes = buf_new(ROOM);
    smpp_write(pdu, &bytes);
    return smpp_session_take(session, buf_slice(&bytes), now_ms, err);
}

// The next packet that the session wants to send.
static struct smpp_pdu next_out(struct smpp_session *session)
{
    static char kept[ROOM];
    struct err err = {0};
    size_t len = 0;
    struct smpp_pdu pdu = {0};
    struct str out = smpp_session_output(session);
    CHECK_OK(smpp_frame(out, &len, &err), err);
    if (len == 0)
        return pdu;
    memcpy(kept, out.at, len);
    CHECK_OK(smpp_read((struct str){kept, len}, &pdu, &err), err);
    smpp_session_sent(session, len);
    return pdu;
}

static void bind(struct smpp_session *session, int64_t now_ms)
{
    struct err err = {0};
    smpp_session_begin(session, now_ms);
    struct smpp_pdu out = next_out(session);
    CHECK_INT(out.command, SMPP_BIND_TRANSCEIVER);
    CHECK_TEXT(out.system_id, "esme");
    CHECK_TEXT(out.password, "pw");
    struct smpp_pdu answer = {.command = SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE,
                              .sequence = out.sequence};
    CHECK_OK(hear(session, &answer, now_ms, &err), err);
    CHECK_INT(smpp_session_standing(session), SMPP_BOUND);
}

static const struct smpp_pdu submit = {
    .command = SMPP_SUBMIT_SM, .destination = "84900000001", .message = {"Mua", 3}};

static void test_window(void **state)
{
    (void)state;
    struct told told;
    struct err err = {0};
    AUTO(smpp_session_free) struct smpp_session *session = start(&told, 3, 1000);
    bind(session, 0);
    uint32_t sequence[3];
    int64_t now_ms = 1000; // a second fills the bucket
    for (uint64_t i = 0; i < 3; i++) {
        CHECK(smpp_session_has_room(session, now_ms));
        smpp_session_submit(session, &submit, i, now_ms);
        sequence[i] = next_out(session).sequence;
    }
    ROW("the window is full");
    CHECK(!smpp_session_has_room(session, now_ms));
    ROW("answers in any order");
    struct smpp_pdu answer = {
        .command = SMPP_SUBMIT_SM | SMPP_RESPONSE, .sequence = sequence[1], .message_id = "b"};
    CHECK_OK(hear(session, &answer, now_ms, &err), err);
    CHECK_TEXT(told.id[1], "b");
    CHECK(smpp_session_has_room(session, now_ms));
    ROW("the same answer twice counts once");
    CHECK_OK(hear(session, &answer, now_ms, &err), err);
    CHECK_INT(told.answered, 1);
    ROW("an answer to a number that was never used");
    answer.sequence = 4711;
    CHECK_OK(hear(session, &answer, now_ms, &err), err);
    CHECK_INT(told.answered, 1);
    ROW("a refusal that is a header alone");
    answer = (struct smpp_pdu){
        .command = SMPP_SUBMIT_SM | SMPP_RESPONSE, .status = 0x0b, .sequence = sequence[0]};
    CHECK_OK(hear(session, &answer, now_ms, &err), err);
    CHECK_INT(told.status[0], 0x0b);
    ROW("an answer that does not come is not known, never failed");
    CHECK_OK(smpp_session_tick(session, now_ms + SMPP_ANSWER_MS - 1, &err), err);
    CHECK_INT(told.unknown, 0);
    CHECK_OK(smpp_session_tick(session, now_ms + SMPP_ANSWER_MS, &err), err);
    CHECK(told.is_unknown[2]);
    CHECK_INT(smpp_session_in_flight(session), 0);
}

static void test_loss(void **state)
{
    (void)state;
    struct told told;
    struct err err = {0};
    AUTO(smpp_session_free) struct smpp_session *session = start(&told, 10, 1000);
    bind(session, 0);
    CHECK(smpp_session_has_room(session, 1000));
    for (uint64_t i = 0; i < 5; i++)
        smpp_session_submit(session, &submit, i, 1000);
    ROW("what was in flight when the link was lost is not known");
    smpp_session_lost(session);
    CHECK_INT(told.unknown, 5);
    CHECK_INT(smpp_session_standing(session), SMPP_CLOSED);
    ROW("a late receipt of the old connection is answered to nobody");
    bind(session, 2000);
    smpp_session_stored(session, 1ull << 32 | 7, SMPP_OK);
    CHECK_INT(smpp_session_output(session).len, 0);
    ROW("silence: are you there?");
    CHECK_OK(smpp_session_tick(session, 2000 + SMPP_IDLE_MS, &err), err);
    struct smpp_pdu out = next_out(session);
    CHECK_INT(out.command, SMPP_ENQUIRE_LINK);
    ROW("an answer, and it goes on");
    struct smpp_pdu answer = {.command = SMPP_ENQUIRE_LINK | SMPP_RESPONSE,
                              .sequence = out.sequence};
    CHECK_OK(hear(session, &answer, 33000, &err), err);
    CHECK_OK(smpp_session_tick(session, 50000, &err), err);
    ROW("no answer, and it is closed");
    CHECK_OK(smpp_session_tick(session, 63000, &err), err);
    CHECK_INT(next_out(session).command, SMPP_ENQUIRE_LINK);
    CHECK_INT(smpp_session_tick(session, 73000, &err), ERR_LATER);
    CHECK_HAS(err.text, "did not answer within 10 s");
}

// A message is asked about beside submits; neither is taken for the other.
static void test_query(void **state)
{
    (void)state;
    struct told told;
    struct err err = {0};
    AUTO(smpp_session_free) struct smpp_session *session = start(&told, 3, 1000);
    struct smpp_pdu query = {.command = SMPP_QUERY_SM, .message_id = "0a", .source = "PCTT"};
    bind(session, 0);
    CHECK(smpp_session_has_room(session, 1000));
    smpp_session_query(session, &query, 77, 1000);
    struct smpp_pdu out = next_out(session);
    CHECK_INT(out.command, SMPP_QUERY_SM);
    CHECK_TEXT(out.message_id, "0a");
    CHECK_TEXT(out.source, "PCTT");
    CHECK_INT(smpp_session_in_flight(session), 1);
    ROW("an answer to a submit of its number is none to it");
    struct smpp_pdu answer = {
        .command = SMPP_SUBMIT_SM | SMPP_RESPONSE, .sequence = out.sequence, .message_id = "0a"};
    CHECK_OK(hear(session, &answer, 1000, &err), err);
    CHECK_INT(told.queried + told.answered, 0);
    ROW("its answer");
    answer.command = SMPP_QUERY_SM | SMPP_RESPONSE;
    answer.state = SMPP_DELIVERED;
    CHECK_OK(hear(session, &answer, 1000, &err), err);
    CHECK_INT(told.queried, 1);
    CHECK_INT(told.asked, 77);
    CHECK_INT(told.state, SMPP_DELIVERED);
    ROW("refused, as many carriers do");
    smpp_session_query(session, &query, 78, 2000);
    answer = (struct smpp_pdu){.command = SMPP_QUERY_SM | SMPP_RESPONSE,
                               .status = 0x67,
                               .sequence = next_out(session).sequence};
    CHECK_OK(hear(session, &answer, 2000, &err), err);
    CHECK_INT(told.queried, 2);
    CHECK_INT(told.state, 0);
    ROW("not understood");
    smpp_session_query(session, &query, 79, 2000);
    answer = (struct smpp_pdu){.command = SMPP_GENERIC_NACK,
                               .status = SMPP_BAD_COMMAND,
                               .sequence = next_out(session).sequence};
    CHECK_OK(hear(session, &answer, 2000, &err), err);
    CHECK_INT(told.queried, 3);
    ROW("one without an answer, and one lost with its link, are no lost messages");
    smpp_session_query(session, &query, 80, 2000);
    CHECK_OK(smpp_session_tick(session, 2000 + SMPP_ANSWER_MS, &err), err);
    CHECK_INT(smpp_session_in_flight(session), 0);
    CHECK(smpp_session_has_room(session, 13000));
    smpp_session_query(session, &query, 81, 13000);
    smpp_session_lost(session);
    CHECK_INT(told.queried, 3);
    CHECK_INT(told.unknown, 0);
}

static void test_throttle(void **state)
{
    (void)state;
    struct told told;
    struct err err = {0};
    AUTO(smpp_session_free) struct smpp_session *session = start(&told, 100, 40);
    bind(session, 0);
    ROW("no more than the rate in a second");
    uint64_t sent = 0;
    int64_t now_ms = 1000;
    while (smpp_session_has_room(session, now_ms))
        smpp_session_submit(session, &submit, sent++, now_ms);
    CHECK_INT(sent, 40);
    CHECK(!smpp_session_has_room(session, now_ms + 24));
    CHECK(smpp_session_has_room(session, now_ms + 25));
    ROW("throttled: half, once for a burst, after a pause");
    for (size_t i = 0; i < 2; i++) {
        struct smpp_pdu answer = {.command = SMPP_SUBMIT_SM | SMPP_RESPONSE,
                                  .status = SMPP_THROTTLED,
                                  .sequence = next_out(session).sequence};
        CHECK_OK(hear(session, &answer, 1030, &err), err);
    }
    CHECK_INT(smpp_session_rate(session), 20);
    CHECK(!smpp_session_has_room(session, 2029));
    CHECK(smpp_session_has_room(session, 2100));
    ROW("one more for each second that goes well");
    for (int i = 0; i < 30; i++)
        (void)smpp_session_has_room(session, 3100 + i * 1000);
    CHECK_INT(smpp_session_rate(session), 40);
    ROW("a full queue pauses longer");
    struct smpp_pdu answer = {.command = SMPP_SUBMIT_SM | SMPP_RESPONSE,
                              .status = SMPP_QUEUE_FULL,
                              .sequence = next_out(session).sequence};
    CHECK_OK(hear(session, &answer, 40000, &err), err);
    CHECK(!smpp_session_has_room(session, 54999));
    CHECK(smpp_session_has_room(session, 55500));
}

static void test_refused_bind(void **state)
{
    (void)state;
    struct told told;
    struct err err = {0};
    AUTO(smpp_session_free) struct smpp_session *session = start(&told, 10, 1000);
    smpp_session_begin(session, 0);
    struct smpp_pdu out = next_out(session);
    struct smpp_pdu pdu = {
        .command = SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, .status = 0x0d, .sequence = out.sequence};
    CHECK_INT(hear(session, &pdu, 10, &err), ERR_REFUSED);
    CHECK_HAS(err.text, "status 0x0d; check system_id");
    CHECK_INT(smpp_session_bind_status(session), 0x0d);
    smpp_session_lost(session);
    bind(session, 0);
}

static void test_peer(void **state)
{
    (void)state;
    struct told told;
    struct err err = {0};
    AUTO(smpp_session_free) struct smpp_session *session = start(&told, 10, 1000);
    bind(session, 0);
    ROW("a message is answered when it is stored, with an empty id");
    struct smpp_pdu out, pdu = {.command = SMPP_DELIVER_SM,
                                .sequence = 9,
                                .source = "84900000002",
                                .message = {"STOP", 4}};
    CHECK_OK(hear(session, &pdu, 10, &err), err);
    CHECK_TEXT(told.source, "84900000002");
    CHECK_INT(smpp_session_output(session).len, 0);
    smpp_session_stored(session, told.ticket, SMPP_OK);
    out = next_out(session);
    CHECK_INT(out.command, SMPP_DELIVER_SM | SMPP_RESPONSE);
    CHECK_INT(out.sequence, 9);
    CHECK_TEXT(out.message_id, "");
    ROW("one that cannot be kept now is to come again");
    told.refuses = true;
    CHECK_OK(hear(session, &pdu, 10, &err), err);
    CHECK_INT(next_out(session).status, SMPP_TRY_LATER);
    ROW("are you there?");
    pdu = (struct smpp_pdu){.command = SMPP_ENQUIRE_LINK, .sequence = 0x806a179b};
    CHECK_OK(hear(session, &pdu, 10, &err), err);
    CHECK_INT(next_out(session).sequence, 0x806a179b);
    ROW("a command that nobody knows");
    pdu = (struct smpp_pdu){.command = 0x199, .sequence = 4};
    CHECK_OK(hear(session, &pdu, 10, &err), err);
    out = next_out(session);
    CHECK_INT(out.command, SMPP_GENERIC_NACK);
    CHECK_INT(out.status, SMPP_BAD_COMMAND);
    ROW("a packet byte by byte");
    char bytes[] = "\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x07";
    for (size_t i = 0; i < 16; i++)
        CHECK_OK(smpp_session_take(session, (struct str){bytes + i, 1}, 10, &err), err);
    CHECK_INT(next_out(session).sequence, 7);
    ROW("good-bye from the other side, with one in flight");
    CHECK(smpp_session_has_room(session, 1000));
    smpp_session_submit(session, &submit, 1, 1000);
    out = next_out(session);
    pdu = (struct smpp_pdu){.command = SMPP_UNBIND, .sequence = 5};
    CHECK_OK(hear(session, &pdu, 1000, &err), err);
    CHECK_INT(smpp_session_standing(session), SMPP_ENDING);
    CHECK(!smpp_session_has_room(session, 1000));
    pdu = (struct smpp_pdu){
        .command = SMPP_SUBMIT_SM | SMPP_RESPONSE, .sequence = out.sequence, .message_id = "z"};
    CHECK_OK(hear(session, &pdu, 1000, &err), err);
    CHECK_TEXT(told.id[1], "z");
    CHECK_INT(smpp_session_standing(session), SMPP_ENDED);
    ROW("a length that cannot be: the stream has lost its way");
    CHECK_INT(smpp_session_take(session, STR("GET / HTTP/1.1\r\n"), 1000, &err), ERR_INPUT);
    CHECK_HAS(err.text, "an SMPP packet claims");
}

// --- a million packets that somebody bent
// -----------------------------------------------------------------

enum { BENT = 1000000, SEEDS_MAX = 40, GOOD_EVERY = 1000 };

// Heap in use, in bytes (what an address sanitizer keeps back does not count).
static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static uint64_t draw(uint64_t *state) // splitmix64
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static size_t read_seeds(char seed[SEEDS_MAX][300], size_t len[SEEDS_MAX])
{
    struct err err = {0};
    AUTO(buf_free) struct buf file = buf_new(ROOM);
    CHECK_OK(file_read("../shared/data/smpp/smpp34_pdus.txt", &file, &err), err);
    struct str rest = buf_slice(&file), line, name;
    size_t count = 0;
    while (str_take_line(&rest, &line)) {
        if (line.len == 0 || line.at[0] == '#' || !str_take_field(&line, '\t', &name))
            continue;
        for (size_t i = 0; i + 1 < line.len; i += 2) {
            char digits[3] = {line.at[i], line.at[i + 1], 0};
            seed[count][i / 2] = (char)strtoul(digits, NULL, 16);
        }
        len[count++] = line.len / 2;
    }
    return count;
}

// One to three bytes changed; the length is made right again when it is to be read as a packet.
static void bend(char *bytes, size_t len, bool whole, uint64_t *random)
{
    for (uint64_t edits = 1 + draw(random) % 3; edits; edits--)
        bytes[draw(random) % len] = (char)draw(random);
    if (whole && len >= SMPP_HEAD)
        memcpy(bytes, (char[]){0, 0, (char)(len >> 8), (char)len}, 4);
}

// A good peer is served all the while: a submit is taken, answered and understood.
static void serve_one(struct smpp_session *session, struct told *told, int64_t now_ms)
{
    struct err err = {0};
    smpp_session_lost(session);
    bind(session, now_ms);
    CHECK(smpp_session_has_room(session, now_ms + 1000));
    smpp_session_submit(session, &submit, 7, now_ms + 1000);
    struct smpp_pdu answer = {.command = SMPP_SUBMIT_SM | SMPP_RESPONSE,
                              .sequence = next_out(session).sequence,
                              .message_id = "good"};
    told->id[7][0] = '\0';
    CHECK_OK(hear(session, &answer, now_ms + 1000, &err), err);
    CHECK_TEXT(told->id[7], "good");
}

static void test_bent(void **state)
{
    (void)state;
    static char seed[SEEDS_MAX][300];
    static size_t len[SEEDS_MAX];
    size_t seeds = read_seeds(seed, len), before = 0, refused = 0;
    uint64_t random = getenv("GONG_SEED") ? strtoull(getenv("GONG_SEED"), NULL, 10) : 20261125;
    (void)printf("# seed %llu\n", (unsigned long long)random);
    struct told told, other;
    // One conversation that goes on, and one that each bent length may break.
    AUTO(smpp_session_free) struct smpp_session *lasting = start(&told, 10, 1000);
    AUTO(smpp_session_free) struct smpp_session *fresh = start(&other, 10, 1000);
    for (size_t i = 0; i < BENT; i++) {
        int64_t now_ms = (int64_t)i * 10;
        if (i % GOOD_EVERY == 0 || smpp_session_standing(lasting) != SMPP_BOUND)
            serve_one(lasting, &told, now_ms);
        if (i == BENT / 10)
            before = heap_bytes();
        char bytes[300];
        struct err err = {0};
        size_t s = draw(&random) % seeds;
        bool whole = i % 2 && len[s] >= SMPP_HEAD && (uint8_t)seed[s][3] == len[s];
        memcpy(bytes, seed[s], len[s]);
        bend(bytes, len[s], whole, &random);
        struct smpp_session *session = whole ? lasting : fresh;
        if (!whole)
            smpp_session_begin(fresh, now_ms);
        if (smpp_session_take(session, (struct str){bytes, len[s]}, now_ms, &err))
            refused++;
        CHECK(whole ? err.kind == OK : err.kind != ERR_BROKEN);
        smpp_session_sent(session, smpp_session_output(session).len);
        if (!whole)
            smpp_session_lost(fresh);
    }
    size_t after = heap_bytes();
    (void)printf("# %d bent packets, %zu streams closed, %zu bytes of heap before, %zu after\n",
                 BENT, refused, before, after);
    CHECK(refused > 0);
    CHECK(told.delivered > 0);
    CHECK(after <= before + 4096);
}

TEST_MAIN(cmocka_unit_test(test_window), cmocka_unit_test(test_loss), cmocka_unit_test(test_query),
          cmocka_unit_test(test_throttle), cmocka_unit_test(test_refused_bind),
          cmocka_unit_test(test_peer), cmocka_unit_test(test_bent))
