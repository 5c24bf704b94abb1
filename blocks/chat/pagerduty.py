"""A PagerDuty service, by its Events API v2.

Facts: https://developer.pagerduty.com/docs/send-alert-event and /docs/send-change-event (limits, actions, keys).
"""

import json
from typing import Any, Literal

from pydantic import Field, SecretStr

from blocks.chat.kind import Chat, Message
from blocks.chat.web import TurnedDown, post_json
from recovery.errors import Unreachable

SUMMARY, KEY = 1024, 255  # characters
DETAILS = 100_000  # of 512 KiB that an event may have
WHO = "PagerDuty"

_ACTIONS: dict[str, Literal["trigger", "acknowledge", "resolve"]] = {
    "started": "trigger",
    "needs approval": "trigger",
    "failed": "trigger",
    "answered": "acknowledge",
    "finished": "resolve",
}
_MILD = {"backup failed": "error", "drill": "info", "drill failed": "warning", "readiness": "warning"}


class PagerDutyEvents(Chat):
    """A service of PagerDuty: an alert an incident.

    An incident that begins, stops or needs an approval triggers its alert; an answer acknowledges it, its end resolves
    it. A note is a change event, which wakes nobody.
    """

    _block_type_name = "PagerDuty events"
    _block_type_slug = "pagerduty-events"
    _description = "Triggers, acknowledges and resolves an alert an incident in a PagerDuty service."

    routing_key: SecretStr = Field(title="Integration key", description="Of the service's Events API v2 integration.")
    base_url: str = Field(
        default="https://events.pagerduty.com",
        title="Address",
        description="Of the Events API; https://events.eu.pagerduty.com in the European region.",
    )
    timeout_seconds: float = Field(default=5, gt=0, title="Time-out", description="For one message, in seconds.")

    def post(self, message: Message) -> None:
        path = "/v2/change/enqueue" if message.kind == "note" else "/v2/enqueue"
        event = {"routing_key": self.routing_key.get_secret_value(), **build_event(message)}
        url = f"{self.base_url.rstrip('/')}{path}"
        try:
            answer = post_json(WHO, url, json.dumps(event).encode(), {}, self.timeout_seconds)
        except TurnedDown as error:
            if "routing key" in error.answer.text.lower():
                raise Unreachable(f"{WHO} does not know the integration key.") from None
            raise
        if answer.fields.get("status") != "success":
            raise Unreachable(f"{WHO} did not confirm the message: status {answer.status}.")


def build_event(message: Message) -> dict[str, Any]:
    """The event without its key. An action that ends an alert carries its text too, for whoever reads the log."""
    links = [{"href": url, "text": label or "Open"} for label, url in message.links.items() if url.startswith("http")]
    payload: dict[str, Any] = {
        "summary": message.title.replace("\n", " ")[:SUMMARY] or message.incident,
        "source": message.incident,
        "timestamp": message.at.isoformat(),
        "custom_details": {"text": "\n".join(message.lines)[:DETAILS], "what": message.kind, "links": message.links},
    }
    if message.kind == "note":
        return {"payload": payload, "links": links}
    severity = _MILD.get(message.topic, "critical")
    return {
        "event_action": _ACTIONS[message.kind],
        "dedup_key": message.incident[:KEY],
        "client": "Lifeboat",
        "payload": {**payload, "severity": severity, "class": message.topic},
        "links": links,
    }
