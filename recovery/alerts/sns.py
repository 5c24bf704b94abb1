"""Messages of Amazon SNS: what they hold, what of them is signed, and which hosts may be asked about them.

Facts: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html.
"""

import re
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from recovery.alerts.alert import Malformed
from recovery.alerts.values import as_object, as_time
from recovery.model import Frozen

_HOST = re.compile(r"sns\.([a-z0-9-]{1,40})\.amazonaws\.com(\.cn)?")
_PLAIN = re.compile(r"[!-~]+")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{32}\.pem")
_ARN = re.compile(r"arn:aws(?:-cn|-us-gov)?:sns:([a-z0-9-]{1,40}):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_FIELDS = ("Type", "MessageId", "TopicArn", "Message", "Timestamp", "Signature", "SignatureVersion", "SigningCertURL")
_OPTIONAL = ("Subject", "Token", "SubscribeURL")


class SnsMessage(Frozen):
    """One message.

    Args:
        kind: a notification, or the question whether we want them.
        at: when SNS sent it.
        subscribe_url: what to ask for to say yes.
    """

    kind: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"] = Field(alias="Type")
    id: str = Field(alias="MessageId", min_length=1, max_length=100)
    topic: str = Field(alias="TopicArn", pattern=f"^{_ARN.pattern}$")
    message: str = Field(alias="Message")
    subject: str | None = Field(default=None, alias="Subject")
    timestamp: str = Field(alias="Timestamp", max_length=40)
    signature: str = Field(alias="Signature", max_length=2_000)
    version: Literal["1", "2"] = Field(alias="SignatureVersion")
    certificate_url: str = Field(alias="SigningCertURL", max_length=400)
    token: str | None = Field(default=None, alias="Token")
    subscribe_url: str | None = Field(default=None, alias="SubscribeURL", max_length=2_000)

    def sent_at(self, at: datetime) -> datetime | None:
        return as_time(self.timestamp, at)


def read_sns(body: Any) -> SnsMessage:
    """The envelope. Raises `Malformed`."""
    whole = as_object(body, "the body")
    known = {name: whole[name] for name in (*_FIELDS, *_OPTIONAL) if whole.get(name) is not None}
    try:
        return SnsMessage.model_validate(known)
    except ValidationError as error:
        wrong = sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False, include_url=False)})
        raise Malformed(f"this is no SNS message: {', '.join(wrong)}") from error


def signed_text(message: SnsMessage) -> bytes:
    """The bytes that SNS signs: names and values, one a line, in the order of the names."""
    signed = {
        "Message": message.message,
        "MessageId": message.id,
        "Timestamp": message.timestamp,
        "TopicArn": message.topic,
        "Type": message.kind,
    }
    if message.kind == "Notification":
        signed |= {"Subject": message.subject} if message.subject is not None else {}
    else:
        signed |= {"SubscribeURL": message.subscribe_url or "", "Token": message.token or ""}
    return "".join(f"{name}\n{signed[name]}\n" for name in sorted(signed)).encode("utf-8", "surrogatepass")


def certificate_may_be_fetched(message: SnsMessage) -> bool:
    """Whether the certificate's address is one of SNS's own in the topic's region. Anybody can write one."""
    parts = _parts(message.certificate_url, message.topic)
    return parts is not None and bool(_CERTIFICATE.fullmatch(parts.path)) and not parts.query


def subscription_may_be_confirmed(message: SnsMessage) -> bool:
    """Whether the address that says yes is one of SNS's own in the topic's region."""
    return bool(message.subscribe_url) and _parts(str(message.subscribe_url), message.topic) is not None


def _parts(url: str, topic: str) -> Any:
    """The address's parts; None unless it is https, without a port or a user, at SNS in the topic's region."""
    if not _PLAIN.fullmatch(url):  # urlsplit drops line breaks, and what fetches it may not
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host, arn = _HOST.fullmatch(parts.netloc), _ARN.fullmatch(topic)
    if parts.scheme != "https" or port is not None or host is None or arn is None or host[1] != arn[1]:
        return None
    return parts
