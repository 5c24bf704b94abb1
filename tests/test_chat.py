"""Slack as a chat, well and unwell, and what a message looks like there."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chat_contract import SECRET, WebChatContract, own_home
from chat_fixtures import BAD, SlackStandIn, slack_stand_in
from hypothesis import given
from hypothesis import strategies as st

from blocks.chat.block_kit import FALLBACK, HEADER, SECTION, build_blocks, build_fallback, fit
from blocks.chat.kind import Message
from blocks.chat.slack import SlackChat
from recovery.errors import Unreachable

DEADLINE = 10.0
HELLO = Message(incident="shop-1", kind="started", title="Failover of shop")
__all__ = ["own_home"]


def slack(url: str, **fields: Any) -> SlackChat:
    return SlackChat(token=SECRET, channel="#operations", base_url=url, **fields)


@pytest.fixture
def server() -> Iterator[SlackStandIn]:
    with slack_stand_in() as state:
        yield state


def posted(server: SlackStandIn) -> list[dict[str, Any]]:
    return [each for each in server.requests if each["method"] == "chat.postMessage"]


class TestSlackChat(WebChatContract):
    def at(self, url: str) -> SlackChat:
        return slack(url)

    @pytest.fixture
    def delivered(self, server: SlackStandIn) -> Callable[[], list[str]]:
        return lambda: [json.dumps(each["blocks"], ensure_ascii=False) for each in posted(server)]

    def never(self) -> tuple[int, dict[str, str], str]:
        return 200, {"Content-Type": "application/json"}, '{"ok": false, "error": "invalid_blocks"}'


def test_an_incident_is_a_thread_and_what_matters_is_shown_in_the_channel(server: SlackStandIn) -> None:
    chat = slack(server.url)
    for kind in ("started", "note", "failed"):
        chat.post(Message(incident="shop-1", kind=kind, title=kind))
    chat.post(Message(incident="shop-2", kind="started", title="another"))
    first, second, third, other = posted(server)
    assert "thread_ts" not in first and "thread_ts" not in other
    assert second["thread_ts"] == third["thread_ts"] == "1700000000.000001"
    assert "reply_broadcast" not in second and third["reply_broadcast"] in (True, 1, "1")
    assert first["method"] == "chat.postMessage" and first["channel"] == "#operations"
    assert server.tokens[0] == f"Bearer {SECRET}"


def test_the_first_message_is_changed_in_place_to_say_how_it_stands(server: SlackStandIn) -> None:
    chat = slack(server.url)
    for kind, links in (("started", {"Run": "http://a/"}), ("needs approval", {"Approve": "http://b/"}), ("note", {})):
        chat.post(Message(incident="shop-1", kind=kind, title=f"It {kind}", links=links))
    (update,) = [each for each in server.requests if each["method"] == "chat.update"]
    assert (update["channel"], update["ts"]) == ("C1", "1700000000.000001")
    shown = json.dumps(update["blocks"])
    assert "It started" in shown and "*Now:* :raised_hand: It needs approval" in shown
    assert "http://a/" in shown and "http://b/" in shown  # its buttons lead to the run and to the approval


def test_a_run_that_goes_on_with_an_incident_goes_on_with_its_thread(server: SlackStandIn) -> None:
    slack(server.url).post(HELLO)
    slack(server.url).post(Message(incident="shop-1", kind="note", title="later, by another process"))
    assert posted(server)[1]["thread_ts"] == "1700000000.000001"


@pytest.mark.parametrize("code", ["message_not_found", "edit_window_closed"])
def test_a_head_that_cannot_be_changed_keeps_no_reply_away(server: SlackStandIn, code: str) -> None:
    def answer(number: int) -> tuple[int, dict[str, str], str]:
        if server.requests[-1]["method"] == "chat.update":
            return 200, {"Content-Type": "application/json"}, json.dumps({"ok": False, "error": code})
        return SlackStandIn.ok(number)

    server.answer = answer
    chat = slack(server.url)
    chat.post(HELLO)
    chat.post(Message(incident="shop-1", kind="finished", title="through"))
    assert posted(server)[1]["thread_ts"] == "1700000000.000001"


def test_a_reply_is_not_posted_twice_where_changing_the_head_fails_first(server: SlackStandIn) -> None:
    server.answer = lambda number: (503, {}, "") if number == 2 else SlackStandIn.ok(number)
    chat, end = slack(server.url), Message(incident="shop-1", kind="finished", title="through")
    chat.post(HELLO)
    with pytest.raises(Unreachable):
        chat.post(end)
    chat.post(end)
    assert [each["method"] for each in server.requests].count("chat.postMessage") == 2


def test_a_message_that_was_taken_without_a_time_stamp_begins_no_thread(server: SlackStandIn) -> None:
    server.answer = lambda number: (200, {"Content-Type": "application/json"}, '{"ok": true}')
    chat = slack(server.url)
    chat.post(HELLO)
    chat.post(HELLO)
    assert all("thread_ts" not in each for each in server.requests)


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD.keys())
def test_whatever_slack_answers_it_is_unreachable_or_delivered(server: SlackStandIn, answer: Any) -> None:
    server.answer = lambda number: answer
    with pytest.raises(Unreachable) as caught:
        slack(server.url).post(HELLO)
    assert len(server.requests) == 1
    assert SECRET not in str(caught.value) and "<" not in str(caught.value)


def test_slacks_own_reason_is_told(server: SlackStandIn) -> None:
    server.answer = lambda number: BAD["an error"]
    with pytest.raises(Unreachable, match="channel_not_found"):
        slack(server.url).post(HELLO)


def test_a_slack_that_never_answers_ends_by_the_time_out(server: SlackStandIn) -> None:
    hold = threading.Event()

    def hang(number: int) -> None:
        hold.wait(DEADLINE)

    server.answer = hang
    with pytest.raises(Unreachable, match="TimeoutError"):
        slack(server.url, timeout_seconds=1).post(HELLO)
    assert not hold.is_set()
    hold.set()


TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400)


@given(text=TEXTS, limit=st.integers(10, 200))
def test_texts_are_escaped_and_cut_to_the_limit(text: str, limit: int) -> None:
    made = fit(text, limit)
    assert len(made) <= limit
    assert "<" not in made and ">" not in made
    plain = made.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert plain == text or (plain.endswith("…") and text.startswith(plain[:-1]))


@given(
    title=TEXTS,
    lines=st.lists(st.text(alphabet="ab<&\n", max_size=4000), max_size=20),
    links=st.dictionaries(TEXTS, st.sampled_from(["http://a/", "https://b/", "file:///c", "javascript:x"]), max_size=9),
)
def test_every_message_keeps_slacks_limits(title: str, lines: list[str], links: dict[str, str]) -> None:
    message = Message(incident="shop-1", kind="failed", title=title, lines=tuple(lines), links=links)
    blocks = build_blocks(message)
    assert len(blocks) <= 50 and len(build_fallback(message)) <= FALLBACK
    assert 1 <= len(blocks[0]["text"]["text"]) <= HEADER
    for block in blocks:
        if block["type"] == "section":
            assert 1 <= len(block["text"]["text"]) <= SECTION
        if block["type"] == "actions":
            assert 1 <= len(block["elements"]) <= 25
            assert all(
                each["url"].startswith("http") and 1 <= len(each["text"]["text"]) <= 75 for each in block["elements"]
            )


def test_nobody_is_called_by_a_message_and_lost_lines_are_told() -> None:
    message = Message(incident="1", kind="note", title="a", lines=("<!channel> & <@U1>", *("x" * 2999,) * 20))
    texts = [block["text"]["text"] for block in build_blocks(message) if block["type"] == "section"]
    assert texts[0] == "&lt;!channel&gt; &amp; &lt;@U1&gt;"
    assert texts[-1] == "… more is in the run's log."
