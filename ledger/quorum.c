#include "ledger/quorum.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NOBODY = -1, ADDRESS_MAX = 2000 };

// One file that is read, and where.
struct reading {
    struct quorum *out;
    const char *file;
    int line;
    uint64_t grouped; // who is in a group already, as quorum_group.members
    bool closed;      // the quorum was said
};

static enum err_kind wrong(const struct reading *reading, struct err *err, const char *what,
                           struct str word)
{
    return err_set(err, ERR_INPUT, "%s:%d: %s \"" STR_FMT "\"", reading->file, reading->line, what,
                   (int)(word.len < 100 ? word.len : 100), word.at);
}

static bool take_word(struct str *rest, struct str *word)
{
    size_t from = 0, to;
    while (from < rest->len && (rest->at[from] == ' ' || rest->at[from] == '\t'))
        from++;
    for (to = from; to < rest->len && rest->at[to] != ' ' && rest->at[to] != '\t';)
        to++;
    *word = (struct str){rest->at + from, to - from};
    *rest = (struct str){rest->at + to, rest->len - to};
    return word->len > 0;
}

static int find(const struct quorum *quorum, struct str name)
{
    for (size_t i = 0; i < quorum->witnesses; i++) {
        if (str_is(name, quorum->name[i]))
            return (int)i;
    }
    for (size_t i = 0; i < quorum->groups; i++) {
        if (str_is(name, quorum->name[QUORUM_MEMBERS_MAX + i]))
            return (int)(QUORUM_MEMBERS_MAX + i);
    }
    return NOBODY;
}

static enum err_kind take_new_name(struct reading *reading, struct str *rest, size_t place,
                                   struct err *err)
{
    struct str name;
    if (!take_word(rest, &name) || name.len >= QUORUM_NAME_MAX || str_is(name, "none"))
        return wrong(reading, err,
                     "write a name of its own, up to 63 bytes and not none, instead of", name);
    if (find(reading->out, name) != NOBODY)
        return wrong(reading, err, "this name is given already:", name);
    (void)snprintf(reading->out->name[place], QUORUM_NAME_MAX, STR_FMT, STR_ARG(name));
    return OK;
}

// A key that is of the type, and not there yet under any name; behind it at most an address.
static enum err_kind take_key(struct reading *reading, struct str *rest, uint8_t type,
                              struct note_key *known, size_t *count, struct err *err)
{
    struct str word, address;
    struct note_key key;
    if (*count == QUORUM_MEMBERS_MAX)
        return err_set(err, ERR_INPUT, "%s:%d: more than %d of them", reading->file, reading->line,
                       QUORUM_MEMBERS_MAX);
    (void)take_word(rest, &word);
    if (note_key_parse(word, &key, err))
        return err_add(err, "reading %s:%d", reading->file, reading->line);
    if (key.type != type)
        return wrong(
            reading, err,
            type == NOTE_LOG ? "this is no log's key:" : "this is no witness's key:", word);
    for (size_t i = 0; i < *count; i++) {
        if (memcmp(&known[i].key, &key.key, sizeof(key.key)) == 0)
            return wrong(reading, err, "this key is named already:", word);
    }
    if ((take_word(rest, &address) && address.len > ADDRESS_MAX) || take_word(rest, &word))
        return wrong(reading, err, "behind the key stands at most one address, not", *rest);
    known[(*count)++] = key;
    return OK;
}

static enum err_kind take_witness(struct reading *reading, struct str rest, struct err *err)
{
    struct quorum *out = reading->out;
    size_t count = out->witnesses;
    if (count == QUORUM_MEMBERS_MAX)
        return err_set(err, ERR_INPUT, "%s:%d: more than %d witnesses", reading->file,
                       reading->line, QUORUM_MEMBERS_MAX);
    // The name counts when the key is good: what stands at `count` is nobody's before.
    if (take_new_name(reading, &rest, count, err))
        return err_of(err);
    return take_key(reading, &rest, NOTE_WITNESS, out->witness, &out->witnesses, err);
}

static enum err_kind take_members(struct reading *reading, struct str rest,
                                  struct quorum_group *group, struct err *err)
{
    struct str word;
    while (take_word(&rest, &word)) {
        int who = find(reading->out, word);
        if (who == NOBODY)
            return wrong(reading, err, "no witness or group before this line is", word);
        uint64_t bit = (uint64_t)1 << who;
        if (reading->grouped & bit)
            return wrong(reading, err, "it is in a group already and would count twice:", word);
        reading->grouped |= bit;
        group->members |= bit;
    }
    return OK;
}

static enum err_kind take_group(struct reading *reading, struct str rest, struct err *err)
{
    struct quorum *out = reading->out;
    struct quorum_group group = {0};
    struct str need;
    int64_t whole = 1;
    if (out->groups == QUORUM_MEMBERS_MAX)
        return err_set(err, ERR_INPUT, "%s:%d: more than %d groups", reading->file, reading->line,
                       QUORUM_MEMBERS_MAX);
    if (take_new_name(reading, &rest, QUORUM_MEMBERS_MAX + out->groups, err))
        return err_of(err);
    bool given = take_word(&rest, &need);
    if (take_members(reading, rest, &group, err))
        return err_of(err);
    int64_t members = __builtin_popcountll(group.members);
    struct err ignored = {0};
    if (given && str_is(need, "all"))
        whole = members;
    else if (!given || (!str_is(need, "any") && num_whole(need, 1, members, &whole, &ignored)))
        return wrong(reading, err, "write any, all, or how many of its members it takes instead of",
                     need);
    if (members == 0)
        return wrong(reading, err, "a group has members, none stand behind", need);
    group.need = (size_t)whole;
    out->group[out->groups++] = group;
    return OK;
}

static enum err_kind take_quorum(struct reading *reading, struct str rest, struct err *err)
{
    struct str name, more;
    (void)take_word(&rest, &name);
    if (reading->closed)
        return wrong(reading, err, "the quorum is said already, this line says", name);
    if (take_word(&rest, &more))
        return wrong(reading, err, "a quorum is one name (make a group), not also", more);
    reading->closed = true;
    reading->out->who = find(reading->out, name);
    if (reading->out->who == NOBODY && !str_is(name, "none"))
        return wrong(reading, err, "no witness or group before this line is", name);
    return OK;
}

static enum err_kind take_line(struct reading *reading, struct str line, struct err *err)
{
    struct str word, rest = line;
    struct quorum *out = reading->out;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return err_set(err, ERR_INPUT, "%s:%d: a control character", reading->file,
                           reading->line);
    }
    if (!take_word(&rest, &word) || word.at[0] == '#')
        return OK;
    if (str_is(word, "log"))
        return take_key(reading, &rest, NOTE_LOG, out->log, &out->logs, err);
    if (str_is(word, "witness"))
        return take_witness(reading, rest, err);
    if (str_is(word, "group"))
        return take_group(reading, rest, err);
    if (str_is(word, "quorum"))
        return take_quorum(reading, rest, err);
    return wrong(reading, err, "a line begins with log, witness, group or quorum, not with", word);
}

enum err_kind quorum_parse(struct str text, const char *file, struct quorum *out, struct err *err)
{
    struct quorum quorum = {.who = NOBODY};
    struct reading reading = {.out = &quorum, .file = file};
    struct str line;
    while (str_take_line(&text, &line)) {
        reading.line++;
        if (take_line(&reading, line, err))
            return err_of(err);
    }
    if (!reading.closed)
        return err_set(err, ERR_INPUT,
                       "%s: it does not say whose cosignatures it takes; write: quorum NAME, or "
                       "quorum none",
                       file);
    *out = quorum;
    return OK;
}

enum err_kind quorum_load(const char *path, struct quorum *out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(QUORUM_BYTES_MAX);
    if (file_read(path, &text, err))
        return err_add(err, "reading the witnesses");
    return quorum_parse(buf_slice(&text), path, out, err);
}

enum err_kind quorum_of_site(const char *folder, struct quorum *out, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(folder, "witnesses");
    if (file_exists(path))
        return quorum_load(path, out, err);
    *out = (struct quorum){.who = NOBODY};
    return OK;
}

// --- who cosigned

bool quorum_met(const struct quorum *quorum, uint64_t cosigned)
{
    if (quorum->who == NOBODY)
        return true;
    assert(quorum->witnesses <= QUORUM_MEMBERS_MAX);
    uint64_t seen = cosigned & (((uint64_t)1 << quorum->witnesses) - 1);
    for (size_t i = 0; i < quorum->groups; i++) { // of witnesses and of groups before it
        size_t have = (size_t)__builtin_popcountll(seen & quorum->group[i].members);
        if (have >= quorum->group[i].need)
            seen |= (uint64_t)1 << (QUORUM_MEMBERS_MAX + i);
    }
    return seen >> quorum->who & 1;
}

// Another log than those that the file names is not believed, whoever has its key.
static enum err_kind check_log(const struct quorum *quorum, const struct note_key *log,
                               struct err *err)
{
    for (size_t i = 0; i < quorum->logs; i++) {
        if (strcmp(quorum->log[i].name, log->name) == 0 &&
            memcmp(&quorum->log[i].key, &log->key, sizeof(log->key)) == 0)
            return OK;
    }
    if (quorum->logs)
        return err_set(err, ERR_REFUSED,
                       "the log %s is none of those that the witnesses are named for", log->name);
    return OK;
}

enum err_kind quorum_open(const struct quorum *quorum, const struct note_key *log, struct str note,
                          struct str *text, size_t *cosigned, struct err *err)
{
    struct note_key key[1 + QUORUM_MEMBERS_MAX] = {*log};
    bool held[COUNT_OF(key)];
    size_t witnesses = quorum ? quorum->witnesses : 0;
    uint64_t seen = 0;
    if (quorum && check_log(quorum, log, err))
        return err_of(err);
    for (size_t i = 0; i < witnesses; i++)
        key[1 + i] = quorum->witness[i];
    if (note_open(note, key, 1 + witnesses, text, held, err))
        return err_of(err);
    if (!held[0])
        return err_set(err, ERR_REFUSED, "the log %s did not sign the checkpoint", log->name);
    for (size_t i = 0; i < witnesses; i++)
        seen |= (uint64_t)held[1 + i] << i;
    if (quorum && !quorum_met(quorum, seen))
        return err_set(
            err, ERR_REFUSED,
            "too few witnesses cosigned the checkpoint: %d of the %zu that are named, and "
            "they are not the quorum \"%s\"",
            __builtin_popcountll(seen), witnesses, quorum->name[quorum->who]);
    if (cosigned)
        *cosigned = (size_t)__builtin_popcountll(seen);
    return OK;
}
