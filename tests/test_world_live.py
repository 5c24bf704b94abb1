"""The embedded world as a whole: orders flow, names resolve, the shop is what it says."""

import json
import time
import uuid
from typing import Any

import dns.resolver
import psutil
import psycopg
import pytest
from world_fixtures import EVERYTHING, aws_client, left_over, lines, running_world, shop_client  # noqa: F401

from demo.waiting import wait_until
from demo.world import World

pytestmark = pytest.mark.slow


def test_everything_lives_and_another_program_sees_it(world: World) -> None:
    other = World.load(world.folder)
    assert other.state == world.state
    assert set(other.alive()) == EVERYTHING
    assert all(other.alive().values())
    assert (world.folder / "world.json").stat().st_mode & 0o777 == 0o600


def test_no_secret_is_shown(world: World) -> None:
    passwords = [one.shop_password.get_secret_value() for one in (world.state.primary, world.state.standby)]
    passwords += [world.state.vault.secret_key.get_secret_value(), world.state.slack.token.get_secret_value()]
    shown = repr(world.state) + world.state.model_dump_json()
    shown += "".join(path.read_text(errors="replace") for path in (world.folder / "logs").glob("*.log"))
    shown += "\n".join(left_over(world.folder))
    assert not [password for password in passwords if password in shown]
    assert len(set(passwords)) == len(passwords)


def test_orders_flow_by_name_and_are_really_there(world: World) -> None:
    before = lines(world.state.acknowledged)
    wait_until(lambda: lines(world.state.acknowledged) > before + 5, "orders", seconds=5)
    last = json.loads(world.state.acknowledged.read_text().splitlines()[-1])
    query = "SELECT number, placed_at, site FROM orders WHERE reference = %s"
    with psycopg.connect(**world.state.primary.libpq()) as connection:
        row = connection.execute(query, (last["id"],)).fetchone()
    assert row and (row[0], row[1].isoformat(), row[2]) == (last["number"], last["at"], "primary")


def test_the_shop(world: World) -> None:
    with shop_client(world) as shop:
        order = {"reference": str(uuid.uuid4()), "customer": "Ada <b>", "item": "brass lamp", "quantity": 2}
        placed = [shop.post("/orders", json=order) for _ in range(2)]
        assert [one.status_code for one in placed] == [201, 201]
        assert placed[0].json() == placed[1].json(), "the same reference is the same order"
        assert set(placed[0].json()) == {"number", "reference", "placed_at", "site"}
        assert shop.get(f"/orders/{placed[0].json()['number']}").json()["customer"] == "Ada <b>"
        assert shop.get("/orders/latest").json()["number"] >= placed[0].json()["number"]
        assert shop.post("/orders", json=order | {"quantity": 0}).status_code == 422
        assert shop.get("/orders/7").status_code == 404
        health = shop.get("/health").json()
        assert (health["status"], health["site"]) == ("ok", "primary") and health["orders"] > 4000
        assert "<b>" not in shop.get("/").text.partition("<h2>")[2]
        assert shop.put("/uploads/new.txt", content=b"new").status_code == 201
        assert shop.get("/uploads/new.txt").content == b"new"
        assert shop.get("/uploads/odd%20names/Grüße%20&%20東京%20(final)%20.txt").status_code == 200


def test_the_role_shop_may_make_databases_elsewhere_but_is_no_superuser(world: World) -> None:
    for place in (world.state.standby, world.state.scratch):
        with psycopg.connect(**place.libpq(dbname="postgres"), autocommit=True) as connection:
            assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
            assert connection.execute("SHOW is_superuser").fetchone() == ("off",)
            connection.execute("CREATE DATABASE probe")
            connection.execute("DROP DATABASE probe")
        wrong = place.libpq(dbname="postgres") | {"password": world.state.primary.libpq()["password"]}
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(**wrong)


def test_a_frozen_database_makes_the_shop_unhealthy_within_a_second(world: World) -> None:
    server = psutil.Process(world.processes.known()["primary-database"].pid)
    family = [server, *server.children()]
    for process in family:
        process.suspend()
    try:
        began = time.monotonic()
        with shop_client(world) as shop:
            answer = shop.get("/health")
        assert answer.status_code == 503 and answer.json()["status"] == "unavailable"
        assert time.monotonic() - began < 1.5
    finally:
        for process in family:
            process.resume()
    with shop_client(world) as shop:
        wait_until(lambda: shop.get("/health").status_code == 200, "the shop", seconds=5)


def test_a_resolver_hands_out_the_old_address_until_its_time_is_up(world: World) -> None:
    route53, zone = aws_client(world, "route53"), world.state.aws.zone
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [world.state.resolver.address], world.state.resolver.port

    def point_to(address: str) -> None:
        record: dict[str, Any] = {"Name": world.state.shop_name, "Type": "A", "TTL": 2}
        record["ResourceRecords"] = [{"Value": address}]
        changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)

    def address() -> tuple[str, int]:
        answer = resolver.resolve(world.state.shop_name, "A", lifetime=2)
        assert answer.rrset is not None
        return str(answer[0]), answer.rrset.ttl

    # The customers ask all the time: wait for an answer that has just been got.
    wait_until(lambda: address()[1] == 2, "a fresh answer", seconds=5, every=0.01)
    try:
        point_to("127.0.0.20")
        assert address()[0] == "127.0.0.10", "still in the cache"
        took = wait_until(lambda: address()[0] == "127.0.0.20", "the new address", seconds=5)
        assert 0.8 < took < 3
    finally:
        point_to("127.0.0.10")
        wait_until(lambda: address()[0] == "127.0.0.10", "the old address", seconds=5)
