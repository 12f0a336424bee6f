// Do the cases of the shipped policies notice when a policy is changed? Each number is made one
// unit of its last digit larger and smaller (a year of SPI and SPEI, which is one of 41, a tenth),
// each operator becomes each of the others, and each word that decides the word beside it. A change
// is caught when the policy is then refused or one of its own cases comes out otherwise.
//
// Every line from the first to the message counts. Left out are names and texts only: `id` and the
// titles. `version` counts too, though a higher one is the same policy and no case can notice it.
// What is not caught is printed, and the counts by member.
#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/trial.h"

#include <ctype.h>
#include <inttypes.h>

struct members;
struct score {
    size_t tried, caught;
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

static void count(struct score *score, bool caught)
{
    if (score->members->line.len)
        count_member(score->members, caught);
    score->tried++;
    score->caught += caught;
}

static bool is_caught(struct str text)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    return policy_parse(text, "mutant.yaml", &policy, &err) || trial_run(policy, NULL, NULL, &err);
}

// The text with [at, at + len) replaced.
static void try_instead(struct str text, size_t at, size_t len, const char *other, const char *file,
                        struct score *score)
{
    AUTO(buf_free) struct buf mutant = buf_new(POLICY_BYTES_MAX);
    buf_str(&mutant, (struct str){text.at, at});
    buf_text(&mutant, other);
    buf_str(&mutant, (struct str){text.at + at + len, text.len - at - len});
    bool caught = is_caught(buf_slice(&mutant));
    count(score, caught);
    if (caught)
        return;
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text.at[i] == '\n';
    print_message("# not caught: %s:%zu: \"%.*s\" -> \"%s\"\n", file, line, (int)len, text.at + at,
                  other);
}

// Digits with at most one point; its length, 0 when none begins here.
static size_t number_at(struct str text, size_t at)
{
    char before = at ? text.at[at - 1] : '\n';
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

static void try_number(struct str text, size_t at, size_t len, bool year, const char *file,
                       struct score *score)
{
    int64_t value = 0;
    size_t decimals = 0;
    for (size_t i = at; i < at + len; i++) {
        if (text.at[i] == '.')
            decimals = at + len - 1 - i;
        else
            value = value * 10 + (text.at[i] - '0');
    }
    int64_t by = year && value >= 10 ? value / 10 : 1;
    for (int sign = -1; sign <= 1; sign += 2) {
        int64_t other = value + sign * by;
        if (other < 0)
            continue;
        char digits[40], written[48];
        int width = (int)(len - (decimals ? 1 : 0));
        (void)snprintf(digits, sizeof(digits), "%0*" PRId64, width, other);
        size_t whole = strlen(digits) - decimals;
        (void)snprintf(written, sizeof(written), "%.*s%s%s", (int)whole, digits,
                       decimals ? "." : "", digits + whole);
        try_instead(text, at, len, written, file, score);
    }
}

static void try_operators(struct str text, size_t at, const char *file, struct score *score)
{
    static const char *const signs[] = {"\"<\"", "\"<=\"", "\">\"", "\">=\""};
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (strncmp(text.at + at, signs[i], strlen(signs[i])) != 0)
            continue;
        for (size_t k = 0; k < COUNT_OF(signs); k++) {
            if (k != i)
                try_instead(text, at, strlen(signs[i]), signs[k], file, score);
        }
    }
}

// A word that is an operator, in every place of the policy at once.
static void try_word(struct str text, const char *word, const char *other, const char *file,
                     struct score *score)
{
    AUTO(buf_free) struct buf mutant = buf_new(POLICY_BYTES_MAX);
    size_t found = 0, len = strlen(word);
    for (size_t i = 0; i < text.len;) {
        if (i + len <= text.len && strncmp(text.at + i, word, len) == 0) {
            buf_text(&mutant, other);
            i += len;
            found++;
        } else {
            buf_char(&mutant, text.at[i++]);
        }
    }
    if (found == 0)
        return;
    bool caught = is_caught(buf_slice(&mutant));
    count(score, caught);
    if (!caught)
        print_message("# not caught: %s: \"%s\" -> \"%s\"\n", file, word, other);
}

static bool line_has(struct str line, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        if (memmem(line.at, line.len, words[i], strlen(words[i])))
            return true;
    }
    return false;
}

// Every line from the first that decides to the message.
static void mutate(struct str text, const char *file, struct score *score)
{
    static const char *const left_out[] = {"id:", "  vi:", "  en:", NULL};
    static const char *const ends[] = {"message:", NULL};
    struct str rest = text, line;
    bool years = false;
    while (str_take_line(&rest, &line) && !line_has(line, ends)) {
        years = years ? !line_has(line, (const char *const[]){"]", NULL}) ||
                            line_has(line, (const char *const[]){" mm", NULL})
                      : line_has(line, (const char *const[]){"years:", NULL});
        const char *remark = memchr(line.at, '#', line.len);
        if (remark)
            line.len = (size_t)(remark - line.at);
        if (line_has(line, left_out))
            continue;
        score->members->line = line;
        for (size_t i = 0; i < line.len; i++) {
            size_t at = (size_t)(line.at - text.at) + i;
            size_t len = number_at(text, at);
            if (len)
                try_number(text, at, len, years, file, score);
            try_operators(text, at, file, score);
            i += len;
        }
    }
    score->members->line.len = 0;
    static const char *const words[][2] = {{"{from: ", "{above: "},
                                           {"{above: ", "{from: "},
                                           {"also_from: ", "also_above: "},
                                           {"dry_below: ", "dry_up_to: "},
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
                                           {"reinstatement: none", "reinstatement: automatic"}};
    const char *end = strstr(text.at, "\nmessage:");
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        const char *found = strstr(text.at, words[i][0]);
        // "{from: " of a period or of dates of effect is no operator.
        if (found && found < end && strstr(text.at, i < 2 ? "tiers:" : words[i][0]))
            try_word(text, words[i][0], words[i][1], file, score);
    }
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
        AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX);
        CHECK_OK(file_read(path, &text, &err), err);
        ROW(path);
        AUTO(policy_free) struct policy *policy = NULL;
        CHECK_OK(policy_parse(buf_slice(&text), path, &policy, &err), err);
        CHECK_OK(trial_run(policy, NULL, NULL, &err), err);
        struct score score = {.members = all->members};
        mutate(buf_slice(&text), *name, &score);
        print_message("# %s: %zu of %zu changes caught\n", *name, score.caught, score.tried);
        CHECK(score.tried > 10);
        all->tried += score.tried;
        all->caught += score.caught;
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
    print_message("# all: %zu of %zu changes caught, %.1f %%\n", all.caught, all.tried,
                  100.0 * (double)all.caught / (double)all.tried);
    CHECK(all.tried > 1600);
    CHECK(all.caught * 100 >= all.tried * 95);
}

TEST_MAIN(cmocka_unit_test(test_mutation))
