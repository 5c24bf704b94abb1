"""A real mail server on the loopback address: encrypted, with a password, and able to say no."""

import email
import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from certificate import certificate
from server_fixtures import free_ports

PASSWORD = "not-to-be-shown"
USER = "lifeboat"


class MailServer:
    """Args:
    port: where it listens.
    authority: the file of its certificate.
    """

    def __init__(self, port: int, authority: Path) -> None:
        self.port, self.authority = port, authority
        self.mails: list[EmailMessage] = []
        self.encrypted: list[bool] = []
        self.unknown: set[str] = set()
        self.says = "250 taken"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.unknown:
            return "550 there is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.says.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
            self.encrypted.append(session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None)
        return self.says


def _checks(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (USER.encode(), PASSWORD.encode()), handled=False)


@contextmanager
def mail_server(folder: Path, security: str) -> Iterator[MailServer]:
    """Args:
    folder: for its certificate.
    security: starttls, tls or none; where it is none, no password is wanted.
    """
    key, authority = certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority, key)
    server = MailServer(free_ports(1)[0], authority)
    options: dict[str, Any] = {"authenticator": _checks, "auth_required": True}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    elif security == "tls":
        options |= {"ssl_context": context, "auth_require_tls": False}
    else:
        options = {}
    controller = Controller(server, "127.0.0.1", server.port, ready_timeout=30, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
