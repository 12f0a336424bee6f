// Where an official bulletin holds, against the shape of a commune.
#include "triggers/extent.h"

#include "core/doc.h"
#include "core/mem.h"
#include "tests/check.h"
#include "tests/triggers/box.h"

// A commune of 0.1 by 0.1 degrees, from 22.0 N, 105.0 E.
static const struct box commune = {105.0, 22.0, 105.1, 22.1};

static const struct {
    const char *name, *area;
    bool meets;
} around[] = {
    {"a polygon around it",
     "{\"polygons\":[[21000000,104000000,21000000,106000000,23000000,106000000,23000000,"
     "104000000,21000000,104000000]]}",
     true},
    {"not closed",
     "{\"polygons\":[[21000000,104000000,21000000,106000000,23000000,106000000,23000000,"
     "104000000]]}",
     true},
    {"half of it",
     "{\"polygons\":[[22050000,104000000,22050000,106000000,23000000,106000000,23000000,"
     "104000000,22050000,104000000]]}",
     true},
    {"its neighbour, drawn along the border",
     "{\"polygons\":[[22000000,105100000,22000000,105200000,22100000,105200000,22100000,"
     "105100000,22000000,105100000]]}",
     false},
    {"its neighbour, drawn 50 m over the border",
     "{\"polygons\":[[22000000,105099500,22000000,105200000,22100000,105200000,22100000,"
     "105099500,22000000,105099500]]}",
     false},
    {"a strip of a tenth of it",
     "{\"polygons\":[[22000000,105090000,22000000,105200000,22100000,105200000,22100000,"
     "105090000,22000000,105090000]]}",
     true},
    {"a village in it, smaller than any point sees",
     "{\"polygons\":[[22051000,105051000,22051000,105052000,22052000,105052000,22051000,"
     "105051000]]}",
     true},
    {"latitude and longitude changed: elsewhere",
     "{\"polygons\":[[105000000,22000000,105000000,22100000,105100000,22100000,105000000,"
     "22000000]]}",
     false},
    {"a circle around it", "{\"circles\":[[22000000,105000000,50000]]}", true},
    {"a circle that ends before it", "{\"circles\":[[22050000,104900000,10000]]}", false},
    {"a circle that comes into it", "{\"circles\":[[22050000,104900000,14000]]}", true},
    {"a point in it", "{\"circles\":[[22050000,105050000,0]]}", true},
    {"a point beside it", "{\"circles\":[[22050000,105150000,0]]}", false},
    {"one of two figures",
     "{\"circles\":[[10000000,105000000,1000]],\"polygons\":[[21000000,104000000,21000000,"
     "106000000,23000000,106000000,23000000,104000000,21000000,104000000]]}",
     true},
    {"a box of a border over it", "{\"borders\":[[21000000,104000000,23000000,106000000]]}", true},
    {"a box of a border beside it", "{\"borders\":[[22000000,105100000,22100000,105200000]]}",
     false},
    {"a box of a border in it, too small to count: the polygon is drawn along its own border",
     "{\"borders\":[[22051000,105051000,22052000,105052000]]}", false},
    {"codes only", "{\"geocodes\":[\"vn2025=01840\"]}", false},
    {"figures of nothing", "{\"polygons\":[[]],\"circles\":[[]]}", false},
};

static bool meets(const char *numbers, struct str shape)
{
    struct err err = {0};
    AUTO(doc_free) struct doc *doc = NULL;
    CHECK_OK(doc_parse(str_of(numbers), "row", &doc, &err), err);
    AUTO(extent_free) struct extent *extent = extent_of(doc);
    CHECK(extent);
    return extent_meets(extent, shape);
}

static void which_shapes_are_met(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf wkb = buf_new(1000);
    box_wkb(&commune, 1, &wkb);
    for (size_t i = 0; i < COUNT_OF(around); i++) {
        ROW(around[i].name);
        CHECK(meets(around[i].area, buf_slice(&wkb)) == around[i].meets);
        CHECK(!meets(around[i].area, (struct str){NULL, 0}));
        CHECK(!meets(around[i].area, (struct str){wkb.at, wkb.len - 1}));
    }
    CHECK(!extent_of(NULL));
    CHECK(!extent_meets(NULL, buf_slice(&wkb)));
}

// A commune of two islands: what is between them is not its own.
static void a_shape_of_two_parts(void **state)
{
    (void)state;
    static const struct box parts[] = {{105.0, 22.0, 105.1, 22.1}, {105.4, 22.0, 105.5, 22.1}};
    static const struct {
        const char *name, *area;
        bool meets;
    } rows[] = {
        {"the first", "{\"circles\":[[22050000,105050000,2000]]}", true},
        {"the second", "{\"circles\":[[22050000,105450000,2000]]}", true},
        {"between", "{\"circles\":[[22050000,105250000,2000]]}", false},
    };
    AUTO(buf_free) struct buf wkb = buf_new(1000);
    box_wkb(parts, 2, &wkb);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK(meets(rows[i].area, buf_slice(&wkb)) == rows[i].meets);
    }
}

static void codes_of_communes(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(doc_free) struct doc *numbers = NULL;
    CHECK_OK(
        doc_parse(STR("{\"geocodes\":[\"EMMA_ID=VN01\",\"vn2025=01840\"]}"), "row", &numbers, &err),
        err);
    AUTO(extent_free) struct extent *extent = extent_of(numbers);
    CHECK(extent_has_code(extent, "vn2025", "01840"));
    CHECK(!extent_has_code(extent, "vn2025", "01843"));
    CHECK(!extent_has_code(extent, "vn2024", "01840")); // another set's code is another place
    CHECK(!extent_has_code(NULL, "vn2025", "01840"));
    CHECK(!extent_has_shapes(extent));
}

TEST_MAIN(cmocka_unit_test(which_shapes_are_met), cmocka_unit_test(a_shape_of_two_parts),
          cmocka_unit_test(codes_of_communes))
