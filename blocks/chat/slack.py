"""A Slack channel."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from http.client import HTTPException

from pydantic import Field, PrivateAttr, SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from blocks.chat.block_kit import build_blocks, build_fallback
from blocks.chat.kind import Chat, Message
from recovery.errors import Unreachable

_LOUD = ("needs approval", "finished", "failed")


class SlackChat(Chat):
    """A Slack channel, and a bot that may write there (scope `chat:write`).

    The first message of an incident begins a thread, the others go into it; what matters to everybody is shown in the
    channel too.
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

    _threads: dict[str, str] = PrivateAttr(default_factory=dict)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def post(self, message: Message) -> None:
        with self._lock:
            thread = self._threads.get(message.incident)
        stamp = self._send(message, thread)
        if stamp:
            with self._lock:
                self._threads.setdefault(message.incident, stamp)

    def ask(self) -> None:
        """Slack tells whether the token counts; whether the bot may write in the channel shows when it does."""
        with _own_words("did not take the token"):
            self._client().auth_test()

    def _send(self, message: Message, thread: str | None) -> str | None:
        with _own_words("did not take the message"):
            answer = self._client().chat_postMessage(
                channel=self.channel,
                text=build_fallback(message),
                blocks=build_blocks(message),
                thread_ts=thread,
                reply_broadcast=True if thread and message.kind in _LOUD else None,
                unfurl_links=False,
            )
            stamp = answer.get("ts")
        return stamp if isinstance(stamp, str) else None

    def _client(self) -> WebClient:
        # The client writes what it receives to its logger: one that is switched off.
        quiet = logging.Logger("lifeboat.slack", level=logging.CRITICAL + 1)
        return WebClient(
            self.token.get_secret_value(),
            base_url=f"{self.base_url.rstrip('/')}/",
            timeout=self.timeout_seconds,
            retry_handlers=[],
            logger=quiet,
        )


@contextlib.contextmanager
def _own_words(did_not: str) -> Iterator[None]:
    try:
        yield
    except SlackApiError as error:
        raise Unreachable(f"Slack {did_not}: {_reason(error)}.") from error
    except (SlackClientError, OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError) as error:
        # The last four: an answer that is none of Slack's.
        raise Unreachable(f"Slack could not be reached: {type(error).__name__}.") from error


def _reason(error: SlackApiError) -> str:
    """Slack's error code, where the answer is one of Slack's."""
    response = error.response
    data = getattr(response, "data", response)
    code = data.get("error") if isinstance(data, dict) else None
    if isinstance(code, str) and code.replace("_", "").isalnum():
        return code
    return f"status {getattr(response, 'status_code', 'unknown')}"
