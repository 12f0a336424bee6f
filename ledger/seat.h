#ifndef GONG_LEDGER_SEAT_H
#define GONG_LEDGER_SEAT_H

#include <stdbool.h>

// One processor for threads that wait for one another, and for the disk. To wake a thread on
// another processor, which sleeps, takes longer than all that it does when it is awake; and what
// the disk answers comes to one of them first, above all in virtual machines.

// The one where a small write to a file in `folder` is on the disk soonest, of those the calling
// thread may use (some of them are tried, a few milliseconds); below 0 when there is no choice, or
// it cannot be found out. The thread may use them all again afterwards.
int seat_find(const char *folder);

// From now on the calling thread runs there only; false when it may not.
bool seat_take(int processor);

#endif
