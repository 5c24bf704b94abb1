"""The Prefect server of the embedded world, with the blocks and deployments of the shop, a warm runner and the monitor."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from demo.waiting import wait_for_http
from demo.world import World
from recovery.errors import RecoveryError
from recovery.places import ROOT

START = 90.0  # seconds; the first start of all makes the database


def start_server(world: World, settings: dict[str, str]) -> None:
    """Starts the Prefect server and waits until it answers."""
    port = settings["PREFECT_API_URL"].rsplit(":", 1)[1].partition("/")[0]
    argv = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port, "--no-services"]
    world.add("prefect", argv[:-1], settings)
    wait_for_http(f"{settings['PREFECT_API_URL']}/health", START)


def deploy(settings: dict[str, str], say: Callable[[str], None]) -> None:
    """Registers the blocks and deploys prefect.yaml; both can be done again without duplicates."""
    blocks = Path(settings["LIFEBOAT_BLOCKS"])
    _run([sys.executable, "-m", "demo.deploy", str(blocks)], settings)
    say("Blocks and deployments are registered.")


def start_servants(world: World, settings: dict[str, str]) -> None:
    """The runner, which carries out runs, and the monitor, which starts failovers."""
    program = str(Path(sys.executable).parent / "lifeboat")
    world.add("runner", [program, "runner"], settings)
    world.add("monitor", [program, "monitor", "shop"], settings)


def _run(argv: list[str], settings: dict[str, str]) -> None:
    done = subprocess.run(
        argv, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, timeout=START, check=False
    )
    if done.returncode:
        raise RecoveryError(f"{' '.join(argv[1:3])} failed: {(done.stderr or done.stdout)[-2000:]}")
