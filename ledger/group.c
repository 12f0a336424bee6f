#include "ledger/group.h"

#include <assert.h>

void group_bind(struct stmt *stmt, const int64_t *id, size_t count)
{
    assert(count > 0 && count <= GROUP_MAX);
    for (size_t i = 0; i < GROUP_MAX; i++)
        stmt_int(stmt, (int)i + 1, id[i < count ? i : 0]);
}
