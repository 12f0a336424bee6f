#include "core/xml.h"

#include "tests/check.h"

static struct xml *parse(const char *text)
{
    struct err err = {0};
    struct xml *xml = NULL;
    CHECK_OK(xml_parse(str_of(text), "t.xml", &xml, &err), err);
    return xml;
}

static void test_a_document_is_walked(void **state)
{
    (void)state;
    AUTO(xml_free)
    struct xml *xml = parse("<?xml version=\"1.0\"?><?style x?><a xmlns=\"urn:x\" k=\"v\"> "
                            "<b>m&amp;n<!-- no --> Đ\n</b><c><d><![CDATA[1<2]]></d></c>"
                            "<p:b xmlns:p=\"urn:y\"/></a>");
    const struct xml_node *root = xml_root(xml);
    char value[8];
    CHECK_TEXT(xml_name(root), "a");
    CHECK_TEXT(xml_space(root), "urn:x");
    CHECK(xml_attribute(root, "k", value, sizeof(value)));
    CHECK_TEXT(value, "v");
    CHECK(!xml_attribute(root, "none", value, sizeof(value)));
    CHECK(!xml_attribute(root, "k", value, 1));
    const struct xml_node *b = xml_find(root, "b");
    CHECK_TEXT(xml_text(b), "m&n Đ\n");
    CHECK(str_is(xml_trimmed(b), "m&n Đ"));
    CHECK_TEXT(xml_text(xml_find(root, "c/d")), "1<2");
    CHECK(xml_find(root, "c/x/y") == NULL);
    CHECK_TEXT(xml_text(NULL), "");
    CHECK_TEXT(xml_space(xml_again(b)), "urn:y");
    CHECK(xml_again(xml_again(b)) == NULL);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *error;
    } rows[] = {
        {"nothing", "", "t.xml is empty"},
        {"a tag that never ends", "<a>\n<b></a>", "t.xml:2: "},
        {"a document type of its own", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
         "brings its own document type"},
        {"an entity that is not known", "<a>&x;</a>", "t.xml:1: "},
        {"a document type from elsewhere", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
         "brings its own document type"},
        {"two roots", "<a/><b/>", "t.xml:1: "},
        {"bytes that are no UTF-8", "<a>\xff</a>", "t.xml:1: "},
        {"a control character", "<a>\x01</a>", "t.xml:1: "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct xml *xml = NULL;
        CHECK_INT(xml_parse(str_of(rows[i].text), "t.xml", &xml, &err), ERR_INPUT);
        CHECK(xml == NULL);
        CHECK_HAS(err.text, rows[i].error);
    }
}

static void test_depth_is_limited(void **state)
{
    (void)state;
    struct err err = {0};
    struct xml *xml = NULL;
    AUTO(buf_free) struct buf deep = buf_new(1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_text(&deep, "<a>");
    CHECK_INT(xml_parse(buf_slice(&deep), "t.xml", &xml, &err), ERR_INPUT);
    CHECK_HAS(err.text, "t.xml:1: ");
}

static void test_what_is_written_is_read_again(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf out = buf_new(1000);
    struct xml_writer writer = xml_writer_new(&out);
    xml_open(&writer, "a", "xmlns=\"urn:x\"");
    xml_leaf(&writer, "b", "1 < 2 & \"Đắk Nông\"");
    xml_open(&writer, "c", "");
    xml_leaf_with(&writer, "d", "k=\"v\"", "x");
    xml_empty(&writer, "e", "");
    xml_close(&writer);
    xml_close(&writer);
    CHECK_TEXT(out.at, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<a xmlns=\"urn:x\">\n"
                       "  <b>1 &lt; 2 &amp; &quot;Đắk Nông&quot;</b>\n"
                       "  <c>\n"
                       "    <d k=\"v\">x</d>\n"
                       "    <e/>\n"
                       "  </c>\n"
                       "</a>\n");
    AUTO(xml_free) struct xml *xml = parse(out.at);
    CHECK_TEXT(xml_text(xml_find(xml_root(xml), "b")), "1 < 2 & \"Đắk Nông\"");
    buf_clear(&out);
    xml_print_plain(xml, &out);
    CHECK_TEXT(out.at, "<a xmlns=\"urn:x\"><b>1 &lt; 2 &amp; \"Đắk Nông\"</b>"
                       "<c><d k=\"v\">x</d><e/></c></a>");
}

TEST_MAIN(cmocka_unit_test(test_a_document_is_walked), cmocka_unit_test(test_what_is_refused),
          cmocka_unit_test(test_depth_is_limited),
          cmocka_unit_test(test_what_is_written_is_read_again))
