#include "core/mem.h"
#include "core/xml.h"
#include "notify/cap_check.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// The elements of CAP 1.2 in their order, as the schema of OASIS has them.

const char cap_namespace[] = "urn:oasis:names:tc:emergency:cap:1.2";
static const char signature_namespace[] = "http://www.w3.org/2000/09/xmldsig#";

// `values`: words that may stand there, each with a blank before and behind; or one of these.
static const char TIME[] = "time", LANGUAGE[] = "language", NUMBER[] = "number";

struct part {
    const char *name;
    bool is_needed, is_many;
    const char *values;       // NULL: any text
    const struct part *parts; // NULL: no elements within
};

static const struct part pair[] = {
    {"valueName", true, false, NULL, NULL}, {"value", true, false, NULL, NULL}, {0}};

static const struct part area[] = {{"areaDesc", true, false, NULL, NULL},
                                   {"polygon", false, true, NULL, NULL},
                                   {"circle", false, true, NULL, NULL},
                                   {"geocode", false, true, NULL, pair},
                                   {"altitude", false, false, NUMBER, NULL},
                                   {"ceiling", false, false, NUMBER, NULL},
                                   {0}};

static const struct part resource[] = {{"resourceDesc", true, false, NULL, NULL},
                                       {"mimeType", true, false, NULL, NULL},
                                       {"size", false, false, NUMBER, NULL},
                                       {"uri", false, false, NULL, NULL},
                                       {"derefUri", false, false, NULL, NULL},
                                       {"digest", false, false, NULL, NULL},
                                       {0}};

static const struct part info[] = {
    {"language", false, false, LANGUAGE, NULL},
    {"category", true, true,
     " Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other ", NULL},
    {"event", true, false, NULL, NULL},
    {"responseType", false, true,
     " Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None ", NULL},
    {"urgency", true, false, " Immediate Expected Future Past Unknown ", NULL},
    {"severity", true, false, " Extreme Severe Moderate Minor Unknown ", NULL},
    {"certainty", true, false, " Observed Likely Possible Unlikely Unknown ", NULL},
    {"audience", false, false, NULL, NULL},
    {"eventCode", false, true, NULL, pair},
    {"effective", false, false, TIME, NULL},
    {"onset", false, false, TIME, NULL},
    {"expires", false, false, TIME, NULL},
    {"senderName", false, false, NULL, NULL},
    {"headline", false, false, NULL, NULL},
    {"description", false, false, NULL, NULL},
    {"instruction", false, false, NULL, NULL},
    {"web", false, false, NULL, NULL},
    {"contact", false, false, NULL, NULL},
    {"parameter", false, true, NULL, pair},
    {"resource", false, true, NULL, resource},
    {"area", false, true, NULL, area},
    {0}};

static const struct part alert[] = {
    {"identifier", true, false, NULL, NULL},
    {"sender", true, false, NULL, NULL},
    {"sent", true, false, TIME, NULL},
    {"status", true, false, " Actual Exercise System Test Draft ", NULL},
    {"msgType", true, false, " Alert Update Cancel Ack Error ", NULL},
    {"source", false, false, NULL, NULL},
    {"scope", true, false, " Public Restricted Private ", NULL},
    {"restriction", false, false, NULL, NULL},
    {"addresses", false, false, NULL, NULL},
    {"code", false, true, NULL, NULL},
    {"note", false, false, NULL, NULL},
    {"references", false, false, NULL, NULL},
    {"incidents", false, false, NULL, NULL},
    {"info", false, true, NULL, info},
    {0}};

void cap_say(struct cap_findings *out, bool is_error, const struct xml_node *node, const char *text,
             ...)
{
    out->errors += is_error;
    if (out->count++ >= CAP_FINDINGS_MAX)
        return;
    struct cap_finding *finding = &out->at[out->count - 1];
    finding->is_error = is_error;
    finding->line = node ? xml_line(node) : 0;
    va_list values;
    va_start(values, text);
    (void)vsnprintf(finding->text, sizeof(finding->text), text, values);
    va_end(values);
}

bool cap_time(struct str text, struct utc *out)
{
    struct err ignored = {0};
    // The schema of OASIS means "-00:00" and "+07:00"; its pattern takes a comma too, we do not.
    return text.len == 25 && (text.at[19] == '+' || text.at[19] == '-') &&
           utc_parse(text, out, &ignored) == OK;
}

static bool is_language(struct str tag)
{
    size_t run = 0;
    for (size_t i = 0; i < tag.len; i++) {
        unsigned char c = (unsigned char)tag.at[i];
        if (c == '-' && run > 0)
            run = 0;
        else if (isalnum(c) && run < 8)
            run++;
        else
            return false;
    }
    return run > 0;
}

static bool is_number(struct str text)
{
    if (text.len && (*text.at == '-' || *text.at == '+'))
        text = (struct str){text.at + 1, text.len - 1};
    size_t points = str_count(text, '.'), digits = 0;
    for (size_t i = 0; i < text.len; i++)
        digits += isdigit((unsigned char)text.at[i]) != 0;
    return digits > 0 && points <= 1 && digits + points == text.len;
}

static bool has_value(const char *values, const struct xml_node *node)
{
    struct str text = str_of(xml_text(node));
    struct utc ignored;
    char word[32];
    if (!values)
        return true;
    if (values == TIME)
        return cap_time(str_trim(text), &ignored);
    if (values == LANGUAGE)
        return is_language(str_trim(text));
    if (values == NUMBER)
        return is_number(str_trim(text));
    int len = snprintf(word, sizeof(word), " " STR_FMT " ", STR_ARG(text));
    return len > 2 && (size_t)len < sizeof(word) && strchr(text.at, ' ') == NULL &&
           strstr(values, word) != NULL;
}

static void check_value(const struct part *part, const struct xml_node *node,
                        struct cap_findings *out)
{
    if (!has_value(part->values, node))
        cap_say(out, true, node, "%s: \"%.60s\" cannot stand there", part->name, xml_text(node));
    if (!part->parts && xml_first(node))
        cap_say(out, true, node, "%s has elements in it", part->name);
}

static const struct part *find_part(const struct part *parts, const char *name)
{
    while (parts->name && strcmp(parts->name, name) != 0)
        parts++;
    return parts->name ? parts : NULL;
}

// Needed parts that were passed over on the way from `from` to `to` (NULL: the end).
static void check_passed(const struct part *from, const struct part *to, bool seen,
                         const struct xml_node *node, struct cap_findings *out)
{
    for (const struct part *part = from; part->name && part != to; part++) {
        if (part->is_needed && !(part == from && seen))
            cap_say(out, true, node, "%s is missing", part->name);
    }
}

// The elements within one element. Depth is that of the tables: three. What stands behind the
// first element out of place is not looked at.
static void check_parts(const struct xml_node *node, const struct part *parts,
                        struct cap_findings *out) // NOLINT(misc-no-recursion)
{
    const struct part *at = parts;
    bool seen = false;
    const struct xml_node *child = xml_first(node);
    for (; child; child = xml_next(child)) {
        if (parts == alert && strcmp(xml_space(child), signature_namespace) == 0)
            break;
        const struct part *part =
            strcmp(xml_space(child), cap_namespace) == 0 ? find_part(at, xml_name(child)) : NULL;
        if (!part || (part == at && seen && !part->is_many)) {
            cap_say(out, true, child, "%.40s cannot stand here, in %s", xml_name(child),
                    xml_name(node));
            return;
        }
        if (part != at)
            check_passed(at, part, seen, child, out);
        at = part;
        seen = true;
        check_value(part, child, out);
        if (part->parts)
            check_parts(child, part->parts, out);
    }
    check_passed(at, NULL, seen, node, out);
    for (; child; child = xml_next(child)) {
        if (strcmp(xml_space(child), signature_namespace) != 0)
            cap_say(out, true, child, "%.40s cannot stand behind a signature", xml_name(child));
    }
}

bool cap_check_form(const struct xml_node *root, struct cap_findings *out)
{
    if (!xml_is(root, "alert") || strcmp(xml_space(root), cap_namespace) != 0) {
        cap_say(out, true, root, "this is {%.60s}%.20s, an alert of CAP 1.2 is wanted",
                xml_space(root), xml_name(root));
        return false;
    }
    check_parts(root, alert, out);
    return true;
}
