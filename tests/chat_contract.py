"""What every chat must do. A provider's test subclasses `ChatContract` and gives it the fixtures."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from chat_fixtures import BAD, SlackStandIn

from blocks.chat.kind import Chat, Limited, Message
from recovery.errors import Refused, Unreachable

SECRET = "not-to-be-shown"
KINDS = ("started", "needs approval", "answered", "finished", "failed", "note")
HELLO = Message(incident="shop-1", kind="started", title="Failover of shop")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test module imports it, so that threads of others are not remembered."""
    monkeypatch.setenv("LIFEBOAT_HOME", str(tmp_path / "home"))


class ChatContract:
    """Give it `chat`, `delivered` (the texts that people can read there), and `away`, one that takes no message.

    Where the provider has a secret, it is `SECRET`.
    """

    @pytest.fixture
    def chat(self) -> Chat:
        raise NotImplementedError

    @pytest.fixture
    def delivered(self) -> Callable[[], list[str]]:
        raise NotImplementedError

    @pytest.fixture
    def away(self) -> Chat:
        raise NotImplementedError

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_message_is_delivered_whole(self, chat: Chat, delivered: Callable[[], list[str]], kind: str) -> None:
        links = {"The run": "http://127.0.0.1:4200/runs/1"}
        message = Message(incident="shop-1", kind=kind, title="Shop is down", lines=("one", "two"), links=links)
        chat.post(message)
        (text,) = delivered()
        for part in ("Shop is down", "one", "two", "http://127.0.0.1:4200/runs/1", "shop-1"):
            assert part in text

    def test_messages_stay_in_order(self, chat: Chat, delivered: Callable[[], list[str]]) -> None:
        for number in range(3):
            chat.post(Message(incident="shop-1", kind="note", title=f"number {number}"))
        assert [f"number {index}" in text for index, text in enumerate(delivered())] == [True] * 3

    def test_a_message_of_any_length_and_any_sign_is_delivered(
        self, chat: Chat, delivered: Callable[[], list[str]]
    ) -> None:
        lines = tuple("<!channel> & \\ \" ' \u2028 \U0001f6df" * 200 for _ in range(30))
        links = {"file": "file:///tmp/report.html", "": "x", "long": "https://example.test/" + "a" * 5000}
        chat.post(Message(incident="shop-1", kind="failed", title="T" * 1000, lines=lines, links=links))
        assert len(delivered()) == 1

    def test_a_chat_that_is_away_is_unreachable_and_tells_no_secret(self, away: Chat) -> None:
        with pytest.raises(Unreachable) as caught:
            away.post(Message(incident="shop-1", kind="note", title="hello"))
        assert SECRET not in str(caught.value) and SECRET not in repr(away)


class WebChatContract(ChatContract):
    """More, of a chat that is posted to at a web address. Give it `server` too, and `at`, which makes one of a URL."""

    @pytest.fixture
    def chat(self, server: SlackStandIn) -> Chat:
        return self.at(server.url)

    @pytest.fixture
    def away(self) -> Chat:
        return self.at("http://127.0.0.1:9/")

    def at(self, url: str) -> Chat:
        raise NotImplementedError

    @pytest.mark.parametrize("answer", [BAD["500"], BAD["429"], BAD["hangs up"], (302, {"Location": "/x"}, "")])
    def test_an_outage_is_unreachable_after_one_request_and_tells_and_logs_no_secret(
        self, server: SlackStandIn, answer: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        server.answer = lambda number: answer
        with pytest.raises(Unreachable) as caught:
            self.at(server.url).post(HELLO)
        assert len(server.requests) == 1
        assert SECRET not in str(caught.value) + repr(caught.value.__cause__) + caplog.text

    def test_a_chat_that_wants_fewer_messages_says_how_long(self, server: SlackStandIn) -> None:
        server.answer = lambda number: BAD["429"]
        with pytest.raises(Limited) as caught:
            self.at(server.url).post(HELLO)
        assert caught.value.seconds == 60

    def test_a_message_that_will_never_be_taken_is_refused(self, server: SlackStandIn) -> None:
        server.answer = lambda number: self.never()
        with pytest.raises(Refused):
            self.at(server.url).post(HELLO)

    def never(self) -> tuple[int, dict[str, str], str]:
        """How this chat says so."""
        return 400, {}, "no"
