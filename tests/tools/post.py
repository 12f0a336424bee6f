# A mail server for tests: post.py PORT OUT [CERT KEY USER PASSWORD]. Appends each letter that it takes to
# OUT as a JSON line, and each word of a login. gone@ is refused for good (550), busy@ the first time (451).
# With CERT and KEY it offers STARTTLS; with USER it takes nothing from others. CERT "-": a login without TLS.
import asyncio, email, json, ssl, sys

from aiosmtpd.smtp import SMTP, AuthResult

port, out = int(sys.argv[1]), sys.argv[2]
cert, key, user, password = (sys.argv[3:] + [""] * 4)[:4]
busy = set()


def note(**line):
    with open(out, "a", encoding="utf-8") as lines:
        lines.write(json.dumps(line) + "\n")


class Desk:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 nobody here by that name"
        if address.startswith("busy@") and address not in busy:
            busy.add(address)
            return "451 4.7.1 come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content)
        note(to=envelope.rcpt_tos, id=letter["Message-ID"], text=letter.get_payload(decode=True).decode())
        return "250 taken"


def login(server, session, envelope, mechanism, data):
    note(login=data.login.decode(), tls=session.ssl is not None)
    return AuthResult(success=(data.login, data.password) == (user.encode(), password.encode()), handled=False)


def serve():
    context = None
    if cert not in ("", "-"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(cert, key)
    return SMTP(Desk(), enable_SMTPUTF8=True, tls_context=context, auth_required=bool(user),
                auth_require_tls=cert != "-", authenticator=login if user else None)


async def main():
    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(main())
