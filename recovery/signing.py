"""Ed25519 signatures, detached, so that openssl can check them:

openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in manifest.json -sigfile manifest.sig
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from recovery.errors import NotProved

SIGNATURE_BYTES = 64


def generate_signing_key() -> str:
    """A new private key, PEM PKCS8."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_key_of(private_pem: str) -> str:
    """The public key, PEM.

    Raises:
        ValueError: it is no Ed25519 private key.
    """
    return _private(private_pem).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(data: bytes, private_pem: str) -> bytes:
    return _private(private_pem).sign(data)


def check_signature(what: str, data: bytes, signature: bytes | None, trusted: list[str]) -> None:
    """Checks that one of the trusted keys signed exactly these bytes.

    Args:
        what: what was signed, for the message ("The manifest of backup …").
        trusted: public keys, PEM.

    Raises:
        NotProved: it was not so.
    """
    if not signature:
        raise NotProved(f"{what} has no signature: it was removed, or never written.")
    if len(signature) != SIGNATURE_BYTES:
        raise NotProved(f"{what} has a damaged signature: {len(signature)} bytes, not {SIGNATURE_BYTES}.")
    if not trusted:
        raise NotProved(f"{what} cannot be checked: no public key is trusted.", remedy="Name the keys to trust.")
    if not any(_verifies(public_pem, data, signature) for public_pem in trusted):
        raise NotProved(
            f"{what} is not what was signed: it was changed afterwards, or a key that is not trusted signed it.",
            remedy="Use another backup, and find out who wrote to the vault.",
        )


def check_public_key(public_pem: str) -> None:
    """Raises:
    ValueError: it is no Ed25519 public key.
    """
    _public(public_pem)


def _verifies(public_pem: str, data: bytes, signature: bytes) -> bool:
    try:
        _public(public_pem).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _public(public_pem: str) -> Ed25519PublicKey:
    key = load_pem_public_key(public_pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key")
    return key


def _private(private_pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(private_pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 private key")
    return key
