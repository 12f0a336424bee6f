#include "policies/actions.h"

#include "core/yaml.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "policies/shape.h"

#include <string.h>

enum { ACTIONS_BYTES_MAX = 200 };

const char *const action_steps[] = {"prepare", "now", NULL};

static const char *const step_words[][LANGUAGES] = {
    [ACTION_PREPARE] = {[LANGUAGE_VI] = "Chuẩn bị", [LANGUAGE_EN] = "Prepare"},
    [ACTION_NOW] = {[LANGUAGE_VI] = "Làm ngay", [LANGUAGE_EN] = "Act now"},
};

enum err_kind actions_check(const char *text, struct err *err)
{
    const char *mixed = message_mixed(text);
    if (str_trim(str_of(text)).len == 0)
        return err_set(err, ERR_INPUT, "no action at all; write one or two actions");
    if (mixed)
        return err_set(err, ERR_INPUT,
                       "\"%s\" belongs into advertising, which is never mixed with warnings and "
                       "payouts; take it out",
                       mixed);
    if (strpbrk(text, "{}"))
        return err_set(err, ERR_INPUT,
                       "actions have no placeholders: they are the same at every place; take the "
                       "braces out");
    if (strlen(text) > ACTIONS_BYTES_MAX)
        return err_set(err, ERR_INPUT, "longer than %d bytes; write one or two actions",
                       ACTIONS_BYTES_MAX);
    return OK;
}

void actions_free(struct actions *actions)
{
    field_texts_free(&actions->texts);
    actions->there = false;
}

enum err_kind actions_read(const struct yaml *map, struct actions *out, struct err *err)
{
    const struct yaml *at = yaml_get(map, "actions");
    size_t step = 0;
    if (!at)
        return OK;
    if (at->kind != YAML_MAP)
        return yaml_refuse(at, err, "actions are {step: prepare, vi: ..., en: ...}");
    if (shape_check(at, SHAPE_ACTIONS, err) || field_choice(at, "step", action_steps, &step, err))
        return err_of(err);
    for (size_t i = 0; i < LANGUAGES; i++) {
        struct err why = {0};
        struct str text;
        if (yaml_need_text(at, language_names[i], &text, err))
            return err_of(err);
        out->texts.at[i] = str_copy(text);
        if (actions_check(out->texts.at[i], &why))
            return yaml_refuse(yaml_get(at, language_names[i]), err, "%s", why.text);
    }
    out->step = (enum action_step)step;
    out->there = true;
    return OK;
}

const struct actions *actions_of(const struct policy *policy, const char *stage)
{
    if (!policy->stages)
        return policy->actions.there ? &policy->actions : NULL;
    const struct part *part = policy_stage(policy, stage);
    return part && part->actions.there ? &part->actions : NULL;
}

bool actions_there(const struct policy *policy)
{
    return policy->stages ? policy->parts > 0 && policy->part[0].actions.there
                          : policy->actions.there;
}

const char *actions_step(const struct actions *actions, enum language language)
{
    return step_words[actions->step][language];
}

void actions_say(const struct actions *actions, enum language language, struct buf *out)
{
    buf_print(out, "%s: %s", step_words[actions->step][language], actions->texts.at[language]);
}
