#ifndef GONG_CORE_LOG_H
#define GONG_CORE_LOG_H

#include "core/err.h"

// One JSON object a line on standard error: time, level, program, kind, text. No name, phone or
// account number in it, ever: those print through mask_phone.
void log_program(const char *name); // once, in main; borrowed for good
void log_info(const char *text, ...) PRINTF(1, 2);
void log_warn(const char *text, ...) PRINTF(1, 2);
void log_error(const char *text, ...) PRINTF(1, 2);
void log_err(const char *what, const struct err *err); // warn; error when ERR_BROKEN

// "84900000123" -> "****123"; by value, for one log line.
struct mask {
    char at[16];
};
struct mask mask_tail(const char *secret);

#endif
