"""A DNS server for tests, on UDP and TCP. What it answers is asked of a function at every question."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dnslib import QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

Lookup = Callable[[str], tuple[str, ...]]


class _Answers(BaseResolver):
    def __init__(self, lookup: Lookup, authoritative: bool) -> None:
        self._lookup, self._authoritative = lookup, authoritative

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        reply = request.reply(aa=int(self._authoritative))
        name = str(request.q.qname)
        values = self._lookup(name.rstrip(".")) if request.q.qtype == QTYPE.A else ()
        for value in values:
            reply.add_answer(RR(name, QTYPE.A, rdata=A(value), ttl=5))
        if not values:
            reply.header.rcode = RCODE.NXDOMAIN
        return reply


class _SmallHandler(DNSHandler):
    udplen = 512  # longer answers are truncated, and must be asked for again over TCP


@contextmanager
def dns_server(lookup: Lookup, authoritative: bool = True) -> Iterator[str]:
    """Serves on a free port of loopback; yields address:port."""
    silent = DNSLogger("-request,-reply,-truncated,-error")
    resolver = _Answers(lookup, authoritative)
    tcp = DNSServer(resolver, address="127.0.0.1", port=0, tcp=True, logger=silent)
    port = tcp.server.server_address[1]
    udp = DNSServer(resolver, address="127.0.0.1", port=port, logger=silent, handler=_SmallHandler)
    for server in (tcp, udp):
        # dnslib's own start_thread looks only twice a second whether it is to stop
        threading.Thread(target=server.server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"127.0.0.1:{port}"
    for server in (tcp, udp):
        server.server.shutdown()
        server.server.server_close()
