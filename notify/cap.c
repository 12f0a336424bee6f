#include "notify/cap.h"

#include "core/mem.h"
#include "core/xml.h"
#include "notify/cap_check.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct utc_text cap_time_text(struct utc time)
{
    struct utc_text text;
    struct civil c = utc_civil((struct utc){time.s + VIETNAM_OFFSET_S});
    (void)snprintf(text.at, sizeof(text.at), "%04d-%02d-%02dT%02d:%02d:%02d+07:00", c.year % 10000,
                   c.month % 100, c.day % 100, c.hour % 100, c.minute % 100, c.second % 100);
    return text;
}

static void write_pair(struct xml_writer *writer, const char *name, const char *key,
                       const char *value)
{
    xml_open(writer, name, "");
    xml_leaf(writer, "valueName", key);
    xml_leaf(writer, "value", value);
    xml_close(writer);
}

static void write_info(struct xml_writer *writer, const struct cap_alert *alert,
                       const struct cap_words *words, const char *language)
{
    xml_open(writer, "info", "");
    xml_leaf(writer, "language", language);
    xml_leaf(writer, "category", alert->category);
    xml_leaf(writer, "event", words->event);
    if (*alert->response)
        xml_leaf(writer, "responseType", alert->response);
    xml_leaf(writer, "urgency", alert->urgency);
    xml_leaf(writer, "severity", alert->severity);
    xml_leaf(writer, "certainty", alert->certainty);
    if (*alert->event_code)
        write_pair(writer, "eventCode", "OET", alert->event_code);
    xml_leaf(writer, "effective", cap_time_text(alert->sent).at);
    xml_leaf(writer, "expires", cap_time_text(alert->expires).at);
    xml_leaf(writer, "senderName", words->sender_name);
    xml_leaf(writer, "headline", words->headline);
    xml_leaf(writer, "description", words->description);
    if (*words->instruction)
        xml_leaf(writer, "instruction", words->instruction);
    write_pair(writer, "parameter", "gong-policy", alert->policy);
    xml_open(writer, "area", "");
    xml_leaf(writer, "areaDesc", words->area);
    for (size_t i = 0; i < alert->polygons; i++)
        xml_leaf(writer, "polygon", alert->polygon[i]);
    write_pair(writer, "geocode", alert->set, alert->code);
    xml_close(writer);
    xml_close(writer);
}

// What xmlsec1 fills in: enveloped, exclusive canonical form, RSA or ECDSA by the key's kind is
// written as RSA-SHA256.
static void write_signature(struct xml_writer *writer)
{
    xml_open(writer, "Signature", "xmlns=\"http://www.w3.org/2000/09/xmldsig#\"");
    xml_open(writer, "SignedInfo", "");
    xml_empty(writer, "CanonicalizationMethod",
              "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"");
    xml_empty(writer, "SignatureMethod",
              "Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"");
    xml_open(writer, "Reference", "URI=\"\"");
    xml_open(writer, "Transforms", "");
    xml_empty(writer, "Transform",
              "Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"");
    xml_empty(writer, "Transform", "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"");
    xml_close(writer);
    xml_empty(writer, "DigestMethod", "Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"");
    xml_leaf(writer, "DigestValue", "");
    xml_close(writer);
    xml_close(writer);
    xml_leaf(writer, "SignatureValue", "");
    xml_open(writer, "KeyInfo", "");
    xml_empty(writer, "X509Data", "");
    xml_close(writer);
    xml_close(writer);
}

enum err_kind cap_write(const struct cap_alert *alert, struct buf *out, struct err *err)
{
    static const char *const types[] = {
        [CAP_ALERT] = "Alert", [CAP_UPDATE] = "Update", [CAP_CANCEL] = "Cancel"};
    AUTO(buf_free) struct buf text = buf_new(CAP_BYTES_MAX);
    AUTO(xml_free) struct xml *xml = NULL;
    struct cap_findings findings;
    struct xml_writer writer = xml_writer_new(&text);
    xml_open(&writer, "alert", "xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"");
    xml_leaf(&writer, "identifier", alert->identifier);
    xml_leaf(&writer, "sender", alert->sender);
    xml_leaf(&writer, "sent", cap_time_text(alert->sent).at);
    xml_leaf(&writer, "status", alert->drill ? "Exercise" : "Actual");
    xml_leaf(&writer, "msgType", types[alert->type]);
    xml_leaf(&writer, "scope", "Public");
    if (*alert->note)
        xml_leaf(&writer, "note", alert->note);
    if (*alert->references)
        xml_leaf(&writer, "references", alert->references);
    write_info(&writer, alert, &alert->vi, "vi-VN");
    write_info(&writer, alert, &alert->en, "en");
    if (alert->sign)
        write_signature(&writer);
    xml_close(&writer);
    if (text.full)
        return err_set(err, ERR_INPUT, "alert %s is over %d bytes", alert->identifier,
                       CAP_BYTES_MAX);
    if (xml_parse(buf_slice(&text), alert->identifier, &xml, err))
        return err_of(err);
    cap_check(xml, CAP_OURS, &findings);
    if (cap_verdict(&findings, alert->identifier, err))
        return err_of(err);
    buf_str(out, buf_slice(&text));
    return OK;
}

// --- shapes
// --------------------------------------------------------------------------------------------

enum { WKB_POLYGON = 3, WKB_MULTI = 6, RING_POINTS_MAX = 400, POLYGON_BYTES_MAX = 16 * 1024 };

struct cursor {
    struct str rest;
    bool bad;
};

static void take_bytes(struct cursor *cursor, void *out, size_t len)
{
    if (cursor->bad || cursor->rest.len < len) {
        cursor->bad = true;
        memset(out, 0, len);
        return;
    }
    memcpy(out, cursor->rest.at, len);
    cursor->rest.at += len;
    cursor->rest.len -= len;
}

static uint32_t take_u32(struct cursor *cursor)
{
    uint32_t number = 0;
    take_bytes(cursor, &number, sizeof(number));
    return number;
}

// Little-endian only: that is how the ingest room writes it.
static uint32_t take_head(struct cursor *cursor)
{
    uint8_t order = 0;
    take_bytes(cursor, &order, 1);
    cursor->bad |= order != 1;
    return take_u32(cursor);
}

struct box {
    double west, south, east, north;
};

static void put_point(struct buf *out, double lon, double lat)
{
    buf_print(out, "%s%.5f,%.5f", out->len ? " " : "", lat, lon);
}

// One ring: as it is when it is short, else the box around it.
static char *take_ring(struct cursor *cursor, bool wanted)
{
    AUTO(buf_free) struct buf text = buf_new(POLYGON_BYTES_MAX);
    struct box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    uint32_t points = take_u32(cursor);
    for (uint32_t i = 0; i < points && !cursor->bad; i++) {
        double at[2];
        take_bytes(cursor, at, sizeof(at));
        cursor->bad |= !isfinite(at[0]) || !isfinite(at[1]);
        box = (struct box){fmin(box.west, at[0]), fmin(box.south, at[1]), fmax(box.east, at[0]),
                           fmax(box.north, at[1])};
        if (points <= RING_POINTS_MAX)
            put_point(&text, at[0], at[1]);
    }
    if (!wanted || cursor->bad || points < 4)
        return NULL;
    if (points > RING_POINTS_MAX) {
        put_point(&text, box.west, box.south);
        put_point(&text, box.east, box.south);
        put_point(&text, box.east, box.north);
        put_point(&text, box.west, box.north);
        put_point(&text, box.west, box.south);
    }
    return buf_take(&text);
}

static void take_polygon(struct cursor *cursor, char *polygon[CAP_POLYGONS_MAX], size_t *count)
{
    uint32_t rings = take_u32(cursor);
    for (uint32_t i = 0; i < rings && !cursor->bad; i++) {
        // Holes are passed over: who is in one is warned as well.
        char *text = take_ring(cursor, i == 0 && *count < CAP_POLYGONS_MAX);
        if (text)
            polygon[(*count)++] = text;
    }
}

void cap_polygons(struct str wkb, char *polygon[CAP_POLYGONS_MAX], size_t *count)
{
    struct cursor cursor = {wkb, wkb.at == NULL};
    *count = 0;
    uint32_t kind = take_head(&cursor);
    uint32_t parts = kind == WKB_MULTI ? take_u32(&cursor) : 1;
    for (uint32_t i = 0; i < parts && !cursor.bad; i++) {
        if (kind == WKB_MULTI && take_head(&cursor) != WKB_POLYGON)
            return;
        if (kind != WKB_MULTI && kind != WKB_POLYGON)
            return;
        take_polygon(&cursor, polygon, count);
    }
}
