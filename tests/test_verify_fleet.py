"""A fleet of three: one is well, one has no backup, the plan of one is broken. Each is verified, and told of."""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow
from prefect.testing.utilities import prefect_test_harness
from ruamel.yaml import YAML
from theatre import ROOT, Theatre

from doors.metrics import print_metrics
from flows.backup import backup
from flows.verify import verify
from flows.verify_fleet import verify_fleet
from recovery.errors import NotProved, RecoveryError, Refused
from recovery.places import home

pytestmark = pytest.mark.slow


@pytest.fixture
def fleet(theatre: Theatre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Plans of shop, of books (one folder of files, in places of its own), and one that is no plan."""
    text = (ROOT / "plans" / "shop.yaml").read_text()
    (tmp_path / "shop.yaml").write_text(text)
    books = YAML(typ="safe").load(text)
    places = {field: f"files/books-{field.replace('_', '-')}" for field in ("source", "restore_to", "scratch")}
    books |= {"application": "books", "components": {"texts": places}}
    del books["witness"]
    YAML().dump(books, tmp_path / "books.yaml")
    (tmp_path / "torn.yaml").write_text("application: torn\n")
    folder = tmp_path / "books"
    (folder / "source").mkdir(parents=True)
    (folder / "source" / "one.txt").write_text("It was a dark and stormy night.\n")
    mine = {reference: {"folder": str(folder / field)} for field, reference in places.items()}
    theatre.documents |= mine
    theatre.write_blocks()
    monkeypatch.setenv("LIFEBOAT_PLANS", str(tmp_path))
    yield folder
    for reference in mine:
        del theatre.documents[reference]
    theatre.write_blocks()


def test_one_failing_never_stops_the_rest_and_people_are_told(theatre: Theatre, fleet: Path) -> None:
    taken = asyncio.run(backup.fn(plan="shop"))
    with pytest.raises(NotProved) as raised:
        asyncio.run(verify_fleet.fn())
    page = (home() / "fleet.md").read_text()
    assert f"| {taken} |" in (home() / "coverage.md").read_text()
    assert page.startswith("# Backups of 3 application(s): 1 green, 0 stale, 2 failed\n")
    assert "| shop | 🟢 green | Restored and equal to its source" in page
    assert taken in page
    assert "| books | 🔴 failed | There is no backup of books to verify. |" in page
    assert "| torn | 🔴 failed | The plan has" in page
    assert "books: NOTHING is recoverable: it has no backup." in raised.value.what
    told = theatre.world.state.slack.messages
    assert "2 of 3 application(s) are not recoverable as promised" in told.read_text()
    asyncio.run(backup.fn(plan="books"))
    page = asyncio.run(verify_fleet.fn(plans=["books", "shop"]))
    assert page.startswith("# Backups of 2 application(s): 2 green, 0 stale, 0 failed\n")
    measured = print_metrics(on_platform=False)
    for line in (
        'lifeboat_standing{application="shop",state="green"} 1.0',
        'lifeboat_standing{application="torn",state="failed"} 1.0',
        'lifeboat_proved_backups{application="books"} 1.0',
        'lifeboat_rpo_objective_seconds{application="books"} 3600.0',
        'lifeboat_rto_objective_seconds{application="shop"} 900.0',
        'lifeboat_known_runs{application="books",playbook="backup",result="completed"} 1.0',
        'lifeboat_last_run_duration_seconds{application="shop",playbook="verify",result="completed"}',
    ):
        assert line in measured
    assert not [*fleet.glob("scratch*")]


@pytest.fixture
def torn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One plan, which is none, and a Prefect server."""
    (tmp_path / "torn.yaml").write_text("application: torn\n")
    monkeypatch.setenv("LIFEBOAT_PLANS", str(tmp_path))
    monkeypatch.setenv("LIFEBOAT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tasks.verify_on_worker.PAUSE", 0.2)
    with prefect_test_harness(server_startup_timeout=90):
        yield


async def pages() -> dict[str, str]:
    async with get_client() as client:
        found = await client.read_latest_artifacts()
    return {str(each.key): str(each.data) for each in found}


async def names_of_runs() -> set[str]:
    async with get_client() as client:
        return {run.name for run in await client.read_flow_runs()}


@pytest.mark.usefixtures("torn")
def test_on_the_platform_the_pages_are_artifacts_and_each_may_be_left_to_the_workers_of_a_pool() -> None:
    async def play() -> None:
        with pytest.raises(NotProved, match="torn: nothing is known of its backups"):
            await verify_fleet()
        assert await names_of_runs() == {"verify the fleet", "verify backups of torn"}
        found = await pages()
        assert "| torn | 🔴 failed | The plan has" in found["fleet"]
        assert found["coverage"].startswith("# Coverage of 0 application(s)\n")
        async with get_client() as client:
            await client.create_deployment(flow_id=await client.create_flow(verify), name="torn")
        worker = asyncio.create_task(be_a_worker())
        try:
            with pytest.raises(NotProved, match=r"absent: .* There is no deployment verify/absent\."):
                await verify_fleet(plans=["torn", "absent"], on_workers=True)
        finally:
            worker.cancel()
        page = (await pages())["fleet"]
        assert re.search(r"\| torn \| 🔴 failed \| The run .* of verify/torn ended Failed: .*The plan has", page)

    asyncio.run(play())


async def be_a_worker() -> None:
    """Runs what is scheduled of `verify/torn`: what a worker does, in this process."""
    async with get_client() as client:
        while True:
            for run in await client.read_flow_runs():
                if run.deployment_id and run.state and run.state.is_scheduled():
                    with contextlib.suppress(RecoveryError):
                        await run_flow(verify, flow_run=run)  # type: ignore[misc]
            await asyncio.sleep(0.2)


def test_without_a_server_there_are_no_workers() -> None:
    with pytest.raises(Refused, match="there are no workers"):
        asyncio.run(verify_fleet.fn(on_workers=True))
