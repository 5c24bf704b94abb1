"""The whole story with a real Prometheus: the shop dies, and is back at its standby, with nobody touching anything."""

import json
from pathlib import Path
from typing import Any

import pytest
from certificate import certificate
from prometheus_place import MISSING, watching
from receiver_process import SECRET, Process
from ruamel.yaml import YAML
from server_fixtures import wait_until
from test_story import lifeboat
from world_fixtures import left_over

from blocks.zones.route53 import Route53Zone
from demo.blocks_file import documents
from demo.world import World

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(1_800)]
LONG = 900.0  # seconds
DOWN = {"alertname": "ShopDown", "severity": "critical", "application": "shop"}


def run(out: Path, *words: str) -> None:
    process = lifeboat(out, *words)
    shown, _ = process.communicate(timeout=LONG)
    assert process.returncode == 0, shown


def receiver(folder: Path, out: Path) -> tuple[Process, Path]:
    """A receiver over TLS in the embedded world, and who signed its certificate."""
    key, authority = certificate(folder)
    endpoint: dict[str, Any] = {
        "format": "alertmanager",
        "authentication": {"kind": "bearer", "secret": "env:ALERTS_TOKEN"},
        "applications": ["shop"],
    }
    whole = {"port": 0, "certificate": str(authority), "key": str(key), "endpoints": {"prometheus": endpoint}}
    path = folder / "receiver.yaml"
    with path.open("w") as file:
        YAML().dump(whole, file)
    environment = json.loads((out / "environment.json").read_text())
    arguments = ["-c", "from doors.cli import main; main()", "receiver", str(path)]
    return Process(arguments, {**environment, "ALERTS_TOKEN": SECRET}), authority


@pytest.mark.skipif(bool(MISSING), reason=f"these Debian packages are not installed: {', '.join(MISSING)}")
def test_the_shop_is_back_with_nobody_touching_anything(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, "up")
    try:
        world = World.load(out / "world")
        world.processes.stop("monitor")  # Prometheus is to notice, and nobody else
        run(out, "run", "backup", "shop")
        run(out, "run", "verify", "shop")
        process, authority = receiver(tmp_path, out)
        try:
            process.await_start()
            state = world.state
            target = f"http://{state.addresses.primary}:{state.shop_port}/health"
            with watching(tmp_path, target, process.url, authority, SECRET, DOWN):
                world.kill_primary()
                zone = Route53Zone(**documents(state)["route53-zone/example-test"])
                standby = (state.addresses.standby,)
                wait_until(lambda: zone.read("shop.example.test").values == standby, LONG, "the swap of DNS")
        finally:
            process.end()
        assert process.said.count(": started:") == 1
        journals = list((out / "world" / "lifeboat" / "incidents").glob("shop-failover-*/journal.jsonl"))
        assert len(journals) == 1
    finally:
        lifeboat(out, "down").wait(120)
    assert left_over(tmp_path) == []
