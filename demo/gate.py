"""The network in front of the primary site, which enforces the emulated security group.

It listens at the primary's public address and passes connections on to the private one, for each port only as long as
the group has an ingress rule for it. A rule that is revoked closes the door and cuts what has passed through it. So a
fence made by `revoke_security_group_ingress` keeps writes out indeed, from a primary that comes back to life too.

Run it with `python -m demo.gate --group sg-1 --public 127.0.0.10 --private 127.0.1.10 8080 5432`; it finds AWS by
the variables that boto3 knows.
"""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Callable

import boto3
import botocore.config
import botocore.exceptions

EVERY = 0.1
_CHUNK = 256 * 1024


class Door:
    """One port, open or shut.

    Args:
        public, private: where it listens and where it leads, as (address, port).
    """

    def __init__(self, public: tuple[str, int], private: tuple[str, int]) -> None:
        self.port = public[1]
        self._public, self._private = public, private
        self._server: asyncio.Server | None = None
        self._live: set[asyncio.StreamWriter] = set()

    async def set(self, is_open: bool) -> None:
        """Opens or shuts it; does nothing when it already is."""
        if is_open and self._server is None:
            self._server = await asyncio.start_server(self._pass, *self._public, limit=_CHUNK)
            print(f"port {self.port} is open", flush=True)
        elif not is_open and self._server is not None:
            self._server.close()
            self._server = None
            for writer in list(self._live):
                writer.transport.abort()
            print(f"port {self.port} is shut", flush=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carries one connection, both ways, until both ends are done or the door shuts."""
        mine = {writer}
        self._live.add(writer)
        try:
            inner_reader, inner_writer = await asyncio.wait_for(
                asyncio.open_connection(*self._private, limit=_CHUNK), timeout=1
            )
            mine.add(inner_writer)
            self._live.add(inner_writer)
            if self._server is None:
                return
            await asyncio.gather(_carry(reader, inner_writer), _carry(inner_reader, writer))
        except (OSError, TimeoutError):
            pass  # The primary is away, or the door has shut: the caller sees its connection end.
        finally:
            self._live -= mine
            for end in mine:
                end.transport.abort() if self._server is None else end.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """From one end to the other. An end that breaks breaks the other: `gather` raises, and both are closed."""
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()


async def enforce(doors: list[Door], allowed: Callable[[list[int]], set[int] | None]) -> None:
    """Asks for ever which ports are allowed, and sets the doors so. With no answer they stay as they are."""
    ports = [door.port for door in doors]
    while True:
        answer = await asyncio.to_thread(allowed, ports)
        if answer is not None:
            for door in doors:
                await door.set(door.port in answer)
        await asyncio.sleep(EVERY)


def rules_of(group: str) -> Callable[[list[int]], set[int] | None]:
    """Which of the ports the security group lets in; None when AWS does not answer. No such group lets nothing in."""
    bounds = botocore.config.Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
    ec2 = boto3.client("ec2", config=bounds)

    def allowed(ports: list[int]) -> set[int] | None:
        try:
            rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
        except botocore.exceptions.ClientError as error:
            return set() if error.response["Error"]["Code"] == "InvalidGroup.NotFound" else None
        except botocore.exceptions.BotoCoreError:
            return None
        return {port for port in ports if any(_lets_in(rule, port) for rule in rules)}

    return allowed


def _lets_in(rule: dict[str, object], port: int) -> bool:
    sources = rule.get("IpRanges") or rule.get("UserIdGroupPairs") or rule.get("PrefixListIds")
    if not sources:
        return False
    if rule["IpProtocol"] == "-1":
        return True
    return rule["IpProtocol"] == "tcp" and int(str(rule["FromPort"])) <= port <= int(str(rule["ToPort"]))


async def _serve(options: argparse.Namespace) -> None:
    doors = [Door((options.public, port), (options.private, port)) for port in options.ports]
    task = asyncio.create_task(enforce(doors, rules_of(options.group)))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
    for door in doors:
        await door.set(False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.gate", description="The primary site's network")
    parser.add_argument("--group", required=True, help="the security group's identifier")
    parser.add_argument("--public", required=True, help="the address it listens at")
    parser.add_argument("--private", required=True, help="the address it leads to")
    parser.add_argument("ports", type=int, nargs="+", help="the ports it serves")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
