#include "policies/formula.h"

#include "policies/describe.h"
#include "policies/payout_rule.h"

// What stands in a formula: a word of the language, or a number with its unit.
struct side {
    struct buf *out;
    enum unit unit;
    enum language language;
};

static void word(const struct side *side, const char *vi, const char *en)
{
    buf_text(side->out, side->language == LANGUAGE_VI ? vi : en);
}

static void number(const struct side *side, int64_t milli)
{
    unit_say(side->out, milli, side->unit, side->language);
}

static void index_word(const struct side *side)
{
    word(side, "chỉ số", "index");
}

static void money(const struct side *side, int64_t vnd)
{
    unit_money(side->out, vnd, side->language);
    word(side, " đồng", " VND");
}

// "(strike − index)", or the other way round.
static void difference(const struct side *side, int64_t strike_milli, bool deficit)
{
    buf_char(side->out, '(');
    if (deficit)
        number(side, strike_milli);
    else
        index_word(side);
    buf_text(side->out, " − ");
    if (deficit)
        index_word(side);
    else
        number(side, strike_milli);
    buf_char(side->out, ')');
}

static void say_line(const struct side *side, const struct payout_rule *rule)
{
    bool deficit = rule->form == PAYOUT_LINEAR_DEFICIT;
    difference(side, rule->strike_milli, deficit);
    buf_text(side->out, " / ");
    number(side,
           deficit ? rule->strike_milli - rule->exit_milli : rule->exit_milli - rule->strike_milli);
}

static void say_floor(const struct side *side, const struct payout_rule *rule)
{
    buf_char(side->out, '[');
    describe_share(side->out, rule->floor_milli, side->language);
    buf_text(side->out, " + ");
    difference(side, rule->strike_milli, true);
    buf_text(side->out, " / ");
    number(side, rule->strike_milli);
    buf_char(side->out, ']');
    word(side, ", nhiều nhất 100 %", ", at most 100 %");
}

static void say_tick(const struct side *side, const struct payout_rule *rule)
{
    difference(side, rule->strike_milli, rule->form == PAYOUT_TICK_DEFICIT);
    buf_text(side->out, " / ");
    number(side, rule->per_milli);
    buf_text(side->out, " × ");
    money(side, rule->tick_vnd);
    buf_text(side->out, " / ");
    money(side, rule->limit_vnd);
    word(side, ", nhiều nhất 100 % (phần lẻ của đơn vị cũng tính)",
         ", at most 100 % (parts of a unit count)");
}

static void say_yield(const struct side *side, const struct payout_rule *rule)
{
    buf_char(side->out, '(');
    describe_share(side->out, rule->floor_milli, side->language);
    buf_text(side->out, " × ");
    number(side, rule->average_milli);
    buf_text(side->out, " − ");
    index_word(side);
    buf_text(side->out, ") / ");
    number(side, rule->average_milli);
}

static void say_ratio(const struct side *side, const struct payout_rule *rule)
{
    const struct side percent = {side->out, UNIT_PERCENT, side->language};
    describe_share(side->out, rule->floor_milli, side->language);
    buf_text(side->out, " × (");
    number(&percent, rule->strike_milli);
    word(side, " − chỉ số / ", " − index / ");
    number(side, rule->average_milli);
    buf_text(side->out, ") / ");
    number(&percent, rule->strike_milli - rule->exit_milli);
    word(side, " (mỗi phép chia bỏ phần lẻ dưới một phần triệu)",
         " (each division cut off after millionths)");
}

static void say_layer(const struct side *side, const struct payout_rule *rule)
{
    describe_share(side->out, rule->floor_milli, side->language);
    buf_text(side->out, " × ");
    difference(side, rule->strike_milli, false);
    word(side, ", chỉ số cao hơn thì tính là ", ", a higher index counts as ");
    number(side, rule->exit_milli);
}

void formula_say(const struct payout_rule *rule, enum unit unit, enum language language,
                 struct buf *out)
{
    static void (*const say[])(const struct side *, const struct payout_rule *) = {
        [PAYOUT_LINEAR_DEFICIT] = say_line,
        [PAYOUT_LINEAR_EXCESS] = say_line,
        [PAYOUT_FLOOR_LINEAR] = say_floor,
        [PAYOUT_TICK_DEFICIT] = say_tick,
        [PAYOUT_TICK_EXCESS] = say_tick,
        [PAYOUT_AREA_YIELD] = say_yield,
        [PAYOUT_YIELD_RATIO] = say_ratio,
        [PAYOUT_LAYER] = say_layer,
        [PAYOUT_CIRCLES] = NULL,
    };
    const struct side side = {out, unit, language};
    if (!say[rule->form] && rule->form != PAYOUT_MORTALITY)
        return;
    word(&side, "; chi trả = số tiền bảo hiểm × ", "; pays = sum insured × ");
    if (rule->form == PAYOUT_MORTALITY)
        difference(&side, rule->strike_milli, false);
    else
        say[rule->form](&side, rule);
}
