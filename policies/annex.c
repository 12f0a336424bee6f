#include "policies/annex.h"

#include "core/mem.h"
#include "policies/describe.h"
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

static void put_terms(const struct paper *paper, const struct policy *policy)
{
    AUTO(buf_free) struct buf words = buf_new(WORDS_MAX);
    policy_describe(policy, paper->language, &words);
    struct str rest = buf_slice(&words), line;
    heading(paper, 2, pick(paper, "Điều khoản", "Terms"));
    list(paper, true);
    (void)str_take_line(&rest, &line); // the title stands above
    while (str_take_line(&rest, &line)) {
        if (!str_starts(line, "  sha256 "))
            item(paper, str_trim(line));
    }
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

static void put_cases(const struct paper *paper, const struct policy *policy)
{
    static const char *const expected[][LANGUAGES] = {
        [EXPECT_FIRE] = {"có", "yes"},
        [EXPECT_NOT_FIRE] = {"không", "no"},
        [EXPECT_NOT_KNOWN] = {"chưa biết", "not known"},
    };
    const char *const head[] = {pick(paper, "Ví dụ", "Example"), pick(paper, "Kết quả", "Answer"),
                                pick(paper, "Bảo hiểm (đồng)", "Insured (VND)"),
                                pick(paper, "Chi trả (đồng)", "Pays (VND)")};
    size_t columns = policy->kind == POLICY_INSURANCE ? 4 : 2;
    heading(paper, 2, pick(paper, "Ví dụ", "Examples"));
    if (paper->html)
        buf_text(paper->out, "<table>\n");
    row(paper, head, columns, true);
    for (size_t i = 0; i < policy->cases.count; i++) {
        const struct policy_case *one = &policy->cases.at[i];
        AUTO(buf_free) struct buf sum = buf_new(40), pays = buf_new(40);
        if (one->has_amount) {
            unit_money(&sum, one->sum_insured_vnd, paper->language);
            unit_money(&pays, one->pays_vnd, paper->language);
        }
        const char *const cells[] = {one->name.at[paper->language],
                                     expected[one->expect][paper->language], sum.at ? sum.at : "",
                                     pays.at ? pays.at : ""};
        row(paper, cells, columns, false);
    }
    for (size_t i = 0; i < policy->cases.courses; i++) {
        const struct course *course = &policy->cases.course[i];
        AUTO(buf_free) struct buf levels = buf_new(2000);
        for (size_t r = 0; r < course->runs; r++)
            buf_print(&levels, "%s%" PRId64, r ? ", " : pick(paper, "cấp ", "level "),
                      course->run[r].level);
        const char *const cells[] = {course->name.at[paper->language], levels.at};
        row(paper, cells, columns, false);
    }
    for (size_t i = 0; i < policy->cases.dated_count; i++) {
        const struct dated *one = &policy->cases.dated[i];
        AUTO(buf_free) struct buf says = buf_new(400);
        dated_say(one, paper->language, &says);
        const char *const cells[] = {one->name.at[paper->language], says.at, "", ""};
        row(paper, cells, columns, false);
    }
    if (paper->html)
        buf_text(paper->out, "</table>\n");
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
    buf_print(&title, "%s: %s", pick(&paper, "Phụ lục hợp đồng", "Annex to the contract"),
              policy->title.at[language]);
    if (html)
        buf_print(
            out,
            "<!doctype html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n<title>%s</title>\n",
            language_names[language], policy->id);
    heading(&paper, 1, title.at);
    put_terms(&paper, policy);
    supplies_say(policy, supplies, language, &sources);
    put_lines(&paper, pick(&paper, "Nguồn số liệu", "Sources of data"), buf_slice(&sources));
    if (policy->kind == POLICY_INSURANCE)
        put_order(&paper);
    put_cases(&paper, policy);
    put_proof(&paper, policy);
    put_lines(&paper, pick(&paper, "Người ký", "Who signed"), signatures);
    if (html)
        buf_text(out, "</html>\n");
}
