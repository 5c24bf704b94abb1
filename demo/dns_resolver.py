"""A caching resolver: hands out an answer for as long as its TTL says, however old it has become meanwhile."""

import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.query
from dnslib import QTYPE, RCODE, DNSRecord
from dnslib.server import BaseResolver

TIMEOUT = 0.8


class CachingResolver(BaseResolver):  # type: ignore[misc]
    """Args:
    address, port: of the name server that is asked.
    """

    def __init__(self, address: str, port: int) -> None:
        self._address, self._port = address, port
        # By name and type: when the answer was got, for how many seconds it holds, and its bytes.
        self._cache: dict[tuple[str, int], tuple[float, int, bytes]] = {}
        self._lock = threading.Lock()

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        key = (str(request.q.qname).lower(), request.q.qtype)
        with self._lock:
            got = self._cache.get(key)
        if got is None or time.monotonic() - got[0] >= got[1]:
            got = self._ask(request)
        reply = request.reply(ra=1, aa=0)
        if got is None:
            reply.header.rcode = RCODE.SERVFAIL
            return reply
        with self._lock:
            self._cache[key] = got
        answer, age = DNSRecord.parse(got[2]), int(time.monotonic() - got[0])
        reply.header.rcode = answer.header.rcode
        for record in (*answer.rr, *answer.auth):
            record.ttl = max(0, record.ttl - age)
        reply.add_answer(*answer.rr)
        reply.add_auth(*answer.auth)
        return reply

    def _ask(self, request: DNSRecord) -> tuple[float, int, bytes] | None:
        question = dns.message.make_query(str(request.q.qname), QTYPE[request.q.qtype])
        question.flags &= ~dns.flags.RD
        try:
            reply, _ = dns.query.udp_with_fallback(question, self._address, timeout=TIMEOUT, port=self._port)
        except (dns.exception.DNSException, OSError):
            return None
        if reply.rcode() not in (RCODE.NOERROR, RCODE.NXDOMAIN):
            return None
        wire = reply.to_wire()
        return time.monotonic(), _lifetime(DNSRecord.parse(wire)), wire


def _lifetime(answer: DNSRecord) -> int:
    """Seconds it may be kept. "There is none" is kept for as long as the zone's SOA record says (RFC 2308)."""
    if answer.rr:
        return int(min(record.ttl for record in answer.rr))
    minimums = [min(record.ttl, record.rdata.times[4]) for record in answer.auth if QTYPE[record.rtype] == "SOA"]
    return int(min(minimums, default=0))
