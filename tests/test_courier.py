"""The courier never makes anybody wait, never raises, and counts what it could not deliver."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chat_contract import SECRET
from chat_fixtures import BAD, SlackStandIn, slack_stand_in
from pydantic import PrivateAttr

from blocks.chat.courier import Courier
from blocks.chat.kind import Chat, Message
from blocks.chat.slack import SlackChat

DEADLINE = 10.0
HELLO = Message(incident="shop-1", kind="started", title="Failover of shop")
REFUSED = "http://127.0.0.1:9/"


def slack(url: str) -> SlackChat:
    return SlackChat(token=SECRET, channel="#operations", base_url=url)


@pytest.fixture
def server() -> Iterator[SlackStandIn]:
    with slack_stand_in() as state:
        yield state


class Recorder(Chat):
    """A chat that does what its test wants of it."""

    _block_type_slug = "recorder-chat"

    _act: Any = PrivateAttr(default=None)
    _got: list[Message] = PrivateAttr(default_factory=list)

    def post(self, message: Message) -> None:
        self._act(message)
        self._got.append(message)


def recorder(act: Callable[[Message], None] = lambda message: None) -> Recorder:
    made = Recorder()
    made._act = act
    return made


def number(index: int) -> Message:
    return Message(incident="shop-1", kind="note", title=str(index))


def test_the_courier_delivers_everything_to_everybody_in_order() -> None:
    chats = [recorder(), recorder()]
    courier = Courier(chats)
    for index in range(20):
        courier.post(number(index))
    assert courier.close(DEADLINE) == 0
    for chat in chats:
        assert [each.title for each in chat._got] == [str(index) for index in range(20)]
    assert courier.troubles == ()


def test_post_returns_before_a_slow_slack_has_answered(server: SlackStandIn) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(number: int) -> tuple[int, dict[str, str], str]:
        asked.set()
        go_on.wait(DEADLINE)
        return SlackStandIn.ok(number)

    server.answer = slow
    courier = Courier([slack(server.url)])
    courier.post(HELLO)
    courier.post(HELLO)
    assert asked.wait(DEADLINE)
    assert not go_on.is_set()  # both posts have returned, and the server has not answered yet
    go_on.set()
    assert courier.close(DEADLINE) == 0
    assert len(server.requests) == 2


def test_closing_does_not_wait_longer_than_it_is_told_and_counts_what_is_left() -> None:
    began, hold = threading.Event(), threading.Event()

    def hang(message: Message) -> None:
        began.set()
        hold.wait(DEADLINE)

    courier = Courier([recorder(hang)])
    for index in range(3):
        courier.post(number(index))
    assert began.wait(DEADLINE)
    assert courier.close(0.1) == 3
    assert not hold.is_set()
    hold.set()


def test_a_slow_chat_does_not_hold_up_another_one() -> None:
    hold, arrived = threading.Event(), threading.Event()
    courier = Courier(
        [recorder(lambda message: bool(hold.wait(DEADLINE)) and None), recorder(lambda message: arrived.set())]
    )
    courier.post(HELLO)
    assert arrived.wait(DEADLINE) and not hold.is_set()
    hold.set()
    assert courier.close(DEADLINE) == 0


def test_more_messages_than_there_is_room_for_are_dropped_and_counted() -> None:
    began, hold = threading.Event(), threading.Event()

    def hang(message: Message) -> None:
        began.set()
        hold.wait(DEADLINE)

    chat = recorder(hang)
    courier = Courier([chat], room=2)
    courier.post(number(0))
    assert began.wait(DEADLINE)
    for index in range(1, 6):
        courier.post(number(index))
    hold.set()
    assert courier.close(DEADLINE) == 3
    assert [each.title for each in chat._got] == ["0", "1", "2"]
    assert courier.troubles == ("too many messages were waiting",)


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD.keys())
def test_a_slack_that_misbehaves_never_raises(
    server: SlackStandIn, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blocks.chat.courier.PAUSE", 0.01)
    server.answer = lambda number: answer
    courier = Courier([slack(server.url)])
    courier.post(HELLO)
    courier.post(HELLO)
    assert courier.close(DEADLINE) == 2
    assert len(server.requests) == 4  # each was tried twice
    (trouble,) = courier.troubles
    assert trouble.startswith("Slack ")


def test_a_slack_that_is_away_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blocks.chat.courier.PAUSE", 0.01)
    courier = Courier([slack(REFUSED)])
    courier.post(HELLO)
    assert courier.close(DEADLINE) == 1


def test_a_slack_that_comes_back_gets_the_message(server: SlackStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blocks.chat.courier.PAUSE", 0.01)
    server.answer = lambda number: (503, {}, "") if number == 1 else SlackStandIn.ok(number)
    courier = Courier([slack(server.url)])
    courier.post(HELLO)
    assert courier.close(DEADLINE) == 0


def test_a_chat_with_a_defect_neither_raises_nor_stops_the_others_messages() -> None:
    def defect(message: Message) -> None:
        if message.title == "0":
            raise ZeroDivisionError

    chat = recorder(defect)
    courier = Courier([chat])
    for index in range(2):
        courier.post(number(index))
    assert courier.close(DEADLINE) == 1
    assert [each.title for each in chat._got] == ["1"]
    assert courier.troubles == ("ZeroDivisionError in Recorder",)


def test_without_chats_and_after_its_end_the_courier_takes_messages_all_the_same() -> None:
    nobody = Courier([])
    nobody.post(HELLO)
    assert nobody.close(0.1) == 0
    courier = Courier([recorder()])
    assert courier.close(DEADLINE) == 0
    courier.post(HELLO)
    assert courier.close(DEADLINE) == 1
