#include "policies/state_text.h"

#include "policies/actions.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "policies/when.h"

void state_text_lowered(const struct policy *policy, const struct message_values *values,
                        enum language language, struct buf *out)
{
    const struct part *stage = policy_stage(policy, values->stage);
    bool vi = language == LANGUAGE_VI;
    if (stage)
        buf_print(out, vi ? ", hạ xuống mức %s" : ", lowered to %s", part_title(stage, language));
    else
        buf_text(out, vi ? ", hạ cấp" : ", lowered");
}

// The title up to the comma, which is what comes, and the place.
static void say_place(const struct policy *policy, const struct message_values *values,
                      enum language language, struct buf *out)
{
    const char *title = policy->title.at[language];
    buf_print(out, "%.*s: %s", (int)message_title_head(title), title, values->commune);
    message_former(values, language_names[language], out);
}

void state_text_over(const struct policy *policy, const struct message_values *values,
                     enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    say_place(policy, values, language, out);
    buf_text(out, vi ? ", hết cảnh báo lúc " : ", over at ");
    when_say(values->issued, language, out);
    buf_char(out, '.');
}

void state_text_kept(const struct policy *policy, const struct message_values *values,
                     enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    const struct actions *actions = actions_of(policy, values->stage);
    say_place(policy, values, language, out);
    state_text_lowered(policy, values, language, out);
    buf_text(out, vi ? " lúc " : " at ");
    when_say(values->issued, language, out);
    buf_text(out, vi ? ", chưa hết cảnh báo." : ", not over.");
    if (actions) {
        buf_char(out, ' ');
        actions_say(actions, language, out);
        buf_char(out, '.');
    }
    buf_text(out, vi ? " Tin sau trước " : " Next by ");
    when_say_beside(values->next, values->issued, language, out);
    buf_char(out, '.');
}
