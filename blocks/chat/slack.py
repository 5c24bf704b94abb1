"""A Slack channel."""

import logging
from contextlib import suppress
from http.client import HTTPException
from typing import Any

from pydantic import Field, PrivateAttr, SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from blocks.chat.block_kit import build_blocks, build_fallback, build_head
from blocks.chat.kind import Chat, Limited, Message
from blocks.chat.threads import Thread, Threads
from blocks.chat.web import retry_after
from recovery.errors import Missing, RecoveryError, Refused, Unreachable

_LOUD = ("needs approval", "finished", "failed")
# Slack's codes: of a message that was deleted or is closed, of one that will never be taken, and of too many.
_GONE = ("message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed")
_TURNED_DOWN = ("invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text")
_LIMITED = ("ratelimited", "rate_limited")


class SlackChat(Chat):
    """A Slack channel, and a bot that may write there (scope `chat:write`).

    The first message of an incident begins a thread, and is changed in place to say how the incident stands. The others
    go into the thread; what matters to everybody is shown in the channel too.
    """

    _block_type_name = "Slack chat"
    _block_type_slug = "slack-chat"
    _description = "Tells a Slack channel what a recovery is doing, a thread an incident."

    token: SecretStr = Field(title="Token", description="The bot's token. It begins with xoxb-.")
    channel: str = Field(title="Channel", description="The channel's identifier (C0123456789) or name (#operations).")
    base_url: str = Field(
        default="https://slack.com/api/", title="Address", description="Of the Web API, where it is not Slack's own."
    )
    timeout_seconds: int = Field(default=3, ge=1, title="Time-out", description="For one message, in seconds.")

    _threads: Threads | None = PrivateAttr(default=None)

    def post(self, message: Message) -> None:
        self._threads = self._threads or Threads(self.base_url, self.channel)
        thread = self._threads.find(message.incident)
        if thread is None or not self._goes_on(thread, message):
            self._begin(message, self._threads)

    def ask(self) -> None:
        """Slack tells whether the token counts; whether the bot may write in the channel shows when it does."""
        self._call("auth.test")

    def _begin(self, message: Message, threads: Threads) -> None:
        answer = self._call("chat.postMessage", channel=self.channel, **_content(message, build_blocks(message)))
        if isinstance(stamp := answer.get("ts"), str):
            threads.remember(Thread(first=message, handle=stamp, place=str(answer.get("channel") or "")))

    def _goes_on(self, thread: Thread, message: Message) -> bool:
        """Whether the thread took the message. Its head is changed first: that can be done again, a reply cannot."""
        if thread.place and message.kind != "note":
            head = _content(thread.first, build_head(thread.first, message))
            with suppress(Missing):  # it was deleted, or this workspace lets nothing be changed
                self._call("chat.update", channel=thread.place, ts=thread.handle, **head)
        try:
            loud = {"reply_broadcast": True} if message.kind in _LOUD else {}
            content = _content(message, build_blocks(message))
            self._call("chat.postMessage", channel=self.channel, thread_ts=thread.handle, **loud, **content)
        except Missing:
            return False
        return True

    def _call(self, method: str, **fields: Any) -> dict[str, Any]:
        # The client writes what it receives to its logger: one that is switched off.
        quiet = logging.Logger("lifeboat.slack", level=logging.CRITICAL + 1)
        client = WebClient(
            self.token.get_secret_value(),
            base_url=f"{self.base_url.rstrip('/')}/",
            timeout=self.timeout_seconds,
            retry_handlers=[],
            logger=quiet,
        )
        try:
            data = client.api_call(method, json=fields).data
        except SlackApiError as error:
            raise _meaning(error, method == "auth.test") from None
        except (SlackClientError, OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError) as error:
            # The last four: an answer that is none of Slack's.
            raise Unreachable(f"Slack could not be reached: {type(error).__name__}.") from None
        return data if isinstance(data, dict) else {}


def _content(message: Message, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"text": build_fallback(message), "blocks": blocks, "unfurl_links": False}


def _meaning(error: SlackApiError, asking: bool) -> RecoveryError:
    code, status = _reason(error), getattr(error.response, "status_code", None)
    if status == 429 or code in _LIMITED:
        headers = {name.lower(): value for name, value in getattr(error.response, "headers", {}).items()}
        return Limited(f"Slack wants fewer messages: {code}.", retry_after(headers.get("retry-after")))
    if code in _GONE:
        return Missing(f"Slack does not find what the message belongs to: {code}.")
    if code in _TURNED_DOWN:
        return Refused(f"Slack turned the message down: {code}.")
    return Unreachable(f"Slack did not take {'the token' if asking else 'the message'}: {code}.")


def _reason(error: SlackApiError) -> str:
    """Slack's error code, where the answer is one of Slack's."""
    response = error.response
    data = getattr(response, "data", response)
    code = data.get("error") if isinstance(data, dict) else None
    if isinstance(code, str) and code.replace("_", "").isalnum():
        return code
    return f"status {getattr(response, 'status_code', 'unknown')}"
