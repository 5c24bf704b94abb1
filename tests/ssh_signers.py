"""People with SSH keys who sign as ssh-keygen does, also where there is no ssh-keygen."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sshsig.sshsig import SshsigSignature, SshsigWrapper


def _packed(*strings: bytes) -> bytes:
    """Strings as SSH writes them, each after its length."""
    return b"".join(len(each).to_bytes(4, "big") + each for each in strings)


class Signer:
    """Somebody with an Ed25519 key."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        public = self._private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        self.key = public.decode()

    def sign(self, statement: str, namespace: str = "lifeboat", hashed_by: str = "sha512") -> str:
        digest, algorithm = hashlib.new(hashed_by, statement.encode()).digest(), hashed_by.encode()
        inner = SshsigWrapper(namespace=namespace.encode(), hash_algo=algorithm, hash=digest)
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        made = SshsigSignature.__new__(SshsigSignature)
        made.public_key, made.namespace, made.hash_algo = _packed(b"ssh-ed25519", raw), namespace.encode(), algorithm
        made.signature = _packed(b"ssh-ed25519", self._private.sign(bytes(inner)))
        return made.to_armored()
