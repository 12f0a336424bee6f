// The three books of the money, by the programs: the provider's statement is fetched, the bank's is
// made from it with one lie, and what differs is listed against the ledger, no more and no less.
#include "tests/notify/payhouse.h"

#include <stdlib.h>

enum { PAYOUTS = 3, AMOUNT = 1500000, TEXT_BYTES_MAX = 1 << 20 };

static const char *const contracts[PAYOUTS] = {"C-1", "C-2", "C-3"};

// gong-WORD of this build, with its arguments and the site; its exit code.
static int run(const struct house *house, const char *word, const char *const *arguments,
               struct buf *out)
{
    struct err err = {0};
    const char *build = getenv("GONG_BIN");
    const struct proc_limits limits = {.wall_ms = 120000};
    char program[500];
    const char *argv[16] = {program};
    size_t count = 1;
    int code = -1;
    AUTO(buf_free) struct buf complaint = buf_new(TEXT_BYTES_MAX);
    (void)snprintf(program, sizeof(program), "%s/gong-%s", build ? build : "build/release", word);
    for (; *arguments; arguments++)
        argv[count++] = *arguments;
    argv[count++] = "--site";
    argv[count++] = house->place.folder;
    buf_clear(out);
    CHECK_OK(proc_run(argv, -1, &limits, out, &complaint, &code, &err), err);
    buf_char(out, '\0');
    return code;
}

static void put_line(struct buf *out, const char *reference, int64_t amount)
{
    buf_print(out,
              "<Ntry><Amt Ccy=\"VND\">%lld</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd>"
              "</Sts><BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs>"
              "<EndToEndId>%s</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>",
              (long long)amount, reference);
}

static void put_balance(struct buf *out, const char *code, int64_t amount)
{
    buf_print(out,
              "<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy=\"VND\">%lld</Amt>"
              "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-09-07</Dt></Dt></Bal>",
              code, (long long)amount);
}

// The bank's day: every line of the provider's statement, the first with `more` đồng.
static void write_bank(const struct house *house, const struct doc *provider, int64_t more)
{
    enum { OPENING = 100000000 };
    AUTO(buf_free) struct buf out = buf_new(TEXT_BYTES_MAX), lines = buf_new(TEXT_BYTES_MAX);
    int64_t sum = 0;
    for (size_t i = 0; i < doc_count(provider); i++) {
        const struct doc *one = doc_at(provider, i);
        int64_t amount =
            strtoll(doc_text(doc_get(one, "amount"), "0"), NULL, 10) + (i == 0 ? more : 0);
        put_line(&lines, doc_text(doc_get(one, "requestingOrganisationTransactionReference"), ""),
                 amount);
        sum += amount;
    }
    buf_text(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">"
                   "<BkToCstmrStmt><GrpHdr><MsgId>S-1</MsgId><CreDtTm>2024-09-07T23:00:00Z"
                   "</CreDtTm></GrpHdr><Stmt><Id>1</Id><Acct><Id><Othr><Id>1</Id></Othr></Id>"
                   "</Acct>");
    put_balance(&out, "OPBD", OPENING);
    put_balance(&out, "CLBD", OPENING - sum);
    buf_str(&out, buf_slice(&lines));
    buf_text(&out, "</Stmt></BkToCstmrStmt></Document>\n");
    write_text(house->place.folder, "bank.xml", out.at, 0600);
}

static void test_all_three_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t more;
        int code;
        size_t differences;
    } rows[] = {{"they agree", 0, 0, 0}, {"the bank paid one đồng more", 1, 1, 1}};
    struct provider provider = provider_start("none", "0");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct house house;
        struct job job[1];
        char settings[600];
        AUTO(buf_free) struct buf out = buf_new(TEXT_BYTES_MAX), text = buf_new(TEXT_BYTES_MAX);
        AUTO(doc_free) struct doc *statement = NULL, *said = NULL;
        provider_reset(&provider, (unsigned)i, "none", 0);
        (void)snprintf(settings, sizeof(settings),
                       "pay_driver: gsma\ngsma_url: http://127.0.0.1:%d\ngsma_account: float\n"
                       "gsma_timeout_ms: 20000\ngsma_quiet_s: 0\n",
                       provider.port);
        house_open(&house, settings);
        house_start(&house);
        house_person(&house, "P-1", "Đặng Thị Bưởi (diễn tập)", "84900000001");
        for (size_t k = 0; k < PAYOUTS; k++)
            house_plan(&house, contracts[k], "P-1", AMOUNT + (int64_t)k);
        for (int turn = 0; turn < 200 && house_turn(&house, 1, HOUSE_ANSWERS, job); turn++)
            pause_a_little();
        for (size_t k = 0; k < PAYOUTS; k++)
            CHECK_TEXT(house_state(&house, contracts[k]), "paid");
        AUTO(mem_drop) char *book = file_join(house.place.folder, "provider.json");
        AUTO(mem_drop) char *bank = file_join(house.place.folder, "bank.xml");
        CHECK_INT(run(&house, "pay", (const char *[]){"statement", "--out", book, NULL}, &out), 0);
        CHECK_HAS(out.at, "3 transactions in ");
        CHECK_OK(file_read(book, &text, &err), err);
        CHECK_OK(doc_parse(buf_slice(&text), book, &statement, &err), err);
        CHECK_INT(doc_count(statement), PAYOUTS);
        write_bank(&house, statement, rows[i].more);
        CHECK_INT(run(&house, "reconcile",
                      (const char *[]){"--provider", book, "--bank", bank, "--json", NULL}, &out),
                  rows[i].code);
        CHECK_OK(doc_parse(str_of(out.at), "reconcile", &said, &err), err);
        const struct doc *list = doc_get(said, "differences");
        CHECK_INT(doc_count(list), rows[i].differences);
        for (size_t k = 0; k < doc_count(list); k++) {
            const struct doc *one = doc_at(list, k);
            CHECK_TEXT(doc_text(doc_get(one, "book"), ""), "bank");
            CHECK_TEXT(doc_text(doc_get(one, "kind"), ""), "amount");
            CHECK_TEXT(doc_text(doc_get(one, "reference"), ""),
                       doc_text(doc_get(doc_at(statement, 0),
                                        "requestingOrganisationTransactionReference"),
                                ""));
            CHECK_INT(doc_int(doc_get(one, "theirs_vnd"), 0) - doc_int(doc_get(one, "ours_vnd"), 0),
                      rows[i].more);
        }
        house_close(&house);
    }
    provider_stop(&provider);
}

TEST_MAIN(cmocka_unit_test(test_all_three_at_once))
