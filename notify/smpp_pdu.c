#include "notify/smpp_pdu.h"

#include "core/mem.h"
#include "core/sms.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    TAG_RECEIPTED_ID = 0x1e,
    TAG_SAR_REFERENCE = 0x20c,
    TAG_SAR_TOTAL = 0x20e,
    TAG_SAR_NUMBER = 0x20f,
    TAG_VERSION = 0x210,
    TAG_PAYLOAD = 0x424,
    TAG_STATE = 0x427,
};

// --- reading
// -------------------------------------------------------------------------------------------

static uint32_t read_u32(const char *at)
{
    const uint8_t *bytes = (const uint8_t *)at;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint16_t read_u16(const char *at)
{
    const uint8_t *bytes = (const uint8_t *)at;
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

enum err_kind smpp_frame(struct str bytes, size_t *len, struct err *err)
{
    *len = 0;
    if (bytes.len < 4)
        return OK;
    uint32_t claimed = read_u32(bytes.at);
    if (claimed < SMPP_HEAD || claimed > SMPP_PDU_MAX)
        return err_set(err, ERR_INPUT,
                       "an SMPP packet claims %" PRIu32 " bytes, from %d to %d are "
                       "possible",
                       claimed, SMPP_HEAD, SMPP_PDU_MAX);
    if (bytes.len >= claimed)
        *len = claimed;
    return OK;
}

// Fields are described by where they go, so that bytes and values are one table for both ways.
enum field_type { FIELD_TEXT, FIELD_BYTE, FIELD_MESSAGE };

struct field {
    enum field_type type;
    const char *name;
    size_t offset, size; // FIELD_TEXT: most bytes with its NUL, of SMPP 3.4
};

#define TEXT(name, most)                                                                           \
    {                                                                                              \
        FIELD_TEXT, #name, offsetof(struct smpp_pdu, name), most                                   \
    }
#define BYTE(name)                                                                                 \
    {                                                                                              \
        FIELD_BYTE, #name, offsetof(struct smpp_pdu, name), 1                                      \
    }

static const struct field bind_fields[] = {
    TEXT(system_id, 16), TEXT(password, 9), TEXT(system_type, 13),  BYTE(version),
    BYTE(address_ton),   BYTE(address_npi), TEXT(address_range, 41)};
static const struct field bind_answer_fields[] = {TEXT(system_id, 16)};
static const struct field message_fields[] = {
    TEXT(service_type, 6),
    BYTE(source_ton),
    BYTE(source_npi),
    TEXT(source, 21),
    BYTE(destination_ton),
    BYTE(destination_npi),
    TEXT(destination, 21),
    BYTE(esm_class),
    BYTE(protocol_id),
    BYTE(priority),
    TEXT(schedule, 17),
    TEXT(validity, 17),
    BYTE(registered),
    BYTE(replace),
    BYTE(coding),
    BYTE(default_id),
    {FIELD_MESSAGE, "short_message", offsetof(struct smpp_pdu, message), 0}};
static const struct field message_id_fields[] = {TEXT(message_id, SMPP_ID_MAX)};
static const struct field query_fields[] = {TEXT(message_id, SMPP_ID_MAX), BYTE(source_ton),
                                            BYTE(source_npi), TEXT(source, 21)};
static const struct field query_answer_fields[] = {
    TEXT(message_id, SMPP_ID_MAX), TEXT(final_date, 17), BYTE(state), BYTE(error_code)};

static const struct {
    uint32_t command;
    const struct field *field;
    size_t count;
} layouts[] = {
    {SMPP_BIND_RECEIVER, bind_fields, COUNT_OF(bind_fields)},
    {SMPP_BIND_TRANSMITTER, bind_fields, COUNT_OF(bind_fields)},
    {SMPP_BIND_TRANSCEIVER, bind_fields, COUNT_OF(bind_fields)},
    {SMPP_BIND_RECEIVER | SMPP_RESPONSE, bind_answer_fields, COUNT_OF(bind_answer_fields)},
    {SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, bind_answer_fields, COUNT_OF(bind_answer_fields)},
    {SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, bind_answer_fields, COUNT_OF(bind_answer_fields)},
    {SMPP_SUBMIT_SM, message_fields, COUNT_OF(message_fields)},
    {SMPP_DELIVER_SM, message_fields, COUNT_OF(message_fields)},
    {SMPP_QUERY_SM, query_fields, COUNT_OF(query_fields)},
    {SMPP_QUERY_SM | SMPP_RESPONSE, query_answer_fields, COUNT_OF(query_answer_fields)},
    {SMPP_SUBMIT_SM | SMPP_RESPONSE, message_id_fields, COUNT_OF(message_id_fields)},
    {SMPP_DELIVER_SM | SMPP_RESPONSE, message_id_fields, COUNT_OF(message_id_fields)},
};

static const struct field *layout_of(uint32_t command, size_t *count)
{
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        if (layouts[i].command == command) {
            *count = layouts[i].count;
            return layouts[i].field;
        }
    }
    *count = 0;
    return NULL;
}

static enum err_kind read_text(struct str *rest, const struct field *field, char *to,
                               struct err *err)
{
    size_t most = rest->len < field->size ? rest->len : field->size;
    const char *end = most ? memchr(rest->at, '\0', most) : NULL;
    if (!end)
        return err_set(err, ERR_INPUT, "%s has no end within %zu bytes", field->name, most);
    size_t len = (size_t)(end - rest->at);
    memcpy(to, rest->at, len + 1);
    rest->at += len + 1;
    rest->len -= len + 1;
    return OK;
}

static enum err_kind read_field(struct str *rest, const struct field *field, struct smpp_pdu *out,
                                struct err *err)
{
    char *to = (char *)out + field->offset;
    if (field->type == FIELD_TEXT)
        return read_text(rest, field, to, err);
    if (rest->len == 0)
        return err_set(err, ERR_INPUT, "the packet ends before %s", field->name);
    size_t number = (uint8_t)*rest->at;
    rest->at++;
    rest->len--;
    if (field->type == FIELD_BYTE) {
        *(uint8_t *)to = (uint8_t)number;
        return OK;
    }
    if (number > rest->len)
        return err_set(err, ERR_INPUT, "%s claims %zu bytes, %zu are left", field->name, number,
                       rest->len);
    out->message = (struct str){rest->at, number};
    rest->at += number;
    rest->len -= number;
    return OK;
}

static void read_tlv(uint16_t tag, struct str value, struct smpp_pdu *out)
{
    if (tag == TAG_STATE && value.len == 1) {
        out->message_state = (uint8_t)value.at[0];
    } else if (tag == TAG_SAR_REFERENCE && value.len == 2) {
        out->sar_reference = read_u16(value.at);
    } else if (tag == TAG_SAR_TOTAL && value.len == 1) {
        out->sar_total = (uint8_t)value.at[0];
    } else if (tag == TAG_SAR_NUMBER && value.len == 1) {
        out->sar_number = (uint8_t)value.at[0];
    } else if (tag == TAG_RECEIPTED_ID) {
        size_t len = strnlen(value.at, value.len);
        if (len <= SMPP_ID_MAX) {
            memcpy(out->receipted_id, value.at, len);
            out->receipted_id[len] = '\0';
        }
    } else if (tag == TAG_PAYLOAD && out->message.len == 0) {
        out->message = value;
    }
}

// Some carriers' last parameter is longer than their packet. All that must be there has been read
// by then: what is wrong is left out.
static void read_tlvs(struct str rest, struct smpp_pdu *out)
{
    while (rest.len >= 4) {
        uint16_t tag = read_u16(rest.at), len = read_u16(rest.at + 2);
        rest.at += 4;
        rest.len -= 4;
        if (len > rest.len)
            break;
        read_tlv(tag, (struct str){rest.at, len}, out);
        rest.at += len;
        rest.len -= len;
    }
    out->ragged = rest.len > 0;
}

enum err_kind smpp_read(struct str bytes, struct smpp_pdu *out, struct err *err)
{
    assert(bytes.len >= SMPP_HEAD && read_u32(bytes.at) == bytes.len);
    struct smpp_pdu pdu = {.command = read_u32(bytes.at + 4),
                           .status = read_u32(bytes.at + 8),
                           .sequence = read_u32(bytes.at + 12),
                           .message = {bytes.at, 0}};
    *out = pdu;
    struct str rest = {bytes.at + SMPP_HEAD, bytes.len - SMPP_HEAD};
    size_t count;
    const struct field *field = layout_of(pdu.command, &count);
    bool is_answer = pdu.command & SMPP_RESPONSE;
    if (!field || (is_answer && (pdu.status != SMPP_OK || rest.len == 0)))
        return OK;
    for (size_t i = 0; i < count; i++) {
        if (read_field(&rest, &field[i], &pdu, err))
            return err_add(err, "reading SMPP command 0x%" PRIx32, pdu.command);
    }
    read_tlvs(rest, &pdu);
    *out = pdu;
    return OK;
}

// --- writing
// -------------------------------------------------------------------------------------------

static void write_number(struct buf *out, uint32_t number, size_t bytes)
{
    while (bytes-- > 0)
        buf_char(out, (char)(number >> (8 * bytes) & 0xff));
}

static void write_field(const struct field *field, const struct smpp_pdu *pdu, struct buf *out)
{
    const char *from = (const char *)pdu + field->offset;
    if (field->type == FIELD_TEXT) {
        size_t len = strlen(from);
        assert(len < field->size);
        buf_add(out, from, len + 1);
    } else if (field->type == FIELD_BYTE) {
        buf_char(out, *from);
    } else {
        assert(pdu->message.len <= SMPP_MESSAGE_MAX);
        buf_char(out, (char)(uint8_t)pdu->message.len);
        buf_str(out, pdu->message);
    }
}

void smpp_write(const struct smpp_pdu *pdu, struct buf *out)
{
    size_t start = out->len, count;
    const struct field *field = layout_of(pdu->command, &count);
    write_number(out, 0, 4);
    write_number(out, pdu->command, 4);
    write_number(out, pdu->status, 4);
    write_number(out, pdu->sequence, 4);
    bool is_refusal = (pdu->command & SMPP_RESPONSE) && pdu->status != SMPP_OK;
    for (size_t i = 0; i < count && !is_refusal; i++)
        write_field(&field[i], pdu, out);
    if (field == bind_answer_fields && pdu->version && !is_refusal) {
        write_number(out, TAG_VERSION << 16 | 1, 4);
        buf_char(out, (char)pdu->version);
    }
    if (pdu->receipted_id[0]) {
        size_t len = strlen(pdu->receipted_id) + 1;
        write_number(out, TAG_RECEIPTED_ID << 16 | (uint32_t)len, 4);
        buf_add(out, pdu->receipted_id, len);
    }
    if (pdu->message_state) {
        write_number(out, TAG_STATE << 16 | 1, 4);
        buf_char(out, (char)pdu->message_state);
    }
    if (out->full)
        return;
    uint32_t len = (uint32_t)(out->len - start);
    for (size_t i = 0; i < 4; i++)
        out->at[start + i] = (char)(len >> (24 - 8 * i) & 0xff);
}

// --- receipts and texts
// ----------------------------------------------------------------------------------

const char *const smpp_state_names[SMPP_STATES] = {
    "", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"};

bool smpp_state_is_final(enum smpp_state state)
{
    return state == SMPP_DELIVERED || state == SMPP_EXPIRED || state == SMPP_DELETED ||
           state == SMPP_UNDELIVERABLE || state == SMPP_REJECTED;
}

void smpp_text(const struct smpp_pdu *pdu, struct buf *out)
{
    struct str bytes = pdu->message;
    if ((pdu->esm_class & SMPP_ESM_UDH) && bytes.len) {
        size_t header = (size_t)(uint8_t)bytes.at[0] + 1;
        header = header < bytes.len ? header : bytes.len;
        bytes.at += header;
        bytes.len -= header;
    }
    if (pdu->coding == SMPP_CODING_UCS2)
        sms_decode_utf16(bytes, out);
    else if (pdu->coding == SMPP_CODING_LATIN1 || pdu->coding == SMPP_CODING_ASCII)
        sms_decode_latin1(bytes, out);
    else
        sms_decode_gsm7(bytes, out);
}

// The word after "name:" in a receipt; names are found in any case. at NULL when not there.
static struct str word_after(const char *text, const char *name)
{
    for (const char *at = text; (at = strcasestr(at, name)); at++) {
        if (at != text && at[-1] != ' ')
            continue; // "sub date:" is not "date:" of another name
        at += strlen(name);
        return (struct str){at, strcspn(at, " ")};
    }
    return (struct str){NULL, 0};
}

static void copy_word(struct str word, char *to, size_t size)
{
    if (!word.at || word.len >= size)
        return;
    memcpy(to, word.at, word.len);
    to[word.len] = '\0';
}

static enum smpp_state state_of(struct str word)
{
    for (int i = 1; i < SMPP_STATES; i++) {
        if (word.len == strlen(smpp_state_names[i]) &&
            strncasecmp(word.at, smpp_state_names[i], word.len) == 0)
            return (enum smpp_state)i;
    }
    return SMPP_STATE_NONE;
}

bool smpp_is_receipt(const struct smpp_pdu *pdu, struct smpp_receipt *out)
{
    if (pdu->command != SMPP_DELIVER_SM || (pdu->esm_class & SMPP_ESM_KIND) != SMPP_ESM_RECEIPT)
        return false;
    enum { RECEIPT_BYTES_MAX = 4096 };
    AUTO(buf_free) struct buf text = buf_new(RECEIPT_BYTES_MAX);
    if (pdu->coding == SMPP_CODING_UCS2)
        sms_decode_utf16(pdu->message, &text);
    else
        sms_decode_latin1(pdu->message,
                          &text); // "_" of an id stands elsewhere in the 7-bit alphabet
    *out = (struct smpp_receipt){0};
    // What was quoted of the message itself may hold anything: it is not read.
    char *quoted = text.at ? strcasestr(text.at, " text:") : NULL;
    if (quoted)
        *quoted = '\0';
    const char *words = text.at ? text.at : "";
    copy_word(word_after(words, "id:"), out->id, sizeof(out->id));
    copy_word(word_after(words, "err:"), out->error, sizeof(out->error));
    struct str state = word_after(words, "stat:");
    if (state.at)
        out->state = state_of(state);
    if (pdu->receipted_id[0])
        memcpy(out->id, pdu->receipted_id, sizeof(out->id));
    if (pdu->message_state > 0 && pdu->message_state < SMPP_STATES)
        out->state = (enum smpp_state)pdu->message_state;
    return true;
}

// The information element of a user data header that names a part: 8 or 16 bits of reference.
static bool find_piece(struct str header, struct smpp_piece *out)
{
    enum { SHORT = 0x00, LONG = 0x08 };
    while (header.len >= 2) {
        uint8_t kind = (uint8_t)header.at[0], len = (uint8_t)header.at[1];
        const char *value = header.at + 2;
        if (len > header.len - 2)
            return false;
        if (kind == SHORT && len == 3) {
            *out = (struct smpp_piece){(uint8_t)value[0], (uint8_t)value[1], (uint8_t)value[2]};
            return true;
        }
        if (kind == LONG && len == 4) {
            *out = (struct smpp_piece){read_u16(value), (uint8_t)value[2], (uint8_t)value[3]};
            return true;
        }
        header.at += 2 + len;
        header.len -= 2u + len;
    }
    return false;
}

bool smpp_is_piece(const struct smpp_pdu *pdu, struct smpp_piece *out)
{
    struct smpp_piece piece = {pdu->sar_reference, pdu->sar_total, pdu->sar_number};
    struct str bytes = pdu->message;
    if ((pdu->esm_class & SMPP_ESM_UDH) && bytes.len) {
        size_t len = (uint8_t)bytes.at[0];
        len = len < bytes.len - 1 ? len : bytes.len - 1;
        if (!find_piece((struct str){bytes.at + 1, len}, &piece))
            return false;
    }
    if (piece.total < 2 || piece.number < 1 || piece.number > piece.total)
        return false;
    *out = piece;
    return true;
}

bool smpp_other_id(const char *id, bool to_decimal, char out[SMPP_ID_MAX + 1])
{
    enum { HEX_DIGITS_MAX = 16, DECIMAL_DIGITS_MAX = 19 };
    size_t len = strlen(id);
    const char *digits = to_decimal ? "0123456789abcdefABCDEF" : "0123456789";
    if (len == 0 || len > (to_decimal ? HEX_DIGITS_MAX : DECIMAL_DIGITS_MAX) ||
        strspn(id, digits) != len)
        return false;
    uint64_t number = strtoull(id, NULL, to_decimal ? 16 : 10);
    (void)snprintf(out, SMPP_ID_MAX + 1, to_decimal ? "%" PRIu64 : "%" PRIx64, number);
    return true;
}
