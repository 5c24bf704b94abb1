"""The Prefect server of the embedded world, with the shop's blocks and deployments, a warm runner and the monitor."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from demo.blocks_file import write_blocks
from demo.settings import OUT
from demo.site import start_ssh
from demo.waiting import answers, listens, wait_for_process
from demo.world import World
from recovery.errors import RecoveryError
from recovery.places import ROOT

START = 90.0  # seconds
RUN = 300.0  # seconds for a program that ends by itself
LIFEBOAT = Path(sys.executable).parent / "lifeboat"


def start_beside(world: World, settings: dict[str, str]) -> None:
    """What needs nothing of the rest of the world: the Prefect server, the runner, the SSH server."""
    start_ssh(world)
    _copy_database(settings)
    port = settings["PREFECT_API_URL"].rsplit(":", 1)[1].partition("/")[0]
    argv = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    world.add("prefect", argv, settings)
    wait_for_process(world.processes, "prefect", answers(f"{settings['PREFECT_API_URL']}/health"), START)
    world.add("runner", [LIFEBOAT, "runner"], settings)
    if "standby-ssh" in world.processes.known():
        ssh = world.state.standby_ssh
        wait_for_process(world.processes, "standby-ssh", listens(ssh.address, ssh.port), START)


def finish(world: World, settings: dict[str, str], say: Callable[[str], None]) -> None:
    """What needs the whole world: the blocks, the deployments, and the monitor that looks at the shop."""
    say("registering blocks, deploying playbooks")
    write_blocks(world.state, Path(settings["LIFEBOAT_BLOCKS"]))
    _run([str(LIFEBOAT), "deploy", "--blocks", settings["LIFEBOAT_BLOCKS"]], settings)
    world.add("monitor", [LIFEBOAT, "monitor", "shop"], settings)


def _copy_database(settings: dict[str, str]) -> None:
    """An empty database, made once a version of Prefect: making it takes longer than starting the server on it."""
    template = OUT / "cache" / f"prefect-{version('prefect')}"
    if not (template / "ready").exists():
        shutil.rmtree(template, ignore_errors=True)
        database = f"sqlite+aiosqlite:///{template / 'prefect.db'}"
        template.mkdir(parents=True)
        upgrade = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"]
        _run(upgrade, {**settings, "PREFECT_API_DATABASE_CONNECTION_URL": database})
        (template / "ready").touch()
    home = Path(settings["PREFECT_HOME"])
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copy(template / "prefect.db", home / "prefect.db")


def _run(argv: list[str], settings: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            argv, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, timeout=RUN, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RecoveryError(f"{' '.join(argv[1:4])} did not end within {RUN:g} s.") from error
    if done.returncode:
        raise RecoveryError(f"{' '.join(argv[1:4])} failed: {(done.stdout + done.stderr)[-2000:]}")
