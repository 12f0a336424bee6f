#include "ledger/note.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEY_BYTES = 1 + 32, LINE_BYTES_MAX = 4 + 8 + 64, TIME_BYTES = 8, KEY_TEXT_MAX = 1000 };
enum { SIGNATURE_BYTES_MAX = 8192 }; // those of other kinds are long

static const char dash[] = "\xe2\x80\x94 "; // the em dash and space that begin a signature line
static const char private_mark[] = "PRIVATE+KEY+";

void note_signer_forget(struct note_signer *signer)
{
    sign_forget(&signer->secret);
}

// --- keys

static void make_id(struct note_key *key)
{
    struct hasher hasher = hasher_new();
    hasher_add(&hasher, key->name, strlen(key->name));
    hasher_add(&hasher, "\n", 1);
    hasher_add(&hasher, &key->type, 1);
    hasher_add(&hasher, key->key.at, sizeof(key->key.at));
    struct hash hash = hasher_end(&hasher);
    memcpy(key->id, hash.at, sizeof(key->id));
}

static enum err_kind take_name(struct str name, struct note_key *out, struct err *err)
{
    bool good = name.len > 0 && name.len < sizeof(out->name);
    for (size_t i = 0; i < name.len && good; i++)
        good = name.at[i] > ' ' && name.at[i] <= '~' && name.at[i] != '+';
    if (!good)
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" cannot name a key; write up to %d letters, digits and "
                       "signs without space or +, as in insurer.example/witness",
                       STR_ARG(name), NOTE_NAME_MAX - 1);
    memcpy(out->name, name.at, name.len);
    out->name[name.len] = '\0';
    return OK;
}

enum err_kind note_signer_new(const char *name, uint8_t type, struct note_signer *out,
                              struct err *err)
{
    struct note_signer signer = {.key.type = type};
    if (take_name(str_of(name), &signer.key, err))
        return err_of(err);
    sign_new(&signer.secret);
    sign_public_of(&signer.secret, &signer.key.key);
    make_id(&signer.key);
    *out = signer;
    note_signer_forget(&signer);
    return OK;
}

static void put_key(const struct note_key *key, const uint8_t *bytes, struct buf *out)
{
    uint8_t typed[KEY_BYTES] = {key->type};
    memcpy(typed + 1, bytes, sizeof(typed) - 1);
    buf_print(out, "%s+%02x%02x%02x%02x+", key->name, key->id[0], key->id[1], key->id[2],
              key->id[3]);
    base64_add(out, typed, sizeof(typed));
}

void note_key_text(const struct note_key *key, struct buf *out)
{
    put_key(key, key->key.at, out);
}

void note_signer_text(const struct note_signer *signer, struct buf *out)
{
    buf_text(out, private_mark);
    put_key(&signer->key, signer->secret.at, out);
}

// name+id+base64(type || 32 bytes); `*said` is the id that stands there.
static enum err_kind take_key(struct str text, struct note_key *key, uint8_t *bytes, char *said,
                              struct err *err)
{
    uint8_t typed[KEY_BYTES];
    size_t len = 0;
    struct str rest = str_trim(text), name, id;
    if (!str_take_field(&rest, '+', &name) || !str_take_field(&rest, '+', &id) || id.len != 8)
        return err_set(err, ERR_INPUT, "this is no key of the form name+id+base64");
    if (take_name(name, key, err) || base64_parse(rest, typed, sizeof(typed), &len, err))
        return err_add(err, "reading a key");
    if (len != sizeof(typed) || (typed[0] != NOTE_LOG && typed[0] != NOTE_WITNESS))
        return err_set(err, ERR_INPUT, "the key %s is neither a log's nor a witness's Ed25519 key",
                       key->name);
    key->type = typed[0];
    memcpy(bytes, typed + 1, sizeof(typed) - 1);
    memcpy(said, id.at, id.len);
    said[id.len] = '\0';
    return OK;
}

static enum err_kind check_id(struct note_key *key, const char *said, struct err *err)
{
    char id[9];
    make_id(key);
    (void)snprintf(id, sizeof(id), "%02x%02x%02x%02x", key->id[0], key->id[1], key->id[2],
                   key->id[3]);
    if (strcmp(id, said) != 0)
        return err_set(err, ERR_INPUT, "the key %s says the number %s, it is %s; copy it again",
                       key->name, said, id);
    return OK;
}

enum err_kind note_key_parse(struct str text, struct note_key *out, struct err *err)
{
    struct note_key key = {0};
    char said[9];
    if (take_key(text, &key, key.key.at, said, err) || check_id(&key, said, err))
        return err_of(err);
    *out = key;
    return OK;
}

enum err_kind note_key_load(const char *path, struct note_key *out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(KEY_TEXT_MAX);
    if (!path)
        return err_set(err, ERR_INPUT,
                       "whose ledger is it? write --key FILE, the log's public key "
                       "(keys/log.vkey of the site)");
    if (file_read(path, &text, err) || note_key_parse(buf_slice(&text), out, err))
        return err_add(err, "reading the key %s", path);
    return OK;
}

enum err_kind note_signer_parse(struct str text, struct note_signer *out, struct err *err)
{
    AUTO(note_signer_forget) struct note_signer signer = {0};
    char said[9];
    size_t mark = strlen(private_mark);
    text = str_trim(text);
    if (!str_starts(text, private_mark))
        return err_set(err, ERR_INPUT, "this is no private key: it does not begin with %s",
                       private_mark);
    text.at += mark;
    text.len -= mark;
    if (take_key(text, &signer.key, signer.secret.at, said, err))
        return err_of(err);
    sign_public_of(&signer.secret, &signer.key.key);
    if (check_id(&signer.key, said, err))
        return err_of(err);
    *out = signer;
    return OK;
}

// --- signing and checking

// What a witness signs: the time beside the text.
static void cosigned(struct str text, int64_t time_s, struct buf *out)
{
    buf_print(out, "cosignature/v1\ntime %" PRId64 "\n", time_s);
    buf_str(out, text);
}

void note_sign(const struct note_signer *signer, struct str text, struct utc at, struct buf *out)
{
    uint8_t line[LINE_BYTES_MAX];
    size_t len = sizeof(signer->key.id);
    struct signature signature;
    memcpy(line, signer->key.id, len);
    if (signer->key.type == NOTE_WITNESS) {
        AUTO(buf_free) struct buf message = buf_new(NOTE_BYTES_MAX + LINE_BYTES_MAX);
        cosigned(text, at.s, &message);
        sign_bytes(&signer->secret, buf_slice(&message), &signature);
        for (int shift = 56; shift >= 0; shift -= 8)
            line[len++] = (uint8_t)((uint64_t)at.s >> shift);
    } else {
        sign_bytes(&signer->secret, text, &signature);
    }
    memcpy(line + len, signature.at, sizeof(signature.at));
    len += sizeof(signature.at);
    buf_print(out, "%s%s ", dash, signer->key.name);
    base64_add(out, line, len);
    buf_char(out, '\n');
}

static bool holds(const struct note_key *key, struct str text, const uint8_t *line, size_t len)
{
    struct signature signature;
    size_t time_len = key->type == NOTE_WITNESS ? TIME_BYTES : 0;
    if (len != time_len + sizeof(signature.at))
        return false;
    memcpy(signature.at, line + time_len, sizeof(signature.at));
    if (!time_len)
        return sign_holds(&key->key, text, &signature);
    uint64_t time_s = 0;
    for (size_t i = 0; i < TIME_BYTES; i++)
        time_s = time_s << 8 | line[i];
    AUTO(buf_free) struct buf message = buf_new(NOTE_BYTES_MAX + LINE_BYTES_MAX);
    if (time_s > INT64_MAX)
        return false;
    cosigned(text, (int64_t)time_s, &message);
    return sign_holds(&key->key, buf_slice(&message), &signature);
}

// A signature line: who signed, the number of the key, and what follows it.
struct signed_line {
    struct str name;
    uint8_t bytes[SIGNATURE_BYTES_MAX]; // the key's number first
    size_t len;
};

static enum err_kind take_signature(struct str line, struct signed_line *out, struct err *err)
{
    size_t mark = strlen(dash);
    if (!str_starts(line, dash))
        return err_set(err, ERR_INPUT, "a signature line of the note does not begin with a dash");
    struct str rest = {line.at + mark, line.len - mark};
    if (!str_take_field(&rest, ' ', &out->name) || rest.len == 0)
        return err_set(err, ERR_INPUT, "a signature line of the note holds no signature");
    if (base64_parse(rest, out->bytes, sizeof(out->bytes), &out->len, err))
        return err_add(err, "reading a signature of the note");
    return OK;
}

static bool is_of(const struct signed_line *line, const struct note_key *key)
{
    return str_is(line->name, key->name) && line->len >= sizeof(key->id) &&
           memcmp(line->bytes, key->id, sizeof(key->id)) == 0;
}

static enum err_kind check_line(struct str line, struct str text, const struct note_key *key,
                                size_t keys, bool *held, struct err *err)
{
    struct signed_line seen;
    if (take_signature(line, &seen, err))
        return err_of(err);
    for (size_t i = 0; i < keys; i++) {
        if (!is_of(&seen, &key[i]))
            continue;
        if (!holds(&key[i], text, seen.bytes + sizeof(key[i].id), seen.len - sizeof(key[i].id)))
            return err_set(err, ERR_REFUSED, "the signature of %s does not hold", key[i].name);
        held[i] = true;
    }
    return OK;
}

// The text ends at the last empty line.
static enum err_kind split(struct str note, struct str *text, struct str *lines, struct err *err)
{
    for (size_t i = note.len; i >= 2; i--) {
        if (note.at[i - 1] == '\n' && note.at[i - 2] == '\n') {
            *text = (struct str){note.at, i - 1};
            *lines = (struct str){note.at + i, note.len - i};
            return OK;
        }
    }
    return err_set(err, ERR_INPUT, "this is no signed note: no empty line before the signatures");
}

enum err_kind note_open(struct str note, const struct note_key *key, size_t keys, struct str *text,
                        bool *held, struct err *err)
{
    struct str lines, line;
    size_t count = 0;
    bool any = false;
    memset(held, 0, keys * sizeof(*held));
    if (note.len > NOTE_BYTES_MAX)
        return err_set(err, ERR_INPUT, "a note of more than %d bytes", NOTE_BYTES_MAX);
    if (split(note, text, &lines, err))
        return err_of(err);
    while (str_take_line(&lines, &line)) {
        if (++count > NOTE_SIGNATURES_MAX)
            return err_set(err, ERR_INPUT, "a note of more than %d signatures",
                           NOTE_SIGNATURES_MAX);
        if (check_line(line, *text, key, keys, held, err))
            return err_of(err);
    }
    for (size_t i = 0; i < keys; i++)
        any = any || held[i];
    if (!any)
        return err_set(err, ERR_REFUSED, "none of the keys that are trusted here signed the note");
    return OK;
}

bool note_line_of(struct str note, const struct note_key *key, struct str *line)
{
    struct str text, lines, one;
    struct err none = {0};
    if (split(note, &text, &lines, &none))
        return false;
    while (str_take_line(&lines, &one)) {
        struct signed_line seen;
        if (take_signature(one, &seen, &none) || !is_of(&seen, key))
            continue;
        bool ended = one.at + one.len < note.at + note.len;
        *line = (struct str){one.at, one.len + ended};
        return true;
    }
    return false;
}

// --- checkpoints

void checkpoint_text(const struct checkpoint *checkpoint, struct buf *out)
{
    buf_print(out, "%s\n%" PRIu64 "\n", checkpoint->origin, checkpoint->size);
    base64_add(out, checkpoint->root.at, HASH_SIZE);
    buf_char(out, '\n');
}

enum err_kind checkpoint_parse(struct str text, struct checkpoint *out, struct err *err)
{
    struct checkpoint checkpoint = {0};
    struct note_key named = {0};
    struct str origin, size, root;
    int64_t whole = 0;
    size_t len = 0;
    if (!str_take_line(&text, &origin) || !str_take_line(&text, &size) ||
        !str_take_line(&text, &root))
        return err_set(err, ERR_INPUT, "a checkpoint has three lines: origin, size and root");
    if (take_name(origin, &named, err) || num_whole(size, 0, INT64_MAX, &whole, err) ||
        base64_parse(root, checkpoint.root.at, HASH_SIZE, &len, err))
        return err_add(err, "reading a checkpoint");
    if (len != HASH_SIZE)
        return err_set(err, ERR_INPUT, "the root of a checkpoint is not 32 bytes");
    (void)snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s", named.name);
    checkpoint.size = (uint64_t)whole;
    *out = checkpoint;
    return OK;
}
