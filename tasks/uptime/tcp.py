"""Asks whether a port takes a connection."""

import socket
import time

from tasks.requests import ProbeResult
from tasks.uptime.kind import TIMEOUT, UptimeQuestion


class TcpQuestion(UptimeQuestion):
    """A connection that is taken. It says nothing of the program behind it."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, address: str) -> ProbeResult:
        begun, where = time.monotonic(), f"{address}:{self._port}"
        try:
            socket.create_connection((address, self._port), timeout=TIMEOUT).close()
        except OSError as error:
            ok, sentence = False, f"tcp: {where} takes no connection ({type(error).__name__})"
        else:
            ok, sentence = True, f"tcp: {where} takes connections"
        return ProbeResult(name="tcp", ok=ok, sentence=sentence, status=None, seconds=time.monotonic() - begun)
