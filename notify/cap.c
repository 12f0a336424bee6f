#include "notify/cap.h"

#include "core/mem.h"
#include "core/xml.h"
#include "notify/cap_check.h"

#include <assert.h>
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
