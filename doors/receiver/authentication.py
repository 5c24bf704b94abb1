"""Who sent a request, by the rules of its endpoint."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from doors.receiver.certificates import Certificates
from recovery.alerts.authenticity import judge_basic, judge_bearer, judge_hmac
from recovery.alerts.configuration import Basic, Bearer, Endpoint, Hmac, Sns
from recovery.alerts.sns import SnsMessage, read_sns
from recovery.alerts.values import parse_json
from recovery.decision import Decision, go, refuse
from recovery.model import Frozen


class Sender(Frozen):
    """Whether a request is from who it must be from.

    Args:
        decision: that.
        seen: what of it must not come a second time.
        seen_for: how long that has to be remembered.
        sns: the message, where it is one.
    """

    decision: Decision
    seen: str = ""
    seen_for: timedelta = timedelta()
    sns: SnsMessage | None = None


def judge_headers(endpoint: Endpoint, headers: Mapping[str, str], secret: bytes) -> Decision:
    """What the headers alone tell, before anything of the body is read. `go` where the body must tell."""
    rules = endpoint.authentication
    if isinstance(rules, Bearer):
        return judge_bearer(headers, secret)
    if isinstance(rules, Basic):
        return judge_basic(headers, rules.user, secret)
    if isinstance(rules, Hmac) and rules.header.lower() not in headers:
        return refuse("There is no HMAC.", "Let the sender sign.")
    return go("The body must tell.")


async def judge_sender(
    endpoint: Endpoint,
    headers: Mapping[str, str],
    body: bytes,
    secret: bytes,
    certificates: Certificates,
    at: datetime,
) -> Sender:
    """What headers and body tell together.

    Raises:
        Malformed: it is no SNS message, where it must be one.
        Unreachable: SNS's certificate did not come.
    """
    rules = endpoint.authentication
    if isinstance(rules, Hmac):
        decision = judge_hmac(rules, headers, body, secret, at)
        return Sender(decision=decision, seen=str(decision.facts.get("seen", "")), seen_for=rules.within)
    if isinstance(rules, Sns):
        message = read_sns(parse_json(body))
        decision = await asyncio.to_thread(_judge_sns, rules, message, certificates, at)
        return Sender(decision=decision, seen=message.id, seen_for=rules.within, sns=message)
    return Sender(decision=judge_headers(endpoint, headers, secret))


def _judge_sns(rules: Sns, message: SnsMessage, certificates: Certificates, at: datetime) -> Decision:
    """The topic first: for others not even a certificate is fetched."""
    if message.topic not in rules.topics:
        return refuse("The topic is none of this endpoint's.", "List it, if it is yours.")
    sent = message.sent_at(at)
    if sent is None or at - sent > rules.within:
        return refuse("The message is too old.", "Compare the clocks.")
    return certificates.judge(message)
