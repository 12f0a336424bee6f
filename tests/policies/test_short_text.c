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
        {"Vietnamese, all of it", "Phường Bắc Kạn", LANGUAGE_VI, false, false,
         "Canh bao mua rat to, vung Bac Kan cu: Phuong Bac Kan, 116,4 mm, den 01:00 08/09/2024. "
         "Goi "
         "112 khi can. Tin sau truoc 13:00 05/09/2024. Tin so 1234567."},
        {"a drill says so", "Phường Bắc Kạn", LANGUAGE_VI, true, false,
         "DIEN TAP. Canh bao mua rat to, vung Bac Kan cu: Phuong Bac Kan, 116,4 mm, den 01:00 "
         "08/09/2024. Goi 112 khi can. Tin sau truoc 13:00 05/09/2024. "
         "Tin so 1234567."},
        {"English", "Phường Bắc Kạn", LANGUAGE_EN, true, false,
         "DRILL. Very heavy rain, former Bac Kan: Phuong Bac Kan, 116.4 mm, until 01:00 "
         "08/09/2024. "
         "Call 112 for help. Next by 13:00 05/09/2024. No. 1234567."},
        {"what is over", "Phường Bắc Kạn", LANGUAGE_VI, false, true,
         "Canh bao mua rat to, vung Bac Kan cu: Phuong Bac Kan, het canh bao luc 01:00 05/09/2024. "
         "Tin so 1234567."},
        {"a long name costs the value, then the time",
         "Thị trấn Nông trường Chợ Đồn Phương Viên Thượng Hạ Sơn Trung", LANGUAGE_VI, true, false,
         "DIEN TAP. Canh bao mua rat to, vung Bac Kan cu: Thi tran Nong truong Cho Don Phuong Vien "
         "Thuong Ha Son Trung. Goi 112 khi can. Tin so 1234567."},
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
    ROW("of many communes");
    AUTO(buf_free) struct buf text = buf_new(4096);
    short_text_area(policy, (struct utc){1725472800}, (struct utc){1725732000}, false, true, &text);
    CHECK_TEXT(text.at, "DIEN TAP. Canh bao mua rat to, vung Bac Kan cu: tu 01:00 05/09/2024 den "
                        "01:00 08/09/2024. Goi 112 khi can.");
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
        }
    }
    CHECK(alerts >= 3);
}

TEST_MAIN(cmocka_unit_test(the_texts), cmocka_unit_test(one_part_of_plain_letters_always))
