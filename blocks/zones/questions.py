"""Asks DNS servers, all at the same time, each with a time-out."""

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
from pydantic import AfterValidator

TRIES = 2  # UDP may lose a packet


def parse_server(text: str) -> str:
    """Raises `ValueError` unless it is `address:port`, or `[address]:port` for IPv6."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is not address:port, such as 192.0.2.53:53")
    return text


Server = Annotated[str, AfterValidator(parse_server)]


def ask_all(
    name: str, authoritative: tuple[str, ...], resolvers: tuple[str, ...], timeout: float
) -> dict[str, tuple[str, ...]]:
    """The A records that every server answers, sorted; an empty tuple where it has none or does not answer.

    Args:
        name: the record.
        authoritative: servers asked for their own knowledge; an answer from another's does not count.
        resolvers: servers asked to find out.
        timeout: for one question, in seconds.
    """
    questions = [(server, True) for server in authoritative] + [(server, False) for server in resolvers]
    with ThreadPoolExecutor(max_workers=len(questions)) as pool:
        found = pool.map(lambda each: _ask(name, each[0], each[1], timeout), questions)
        return dict(zip((server for server, _ in questions), found, strict=True))


def _ask(name: str, server: str, own: bool, timeout: float) -> tuple[str, ...]:
    question = dns.message.make_query(f"{name.rstrip('.')}.", dns.rdatatype.A)
    if own:
        question.flags &= ~dns.flags.RD
    host, _, port = server.rpartition(":")
    for _ in range(TRIES):
        try:
            address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0][4][0]
            answer, _ = dns.query.udp_with_fallback(question, str(address), timeout=timeout, port=int(port))
        except (dns.exception.DNSException, OSError):
            continue
        if answer.rcode() != dns.rcode.NOERROR or (own and not answer.flags & dns.flags.AA):
            return ()
        return tuple(
            sorted(
                address.to_text()
                for records in answer.answer
                if records.rdtype == dns.rdatatype.A
                for address in records
            )
        )
    return ()
