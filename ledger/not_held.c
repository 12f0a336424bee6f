#include "ledger/not_held.h"

#include "core/mem.h"

const struct not_held not_held[] = {
    {"address", NULL, "when an address is asked again"},
    {"lapse", NULL, "how often who had a message in hand ended"},
    {"left_out", NULL, "what the newest pass left out, written anew by the next"},
    {"origin", NULL, "from where a file was fetched; what it holds is in its hash"},
    {"part", NULL, "what carriers call a message, and said of it"},
    {"post", NULL, "who is at work"},
    {"source_state", NULL, "how a source fares"},
    {"alarm", "told", "how far an alarm came"},
    {"checkpoint", "-",
     "an older one: the newest is held to its file, each that is there to the entries"},
    {"intent", "at", "when a payment was in hand, within its day"},
    {"intent", "-", "with its payment still to come a payout without one is found"},
    {"outbox", "lane", "how urgent it is"},
    {"outbox", "state", "how far a message came; that of a payment is held to its payout"},
    {"outbox", "ask", "how far a message came"},
    {"outbox", "attempt", "how far a message came"},
    {"outbox", "tries", "how far a message came"},
    {"outbox", "doubts", "how far a message came"},
    {"outbox", "evidence", "what carriers said of a message"},
    {"outbox", "due_ms", "when it is tried again"},
    {"outbox", "lease_until_ms", "who has it in hand"},
    {"outbox", "worker", "who has it in hand"},
    {"outbox", "result", "what carriers said of a message"},
    {"payout", "state", "between sending and an answer: accepted or unknown"},
    {"raw", "fetched_at", "when a file came; when it was read is in its entry"},
    {"raw", "position", "in which order files came"},
    {"raw", "bytes", "how long a file is: its hash says"},
    {"raw", "~", "in which order files came"},
    {"raw", "-", "a file that was not read yet"},
    {"station", "+", "of a source that no entry tells of: an older program's"},
    {"reader", "place", "how far somebody has read; where official bulletins stand is held"},
    {"reader", "name", "how far somebody has read; where official bulletins stand is held"},
    {"reader", "-", "how far somebody has read; where official bulletins stand is held"},
    {"silence", "since", "of a source that is not late"},
    {"silence", "state", "of a source that was never late"},
    {"silence", "+", "of a source of which no entry tells"},
    {"silence", "missing_upto", "how far steps that never came were looked for"},
};
const size_t not_held_count = COUNT_OF(not_held);

size_t not_held_tables(void)
{
    size_t count = 0;
    for (size_t i = 0; i < not_held_count; i++)
        count += !not_held[i].column;
    return count;
}
