#ifndef GONG_NOTIFY_SMPP_PDU_H
#define GONG_NOTIFY_SMPP_PDU_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The packets of SMPP 3.4 (Short Message Peer-to-Peer, issue 1.2): bytes to values and back. The
// other side is not trusted; nothing here allocates by a number that it sent.
enum smpp_command {
    SMPP_BIND_RECEIVER = 0x01,
    SMPP_BIND_TRANSMITTER = 0x02,
    SMPP_QUERY_SM = 0x03,
    SMPP_SUBMIT_SM = 0x04,
    SMPP_DELIVER_SM = 0x05,
    SMPP_UNBIND = 0x06,
    SMPP_BIND_TRANSCEIVER = 0x09,
    SMPP_ENQUIRE_LINK = 0x15,
    SMPP_ALERT_NOTIFICATION = 0x102,
    SMPP_DATA_SM = 0x103,
};
// An answer has this bit. SMPP_GENERIC_NACK is the bit alone: "I do not understand you".
#define SMPP_RESPONSE 0x80000000u
#define SMPP_GENERIC_NACK 0x80000000u
#define SMPP_SEQUENCE_MAX 0x7fffffffu

enum smpp_status {
    SMPP_OK = 0,
    SMPP_BAD_LENGTH = 0x02,
    SMPP_BAD_COMMAND = 0x03,
    SMPP_SYSTEM_ERROR = 0x08,
    SMPP_QUEUE_FULL = 0x14,
    SMPP_THROTTLED = 0x58,
    SMPP_TRY_LATER = 0x64, // receiver: temporary error
};

enum { SMPP_HEAD = 16, SMPP_PDU_MAX = 64 * 1024, SMPP_MESSAGE_MAX = 254, SMPP_ID_MAX = 65 };

enum { SMPP_ESM_UDH = 0x40, SMPP_ESM_KIND = 0x3c, SMPP_ESM_RECEIPT = 0x04 };
enum {
    SMPP_CODING_DEFAULT = 0,
    SMPP_CODING_ASCII = 1,
    SMPP_CODING_LATIN1 = 3,
    SMPP_CODING_UCS2 = 8
};

// Texts hold their NUL. What a command does not have is zero.
struct smpp_pdu {
    uint32_t command, status, sequence;
    // bind_*; a bind answer has the system_id
    char system_id[17], password[10], system_type[14], address_range[42];
    uint8_t version, address_ton, address_npi;
    // submit_sm, deliver_sm
    char service_type[7], source[22], destination[22], schedule[18], validity[18];
    uint8_t source_ton, source_npi, destination_ton, destination_npi;
    uint8_t esm_class, protocol_id, priority, registered, replace, coding, default_id;
    struct str message; // short_message, or the TLV message_payload; borrowed from the bytes
    char message_id[SMPP_ID_MAX + 1]; // submit_sm_resp, query_sm and its answer
    // query_sm_resp: state as enum smpp_state, the carrier's own code of an error
    char final_date[18];
    uint8_t state, error_code;
    // Parts of one text, by TLV: sar_msg_ref_num, sar_total_segments, sar_segment_seqnum
    uint16_t sar_reference;
    uint8_t sar_total, sar_number; // 0: not there
    // TLVs of receipts
    char receipted_id[SMPP_ID_MAX + 1];
    uint8_t message_state; // 0: not there
    bool ragged;           // read: bytes at the end that are no parameter were left out
};

// How many bytes of `bytes` are the first PDU; 0 when they do not hold all of it yet. ERR_INPUT for
// a length under 16 or over SMPP_PDU_MAX: the stream has lost its way and must be closed.
MUST_USE enum err_kind smpp_frame(struct str bytes, size_t *len, struct err *err);

// Reads one PDU, exactly its bytes. ERR_INPUT says which field is wrong. `head` is right even then,
// so that it can be answered. Commands that gong does not know have no fields read. An answer that
// says an error may be a header alone, or hold anything.
MUST_USE enum err_kind smpp_read(struct str bytes, struct smpp_pdu *out, struct err *err);

// Appends the bytes of a PDU: bind_*, submit_sm, deliver_sm, query_sm, their answers, enquire_link,
// unbind, generic_nack. An answer with a status has no body. Fields must fit (assert).
void smpp_write(const struct smpp_pdu *pdu, struct buf *out);

// --- delivery receipts

enum smpp_state { // as the TLV message_state numbers them
    SMPP_STATE_NONE,
    SMPP_ENROUTE,
    SMPP_DELIVERED,
    SMPP_EXPIRED,
    SMPP_DELETED,
    SMPP_UNDELIVERABLE,
    SMPP_ACCEPTED,
    SMPP_STATE_UNKNOWN,
    SMPP_REJECTED,
};
enum { SMPP_STATES = SMPP_REJECTED + 1 };
extern const char *const smpp_state_names[SMPP_STATES]; // "DELIVRD" ...; "" for none

// Whether nothing comes after it.
bool smpp_state_is_final(enum smpp_state state);

struct smpp_receipt {
    char id[SMPP_ID_MAX + 1]; // the submitted message's
    enum smpp_state state;
    char error[16]; // the carrier's own code; "" when none
};

// True when a deliver_sm is a receipt. TLVs are believed first; else the text "id:.. stat:.." is
// read, in any order, case and coding (some carriers send it in UTF-16). A receipt in which no id
// or state can be found has "" or SMPP_STATE_NONE.
bool smpp_is_receipt(const struct smpp_pdu *pdu, struct smpp_receipt *out);

// A message's text as UTF-8, by its coding, without its user data header. Appended to `out`.
void smpp_text(const struct smpp_pdu *pdu, struct buf *out);

// Which part of a longer text a message is, by its user data header (3GPP TS 23.040, 9.2.3.24.1 and
// 9.2.3.24.8) or by the TLVs sar_*. False: it is whole, or what it says cannot be.
struct smpp_piece {
    uint16_t reference;    // of the text: the same for all its parts
    uint8_t total, number; // 2..255; 1..total
};
bool smpp_is_piece(const struct smpp_pdu *pdu, struct smpp_piece *out);

// The other way in which carriers write one id: hexadecimal "1a2b" is decimal "6699" and back.
// False when it is neither or too long.
bool smpp_other_id(const char *id, bool to_decimal, char out[SMPP_ID_MAX + 1]);

#endif
