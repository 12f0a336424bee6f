#include "core/qr.h"

#include "core/mem.h"

#include <qrencode.h>

enum { BYTES_MAX = 2331, QUIET = 4, PIXELS_EACH = 6 }; // ISO/IEC 18004: version 40, M; 4 modules

static void code_free(QRcode **code)
{
    QRcode_free(*code);
}

enum err_kind qr_svg(struct str text, struct buf *out, struct err *err)
{
    AUTO(code_free) QRcode *code = NULL;
    if (text.len > 0 && text.len <= BYTES_MAX)
        code = QRcode_encodeData((int)text.len, (const unsigned char *)text.at, 0, QR_ECLEVEL_M);
    if (!code)
        return err_set(err, ERR_INPUT, "a text of %zu bytes does not fit into a QR code (1 to %d)",
                       text.len, BYTES_MAX);
    int side = code->width + 2 * QUIET;
    buf_print(out,
              "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 "
              "%d %d\" shape-rendering=\"crispEdges\">"
              "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
              side * PIXELS_EACH, side * PIXELS_EACH, side, side, side, side);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if (code->data[y * code->width + x] & 1)
                buf_print(out, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    buf_text(out, "\"/></svg>\n");
    return out->full ? err_set(err, ERR_INPUT, "a QR code is over %zu bytes", out->max) : OK;
}
