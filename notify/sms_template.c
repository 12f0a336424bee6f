#include "notify/sms_template.h"

#include "core/doc.h"
#include "core/http.h"
#include "core/mem.h"
#include "core/yaml.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_MAX = 16, CODES_MAX = 100, REPORTS_MAX = 20, TERMS_MAX = 6 };

enum form { FORM_JSON, FORM_FORM };

struct term {
    char *name, *value;
};

struct sms_template {
    char *method, *url, *body, *code_path, *id_path, *report_ref, *report_request;
    char *check_url, *check_code, *check_open; // NULL: the file has no "check"
    enum form form;
    char *header[HEADERS_MAX];
    size_t headers;
    struct {
        char *code;
        enum outcome outcome;
    } code[CODES_MAX];
    size_t codes;
    enum outcome other; // of a code that is not in the list
    struct {
        struct term term[TERMS_MAX];
        size_t terms;
        enum evidence_kind kind;
    } report[REPORTS_MAX];
    size_t reports;
};

void sms_template_free(struct sms_template **template)
{
    struct sms_template *t = *template;
    if (!t)
        return;
    char **texts[] = {&t->method,     &t->url,        &t->body,           &t->code_path,
                      &t->id_path,    &t->report_ref, &t->report_request, &t->check_url,
                      &t->check_code, &t->check_open};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        mem_free(texts[i]);
    for (size_t i = 0; i < t->headers; i++)
        mem_free(&t->header[i]);
    for (size_t i = 0; i < t->codes; i++)
        mem_free(&t->code[i].code);
    for (size_t i = 0; i < t->reports; i++) {
        for (size_t k = 0; k < t->report[i].terms; k++) {
            mem_free(&t->report[i].term[k].name);
            mem_free(&t->report[i].term[k].value);
        }
    }
    mem_free(template);
}

// --- reading the file
// ---------------------------------------------------------------------------------

static const char *const placeholder_names[] = {"to",       "text",   "sender",  "request",
                                                "callback", "secret", "unicode", NULL};

static bool is_placeholder(struct str name)
{
    for (size_t i = 0; placeholder_names[i]; i++) {
        if (str_is(name, placeholder_names[i]))
            return true;
    }
    return false;
}

// A word in braces that is all letters must be a placeholder; other braces are JSON's.
static enum err_kind check_placeholders(const struct yaml *node, struct err *err)
{
    for (const char *at = node->text.at;
         (at = memchr(at, '{', node->text.len - (size_t)(at - node->text.at))); at++) {
        size_t left = node->text.len - (size_t)(at - node->text.at) - 1, len = 0;
        while (len < left && islower((unsigned char)at[1 + len]))
            len++;
        struct str name = {at + 1, len};
        if (len && len < left && at[1 + len] == '}' && !is_placeholder(name))
            return yaml_refuse(node, err,
                               "{" STR_FMT "} is no placeholder; write to, text, sender, request, "
                               "callback, secret or unicode",
                               STR_ARG(name));
    }
    return OK;
}

static enum err_kind read_text(const struct yaml *map, const char *key, char **out, struct err *err)
{
    const struct yaml *node;
    if (yaml_need(map, key, YAML_TEXT, &node, err) || check_placeholders(node, err))
        return err_of(err);
    *out = str_copy(node->text);
    return OK;
}

static enum err_kind read_optional(const struct yaml *map, const char *key, char **out,
                                   struct err *err)
{
    if (yaml_get(map, key))
        return read_text(map, key, out, err);
    *out = mem_text("");
    return OK;
}

static enum err_kind read_headers(const struct yaml *send, struct sms_template *out,
                                  struct err *err)
{
    const struct yaml *map = yaml_get(send, "headers");
    if (!map)
        return OK;
    if (map->kind != YAML_MAP || map->count > HEADERS_MAX)
        return yaml_refuse(map, err, "headers are wanted here as \"Name: value\", at most %d",
                           HEADERS_MAX);
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *value = map->item[i];
        if (value->kind != YAML_TEXT || memchr(value->text.at, '\n', value->text.len))
            return yaml_refuse(value, err, "a header is one line");
        if (check_placeholders(value, err))
            return err_of(err);
        AUTO(buf_free) struct buf line = buf_new(4096);
        buf_print(&line, STR_FMT ": " STR_FMT, STR_ARG(map->key[i]->text), STR_ARG(value->text));
        out->header[out->headers++] = buf_take(&line);
    }
    return OK;
}

static enum err_kind read_send(const struct yaml *root, struct sms_template *out, struct err *err)
{
    static const char *const keys[] = {"method", "url",  "headers", "form",
                                       "body",   "code", "id",      NULL};
    static const char *const forms[] = {"json", "form", NULL};
    const struct yaml *send, *form;
    size_t choice;
    if (yaml_need(root, "send", YAML_MAP, &send, err) || yaml_check_keys(send, keys, err) ||
        read_text(send, "method", &out->method, err) || read_text(send, "url", &out->url, err) ||
        read_headers(send, out, err) || yaml_need(send, "form", YAML_TEXT, &form, err) ||
        yaml_choice(form, forms, &choice, err) || read_optional(send, "body", &out->body, err) ||
        read_text(send, "code", &out->code_path, err) ||
        read_optional(send, "id", &out->id_path, err))
        return err_of(err);
    out->form = (enum form)choice;
    return OK;
}

static enum err_kind read_check(const struct yaml *root, struct sms_template *out, struct err *err)
{
    static const char *const keys[] = {"url", "code", "open", NULL};
    const struct yaml *check = yaml_get(root, "check");
    if (!check)
        return OK;
    if (check->kind != YAML_MAP)
        return yaml_refuse(check, err, "url, code and open are wanted here");
    if (yaml_check_keys(check, keys, err) || read_text(check, "url", &out->check_url, err) ||
        read_text(check, "code", &out->check_code, err) ||
        read_text(check, "open", &out->check_open, err))
        return err_of(err);
    return OK;
}

static enum err_kind read_codes(const struct yaml *root, struct sms_template *out, struct err *err)
{
    static const struct {
        const char *name;
        enum outcome outcome;
    } outcomes[] = {{"done", OUTCOME_DONE},       {"busy", OUTCOME_BUSY},
                    {"down", OUTCOME_DOWN},       {"retry", OUTCOME_RETRY},
                    {"unknown", OUTCOME_UNKNOWN}, {"refused", OUTCOME_REFUSED}};
    const char *names[COUNT_OF(outcomes) + 1] = {0};
    const struct yaml *map;
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        names[i] = outcomes[i].name;
    out->other = OUTCOME_UNKNOWN;
    if (yaml_need(root, "codes", YAML_MAP, &map, err))
        return err_of(err);
    if (map->count > CODES_MAX)
        return yaml_refuse(map, err, "more than %d codes", CODES_MAX);
    for (size_t i = 0; i < map->count; i++) {
        size_t choice;
        if (yaml_choice(map->item[i], names, &choice, err))
            return err_of(err);
        if (str_is(map->key[i]->text, "other")) {
            out->other = outcomes[choice].outcome;
            continue;
        }
        out->code[out->codes].code = str_copy(map->key[i]->text);
        out->code[out->codes++].outcome = outcomes[choice].outcome;
    }
    return OK;
}

static enum err_kind read_report(const struct yaml *node, struct sms_template *out, struct err *err)
{
    static const char *const keys[] = {"when", "is", NULL};
    static const char *const kinds[] = {"accepted", "buffered", "delivered", "failed", NULL};
    const struct yaml *when, *is;
    size_t choice, at = out->reports;
    if (node->kind != YAML_MAP)
        return yaml_refuse(node, err, "\"when\" and \"is\" are wanted here");
    if (yaml_check_keys(node, keys, err) || yaml_need(node, "when", YAML_MAP, &when, err) ||
        yaml_need(node, "is", YAML_TEXT, &is, err) || yaml_choice(is, kinds, &choice, err))
        return err_of(err);
    if (when->count > TERMS_MAX)
        return yaml_refuse(when, err, "more than %d conditions", TERMS_MAX);
    out->reports++;
    out->report[at].kind = (enum evidence_kind)(choice + EVIDENCE_ACCEPTED);
    for (size_t i = 0; i < when->count; i++) {
        if (when->item[i]->kind != YAML_TEXT)
            return yaml_refuse(when->item[i], err, "a value is wanted here");
        out->report[at].term[i] =
            (struct term){str_copy(when->key[i]->text), str_copy(when->item[i]->text)};
        out->report[at].terms++;
    }
    return OK;
}

static enum err_kind read_reports(const struct yaml *root, struct sms_template *out,
                                  struct err *err)
{
    static const char *const keys[] = {"ref", "request", "states", NULL};
    const struct yaml *reports = yaml_get(root, "reports"), *states;
    if (!reports)
        return OK;
    if (reports->kind != YAML_MAP)
        return yaml_refuse(reports, err, "ref or request, and states are wanted here");
    if (yaml_check_keys(reports, keys, err) ||
        read_optional(reports, "ref", &out->report_ref, err) ||
        read_optional(reports, "request", &out->report_request, err) ||
        yaml_need(reports, "states", YAML_LIST, &states, err))
        return err_of(err);
    if (!*out->report_ref && !*out->report_request)
        return yaml_refuse(reports, err,
                           "\"ref\" or \"request\" is wanted: the parameter that "
                           "names the message");
    if (states->count > REPORTS_MAX)
        return yaml_refuse(states, err, "more than %d states", REPORTS_MAX);
    for (size_t i = 0; i < states->count; i++) {
        if (read_report(states->item[i], out, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind sms_template_load(const char *path, struct sms_template **out, struct err *err)
{
    static const char *const keys[] = {"gong_sms_http", "title",   "send", "check",
                                       "codes",         "reports", NULL};
    AUTO(sms_template_free) struct sms_template *made = mem_new(1, sizeof(*made));
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    struct str version, title;
    if (yaml_load(path, &file, err))
        return err_of(err);
    const struct yaml *root = yaml_root(file);
    if (root->kind != YAML_MAP)
        return yaml_refuse(root, err, "\"gong_sms_http: 1\" and the rest are wanted here");
    if (yaml_check_keys(root, keys, err) || yaml_need_text(root, "gong_sms_http", &version, err) ||
        yaml_need_text(root, "title", &title, err) || read_send(root, made, err) ||
        read_check(root, made, err) || read_codes(root, made, err) || read_reports(root, made, err))
        return err_of(err);
    if (!str_is(version, "1"))
        return yaml_refuse(yaml_get(root, "gong_sms_http"), err, "this gong reads version 1");
    *out = TAKE(made);
    return OK;
}

// --- the request
// ---------------------------------------------------------------------------------------

enum place { PLACE_ADDRESS, PLACE_JSON, PLACE_LINE };

static void put_json(struct buf *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\')
            buf_print(out, "\\%c", c);
        else if (c < 0x20)
            buf_print(out, "\\u%04x", c);
        else
            buf_char(out, *at);
    }
}

static void put_value(struct buf *out, const char *text, enum place place)
{
    switch (place) {
    case PLACE_ADDRESS:
        http_escape(out, str_of(text));
        break;
    case PLACE_JSON:
        put_json(out, text);
        break;
    case PLACE_LINE: // a header: one line
        buf_add(out, text, strcspn(text, "\r\n"));
        break;
    }
}

static const char *value_of(const struct sms_template_values *values, struct str name)
{
    const struct {
        const char *name, *value;
    } all[] = {{"to", values->to},
               {"text", values->text},
               {"sender", values->sender},
               {"request", values->request},
               {"callback", values->callback},
               {"secret", values->secret},
               {"unicode", values->unicode ? "1" : "0"}};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (str_is(name, all[i].name))
            return all[i].value;
    }
    return NULL;
}

static void fill_in(const char *text, const struct sms_template_values *values, enum place place,
                    struct buf *out)
{
    while (*text) {
        size_t plain = strcspn(text, "{");
        buf_add(out, text, plain);
        text += plain;
        if (!*text)
            return;
        size_t len = strcspn(text + 1, "{}");
        const char *value =
            text[1 + len] == '}' ? value_of(values, (struct str){text + 1, len}) : NULL;
        if (value) {
            put_value(out, value, place);
            text += len + 2;
        } else {
            buf_char(out, *text++);
        }
    }
}

const char *sms_template_method(const struct sms_template *template)
{
    return template->method;
}

void sms_template_url(const struct sms_template *template, const struct sms_template_values *values,
                      struct buf *out)
{
    fill_in(template->url, values, PLACE_ADDRESS, out);
}

bool sms_template_check_url(const struct sms_template *template,
                            const struct sms_template_values *values, struct buf *out)
{
    if (!template->check_url)
        return false;
    fill_in(template->check_url, values, PLACE_ADDRESS, out);
    return true;
}

void sms_template_body(const struct sms_template *template,
                       const struct sms_template_values *values, struct buf *out)
{
    fill_in(template->body, values, template->form == FORM_JSON ? PLACE_JSON : PLACE_ADDRESS, out);
}

size_t sms_template_headers(const struct sms_template *template)
{
    return template->headers;
}

void sms_template_header(const struct sms_template *template, size_t i,
                         const struct sms_template_values *values, struct buf *out)
{
    fill_in(template->header[i], values, PLACE_LINE, out);
}

// --- what comes back
// -----------------------------------------------------------------------------------

// A text or whole number at a path; false when there is none.
static bool find_path(const struct doc *doc, const char *path, char *out, size_t size)
{
    struct str rest = str_of(path), name;
    while (doc && str_take_field(&rest, '.', &name)) {
        AUTO(mem_drop) char *key = str_copy(name);
        bool number = *key && strspn(key, "0123456789") == strlen(key);
        doc = doc_is_array(doc) && number ? doc_at(doc, strtoul(key, NULL, 10)) : doc_get(doc, key);
    }
    const char *text = doc_text(doc, NULL);
    if (text)
        return (size_t)snprintf(out, size, "%s", text) < size;
    if (!doc || doc_is_object(doc) || doc_is_array(doc) || doc_is_null(doc))
        return false;
    return (size_t)snprintf(out, size, "%lld", (long long)doc_int(doc, 0)) < size;
}

void sms_template_answer(const struct sms_template *template, struct str body,
                         struct sms_template_answer *out)
{
    AUTO(doc_free) struct doc *doc = NULL;
    struct err ignored = {0};
    *out = (struct sms_template_answer){.outcome = OUTCOME_UNKNOWN};
    if (doc_parse(body, "answer", &doc, &ignored) ||
        !find_path(doc, template->code_path, out->code, sizeof(out->code)))
        return;
    out->outcome = template->other;
    for (size_t i = 0; i < template->codes; i++) {
        if (strcmp(template->code[i].code, out->code) == 0)
            out->outcome = template->code[i].outcome;
    }
    if (*template->id_path &&
        (!find_path(doc, template->id_path, out->ref, sizeof(out->ref)) || strchr(out->ref, ' ')))
        *out->ref = '\0';
}

bool sms_template_is_open(const struct sms_template *template, struct str body, char code[32])
{
    AUTO(doc_free) struct doc *doc = NULL;
    struct err ignored = {0};
    if (doc_parse(body, "answer", &doc, &ignored) ||
        !find_path(doc, template->check_code, code, 32)) {
        *code = '\0';
        return false;
    }
    return strcmp(code, template->check_open) == 0;
}

static void copy_value(struct str value, char *out, size_t size)
{
    *out = '\0';
    if (value.at && value.len < size && !memchr(value.at, ' ', value.len) &&
        !memchr(value.at, '\0', value.len)) {
        memcpy(out, value.at, value.len);
        out[value.len] = '\0';
    }
}

bool sms_template_has_reports(const struct sms_template *template)
{
    return template->reports > 0;
}

bool sms_template_report(const struct sms_template *template,
                         struct str (*get)(const void *self, const char *name), const void *self,
                         struct sms_template_report *out)
{
    *out = (struct sms_template_report){0};
    for (size_t i = 0; i < template->reports && !out->kind; i++) {
        bool all = true;
        for (size_t k = 0; k < template->report[i].terms; k++) {
            const struct term *term = &template->report[i].term[k];
            all = all && str_is(get(self, term->name), term->value);
        }
        if (all)
            out->kind = template->report[i].kind;
    }
    if (!out->kind)
        return false;
    if (*template->report_ref)
        copy_value(get(self, template->report_ref), out->ref, sizeof(out->ref));
    if (*template->report_request)
        copy_value(get(self, template->report_request), out->request, sizeof(out->request));
    return *out->ref || *out->request;
}
