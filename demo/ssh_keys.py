"""Keys for an SSH server and its client, in OpenSSH's own formats."""

from pathlib import Path

import asyncssh

from recovery.model import Frozen


class SshKeys(Frozen):
    """Where the keys lie.

    Args:
        host_key: the server's private key.
        client_key: the client's private key.
        authorized_keys: who may log in: the client.
        host_public_key: the server's public key, one line.
    """

    host_key: Path
    client_key: Path
    authorized_keys: Path
    host_public_key: str

    def known_hosts(self, address: str, port: int) -> str:
        """The line of a `known_hosts` file for the server at that address."""
        return f"[{address}]:{port} {self.host_public_key}\n"


def make_ssh_keys(folder: Path) -> SshKeys:
    """Makes the keys, or takes those that are there already.

    Args:
        folder: where to keep them; made for this user only.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    host, client = _key(folder / "host_key"), _key(folder / "client_key")
    authorized = folder / "authorized_keys"
    authorized.write_text(client.export_public_key().decode())
    return SshKeys(
        host_key=folder / "host_key",
        client_key=folder / "client_key",
        authorized_keys=authorized,
        host_public_key=host.export_public_key().decode().strip(),
    )


def _key(path: Path) -> asyncssh.SSHKey:
    if path.exists():
        return asyncssh.read_private_key(path)
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.touch(mode=0o600)  # for this user only before anything is in it
    path.write_bytes(key.export_private_key())
    return key
