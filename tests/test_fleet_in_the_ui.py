"""The fleet of deploy/, for real: a failover that is run and approved in the UI outlives one of its servers."""

import base64
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from platform_fixtures import PASSWORD, USER, Platform, needs_platform, platform
from server_fixtures import wait_until
from ssh_signers import Signer
from theatre import Theatre

from recovery.history import journals
from recovery.journal import Line, read_journal

pytestmark = [pytest.mark.exhaustive, needs_platform, pytest.mark.timeout(2400)]
PATIENCE = 400.0  # seconds for one thing to happen, on a machine that has others to do
ADA = Signer()
POLICY = "mode: policy"
HUMAN = "mode: human\n  within: 10m\n  approvers:\n    - {{name: ada, key: {key}}}\n    - {{name: ben, key: {other}}}"


@pytest.fixture(scope="module")
def fleet(theatre: Theatre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The platform, beside a world with one proved backup, and a plan that a person has to approve."""
    plans = tmp_path_factory.mktemp("plans")
    text = (Path(__file__).parent.parent / "plans" / "shop.yaml").read_text()
    assert POLICY in text
    (plans / "shop.yaml").write_text(text.replace(POLICY, HUMAN.format(key=ADA.key, other=Signer().key)))
    world = theatre.environment | {"LIFEBOAT_PLANS": str(plans)}
    of_world = {name: value for name, value in world.items() if not name.startswith("PREFECT")}
    with platform(tmp_path_factory.mktemp("platform"), of_world) as running:
        deployed = running.lifeboat("deploy", "--blocks", world["LIFEBOAT_BLOCKS"])
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        yield running


@pytest.fixture
def page(fleet: Platform) -> Iterator[Any]:
    """A browser that has signed in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=sandbox)
        opened = browser.new_page(ignore_https_errors=True, viewport={"width": 1200, "height": 1000})
        opened.set_default_timeout(PATIENCE * 1000)
        sign_in(opened, fleet.url)
        yield opened
        browser.close()


def sign_in(page: Any, url: str) -> None:
    """As the form of the UI does, which keeps the password in the browser."""
    known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    page.add_init_script(f"localStorage.setItem('prefect-password', '{known}')")
    page.goto(f"{url}/v2/dashboard")
    page.get_by_role("link", name="Deployments").wait_for()


def newest() -> tuple[Line, ...]:
    found = next(iter(journals()), None)
    return tuple(read_journal(found)) if found else ()


def begun(step: str) -> bool:
    return any((line.kind, line.step) == ("intent", step) for line in newest())


def choose(page: Any, field: str, option: str) -> None:
    page.get_by_label(f"Select {field}").click()
    page.get_by_role("option", name=option, exact=True).click()


def test_everything_is_deployed_once_and_two_runners_serve_it(fleet: Platform) -> None:
    again = fleet.lifeboat("deploy", "--check")
    assert (again.returncode, again.stdout.strip()) == (0, "Everything is as the plans want it.")
    with fleet.api() as api:
        wait_until(lambda: len(api.post("/work_pools/lifeboat/workers/filter", json={}).json()) == 2, PATIENCE, "Two")
        assert api.get("/deployments/name/failover/shop").status_code == 200
        assert api.get("/deployments/name/failover/shop", auth=("nobody", "x")).status_code == 401


def test_run_approved_and_a_server_killed_in_the_middle(
    fleet: Platform, theatre: Theatre, page: Any, tmp_path: Path
) -> None:
    with fleet.api() as api:
        deployment = api.get("/deployments/name/failover/shop").json()["id"]
    page.goto(f"{fleet.url}/v2/deployments/deployment/{deployment}")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Custom run").click()
    choose(page, "Mode", "for real")
    choose(page, "Site", "eu-west-1")
    choose(page, "From the list", theatre.backup)
    page.get_by_label("Even if primary answers (Optional)").click()
    page.get_by_label("Initiator (Optional)").fill("ben")
    page.screenshot(path=tmp_path / "form.png")
    page.get_by_role("button", name="Submit").click()

    wait_until(lambda: begun("approve"), PATIENCE, "The question for approval")
    approve(page, api_run(fleet), fleet.url, tmp_path)
    wait_until(lambda: begun("restore database"), PATIENCE, "The restore")
    page.screenshot(path=tmp_path / "running.png")
    victim = fleet.servers[0]
    victim.kill()
    assert victim.wait(30) == -9

    page.get_by_text("Completed").first.wait_for(timeout=PATIENCE * 2000)
    page.screenshot(path=tmp_path / "completed.png")
    assert fleet.servers[1].poll() is None
    intents = Counter(line.step for line in newest() if line.kind == "intent")
    assert intents["restore database"] == intents["promote standby"] == intents["swap DNS"] == 1
    assert theatre.addresses() == (theatre.world.state.addresses.standby,)


def api_run(fleet: Platform) -> str:
    """The failover's run."""
    wanted = {"flows": {"name": {"any_": ["failover"]}}, "sort": "START_TIME_DESC", "limit": 1}
    with fleet.api() as api:
        found: str = api.post("/flow_runs/filter", json=wanted).json()[0]["id"]
    return found


def approve(page: Any, run: str, url: str, folder: Path) -> None:
    """As an approver does: reads the form, signs by the command in it, and pastes what that printed."""
    page.goto(f"{url}/v2/runs/flow-run/{run}")
    page.get_by_text("Paused").first.wait_for()
    page.locator("button[aria-haspopup=menu]").first.click()
    page.get_by_role("menuitem", name="Resume").click()
    form = page.get_by_role("dialog")
    form.locator("textarea").first.wait_for()
    statement = re.search(r"printf %s '(lifeboat approve [^']+)'", form.inner_text())
    assert statement
    form.get_by_label("Select Decision").click()
    page.get_by_role("option", name="approve", exact=True).click()
    form.get_by_label("Approver", exact=True).fill("ada")
    page.screenshot(path=folder / "approval.png")
    form.get_by_label("Proof (Optional)").fill(ADA.sign(statement[1]))
    form.get_by_role("button", name="Resume").click()
    form.wait_for(state="hidden")


def test_with_one_server_left_an_automation_tells_people_of_a_run_that_crashed(
    fleet: Platform, theatre: Theatre
) -> None:
    """The event goes through Redis, to whichever server is left."""
    told = theatre.world.state.slack.messages
    with fleet.api() as api:
        deployment = api.get("/deployments/name/readiness/shop").json()["id"]
        later = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": "2099-01-01T00:00:00Z"}}}
        run = api.post(f"/deployments/{deployment}/create_flow_run", json=later).json()["id"]
        crashed = {"state": {"type": "CRASHED", "message": "Its machine died."}, "force": True}
        assert api.post(f"/flow_runs/{run}/set_state", json=crashed).json()["status"] == "ACCEPT"
    wait_until(lambda: "shop: readiness crashed" in told.read_text(), PATIENCE, "The message")
    assert run in told.read_text()
