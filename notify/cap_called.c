#include "notify/cap_called.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/yaml.h"
#include "notify/cap_check.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

// The words that every policy has, and a stage may have.
static const struct {
    const char *key;
    size_t at;
} words[] = {
    {"event_vi", offsetof(struct cap_called, event_vi)},
    {"event_en", offsetof(struct cap_called, event_en)},
    {"code", offsetof(struct cap_called, code)},
    {"category", offsetof(struct cap_called, category)},
    {"severity", offsetof(struct cap_called, severity)},
    {"urgency", offsetof(struct cap_called, urgency)},
    {"certainty", offsetof(struct cap_called, certainty)},
    {"response", offsetof(struct cap_called, response)},
};
static const char *const policy_keys[] = {
    "event_vi",  "event_en", "code",           "category",       "severity", "urgency",
    "certainty", "response", "instruction_vi", "instruction_en", "stages",   NULL};
static const char *const stage_keys[] = {"event_vi",  "event_en", "code",
                                         "category",  "severity", "urgency",
                                         "certainty", "response", NULL};

static void put(char out[CAP_CALLED_BYTES_MAX], struct str text)
{
    (void)snprintf(out, CAP_CALLED_BYTES_MAX, STR_FMT, STR_ARG(text));
}

static enum err_kind read_word(const struct yaml *of, const char *key,
                               char out[CAP_CALLED_BYTES_MAX], struct err *err)
{
    struct str text;
    if (yaml_need_text(of, key, &text, err))
        return err_of(err);
    if (text.len >= CAP_CALLED_BYTES_MAX)
        return yaml_refuse(yaml_get(of, key), err, "%s has %zu bytes; at most %d are written", key,
                           text.len, CAP_CALLED_BYTES_MAX - 1);
    put(out, text);
    return OK;
}

// The words that a stage has itself.
static enum err_kind read_own(const struct yaml *of, struct cap_called *out, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (yaml_get(of, words[i].key) &&
            read_word(of, words[i].key, (char *)out + words[i].at, err))
            return err_of(err);
    }
    return OK;
}

// Each stage that is named is looked at, so that a slip is found before that stage is on.
static enum err_kind check_stages(const struct yaml *stages, struct err *err)
{
    if (stages->kind != YAML_MAP)
        return yaml_refuse(stages, err, "stages are {NAME: {certainty: Observed, ...}}");
    for (size_t i = 0; i < stages->count; i++) {
        if (stages->item[i]->kind != YAML_MAP)
            return yaml_refuse(stages->item[i], err,
                               "the words of a stage are {certainty: Observed, ...}");
        AUTO(mem_drop) struct cap_called *ignored = mem_new(1, sizeof(*ignored));
        if (yaml_check_keys(stages->item[i], stage_keys, err) ||
            read_own(stages->item[i], ignored, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind read_stage(const struct yaml *of, const struct doc *body,
                                struct cap_called *out, struct err *err)
{
    const struct yaml *stages = yaml_get(of, "stages");
    const char *name = doc_text(doc_get(body, "stage"), NULL);
    if (stages && check_stages(stages, err))
        return err_of(err);
    if (!name)
        return OK;
    if (doc_bool(doc_get(body, "measured"), false)) {
        put(out->urgency, str_of("Immediate"));
        put(out->certainty, str_of("Observed"));
    }
    const struct yaml *own = stages ? yaml_get(stages, name) : NULL;
    return own ? read_own(own, out, err) : OK;
}

static enum err_kind read_instruction(const struct yaml *of, const struct doc *body,
                                      struct cap_called *out, struct err *err)
{
    const struct doc *actions = doc_get(body, "actions"), *text = doc_get(actions, "text");
    if (!actions && yaml_get(of, "instruction_vi") && yaml_get(of, "instruction_en"))
        return read_word(of, "instruction_vi", out->how_vi, err) ||
                       read_word(of, "instruction_en", out->how_en, err)
                   ? err_of(err)
                   : OK;
    if (!actions) {
        if (cap_asks_for_action(out->response))
            out->response[0] = '\0';
        return OK;
    }
    put(out->how_vi, str_of(doc_text(doc_get(text, "vi"), "")));
    put(out->how_en, str_of(doc_text(doc_get(text, "en"), "")));
    // Now is no time to prepare: another word of cap.yaml, as Evacuate, stays.
    const char *step = doc_text(doc_get(actions, "step"), "");
    if (strcmp(step, "prepare") == 0)
        put(out->response, str_of("Prepare"));
    else if (strcmp(step, "now") == 0 && strcmp(out->response, "Prepare") == 0)
        put(out->response, str_of("Execute"));
    return OK;
}

enum err_kind cap_called_read(const struct yaml *of, const struct doc *body, struct cap_called *out,
                              struct err *err)
{
    if (of->kind != YAML_MAP)
        return yaml_refuse(of, err, "the words of a policy are {event_vi: ..., code: ..., ...}");
    if (yaml_check_keys(of, policy_keys, err))
        return err_of(err);
    out->how_vi[0] = out->how_en[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (read_word(of, words[i].key, (char *)out + words[i].at, err))
            return err_of(err);
    }
    if (read_stage(of, body, out, err))
        return err_of(err);
    return body ? read_instruction(of, body, out, err) : OK;
}
