"""Network addresses as a plan writes them."""

from ipaddress import AddressValueError, IPv4Address
from urllib.parse import urlsplit


def parse_address(text: str) -> str:
    """Raises `ValueError` unless it is an IPv4 address: the record that is swapped is an A record."""
    try:
        return str(IPv4Address(text))
    except AddressValueError as error:
        raise ValueError(f"{text!r} is not an IPv4 address") from error


def parse_url(text: str) -> str:
    """An http or https address without a slash at its end.

    Raises:
        ValueError: it is none, or it holds a password, which a plan must never do.
    """
    parts = urlsplit(text)
    if parts.username or parts.password:
        raise ValueError("this address holds a user name or password")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} is not an http or https address")
    if parts.port == 0:  # also raises ValueError for a port that is no number
        raise ValueError(f"{text!r} has no usable port")
    return text.rstrip("/")
