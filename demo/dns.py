"""The demo's two DNS servers, on UDP and TCP.

`python -m demo.dns nameserver --listen 127.0.0.53:5300` serves the zones of the emulated Route 53, which it finds by
the variables that boto3 knows. `python -m demo.dns resolver --listen 127.0.0.54:5300 --upstream 127.0.0.53:5300`
asks that one and caches, as the resolvers between an application and its users do.
"""

import argparse
import signal
import threading

from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

from demo.dns_nameserver import Nameserver, ZoneMirror
from demo.dns_resolver import CachingResolver


class _Handler(DNSHandler):
    udplen = 1232  # Longer answers are sent truncated, and asked for again over TCP.


def serve(resolver: BaseResolver, address: str, port: int) -> list[DNSServer]:
    """Starts to answer on UDP and TCP, in threads.

    Raises:
        OSError: the port is taken.
    """
    silent = DNSLogger("-request,-reply,-truncated,-error")
    servers = []
    for tcp in (False, True):
        server = DNSServer(resolver, address=address, port=port, tcp=tcp, logger=silent, handler=_Handler)
        server.start_thread()
        servers.append(server)
    return servers


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.dns", description="The demo's DNS")
    parser.add_argument("role", choices=["nameserver", "resolver"])
    parser.add_argument("--listen", required=True, help="ADDRESS:PORT")
    parser.add_argument("--upstream", help="ADDRESS:PORT of the name server, for the resolver")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if options.role == "nameserver":
        mirror = ZoneMirror()
        threading.Thread(target=mirror.follow, args=(stop,), daemon=True).start()
        serve(Nameserver(mirror), *_split(options.listen))
    elif options.upstream:
        serve(CachingResolver(*_split(options.upstream)), *_split(options.listen))
    else:
        parser.error("a resolver needs --upstream")
    stop.wait()


def _split(endpoint: str) -> tuple[str, int]:
    address, _, port = endpoint.rpartition(":")
    return address, int(port)


if __name__ == "__main__":
    main()
