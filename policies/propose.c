#include "policies/propose.h"

#include "core/mem.h"
#include "ledger/hand.h"
#include "ledger/proposal.h"
#include "policies/describe.h"
#include "policies/differ.h"
#include "policies/doubt.h"
#include "policies/effect.h"
#include "policies/places.h"
#include "policies/policy.h"
#include "policies/signed.h"
#include "policies/starts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 1 << 20 };

const struct cli_option propose_options[] = {
    {"why", "TEXT", "why it is proposed; kept in the ledger"},
    {"series", "FILE", "try it on this past: a series file (gong series)"},
    {"past", NULL, "try it on the readings of the site"},
    {"no-past", "TEXT",
     "why there is no past to try it on; an insurance of a live site needs one of "
     "the three"},
    HAND_OPTIONS,
    {0}};
const struct cli_option show_options[] = {{"lang", "LANGUAGE", "vi (default) or en"}, {0}};
const struct cli_option sign_options[] = {HAND_OPTIONS, {0}};
const struct cli_option reject_options[] = {
    {"why", "TEXT", "why; kept in the ledger"}, HAND_OPTIONS, {0}};

static int usage(const struct cli *cli, const struct err *err)
{
    (void)cli_fail(cli, err);
    return EXIT_USAGE;
}

static enum err_kind parse_of(struct ledger *ledger, const struct proposal_row *row,
                              struct policy **out, struct err *err)
{
    AUTO(buf_free) struct buf yaml = buf_new(POLICY_BYTES_MAX);
    if (proposal_yaml(ledger, row->seq, &yaml, err))
        return err_of(err);
    return policy_parse(buf_slice(&yaml), row->policy, out, err);
}

// The newest version in force of a policy; `*out` NULL when there is none.
static enum err_kind in_force(struct ledger *ledger, const char *policy, struct policy **out,
                              struct err *err)
{
    AUTO(proposal_rows_free) struct proposal_rows rows = {0};
    const struct proposal_row *newest = NULL;
    *out = NULL;
    if (proposal_list(ledger, policy, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        if (strcmp(rows.at[i].state, "in force") == 0 &&
            (!newest || rows.at[i].decided > newest->decided))
            newest = &rows.at[i];
    }
    return newest ? parse_of(ledger, newest, out, err) : OK;
}

// --- propose

// What may not be meant in the new text, one sentence each: who signs has read it too.
static struct doc *doubts_of(const struct policy *policy)
{
    AUTO(buf_free) struct buf text = buf_new(WORDS_MAX);
    struct doc *list = doc_array();
    struct str rest, line;
    (void)policy_doubts(policy, &text);
    for (rest = buf_slice(&text); str_take_line(&rest, &line);) {
        AUTO(mem_drop) char *one = str_copy(line);
        doc_push_text(list, one);
    }
    return list;
}

static void print_doubts(const struct doc *changes)
{
    const struct doc *list = doc_get(changes, "doubts");
    for (size_t i = 0; i < doc_count(list); i++)
        (void)printf("%s\n", doc_text(doc_at(list, i), ""));
}

static struct doc *changes_of(const struct policy *old, const struct policy *new)
{
    struct doc *made = doc_object();
    for (int i = 0; i < LANGUAGES; i++) {
        AUTO(buf_free) struct buf text = buf_new(WORDS_MAX);
        if (old)
            (void)policy_differ(old, new, (enum language)i, &text);
        else
            policy_describe(new, (enum language)i, &text);
        doc_put_text(made, language_names[i], text.at ? text.at : "");
    }
    doc_put(made, "doubts", doubts_of(new));
    doc_put_bool(made, "new", !old);
    if (old)
        doc_put_text(made, "old_hash", hash_hex(old->hash).at);
    return made;
}

static enum err_kind check_version(const struct policy *old, const struct policy *new,
                                   struct err *err)
{
    if (old && old->version >= new->version)
        return err_set(err, ERR_INPUT,
                       "version %" PRId64 " of %s is in force; a new text needs version: %" PRId64
                       " or higher",
                       old->version, old->id, old->version + 1);
    return OK;
}

static enum err_kind try_on_past(const struct hand *hand, const struct policy *old,
                                 const struct policy *new, struct doc **out, struct err *err)
{
    struct effect_query query = {.site = hand->site,
                                 .series = cli_value(hand->cli, "series"),
                                 .yaml = new->text,
                                 .old = old ? old->text : (struct str){0}};
    const char *none = cli_value(hand->cli, "no-past");
    *out = NULL;
    bool tried = query.series || cli_has(hand->cli, "past");
    if (tried && none)
        return err_usage(err, "--no-past is for who has neither --series nor --past");
    if (tried)
        return effect_make(&query, out, err);
    if (!none && new->kind == POLICY_INSURANCE && !site_is_drill(hand->site))
        return err_set(err, ERR_INPUT,
                       "%s is an insurance: people sign what it would have done; add --series FILE "
                       "or --past, or say by --no-past why there is no past",
                       new->id);
    if (!none)
        return OK;
    if (hand_why(hand->cli, "no-past", &none, err))
        return err_of(err);
    *out = doc_object();
    doc_put_text(*out, "no_past", none);
    return OK;
}

static void say(const struct cli *cli, const struct policy *policy, const char *state,
                const struct doc *changes, const struct doc *effect)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "policy", policy->id);
        doc_put_text(result, "policy_hash", hash_hex(policy->hash).at);
        doc_put_text(result, "state", state);
        doc_put_int(result, "version", policy->version);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        AUTO(buf_free) struct buf words = buf_new(WORDS_MAX);
        effect_words(effect, LANGUAGE_EN, &words);
        (void)printf("%s version %" PRId64 " (%.16s): %s\n%s", policy->id, policy->version,
                     hash_hex(policy->hash).at, state, words.at ? words.at : "");
        print_doubts(changes);
    }
}

static enum err_kind propose(const struct hand *hand, const struct policy *policy, const char *why,
                             struct err *err)
{
    AUTO(act_free) struct act act = {0};
    AUTO(policy_free) struct policy *old = NULL;
    AUTO(doc_free) struct doc *effect = NULL;
    bool draft = false;
    int64_t seq;
    if (hand_begin(hand, "policy-propose", &act, err) ||
        in_force(hand->ledger, policy->id, &old, err) || check_version(old, policy, err) ||
        effect_cases(hand->site, policy->text, err) || try_on_past(hand, old, policy, &effect, err))
        return err_of(err);
    AUTO(doc_free) struct doc *changes = changes_of(old, policy);
    AUTO(doc_free) struct doc *provinces = NULL;
    if (places_of(site_folder(hand->site), policy, &provinces, err))
        return err_of(err);
    struct proposal proposal = {.policy = policy->id,
                                .version = policy->version,
                                .insurance = policy->kind == POLICY_INSURANCE,
                                .yaml = policy->text,
                                .why = why,
                                .changes = changes,
                                .effect = effect,
                                .provinces = provinces};
    proposal_word(&act, &proposal);
    if (hand_sign(hand, &act, &draft, err))
        return err_of(err);
    if (draft)
        return OK;
    if (proposal_put(hand->ledger, &act, hand->now, &proposal, &seq, err))
        return err_of(err);
    say(hand->cli, policy, "proposed", changes, effect);
    return OK;
}

int verb_propose(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    const char *why;
    if (hand_why(cli, "why", &why, &err))
        return usage(cli, &err);
    if (policy_load(cli_arg(cli, 0), &policy, &err) ||
        policy_check_new(policy, cli_arg(cli, 0), &err) ||
        hand_open(cli, LEDGER_WRITE, &hand, &err) || hand_names_nobody(&hand, "why", &err) ||
        hand_names_nobody(&hand, "no-past", &err) || propose(&hand, policy, why, &err))
        return cli_fail(cli, &err);
    return EXIT_YES;
}

// --- show

static struct doc *row_doc(const struct proposal_row *row)
{
    struct doc *one = doc_object();
    doc_put_text(one, "by", row->person);
    doc_put_bool(one, "insurance", row->insurance);
    doc_put_text(one, "policy", row->policy);
    doc_put_text(one, "policy_hash", hash_hex(row->hash).at);
    doc_put_int(one, "seq", row->seq);
    if (strcmp(row->state, "in force") == 0)
        doc_put_text(one, "starts", date_text(row->starts).at);
    doc_put_text(one, "state", row->state);
    doc_put_int(one, "version", row->version);
    return one;
}

int verb_proposals(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(proposal_rows_free) struct proposal_rows rows = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    if (hand_open(cli, LEDGER_READ, &hand, &err) || proposal_list(hand.ledger, NULL, &rows, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct proposal_row *row = &rows.at[i];
        bool is_in_force = strcmp(row->state, "in force") == 0;
        doc_push(list, row_doc(row));
        if (!cli_json(cli))
            (void)printf("%-32s version %-3" PRId64 " %.16s  by %s  %s%s%s\n", row->policy,
                         row->version, hash_hex(row->hash).at, row->person, row->state,
                         is_in_force ? " from " : "", is_in_force ? date_text(row->starts).at : "");
    }
    if (cli_json(cli))
        cli_print(list);
    else if (rows.count == 0 && !cli_quiet(cli))
        (void)printf("nobody proposed a policy here\n");
    return EXIT_YES;
}

static void print_show(const struct proposal_row *row, const struct doc *entry,
                       const struct proposal_want *want, const char *words, enum language language)
{
    AUTO(buf_free) struct buf effect = buf_new(WORDS_MAX);
    bool open = strcmp(row->state, "open") == 0;
    effect_words(doc_get(entry, "effect"), language, &effect);
    (void)printf("%s version %" PRId64 ", %s, sha256 %s: %s\n%s\n", row->policy, row->version,
                 row->insurance ? "insurance" : "alert", hash_hex(row->hash).at, row->state, words);
    if (open)
        (void)printf("still wanted: %" PRId64 " of officers or approvers, %" PRId64
                     " insurers; to sign: gong policy sign %.16s --by PERSON --key FILE\n",
                     want->people, want->insurers, hash_hex(row->hash).at);
    // Who signs, signs the texts of every language: the one that was asked for is first.
    const struct doc *changes = doc_get(entry, "changes");
    (void)printf("\n%s\n\n", doc_text(doc_get(entry, "why"), ""));
    for (int i = 0; i < LANGUAGES; i++)
        (void)printf(
            "%s\n",
            doc_text(doc_get(changes, language_names[((int)language + i) % LANGUAGES]), ""));
    (void)fputs(effect.at ? effect.at : "", stdout);
    print_doubts(doc_get(entry, "changes"));
}

int verb_show(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(proposal_signs_free) struct proposal_signs signs = {0};
    AUTO(doc_free) struct doc *entry = NULL;
    AUTO(buf_free) struct buf words = buf_new(WORDS_MAX);
    const char *lang = cli_value(cli, "lang");
    enum language language = lang && strcmp(lang, "en") == 0 ? LANGUAGE_EN : LANGUAGE_VI;
    struct proposal_row row;
    struct doc *who = NULL;
    if (hand_open(cli, LEDGER_READ, &hand, &err) ||
        proposal_find(hand.ledger, cli_arg(cli, 0), &row, &err) ||
        ledger_entry_doc(hand.ledger, row.seq, &entry, &err) ||
        proposal_signs(hand.ledger, &row, &signs, &err) ||
        signed_words(hand.ledger, row.hash, language, &words, &err) ||
        signed_doc(hand.ledger, row.hash, &who, &err))
        return cli_fail(cli, &err);
    struct proposal_want want = proposal_wanted(&row, &signs);
    AUTO(doc_free) struct doc *result = row_doc(&row);
    doc_put(result, "signatures", who);
    doc_put_same(result, "changes", doc_get(entry, "changes"));
    doc_put_same(result, "effect", doc_get(entry, "effect"));
    doc_put_text(result, "why", doc_text(doc_get(entry, "why"), ""));
    doc_put_int(result, "wanted_people", want.people);
    doc_put_int(result, "wanted_insurers", want.insurers);
    if (cli_json(cli))
        cli_print(result);
    else
        print_show(&row, entry, &want, words.at, language);
    return EXIT_YES;
}

// --- sign, reject

// The day of the signature is the Vietnamese one.
static struct civil today(const struct hand *hand)
{
    return local_date(hand->now);
}

static enum err_kind start_of(const struct hand *hand, const struct proposal_row *row,
                              struct policy_start *out, struct err *err)
{
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(policy_free) struct policy *old = NULL;
    if (parse_of(hand->ledger, row, &policy, err) || in_force(hand->ledger, row->policy, &old, err))
        return err_of(err);
    *out = policy_starts(policy, old, today(hand));
    if (civil_days(out->day) > civil_days(policy->effective_to))
        return err_set(
            err, ERR_REFUSED,
            "it would be in force from %s (%s), and its last day is %s: propose one with "
            "later dates",
            date_text(out->day).at, out->why, date_text(policy->effective_to).at);
    return OK;
}

static void say_signed(const struct cli *cli, const struct proposal_want *want,
                       const struct policy_start *start)
{
    bool done = !want->people && !want->insurers;
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        if (done)
            doc_put_text(result, "starts", date_text(start->day).at);
        doc_put_text(result, "state", done ? "in force" : "open");
        doc_put_int(result, "wanted_insurers", want->insurers);
        doc_put_int(result, "wanted_people", want->people);
        doc_put_text(result, "why", start->why);
        cli_print(result);
    } else if (!cli_quiet(cli) && done) {
        (void)printf("signed by all who must: in force from %s (%s)\n", date_text(start->day).at,
                     start->why);
    } else if (!cli_quiet(cli)) {
        (void)printf("signed; still wanted: %" PRId64 " of officers or approvers, %" PRId64
                     " insurers\n",
                     want->people, want->insurers);
    }
}

int verb_sign(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    struct proposal_row row;
    struct proposal_want want;
    struct policy_start start;
    bool draft = false;
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) || hand_begin(&hand, "policy-sign", &act, &err) ||
        proposal_find(hand.ledger, cli_arg(cli, 0), &row, &err) ||
        start_of(&hand, &row, &start, &err))
        return cli_fail(cli, &err);
    proposal_word_sign(&act, &row, today(&hand));
    if (hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (proposal_sign(hand.ledger, &act, hand.now, start.day, start.why, &want, &err))
        return cli_fail(cli, &err);
    say_signed(cli, &want, &start);
    return EXIT_YES;
}

int verb_reject(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    struct proposal_row row;
    const char *why;
    bool draft = false;
    if (hand_why(cli, "why", &why, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) ||
        hand_begin(&hand, "policy-reject", &act, &err) || hand_names_nobody(&hand, "why", &err) ||
        proposal_find(hand.ledger, cli_arg(cli, 0), &row, &err))
        return cli_fail(cli, &err);
    proposal_word_reject(&act, &row, why);
    if (hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (proposal_reject(hand.ledger, &act, hand.now, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli) && !cli_json(cli))
        (void)printf("%s version %" PRId64 ": rejected\n", row.policy, row.version);
    return EXIT_YES;
}
