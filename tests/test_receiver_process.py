"""The receiver as it runs: in a process of its own, killed and started again, before a real Prefect server."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from certificate import certificate
from plan_fixtures import SHOP
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness
from prometheus_place import MISSING, shop, watching
from receiver_process import BEARER, SECRET, Place, Process, receiving, stored
from server_fixtures import free_ports, wait_until

from blocks.chat.courier import Courier
from doors.receiver.platform import Platform
from doors.receiver.worker import WITHDRAWN
from recovery.errors import Withdrawn
from recovery.journal import Journal
from recovery.model import now
from recovery.outcome import Outcome
from recovery.plan_approval import Approval
from recovery.plan_file import read_plan
from recovery.secrets import Scrubber
from tasks.approve import approve
from tasks.run import Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LONG = 200.0  # seconds: on a machine that is busy with other things


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with prefect_test_harness(server_startup_timeout=120):
        yield Place(tmp_path_factory.mktemp("receiver"), free_ports(1)[0])


def body(service: str, name: str = "ShopDown", status: str = "firing", began: Any = None, **labels: str) -> Any:
    alert = {
        "status": status,
        "labels": {"alertname": name, "service": service, "severity": "critical", **labels},
        "annotations": {"summary": f"{service} is down"},
        "startsAt": (began or now()).isoformat(),
    }
    return {"groupKey": f"{{}}:{{service={service}}}", "status": status, "alerts": [alert]}


def one_run(place: Place, application: str) -> Any:
    """The only failover of an application; waits for it."""
    wait_until(lambda: bool(place.runs(application)), LONG, "a failover's start")
    (run,) = place.runs(application)
    return run


async def storm(process: Process, service: str) -> None:
    """A thousand alerts, as fast as twenty senders can send them; like all senders they try again."""
    bodies = iter([body(service, instance=str(number)) for number in range(1_000)])

    async def sender(client: httpx.AsyncClient) -> None:
        for one in bodies:
            while not await taken(client, one):
                await asyncio.sleep(1)

    async def taken(client: httpx.AsyncClient, one: Any) -> bool:
        try:
            answer = await client.post(f"{process.url}/alerts/prometheus", json=one)
        except httpx.TransportError:  # an idle connection was closed just now
            return False
        assert answer.status_code in (202, 503)
        return answer.status_code == 202

    async with httpx.AsyncClient(headers=BEARER, timeout=LONG, trust_env=False) as client:
        await asyncio.gather(*(sender(client) for _ in range(20)))


def test_a_thousand_alerts_are_one_failover_and_none_is_lost(place: Place) -> None:
    place.deploy("shop")
    configuration = place.configuration(["shop"])
    with receiving(place, configuration) as process:
        asyncio.run(storm(process, "shop"))
        run = one_run(place, "shop")
        decided = "select count(*) from alerts where not waiting"
        wait_until(lambda: stored(configuration, decided) == [(1_000,)], LONG, "all decisions")
        assert process.end() == 0
    assert stored(configuration, "select count(*), count(distinct flow_run) from incidents") == [(1, 1)]
    assert len(place.runs("shop")) == 1
    asked = run.parameters
    assert (asked["mode"], asked["initiator"], asked["ask"]) == ("for real", "receiver prometheus", False)
    assert asked["alert"]["sentence"] == "shop is down (ShopDown: rule 1 of the plan says to start a failover.)"


EVENTS = {f"lifeboat.alert.{each}" for each in ("firing", "resolved")}
EVENTS |= {f"lifeboat.incident.{each}" for each in ("opened", "asked", "withdrawn", "closed")}


SLOW = {"alertname": "ShopSlow", "severity": "critical", "application": "watched"}


def events_of(application: str) -> list[str]:
    resource = {"id": [f"lifeboat.application.{application}"]}
    wanted = {"filter": {"any_resource": resource, "event": {"prefix": ["lifeboat."]}}, "limit": 50}

    async def ask() -> Any:
        async with get_client() as client:
            return (await client.request("POST", "/events/filter", json=wanted)).json()

    return [each["event"] for each in asyncio.run(ask())["events"]]


KILLED_BEFORE = """
import os, signal
from doors.receiver.platform import Platform
async def begin(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
Platform.begin = begin
"""
KILLED_AFTER = """
import os, signal
from doors.receiver.platform import Platform
real = Platform.begin
async def begin(*given, **named):
    await real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
Platform.begin = begin
"""


@pytest.mark.parametrize(("application", "program"), [("before", KILLED_BEFORE), ("after", KILLED_AFTER)])
def test_killed_around_the_start_it_starts_once(place: Place, application: str, program: str) -> None:
    place.deploy(application)
    configuration = place.configuration([application])
    with receiving(place, configuration, program) as process:
        assert process.post(body(application)).status_code == 202
        assert process._popen.wait(60) == -9
    assert stored(configuration, "select flow_run from incidents") == [(None,)]
    assert len(place.runs(application)) == (1 if application == "after" else 0)
    with receiving(place, configuration):
        wait_until(lambda: stored(configuration, "select flow_run from incidents") != [(None,)], LONG, "the start")
        run = one_run(place, application)
    assert stored(configuration, "select flow_run from incidents") == [(str(run.id),)]


@pytest.mark.exhaustive
def test_what_is_over_before_it_began_is_cancelled_and_asked_for_anew_when_it_comes_again(place: Place) -> None:
    """With the Prefect server away at first: the alert waits for it."""
    place.deploy("slow")
    configuration, began = place.configuration(["slow"]), now()
    with receiving(place, configuration, PREFECT_API_URL=f"http://127.0.0.1:{free_ports(1)[0]}/api") as process:
        assert process.post(body("slow", "ShopSlow", began=began)).json()["new"] == 1
        wait_until(lambda: "nothing is lost" in process.said, LONG, "the server's absence")
        process.kill()
    with receiving(place, configuration) as process:
        run = one_run(place, "slow")
        assert (run.parameters["ask"], run.parameters["alert"]["automatic"]) == (True, False)
        wait_until(lambda: stored(configuration, "select flow_run from incidents") != [(None,)], LONG, "the record")
        assert process.post(body("slow", "ShopSlow", "resolved", began)).status_code == 202
        wait_until(lambda: place.runs("slow")[0].state.is_cancelled(), LONG, "the cancellation")
        again = began + timedelta(seconds=1)
        process.post(body("slow", "ShopSlow", began=again))
        wait_until(lambda: len(place.runs("slow")) == 2, LONG, "another question")
        wait_until(lambda: set(events_of("slow")) >= EVENTS, LONG, "the events")
        assert "withdrawn: All of its alerts are over before the failover began" in process.said
        assert "secret" not in process.said


@pytest.mark.skipif(bool(MISSING), reason=f"these Debian packages are not installed: {', '.join(MISSING)}")
def test_prometheus_sees_a_real_death_and_a_real_return(tmp_path: Path, place: Place) -> None:
    """Over TLS, with a token; the failover is asked for once, and withdrawn when the shop is back."""
    place.deploy("watched")
    key, authority = certificate(tmp_path)
    configuration = place.configuration(["watched"], certificate=str(authority), key=str(key))
    (port,) = free_ports(1)
    with receiving(place, configuration) as process:
        assert process.url.startswith("https://")
        target = f"http://127.0.0.1:{port}/health"
        with contextlib.ExitStack() as alive, watching(tmp_path, target, process.url, authority, SECRET, SLOW):
            assert alive.enter_context(shop(port)).wait(LONG), "Prometheus never looked at the shop"
            alive.close()
            run = one_run(place, "watched")
            assert run.parameters["alert"]["sentence"].startswith("The shop does not answer (ShopSlow: rule 2")
            with shop(port):
                wait_until(lambda: place.runs("watched")[0].state.is_cancelled(), LONG, "the withdrawal")
    assert stored(configuration, "select action, status from alerts") == [("ask", "resolved")]


def test_a_question_is_withdrawn_only_while_nobody_has_answered(tmp_path: Path, place: Place) -> None:
    approval = Approval.model_validate({"mode": "human", "within": "90s", "approvers": [{"name": "ada"}]})
    plan = read_plan(SHOP).model_copy(update={"approval": approval})
    run = Run(
        playbook="failover",
        plan=plan,
        incident="shop-1",
        folder=tmp_path,
        journal=Journal(tmp_path / "journal.jsonl"),
        blocks={},
        scrubber=Scrubber(),
        courier=Courier([]),
        dry_run=False,
        break_glass=None,
        on_platform=True,
    )
    name = f"asks-{uuid4()}"

    @flow(name=name)
    async def asks() -> Outcome:
        return await approve(run, Outcome(sentence="b-1."), Outcome(sentence="1 to create."))

    async def withdraw() -> tuple[bool, bool]:
        async with get_client() as client:
            platform = Platform(client)
            while not (found := [each for each in await client.read_flow_runs() if each.flow_id == flow_id(name)]):
                await asyncio.sleep(0.2)
            number = str(found[0].id)
            while await platform.state(number) != "paused":
                await asyncio.sleep(0.2)
            return await platform.withdraw(number, WITHDRAWN), await platform.withdraw(number, WITHDRAWN)

    def flow_id(name: str) -> Any:
        with get_client(sync_client=True) as client:
            return client.read_flow_by_name(name).id

    async def both() -> Any:
        return await asyncio.wait_for(asyncio.gather(asks(), withdraw(), return_exceptions=True), 120)

    ended, taken = asyncio.run(both())
    assert isinstance(ended, Withdrawn)
    assert f"{WITHDRAWN} withdrew the recovery" in str(ended)
    assert taken == (True, False)


def test_one_receiver_a_store(place: Place) -> None:
    configuration = place.configuration(["shop"])
    with (
        receiving(place, configuration),
        pytest.raises(AssertionError, match="Another receiver works with"),
        receiving(place, configuration),
    ):
        raise AssertionError("two work with one store")
