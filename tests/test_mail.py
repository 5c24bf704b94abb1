"""E-mail by a real server on the loopback address."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_contract import HELLO, SECRET, ChatContract, own_home
from mail_server import PASSWORD, USER, MailServer, mail_server
from pydantic import ValidationError

from blocks.chat.kind import Chat, Limited, Message
from blocks.chat.mail import EmailChat
from recovery.errors import Refused, Unreachable

__all__ = ["own_home"]
assert PASSWORD == SECRET


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with mail_server(tmp_path_factory.mktemp("mail"), "starttls") as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> MailServer:
    running.mails.clear()
    running.encrypted.clear()
    running.says, running.unknown = "250 taken", set()
    return running


def chat_of(server: MailServer, **fields: Any) -> EmailChat:
    usual: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "username": USER,
        "password": PASSWORD,
        "sender": "lifeboat@example.test",
        "recipients": ["ada@example.test", "ben@example.test"],
        "authority": server.authority,
    }
    return EmailChat(**{**usual, **fields})


class TestEmailChat(ChatContract):
    @pytest.fixture
    def chat(self, server: MailServer) -> Chat:
        return chat_of(server)

    @pytest.fixture
    def delivered(self, server: MailServer) -> Callable[[], list[str]]:
        return lambda: [f"{mail['Subject']}\n{mail.get_content()}" for mail in server.mails]

    @pytest.fixture
    def away(self, server: MailServer) -> Chat:
        return chat_of(server, port=9)


def test_the_messages_of_an_incident_are_a_thread(server: MailServer) -> None:
    chat_of(server).post(HELLO)
    later = chat_of(server)  # by another process
    for kind in ("note", "finished"):
        later.post(Message(incident="shop-1", kind=kind, title=kind))
    later.post(Message(incident="shop-2", kind="started", title="another"))
    first, second, third, other = server.mails
    assert first["Message-ID"] == f"<{HELLO.id}@example.test>"
    assert "In-Reply-To" not in first and "In-Reply-To" not in other
    assert second["In-Reply-To"] == third["References"] == first["Message-ID"]
    assert len({mail["Message-ID"] for mail in server.mails}) == 4
    assert all(server.encrypted)
    assert first["To"] == "ada@example.test, ben@example.test"


def test_a_message_that_is_sent_again_is_the_same_mail(server: MailServer) -> None:
    for _ in range(2):
        chat_of(server).post(HELLO)
    assert server.mails[0]["Message-ID"] == server.mails[1]["Message-ID"]


@pytest.mark.parametrize(
    ("says", "error"), [("451 later", Limited), ("554 spam", Refused), ("421 closing", Limited), ("552 full", Refused)]
)
def test_what_the_server_says_of_a_message(server: MailServer, says: str, error: type[Exception]) -> None:
    server.says = says
    with pytest.raises(error, match=says[:3]) as caught:
        chat_of(server).post(HELLO)
    assert type(caught.value) is error


def test_one_unknown_recipient_keeps_no_other_from_hearing(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.unknown = {"ben@example.test"}
    chat_of(server).post(HELLO)
    assert len(server.mails) == 1
    assert "does not know 1 of 2 recipients" in caplog.text
    server.unknown = {"ada@example.test", "ben@example.test"}
    with pytest.raises(Unreachable, match="550"):
        chat_of(server).post(HELLO)


@pytest.mark.parametrize("fields", [{"password": "wrong-password"}, {"authority": None}, {"username": "nobody"}])
def test_a_wrong_password_or_certificate_is_unreachable_and_not_told(
    server: MailServer, fields: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Unreachable) as caught:
        chat_of(server, **fields).post(HELLO)
    assert "wrong-password" not in str(caught.value) + caplog.text
    assert SECRET not in str(caught.value) + caplog.text
    assert server.mails == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("security", ["tls", "none"])
def test_other_ways_to_a_server(tmp_path: Path, security: str) -> None:
    with mail_server(tmp_path, security) as server:
        chat_of(server, security=security, password=PASSWORD if security == "tls" else None).post(HELLO)
        assert server.encrypted == [security == "tls"]


def test_a_password_is_never_sent_in_the_clear(server: MailServer) -> None:
    with pytest.raises(ValidationError, match="a password needs security"):
        chat_of(server, security="none")


def test_nobody_can_put_a_header_into_a_mail(server: MailServer) -> None:
    chat_of(server).post(Message(incident="shop-1\r\nBcc: eve@example.test", kind="note", title="a\nBcc: eve@b"))
    (mail,) = server.mails
    assert "Bcc" not in mail
    assert mail["Subject"] == "a Bcc: eve@b [shop-1 Bcc: eve@example.test]"
