#ifndef GONG_TESTS_NOTIFY_CAP_ALERT_H
#define GONG_TESTS_NOTIFY_CAP_ALERT_H

#include "notify/cap.h"

// An alert of ours that is right, for tests that change one thing in it.
static inline struct cap_alert alert_of(bool drill)
{
    return (struct cap_alert){
        .identifier = "vn-gong-drill-20240904T190000-0001",
        .sender = "drill@gong.invalid",
        .sent = {1725451200}, // 2024-09-04T19:00:00+07:00
        .drill = drill,
        .type = CAP_ALERT,
        .references = "",
        .note = "",
        .category = "Met",
        .response = "Prepare",
        .urgency = "Expected",
        .severity = "Severe",
        .certainty = "Possible",
        .event_code = "OET-159",
        .expires = {1725710400},
        .policy = "bac-kan-heavy-rain",
        .set = "pilots",
        .code = "01843",
        .polygon = {"22.10000,105.80000 22.10000,105.90000 22.20000,105.90000 22.10000,105.80000"},
        .polygons = 1,
        .vi = {"Mưa rất to", "Ban chỉ huy diễn tập", "[DIỄN TẬP] Mưa rất to: Phường Bắc Kạn",
               "Có thể mưa 116,4 mm trong 24 giờ (ngưỡng 100 mm).", "Tránh xa suối và sườn dốc.",
               "Phường Bắc Kạn"},
        .en = {"Very heavy rain", "Drill command", "[DRILL] Very heavy rain: Phường Bắc Kạn",
               "Up to 116.4 mm may fall in 24 hours (threshold 100 mm) & more <here>.",
               "Keep away from streams and slopes.", "Phường Bắc Kạn"}};
}

#endif
