#ifndef GONG_INGEST_SILENCE_H
#define GONG_INGEST_SILENCE_H

#include "core/err.h"
#include "ingest/work.h"

// Looks how every source keeps its schedule (late_after, stale_after, missing_after of
// sources.yaml). A change, and every step that is given up, becomes a ledger entry of kind
// "silence" and an alarm: a line in out/alarms.jsonl, and a POST to alarm_url, tried again until it
// is answered with 2xx. ERR_LATER when an alarm could not be told (it stays); ERR_BROKEN as
// everywhere.
MUST_USE enum err_kind silence_look(const struct work *work, struct err *err);

// Says that this program is alive: run/heartbeat.json (time, process, how each source fares), and
// one request to heartbeat_url. A watcher outside looks at the file's time, runs gong ingest
// heartbeat, or misses the requests.
MUST_USE enum err_kind silence_beat(const struct work *work, struct err *err);

// The verb gong ingest heartbeat: OK when the last beat is younger than --max-age (default 5 min);
// ERR_MISSING when it is older or there is none.
MUST_USE enum err_kind silence_heard(const struct work *work, struct err *err);

#endif
