// libpq, loaded by the first call of it: only a store on PostgreSQL has one, and with TLS, Kerberos
// and LDAP behind it the library takes longer to load than most programs of gong take to do their
// work. Each function here has the name of one of libpq's, and asks for that one once; a machine
// without the library answers as if no server could be reached.
#include <dlfcn.h>
#include <postgresql/libpq-fe.h>
#include <stdatomic.h>

// ABI version 5 has been PostgreSQL's since 2006.
static void *find(const char *name)
{
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL); // counted, never closed
    return library ? dlsym(library, name) : NULL;
}

// NOLINTBEGIN(bugprone-macro-parentheses,readability-function-size): libpq's own declarations
// Only what the loader would keep in a table of its own: where the function is.
#define LATE(type, name, parameters, arguments, missing)                                           \
    type name parameters                                                                           \
    {                                                                                              \
        static _Atomic(void *) found;                                                              \
        void *at = atomic_load_explicit(&found, memory_order_relaxed);                             \
        if (!at) {                                                                                 \
            at = find(#name);                                                                      \
            atomic_store_explicit(&found, at, memory_order_relaxed);                               \
        }                                                                                          \
        return at ? ((__typeof__(name) *)at)arguments : (missing);                                 \
    }
#define NOTHING ((void)0)

static char no_library[] = "libpq.so.5 cannot be loaded; install libpq5";
static char no_text[] = "";
LATE(void, PQclear, (PGresult * res), (res), NOTHING)
LATE(char *, PQcmdStatus, (PGresult * res), (res), no_text)
LATE(char *, PQcmdTuples, (PGresult * res), (res), no_text)
LATE(PGconn *, PQconnectdbParams,
     (const char *const *keywords, const char *const *values, int expand_dbname),
     (keywords, values, expand_dbname), NULL)
LATE(int, PQenterPipelineMode, (PGconn * conn), (conn), 0)
LATE(char *, PQerrorMessage, (const PGconn *conn), (conn), no_library)
LATE(PGresult *, PQexec, (PGconn * conn, const char *query), (conn, query), NULL)
LATE(PGresult *, PQexecPrepared,
     (PGconn * conn, const char *stmtName, int nParams, const char *const *paramValues,
      const int *paramLengths, const int *paramFormats, int resultFormat),
     (conn, stmtName, nParams, paramValues, paramLengths, paramFormats, resultFormat), NULL)
LATE(int, PQexitPipelineMode, (PGconn * conn), (conn), 0)
LATE(void, PQfinish, (PGconn * conn), (conn), NOTHING)
LATE(char *, PQfname, (const PGresult *res, int field_num), (res, field_num), NULL)
LATE(Oid, PQftype, (const PGresult *res, int field_num), (res, field_num), 0)
LATE(PGresult *, PQgetResult, (PGconn * conn), (conn), NULL)
LATE(int, PQgetisnull, (const PGresult *res, int tup_num, int field_num), (res, tup_num, field_num),
     0)
LATE(int, PQgetlength, (const PGresult *res, int tup_num, int field_num), (res, tup_num, field_num),
     0)
LATE(char *, PQgetvalue, (const PGresult *res, int tup_num, int field_num),
     (res, tup_num, field_num), NULL)
LATE(int, PQnfields, (const PGresult *res), (res), 0)
LATE(int, PQntuples, (const PGresult *res), (res), 0)
LATE(PGpipelineStatus, PQpipelineStatus, (const PGconn *conn), (conn), PQ_PIPELINE_OFF)
LATE(int, PQpipelineSync, (PGconn * conn), (conn), 0)
LATE(PGresult *, PQprepare,
     (PGconn * conn, const char *stmtName, const char *query, int nParams, const Oid *paramTypes),
     (conn, stmtName, query, nParams, paramTypes), NULL)
LATE(void, PQreset, (PGconn * conn), (conn), NOTHING)
LATE(char *, PQresultErrorField, (const PGresult *res, int fieldcode), (res, fieldcode), NULL)
LATE(char *, PQresultErrorMessage, (const PGresult *res), (res), no_library)
LATE(ExecStatusType, PQresultStatus, (const PGresult *res), (res), PGRES_FATAL_ERROR)
LATE(int, PQsendQueryParams,
     (PGconn * conn, const char *command, int nParams, const Oid *paramTypes,
      const char *const *paramValues, const int *paramLengths, const int *paramFormats,
      int resultFormat),
     (conn, command, nParams, paramTypes, paramValues, paramLengths, paramFormats, resultFormat), 0)
LATE(int, PQsendQueryPrepared,
     (PGconn * conn, const char *stmtName, int nParams, const char *const *paramValues,
      const int *paramLengths, const int *paramFormats, int resultFormat),
     (conn, stmtName, nParams, paramValues, paramLengths, paramFormats, resultFormat), 0)
LATE(int, PQserverVersion, (const PGconn *conn), (conn), 0)
LATE(PQnoticeProcessor, PQsetNoticeProcessor, (PGconn * conn, PQnoticeProcessor proc, void *arg),
     (conn, proc, arg), NULL)
LATE(int, PQsetSingleRowMode, (PGconn * conn), (conn), 0)
LATE(int, PQsocket, (const PGconn *conn), (conn), -1)
LATE(ConnStatusType, PQstatus, (const PGconn *conn), (conn), CONNECTION_BAD)
LATE(PGTransactionStatusType, PQtransactionStatus, (const PGconn *conn), (conn), PQTRANS_UNKNOWN)
// NOLINTEND(bugprone-macro-parentheses,readability-function-size)
