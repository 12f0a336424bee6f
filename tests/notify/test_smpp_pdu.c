#include "notify/smpp_pdu.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/sms.h"
#include "tests/check.h"

#include <libsmpp34/smpp34.h>
#include <libsmpp34/smpp34_structs.h>
#include <osmocom/gsm/gsm_utils.h>

#include <libsmpp34/smpp34_params.h> // after the types that it uses

enum { ROOM = 70000 };

static void from_hex(struct str hex, struct buf *out)
{
    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        char digits[3] = {hex.at[i], hex.at[i + 1], 0};
        buf_char(out, (char)strtoul(digits, NULL, 16));
    }
}

static void to_hex(struct str bytes, struct buf *out)
{
    for (size_t i = 0; i < bytes.len; i++)
        buf_print(out, "%02x", (unsigned)(uint8_t)bytes.at[i]);
}

static const struct {
    const char *name, *hex;
    struct smpp_pdu pdu;
} golden[] = {
    {"bind_transceiver",
     "0000001d00000009000000000000000165736d65007077000034000000",
     {.command = SMPP_BIND_TRANSCEIVER,
      .sequence = 1,
      .system_id = "esme",
      .password = "pw",
      .version = 0x34}},
    {"its answer, with the version",
     "0000001e80000009000000000000000154455354534d5343000210000134",
     {.command = SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE,
      .sequence = 1,
      .system_id = "TESTSMSC",
      .version = 0x34}},
    {"submit_sm, the first of two parts in UTF-16",
     "0000003e000000040000000000000002000500504354540001013834393031323334353637004000000000010"
     "008000e0500037a020100431ea3006e0068",
     {.command = SMPP_SUBMIT_SM,
      .sequence = 2,
      .source_ton = 5,
      .source = "PCTT",
      .destination_ton = 1,
      .destination_npi = 1,
      .destination = "84901234567",
      .esm_class = SMPP_ESM_UDH,
      .registered = 1,
      .coding = SMPP_CODING_UCS2,
      .message = {"\x05\x00\x03\x7a\x02\x01\x00\x43\x1e\xa3\x00\x6e\x00\x68", 14}}},
    {"its answer",
     "00000019800000040000000000000002303030303030303100",
     {.command = SMPP_SUBMIT_SM | SMPP_RESPONSE, .sequence = 2, .message_id = "00000001"}},
    {"throttled: a header alone",
     "00000010800000040000005800000002",
     {.command = SMPP_SUBMIT_SM | SMPP_RESPONSE, .status = SMPP_THROTTLED, .sequence = 2}},
    {"deliver_sm_resp",
     "0000001180000005000000000000000100",
     {.command = SMPP_DELIVER_SM | SMPP_RESPONSE, .sequence = 1}},
    {"enquire_link",
     "00000010000000150000000000000003",
     {.command = SMPP_ENQUIRE_LINK, .sequence = 3}},
    {"its answer",
     "00000010800000150000000000000003",
     {.command = SMPP_ENQUIRE_LINK | SMPP_RESPONSE, .sequence = 3}},
    {"a command that nobody knows",
     "00000010000001990000000000000004",
     {.command = 0x199, .sequence = 4}},
    {"generic_nack",
     "00000010800000000000000300000004",
     {.command = SMPP_GENERIC_NACK, .status = SMPP_BAD_COMMAND, .sequence = 4}},
};

// Packets as Debian's libsmpp34 wrote them and the npm package smpp answered, byte for byte.
static void test_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(golden); i++) {
        ROW(golden[i].name);
        struct err err = {0};
        struct smpp_pdu pdu;
        AUTO(buf_free) struct buf bytes = buf_new(ROOM), written = buf_new(ROOM);
        AUTO(buf_free) struct buf hex = buf_new(ROOM), again = buf_new(ROOM);
        from_hex(str_of(golden[i].hex), &bytes);
        smpp_write(&golden[i].pdu, &written);
        to_hex(buf_slice(&written), &hex);
        CHECK_TEXT(hex.at, golden[i].hex);
        CHECK_OK(smpp_read(buf_slice(&bytes), &pdu, &err), err);
        pdu.version =
            golden[i].pdu.version; // of an answer it is a parameter that gong does not read
        smpp_write(&pdu, &again);
        CHECK(str_same(buf_slice(&again), buf_slice(&written)));
        CHECK_TEXT(pdu.destination, golden[i].pdu.destination);
        CHECK_TEXT(pdu.message_id, golden[i].pdu.message_id);
        CHECK_INT(pdu.status, golden[i].pdu.status);
    }
}

// Parameters that are wrong do not cost what stands before them.
static void test_ragged(void **state)
{
    (void)state;
    static const struct {
        const char *name, *hex;
    } rows[] = {
        {"a parameter that is longer than its packet",
         "0000001d800000090000000000039943536d736347570002100009"
         "34ff"},
        {"bytes left over", "0000001a800000090000000000039943536d73634757000210"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct smpp_pdu pdu;
        AUTO(buf_free) struct buf bytes = buf_new(ROOM);
        from_hex(str_of(rows[i].hex), &bytes);
        bytes.at[3] = (char)bytes.len;
        CHECK_OK(smpp_read(buf_slice(&bytes), &pdu, &err), err);
        CHECK(pdu.ragged);
        CHECK_TEXT(pdu.system_id, "SmscGW");
    }
}

static const struct {
    const char *name, *says; // says NULL: read
} foreign[] = {
    {"decodeLessThan4Bytes", "more"},
    {"decodeLessThan16Bytes", "more"},
    {"decodeUnsupportedResponseCommandId", NULL},
    {"decodeSignedIntLength", "claims 4026531857 bytes"},
    {"decodeTooBigSequenceNumber", NULL},
    {"decodeSequenceNumberOfOne", NULL},
    {"decodeEnquireLink", NULL},
    {"decodeTwoEnquireLinkRespButWithReadRequiredInBetween", NULL},
    {"decodeSubmitSmResp", NULL},
    {"decodeSubmitSmRespWithEmptyMessageId", NULL},
    {"decodeDeliverSmResp", NULL},
    {"decodeDeliverSmRespWithNoMessageId", NULL},
    {"decodeDataSmRespWithEmptyMessageId", NULL},
    {"decodeBindTransceiverResp", NULL},
    {"decodeBindTransceiverRespWithOptionalParams", NULL},
    {"decodeBindReceiverRespWithOptionalParams", NULL},
    {"decodeBindTransmitter", NULL},
    {"decodeDeliverSm", NULL},
    {"decodeDeliverSmNetforsDeliveryReceiptTriggeredErrorInLegacySmppLibrary", NULL},
    {"decodeUnbind", NULL},
    {"decodeGenericNak", NULL},
    {"decodeDeliverSmWith2BytePayload", NULL},
    {"decodeDeliverSmWithNoPayload", NULL},
    {"decodeDeliveryReceipt0", NULL},
    {"decodeWAUMalformedPacket", NULL},
    {"decodeDeliverSMWithNotPerSpecSequenceNumberButNeedsToBeValid", NULL},
    {"decodeCancelSm", NULL},
    {"decodeCancelSmResp", NULL},
    {"decodeReplaceSm", NULL},
    {"decodeAlertNotification", NULL},
};

// Packets of other people's tests: what becomes of each.
static void test_foreign(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf file = buf_new(ROOM);
    CHECK_OK(file_read("../shared/data/smpp/smpp34_pdus.txt", &file, &err), err);
    struct str rest = buf_slice(&file), line, name;
    size_t seen = 0;
    while (str_take_line(&rest, &line)) {
        if (line.len == 0 || line.at[0] == '#')
            continue;
        CHECK(seen < COUNT_OF(foreign) && str_take_field(&line, '\t', &name));
        ROW(foreign[seen].name);
        CHECK(str_is(name, foreign[seen].name));
        AUTO(buf_free) struct buf bytes = buf_new(ROOM);
        from_hex(line, &bytes);
        size_t len = 0;
        struct smpp_pdu pdu;
        struct err why = {0};
        if (smpp_frame(buf_slice(&bytes), &len, &why) == OK && len == 0)
            (void)err_set(&why, ERR_LATER, "more bytes are wanted");
        else if (why.kind == OK)
            (void)!smpp_read((struct str){bytes.at, len}, &pdu, &why);
        if (foreign[seen].says)
            CHECK_HAS(why.text, foreign[seen].says);
        else
            CHECK_OK(why.kind, why);
        seen++;
    }
    CHECK_INT(seen, COUNT_OF(foreign));
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *hex, *says;
    } rows[] = {
        {"a text without its end", "0000001400000009000000000000000165736d65",
         "system_id has no end"},
        {"a text that is too long",
         "000000240000000900000000000000016565656565656565656565656565656565656500",
         "system_id has no end within 16 bytes"},
        {"a message that is longer than its packet",
         "0000003a000000040000000000000002000500504354540001013834393031323334353637004000000000010"
         "008000e0500037a020100431ea3",
         "short_message claims 14 bytes, 10 are left"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct smpp_pdu pdu;
        AUTO(buf_free) struct buf bytes = buf_new(ROOM);
        from_hex(str_of(rows[i].hex), &bytes);
        size_t len;
        CHECK_OK(smpp_frame(buf_slice(&bytes), &len, &err), err);
        CHECK_INT(len, bytes.len);
        CHECK_INT(smpp_read(buf_slice(&bytes), &pdu, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
        CHECK_HAS(err.text, "while reading SMPP command 0x");
        CHECK(pdu.command != 0 && pdu.sequence != 0); // what the refusal is answered to
    }
}

static void test_receipts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        uint8_t coding, tlv_state;
        const char *tlv_id, *id;
        enum smpp_state state;
        const char *error;
    } rows[] = {
        {"as the standard's appendix B",
         "id:00000001 sub:001 dlvrd:001 submit date:2607151020 done date:2607151021 stat:DELIVRD "
         "err:000 text:Canh bao",
         0, 0, "", "00000001", SMPP_DELIVERED, "000"},
        {"in another order and case", "Stat:undeliv ERR:12 Id:a_7", 0, 0, "", "a_7",
         SMPP_UNDELIVERABLE, "12"},
        {"in UTF-16, as some carriers send it",
         "id:9 sub:001 dlvrd:000 stat:EXPIRED err:000 text:C\u1ea3nh", SMPP_CODING_UCS2, 0, "", "9",
         SMPP_EXPIRED, "000"},
        {"parameters are believed before the text", "id:1 stat:ACCEPTD err:1", 0, SMPP_DELIVERED,
         "77", "77", SMPP_DELIVERED, "1"},
        {"the quoted text does not count", "sub:001 text:id:6 stat:DELIVRD", 0, 0, "", "",
         SMPP_STATE_NONE, ""},
        {"not final", "id:1 stat:ENROUTE", 0, 0, "", "1", SMPP_ENROUTE, ""},
        {"a state that nobody knows", "id:1 stat:LOST", 0, 0, "", "1", SMPP_STATE_NONE, ""},
        {"nothing at all", "", 0, 0, "", "", SMPP_STATE_NONE, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(buf_free) struct buf text = buf_new(ROOM), bytes = buf_new(ROOM);
        if (rows[i].coding == SMPP_CODING_UCS2)
            sms_encode(str_of(rows[i].text), SMS_UCS2, &text);
        else
            buf_text(&text, rows[i].text);
        struct smpp_pdu made = {.command = SMPP_DELIVER_SM,
                                .sequence = 1,
                                .esm_class = 4,
                                .coding = rows[i].coding,
                                .message = buf_slice(&text),
                                .message_state = rows[i].tlv_state};
        memcpy(made.receipted_id, rows[i].tlv_id, strlen(rows[i].tlv_id));
        smpp_write(&made, &bytes);
        struct smpp_pdu pdu;
        struct smpp_receipt receipt;
        CHECK_OK(smpp_read(buf_slice(&bytes), &pdu, &err), err);
        CHECK(smpp_is_receipt(&pdu, &receipt));
        CHECK_TEXT(receipt.id, rows[i].id);
        CHECK_INT(receipt.state, rows[i].state);
        CHECK_TEXT(receipt.error, rows[i].error);
        pdu.esm_class = 0;
        CHECK(!smpp_is_receipt(&pdu, &receipt));
    }
}

static void test_ids_and_texts(void **state)
{
    (void)state;
    char other[SMPP_ID_MAX + 1];
    ROW("hexadecimal and decimal");
    CHECK(smpp_other_id("1A2b", true, other));
    CHECK_TEXT(other, "6699");
    CHECK(smpp_other_id("6699", false, other));
    CHECK_TEXT(other, "1a2b");
    CHECK(!smpp_other_id("msg-1", true, other));
    CHECK(!smpp_other_id("", false, other));
    CHECK(!smpp_other_id("12345678901234567890", false, other));
    ROW("texts by their coding, without the header");
    static const struct {
        uint8_t coding, esm_class;
        const char *bytes;
        size_t len;
        const char *text;
    } rows[] = {
        {0, 0, "MUA \x02", 5, "MUA $"},
        {SMPP_CODING_LATIN1, 0, "\xe0 la", 4, "à la"},
        {SMPP_CODING_UCS2, 0, "\x1e\xeb\x00\x20", 4, "ừ "},
        {0, SMPP_ESM_UDH, "\x05\x00\x03\x7a\x02\x01ok", 8, "ok"},
        {0, SMPP_ESM_UDH, "\x50ok", 3, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf_free) struct buf out = buf_new(ROOM);
        struct smpp_pdu pdu = {.coding = rows[i].coding,
                               .esm_class = rows[i].esm_class,
                               .message = {rows[i].bytes, rows[i].len}};
        smpp_text(&pdu, &out);
        CHECK_TEXT(out.at ? out.at : "", rows[i].text);
    }
}

// An independent codec, Debian's libsmpp34, reads what we write and writes what we read.
static void test_oracle(void **state)
{
    (void)state;
    struct err err = {0};
    static const char text[] = "Mua lon o xa Tuy Duc";
    struct smpp_pdu ours = {.command = SMPP_SUBMIT_SM,
                            .sequence = 77,
                            .source_ton = 5,
                            .source = "PCTT",
                            .destination_ton = 1,
                            .destination_npi = 1,
                            .destination = "84900000001",
                            .registered = 1,
                            .validity = "000000020000000R",
                            .message = {text, sizeof(text) - 1}};
    AUTO(buf_free) struct buf bytes = buf_new(ROOM);
    smpp_write(&ours, &bytes);
    submit_sm_t theirs = {0};
    CHECK_INT(smpp34_unpack(SUBMIT_SM, &theirs, (uint8_t *)bytes.at, (int)bytes.len), 0);
    CHECK_TEXT((char *)theirs.destination_addr, "84900000001");
    CHECK_TEXT((char *)theirs.source_addr, "PCTT");
    CHECK_TEXT((char *)theirs.validity_period, "000000020000000R");
    CHECK_INT(theirs.sequence_number, 77);
    CHECK_INT(theirs.sm_length, sizeof(text) - 1);
    CHECK(memcmp(theirs.short_message, text, sizeof(text) - 1) == 0);

    deliver_sm_t mo = {
        .command_id = DELIVER_SM, .sequence_number = 9, .data_coding = 8, .sm_length = 4};
    memcpy(mo.source_addr, "84900000002", 12);
    memcpy(mo.destination_addr, "8079", 5);
    memcpy(mo.short_message, "\x1e\xeb\x00\x6d", 4);
    tlv_t id = {.tag = TLVID_receipted_message_id, .length = 5};
    memcpy(id.value.octet, "abcd", 5);
    CHECK_INT(build_tlv(&mo.tlv, &id), 0);
    uint8_t packed[1000];
    int len = 0;
    CHECK_INT(smpp34_pack(DELIVER_SM, packed, sizeof(packed), &len, &mo), 0);
    destroy_tlv(mo.tlv);
    struct smpp_pdu pdu;
    CHECK_OK(smpp_read((struct str){(char *)packed, (size_t)len}, &pdu, &err), err);
    CHECK_TEXT(pdu.source, "84900000002");
    CHECK_TEXT(pdu.receipted_id, "abcd");
    AUTO(buf_free) struct buf said = buf_new(ROOM);
    smpp_text(&pdu, &said);
    CHECK_TEXT(said.at, "ừm");
}

static void test_query_oracle(void **state)
{
    (void)state;
    struct err err = {0};
    struct smpp_pdu ours = {.command = SMPP_QUERY_SM,
                            .sequence = 78,
                            .message_id = "0a1b",
                            .source_ton = 5,
                            .source = "PCTT"};
    AUTO(buf_free) struct buf bytes = buf_new(ROOM);
    smpp_write(&ours, &bytes);
    query_sm_t theirs = {0};
    CHECK_INT(smpp34_unpack(QUERY_SM, &theirs, (uint8_t *)bytes.at, (int)bytes.len), 0);
    CHECK_TEXT((char *)theirs.message_id, "0a1b");
    CHECK_TEXT((char *)theirs.source_addr, "PCTT");
    CHECK_INT(theirs.source_addr_ton, 5);
    query_sm_resp_t answer = {.command_id = QUERY_SM_RESP,
                              .sequence_number = 78,
                              .message_id = "0a1b",
                              .final_date = "261126003000000+",
                              .message_state = 5,
                              .error_code = 9};
    uint8_t packed[200];
    int len = 0;
    CHECK_INT(smpp34_pack(QUERY_SM_RESP, packed, sizeof(packed), &len, &answer), 0);
    struct smpp_pdu pdu;
    CHECK_OK(smpp_read((struct str){(char *)packed, (size_t)len}, &pdu, &err), err);
    CHECK_TEXT(pdu.message_id, "0a1b");
    CHECK_INT(pdu.state, SMPP_UNDELIVERABLE);
    CHECK_INT(pdu.error_code, 9);
}

static void test_pieces(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t esm_class;
        struct str message;
        uint16_t sar_reference;
        uint8_t sar_total, sar_number;
        bool is_piece;
        struct smpp_piece piece;
    } rows[] = {
        {"8 bits of reference", SMPP_ESM_UDH, STR("\5\0\3\x7a\2\1AB"), 0, 0, 0, true, {0x7a, 2, 1}},
        {"16 bits", SMPP_ESM_UDH, STR("\6\x8\4\1\2\3\3A"), 0, 0, 0, true, {0x102, 3, 3}},
        {"behind another element",
         SMPP_ESM_UDH,
         STR("\x9\x24\2\1\1\0\3\1\2\2A"),
         0,
         0,
         0,
         true,
         {1, 2, 2}},
        {"by parameters", 0, STR("AB"), 0x1234, 2, 1, true, {0x1234, 2, 1}},
        {"of one part", SMPP_ESM_UDH, STR("\5\0\3\x7a\1\1A"), 0, 0, 0, false, {0}},
        {"part 0", SMPP_ESM_UDH, STR("\5\0\3\x7a\2\0A"), 0, 0, 0, false, {0}},
        {"part 3 of 2", SMPP_ESM_UDH, STR("\5\0\3\x7a\2\3A"), 0, 0, 0, false, {0}},
        {"a header without that element", SMPP_ESM_UDH, STR("\3\x24\1\1A"), 0, 0, 0, false, {0}},
        {"an element longer than its header",
         SMPP_ESM_UDH,
         STR("\5\0\x9\x7a\2\1A"),
         0,
         0,
         0,
         false,
         {0}},
        {"a header longer than the message", SMPP_ESM_UDH, STR("\x7f\0\3"), 0, 0, 0, false, {0}},
        {"nothing at all", SMPP_ESM_UDH, STR(""), 0, 0, 0, false, {0}},
        {"such bytes without the mark of a header", 0, STR("\5\0\3\x7a\2\1A"), 0, 0, 0, false, {0}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct smpp_piece piece = {0};
        struct smpp_pdu pdu = {.command = SMPP_DELIVER_SM,
                               .esm_class = rows[i].esm_class,
                               .message = rows[i].message,
                               .sar_reference = rows[i].sar_reference,
                               .sar_total = rows[i].sar_total,
                               .sar_number = rows[i].sar_number};
        CHECK_INT(smpp_is_piece(&pdu, &piece), rows[i].is_piece);
        CHECK_INT(piece.reference, rows[i].piece.reference);
        CHECK_INT(piece.total, rows[i].piece.total);
        CHECK_INT(piece.number, rows[i].piece.number);
    }
}

// The 7-bit alphabet against libosmogsm: each letter that both have stands at the same septet.
static void test_alphabet(void **state)
{
    (void)state;
    for (int c = 0x20; c < 0x7f; c++) {
        char one[2] = {(char)c, 0};
        struct sms_size size = sms_measure(str_of(one));
        if (size.coding != SMS_GSM7)
            continue; // the back quote; libosmogsm writes something else for it
        uint8_t packed[8] = {0};
        int octets = 0, septets = gsm_7bit_encode_n(packed, sizeof(packed), one, &octets);
        AUTO(buf_free) struct buf ours = buf_new(16);
        sms_encode(str_of(one), SMS_GSM7, &ours);
        ROW(one);
        CHECK_INT(septets, ours.len);
        CHECK_INT(packed[0] & 0x7f, ours.at[0]);
        if (ours.len == 2)
            CHECK_INT((packed[0] >> 7 | packed[1] << 1) & 0x7f, ours.at[1]);
    }
}

TEST_MAIN(cmocka_unit_test(test_golden), cmocka_unit_test(test_foreign),
          cmocka_unit_test(test_ragged), cmocka_unit_test(test_refused),
          cmocka_unit_test(test_receipts), cmocka_unit_test(test_ids_and_texts),
          cmocka_unit_test(test_oracle), cmocka_unit_test(test_query_oracle),
          cmocka_unit_test(test_pieces), cmocka_unit_test(test_alphabet))
