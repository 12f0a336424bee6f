#ifndef GONG_TESTS_NOTIFY_KANNEL_CONFIG_H
#define GONG_TESTS_NOTIFY_KANNEL_CONFIG_H

// Debian's Kannel on the loopback with the fake carrier that comes with it: what tests and
// benchmarks write into its configuration. The sendsms user is "gong" with the password "secret",
// the status page's password "sta".
#include "core/text.h"

#define KANNEL_BEARERBOX "/usr/sbin/bearerbox"
#define KANNEL_SMSBOX "/usr/sbin/smsbox"
#define KANNEL_FAKESMSC "/usr/lib/kannel/test/fakesmsc"
#define KANNEL_WORD "word-of-the-test-0001" // in the path of what Kannel calls back

struct kannel_ports {
    unsigned admin, smsbox, send, fake, callback;
};

static inline void kannel_config_write(const struct kannel_ports *port, const char *folder,
                                       struct buf *out)
{
    buf_print(out,
              "group = core\nadmin-port = %u\nadmin-interface = 127.0.0.1\nadmin-password = adm\n"
              "status-password = sta\nsmsbox-port = %u\nsmsbox-interface = 127.0.0.1\n"
              "box-deny-ip = \"*.*.*.*\"\nbox-allow-ip = \"127.0.0.1\"\n"
              "store-type = file\nstore-location = \"%s/store\"\ndlr-storage = internal\n"
              "sms-resend-freq = 1\nsms-resend-retry = 3\n\n",
              port->admin, port->smsbox, folder);
    buf_print(out,
              "group = smsc\nsmsc = fake\nsmsc-id = FAKE\nport = %u\n"
              "connect-allow-ip = 127.0.0.1\n\n",
              port->fake);
    buf_print(out,
              "group = smsbox\nsmsbox-id = box1\nbearerbox-host = 127.0.0.1\nsendsms-port = %u\n"
              "sendsms-interface = 127.0.0.1\nhttp-request-retry = 30\nhttp-queue-delay = 1\n"
              "max-pending-requests = 32\n\n"
              "group = smsbox-route\nsmsbox-id = box1\nsmsc-id = \"FAKE\"\n\n"
              "group = sendsms-user\nusername = gong\npassword = secret\nmax-messages = 6\n"
              "concatenation = true\nuser-allow-ip = 127.0.0.1\n\n",
              port->send);
    buf_print(out,
              "group = sms-service\nkeyword = default\ncatch-all = true\nmax-messages = 0\n"
              "get-url = \"http://127.0.0.1:%u/%s/mo?from=%%p&to=%%P&text=%%a&coding=%%c&"
              "charset=%%C&id=%%I\"\n",
              port->callback, KANNEL_WORD);
}

#endif
