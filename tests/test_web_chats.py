"""Teams, PagerDuty and signed webhooks: what they are sent, and that each keeps the contract of chats."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from chat_contract import HELLO, SECRET, WebChatContract, own_home
from chat_fixtures import SlackStandIn, slack_stand_in
from prefect.blocks.abstract import NotificationError

from blocks.chat.kind import Chat, Limited, Message
from blocks.chat.pagerduty import PagerDutyEvents, build_event
from blocks.chat.signed_webhook import SignedWebhook, sign
from blocks.chat.teams import LARGEST, TeamsChat, build_envelope
from blocks.chat.web import SHORTEST, retry_after
from recovery.errors import Unreachable
from recovery.model import now

__all__ = ["own_home"]
KEY = f"{SECRET}-of-16-characters"


@pytest.fixture
def server() -> Iterator[SlackStandIn]:
    with slack_stand_in() as state:
        state.answer = lambda number: (202, {"Content-Type": "application/json"}, '{"status": "success"}')
        yield state


def bodies(server: SlackStandIn) -> Callable[[], list[str]]:
    return lambda: [json.dumps(json.loads(raw), ensure_ascii=False) for _, _, raw in server.sent]


class TestTeamsChat(WebChatContract):
    def at(self, url: str) -> Chat:
        return TeamsChat(url=f"{url}{SECRET}", timeout_seconds=2)

    @pytest.fixture
    def delivered(self, server: SlackStandIn) -> Callable[[], list[str]]:
        return bodies(server)

    @pytest.mark.parametrize(
        ("status", "text", "error"),
        [
            (200, "Webhook message delivery failed with error: ... HTTP error 429", Limited),
            (200, "Webhook message delivery failed with error: ... HTTP error 413", Unreachable),
            (200, "<html>sign in</html>", Unreachable),
            (204, "", Unreachable),
        ],
    )
    def test_a_success_that_is_none(self, server: SlackStandIn, status: int, text: str, error: type[Exception]) -> None:
        server.answer = lambda number: (status, {}, text)
        with pytest.raises(error):
            self.at(server.url).post(HELLO)


class TestPagerDutyEvents(WebChatContract):
    def at(self, url: str) -> Chat:
        return PagerDutyEvents(routing_key=SECRET, base_url=url, timeout_seconds=2)

    @pytest.fixture
    def delivered(self, server: SlackStandIn) -> Callable[[], list[str]]:
        return bodies(server)

    def test_a_key_that_is_not_known_can_be_mended(self, server: SlackStandIn) -> None:
        server.answer = lambda number: (400, {}, '{"status": "invalid event", "errors": ["Invalid routing key"]}')
        with pytest.raises(Unreachable, match="does not know the integration key"):
            self.at(server.url).post(HELLO)

    @pytest.mark.parametrize("answer", [(200, {}, "<html>"), (200, {}, "[1]"), (202, {}, "")])
    def test_an_answer_that_confirms_nothing(self, server: SlackStandIn, answer: Any) -> None:
        server.answer = lambda number: answer
        with pytest.raises(Unreachable, match="did not confirm"):
            self.at(server.url).post(HELLO)


class TestSignedWebhook(WebChatContract):
    def at(self, url: str) -> Chat:
        return SignedWebhook(url=f"{url}{SECRET}", secret=KEY, timeout_seconds=2)

    @pytest.fixture
    def delivered(self, server: SlackStandIn) -> Callable[[], list[str]]:
        return bodies(server)


def test_a_webhook_is_signed_and_the_same_message_has_the_same_key(server: SlackStandIn) -> None:
    chat = SignedWebhook(url=server.url, secret=KEY)
    chat.post(HELLO)
    chat.post(HELLO)
    (_, first, raw), (_, second, _) = server.sent
    assert first["X-Lifeboat-Signature"] == sign(KEY, first["X-Lifeboat-Timestamp"], raw)
    assert first["X-Lifeboat-Signature"] != sign(KEY, first["X-Lifeboat-Timestamp"], raw + b" ")
    assert first["Idempotency-Key"] == second["Idempotency-Key"] == HELLO.id
    assert Message.model_validate_json(raw) == HELLO


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("started", "trigger"),
        ("needs approval", "trigger"),
        ("failed", "trigger"),
        ("answered", "acknowledge"),
        ("finished", "resolve"),
    ],
)
def test_an_incident_is_one_alert_of_pagerduty(server: SlackStandIn, kind: Any, action: str) -> None:
    links = {"The run": "http://a/", "Report": "file:///b"}
    message = Message(incident="shop-1", kind=kind, title="a\nb", topic="incident", links=links)
    PagerDutyEvents(routing_key=KEY, base_url=server.url.rstrip("/")).post(message)
    ((path, _, raw),) = server.sent
    event = json.loads(raw)
    assert path.endswith("/v2/enqueue") and event["routing_key"] == KEY
    assert (event["event_action"], event["dedup_key"]) == (action, "shop-1")
    assert event["payload"]["severity"] == "critical" and event["payload"]["summary"] == "a b"
    assert event["links"] == [{"href": "http://a/", "text": "The run"}]


def test_a_note_wakes_nobody(server: SlackStandIn) -> None:
    PagerDutyEvents(routing_key=KEY, base_url=server.url).post(Message(incident="shop-1", kind="note", title="a"))
    ((path, _, raw),) = server.sent
    assert path.endswith("/v2/change/enqueue") and "event_action" not in json.loads(raw)


def test_a_backup_that_fails_is_no_critical_alert() -> None:
    event = build_event(Message(incident="1", kind="failed", title="", topic="backup failed"))
    assert event["payload"]["severity"] == "error" and event["payload"]["summary"] == "1"


@pytest.mark.parametrize(
    "line", ["a" * 5000, "\U0001f6df" * 2500, '\\"' * 3000, "\x00\u2028\n<b>[a](javascript:b)" * 300, " ", ""]
)
@pytest.mark.parametrize("count", [0, 1, 40])
def test_every_card_keeps_the_limits_of_teams(line: str, count: int) -> None:
    lines, links = [line] * count, {line: "http://a/", "bad": "javascript:x", "long": f"http://{'b' * 3000}"}
    message = Message(incident="shop-1", kind="failed", title="T" * 999, lines=tuple(lines), links=links)
    raw = build_envelope(message)
    (attachment,) = json.loads(raw)["attachments"]
    assert len(raw) <= LARGEST
    assert all(action["url"] == "http://a/" for action in attachment["content"]["actions"])
    assert {each["type"] for each in attachment["content"]["body"]} == {"RichTextBlock"}


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        (None, SHORTEST, SHORTEST),
        ("7", 7, 7),
        ("soon", SHORTEST, SHORTEST),
        ("-1", SHORTEST, SHORTEST),
        ("nan", SHORTEST, SHORTEST),
        (format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True), 0, 0),
    ],
)
def test_retry_after_is_read_as_a_number_or_a_date(value: str | None, least: float, most: float) -> None:
    assert least <= retry_after(value) <= most


def test_retry_after_a_moment_to_come() -> None:
    assert 3000 < retry_after(format_datetime(now() + timedelta(hours=1), usegmt=True)) <= 3600


def test_an_automation_of_prefect_can_use_every_chat(server: SlackStandIn) -> None:
    chat = SignedWebhook(url=server.url, secret=KEY)
    assert "notify" in chat.get_block_capabilities()
    asyncio.run(chat.notify("It is gone.\n\nLook.", "Silence"))
    message = Message.model_validate_json(server.sent[0][2])
    assert (message.title, message.lines, message.topic) == ("Silence", ("It is gone.", "Look."), "outage")
    with pytest.raises(NotificationError) as caught:
        asyncio.run(SignedWebhook(url=f"http://127.0.0.1:9/{SECRET}", secret=KEY).notify("a"))
    assert SECRET not in caught.value.log
