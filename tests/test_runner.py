"""The warm runner on a real Prefect server: two of them, one that is ended, and a server that goes away."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from absent_places import write_plan
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_URL, temporary_settings

from blocks.registry import read_blocks, register_blocks
from demo.ports import free_port
from demo.waiting import answers, wait_until
from recovery.history import find_run
from recovery.places import ROOT

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(3600)]
POOL, SECONDS = "lifeboat", 600.0


class Platform:
    """A Prefect server that can be killed and started again, and runners beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port("127.0.0.1")
        self.url = f"http://127.0.0.1:{self.port}/api"
        self.environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
            "PREFECT_API_URL": self.url,
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_CLIENT_MAX_RETRIES": "2",  # so that a run finds out soon that its end cannot be told
            "LIFEBOAT_HOME": str(folder / "home"),
            "LIFEBOAT_PLANS": str(folder),
            "RUNNER_WORLD": str(folder),
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start_server(self) -> None:
        words = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port)]
        self.server = self._started([sys.executable, *words], "server")
        wait_until(answers(f"{self.url}/health"), "the Prefect server", SECONDS)

    def start_runner(self) -> subprocess.Popen[bytes]:
        return self._started([str(Path(sys.executable).parent / "lifeboat"), "runner", POOL], "runner")

    def _started(self, argv: list[str], name: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(argv, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def deploy(self, client: SyncPrefectClient) -> None:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        flow_id = client.create_flow_from_name("steady")
        self.deployment = client.create_deployment(
            flow_id=flow_id, name="shop", entrypoint="runner_flows.steady", work_pool_name=POOL
        )

    def ask(self, client: SyncPrefectClient) -> UUID:
        (self.folder / "go").unlink(missing_ok=True)
        (self.folder / "acts").unlink(missing_ok=True)
        return client.create_flow_run_from_deployment(self.deployment).id

    def acts(self) -> list[str]:
        path = self.folder / "acts"
        return path.read_text().splitlines() if path.exists() else []

    def let_go(self) -> None:
        (self.folder / "go").touch()

    def stop(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(30)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("platform")
    made = Platform(folder)
    try:
        made.start_server()
        write_plan(folder)
        with pytest.MonkeyPatch.context() as patch, temporary_settings({PREFECT_API_URL: made.url}):
            patch.setenv("LIFEBOAT_HOME", str(folder / "home"))
            asyncio.run(register_blocks(read_blocks(folder / "blocks.yaml")))
            with get_client(sync_client=True) as found:
                made.deploy(found)
            yield made
    finally:
        made.let_go()
        made.stop()


def state_of(client: SyncPrefectClient, flow_run: UUID) -> str:
    state = client.read_flow_run(flow_run).state
    return state.name if state else ""


def ended(client: SyncPrefectClient, flow_run: UUID, name: str) -> Callable[[], bool]:
    return lambda: state_of(client, flow_run) == name


def final(client: SyncPrefectClient, *flow_runs: UUID) -> Callable[[], bool]:
    def look() -> bool:
        states: list[Any] = [client.read_flow_run(each).state for each in flow_runs]
        return all(state and state.is_final() for state in states)

    return look


def test_two_runners_started_together_one_acts(platform: Platform) -> None:
    """Two runs are asked for at the same time, and two runners reach for both: every step acts once."""
    first, second = platform.start_runner(), platform.start_runner()
    with get_client(sync_client=True) as client:
        runs = [platform.ask(client), platform.ask(client)]
        wait_until(lambda: len(platform.acts()) >= 2, "the held step", SECONDS)
        # The one that came second is turned away while the other one still acts.
        wait_until(lambda: any(final(client, each)() for each in runs), "the refusal", SECONDS)
        platform.let_go()
        wait_until(final(client, *runs), "both runs' ends", SECONDS)
        assert sorted(state_of(client, each) for each in runs) == ["Completed", "Failed"]
        refused = next(each for each in runs if state_of(client, each) == "Failed")
        assert "right now" in str(client.read_flow_run(refused).state)
    assert set(Counter(act.split()[1] for act in platform.acts()).items()) == {(str(n), 1) for n in range(4)}
    second.terminate()
    assert second.wait(60) == 0
    first.terminate()
    assert first.wait(60) == 0


def test_a_runner_that_is_ended_in_mid_run_leaves_a_run_that_says_so(platform: Platform) -> None:
    """SIGTERM, as systemd and Kubernetes send it: the run closes its journal, and is not Running for ever."""
    runner = platform.start_runner()
    with get_client(sync_client=True) as client:
        flow_run = platform.ask(client)
        wait_until(lambda: len(platform.acts()) >= 2, "the held step", SECONDS)
        runner.send_signal(signal.SIGTERM)
        assert runner.wait(60) == 0
        assert state_of(client, flow_run) == "Cancelled"
        lines = find_run(str(flow_run))
        assert lines[-1].kind == "closed"
        assert "cancelled" in lines[-1].sentence
        # Nothing holds the application: the next one, by the next runner, acts.
        again, runner = platform.ask(client), platform.start_runner()
        platform.let_go()
        wait_until(ended(client, again, "Completed"), "the next run", SECONDS)
    runner.terminate()
    assert runner.wait(60) == 0


def test_the_server_goes_away_and_the_run_goes_on_and_reports_when_it_is_back(platform: Platform) -> None:
    runner = platform.start_runner()
    with get_client(sync_client=True) as client:
        flow_run = platform.ask(client)
        wait_until(lambda: len(platform.acts()) >= 2, "the held step", SECONDS)
    platform.server.kill()
    platform.server.wait(30)
    platform.let_go()
    wait_until(lambda: (lines := find_run(str(flow_run))) and lines[-1].kind == "closed", "the run's end", SECONDS)
    assert find_run(str(flow_run))[-1].data["state"] == "completed"
    assert [act.split()[1] for act in platform.acts()] == ["0", "1", "2", "3"]
    platform.start_server()
    with get_client(sync_client=True) as client:
        wait_until(ended(client, flow_run, "Completed"), "the report of its end", SECONDS)
    runner.terminate()
    assert runner.wait(60) == 0
