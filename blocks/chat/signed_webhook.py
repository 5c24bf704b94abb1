"""Any program that takes JSON at a web address, each message signed."""

import hashlib
import hmac
import time

from pydantic import Field, SecretStr

from blocks.chat.kind import Chat, Message
from blocks.chat.web import post_json

WHO = "The webhook"
TIMESTAMP, SIGNATURE, KEY = "X-Lifeboat-Timestamp", "X-Lifeboat-Signature", "Idempotency-Key"


class SignedWebhook(Chat):
    """A program of yours behind a web address: it gets every message whole, as JSON.

    `X-Lifeboat-Signature` is `sha256=` and the HMAC of the time stamp, a dot and the body, in hexadecimal digits. A
    message that is sent again has the same `Idempotency-Key`.
    """

    _block_type_name = "Signed webhook"
    _block_type_slug = "signed-webhook"
    _description = "Posts every message as JSON to an address of yours, signed with a shared secret."

    url: SecretStr = Field(title="Address", description="Where to; it may hold a secret of its own.")
    secret: SecretStr = Field(min_length=16, title="Secret", description="What messages are signed with (HMAC-SHA256).")
    timeout_seconds: float = Field(default=5, gt=0, title="Time-out", description="For one message, in seconds.")

    def post(self, message: Message) -> None:
        body, at = message.model_dump_json().encode(), str(int(time.time()))
        headers = {TIMESTAMP: at, SIGNATURE: sign(self.secret.get_secret_value(), at, body), KEY: message.id}
        post_json(WHO, self.url.get_secret_value(), body, headers, self.timeout_seconds)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a body, as the header holds it."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"
