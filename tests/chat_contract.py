"""What every chat must do. A provider's test subclasses `ChatContract` and gives it the fixtures."""

from collections.abc import Callable

import pytest

from blocks.chat.kind import Chat, Message
from recovery.errors import Unreachable

SECRET = "not-to-be-shown"
KINDS = ("started", "needs approval", "finished", "failed", "note")


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
