#include "notify/cap_sign.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/xml.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_BYTES_MAX = 4 << 20, CPU_S = 10, WALL_MS = 20000 };

static const char XMLSEC[] = "/usr/bin/xmlsec1";

const char *cap_seal_name(enum cap_seal seal)
{
    static const char *const names[] = {[CAP_UNSIGNED] = "unsigned",
                                        [CAP_AS_IS] = "signed",
                                        [CAP_PLAIN] = "signed, without instructions and blanks",
                                        [CAP_FALSE] = "FALSE SIGNATURE"};
    return names[seal];
}

// Runs xmlsec1 over a text; the text is its standard input.
static enum err_kind run(const char *const *argv, struct str text, struct buf *out, int *exit_code,
                         struct err *err)
{
    struct proc_limits limits = {
        .cpu_s = CPU_S, .wall_ms = WALL_MS, .output_bytes_max = OUTPUT_BYTES_MAX};
    AUTO(buf_free) struct buf complaint = buf_new(1000);
    if (!file_exists(XMLSEC))
        return err_set(err, ERR_MISSING, "%s is not there; apt-get install xmlsec1", XMLSEC);
    FILE *input = tmpfile();
    if (!input)
        return err_errno(err, ERR_LATER, "cannot make a temporary file");
    bool good = fwrite(text.at, 1, text.len, input) == text.len && fflush(input) == 0 &&
                lseek(fileno(input), 0, SEEK_SET) == 0;
    enum err_kind kind = OK;
    if (good)
        kind = proc_run(argv, fileno(input), &limits, out, &complaint, exit_code, err);
    else
        kind = err_set(err, ERR_LATER, "cannot write a temporary file");
    (void)fclose(input);
    return kind;
}

enum err_kind cap_sign(struct str text, const char *key, const char *certificate, struct buf *out,
                       struct err *err)
{
    AUTO(buf_free) struct buf both = buf_new(8192);
    int exit_code = 0;
    if (!file_exists(key) || !file_exists(certificate))
        return err_set(err, ERR_MISSING, "%s or %s is not there", key, certificate);
    buf_print(&both, "%s,%s", key, certificate);
    const char *argv[] = {XMLSEC, "--sign", "--privkey-pem", both.at, "-", NULL};
    if (run(argv, text, out, &exit_code, err))
        return err_of(err);
    if (exit_code != 0)
        return err_set(err, ERR_REFUSED, "xmlsec1 does not sign with %s (exit %d)", key, exit_code);
    return OK;
}

static enum err_kind holds(struct str text, const char *certificate, bool *out, struct err *err)
{
    // Only the pinned key counts: what stands in the alert's own KeyInfo is not looked at.
    const char *argv[] = {
        XMLSEC, "--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem", certificate,
        "-",    NULL};
    AUTO(buf_free) struct buf output = buf_new(OUTPUT_BYTES_MAX);
    int exit_code = 0;
    if (run(argv, text, &output, &exit_code, err))
        return err_of(err);
    *out = exit_code == 0;
    return OK;
}

enum err_kind cap_verify(struct str text, const char *certificate, enum cap_seal *out,
                         struct err *err)
{
    AUTO(xml_free) struct xml *xml = NULL;
    AUTO(buf_free) struct buf plain = buf_new(OUTPUT_BYTES_MAX);
    bool as_is = false, without = false;
    if (xml_parse(text, "alert", &xml, err))
        return err_of(err);
    if (!xml_find(xml_root(xml), "Signature")) {
        *out = CAP_UNSIGNED;
        return OK;
    }
    if (!file_exists(certificate))
        return err_set(err, ERR_MISSING, "the pinned certificate %s is not there", certificate);
    xml_print_plain(xml, &plain);
    if (holds(text, certificate, &as_is, err) ||
        (!as_is && holds(buf_slice(&plain), certificate, &without, err)))
        return err_of(err);
    *out = as_is ? CAP_AS_IS : without ? CAP_PLAIN : CAP_FALSE;
    return OK;
}
