"""The gate lets through what the security group lets in, and cuts what it no longer does."""

import asyncio

from demo.gate import Door, _lets_in, enforce
from demo.ports import free_port

ANY = [{"CidrIp": "0.0.0.0/0"}]


def test_rules() -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 90, "IpRanges": ANY}
    assert [port for port in (79, 80, 85, 90, 91) if _lets_in(rule, port)] == [80, 85, 90]
    assert not _lets_in(rule | {"IpProtocol": "udp"}, 85)
    assert not _lets_in(rule | {"IpRanges": []}, 85), "a rule without a source lets nobody in"
    assert _lets_in({"IpProtocol": "-1", "IpRanges": ANY}, 85)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1000):
        writer.write(data)
    writer.close()


async def _refused(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.10", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


class Cloud:
    """What the gate is told, and how often it has asked."""

    def __init__(self, answer: set[int] | None) -> None:
        self.answer, self._asked = answer, 0

    def __call__(self, ports: list[int]) -> set[int] | None:
        self._asked += 1
        return self.answer

    async def heard(self) -> None:
        """Returns when the gate has acted on the answer: it has asked once more, and then again."""
        now = self._asked
        while self._asked < now + 3:
            await asyncio.sleep(0.01)


async def _ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read(1) == b""
    except ConnectionResetError:
        return True


def test_a_revoked_rule_cuts_live_connections_and_a_silent_cloud_changes_nothing() -> None:
    asyncio.run(asyncio.wait_for(_story(), timeout=10))


async def _story() -> None:
    port = free_port("127.0.0.10", "127.0.1.10")
    backend = await asyncio.start_server(_echo, "127.0.1.10", port)
    cloud = Cloud({port})
    door = Door(("127.0.0.10", port), ("127.0.1.10", port))
    task = asyncio.create_task(enforce([door], cloud))
    await cloud.heard()
    reader, writer = await asyncio.open_connection("127.0.0.10", port)
    cloud.answer = None
    await cloud.heard()
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello", "no answer leaves the door as it is"
    cloud.answer = set()
    assert await _ended(reader)
    assert await _refused(port)
    cloud.answer = {port}
    await cloud.heard()
    assert not await _refused(port)
    task.cancel()
    await door.set(False)
    backend.close()
