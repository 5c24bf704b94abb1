"""A Microsoft Teams channel or chat, by a workflow that is triggered by a webhook.

Facts: https://learn.microsoft.com/power-automate/teams/send-a-message-in-teams and /microsoftteams/platform (a message
has at most 28 KB; a workflow answers 202; cards come in an attachment).
"""

import json
from typing import Any

from pydantic import Field, SecretStr

from blocks.chat.kind import Chat, Limited, Message
from blocks.chat.web import SHORTEST, post_json
from recovery.errors import Unreachable

LARGEST = 24_000  # bytes of a whole card, of the 28 KB that Teams takes
TITLE, LINE, LABEL, ADDRESS, ACTIONS = 500, 2_000, 75, 2_000, 5
WHO = "Teams"
_SIGNS = {"started": "🚨", "needs approval": "✋", "answered": "👍", "finished": "✅", "failed": "❌", "note": "ℹ️"}
_COLOURS = {"started": "attention", "failed": "attention", "needs approval": "warning", "finished": "good"}


class TeamsChat(Chat):
    """A Microsoft Teams channel or chat behind a workflow "When a Teams webhook request is received".

    Such a workflow can neither answer in a thread nor change a message: every message is a card of its own, and names
    its incident.
    """

    _block_type_name = "Teams chat"
    _block_type_slug = "teams-chat"
    _description = "Tells a Microsoft Teams channel what a recovery is doing, a card a message."

    url: SecretStr = Field(title="Address", description="The workflow's webhook. Whoever knows it can post.")
    timeout_seconds: float = Field(default=5, gt=0, title="Time-out", description="For one message, in seconds.")

    def post(self, message: Message) -> None:
        body = build_envelope(message)
        answer = post_json(WHO, self.url.get_secret_value(), body, {}, self.timeout_seconds)
        text = answer.text.strip()
        if "HTTP error 429" in text:  # a connector of old says so in an answer of success
            raise Limited(f"{WHO} wants fewer messages.", SHORTEST)
        if "HTTP error" in text or text.startswith("<") or answer.status not in (200, 202):
            raise Unreachable(f"{WHO} did not confirm the message: status {answer.status}.")


def build_envelope(message: Message) -> bytes:
    """The message as Teams wants it, its lines cut off at the end where they are too many."""
    lines = [line[:LINE] for line in message.lines if line.strip()]
    while len(body := _encode(message, lines)) > LARGEST and lines:
        kept = lines[: len(lines) // 2]
        lines = [*kept, "… more is in the run's log."] if kept else []
    return body


def _encode(message: Message, lines: list[str]) -> bytes:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [_title(message), *map(_text, lines), _small(message)],
        "actions": _actions(message),
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return json.dumps({"type": "message", "attachments": [attachment]}, ensure_ascii=False).encode()


def _actions(message: Message) -> list[dict[str, Any]]:
    web = [(label, url) for label, url in message.links.items() if url.startswith("http") and len(url) <= ADDRESS]
    return [{"type": "Action.OpenUrl", "title": label[:LABEL] or "Open", "url": url} for label, url in web[:ACTIONS]]


def _title(message: Message) -> dict[str, Any]:
    style = {"size": "large", "weight": "bolder", "color": _COLOURS.get(message.kind, "default")}
    return _text(f"{_SIGNS[message.kind]} {message.title[:TITLE]}".replace("\n", " "), **style)


def _small(message: Message) -> dict[str, Any]:
    return _text(f"Incident {message.incident} · {message.kind}", size="small", isSubtle=True)


def _text(text: str, **style: Any) -> dict[str, Any]:
    """Rich text, as its runs know no Markdown: nothing that an error's text holds is taken for a link."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}
