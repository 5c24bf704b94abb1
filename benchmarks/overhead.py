"""A recovery by Lifeboat against a runbook written by hand that does the same steps with the same tools.

Usage: `.venv/bin/python benchmarks/overhead.py [--rounds 3] [--orders 200000]`. Starts a world of its own, with a
Prefect server and the warm runner, in a fresh folder. Before each turn the standby is emptied, and Terraform destroys
what it built. Needs curl, age, zstd, jq, b3sum and openssl for the runbook. Then, what a step costs that does nothing.
On a busy machine, set LIFEBOAT_DEMO_OUT to a folder that stays: what it holds makes the next start faster.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

OUT = tempfile.TemporaryDirectory(prefix="lifeboat-overhead-", ignore_cleanup_errors=True)
os.environ.setdefault("LIFEBOAT_DEMO_OUT", OUT.name)  # before anything asks for it
Path(OUT.name).chmod(0o755)  # PostgreSQL runs as nobody where root asks, and must be let in
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo.up import start_everything, stop_everything  # noqa: E402

SHARE, STEP = 0.9, 50.0  # of the runbook's time; milliseconds a step
NOTHING = 50  # steps that do nothing


def lifeboat(client: object) -> tuple[float, float]:
    """Asks for a failover as a button does. Returns the seconds until users are served by name, and until its end."""
    from demo.followed import follow, start_run

    asked = datetime.now(UTC)
    wanted = {"plan": "shop", "mode": "for real", "even_if_primary_answers": True, "incident": "new"}
    lines = list(follow(client, start_run(client, "failover/shop", wanted), 600))  # type: ignore[arg-type]
    served = next(line.at for line in lines if (line.kind, line.step) == ("outcome", "probe DNS"))
    for line in lines:
        if line.kind == "outcome":
            print(f"    {(line.at - asked).total_seconds():7.2f}  {line.step} {line.seconds}", flush=True)
    return (served - asked).total_seconds(), (lines[-1].at - asked).total_seconds()


def runbook(environment: dict[str, str]) -> float:
    begun = time.monotonic()
    done = subprocess.run(
        ["bash", str(Path(__file__).with_name("runbook.sh"))],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    print("".join(f"    {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
    if done.returncode:
        raise SystemExit(f"The runbook failed: {done.stderr[-2000:]}")
    return time.monotonic() - begun


def nothing(steps: int) -> float:
    """Milliseconds a step that does nothing takes, on the Prefect server, with its journal and the journal's copy."""
    from prefect import flow

    from recovery.decision import Decision, go
    from recovery.outcome import Outcome, did
    from tasks.opening import open_run
    from tasks.run import Run
    from tasks.verb import verb

    def look(run: Run, number: str) -> Decision:
        return go("Nothing is to be done.")

    @verb("nothing {number}", look=look)
    def do_nothing(run: Run, number: str, seen: Decision) -> Outcome:
        return did("Nothing was done.")

    @flow(name="nothing")
    async def do_nothing_often() -> float:
        async with open_run("nothing", "shop") as run:
            await do_nothing(run, number="first")
            begun = time.monotonic()
            for number in range(steps):
                await do_nothing(run, number=str(number))
            return (time.monotonic() - begun) / steps * 1000

    return asyncio.run(do_nothing_often())


def play(rounds: int, orders: int) -> tuple[list[tuple[float, float, float]], float]:
    """Returns of each round our two times and the runbook's, in seconds; and the milliseconds a step."""
    from overhead_world import OverheadWorld
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from demo.followed import follow, start_run

    world, settings = start_everything(lambda line: print(f"  {line}", flush=True))
    world.processes.stop("monitor")
    place = OverheadWorld(world, Path(OUT.name))
    place.fill(orders)
    turns = list[tuple[float, float, float]]()
    # Prefect read its settings when it was imported, before this world had a server.
    server = temporary_settings({PREFECT_API_URL: settings["PREFECT_API_URL"]})
    with server, get_client(sync_client=True) as client:
        for playbook in ("backup", "verify"):
            list(follow(client, start_run(client, f"{playbook}/shop", {"plan": "shop"}), 600))
        for number in range(rounds):
            place.rewind()
            served, ended = lifeboat(client)
            print(f"  round {number + 1}: Lifeboat {served:.2f} s, {ended:.2f} s with its report", flush=True)
            place.rewind()
            turns.append((served, ended, runbook(place.runbook())))
            print(f"  round {number + 1}: runbook {turns[-1][2]:.2f} s", flush=True)
        return turns, statistics.median(nothing(NOTHING) for _ in range(3))


def main(rounds: int, orders: int) -> None:
    try:
        turns, each = play(rounds, orders)
    finally:
        stop_everything()
        OUT.cleanup()
    ours, whole, theirs = (statistics.median(column) for column in zip(*turns, strict=True))
    share = statistics.median(ours / theirs for ours, _, theirs in turns)
    print(f"Lifeboat, until users are served       median {ours:.2f} s ({whole:.2f} s with its report)")
    print(f"runbook                                median {theirs:.2f} s")
    print(f"share of its time                      {share:.3f} (wanted: at most {SHARE})")
    print(f"a step that does nothing               {each:.1f} ms (wanted: at most {STEP:g})")
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}; {rounds} rounds in turns, {orders} orders")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--orders", type=int, default=200_000, help="how many more orders the shop holds")
    options = parser.parse_args()
    main(options.rounds, options.orders)
