#include "policies/annex.h"

#include "core/mem.h"
#include "policies/describe.h"
#include "policies/example.h"
#include "policies/policy.h"
#include "policies/supply.h"

#include <inttypes.h>
#include <string.h>

enum { WORDS_MAX = 1 << 20 };

// Writes the same content in one of two marks.
struct paper {
    bool html;
    enum language language;
    struct buf *out;
};

static const char *pick(const struct paper *paper, const char *vi, const char *en)
{
    return paper->language == LANGUAGE_VI ? vi : en;
}

static void put_text(const struct paper *paper, struct str text)
{
    if (paper->html) {
        buf_markup(paper->out, text);
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '\n')
            c = ' ';
        if (c == '|' || c == '<' || c == '*' || c == '_')
            buf_char(paper->out, '\\');
        buf_char(paper->out, c);
    }
}

static void heading(const struct paper *paper, int level, const char *text)
{
    if (paper->html)
        buf_print(paper->out, "<h%d>", level);
    else
        buf_print(paper->out, "%s%.*s ", paper->out->len ? "\n" : "", level, "######");
    put_text(paper, str_of(text));
    if (paper->html)
        buf_print(paper->out, "</h%d>", level);
    buf_text(paper->out, paper->html ? "\n" : "\n\n");
}

static void item(const struct paper *paper, struct str text)
{
    buf_text(paper->out, paper->html ? "<li>" : "- ");
    put_text(paper, text);
    buf_text(paper->out, paper->html ? "</li>\n" : "\n");
}

static void list(const struct paper *paper, bool begin)
{
    if (paper->html)
        buf_text(paper->out, begin ? "<ul>\n" : "</ul>\n");
}

static void row(const struct paper *paper, const char *const *cells, size_t count, bool head)
{
    buf_text(paper->out, paper->html ? "<tr>" : "|");
    for (size_t i = 0; i < count; i++) {
        buf_text(paper->out, !paper->html ? " " : head ? "<th>" : "<td>");
        put_text(paper, str_of(cells[i]));
        buf_text(paper->out, !paper->html ? " |" : head ? "</th>" : "</td>");
    }
    buf_text(paper->out, paper->html ? "</tr>\n" : "\n");
    for (size_t i = 0; head && !paper->html && i < count; i++)
        buf_text(paper->out, i + 1 < count ? "| --- " : "| --- |\n");
}

// A list of lines; what belongs to a part ("    ...") is a list within the part's item ("  — ...").
static void put_terms(const struct paper *paper, const struct policy *policy)
{
    AUTO(buf_free) struct buf words = buf_new(WORDS_MAX);
    describe_terms(policy, paper->language, &words);
    struct str rest = buf_slice(&words), line;
    bool within = false;
    heading(paper, 2, pick(paper, "Điều khoản", "Terms"));
    list(paper, true);
    (void)str_take_line(&rest, &line); // the title stands above
    while (str_take_line(&rest, &line)) {
        bool inner = str_starts(line, "    ");
        if (inner && !within && paper->html)
            buf_text(paper->out, "<li class=\"of-part\"><ul>\n");
        if (within && !inner && paper->html)
            buf_text(paper->out, "</ul></li>\n");
        if (inner && !paper->html)
            buf_text(paper->out, "  ");
        within = inner;
        item(paper, str_trim(line));
    }
    if (within && paper->html)
        buf_text(paper->out, "</ul></li>\n");
    list(paper, false);
}

// What holds for every cover that is decided here, and no key of a policy says.
static void put_rules(const struct paper *paper, const struct policy *policy)
{
    static const char *const rules[][LANGUAGES] = {
        {"Số tiền bảo hiểm, phí, người được bảo hiểm và xã ghi trong hợp đồng; \"chỉ số\" là số "
         "tính "
         "cho xã đó theo các điều khoản trên, mọi hợp đồng của một xã có cùng một chỉ số.",
         "Sum insured, premium, insured and commune stand in the contract; \"index\" is the number "
         "that these terms give for that commune, the same for all contracts of a commune."},
        {"Hợp đồng phải có hiệu lực trọn kỳ, từ ngày đầu đến ngày cuối, mới được bảo hiểm trong "
         "kỳ.",
         "A period is covered when the contract holds for all of it, from its first day to its "
         "last."},
        {"Chi trả theo chỉ số, không theo thiệt hại của từng thửa ruộng, từng vật nuôi: có thể bị "
         "thiệt hại mà không được trả, hoặc được trả khi không thiệt hại (rủi ro cơ sở).",
         "What is paid follows the index, not the loss of one field or animal: there may be a loss "
         "and no payout, or a payout and no loss (basis risk)."},
        {"Không phải làm đơn để được trả. Người được bảo hiểm có quyền xem cách tính và yêu cầu "
         "tính "
         "lại từ số liệu gốc đã lưu; tính lại được ghi thành quyết định mới, quyết định cũ vẫn "
         "giữ.",
         "No claim is needed to be paid. The insured may see how it was computed and ask for it to "
         "be computed again from the raw data that are kept; that is a new decision, the old one "
         "is kept."},
    };
    if (policy->kind != POLICY_INSURANCE)
        return;
    heading(paper, 2, pick(paper, "Quy định chung", "General rules"));
    list(paper, true);
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        item(paper, str_of(rules[i][paper->language]));
    list(paper, false);
}

static void put_order(const struct paper *paper)
{
    static const char *const steps[][LANGUAGES] = {
        {"số liệu gốc, kiểm tra chất lượng, gộp về xã",
         "raw data, quality, the mean over the commune"},
        {"mức trần và sàn của ngày, rồi của tuần 10 ngày", "cap and floor of days, then of dekads"},
        {"chỉ số, làm tròn một lần", "the index, rounded once"},
        {"phần chi trả; khấu trừ; chi trả tối thiểu; hạn mức giai đoạn",
         "the share; deductible or franchise; minimum; limit of the phase"},
        {"tổng; hạn mức sự kiện và cả kỳ; mức tối đa",
         "the sum; limits of event and period; maximum"},
        {"nhân số tiền bảo hiểm; làm tròn một lần, không bao giờ quá giới hạn theo luật; chi trả",
         "times the sum insured; one rounding, never over the legal cap; payment"},
    };
    heading(paper, 2, pick(paper, "Thứ tự tính", "Order of computation"));
    list(paper, true);
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        item(paper, str_of(steps[i][paper->language]));
    list(paper, false);
}

static void table(const struct paper *paper, bool begin)
{
    if (paper->html)
        buf_text(paper->out, begin ? "<table>\n" : "</table>\n");
}

static void put_case(const struct paper *paper, const struct policy *policy,
                     const struct policy_case *one)
{
    static const char *const expected[][LANGUAGES] = {
        [EXPECT_FIRE] = {"có", "yes"},
        [EXPECT_NOT_FIRE] = {"không", "no"},
        [EXPECT_NOT_KNOWN] = {"chưa biết", "not known"},
    };
    AUTO(buf_free) struct buf sum = buf_new(40), pays = buf_new(40), made = buf_new(WORDS_MAX);
    const char *cells[5] = {one->name.at[paper->language], expected[one->expect][paper->language]};
    size_t columns = 2;
    if (one->has_amount) {
        unit_money(&sum, one->sum_insured_vnd, paper->language);
        unit_money(&pays, one->pays_vnd, paper->language);
    }
    if (policy->kind == POLICY_INSURANCE) {
        cells[columns++] = sum.at ? sum.at : "";
        cells[columns++] = pays.at ? pays.at : "";
    }
    example_input(policy, one, paper->language, &made);
    cells[columns++] = made.at + strspn(made.at, " ");
    row(paper, cells, columns, false);
}

static void put_cases(const struct paper *paper, const struct policy *policy)
{
    bool cover = policy->kind == POLICY_INSURANCE;
    const char *made = pick(paper, "Số liệu của ví dụ", "What it is made of");
    const char *const head[] = {pick(paper, "Ví dụ", "Example"), pick(paper, "Kết quả", "Answer"),
                                cover ? pick(paper, "Bảo hiểm (đồng)", "Insured (VND)") : made,
                                pick(paper, "Chi trả (đồng)", "Pays (VND)"), made};
    heading(paper, 2, pick(paper, "Ví dụ", "Examples"));
    table(paper, true);
    row(paper, head, cover ? 5 : 3, true);
    for (size_t i = 0; i < policy->cases.count; i++)
        put_case(paper, policy, &policy->cases.at[i]);
    table(paper, false);
}

// A table of two columns.
static void put_courses(const struct paper *paper, const struct policy *policy)
{
    const struct policy_cases *cases = &policy->cases;
    const char *const head[] = {pick(paper, "Ví dụ", "Example"),
                                pick(paper, "Các lần xét", "Its runs")};
    if (cases->courses == 0)
        return;
    heading(paper, 2, pick(paper, "Ví dụ theo thời gian", "Examples over time"));
    table(paper, true);
    row(paper, head, COUNT_OF(head), true);
    for (size_t i = 0; i < cases->courses; i++) {
        AUTO(buf_free) struct buf runs = buf_new(WORDS_MAX);
        example_runs(cases, &cases->course[i], paper->language, &runs);
        const char *const cells[] = {cases->course[i].name.at[paper->language],
                                     runs.at + strspn(runs.at, " ")};
        row(paper, cells, COUNT_OF(cells), false);
    }
    table(paper, false);
}

static void put_dates(const struct paper *paper, const struct policy *policy)
{
    const struct policy_cases *cases = &policy->cases;
    const char *const head[] = {pick(paper, "Ví dụ", "Example"), pick(paper, "Ngày", "Days")};
    if (cases->dated_count == 0)
        return;
    heading(paper, 2, pick(paper, "Ví dụ theo lịch", "Examples by the calendar"));
    table(paper, true);
    row(paper, head, COUNT_OF(head), true);
    for (size_t i = 0; i < cases->dated_count; i++) {
        AUTO(buf_free) struct buf says = buf_new(WORDS_MAX);
        dated_say(&cases->dated[i], paper->language, &says);
        const char *const cells[] = {cases->dated[i].name.at[paper->language], says.at};
        row(paper, cells, COUNT_OF(cells), false);
    }
    table(paper, false);
}

static void put_proof(const struct paper *paper, const struct policy *policy)
{
    AUTO(buf_free) struct buf text = buf_new(1000);
    heading(paper, 2, pick(paper, "Tệp quyết định", "The file that decides"));
    buf_print(&text,
              paper->language == LANGUAGE_VI
                  ? "Phụ lục này được viết ra từ tệp %s, phiên bản %" PRId64
                    ". Tệp là hợp đồng; mỗi quyết định ghi mã SHA-256 của tệp:"
                  : "This annex was written from the file %s, version %" PRId64
                    ". The file is the contract; every decision bears its SHA-256:",
              policy->id, policy->version);
    list(paper, true);
    item(paper, buf_slice(&text));
    item(paper, str_of(hash_hex(policy->hash).at));
    if (policy->kind == POLICY_ALERT)
        item(paper, str_of(pick(paper, "Không phải cấp độ rủi ro thiên tai chính thức.",
                                "Not an official risk level.")));
    list(paper, false);
}

// A part of lines; none when there are none.
static void put_lines(const struct paper *paper, const char *name, struct str lines)
{
    struct str line;
    if (lines.len == 0)
        return;
    heading(paper, 2, name);
    list(paper, true);
    while (str_take_line(&lines, &line))
        item(paper, line);
    list(paper, false);
}

void policy_annex(const struct policy *policy, enum language language, bool html,
                  const struct supplies *supplies, struct str signatures, struct buf *out)
{
    const struct paper paper = {html, language, out};
    AUTO(buf_free) struct buf title = buf_new(2000), sources = buf_new(WORDS_MAX);
    buf_print(&title, "%s: %s",
              policy->kind == POLICY_INSURANCE
                  ? pick(&paper, "Phụ lục hợp đồng", "Annex to the contract")
                  : pick(&paper, "Phụ lục quy tắc", "Annex to the rule"),
              policy->title.at[language]);
    if (html)
        buf_print(out,
                  "<!doctype html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n<meta "
                  "name=\"viewport\" "
                  "content=\"width=device-width\">\n<title>%s</"
                  "title>\n<style>body{font-family:sans-serif;max-width:60em;"
                  "margin:1em auto;padding:0 "
                  "1em}table{border-collapse:collapse;display:block;overflow-x:auto}"
                  "th,td{border:1px solid;padding:.2em .4em;text-align:left;vertical-align:top}"
                  ".of-part{list-style:none}</style>\n",
                  language_names[language], policy->id);
    heading(&paper, 1, title.at);
    put_terms(&paper, policy);
    put_rules(&paper, policy);
    supplies_say(policy, supplies, language, &sources);
    put_lines(&paper, pick(&paper, "Nguồn số liệu", "Sources of data"), buf_slice(&sources));
    if (policy->kind == POLICY_INSURANCE)
        put_order(&paper);
    put_cases(&paper, policy);
    put_courses(&paper, policy);
    put_dates(&paper, policy);
    put_proof(&paper, policy);
    put_lines(&paper, pick(&paper, "Người ký", "Who signed"), signatures);
    if (html)
        buf_text(out, "</html>\n");
}
