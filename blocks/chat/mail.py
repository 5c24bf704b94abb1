"""E-mail, by any server that takes it (SMTP)."""

import logging
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr, SecretStr, model_validator

from blocks.chat.kind import Chat, Limited, Message
from blocks.chat.threads import Thread, Threads
from recovery.errors import Refused, Unreachable

WHO = "The mail server"
BUSY = (421, 450, 451, 452)  # RFC 5321: try again later
LATER = 30.0  # seconds until then
SUBJECT = 200
log = logging.getLogger("lifeboat")
Security = Literal["starttls", "tls", "none"]


class EmailChat(Chat):
    """People who read e-mail. The messages of one incident are a thread, by their Message-ID and References."""

    _block_type_name = "E-mail chat"
    _block_type_slug = "email-chat"
    _description = "Tells people by e-mail what a recovery is doing, a thread an incident."

    host: str = Field(title="Server", description="The name of the mail server.")
    port: int = Field(default=587, ge=1, le=65535, title="Port", description="587 for STARTTLS, 465 for TLS.")
    security: Security = Field(
        default="starttls", title="Encryption", description="starttls, tls from the first byte, or none: no password."
    )
    username: str = Field(default="", title="User", description="Where the server wants one.")
    password: SecretStr | None = Field(default=None, title="Password", description="Only ever sent encrypted.")
    sender: str = Field(pattern=r"^\S+@\S+$", title="Sender", description="The address that the messages come from.")
    recipients: list[str] = Field(min_length=1, title="Recipients", description="The addresses they go to.")
    authority: Path | None = Field(
        default=None, title="Authority", description="A file of certificates to trust; by default the system's."
    )
    timeout_seconds: float = Field(default=10, gt=0, title="Time-out", description="For each answer, in seconds.")

    _threads: Threads | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> "EmailChat":
        if self.security == "none" and self.password:
            raise ValueError("a password needs security: starttls or tls")
        return self

    def post(self, message: Message) -> None:
        threads = self._threads = self._threads or Threads(self.host, self.sender, *self.recipients)
        thread, own = threads.find(message.incident), f"<{message.id}@{self.sender.rpartition('@')[2]}>"
        try:
            with self._connected() as server:
                unknown = server.send_message(self.build(message, own, thread), self.sender, self.recipients)
        except smtplib.SMTPDataError as error:
            if error.smtp_code in BUSY:
                raise Limited(f"{WHO} wants the message later: code {error.smtp_code}.", LATER) from None
            raise Refused(f"{WHO} turned the message down: code {error.smtp_code}.") from None
        except smtplib.SMTPResponseException as error:
            raise _not_taken(error.smtp_code, type(error).__name__) from None
        except smtplib.SMTPRecipientsRefused as error:
            raise _not_taken(next(iter(error.recipients.values()))[0], "no recipient is known") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise Unreachable(f"{WHO} could not be reached: {type(error).__name__}.") from None
        if unknown:
            log.warning("%s does not know %d of %d recipients.", WHO, len(unknown), len(self.recipients))
        if thread is None:
            threads.remember(Thread(first=message, handle=own))

    def build(self, message: Message, own: str, thread: Thread | None) -> EmailMessage:
        """The e-mail.

        Args:
            message: what it says.
            own: its Message-ID.
            thread: of the incident, unless it begins it.
        """
        mail = EmailMessage()
        mail["Subject"] = " ".join(f"{message.title} [{message.incident}]".split())[:SUBJECT]
        mail["From"], mail["To"] = self.sender, ", ".join(self.recipients)
        mail["Date"], mail["Message-ID"] = format_datetime(message.at), own
        if thread:
            mail["In-Reply-To"] = mail["References"] = thread.handle
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Priority"] = "1" if message.kind in ("needs approval", "failed", "started") else "3"
        links = [f"{label}: {url}" for label, url in message.links.items()]
        text = "\n".join(
            [message.title, "", *message.lines, "", *links, f"Incident {message.incident}, {message.kind}"]
        )
        mail.set_content("\n".join(text.splitlines()) + "\n", cte="quoted-printable")
        return mail

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context(cafile=str(self.authority) if self.authority else None)
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_seconds, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.password:
                server.login(self.username, self.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server


def _not_taken(code: int, why: str) -> Unreachable:
    """Busy, or it knows neither us nor the recipients: that can be mended, so the message is kept."""
    if code in BUSY:
        return Limited(f"{WHO} wants the message later: code {code}.", LATER)
    return Unreachable(f"{WHO} did not take the message: {why}, code {code}.")
