"""The story of `make demo`: a shop, its backups, its primary's sudden death, and its recovery by itself."""

import sys
import time
from datetime import UTC, datetime

from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from rich.console import Console

from demo.customers import Customers
from demo.followed import await_run, follow, runs_of, start_run
from demo.result import summarise, write_result
from demo.stage import Stage
from demo.up import start_everything, stop_everything, tell_addresses
from demo.world import World
from recovery.errors import RecoveryError
from recovery.journal import Line

STARTED = {"intent"}
ENDED = {"outcome": True, "found-done": True, "would": True, "failure": False, "refused": False}


def play() -> int:
    """Plays it. Whatever ends it early leaves no process behind.

    Returns:
        The exit code: 0 where the shop was recovered as promised.
    """
    stage = Stage(Console(width=110 if not sys.stdout.isatty() else None))
    try:
        stage.act("A shop at two sites")
        with stage.scene("Embedded world") as scene:
            world, settings = start_everything(scene.now)
        tell_addresses(stage, world, settings)
        ok = _recover(stage, world, settings)
    except BaseException as error:
        stop_everything()
        if isinstance(error, RecoveryError):
            stage.console.print(f"\n[red]The demo stopped.[/red] {error}", highlight=False)
            stage.console.print("Everything was stopped; the logs are in demo/out/world/logs.")
            return 1
        raise
    return 0 if ok else 1


def _recover(stage: Stage, world: World, settings: dict[str, str]) -> bool:
    customers = Customers(world.state)
    api = {PREFECT_API_URL: settings["PREFECT_API_URL"]}
    with temporary_settings(api), get_client(sync_client=True) as client:
        with stage.scene("Customers order by name") as scene:
            customers.await_orders(25, seconds=30)
            scene.text = f"{customers.count()} orders acknowledged so far"
        stage.act("A backup counts only when it was restored and proved equal")
        for playbook in ("backup", "verify"):
            _play(stage, follow(client, start_run(client, f"{playbook}/shop", {"plan": "shop"}), 120))
        with stage.scene("More orders come in") as scene:
            customers.await_orders(customers.count() + 20, seconds=30)
            scene.text = f"{customers.count()} by now; these are not in the backup"
        stage.act("Disaster, and recovery")
        known = runs_of(client, "failover")
        killed_at = datetime.now(UTC)
        with stage.scene("Primary killed (SIGKILL)") as scene:
            world.kill_primary()
            scene.text = "database and shop are gone"
        with stage.scene("Uptime monitor notices") as scene:
            flow_run = await_run(client, "failover", known, seconds=60)
            scene.text = "and starts the failover"
        lines = _play(stage, follow(client, flow_run, 600))
        with stage.scene("Customers order again") as scene:
            customers.await_orders_at("standby", 5, seconds=30)
            scene.text = f"by the same name, {customers.outage(killed_at):.1f} s after their last order"
    result = write_result(world, settings, lines, customers, killed_at)
    summarise(stage.console, result)
    return bool(result["ok"])


def _play(stage: Stage, journal: "object") -> list[Line]:
    """Shows a run's steps as its journal grows."""
    lines: list[Line] = []
    under_way: dict[str, float] = {}
    with stage.console.status("Starting …", spinner="dots") as status:
        for line in journal:  # type: ignore[attr-defined]
            lines.append(line)
            if line.kind in STARTED:
                under_way[line.step] = time.monotonic()
            elif line.kind in ENDED:
                under_way.pop(line.step, None)
                stage.line(line.step, line.seconds or 0, ENDED[line.kind], _short(line.sentence))
            status.update(f"{' beside '.join(under_way) or 'next step'} …")
    return lines


def _short(sentence: str, most: int = 70) -> str:
    return sentence if len(sentence) <= most else sentence[: most - 1].rstrip() + "…"
