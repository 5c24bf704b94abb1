"""A real SSH server without root: OpenSSH and Ansible log in by key, and commands run as this user.

Run it with `python -m demo.ssh_server --address A --port P --host-key FILE --authorized-keys FILE`.
"""

import argparse
import asyncio
import contextlib
import getpass
import os
import signal
from pathlib import Path
from typing import Any

import asyncssh

# What a login gets to see; the server's own environment may hold secrets.
_KEPT = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER")


class LoginServer(asyncssh.SSHServer):
    """One connection: lets in this user alone, by key alone, and ends what was started when the connection ends."""

    def __init__(self, authorized_keys: Path) -> None:
        self._authorized_keys = authorized_keys
        self._connection: asyncssh.SSHServerConnection | None = None
        self.groups: set[int] = set()

    def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connection = connection

    def connection_lost(self, error: Exception | None) -> None:
        for group in self.groups:
            _end(group)

    def begin_auth(self, username: str) -> bool:
        if self._connection and username == getpass.getuser():
            self._connection.set_authorized_keys(str(self._authorized_keys))
        return True

    def password_auth_supported(self) -> bool:
        return False

    def kbdint_auth_supported(self) -> bool:
        return False


async def serve(address: str, port: int, host_key: Path, authorized_keys: Path) -> asyncssh.SSHAcceptor:
    """Starts the server.

    Args:
        address, port: where to listen; port 0 takes a free one.
        host_key: its private key file.
        authorized_keys: whose keys may log in, in OpenSSH's format.

    Returns:
        The listening server; `get_port()` says where.
    """
    return await asyncssh.listen(
        address,
        port,
        server_factory=lambda: LoginServer(authorized_keys),
        server_host_keys=[str(host_key)],
        process_factory=_run,
        encoding=None,
        sftp_factory=True,
        allow_scp=True,
        login_timeout=20,
        keepalive_interval=15,
        agent_forwarding=False,
    )


async def _run(process: asyncssh.SSHServerProcess) -> None:
    """One command, in a session and process group of its own: a daemon that leaves the group outlives the login."""
    login: LoginServer = process.get_extra_info("connection").get_owner()
    argv = ["/bin/sh", "-c", process.command] if process.command else ["/bin/sh"]
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    child = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        cwd=Path.home(),
        env={**environment, **process.env},
    )
    login.groups.add(child.pid)
    # Several sessions share one connection, so a session may be closed long before its connection is.
    closed = asyncio.create_task(process.wait_closed())
    feeding = asyncio.create_task(_pump(process.stdin, child.stdin))
    ended = asyncio.create_task(_end_of(process, child))
    try:
        await asyncio.wait({closed, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            process.exit(ended.result())
    finally:
        _end(child.pid)
        login.groups.discard(child.pid)
        await asyncio.wait({ended}, timeout=5)
        feeding.cancel()
        closed.cancel()


async def _end_of(process: asyncssh.SSHServerProcess, child: asyncio.subprocess.Process) -> int:
    """Waits, as OpenSSH does, until the command has ended and nobody holds its output open any more."""
    await asyncio.gather(_pump(child.stdout, process.stdout), _pump(child.stderr, process.stderr))
    code = await child.wait()
    return code if code >= 0 else 128 - code


async def _pump(source: Any, sink: Any) -> None:
    """Copies until the end of the source. The child's input is closed then; a reader that is gone ends it early."""
    with contextlib.suppress(OSError, asyncssh.Error):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    if isinstance(sink, asyncio.StreamWriter):
        sink.close()


def _end(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


async def _main(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await serve(options.address, options.port, options.host_key, options.authorized_keys)
    print(f"listening on {options.address}:{server.get_port()}", flush=True)
    await stop.wait()
    server.close()
    await server.wait_closed()


def main() -> None:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m demo.ssh_server", description="An SSH server for one user")
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one, and the first line says which")
    parser.add_argument("--host-key", type=Path, required=True)
    parser.add_argument("--authorized-keys", type=Path, required=True)
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
