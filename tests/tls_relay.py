"""TLS in front of a server that speaks none: what goes in is deciphered, and passed on as it is."""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@contextlib.contextmanager
def tls_relay(folder: Path, port: int) -> Iterator[tuple[int, Path]]:
    """Gives the port that speaks TLS, and the certificate of whom to trust. All connections end with it."""
    authority, key = make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, key)
    with contextlib.ExitStack() as closing, socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=_accept, args=(listener, context, port, closing), daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1], authority
        finally:
            # A blocked accept() does not notice that its socket was closed.
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(timeout=10)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("127.0.0.1")]
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority, secret = folder / "authority.pem", folder / "key.pem"
    authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return authority, secret


def _accept(listener: socket.socket, context: ssl.SSLContext, port: int, closing: contextlib.ExitStack) -> None:
    with contextlib.suppress(OSError):
        while True:
            client = closing.enter_context(listener.accept()[0])
            threading.Thread(target=_relay, args=(client, context, port), daemon=True).start()


def _relay(plain: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """One connection: one thread a direction, as an SSL socket may be read and written at the same time."""
    with contextlib.suppress(OSError), contextlib.ExitStack() as closing:
        client = closing.enter_context(context.wrap_socket(plain, server_side=True))
        server = closing.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        server.settimeout(None)
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        back.join(timeout=60)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
