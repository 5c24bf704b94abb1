"""Prefect's own process worker serves our deployments too, from whatever folder it is started in."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from absent_places import write_plan
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_URL
from prefect.testing.utilities import prefect_test_harness

from blocks.registry import read_blocks, register_blocks
from recovery.places import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PREFECT = [sys.executable, "-m", "prefect"]


@pytest.fixture(scope="module")
def somewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """An empty folder and an environment with a server, blocks and a plan."""
    folder = tmp_path_factory.mktemp("worker")
    write_plan(folder)
    with prefect_test_harness(server_startup_timeout=240):
        asyncio.run(register_blocks(read_blocks(folder / "blocks.yaml")))
        settings = {"PREFECT_API_URL": PREFECT_API_URL.value(), "LIFEBOAT_PLANS": str(folder)}
        with get_client(sync_client=True) as client:
            client.create_work_pool(WorkPoolCreate(name="lifeboat", type="process"))
        (folder / "elsewhere").mkdir()
        yield folder / "elsewhere", {**os.environ, **settings, "LIFEBOAT_HOME": str(folder / "home")}


def call(argv: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def carried_out(folder: Path, environment: dict[str, str]) -> str:
    """Asks for one run, has a worker carry it out, and tells how it ended."""
    with get_client(sync_client=True) as client:
        asked = client.create_flow_run_from_deployment(client.read_deployment_by_name("retention/shop").id)
        call([*PREFECT, "worker", "start", "--pool", "lifeboat", "--run-once"], folder, environment)
        state = client.read_flow_run(asked.id).state
    assert state is not None
    return f"{state.name} {state.message or ''}".strip()


def test_what_lifeboat_deployed(somewhere: tuple[Path, dict[str, str]]) -> None:
    folder, environment = somewhere
    call([str(Path(sys.executable).parent / "lifeboat"), "deploy"], folder, environment)
    assert carried_out(folder, environment) == "Completed"


def test_what_prefect_deployed_by_our_file(somewhere: tuple[Path, dict[str, str]]) -> None:
    folder, environment = somewhere
    call([*PREFECT, "--no-prompt", "deploy", "--all", "--prefect-file", str(ROOT / "prefect.yaml")], ROOT, environment)
    assert carried_out(folder, environment) == "Completed"
