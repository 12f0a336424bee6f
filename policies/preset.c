#include "policies/preset.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/yaml.h"
#include "policies/preset_text.h"
#include "policies/shape.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

const char *const preset_statuses[] = {"confirmed", "secondary",   "extrapolated",
                                       "inferred",  "unconfirmed", NULL};

enum { LEVEL_MAX = 5, ARTICLE_MAX = 1000, STATUS_WORDS = 5 };

void preset_free(struct preset **preset)
{
    if (!*preset)
        return;
    field_texts_free(&(*preset)->title);
    for (size_t i = 0; i < PRESET_TABLES_MAX; i++)
        field_texts_free(&(*preset)->table[i].title);
    mem_free(preset);
}

void preset_named_free(struct preset_named *named)
{
    preset_free(&named->preset);
}

// --- reading

static enum err_kind take_list(const struct yaml *map, const char *key, size_t most,
                               const struct yaml **out, struct err *err)
{
    if (yaml_need(map, key, YAML_LIST, out, err))
        return err_of(err);
    if ((*out)->count == 0 || (*out)->count > most)
        return yaml_refuse(*out, err, "write a list of 1 to %zu", most);
    return OK;
}

static enum err_kind read_bound(const struct yaml *map, enum unit unit, struct preset_bound *out,
                                struct err *err)
{
    static const struct {
        const char *key;
        enum compare compare;
        bool high;
    } keys[] = {{"from", COMPARE_MORE_OR_SAME, false},
                {"above", COMPARE_MORE, false},
                {"up_to", COMPARE_LESS_OR_SAME, true},
                {"below", COMPARE_LESS, true}};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        int64_t milli;
        if (!yaml_get(map, keys[i].key))
            continue;
        if (field_unit(map, keys[i].key, unit, &milli, err))
            return err_of(err);
        if (keys[i].high) {
            out->has_high = true;
            out->high = keys[i].compare;
            out->high_milli = milli;
        } else {
            out->has_low = true;
            out->low = keys[i].compare;
            out->low_milli = milli;
        }
    }
    if (!out->has_low && !out->has_high)
        return yaml_refuse(map, err, "bounds are {from: ..., up_to: ...} or above and below");
    return OK;
}

static enum err_kind read_status(const struct yaml *map, enum preset_status *out, struct err *err)
{
    size_t status = 0;
    if (field_choice(map, "status", preset_statuses, &status, err))
        return err_of(err);
    *out = (enum preset_status)status;
    return OK;
}

static enum err_kind read_levels(const struct yaml *map, const struct preset_table *table,
                                 struct preset_row *out, struct err *err)
{
    const struct yaml *list = NULL;
    if (take_list(map, "levels", PRESET_PLACES_MAX, &list, err))
        return err_of(err);
    if (list->count != table->places)
        return yaml_refuse(list, err, "write one level for each of the %zu places", table->places);
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml *level = list->item[i];
        bool digit = level->kind == YAML_TEXT && level->text.len == 1;
        if (!digit || level->text.at[0] < '0' || level->text.at[0] > '0' + LEVEL_MAX)
            return yaml_refuse(level, err, "a level is 0 (none) to %d", LEVEL_MAX);
        out->level[i] = level->text.at[0] - '0';
    }
    return OK;
}

static enum err_kind read_row(const struct yaml *map, const struct preset_table *table,
                              struct preset_row *out, struct err *err)
{
    const char *keys[PRESET_INPUTS_MAX + 4] = {"name", "levels", "status", NULL};
    for (size_t i = 0; i < table->inputs; i++)
        keys[3 + i] = table->input[i].name;
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a row is {name: ..., INPUT: {...}, levels: [...]}");
    if (yaml_check_keys(map, keys, err) ||
        field_name(map, "name", out->name, sizeof(out->name), err) ||
        read_levels(map, table, out, err) || read_status(map, &out->status, err))
        return err_of(err);
    for (size_t i = 0; i < table->inputs; i++) {
        const struct yaml *bound = yaml_get(map, table->input[i].name);
        if (bound && read_bound(bound, table->input[i].unit, &out->bound[i], err))
            return err_of(err);
    }
    for (size_t i = 0; i < table->rows; i++) {
        if (strcmp(table->row[i].name, out->name) == 0)
            return yaml_refuse(yaml_get(map, "name"), err, "the name stands twice");
    }
    return OK;
}

static enum err_kind read_input(const struct yaml *map, struct preset_input *out, struct err *err)
{
    static const char *const keys[] = {"name", "unit", NULL};
    struct str name, unit;
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "an input is {name: rain_24h, unit: mm}");
    if (yaml_check_keys(map, keys, err) || yaml_need_text(map, "name", &name, err) ||
        yaml_need_text(map, "unit", &unit, err))
        return err_of(err);
    if (name.len == 0 || name.len >= sizeof(out->name))
        return yaml_refuse(map, err, "a name has 1 to %zu letters", sizeof(out->name) - 1);
    memcpy(out->name, name.at, name.len);
    for (int i = 0; i < UNITS; i++) {
        const char *word = unit_word((enum unit)i, LANGUAGE_EN);
        if (str_is(unit, word) || (i == UNIT_NUMBER && str_is(unit, "number"))) {
            out->unit = (enum unit)i;
            return OK;
        }
    }
    return yaml_refuse(yaml_get(map, "unit"), err, "no such unit; write mm, days, °C, %%, Bft ...");
}

static enum err_kind read_places(const struct yaml *map, struct preset_table *out, struct err *err)
{
    const struct yaml *list = NULL;
    if (take_list(map, "places", PRESET_PLACES_MAX, &list, err))
        return err_of(err);
    for (; out->places < list->count; out->places++) {
        const struct yaml *one = list->item[out->places];
        if (one->kind != YAML_TEXT || one->text.len == 0 || one->text.len >= PRESET_NAME_SIZE)
            return yaml_refuse(one, err, "a place is a short name");
        memcpy(out->place[out->places], one->text.at, one->text.len);
    }
    return OK;
}

static enum err_kind read_table(const struct yaml *map, struct preset_table *out, struct err *err)
{
    static const char *const keys[] = {"name",   "article", "title", "inputs",
                                       "places", "rows",    NULL};
    const struct yaml *inputs = NULL, *rows = NULL;
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a table is {name: ..., article: ..., rows: [...]}");
    if (yaml_check_keys(map, keys, err) ||
        field_name(map, "name", out->name, sizeof(out->name), err) ||
        field_whole(map, "article", 1, ARTICLE_MAX, &out->article, err) ||
        field_texts(map, "title", &out->title, err) || read_places(map, out, err) ||
        take_list(map, "inputs", PRESET_INPUTS_MAX, &inputs, err) ||
        take_list(map, "rows", PRESET_ROWS_MAX, &rows, err))
        return err_of(err);
    for (; out->inputs < inputs->count; out->inputs++) {
        if (read_input(inputs->item[out->inputs], &out->input[out->inputs], err))
            return err_of(err);
    }
    for (; out->rows < rows->count; out->rows++) {
        if (read_row(rows->item[out->rows], out, &out->row[out->rows], err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind read_cap(const struct yaml *map, struct preset *out, struct err *err)
{
    static const char *const keys[] = {"from", "to", "most", "status", NULL};
    const int64_t most_vnd = 1000000000000;
    struct legal_cap *cap = &out->cap[out->caps];
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a cap is {from: ..., to: ..., most: ... VND, status: ...}");
    if (yaml_check_keys(map, keys, err) || field_date(map, "from", &cap->from, err) ||
        field_date(map, "to", &cap->to, err) ||
        field_vnd(map, "most", 1, most_vnd, &cap->most_vnd, err) ||
        read_status(map, &out->cap_status[out->caps], err))
        return err_of(err);
    if (out->caps && civil_days(cap->from) <= civil_days(cap[-1].to))
        return yaml_refuse(map, err, "this cap begins before the one above has ended");
    out->caps++;
    return OK;
}

static enum err_kind read_lists(const struct yaml *root, struct preset *out, struct err *err)
{
    const struct yaml *tables = yaml_get(root, "tables"), *caps = yaml_get(root, "caps");
    if (!tables == !caps)
        return yaml_refuse(root, err, "write tables or caps");
    if (tables ? take_list(root, "tables", PRESET_TABLES_MAX, &tables, err)
               : take_list(root, "caps", CAPS_MAX, &caps, err))
        return err_of(err);
    for (; tables && out->tables < tables->count; out->tables++) {
        if (read_table(tables->item[out->tables], &out->table[out->tables], err))
            return err_of(err);
    }
    for (size_t i = 0; caps && i < caps->count; i++) {
        if (read_cap(caps->item[i], out, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind read_preset(const struct yaml *root, struct preset *out, struct err *err)
{
    static const char *const keys[] = {"gong_preset", "id",     "title", "in_force",
                                       "checked",     "tables", "caps",  NULL};
    static const char *const from[] = {"from", NULL};
    const struct yaml *in_force = NULL;
    int64_t version = 0;
    if (root->kind != YAML_MAP)
        return yaml_refuse(root, err, "presets are wanted here, as \"gong_preset: 1\"");
    if (yaml_check_keys(root, keys, err) || field_whole(root, "gong_preset", 1, 1, &version, err) ||
        field_name(root, "id", out->id, sizeof(out->id), err) ||
        field_texts(root, "title", &out->title, err) ||
        yaml_need(root, "in_force", YAML_MAP, &in_force, err) ||
        yaml_check_keys(in_force, from, err) || field_date(in_force, "from", &out->in_force, err) ||
        field_date(root, "checked", &out->checked, err))
        return err_of(err);
    return read_lists(root, out, err);
}

enum err_kind preset_parse(struct str text, const char *name, struct preset **out, struct err *err)
{
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    if (yaml_parse(text, name, &file, err))
        return err_of(err);
    AUTO(preset_free) struct preset *preset = mem_new(1, sizeof(*preset));
    if (read_preset(yaml_root(file), preset, err))
        return err_of(err);
    *out = TAKE(preset);
    return OK;
}

enum err_kind preset_open(struct str id, struct preset **out, struct err *err)
{
    AUTO(buf_free) struct buf known = buf_new(1000);
    for (size_t i = 0; preset_ids[i]; i++) {
        if (str_is(id, preset_ids[i]))
            return preset_parse(preset_text(i), preset_ids[i], out, err);
        buf_print(&known, "%s%s", i ? ", " : "", preset_ids[i]);
    }
    return err_set(err, ERR_MISSING, "there are no presets \"" STR_FMT "\"; there are %s",
                   STR_ARG(id), known.at);
}

// --- using

// Opens what the first part of "vn-2021-18/heavy-rain/..." names, and finds the table of the
// second.
static enum err_kind open_table(struct str *rest, struct preset_named *out, struct err *err)
{
    struct str id, table, path = *rest;
    if (!str_take_field(rest, '/', &id) || !str_take_field(rest, '/', &table))
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" names no table; write vn-2021-18/heavy-rain",
                       STR_ARG(path));
    if (preset_open(id, &out->preset, err))
        return err_of(err);
    for (size_t i = 0; i < out->preset->tables && !out->table; i++) {
        if (str_is(table, out->preset->table[i].name))
            out->table = &out->preset->table[i];
    }
    return OK;
}

enum err_kind preset_find(struct str path, struct preset_named *out, struct err *err)
{
    struct str row = {0}, rest = path;
    AUTO(preset_named_free) struct preset_named named = {0};
    if (str_count(path, '/') != 2)
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" names no row; write "
                       "vn-2021-18/heavy-rain/over-200-1-2-days",
                       STR_ARG(path));
    if (open_table(&rest, &named, err))
        return err_of(err);
    (void)str_take_field(&rest, '/', &row);
    for (size_t i = 0; named.table && i < named.table->rows && !named.row; i++) {
        if (str_is(row, named.table->row[i].name))
            named.row = &named.table->row[i];
    }
    if (!named.row)
        return err_set(err, ERR_MISSING,
                       "\"" STR_FMT "\" is no row; gong policy presets %s lists them",
                       STR_ARG(path), named.preset->id);
    *out = MOVE(named);
    return OK;
}

enum err_kind preset_find_table(struct str path, struct preset_named *out, struct err *err)
{
    struct str rest = path;
    AUTO(preset_named_free) struct preset_named named = {0};
    if (open_table(&rest, &named, err))
        return err_of(err);
    if (!named.table || rest.at)
        return err_set(err, ERR_MISSING,
                       "\"" STR_FMT "\" is no table; gong policy presets %s lists them",
                       STR_ARG(path), named.preset->id);
    *out = MOVE(named);
    return OK;
}

static bool row_holds(const struct preset_table *table, const struct preset_row *row,
                      const int64_t *value)
{
    for (size_t i = 0; i < table->inputs; i++) {
        const struct preset_bound *bound = &row->bound[i];
        if (!bound->has_low && !bound->has_high)
            continue;
        if (value[i] == PRESET_NOT_GIVEN ||
            (bound->has_low && !compare_holds(bound->low, value[i], bound->low_milli)) ||
            (bound->has_high && !compare_holds(bound->high, value[i], bound->high_milli)))
            return false;
    }
    return true;
}

int64_t preset_level(const struct preset_table *table, size_t place, const int64_t *value,
                     const struct preset_row **row)
{
    int64_t level = 0;
    assert(place < table->places);
    *row = NULL;
    for (size_t i = 0; i < table->rows; i++) {
        const struct preset_row *one = &table->row[i];
        if (one->level[place] <= level || !row_holds(table, one, value))
            continue;
        level = one->level[place];
        *row = one;
    }
    return level;
}

// --- words

const char *preset_status_word(enum preset_status status, enum language language)
{
    static const char *const words[STATUS_WORDS] = {
        [PRESET_CONFIRMED] = "đã đối chiếu bản chính thức",
        [PRESET_SECONDARY] = "theo bản chép lại, chưa đối chiếu",
        [PRESET_EXTRAPOLATED] = "suy ra, không có trong văn bản",
        [PRESET_INFERRED] = "suy luận",
        [PRESET_UNCONFIRMED] = "chưa xác nhận",
    };
    return language == LANGUAGE_VI ? words[status] : preset_statuses[status];
}

static void say_bounds(const struct preset_table *table, const struct preset_row *row,
                       enum language language, struct buf *out)
{
    for (size_t i = 0; i < table->inputs; i++) {
        const struct preset_bound *bound = &row->bound[i];
        if (!bound->has_low && !bound->has_high)
            continue;
        buf_print(out, " %s", table->input[i].name);
        if (bound->has_low) {
            buf_print(out, " %s ", compare_sign(bound->low));
            unit_say(out, bound->low_milli, table->input[i].unit, language);
        }
        if (bound->has_high) {
            buf_print(out, " %s ", compare_sign(bound->high));
            unit_say(out, bound->high_milli, table->input[i].unit, language);
        }
        buf_char(out, ';');
    }
}

// Where a column of a table is, in the words of the decision; English has the key itself.
static const char *place_word(const struct preset_table *table, size_t place,
                              enum language language)
{
    static const struct {
        const char *table, *place, *vi; // table is NULL: of all
    } words[] = {
        {"storm", "east-sea", "Biển Đông"},
        {"storm", "coast", "vùng biển ven bờ"},
        {"storm", "north", "Đông Bắc Bộ, đồng bằng Bắc Bộ, Bắc và Trung Trung Bộ"},
        {"storm", "highlands", "Tây Bắc, Việt Bắc, Nam Trung Bộ, Tây Nguyên"},
        {"storm", "south", "Nam Bộ"},
        {NULL, "midland", "trung du, miền núi"},
        {NULL, "plain", "đồng bằng, ven biển"},
        {NULL, "region-1", "khu vực 1"},
        {NULL, "region-2", "khu vực 2"},
        {NULL, "region-3", "khu vực 3"},
        {NULL, "region-4", "khu vực 4"},
        {NULL, "area-1", "khu vực 1"},
        {NULL, "area-2", "khu vực 2"},
        {NULL, "area-3", "khu vực 3"},
        {NULL, "area-4", "khu vực 4"},
        {NULL, "north", "Bắc Bộ"},
        {NULL, "central", "Trung Bộ"},
        {NULL, "south", "Nam Bộ, Tây Nguyên"},
        {NULL, "gauge", "tại trạm"},
        {NULL, "any", "mọi nơi"},
    };
    const char *key = table->place[place];
    for (size_t i = 0; language == LANGUAGE_VI && i < COUNT_OF(words); i++) {
        bool of_table = !words[i].table || strcmp(words[i].table, table->name) == 0;
        if (of_table && strcmp(words[i].place, key) == 0)
            return words[i].vi;
    }
    return key;
}

static void say_levels(const struct preset_table *table, const struct preset_row *row,
                       enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    for (size_t i = 0; i < table->places; i++) {
        buf_print(out, "%s %s ", !i ? "" : vi ? ";" : ",", place_word(table, i, language));
        if (vi && row->level[i] == 0)
            buf_text(out, "không có cấp");
        else
            buf_print(out, "%s%" PRId64, vi ? "cấp " : "", row->level[i]);
    }
}

static const char *trigger_only(enum language language)
{
    return language == LANGUAGE_VI ? "gong chỉ đánh giá ngưỡng, không phải cấp độ chính thức"
                                   : "gong evaluates a trigger, this is no official level";
}

void preset_say_row(const struct preset_named *named, enum language language, struct buf *out)
{
    buf_print(out,
              language == LANGUAGE_VI ? "%s, Điều %" PRId64 ", %s (%s):"
                                      : "%s, article %" PRId64 ", %s (%s):",
              named->preset->title.at[language], named->table->article, named->row->name,
              preset_status_word(named->row->status, language));
    say_levels(named->table, named->row, language, out);
    buf_print(out, "; %s", trigger_only(language));
}

// "rain_24h: 150 mm, days: 3 days" as values of a table's inputs.
static enum err_kind read_at(const struct preset_table *table, struct str at, int64_t *value,
                             struct err *err)
{
    enum { AT_BYTES_MAX = 1000 };
    const char *keys[PRESET_INPUTS_MAX + 1] = {NULL};
    AUTO(buf_free) struct buf text = buf_new(AT_BYTES_MAX);
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    buf_print(&text, "{" STR_FMT "}", STR_ARG(at));
    if (yaml_parse(buf_slice(&text), "--at", &file, err))
        return err_of(err);
    const struct yaml *map = yaml_root(file);
    if (map->kind != YAML_MAP || map->count == 0)
        return yaml_refuse(map, err, "write values as \"%s: ...\"", table->input[0].name);
    for (size_t i = 0; i < table->inputs; i++)
        keys[i] = table->input[i].name;
    if (yaml_check_keys(map, keys, err))
        return err_of(err);
    for (size_t i = 0; i < PRESET_INPUTS_MAX; i++)
        value[i] = PRESET_NOT_GIVEN;
    for (size_t i = 0; i < table->inputs; i++) {
        if (yaml_get(map, keys[i]) &&
            field_unit(map, keys[i], table->input[i].unit, &value[i], err))
            return err_of(err);
    }
    return OK;
}

// The last row that holds, whatever its level: where no row has one, it is still which alarm it is.
static const struct preset_row *last_row(const struct preset_table *table, const int64_t *value)
{
    for (size_t i = table->rows; i-- > 0;) {
        if (row_holds(table, &table->row[i], value))
            return &table->row[i];
    }
    return NULL;
}

enum err_kind preset_rate(const struct preset_named *named, struct str at, enum language language,
                          struct buf *words, struct doc *list, struct err *err)
{
    int64_t value[PRESET_INPUTS_MAX] = {0};
    const struct preset_table *table = named->table;
    bool vi = language == LANGUAGE_VI;
    if (read_at(table, at, value, err))
        return err_of(err);
    buf_print(words, "%s (%s %" PRId64 ", %s)\n", table->title.at[language],
              vi ? "Điều" : "article", table->article, table->name);
    for (size_t place = 0; place < table->places; place++) {
        const struct preset_row *row = NULL;
        struct doc *one = doc_object();
        int64_t level = preset_level(table, place, value, &row);
        row = row ? row : last_row(table, value);
        doc_put_text(one, "place", table->place[place]);
        doc_put_int(one, "level", level);
        buf_print(words, "  %s: %" PRId64, place_word(table, place, language), level);
        if (row) {
            doc_put_text(one, "row", row->name);
            doc_put_text(one, "status", preset_statuses[row->status]);
            buf_print(words, ", %s (%s)", row->name, preset_status_word(row->status, language));
        }
        buf_char(words, '\n');
        doc_push(list, one);
    }
    buf_print(words, "%s\n", trigger_only(language));
    return OK;
}

static void say_table(const struct preset_table *table, enum language language, struct buf *out)
{
    buf_print(out, "%s (%s %" PRId64 ", %s)\n", table->title.at[language],
              language == LANGUAGE_VI ? "Điều" : "article", table->article, table->name);
    for (size_t i = 0; i < table->rows; i++) {
        buf_print(out, "  %s:", table->row[i].name);
        say_bounds(table, &table->row[i], language, out);
        say_levels(table, &table->row[i], language, out);
        buf_print(out, " (%s)\n", preset_status_word(table->row[i].status, language));
    }
}

static void say_agencies(enum language language, struct buf *out)
{
    buf_text(out, language == LANGUAGE_VI
                      ? "Chỉ cơ quan khí tượng thủy văn, lâm nghiệp, vật lý địa cầu mới ban hành "
                        "cấp độ chính thức.\n"
                      : "Only the agencies of hydrometeorology, forestry and geophysics issue "
                        "official levels.\n");
}

void preset_describe(const struct preset *preset, enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    buf_print(out, "%s (%s)\n%s %04d-%02d-%02d, %s %04d-%02d-%02d\n", preset->title.at[language],
              preset->id, vi ? "hiệu lực từ" : "in force from", preset->in_force.year,
              preset->in_force.month, preset->in_force.day, vi ? "đối chiếu ngày" : "compared on",
              preset->checked.year, preset->checked.month, preset->checked.day);
    for (size_t i = 0; i < preset->tables; i++)
        say_table(&preset->table[i], language, out);
    for (size_t i = 0; i < preset->caps; i++) {
        const struct legal_cap *cap = &preset->cap[i];
        buf_print(out, "  %04d-%02d-%02d – %04d-%02d-%02d: ", cap->from.year, cap->from.month,
                  cap->from.day, cap->to.year, cap->to.month, cap->to.day);
        unit_money(out, cap->most_vnd, language);
        buf_print(out, " %s (%s)\n", vi ? "đồng" : "VND",
                  preset_status_word(preset->cap_status[i], language));
    }
    if (preset->tables)
        say_agencies(language, out);
}

void preset_describe_table(const struct preset_named *named, enum language language,
                           struct buf *out)
{
    buf_print(out, "%s (%s)\n", named->preset->title.at[language], named->preset->id);
    say_table(named->table, language, out);
    say_agencies(language, out);
}
