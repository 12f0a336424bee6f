#include "policies/short_text.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/sms.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "tests/check.h"

static struct message_values values(const char *commune)
{
    return (struct message_values){.commune = commune,
                                   .index_milli = 116400,
                                   .from = {1725472800},
                                   .to = {1725732000},
                                   .issued = {1725472800},
                                   .next = {1725516000},
                                   .event = 1234567};
}

static struct policy *load(const char *name)
{
    struct err err = {0};
    struct policy *policy = NULL;
    AUTO(mem_drop) char *path = file_join("policies", name);
    CHECK_OK(policy_load(path, &policy, &err), err);
    return policy;
}

static void the_texts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *commune;
        enum language language;
        bool drill, cancel;
        const char *text;
    } rows[] = {
        {"Vietnamese: the place is said, so the title goes up to its comma", "Phường Bắc Kạn",
         LANGUAGE_VI, false, false,
         "Canh bao mua rat to: Phuong Bac Kan, 116,4 mm, den 1h 8/9. Chuan bi. Goi 112. "
         "Tin so 1234567 luc 1h 5/9, tin sau truoc 13h. Khong phai cap do chinh thuc."},
        {"a drill says so, and leaves out the step", "Phường Bắc Kạn", LANGUAGE_VI, true, false,
         "DIEN TAP. Canh bao mua rat to: Phuong Bac Kan, 116,4 mm, den 1h 8/9. Goi 112. "
         "Tin so 1234567 luc 1h 5/9, tin sau truoc 13h. Khong phai cap do chinh thuc."},
        {"English", "Phường Bắc Kạn", LANGUAGE_EN, true, false,
         "DRILL. Very heavy rain: Phuong Bac Kan, 116.4 mm, until 01:00 8 Sep. Prepare. Call 112. "
         "No. 1234567, issued 01:00 5 Sep, next by 13:00. Not an official level."},
        {"what is over", "Phường Bắc Kạn", LANGUAGE_VI, false, true,
         "Canh bao mua rat to, vung Bac Kan cu: Phuong Bac Kan, het canh bao luc 1h 5/9. "
         "Tin so 1234567. Khong phai cap do chinh thuc."},
        {"a long name costs that it is not official", "Thị trấn Nông trường Việt Trung mở rộng",
         LANGUAGE_VI, true, false,
         "DIEN TAP. Canh bao mua rat to: Thi tran Nong truong Viet Trung mo rong, 116,4 mm. Goi "
         "112. Tin so 1234567 luc 1h 5/9, tin sau truoc 13h."},
        {"a longer one the time of the next",
         "Thị trấn Nông trường Chợ Đồn Phương Viên Thượng Hạ Sơn Trung Đông Tây Nam Bắc Kạn",
         LANGUAGE_VI, true, false,
         "DIEN TAP. Canh bao mua rat to: Thi tran Nong truong Cho Don Phuong Vien Thuong Ha Son "
         "Trung Dong Tay Nam Bac Kan, 116,4 mm. Goi 112. Tin so 1234567 luc 1h 5/9."},
    };
    AUTO(policy_free) struct policy *policy = load("bac-kan-heavy-rain.yaml");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf text = buf_new(4096);
        struct message_values said = values(rows[i].commune);
        said.cancel = rows[i].cancel;
        short_text(policy, &said, rows[i].language, rows[i].drill, &text);
        CHECK_TEXT(text.at, rows[i].text);
    }
    ROW("without a number it says the time all the same, and there is room for the step");
    AUTO(buf_free) struct buf plain = buf_new(4096);
    struct message_values no_event = values("Xã Ba Bể");
    no_event.event = 0;
    short_text(policy, &no_event, LANGUAGE_VI, false, &plain);
    CHECK_TEXT(plain.at, "Canh bao mua rat to: Xa Ba Be, 116,4 mm, den 1h 8/9. "
                         "Chuan bi. Goi 112. Tin luc 1h 5/9, tin sau truoc 13h. Khong phai "
                         "cap do chinh thuc.");
}

static void the_official_bulletin(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool cancel;
        int64_t event;
        const char *number, *text;
    } rows[] = {
        {"it is the first to go", false, 1234567, "VN-17",
         "Canh bao mua rat to: Phuong Bac Kan, 116,4 mm, den 1h 8/9. Chuan bi. Goi 112. "
         "Tin so 1234567 luc 1h 5/9, tin sau truoc 13h. Khong phai cap do chinh thuc."},
        {"where there is room", true, 1234567, "VN-17",
         "Canh bao mua rat to, vung Bac Kan cu: Phuong Bac Kan, het canh bao luc 1h 5/9. "
         "Tin so 1234567. Khong phai cap do chinh thuc. Ban tin so VN-17."},
    };
    AUTO(policy_free) struct policy *policy = load("bac-kan-heavy-rain.yaml");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf text = buf_new(4096);
        struct message_values said = values("Phường Bắc Kạn");
        said.cancel = rows[i].cancel;
        said.event = rows[i].event;
        said.official = rows[i].number;
        short_text(policy, &said, LANGUAGE_VI, false, &text);
        CHECK_TEXT(text.at, rows[i].text);
    }
}

// That people must act now outlasts when it ends; each stage has its own step.
static void the_step_of_a_stage(void **state)
{
    (void)state;
    static const struct {
        const char *stage, *commune;
        enum language language;
        const char *has, *has_not;
    } rows[] = {
        {"readiness", "E", LANGUAGE_EN, ", until 01:00 8 Sep. Prepare. Call 112.", "Act now"},
        {"activation", "Xã Ea", LANGUAGE_VI, ". Lam ngay: tranh suoi, doc dat. Goi 112.",
         "Chuan bi"},
        {"observed", "Xã Ea", LANGUAGE_EN, ". Act now: leave streams and slopes. Call 112.",
         "Prepare"},
        {"activation", "Xã Ea", LANGUAGE_VI, ". Lam ngay: tranh suoi, doc dat. Goi 112.", "den 1h"},
        {"activation", "Phường Bắc Gia Nghĩa mở rộng", LANGUAGE_VI, ". Lam ngay. Goi 112.",
         "tranh suoi"},
        {"readiness", "Thị trấn Nông trường Việt Trung mở rộng", LANGUAGE_VI, ". Goi 112.",
         "Chuan bi"},
    };
    AUTO(policy_free) struct policy *policy = load("products/dak-nong-heavy-rain.yaml");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].stage);
        AUTO(buf_free) struct buf text = buf_new(4096);
        struct message_values said = values(rows[i].commune);
        said.stage = rows[i].stage;
        short_text(policy, &said, rows[i].language, false, &text);
        CHECK_HAS(text.at, rows[i].has);
        CHECK(!strstr(text.at, rows[i].has_not));
    }
}

static void of_many_communes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool cancel;
        const char *text;
    } rows[] = {
        {"it is on", false,
         "DIEN TAP. Canh bao mua rat to, vung Bac Kan cu, nguong 100 mm. Goi 112. Tin so 1234567 "
         "luc 1h 5/9, tin sau truoc 13h. Khong phai cap do chinh thuc."},
        {"it is over", true,
         "DIEN TAP. Canh bao mua rat to, vung Bac Kan cu, het canh bao luc 1h 5/9. Tin so "
         "1234567. Khong phai cap do chinh thuc."},
    };
    AUTO(policy_free) struct policy *policy = load("bac-kan-heavy-rain.yaml");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf text = buf_new(4096);
        struct message_values said = values(NULL);
        said.cancel = rows[i].cancel;
        short_text_area(policy, &said, true, &text);
        CHECK_TEXT(text.at, rows[i].text);
    }
}

static void retitle(struct policy *policy, const char *title)
{
    mem_free(&policy->title.at[LANGUAGE_VI]);
    policy->title.at[LANGUAGE_VI] = mem_text(title);
}

// However long what an author wrote is: one part, whole words, and what must be in it.
static void long_words(void **state)
{
    (void)state;
    static const struct {
        const char *name, *title, *action, *has;
    } rows[] = {
        {"a comma of a number ends no title", "Mưa trên 62,5 mm trong 24 giờ, vùng Bắc Kạn cũ",
         NULL, "Mua tren 62,5 mm trong 24 gio: Xa Ba Be"},
        {"a title without a comma",
         "Cảnh báo mưa rất to kèm theo lũ quét và sạt lở đất ở những nơi đất dốc ven suối ven sông "
         "của những xã vùng cao phía bắc và phía tây của những huyện miền núi có độ ẩm đất đã cao "
         "từ những ngày trước",
         NULL, "DIEN TAP. Canh bao mua rat to kem theo lu quet va sat lo dat o nhung noi dat doc"},
        {"one action as long as may be", "Cảnh báo mưa rất to",
         "sơ tán người già và trẻ nhỏ khỏi những nhà ở gần suối ở chân dốc ở cửa khe "
         "trước khi trời tối, mang theo nước uống, thuốc men và các giấy tờ khoẻ",
         "DIEN TAP. Canh bao mua rat to: Xa Ba Be, 116,4 mm"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(policy_free) struct policy *policy = load("bac-kan-heavy-rain.yaml");
        AUTO(buf_free) struct buf text = buf_new(4096), area = buf_new(4096);
        struct message_values said = values("Xã Ba Bể");
        retitle(policy, rows[i].title);
        if (rows[i].action) {
            CHECK(policy->actions.there);
            mem_free(&policy->actions.texts.at[LANGUAGE_VI]);
            policy->actions.texts.at[LANGUAGE_VI] = mem_text(rows[i].action);
        }
        short_text(policy, &said, LANGUAGE_VI, true, &text);
        CHECK_HAS(text.at, rows[i].has);
        CHECK_HAS(text.at, "Goi 112. Tin so 1234567");
        CHECK_INT(sms_measure(buf_slice(&text)).parts, 1);
        short_text_area(policy, &said, true, &area);
        CHECK_HAS(area.at, "Goi 112. Tin so 1234567");
        CHECK_INT(sms_measure(buf_slice(&area)).parts, 1);
    }
}

// Every alert policy that comes with gong, in both languages, with the longest name of a commune.
static void one_part_of_plain_letters_always(void **state)
{
    (void)state;
    static const char *const communes[] = {
        "Xã Ea", "Thị trấn Nông trường Việt Trung mở rộng",
        "Đặc khu Trường Sa, các đảo nổi và đảo chìm phía Đông Nam"};
    AUTO(file_names_free) char **names = NULL;
    struct err err = {0};
    size_t alerts = 0;
    CHECK_OK(file_names("policies/products", &names, &err), err);
    for (size_t i = 0; names[i]; i++) {
        AUTO(mem_drop) char *name = file_join("products", names[i]);
        AUTO(policy_free) struct policy *policy = load(name);
        if (policy->kind != POLICY_ALERT)
            continue;
        ROW(names[i]);
        alerts++;
        for (size_t c = 0; c < 2 * COUNT_OF(communes); c++) {
            AUTO(buf_free) struct buf text = buf_new(4096);
            struct message_values said = values(communes[c / 2]);
            short_text(policy, &said, (enum language)(c % 2), true, &text);
            struct sms_size size = sms_measure(buf_slice(&text));
            CHECK_INT(size.coding, SMS_GSM7);
            CHECK_INT(size.parts, 1);
            CHECK_HAS(text.at, "112");
            ROW("and always the number and when it was issued");
            CHECK_HAS(text.at, "1234567");
            CHECK_HAS(text.at, c % 2 ? "issued 01:00 5 Sep" : "luc 1h 5/9");
        }
    }
    CHECK(alerts >= 3);
}

TEST_MAIN(cmocka_unit_test(the_texts), cmocka_unit_test(the_official_bulletin),
          cmocka_unit_test(of_many_communes), cmocka_unit_test(the_step_of_a_stage),
          cmocka_unit_test(long_words), cmocka_unit_test(one_part_of_plain_letters_always))
