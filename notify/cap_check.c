#include "notify/cap_check.h"

#include "core/mem.h"
#include "core/xml.h"

#include <ctype.h>
#include <string.h>

enum { HEADLINE_MAX = 160, DAY = 24 * 3600 };

static struct str text_at(const struct xml_node *node, const char *name)
{
    return xml_trimmed(xml_find(node, name));
}

static bool has_text(const struct xml_node *node, const char *name)
{
    return text_at(node, name).len > 0;
}

// Identifier and sender stand in references, between commas and blanks.
static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (isspace((unsigned char)text.at[i]) || strchr(",<&", text.at[i]))
            return false;
    }
    return text.len > 0;
}

static void check_head(const struct xml_node *alert, enum cap_rules rules, struct cap_findings *out)
{
    static const char *const names[] = {"identifier", "sender"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!is_plain(text_at(alert, names[i])))
            cap_say(out, true, xml_find(alert, names[i]),
                    "%s must not be empty nor hold a blank, comma, < or &", names[i]);
    }
    if (str_is(text_at(alert, "scope"), "Restricted") && !has_text(alert, "restriction"))
        cap_say(out, true, alert, "scope Restricted wants a restriction");
    if (str_is(text_at(alert, "scope"), "Private") && !has_text(alert, "addresses"))
        cap_say(out, true, alert, "scope Private wants addresses");
    if (rules == CAP_OURS && !str_ends(text_at(alert, "sent"), "+07:00"))
        cap_say(out, true, xml_find(alert, "sent"), "sent is not in +07:00");
}

// --- references
// ---------------------------------------------------------------------------------------

static bool is_reference(struct str triple)
{
    struct str sender, identifier, rest = triple;
    struct utc ignored;
    return str_take_field(&rest, ',', &sender) && str_take_field(&rest, ',', &identifier) &&
           rest.at && is_plain(sender) && is_plain(identifier) && cap_time(rest, &ignored);
}

static void check_references(const struct xml_node *alert, enum cap_rules rules,
                             struct cap_findings *out)
{
    const struct xml_node *node = xml_find(alert, "references");
    bool first = str_is(text_at(alert, "msgType"), "Alert");
    struct str rest = rules == CAP_OURS ? str_of(xml_text(node)) : xml_trimmed(node), triple;
    if (!first && rest.len == 0)
        cap_say(out, true, alert, "msgType %.10s wants references",
                xml_text(xml_find(alert, "msgType")));
    if (first && node && rules == CAP_OURS)
        cap_say(out, true, node, "msgType Alert begins a thread: no references");
    while (rest.len && str_take_field(&rest, ' ', &triple)) {
        if (rules == CAP_FOREIGN && str_trim(triple).len == 0)
            continue;
        if (!is_reference(rules == CAP_OURS ? triple : str_trim(triple)))
            cap_say(out, true, node, "references: \"%.*s\" is no sender,identifier,sent",
                    (int)(triple.len < 60 ? triple.len : 60), triple.at);
    }
}

// --- one info
// -----------------------------------------------------------------------------------------

static bool time_at(const struct xml_node *node, const char *name, struct utc *out)
{
    return cap_time(text_at(node, name), out);
}

static void check_times(const struct xml_node *alert, const struct xml_node *info,
                        enum cap_rules rules, struct cap_findings *out)
{
    struct utc sent, effective, onset, expires;
    if (!time_at(alert, "sent", &sent))
        return;
    if (!time_at(info, "effective", &effective))
        effective = sent;
    bool ends = time_at(info, "expires", &expires);
    if (effective.s < sent.s - DAY)
        cap_say(out, true, info, "effective is more than a day before sent");
    if (ends && expires.s <= effective.s)
        cap_say(out, true, info, "expires is not after effective");
    if (ends && time_at(info, "onset", &onset) && onset.s > expires.s)
        cap_say(out, true, info, "onset is after expires");
    if (!ends && rules == CAP_OURS)
        cap_say(out, true, info, "expires is missing");
}

static size_t letters(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
    return count;
}

static void check_words(const struct xml_node *node, struct cap_findings *out)
{
    AUTO(buf_free) struct buf nfc = buf_new(XML_BYTES_MAX);
    struct err why = {0};
    struct str text = str_of(xml_text(node));
    if (text_nfc(text, &nfc, &why))
        cap_say(out, true, node, "%s: %.100s", xml_name(node), why.text);
    else if (!str_same(text, buf_slice(&nfc)))
        cap_say(out, true, node, "%s is not in NFC", xml_name(node));
}

bool cap_asks_for_action(const char *response)
{
    return strcmp(response, "None") != 0 && strcmp(response, "AllClear") != 0 &&
           strcmp(response, "Assess") != 0;
}

static bool asks_for_action(const struct xml_node *info)
{
    for (const struct xml_node *node = xml_find(info, "responseType"); node;
         node = xml_again(node)) {
        if (cap_asks_for_action(xml_text(node)))
            return true;
    }
    return false;
}

static void check_our_info(const struct xml_node *alert, const struct xml_node *info,
                           struct cap_findings *out)
{
    static const char *const needed[] = {"senderName", "headline", "description"};
    static const char *const words[] = {"event", "senderName", "headline", "description",
                                        "instruction"};
    struct str headline = text_at(info, "headline");
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (!has_text(info, needed[i]))
            cap_say(out, true, info, "%s is missing or empty", needed[i]);
    }
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        const struct xml_node *node = xml_find(info, words[i]);
        if (node)
            check_words(node, out);
    }
    if (letters(headline) > HEADLINE_MAX)
        cap_say(out, true, info, "headline has %zu letters, at most %d", letters(headline),
                HEADLINE_MAX);
    if (asks_for_action(info) && !has_text(info, "instruction"))
        cap_say(out, true, info, "responseType asks for an action, instruction does not say how");
    if (str_is(text_at(alert, "status"), "Exercise") && !str_starts(headline, "[DIỄN TẬP]") &&
        !str_starts(headline, "[DRILL]"))
        cap_say(out, true, info, "status Exercise: the headline does not begin with the mark");
    if (!xml_find(info, "area"))
        cap_say(out, true, info, "area is missing");
    for (const struct xml_node *area = xml_find(info, "area"); area; area = xml_again(area)) {
        if (!has_text(area, "geocode/value"))
            cap_say(out, true, area, "area has no geocode");
    }
}

// --- all infos
// ----------------------------------------------------------------------------------------

// The texts of all elements of a name, in their order.
static void gather(const struct xml_node *info, const char *name, struct buf *out)
{
    for (const struct xml_node *node = xml_find(info, name); node; node = xml_again(node)) {
        buf_str(out, xml_trimmed(node));
        buf_char(out, '\n');
        for (const struct xml_node *in = xml_first(node); in; in = xml_next(in)) {
            if (xml_is(in, "areaDesc"))
                continue; // in its own language
            buf_str(out, xml_trimmed(in));
            buf_str(out, text_at(in, "valueName"));
            buf_str(out, text_at(in, "value"));
            buf_char(out, '\n');
        }
    }
}

// The same facts in every language: who reads only one must not know less.
static void check_same(const struct xml_node *first, struct cap_findings *out)
{
    static const char *const names[] = {"category", "urgency", "severity",  "certainty",
                                        "onset",    "expires", "effective", "area"};
    for (const struct xml_node *info = xml_again(first); info; info = xml_again(info)) {
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            AUTO(buf_free) struct buf a = buf_new(XML_BYTES_MAX);
            AUTO(buf_free) struct buf b = buf_new(XML_BYTES_MAX);
            gather(first, names[i], &a);
            gather(info, names[i], &b);
            if (!str_same(buf_slice(&a), buf_slice(&b)))
                cap_say(out, true, info, "%s is not that of the first info", names[i]);
        }
    }
}

static void check_languages(const struct xml_node *alert, struct cap_findings *out)
{
    const struct xml_node *first = xml_find(alert, "info");
    bool english = false;
    if (!first) {
        cap_say(out, true, alert, "info is missing");
        return;
    }
    if (!str_is(text_at(first, "language"), "vi-VN"))
        cap_say(out, true, first, "the first info must be in vi-VN");
    for (const struct xml_node *info = first; info; info = xml_again(info))
        english |= str_is(text_at(info, "language"), "en");
    if (!english)
        cap_say(out, true, alert, "an info in en is missing");
    check_same(first, out);
}

void cap_check(const struct xml *xml, enum cap_rules rules, struct cap_findings *out)
{
    const struct xml_node *alert = xml_root(xml);
    memset(out, 0, sizeof(*out));
    if (!cap_check_form(alert, out) || out->errors)
        return;
    check_head(alert, rules, out);
    check_references(alert, rules, out);
    for (const struct xml_node *info = xml_find(alert, "info"); info; info = xml_again(info)) {
        check_times(alert, info, rules, out);
        for (const struct xml_node *area = xml_find(info, "area"); area; area = xml_again(area))
            cap_check_place(area, rules, out);
        if (rules == CAP_OURS)
            check_our_info(alert, info, out);
    }
    // What is withdrawn may go without words.
    bool bare = str_is(text_at(alert, "msgType"), "Cancel") && !xml_find(alert, "info");
    if (rules == CAP_OURS && !bare)
        check_languages(alert, out);
}

enum err_kind cap_verdict(const struct cap_findings *findings, const char *name, struct err *err)
{
    size_t known = findings->count < CAP_FINDINGS_MAX ? findings->count : CAP_FINDINGS_MAX;
    for (size_t i = 0; findings->errors && i < known; i++) {
        const struct cap_finding *finding = &findings->at[i];
        if (finding->is_error)
            return err_set(err, ERR_INPUT, "%s:%zu: %s", name, finding->line, finding->text);
    }
    return findings->errors ? err_set(err, ERR_INPUT, "%s is no good alert", name) : OK;
}
