// Do the cases of the shipped policies notice when a policy is changed? Each number is made one
// unit of its last digit larger and smaller (a year of SPI and SPEI, which is one of 41, a tenth),
// doubled and halved, each operator becomes each of the others, and each word that decides the word
// beside it, one at a time: only the operators of a list of tiers, which are all the same, at once.
// A change is caught when the policy is then refused or one of its own cases comes out otherwise.
//
// Every line from the first to the message counts. Left out are names and texts only: `id`, titles,
// what a stage says and what people do. `version` counts too, though a higher one is the same
// policy and no case can notice it. What is not caught is printed, and the counts by kind of change
// and by member.
#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/trial.h"

#include <ctype.h>
#include <inttypes.h>

struct members;
enum kind { KIND_UNIT, KIND_DOUBLE, KIND_HALF, KIND_OPERATOR, KIND_WORD, KINDS };
static const char *const kind_names[] = {"a number by one unit", "a number doubled",
                                         "a number halved", "an operator", "a word"};
struct count {
    size_t tried, caught;
};
struct score {
    struct count all, kind[KINDS];
    struct members *members;
};

// Changes by the member on whose line they are.
struct member {
    char name[24];
    size_t tried, caught;
};
enum { MEMBERS_MAX = 200 };
struct members {
    struct member at[MEMBERS_MAX];
    size_t count;
    struct str line; // that is being changed
};

static void count_member(struct members *members, bool caught)
{
    struct str line = members->line;
    while (line.len && (*line.at == ' ' || *line.at == '-' || *line.at == '{'))
        line = (struct str){line.at + 1, line.len - 1};
    size_t len = 0;
    while (len < line.len && (isalpha((unsigned char)line.at[len]) || line.at[len] == '_'))
        len++;
    char name[24];
    (void)snprintf(name, sizeof(name), "%.*s", (int)(len < 23 ? len : 23), line.at);
    size_t i = 0;
    while (i < members->count && strcmp(members->at[i].name, name) != 0)
        i++;
    CHECK(i < MEMBERS_MAX);
    if (i == members->count) {
        members->at[members->count++] = (struct member){.tried = 0};
        memcpy(members->at[i].name, name, sizeof(name));
    }
    members->at[i].tried++;
    members->at[i].caught += caught;
}

static void count(struct score *score, enum kind kind, bool caught)
{
    count_member(score->members, caught);
    struct count *const counts[] = {&score->all, &score->kind[kind]};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        counts[i]->tried++;
        counts[i]->caught += caught;
    }
}

static bool is_caught(struct str text)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    return policy_parse(text, "mutant.yaml", &policy, &err) ||
           policy_check_new(policy, "mutant.yaml", &err) || trial_run(policy, NULL, NULL, &err);
}

// One shipped policy that is being changed.
struct shipped {
    struct str text;
    const char *file;
    struct score *score;
};

// The text with each `word` in [at, end) replaced.
static void try_instead(const struct shipped *of, enum kind kind, size_t at, size_t end,
                        struct str word, const char *other)
{
    AUTO(buf_free) struct buf mutant = buf_new(POLICY_BYTES_MAX);
    struct str text = of->text;
    size_t done = 0;
    for (size_t i = at; i + word.len <= end; i++) {
        if (memcmp(text.at + i, word.at, word.len) != 0)
            continue;
        buf_str(&mutant, (struct str){text.at + done, i - done});
        buf_text(&mutant, other);
        done = i + word.len;
        i = done - 1;
    }
    buf_str(&mutant, (struct str){text.at + done, text.len - done});
    bool caught = is_caught(buf_slice(&mutant));
    count(of->score, kind, caught);
    if (caught)
        return;
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text.at[i] == '\n';
    print_message("# not caught: %s:%zu: \"" STR_FMT "\" -> \"%s\"\n", of->file, line,
                  STR_ARG(word), other);
}

// Digits with at most one point; its length, 0 when none begins here.
static size_t number_at(struct str text, size_t at)
{
    char before = '\n';
    if (at)
        before = text.at[at - 1];
    if (!isdigit((unsigned char)text.at[at]) || isalnum((unsigned char)before) || before == '.')
        return 0;
    size_t end = at;
    bool point = false;
    for (; end < text.len; end++) {
        char c = text.at[end];
        if (c == '.' && !point && end + 1 < text.len && isdigit((unsigned char)text.at[end + 1]))
            point = true;
        else if (!isdigit((unsigned char)c))
            break;
    }
    return end < text.len && isalpha((unsigned char)text.at[end]) ? 0 : end - at;
}

// The digits of a number and how many of them stand after the point.
struct digits {
    int64_t value;
    int whole, decimals; // how many digits are written before the point, and after it
};

static struct digits digits_of(struct str number)
{
    struct digits digits = {0};
    bool point = false;
    for (size_t i = 0; i < number.len; i++) {
        if (number.at[i] == '.') {
            point = true;
            continue;
        }
        digits.value = digits.value * 10 + (int64_t)(number.at[i] - '0');
        digits.whole += !point;
        digits.decimals += point;
    }
    return digits;
}

static void try_number(const struct shipped *of, size_t at, size_t len, bool year)
{
    struct str number = {of->text.at + at, len};
    struct digits digits = digits_of(number);
    int64_t value = digits.value, by = year && value >= 10 ? value / 10 : 1;
    const struct {
        enum kind kind;
        int64_t value;
    } others[] = {{KIND_UNIT, value - by},
                  {KIND_UNIT, value + by},
                  {KIND_DOUBLE, 2 * value},
                  {KIND_HALF, value / 2}};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        int64_t other = others[i].value;
        // What one unit has done already is not tried again.
        bool again = others[i].kind != KIND_UNIT && (other == value - by || other == value + by);
        if (other < 0 || other == value || again)
            continue;
        char all[40], written[48];
        (void)snprintf(all, sizeof(all), "%0*" PRId64, digits.whole + digits.decimals, other);
        int whole = (int)strlen(all) - digits.decimals;
        (void)snprintf(written, sizeof(written), "%.*s%s%s", whole, all, digits.decimals ? "." : "",
                       all + whole);
        try_instead(of, others[i].kind, at, at + len, number, written);
    }
}

static void try_operators(const struct shipped *of, size_t at)
{
    static const char *const signs[] = {"\"<\"", "\"<=\"", "\">\"", "\">=\""};
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (strncmp(of->text.at + at, signs[i], strlen(signs[i])) != 0)
            continue;
        for (size_t k = 0; k < COUNT_OF(signs); k++) {
            if (k != i)
                try_instead(of, KIND_OPERATOR, at, at + strlen(signs[i]), str_of(signs[i]),
                            signs[k]);
        }
    }
}

// A word that is the other's neighbour, where it stands.
static void try_words(const struct shipped *of, size_t at, size_t end)
{
    static const char *const words[][2] = {{"dry_below: ", "dry_up_to: "},
                                           {"dry_up_to: ", "dry_below: "},
                                           {"rain_from: ", "rain_above: "},
                                           {"day: utc00", "day: local00"},
                                           {"day: local00", "day: vnrain19"},
                                           {"day: vnrain19", "day: utc00"},
                                           {"missing: break", "missing: unknown"},
                                           {"missing: dry", "missing: break"},
                                           {"each_day: mean", "each_day: maximum"},
                                           {"each_day: maximum", "each_day: mean"},
                                           {"each_day: minimum", "each_day: mean"},
                                           {"take: maximum_sum", "take: total"},
                                           {"take: maximum,", "take: mean,"},
                                           {"take: minimum,", "take: maximum,"},
                                           {"how: weighted", "how: pooled"},
                                           {"all_of:", "any_of:"},
                                           {"circles_pay: highest", "circles_pay: sum"},
                                           {"settlement: settle_once", "settlement: true_up"},
                                           {"settlement: true_up", "settlement: settle_once"},
                                           {"watch: forecast", "watch: observation"},
                                           {"watch: observation", "watch: forecast"},
                                           {"step: prepare", "step: now"},
                                           {"step: now", "step: prepare"},
                                           {"otherwise: latest", "otherwise: refund"},
                                           {"confirmation: official", "confirmation: none"},
                                           {"reinstatement: none", "reinstatement: automatic"}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct str word = str_of(words[i][0]);
        if (at + word.len <= end && memcmp(of->text.at + at, word.at, word.len) == 0)
            try_instead(of, KIND_WORD, at, at + word.len, word, words[i][1]);
    }
}

// The operators of one list of tiers, which are all the same.
static void try_tiers(const struct shipped *of, size_t at)
{
    static const char *const words[][2] = {{"{from: ", "{above: "},
                                           {"{above: ", "{from: "},
                                           {"{up_to: ", "{below: "},
                                           {"{below: ", "{up_to: "},
                                           {" also_from: ", " also_above: "},
                                           {" also_above: ", " also_from: "},
                                           {" also_below: ", " also_up_to: "},
                                           {" also_up_to: ", " also_below: "}};
    static const char tiers[] = "tiers: [";
    if (strncmp(of->text.at + at, tiers, strlen(tiers)) != 0)
        return;
    const char *close = strchr(of->text.at + at, ']');
    CHECK(close != NULL);
    for (size_t i = 0; close && i < COUNT_OF(words); i++) {
        struct str word = str_of(words[i][0]), list = {of->text.at + at, 0};
        list.len = (size_t)(close - list.at);
        if (memmem(list.at, list.len, word.at, word.len))
            try_instead(of, KIND_OPERATOR, at, at + list.len, word, words[i][1]);
    }
}

static bool line_has(struct str line, const char *word)
{
    return memmem(line.at, line.len, word, strlen(word)) != NULL;
}

static void mutate_line(const struct shipped *of, struct str line, bool years)
{
    of->score->members->line = line;
    for (size_t i = 0; i < line.len; i++) {
        size_t at = (size_t)(line.at - of->text.at) + i, end = at - i + line.len;
        size_t len = number_at(of->text, at);
        if (len)
            try_number(of, at, len, years);
        try_operators(of, at);
        try_words(of, at, end);
        try_tiers(of, at);
        i += len;
    }
}

// Every line from the first to the message; a text that is folded (">-") is no line that decides.
static void mutate(const struct shipped *of)
{
    struct str rest = of->text, line;
    bool years = false, folded = false;
    while (str_take_line(&rest, &line) && !str_starts(line, "message:")) {
        bool is_text =
            folded || line_has(line, "id:") || line_has(line, "  vi:") || line_has(line, "  en:");
        folded = str_ends(line, ">-");
        years = years ? !line_has(line, "]") || line_has(line, " mm") : line_has(line, "years:");
        const char *remark = memchr(line.at, '#', line.len);
        if (remark)
            line.len = (size_t)(remark - line.at);
        if (!is_text)
            mutate_line(of, line, years);
    }
}

static void add(struct count *to, const struct count *more)
{
    to->tried += more->tried;
    to->caught += more->caught;
}

static void mutate_file(const char *path, const char *name, struct score *all)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX);
    CHECK_OK(file_read(path, &text, &err), err);
    ROW(path);
    AUTO(policy_free) struct policy *policy = NULL;
    CHECK_OK(policy_parse(buf_slice(&text), path, &policy, &err), err);
    CHECK_OK(trial_run(policy, NULL, NULL, &err), err);
    struct score score = {.members = all->members};
    mutate(&(struct shipped){buf_slice(&text), name, &score});
    print_message("# %s: %zu of %zu changes caught\n", name, score.all.caught, score.all.tried);
    CHECK(score.all.tried > 10);
    add(&all->all, &score.all);
    for (int i = 0; i < KINDS; i++)
        add(&all->kind[i], &score.kind[i]);
}

static void mutate_folder(const char *folder, struct score *all)
{
    struct err err = {0};
    AUTO(file_names_free) char **names = NULL;
    CHECK_OK(file_names(folder, &names, &err), err);
    for (char **name = names; *name; name++) {
        if (!str_ends(str_of(*name), ".yaml"))
            continue;
        AUTO(mem_drop) char *path = file_join(folder, *name);
        mutate_file(path, *name, all);
    }
}

static void test_mutation(void **state)
{
    (void)state;
    AUTO(mem_drop) struct members *members = mem_new(1, sizeof(*members));
    struct score all = {.members = members};
    mutate_folder("policies", &all);
    mutate_folder("policies/products", &all);
    for (size_t i = 0; i < members->count; i++)
        print_message("# member %s: %zu of %zu\n", members->at[i].name, members->at[i].caught,
                      members->at[i].tried);
    for (int i = 0; i < KINDS; i++) {
        print_message("# %s: %zu of %zu\n", kind_names[i], all.kind[i].caught, all.kind[i].tried);
        CHECK(all.kind[i].tried > 0);
        CHECK(all.kind[i].caught * 100 >= all.kind[i].tried * 95);
    }
    print_message("# all: %zu of %zu changes caught, %.1f %%\n", all.all.caught, all.all.tried,
                  100.0 * (double)all.all.caught / (double)all.all.tried);
    CHECK(all.all.tried > 2400);
    CHECK(all.all.caught * 100 >= all.all.tried * 95);
}

TEST_MAIN(cmocka_unit_test(test_mutation))
