"""Whether a request is from who it says. Pure, and in constant time, so that no answer tells how near a guess was."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from recovery.alerts.configuration import Hmac
from recovery.decision import Decision, go, refuse

SHORTEST = 16  # bytes of a secret
_ASK = "Compare the sender's credentials with the receiver's."


def judge_bearer(headers: Mapping[str, str], secret: bytes) -> Decision:
    """Whether the header holds the token.

    Args:
        headers: by their names in small letters.
        secret: the token.
    """
    given = _credentials(headers, "bearer")
    return _said(hmac.compare_digest(_digest(given), _digest(secret)), "bearer token")


def judge_basic(headers: Mapping[str, str], user: str, secret: bytes) -> Decision:
    """Whether the header holds the user and the password."""
    try:
        given = base64.b64decode(_credentials(headers, "basic"), validate=True)
    except (binascii.Error, ValueError):
        given = b""
    return _said(hmac.compare_digest(_digest(given), _digest(user.encode() + b":" + secret)), "user and password")


def judge_hmac(rules: Hmac, headers: Mapping[str, str], body: bytes, secret: bytes, at: datetime) -> Decision:
    """Whether the header holds the body's HMAC, made just now where the sender says when.

    Returns:
        `go` with the fact `seen`: what must not come a second time; empty where the body itself must tell.
    """
    given = headers.get(rules.header.lower(), "").removeprefix(rules.prefix)
    stamp = headers.get(rules.timestamp_header.lower(), "") if rules.timestamp_header else ""
    signed = stamp.encode("utf-8", "replace") + b":" + body if rules.timestamp_header else body
    right = hmac.new(secret, signed, hashlib.sha256).hexdigest()
    decision = _said(hmac.compare_digest(_digest(given.lower().encode("utf-8", "replace")), _digest(right)), "HMAC")
    if decision.verdict != "go" or not rules.timestamp_header:
        return decision
    age = abs(at.timestamp() - int(stamp)) if stamp.isascii() and stamp.isdigit() and len(stamp) < 16 else None
    if age is None or age > rules.within.total_seconds():
        return refuse("The signature is too old, or its clock is wrong.", "Compare the clocks.")
    return go(decision.sentence, seen=right)


def secret_is_sound(secret: bytes) -> bool:
    """Whether it is long enough that nobody guesses it."""
    return len(secret) >= SHORTEST


def _credentials(headers: Mapping[str, str], scheme: str) -> bytes:
    kind, _, given = headers.get("authorization", "").partition(" ")
    return given.strip().encode("utf-8", "replace") if kind.lower() == scheme else b""


def _digest(value: bytes | str) -> bytes:
    """Of equal length whatever is compared."""
    return hashlib.sha256(value if isinstance(value, bytes) else value.encode()).digest()


def _said(right: bool, what: str) -> Decision:
    return go(f"The {what} is right.") if right else refuse(f"The {what} is missing or wrong.", _ASK)
