"""The courier never makes anybody wait, never raises, and neither loses nor doubles a message."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from chat_contract import SECRET, own_home
from chat_fixtures import BAD, SlackStandIn, slack_stand_in
from pydantic import PrivateAttr

from blocks.chat.courier import Courier
from blocks.chat.kind import Chat, Limited, Message
from blocks.chat.outbox import OLD, Outbox
from blocks.chat.slack import SlackChat
from recovery.errors import Refused, Unreachable
from recovery.model import now

DEADLINE = 10.0
HELLO = Message(incident="shop-1", kind="started", title="Failover of shop")
REFUSED = "http://127.0.0.1:9/"
NAME = "recorder-chat/a"
__all__ = ["own_home"]


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
    _enough: Any = PrivateAttr(default_factory=threading.Event)
    _wanted: int = PrivateAttr(default=0)
    _got: list[Message] = PrivateAttr(default_factory=list)

    def post(self, message: Message) -> None:
        self._act(message)
        self._got.append(message)
        if len(self._got) == self._wanted:
            self._enough.set()

    @property
    def titles(self) -> list[str]:
        return [each.title for each in self._got]


def recorder(act: Callable[[Message], None] = lambda message: None, wanted: int = 0) -> Recorder:
    made = Recorder()
    made._act, made._wanted = act, wanted
    return made


def courier_of(*chats: Chat, outbox: Path | None = None) -> Courier:
    return Courier({f"recorder-chat/{'abc'[index]}": chat for index, chat in enumerate(chats)}, outbox)


def number(index: int) -> Message:
    return Message(incident="shop-1", kind="note", title=str(index))


def test_the_courier_delivers_everything_to_everybody_in_order() -> None:
    chats = [recorder(), recorder()]
    courier = courier_of(*chats)
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
    courier = courier_of(slack(server.url))
    courier.post(HELLO)
    courier.post(HELLO)
    assert asked.wait(DEADLINE)
    assert not go_on.is_set()  # both posts have returned, and the server has not answered yet
    go_on.set()
    assert courier.close(DEADLINE) == 0
    assert [each["method"] for each in server.requests].count("chat.postMessage") == 2


def test_closing_does_not_wait_longer_than_it_is_told_and_counts_what_is_left() -> None:
    began, hold = threading.Event(), threading.Event()

    def hang(message: Message) -> None:
        began.set()
        hold.wait(DEADLINE)

    courier = courier_of(recorder(hang))
    for index in range(3):
        courier.post(number(index))
    assert began.wait(DEADLINE)
    assert courier.close(0.1) == 3
    assert not hold.is_set()
    hold.set()


def test_a_slow_chat_does_not_hold_up_another_one() -> None:
    hold, arrived = threading.Event(), threading.Event()
    courier = courier_of(
        recorder(lambda message: bool(hold.wait(DEADLINE)) and None), recorder(lambda message: arrived.set())
    )
    courier.post(HELLO)
    assert arrived.wait(DEADLINE) and not hold.is_set()
    hold.set()
    assert courier.close(DEADLINE) == 0


def test_more_messages_than_there_is_room_for_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blocks.chat.route.ROOM", 3)
    began, hold = threading.Event(), threading.Event()

    def hang(message: Message) -> None:
        began.set()
        hold.wait(DEADLINE)

    chat = recorder(hang)
    courier = courier_of(chat)
    courier.post(number(0))
    assert began.wait(DEADLINE)
    for index in range(1, 6):
        courier.post(number(index))
    hold.set()
    assert courier.close(DEADLINE) == 3
    assert chat.titles == ["0", "1", "2"]
    assert courier.troubles == ("too many messages were waiting",)


def test_only_those_who_are_named_are_told() -> None:
    chats = recorder(), recorder()
    courier = courier_of(*chats)
    courier.post(number(0), to=["recorder-chat/b", "recorder-chat/unknown"])
    courier.post(number(1), to=[])
    assert courier.close(DEADLINE) == 0
    assert [chat.titles for chat in chats] == [[], ["0"]]


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD.keys())
def test_a_slack_that_misbehaves_never_raises(
    server: SlackStandIn, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blocks.chat.route.PAUSE", 0.01)
    server.answer = lambda number: answer
    courier = courier_of(slack(server.url))
    courier.post(HELLO)
    courier.post(HELLO)
    assert courier.close(DEADLINE) == 2
    assert server.requests
    (trouble,) = courier.troubles
    assert trouble.startswith("Slack ")


def test_a_slack_that_is_away_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blocks.chat.route.PAUSE", 0.01)
    courier = courier_of(slack(REFUSED))
    courier.post(HELLO)
    assert courier.close(DEADLINE) == 1


def test_a_slack_that_comes_back_gets_the_message(server: SlackStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blocks.chat.route.PAUSE", 0.01)
    server.answer = lambda number: (503, {}, "") if number == 1 else SlackStandIn.ok(number)
    courier = courier_of(slack(server.url))
    courier.post(HELLO)
    assert courier.close(DEADLINE) == 0


def test_a_chat_with_a_defect_neither_raises_nor_stops_the_others_messages() -> None:
    def defect(message: Message) -> None:
        if message.title == "0":
            raise ZeroDivisionError

    chat = recorder(defect)
    courier = courier_of(chat)
    for index in range(2):
        courier.post(number(index))
    assert courier.close(DEADLINE) == 1
    assert [each.title for each in chat._got] == ["1"]
    assert courier.troubles == ("ZeroDivisionError in Recorder",)


def test_without_chats_and_after_its_end_the_courier_takes_messages_all_the_same() -> None:
    nobody = courier_of()
    nobody.post(HELLO)
    assert nobody.close(0.1) == 0
    courier = courier_of(recorder())
    assert courier.close(DEADLINE) == 0
    courier.post(HELLO)
    assert courier.close(DEADLINE) == 1


def away(message: Message) -> None:
    raise Unreachable("It is away.")


def test_what_was_not_delivered_is_delivered_by_the_next_one_once_and_says_so(tmp_path: Path) -> None:
    courier = courier_of(recorder(away), outbox=tmp_path)
    for index in range(3):
        old = number(index).model_copy(update={"at": now() - timedelta(minutes=5)})
        courier.post(old)
    assert courier.close(DEADLINE) == 3
    back = recorder(wanted=3)
    second = courier_of(back, outbox=tmp_path)
    assert back._enough.wait(DEADLINE)
    assert second.close(DEADLINE) == 0
    assert back.titles == ["0", "1", "2"]
    assert all("Told late: this is of 20" in each.lines[-1] for each in back._got)
    third = recorder()
    assert courier_of(third, outbox=tmp_path).close(DEADLINE) == 0
    assert third.titles == []


def test_a_chat_that_comes_back_gets_what_waits_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blocks.chat.route.PAUSE", 0.01)
    tries = []

    def flaky(message: Message) -> None:
        tries.append(message)
        if len(tries) < 4:
            raise Unreachable("It is away.")

    chat = recorder(flaky, wanted=2)
    courier = courier_of(chat, outbox=tmp_path)
    courier.post(number(0))
    courier.post(number(1))
    assert chat._enough.wait(DEADLINE)
    assert chat.titles == ["0", "1"]
    assert courier.close(DEADLINE) == 0
    assert list(tmp_path.rglob("*.json")) == []


def test_a_chat_that_wants_to_be_left_alone_is(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def limited(message: Message) -> None:
        if not waited:
            raise Limited("Too many.", 7.0)

    chat = recorder(limited, wanted=1)
    courier = courier_of(chat)
    (route,) = courier._routes.values()
    monkeypatch.setattr(route._hurry, "wait", lambda seconds: waited.append(seconds))
    courier.post(number(0))
    assert chat._enough.wait(DEADLINE)
    assert waited == [7.0]
    courier.close(DEADLINE)


def test_a_message_that_is_turned_down_is_put_aside_and_holds_up_no_other(tmp_path: Path) -> None:
    def picky(message: Message) -> None:
        if message.title == "0":
            raise Refused("It is too long.")

    chat = recorder(picky)
    courier = courier_of(chat, outbox=tmp_path)
    courier.post(number(0))
    courier.post(number(1))
    assert courier.close(DEADLINE) == 1
    assert chat.titles == ["1"]
    (kept,) = tmp_path.rglob("*.json")
    assert kept.parent.name == "aside" and '"0"' in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_what_another_process_is_delivering_is_left_to_it(tmp_path: Path) -> None:
    letter = Outbox(tmp_path, NAME).keep(number(0))
    assert letter.kept
    assert list(Outbox(tmp_path, NAME).left()) == []
    letter.let_go()
    (taken,) = Outbox(tmp_path, NAME).left()
    assert list(Outbox(tmp_path, NAME).left()) == []
    taken.delivered()
    assert list(tmp_path.rglob("*.json")) == []


def test_what_is_old_or_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, NAME)
    outbox.keep(number(0).model_copy(update={"at": now() - OLD - timedelta(minutes=1)})).let_go()
    (folder,) = tmp_path.iterdir()
    (folder / "torn.json").write_text("{")
    assert list(outbox.left()) == []
    assert len(list((folder / "aside").iterdir())) == 2


def test_a_disk_that_takes_nothing_holds_nothing_up(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    chat = recorder()
    courier = courier_of(chat, outbox=tmp_path / "file")
    courier.post(number(0))
    assert courier.close(DEADLINE) == 0
    assert chat.titles == ["0"]


KILLED = """
import os, signal, sys
from pathlib import Path
from blocks.chat.kind import Message
from blocks.chat.outbox import Outbox
kept = Outbox(Path(sys.argv[1]), sys.argv[2]).keep(Message(incident="shop-1", kind="failed", title="It stopped"))
print(kept.kept, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_killed_process_loses_no_message(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), NAME]
    root = Path(__file__).parent.parent
    ended = subprocess.run(command, cwd=root, env=dict(os.environ), capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.returncode) == ("True\n", -signal.SIGKILL)
    chat = recorder(wanted=1)
    courier = courier_of(chat, outbox=tmp_path)
    assert chat._enough.wait(DEADLINE)
    assert courier.close(DEADLINE) == 0
    assert chat.titles == ["It stopped"]
