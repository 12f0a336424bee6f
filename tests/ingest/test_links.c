#include "ingest/links.h"

#include "tests/check.h"

// A feed must not send us to others.
static void test_may(void **state)
{
    (void)state;
    static const char *const feed = "https://cap.example/feed.xml";
    static const struct {
        const char *name, *link;
        bool may;
    } rows[] = {
        {"beside the feed", "https://cap.example/a/1.xml?x=2", true},
        {"a server's name in capitals", "https://CAP.example/1.xml", true},
        {"another server", "https://other.example/1.xml", false},
        {"a server whose name begins alike", "https://cap.example.org/1.xml", false},
        {"a name in front", "https://cap.example@other.example/1.xml", false},
        {"a name and the server", "https://a@cap.example/1.xml", false},
        {"another port", "https://cap.example:8443/1.xml", false},
        {"without TLS", "http://cap.example/1.xml", false},
        {"another way", "ftp://cap.example/1.xml", false},
        {"a file", "file:///etc/passwd", false},
        {"a path", "/1.xml", false},
        {"the server alone", "https://cap.example", false},
        {"a blank", "https://cap.example/a b.xml", false},
        {"a line's end", "https://cap.example/a\nb", false},
        {"letters that are no ASCII", "https://cap.example/\xc3\xa1", false},
        {"nothing", "", false},
        {"no server", "https:///1.xml", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(links_may(feed, str_of(rows[i].link)), rows[i].may);
    }
    CHECK(links_may("http://127.0.0.1:8080/f", STR("http://127.0.0.1:8080/x")));
    CHECK(!links_may("file:///srv/f", STR("file:///srv/x")));
}

TEST_MAIN(cmocka_unit_test(test_may))
