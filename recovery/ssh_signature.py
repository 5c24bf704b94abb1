"""SSH signatures, as `ssh-keygen -Y sign -n lifeboat` makes them. Ed25519 and RSA keys.

The format is described in OpenSSH's PROTOCOL.sshsig. `ssh-keygen -Y verify` checks the same offline.
"""

import base64

import sshsig
from sshsig.sshsig import SshsigSignature

from recovery.errors import NotProved

NAMESPACE = "lifeboat"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_LONGEST = 16_384
_HASHES = (b"sha256", b"sha512")
_KINDS = ("ssh-ed25519", "ssh-rsa")
# What the library raises on bytes that are no signature; an assertion guards its algorithm's name.
_WRONG = (sshsig.InvalidSignature, NotImplementedError, AssertionError, ValueError, EOFError, IndexError)


def parse_public_key(line: str) -> str:
    """The key without its comment.

    Raises:
        ValueError: it is no Ed25519 or RSA public key.
    """
    words = line.split()
    try:
        if len(words) < 2 or words[0] not in _KINDS:
            raise ValueError
        sshsig.PublicKey.from_openssh_str(" ".join(words[:2]))
    except _WRONG:
        raise ValueError(f"this is no SSH public key of the kinds {' or '.join(_KINDS)}") from None
    return " ".join(words[:2])


def tidy_signature(text: str) -> str:
    """A signature as ssh-keygen writes it, also where a form has taken out its line ends.

    Raises:
        NotProved: it is none.
    """
    if _BEGIN not in text or _END not in text or len(text) > _LONGEST:
        raise NotProved(
            "This is no SSH signature.", remedy=f"Paste all that ssh-keygen prints, from {_BEGIN} to {_END}."
        )
    body = "".join(text.partition(_BEGIN)[2].partition(_END)[0].split())
    lines = [body[start : start + 70] for start in range(0, len(body), 70)]
    return "\n".join([_BEGIN, *lines, _END, ""])


def check_ssh_signature(statement: str, signature: str, key: str) -> None:
    """Checks that this key signed exactly this statement, for Lifeboat.

    Args:
        statement: what was signed, without a line end.
        signature: as `tidy_signature` gives it.
        key: the public key that counts.

    Raises:
        NotProved: it did not.
    """
    try:
        _check_form(SshsigSignature.from_armored(signature), key)
        sshsig.verify(statement, signature, [sshsig.PublicKey.from_openssh_str(key)], namespace=NAMESPACE)
    except _WRONG:
        raise NotProved(
            f"The signature is not of “{statement}”, or not by the key {key[:40]}...",
            remedy="Sign exactly what the form shows, with the key that the plan lists for you.",
        ) from None


def _check_form(read: SshsigSignature, key: str) -> None:
    """The library reads more than ssh-keygen would: other hashes, and a key that is written in another way."""
    if read.hash_algo not in _HASHES or read.public_key != base64.b64decode(key.split()[1]):
        raise ValueError("not as ssh-keygen makes it")


def signing_command(statement: str) -> str:
    """What an approver types."""
    return f"printf %s '{statement}' | ssh-keygen -Y sign -n {NAMESPACE} -f ~/.ssh/id_ed25519"
