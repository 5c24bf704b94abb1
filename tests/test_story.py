"""The story itself, as `make demo` plays it, and the Prefect server that it leaves running."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from world_fixtures import left_over

from demo.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]
LIFEBOAT = Path(sys.executable).parent / "lifeboat"
STEPS = ("declare incident", "choose backup", "plan Terraform", "approve", "fence primary", "apply Terraform")
STEPS += ("restore database", "restore uploads", "measure data loss", "promote standby", "configure standby")
STEPS += ("probe health", "swap DNS", "probe DNS", "write report")


def lifeboat(out: Path, *words: str, **options: Any) -> subprocess.Popen[str]:
    """The command line as a user types it, in a world of its own."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "LIFEBOAT"))}
    return subprocess.Popen(
        [LIFEBOAT, *words],
        env={**settings, "LIFEBOAT_DEMO_OUT": str(out)},
        text=True,
        stdout=subprocess.PIPE,
        **options,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a world in which the story has been played."""
    out = tmp_path_factory.mktemp("story") / "out"
    process = lifeboat(out, "demo")
    shown, _ = process.communicate(timeout=300)
    assert process.returncode == 0, shown
    yield out
    lifeboat(out, "down").wait(60)


def result_of(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "result.json").read_text())
    return found


class Patient(httpx.HTTPTransport):
    """Asks again while the server says 503, as Prefect's own client does: SQLite was locked by another writer."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + 60
        answer = super().handle_request(request)
        while answer.status_code == 503 and time.monotonic() < deadline:
            answer.close()
            time.sleep(0.5)
            answer = super().handle_request(request)
        return answer


def api(out: Path) -> httpx.Client:
    settings = json.loads((out / "environment.json").read_text())
    # A connection that is kept may be closed by the server just as it is used again.
    once = {"Connection": "close"}
    return httpx.Client(base_url=settings["PREFECT_API_URL"], timeout=20, transport=Patient(), headers=once)


def test_the_shop_was_recovered_and_all_of_it_was_measured(played: Path) -> None:
    result = result_of(played)
    assert result["ok"] is True
    assert 0 < result["rto_seconds"] < result["rto_objective_seconds"] == 900
    assert 0 < result["rpo_seconds"] < result["rpo_objective_seconds"] == 3600
    assert 0 < result["orders_recovered"] < result["orders_before"]
    assert result["backup_proved"] is True
    assert result["fence_proved"] is True
    assert result["dns_before"] != result["dns_after"]
    assert result["terraform"]
    assert abs(result["seconds_from_kill_to_healthy"] - result["rto_seconds"]) < 3


def test_every_step_is_there_and_those_that_can_ran_side_by_side(played: Path) -> None:
    steps = {step["name"]: step for step in result_of(played)["steps"]}
    assert set(STEPS) <= set(steps)
    assert {step["state"] for step in steps.values()} == {"ok"}
    assert abs(_began(steps["apply Terraform"]) - _began(steps["restore database"])) < 0.5
    assert _began(steps["swap DNS"]) > _began(steps["probe health"])


def _began(step: dict[str, Any]) -> float:
    from datetime import datetime

    return datetime.fromisoformat(step["started"]).timestamp()


def test_the_report_stands_alone(played: Path) -> None:
    page = Path(result_of(played)["report"]).read_text()
    assert result_of(played)["incident"] in page
    assert "src=" not in page
    assert 'href="http' not in page


def test_deployments_and_their_schedules(played: Path) -> None:
    with api(played) as client:
        regular = [client.get(f"/deployments/name/{name}/shop").json() for name in ("backup", "verify", "retention")]
        assert all(each["schedules"] for each in regular)
        failover = client.get("/deployments/name/failover/shop").json()
        assert failover["parameters"]["mode"] == "dry run"
        assert failover["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
        assert failover["parameter_openapi_schema"]["properties"]["plan"]["enum"] == ["shop"]
        assert failover["parameter_openapi_schema"]["properties"]["mode"]["description"]
        nightly = client.get("/deployments/name/verify-fleet/nightly").json()["schedules"]
        assert [schedule["schedule"]["timezone"] for schedule in nightly] == ["UTC"]
        wanted = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
        wait_until(lambda: client.post("/flow_runs/count", json=wanted).json() > 0, "A scheduled run", 60)


def test_the_report_is_an_artifact_too(played: Path) -> None:
    with api(played) as client:
        key = f"report-{result_of(played)['incident'].lower()}"
        found = client.get(f"/artifacts/{key}/latest").json()
    assert "Timeline" in found["data"]


def test_people_were_told(played: Path) -> None:
    messages = (played / "world" / "slack" / "messages.jsonl").read_text()
    assert "Failing over shop" in messages
    assert "/runs/flow-run/" in messages
    assert "is through" in messages


def test_blocks_are_described_and_keep_their_secrets(played: Path) -> None:
    with api(played) as client:
        blocks = client.post("/block_documents/filter", json={}).json()
        mine = [block for block in blocks if block["block_type"]["slug"] == "s3-vault"]
    assert mine[0]["block_type"]["description"]
    assert set(mine[0]["data"]["secret_access_key"]) == {"*"}


def test_run_pressed_in_the_ui_starts_a_dry_run(played: Path) -> None:
    """The same request that the button sends, with the form's own defaults."""
    with api(played) as client:
        deployment = client.get("/deployments/name/failover/shop").json()
        run = client.post(f"/deployments/{deployment['id']}/create_flow_run", json={}).json()
        state = lambda: client.get(f"/flow_runs/{run['id']}").json()["state"]["type"]  # noqa: E731
        wait_until(lambda: state() in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"), "The dry run", 90)
        assert state() == "COMPLETED"


def test_deploy_shows_what_differs_and_mends_only_that(played: Path) -> None:
    def deploy(*words: str) -> tuple[int, str]:
        process = lifeboat(played, "deploy", *words)
        shown, _ = process.communicate(timeout=120)
        return process.returncode, shown

    assert deploy("--check") == (0, "Everything is as the plans want it.\n")
    with api(played) as client:
        failover = client.get("/deployments/name/failover/shop").json()
        options = failover["parameter_openapi_schema"]["properties"]["backup"]["anyOf"][0]["enum"]
        assert len(options) > 1  # the backup that the story proved: offered without deploying again
        gone = {"name": "gone", "flow_id": failover["flow_id"], "entrypoint": failover["entrypoint"]}
        client.post("/deployments/", json={**gone, "tags": ["lifeboat", "gone"]}).raise_for_status()
        client.post("/deployments/", json={**gone, "name": "theirs", "tags": ["theirs"]}).raise_for_status()
        client.patch(f"/deployments/{failover['id']}", json={"description": "Do not press."}).raise_for_status()
        code, shown = deploy("--check")
        assert code == 1
        assert "change failover/shop: description differs" in shown
        assert "remove failover/gone" in shown
        assert "theirs" not in shown
        assert deploy()[0] == 0
        assert client.get("/deployments/name/failover/gone").status_code == 404
        assert client.get("/deployments/name/failover/theirs").status_code == 200
        assert client.get("/deployments/name/failover/shop").json()["description"] == failover["description"]
        automations = [each["name"] for each in client.post("/automations/filter", json={}).json()]
        assert sorted(automations) == ["lifeboat: a run of shop crashed", "lifeboat: a run that is silent has crashed"]


def test_a_run_that_is_cancelled_in_the_ui_ends_cancelled_and_a_second_one_never_starts(played: Path) -> None:
    with api(played) as client:
        deployment = client.get("/deployments/name/failover/shop").json()["id"]
        first, second = (client.post(f"/deployments/{deployment}/create_flow_run", json={}).json() for _ in range(2))
        state = lambda run: client.get(f"/flow_runs/{run['id']}").json()["state"]["type"]  # noqa: E731
        wait_until(lambda: state(first) == "RUNNING", "The first run", 20)
        wait_until(lambda: state(second) == "CANCELLED", "The second run's refusal", 20)
        client.post(f"/flow_runs/{first['id']}/set_state", json={"state": {"type": "CANCELLING"}})
        wait_until(lambda: state(first) == "CANCELLED", "The first run's end", 40)


def test_a_misspelt_parameter_is_turned_down(played: Path) -> None:
    with api(played) as client:
        deployment = client.get("/deployments/name/failover/shop").json()
        body = {"parameters": {"mode": "for reel"}}
        assert client.post(f"/deployments/{deployment['id']}/create_flow_run", json=body).status_code == 409


def test_the_command_line_follows_a_run(played: Path) -> None:
    process = lifeboat(played, "run", "backup", "plans/shop.yaml", "--json")
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(shown)["ok"] is True


def test_down_leaves_nothing(played: Path) -> None:
    assert lifeboat(played, "down").wait(60) == 0
    assert left_over(played) == []
    assert lifeboat(played, "status").wait(60) == 1


@pytest.mark.parametrize("seconds", [4, pytest.param(26, marks=pytest.mark.exhaustive)])
def test_an_interrupted_demo_leaves_nothing(tmp_path: Path, seconds: float) -> None:
    """Ctrl-C while the world starts, and while the story plays."""
    process = lifeboat(tmp_path / "out", "demo", stderr=subprocess.PIPE)
    time.sleep(seconds)  # there is nothing to wait for: any moment has to do
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert left_over(tmp_path) == []
