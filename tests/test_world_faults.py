"""The embedded world dies when told to, its fence holds, and it leaves nothing behind."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from world_fixtures import EVERYTHING, aws_client, left_over, lines, running_world, shop_client  # noqa: F401

from demo.ports import is_listening
from demo.waiting import wait_until
from demo.world import World, stop_world

pytestmark = pytest.mark.slow
BEGIN = "import sys; from pathlib import Path; from demo.world import World; World.start(Path(sys.argv[1]), print)"


@contextmanager
def fenced(world: World) -> Iterator[None]:
    """The security group without its rules."""
    ec2, group = aws_client(world, "ec2"), world.state.aws.security_group
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rules)
    try:
        yield
    finally:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
        shop_open = lambda: is_listening(world.state.addresses.primary, world.state.shop_port)  # noqa: E731
        wait_until(shop_open, "the gate", seconds=5)


def test_the_fence_holds_also_when_a_dead_primary_comes_back(world: World) -> None:
    state = world.state
    with psycopg.connect(**state.primary.libpq(), autocommit=True) as session, fenced(world):
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            while time.monotonic() - began < 2:
                session.execute("UPDATE products SET price = price WHERE id = 1")
        assert time.monotonic() - began < 0.5
        world.kill_primary()
        assert (world.alive()["primary-database"], world.alive()["primary-shop"]) == (False, False)
        world.revive_primary()
        orders = lines(state.acknowledged)
        failures = lines(state.failed)
        wait_until(lambda: lines(state.failed) > failures + 5, "failed orders", seconds=5)
        assert lines(state.acknowledged) == orders, "the primary is alive and nobody reaches it"
        for port in (state.shop_port, state.primary.port):
            assert not is_listening(state.addresses.primary, port)
            assert is_listening(state.addresses.primary_private, port)
    wait_until(lambda: lines(state.acknowledged) > orders + 5, "orders after the fence", seconds=5)


def test_a_silent_cloud_leaves_the_gate_as_it_is(world: World) -> None:
    cloud = psutil.Process(world.processes.known()["aws"].pid)
    cloud.suspend()
    try:
        orders = lines(world.state.acknowledged)
        wait_until(lambda: lines(world.state.acknowledged) > orders + 25, "orders", seconds=10)
    finally:
        cloud.resume()


def test_what_was_acknowledged_survives_the_disaster(world: World) -> None:
    world.kill_primary()
    with pytest.raises(httpx.TransportError), shop_client(world) as shop:
        shop.get("/health")
    world.revive_primary()
    with psycopg.connect(**world.state.primary.libpq()) as connection:
        there = {str(row[0]) for row in connection.execute("SELECT reference FROM orders")}
    acknowledged = [json.loads(line)["id"] for line in world.state.acknowledged.read_text().splitlines()]
    # One may be acknowledged between the query and the reading of the file.
    assert set(acknowledged[:-20]) <= there


def test_two_worlds_at_once_and_a_start_in_the_place_of_an_old_one(world: World, tmp_path: Path) -> None:
    for _ in range(2):
        subprocess.run([sys.executable, "-c", BEGIN, str(tmp_path)], check=True, timeout=60, stdout=subprocess.DEVNULL)
        second = World.load(tmp_path)
        assert set(second.alive()) == EVERYTHING and all(second.alive().values())
    second.add("extra", [sys.executable, "-c", "import time; time.sleep(60)"])
    assert second.alive()["extra"]
    second.stop()
    assert left_over(tmp_path) == []
    assert all(world.alive().values()), "the other world lives on"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("how_many", [1, 9])
def test_an_interrupted_start_leaves_nothing(tmp_path: Path, number: signal.Signals, how_many: int) -> None:
    starter = subprocess.Popen([sys.executable, "-c", BEGIN, str(tmp_path)], stdout=subprocess.DEVNULL)
    book = tmp_path / "processes.json"

    def under_way() -> bool:
        return book.exists() and len(json.loads(book.read_bytes())) >= how_many

    wait_until(under_way, "the start", seconds=30, every=0.005)
    starter.send_signal(number)
    assert starter.wait(timeout=20) != 0
    assert left_over(tmp_path) == []
    assert not (tmp_path / "world.json").exists()


def test_a_killed_start_is_cleared_up_by_the_next_command(tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", BEGIN, str(tmp_path)], stdout=subprocess.DEVNULL)
    book = tmp_path / "processes.json"
    wait_until(lambda: book.exists() and len(json.loads(book.read_bytes())) >= 8, "the start", seconds=30, every=0.005)
    starter.kill()
    starter.wait()
    assert left_over(tmp_path)
    stop_world(tmp_path)
    assert left_over(tmp_path) == []
