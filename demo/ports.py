"""Free ports on loopback addresses."""

import random
import socket
import threading

# Below the range that the kernel takes outgoing ports from, so that a port that is to stay free for a while does.
_LOWEST, _HIGHEST = 20_000, 32_000
_given: set[int] = set()
_lock = threading.Lock()


def free_port(*addresses: str) -> int:
    """One port that is free, for TCP and UDP, on every one of the addresses at once.

    It is drawn at random, and never given twice by one process. Nobody holds it: the one who asked has to listen soon.

    Args:
        addresses: IPv4 loopback addresses.

    Returns:
        The port.

    Raises:
        OSError: no free port was found in 500 tries.
    """
    with _lock:
        for _ in range(500):
            port = random.randint(_LOWEST, _HIGHEST)
            if port not in _given and all(_is_free(address, port) for address in addresses):
                _given.add(port)
                return port
    raise OSError(f"no port is free on all of {', '.join(addresses)}")


def is_listening(address: str, port: int, seconds: float = 0.25) -> bool:
    """Whether somebody takes TCP connections there."""
    try:
        socket.create_connection((address, port), timeout=seconds).close()
    except OSError:
        return False
    return True


def _is_free(address: str, port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                if kind is socket.SOCK_STREAM:
                    # A connection that is closing is no obstacle; a listener still is.
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
            except OSError:
                return False
    return True
