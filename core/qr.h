#ifndef GONG_CORE_QR_H
#define GONG_CORE_QR_H

#include "core/err.h"
#include "core/text.h"

// A QR code of a text as an SVG document with its quiet zone, black on white, appended to `out`.
// Medium error correction: a crease or a stain of a seventh of it does no harm. ERR_INPUT when the
// text is too long for one code (2,331 bytes).
MUST_USE enum err_kind qr_svg(struct str text, struct buf *out, struct err *err);

#endif
