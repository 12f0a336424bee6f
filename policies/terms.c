#include "policies/terms.h"

#include "core/mem.h"
#include "policies/describe.h"
#include "policies/formula.h"
#include "policies/policy.h"
#include "policies/preset.h"

#include <inttypes.h>

enum { PART_WORDS_MAX = 1 << 20 };

static const char *pick(enum language language, const char *vi, const char *en)
{
    return language == LANGUAGE_VI ? vi : en;
}

// The words of a stage, condition, phase or circle: its title, and what belongs to it further in.
static void put_part(const struct part *part, enum language language, const struct buf *inner,
                     struct buf *out)
{
    struct str rest = buf_slice(inner), line;
    buf_print(out, "  — %s\n", part_title(part, language));
    while (str_take_line(&rest, &line))
        buf_print(out, "  " STR_FMT "\n", STR_ARG(line));
}

// --- alerts

// Where a threshold comes from; the policy was refused if there were no such row.
static void say_preset(const char *path, enum language language, struct buf *out)
{
    struct err err = {0};
    AUTO(preset_named_free) struct preset_named named = {0};
    if (!path[0] || preset_find(str_of(path), &named, &err))
        return;
    buf_text(out, " [");
    preset_say_row(&named, language, out);
    buf_char(out, ']');
}

static void say_trigger(const struct trigger_rule *trigger, enum unit unit, enum language language,
                        struct buf *out)
{
    buf_print(out, "  %s ", pick(language, "ngưỡng: chỉ số", "threshold: index"));
    describe_compared(out, trigger->compare, trigger->threshold_milli, unit, language);
    say_preset(trigger->preset, language, out);
}

static void say_models(const struct ensemble_rule *rule, enum language language, struct buf *out)
{
    static const char *const words[][LANGUAGES] = {
        [MODELS_ONE] = {"", ""},
        [MODELS_WEIGHTED] = {"tính theo trọng số", "weighted"},
        [MODELS_POOLED] = {"gộp mọi thành viên", "all members as one"},
        [MODELS_AGREE] = {"số mô hình phải đồng ý:", "models that must agree:"},
    };
    if (rule->how == MODELS_ONE)
        return;
    buf_print(out, "; %s", words[rule->how][language]);
    if (rule->how == MODELS_AGREE)
        buf_print(out, " %" PRId64, rule->agree);
    if (rule->how == MODELS_WEIGHTED) {
        buf_print(out, ", %s ", pick(language, "nguồn chính", "own source"));
        describe_share(out, rule->weight_milli, language);
    }
    for (size_t i = 0; i < rule->models; i++) {
        const struct model *model = &rule->model[i];
        buf_print(out,
                  language == LANGUAGE_VI ? "; %s: %" PRId64 " thành viên (ít nhất %" PRId64 ")"
                                          : "; %s: %" PRId64 " members (at least %" PRId64 ")",
                  model->source, model->members, model->minimum);
        if (model->weight_milli) {
            buf_char(out, ' ');
            describe_share(out, model->weight_milli, language);
        }
    }
}

static void say_members(const struct ensemble_rule *rule, enum language language, struct buf *out)
{
    if (rule->members == 0)
        return;
    if (rule->quantile_milli) {
        buf_print(out, "; %s ", pick(language, "xét phân vị", "of the quantile"));
        describe_share(out, rule->quantile_milli, language);
    } else {
        buf_print(out, "; %s ", pick(language, "khả năng", "probability"));
        describe_compared(out, rule->compare, rule->probability_milli * 100, UNIT_PERCENT,
                          language);
    }
    buf_print(out,
              language == LANGUAGE_VI ? " của %" PRId64 " thành viên (ít nhất %" PRId64 ")"
                                      : " of %" PRId64 " members (at least %" PRId64 ")",
              rule->members, rule->minimum);
    say_models(rule, language, out);
}

static void say_clear(const struct trigger_rule *clear, const struct ensemble_rule *members,
                      enum unit unit, enum language language, struct buf *out)
{
    if (!clear->there)
        return;
    buf_print(out, "; %s ", pick(language, "tắt khi", "speaks for off when"));
    if (members->members && !members->quantile_milli)
        describe_compared(out, clear->compare, clear->threshold_milli * 100, UNIT_PERCENT,
                          language);
    else
        describe_compared(out, clear->compare, clear->threshold_milli, unit, language);
}

static void say_conditions(const struct policy *policy, enum language language, struct buf *out)
{
    static const char *const words[][LANGUAGES] = {
        [COMBINE_NONE] = {"", ""},
        [COMBINE_ANY] = {"một trong các điều kiện là đủ", "any one of the conditions is enough"},
        [COMBINE_ALL] = {"mọi điều kiện phải đạt", "all conditions must hold"},
        [COMBINE_AT_LEAST] = {"số điều kiện phải đạt:", "conditions that must hold:"},
    };
    if (policy->combine == COMBINE_NONE)
        return;
    buf_print(out, "  %s", words[policy->combine][language]);
    if (policy->combine == COMBINE_AT_LEAST)
        buf_print(out, " %" PRId64, policy->combine_least);
    buf_char(out, '\n');
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        struct part look = *part; // borrows
        look.watch = policy->watch;
        AUTO(buf_free) struct buf inner = buf_new(PART_WORDS_MAX);
        describe_look(&look, language, &inner);
        say_trigger(&part->trigger, part->index.unit, language, &inner);
        buf_char(&inner, '\n');
        put_part(part, language, &inner, out);
    }
}

// The point of no return.
static void say_cut_off(const struct part *part, enum language language, struct buf *out)
{
    if (!part->cut_off_s)
        return;
    buf_print(out, "; %s ",
              pick(language, "không bản tin nào hạ mức này từ", "no run takes it back from"));
    describe_span(out, part->cut_off_s, language);
    buf_text(out, pick(language, " trước thời đoạn đó đến khi nó qua",
                       " before that time until it is over"));
}

static void say_actions(const struct actions *actions, enum language language, struct buf *out)
{
    if (!actions->there)
        return;
    buf_print(out, "  %s ", pick(language, "người dân —", "people —"));
    actions_say(actions, language, out);
    buf_char(out, '\n');
}

static void say_stage(const struct part *part, enum language language, struct buf *out)
{
    buf_print(out, "  %s %" PRId64 ": ", pick(language, "mức", "level"), part->level);
    if (part->watch == WATCH_OBSERVATION) {
        buf_text(out, pick(language, "đã quan trắc trong", "observed in the last"));
    } else {
        buf_print(out, "%s ", pick(language, "từ", "from"));
        describe_span(out, part->lead_s, language);
        buf_print(out, " %s", pick(language, "sau bản tin, trong", "after the run, for"));
    }
    buf_char(out, ' ');
    describe_span(out, part->index.within_s, language);
    say_cut_off(part, language, out);
    buf_char(out, '\n');
    describe_look(part, language, out);
    say_trigger(&part->trigger, part->index.unit, language, out);
    say_members(&part->ensemble, language, out);
    say_clear(&part->clear, &part->ensemble, part->index.unit, language, out);
    buf_char(out, '\n');
    say_actions(&part->actions, language, out);
    if (part->has_message)
        buf_print(out, "  %s %s\n", pick(language, "tin nhắn:", "message:"),
                  part->message.at[language]);
}

static void say_stages(const struct policy *policy, enum language language, struct buf *out)
{
    for (size_t i = 0; i < policy->parts; i++) {
        AUTO(buf_free) struct buf inner = buf_new(PART_WORDS_MAX);
        say_stage(&policy->part[i], language, &inner);
        put_part(&policy->part[i], language, &inner, out);
    }
}

static void say_turns(const struct policy *policy, enum language language, struct buf *out)
{
    bool one = policy->persistence == 1;
    buf_print(out,
              language == LANGUAGE_VI ? "  bật sau %" PRId64 " lần xét %sđạt ngưỡng"
                                      : "  on after %" PRId64 " %s",
              policy->persistence,
              one ? pick(language, "", "run") : pick(language, "liền nhau ", "runs in a row"));
    if (policy->persistence_off != policy->persistence)
        buf_print(out,
                  language == LANGUAGE_VI ? "; tắt sau %" PRId64 " lần" : "; off after %" PRId64,
                  policy->persistence_off);
    if (policy->cool_down_s) {
        buf_print(out, "; %s ",
                  pick(language, "cùng mức không nhắc lại trong",
                       "the same level is not told again for"));
        describe_span(out, policy->cool_down_s, language);
    }
    buf_print(out, "; %s ", pick(language, "tin sau trong", "next update within"));
    describe_span(out, policy->next_update_s, language);
    buf_char(out, '\n');
}

void terms_alert(const struct policy *policy, enum language language, struct buf *out)
{
    if (policy->stages) {
        say_stages(policy, language, out);
    } else {
        say_trigger(&policy->trigger, policy->index.unit, language, out);
        say_members(&policy->ensemble, language, out);
        say_clear(&policy->clear, &policy->ensemble, policy->index.unit, language, out);
        if (policy->level > 1)
            buf_print(out, "; %s %" PRId64, pick(language, "mức", "level"), policy->level);
        buf_char(out, '\n');
        say_conditions(policy, language, out);
        say_actions(&policy->actions, language, out);
    }
    say_turns(policy, language, out);
}

// --- insurance

// What is paid, in the words of a contract.
static const char *const form_words[][LANGUAGES] = {
    [PAYOUT_LINEAR_DEFICIT] = {"thiếu hụt, theo tỷ lệ", "in proportion to the deficit"},
    [PAYOUT_LINEAR_EXCESS] = {"vượt mức, theo tỷ lệ", "in proportion to the excess"},
    [PAYOUT_BINARY] = {"toàn bộ khi đạt ngưỡng", "all when the trigger holds"},
    [PAYOUT_TIERS] = {"theo bậc, phần của số tiền bảo hiểm", "by tiers, shares of the sum insured"},
    [PAYOUT_FLOOR_LINEAR] = {"mức sàn cộng phần thiếu hụt", "a floor and the deficit"},
    [PAYOUT_TICK_DEFICIT] = {"mỗi đơn vị thiếu hụt một khoản", "a sum for each unit of deficit"},
    [PAYOUT_TICK_EXCESS] = {"mỗi đơn vị vượt mức một khoản", "a sum for each unit of excess"},
    [PAYOUT_AREA_YIELD] = {"năng suất thiếu hụt của vùng", "the area's shortfall of yield"},
    [PAYOUT_YIELD_RATIO] = {"tỷ lệ năng suất của vùng", "the area's ratio of yield"},
    [PAYOUT_MORTALITY] = {"tỷ lệ chết vượt mức", "mortality over the strike"},
    [PAYOUT_LAYER] = {"lớp tổn thất", "a layer of loss"},
    [PAYOUT_PHASES] = {"tổng các giai đoạn, mỗi giai đoạn nhân với trọng số của nó",
                       "the sum of the phases, each times its weight"},
    [PAYOUT_CIRCLES] = {"theo vòng tròn quanh xã", "by circles around the commune"},
};

static void say_tiers(const struct policy *policy, const struct payout_rule *rule, enum unit unit,
                      enum language language, struct buf *out)
{
    for (size_t i = 0; i < rule->tiers; i++) {
        const struct tier *tier = &rule->tier[i];
        buf_text(out, i ? "; " : ": ");
        describe_compared(out, rule->tier_compare, tier->threshold_milli, unit, language);
        if (tier->has_also) {
            buf_print(out, " %s %s ", pick(language, "và", "and"),
                      part_title(&policy->part[0], language));
            describe_compared(out, tier->also, tier->also_milli, policy->part[0].index.unit,
                              language);
        }
        buf_text(out, " → ");
        describe_share(out, tier->pay_milli, language);
    }
    if (rule->tiers)
        buf_print(
            out, "; %s",
            rule->additive
                ? pick(language, "các bậc đạt được cộng lại", "the tiers that are reached add up")
                : pick(language, "chỉ tính bậc trả cao nhất trong các bậc đạt được",
                       "of those that are reached only the one that pays most"));
}

static void say_unit(struct buf *out, const char *word, int64_t milli, enum unit unit,
                     enum language language)
{
    buf_print(out, "; %s ", word);
    unit_say(out, milli, unit, language);
}

static void say_share(struct buf *out, const char *word, int64_t milli, enum language language)
{
    if (milli == 0)
        return;
    buf_print(out, "; %s ", word);
    describe_share(out, milli, language);
}

// "From 55 mm on" can be read in two ways, and the formula has one: where it begins it gives
// nothing, but a floor, which stands there already.
static void say_begin(const struct payout_rule *rule, const char *word, enum unit unit,
                      enum language language, struct buf *out)
{
    int64_t at_milli =
        rule->form == PAYOUT_FLOOR_LINEAR ? rule->floor_milli - rule->deductible_milli : 0;
    bool pays = at_milli > 0 && at_milli >= rule->franchise_milli;
    say_unit(out, word, rule->strike_milli, unit, language);
    buf_text(out, pays ? pick(language, "; đúng mức đó đã được trả", "; just there it pays already")
                       : pick(language, "; đúng mức đó chưa được trả",
                              "; just there it pays nothing yet"));
}

static void say_line(const struct payout_rule *rule, enum unit unit, enum language language,
                     struct buf *out)
{
    bool line = rule->form == PAYOUT_LINEAR_DEFICIT || rule->form == PAYOUT_LINEAR_EXCESS;
    bool tick = rule->form == PAYOUT_TICK_DEFICIT || rule->form == PAYOUT_TICK_EXCESS;
    bool floor = rule->form == PAYOUT_FLOOR_LINEAR;
    if (line || tick || floor || rule->form == PAYOUT_MORTALITY)
        say_begin(rule, pick(language, "bắt đầu từ", "strike"), unit, language, out);
    if (line)
        say_unit(out, pick(language, "trả hết từ", "all is paid from"), rule->exit_milli, unit,
                 language);
    if (floor)
        say_share(out, pick(language, "ít nhất", "at least"), rule->floor_milli, language);
    if (!tick)
        return;
    buf_print(out, "; %s ", pick(language, "mỗi", "for each"));
    unit_say(out, rule->per_milli, unit, language);
    buf_char(out, ' ');
    unit_money(out, rule->tick_vnd, language);
    buf_print(out, " / ");
    unit_money(out, rule->limit_vnd, language);
    buf_print(out, " %s", pick(language, "đồng bảo hiểm", "VND insured"));
}

static void say_loss(const struct payout_rule *rule, enum language language, struct buf *out)
{
    if (rule->average_milli)
        say_unit(out, pick(language, "trung bình", "average"), rule->average_milli, UNIT_YIELD,
                 language);
    if (rule->form == PAYOUT_AREA_YIELD)
        say_share(out, pick(language, "được bảo đảm", "covered"), rule->floor_milli, language);
    if (rule->form == PAYOUT_YIELD_RATIO) {
        say_begin(rule, pick(language, "bắt đầu từ", "trigger"), UNIT_PERCENT, language, out);
        say_unit(out, pick(language, "trả hết từ", "exit"), rule->exit_milli, UNIT_PERCENT,
                 language);
        say_share(out, pick(language, "trả nhiều nhất", "insured"), rule->floor_milli, language);
    }
    if (rule->form != PAYOUT_LAYER)
        return;
    say_begin(rule, pick(language, "từ tổn thất", "from a loss of"), UNIT_PERCENT, language, out);
    say_unit(out, pick(language, "đến", "up to"), rule->exit_milli, UNIT_PERCENT, language);
    say_share(out, pick(language, "nhận", "ceded"), rule->floor_milli, language);
}

static void say_rule(const struct policy *policy, const struct payout_rule *rule, enum unit unit,
                     enum language language, struct buf *out)
{
    buf_print(out, "  %s %s", pick(language, "chi trả:", "payout:"),
              form_words[rule->form][language]);
    say_tiers(policy, rule, unit, language, out);
    say_line(rule, unit, language, out);
    say_loss(rule, language, out);
    formula_say(rule, unit, language, out);
    say_share(out, pick(language, "khấu trừ", "less a deductible of"), rule->deductible_milli,
              language);
    say_share(out,
              pick(language, "phần chi trả nhỏ hơn mức này thì không trả, từ mức này thì trả đủ:",
                   "a share under this pays nothing, from it on all:"),
              rule->franchise_milli, language);
    say_share(out, pick(language, "đã trả thì ít nhất", "if anything, at least"),
              rule->minimum_milli, language);
    say_share(out, pick(language, "nhiều nhất", "at most"), rule->maximum_milli, language);
}

static void say_circles(const struct policy *policy, enum language language, struct buf *out)
{
    for (size_t i = 0; i < policy->parts && policy->circles; i++) {
        const struct part *part = &policy->part[i];
        AUTO(buf_free) struct buf inner = buf_new(PART_WORDS_MAX);
        buf_print(&inner, "  %s ", pick(language, "bán kính", "radius"));
        unit_say(&inner, part->index.radius_milli, UNIT_DISTANCE, language);
        buf_char(&inner, '\n');
        say_rule(policy, &part->payout, part->index.unit, language, &inner);
        buf_char(&inner, '\n');
        put_part(part, language, &inner, out);
    }
    if (policy->circles)
        buf_print(out, "  %s\n",
                  policy->circles_sum ? pick(language, "các vòng cộng lại, nhiều nhất 100 %",
                                             "circles add up, at most 100 %")
                                      : pick(language, "vòng trả cao nhất được tính",
                                             "the circle that pays most counts"));
}

// What comes after all that the phase's own payout says, in the order in which it is reckoned.
static void say_weight(const struct part *part, enum language language, struct buf *out)
{
    buf_print(out, "  %s ",
              pick(language,
                   "rồi nhân với trọng số của giai đoạn:", "then times the weight of this phase:"));
    describe_share(out, part->weight_milli, language);
    say_share(out, pick(language, "giai đoạn này trả nhiều nhất", "this phase pays at most"),
              part->limit_milli, language);
    if (part->limit_milli)
        buf_text(out, pick(language, " số tiền bảo hiểm", " of the sum insured"));
    buf_char(out, '\n');
}

static void say_phases(const struct policy *policy, enum language language, struct buf *out)
{
    for (size_t i = 0; i < policy->parts && policy->phases; i++) {
        const struct part *part = &policy->part[i];
        AUTO(buf_free) struct buf inner = buf_new(PART_WORDS_MAX);
        buf_print(&inner, "  %02d/%02d – %02d/%02d", part->from_day, part->from_month, part->to_day,
                  part->to_month);
        buf_char(&inner, '\n');
        describe_look(part, language, &inner);
        say_rule(policy, &part->payout, part->index.unit, language, &inner);
        buf_char(&inner, '\n');
        say_weight(part, language, &inner);
        put_part(part, language, &inner, out);
    }
}

static void say_limits(const struct limit_rule *rule, enum language language, struct buf *out)
{
    if (!rule->there)
        return;
    buf_print(out, "  %s", pick(language, "theo sự kiện", "by events"));
    if (rule->waiting_s) {
        buf_print(out, "; %s ",
                  pick(language, "thời gian chờ, không trả cho những gì đo được trong",
                       "waiting period, nothing is paid for what is measured in the first"));
        describe_span(out, rule->waiting_s, language);
        buf_text(out, pick(language, " đầu kỳ", " of the period"));
    }
    buf_print(out, "; %s ",
              pick(language,
                   "một sự kiện bắt đầu khi lần đầu đạt mức được trả và gồm mọi lần trong",
                   "an event begins with what first would be paid and is all within"));
    describe_span(out, rule->hours_s, language);
    buf_text(out, pick(language, " từ lúc đó, trả theo lần cao nhất",
                       " of that, paid by what is highest in it"));
    say_share(out, pick(language, "mỗi sự kiện nhiều nhất", "of an event at most"),
              rule->event_milli, language);
    say_share(out, pick(language, "cả kỳ nhiều nhất", "of the period at most"), rule->year_milli,
              language);
    buf_print(out, "; %s %" PRId64, pick(language, "số sự kiện nhiều nhất", "events at most"),
              rule->events);
    buf_print(out, "; %s",
              rule->reinstated
                  ? pick(language, "hạn mức tự khôi phục một lần",
                         "the limit is restored once, by itself")
                  : pick(language, "hạn mức không khôi phục", "the limit is not restored"));
    say_share(out, pick(language, "phụ phí", "for an extra premium of"), rule->premium_milli,
              language);
    buf_char(out, '\n');
}

static void say_settlement(const struct policy *policy, enum language language, struct buf *out)
{
    struct err err = {0};
    AUTO(preset_free) struct preset *law = NULL;
    buf_print(out, "  %s ",
              pick(language, "số tiền làm tròn một lần đến", "the amount is rounded once, to"));
    unit_money(out, policy->payout.unit_vnd, language);
    buf_print(out, " %s; %s ", pick(language, "đồng", "VND"),
              pick(language, "thiếu số liệu thì chờ", "missing data are waited for"));
    describe_span(out, policy->settle_after_s, language);
    buf_text(out,
             pick(language,
                  " sau kỳ; vẫn thiếu thì kết quả là \"chưa biết\": không tự trả, cũng không phải "
                  "từ chối, người có trách nhiệm quyết định",
                  " after the period; what is then not known is \"not known\": nothing is paid "
                  "by itself and nothing refused, a person decides"));
    buf_print(out, "; %s\n",
              policy->true_up ? pick(language, "số liệu sau có thể trả thêm, không đòi lại",
                                     "later data may add to it, never take from it")
                              : pick(language, "đã trả thì không tính lại", "what is paid stays"));
    if (policy->caps_preset[0] && preset_open(str_of(policy->caps_preset), &law, &err))
        law = NULL;
    for (size_t i = 0; i < policy->caps; i++) {
        buf_print(out, "  %s ",
                  pick(language, "giới hạn theo luật, theo ngày cuối kỳ:",
                       "legal cap, by the last day of the period:"));
        describe_date(out, policy->cap[i].from);
        buf_text(out, " – ");
        describe_date(out, policy->cap[i].to);
        buf_text(out, ": ");
        unit_money(out, policy->cap[i].most_vnd, language);
        buf_print(out, " %s", pick(language, "đồng mỗi hợp đồng", "VND a contract"));
        if (policy->caps_preset[0])
            buf_print(out, " (%s%s%s)", policy->caps_preset, law ? ", " : "",
                      law ? preset_status_word(law->cap_status[i], language) : "");
        buf_char(out, '\n');
    }
    if (policy->needs_confirmation)
        buf_print(out, "  %s\n",
                  pick(language, "chỉ chi trả sau khi có xác nhận chính thức về sự kiện",
                       "paid only after an official confirmation of the event"));
    if (policy->dispute_answer_s) {
        buf_print(out, "  %s ",
                  pick(language, "khiếu nại được trả lời trong", "a dispute is answered within"));
        describe_span(out, policy->dispute_answer_s, language);
        buf_char(out, '\n');
    }
}

void terms_cover(const struct policy *policy, enum language language, struct buf *out)
{
    if (policy->has_also) {
        AUTO(buf_free) struct buf inner = buf_new(PART_WORDS_MAX);
        describe_look(&policy->part[0], language, &inner);
        put_part(&policy->part[0], language, &inner, out);
    }
    if (policy->trigger.there) {
        say_trigger(&policy->trigger, policy->index.unit, language, out);
        buf_char(out, '\n');
    }
    say_phases(policy, language, out);
    say_circles(policy, language, out);
    say_rule(policy, &policy->payout, policy->index.unit, language, out);
    buf_char(out, '\n');
    say_limits(&policy->limits, language, out);
    say_settlement(policy, language, out);
}
