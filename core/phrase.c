#include "core/phrase.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/yaml.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PHRASE_BYTES_MAX = 600, POLICIES_MAX = 200 };

// A phrase's name and the placeholders that it must have; it may have no other.
static const struct {
    const char *name, *needs;
} phrases[PHRASES] = {
    [PHRASE_DRILL] = {"drill", ""},
    [PHRASE_EVENT] = {"event", "event"},
    [PHRASE_NOT_OFFICIAL] = {"not_official", ""},
    [PHRASE_QUESTION] = {"question", "commune from to"},
    [PHRASE_THANKS] = {"thanks", ""},
    [PHRASE_STOPPED] = {"stopped", ""},
    [PHRASE_STOPPED_ALL] = {"stopped_all", ""},
    [PHRASE_STARTED] = {"started", ""},
    [PHRASE_RAIN] = {"rain", "commune index threshold at"},
    [PHRASE_RAIN_UNKNOWN] = {"rain_unknown", "commune"},
    [PHRASE_HELP] = {"help", ""},
};

struct language {
    char *code, *tag, *title;
    char *phrase[PHRASES]; // "" where not translated
    size_t filled;
    bool usable;
    char **policy, **text; // [policies]
    size_t policies;
};

struct phrase_book {
    struct language language[PHRASE_LANGUAGES_MAX];
    size_t count;
};

void phrase_free(struct phrase_book **book)
{
    if (!*book)
        return;
    for (size_t i = 0; i < (*book)->count; i++) {
        struct language *language = &(*book)->language[i];
        mem_free(&language->code);
        mem_free(&language->tag);
        mem_free(&language->title);
        for (size_t p = 0; p < PHRASES; p++)
            mem_free(&language->phrase[p]);
        for (size_t p = 0; p < language->policies; p++) {
            mem_free(&language->policy[p]);
            mem_free(&language->text[p]);
        }
        mem_free(&language->policy);
        mem_free(&language->text);
    }
    mem_free(book);
}

static bool needs(const char *words, struct str name)
{
    struct str rest = str_of(words), one;
    while (str_take_field(&rest, ' ', &one)) {
        if (one.len && str_same(one, name))
            return true;
    }
    return false;
}

// Each placeholder of the phrase is known, and each that must be there is.
static enum err_kind check_placeholders(const struct yaml *node, enum phrase phrase,
                                        struct err *err)
{
    const char *wanted = phrases[phrase].needs;
    for (size_t i = 0; i < node->text.len; i++) {
        const char *at = node->text.at + i;
        if (*at == '}')
            return yaml_refuse(node, err, "a brace closes that was never open; take it out");
        if (*at != '{')
            continue;
        const char *end = memchr(at, '}', node->text.len - i);
        if (!end)
            return yaml_refuse(node, err, "a brace is open; write the placeholder as {commune}");
        struct str name = {at + 1, (size_t)(end - at) - 1};
        if (!needs(wanted, name))
            return yaml_refuse(node, err, "{" STR_FMT "} does not belong into \"%s\"; %s%s",
                               STR_ARG(name), phrases[phrase].name,
                               *wanted ? "it may have: " : "it has no placeholders", wanted);
        i += name.len + 1;
    }
    struct str rest = str_of(wanted), one;
    while (str_take_field(&rest, ' ', &one)) {
        char braced[32];
        if (one.len == 0)
            continue;
        (void)snprintf(braced, sizeof(braced), "{" STR_FMT "}", STR_ARG(one));
        if (!memmem(node->text.at, node->text.len, braced, strlen(braced)))
            return yaml_refuse(node, err, "\"%s\" does not say %s; put it in", phrases[phrase].name,
                               braced);
    }
    return OK;
}

// A value that may be empty, but must be there.
static enum err_kind need_value(const struct yaml *map, const char *key, const struct yaml **out,
                                struct err *err)
{
    *out = yaml_get(map, key);
    if (!*out)
        return yaml_refuse(map, err, "\"%s\" is missing; write it, with \"\" when it is empty",
                           key);
    if ((*out)->kind != YAML_TEXT)
        return yaml_refuse(*out, err, "\"%s\" must be a text", key);
    return OK;
}

static enum err_kind read_phrases(const struct yaml *root, struct language *language,
                                  struct err *err)
{
    const struct yaml *map;
    const char *names[PHRASES + 1] = {0};
    for (size_t i = 0; i < PHRASES; i++)
        names[i] = phrases[i].name;
    if (yaml_need(root, "phrases", YAML_MAP, &map, err) || yaml_check_keys(map, names, err))
        return err_of(err);
    for (size_t i = 0; i < PHRASES; i++) {
        const struct yaml *node;
        if (need_value(map, phrases[i].name, &node, err))
            return err_of(err);
        if (node->text.len > PHRASE_BYTES_MAX)
            return yaml_refuse(node, err, "longer than %d bytes", PHRASE_BYTES_MAX);
        language->phrase[i] = str_copy(node->text);
        if (node->text.len == 0)
            continue;
        language->filled++;
        if (check_placeholders(node, (enum phrase)i, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind read_policies(const struct yaml *root, struct language *language,
                                   struct err *err)
{
    const struct yaml *map = yaml_get(root, "policies");
    if (!map)
        return OK;
    if (map->kind != YAML_MAP || map->count > POLICIES_MAX)
        return yaml_refuse(map, err, "policies are wanted here, as \"policy-id: text\", at most %d",
                           POLICIES_MAX);
    language->policy = mem_new(map->count, sizeof(*language->policy));
    language->text = mem_new(map->count, sizeof(*language->text));
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *node = map->item[i];
        if (node->kind != YAML_TEXT || node->text.len > PHRASE_BYTES_MAX)
            return yaml_refuse(node, err, "a text of at most %d bytes is wanted here",
                               PHRASE_BYTES_MAX);
        language->policy[i] = str_copy(map->key[i]->text);
        language->text[i] = str_copy(node->text);
        language->policies++;
    }
    return OK;
}

static bool is_ours(const struct language *language)
{
    return strcmp(language->code, "vi") == 0 || strcmp(language->code, "en") == 0;
}

static const struct language *find(const struct phrase_book *book, const char *name)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct language *language = &book->language[i];
        if (strcmp(language->code, name) == 0 || strcmp(language->tag, name) == 0)
            return language;
    }
    return NULL;
}

static enum err_kind read_file(struct phrase_book *book, const char *path, struct err *err)
{
    static const char *const keys[] = {"gong_messages", "language", "tag",      "title",
                                       "approved_by",   "phrases",  "policies", NULL};
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    struct str version, code, tag, title;
    const struct yaml *approved;
    if (book->count == PHRASE_LANGUAGES_MAX)
        return err_set(err, ERR_INPUT, "%s: more than %d languages", path, PHRASE_LANGUAGES_MAX);
    if (yaml_load(path, &file, err))
        return err_of(err);
    const struct yaml *root = yaml_root(file);
    if (root->kind != YAML_MAP)
        return yaml_refuse(root, err, "\"gong_messages: 1\" and the rest are wanted here");
    if (yaml_check_keys(root, keys, err))
        return err_of(err);
    if (yaml_need_text(root, "gong_messages", &version, err) ||
        yaml_need_text(root, "language", &code, err) || yaml_need_text(root, "tag", &tag, err) ||
        yaml_need_text(root, "title", &title, err) ||
        need_value(root, "approved_by", &approved, err))
        return err_of(err);
    if (!str_is(version, "1"))
        return yaml_refuse(yaml_get(root, "gong_messages"), err, "this gong reads version 1");
    struct language *language = &book->language[book->count++];
    language->code = str_copy(code);
    language->tag = str_copy(tag);
    language->title = str_copy(title);
    language->usable = approved->text.len > 0 || is_ours(language);
    if (find(book, language->code) != language || find(book, language->tag) != language)
        return yaml_refuse(yaml_get(root, "language"), err, "this language is in another file");
    return read_phrases(root, language, err) ? err_of(err) : read_policies(root, language, err);
}

enum err_kind phrase_load(const char *folder, struct phrase_book **out, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    AUTO(phrase_free) struct phrase_book *book = mem_new(1, sizeof(*book));
    if (file_names(folder, &names, err))
        return err_of(err);
    for (char **name = names; *name; name++) {
        AUTO(mem_drop) char *path = file_join(folder, *name);
        if (str_ends(str_of(*name), ".yaml") && read_file(book, path, err))
            return err_of(err);
    }
    static const char *const whole[] = {"vi", "en"};
    for (size_t i = 0; i < COUNT_OF(whole); i++) {
        const struct language *language = find(book, whole[i]);
        if (!language || language->filled < PHRASES)
            return err_set(err, ERR_MISSING,
                           "%s/%s.yaml is not there or has empty phrases; it must be whole", folder,
                           whole[i]);
    }
    *out = TAKE(book);
    return OK;
}

enum err_kind phrase_load_site(const char *site_folder, struct phrase_book **out, struct err *err)
{
    // As installed, as built, and as a test sees it.
    static const char *const places[] = {"../share/gong/messages", "../../policies/messages",
                                         "../../../../policies/messages"};
    AUTO(mem_drop) char *own = file_join(site_folder, "messages");
    if (file_exists(own))
        return phrase_load(own, out, err);
    AUTO(mem_drop) char *program = proc_folder();
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        AUTO(mem_drop) char *folder = file_join(program, places[i]);
        if (file_exists(folder))
            return phrase_load(folder, out, err);
    }
    return err_set(err, ERR_MISSING,
                   "the phrases (share/gong/messages) are not installed beside "
                   "%s; or put them into %s",
                   program, own);
}

size_t phrase_languages(const struct phrase_book *book)
{
    return book->count;
}

struct phrase_language phrase_language(const struct phrase_book *book, size_t i)
{
    assert(i < book->count);
    const struct language *language = &book->language[i];
    return (struct phrase_language){language->code, language->tag, language->title,
                                    language->filled, language->usable};
}

static void fill_in(const char *text, const struct phrase_value *value, size_t count,
                    struct buf *out)
{
    while (*text) {
        size_t plain = strcspn(text, "{");
        buf_add(out, text, plain);
        text += plain;
        if (!*text)
            return;
        size_t len = strcspn(text, "}");
        for (size_t i = 0; i < count; i++) {
            if (str_is((struct str){text + 1, len - 1}, value[i].name))
                buf_text(out, value[i].text);
        }
        text += len + 1;
    }
}

const char *phrase_say(const struct phrase_book *book, enum phrase phrase, const char *language,
                       const struct phrase_value *value, size_t count, struct buf *out)
{
    const struct language *used = find(book, language);
    if (!used || !used->usable || !*used->phrase[phrase])
        used = find(book, "vi");
    fill_in(used->phrase[phrase], value, count, out);
    return used->code;
}

const char *phrase_policy(const struct phrase_book *book, const char *language, const char *policy)
{
    const struct language *used = find(book, language);
    for (size_t i = 0; used && used->usable && i < used->policies; i++) {
        if (strcmp(used->policy[i], policy) == 0)
            return used->text[i];
    }
    return NULL;
}
