"""The warm runner: takes runs off a Prefect work pool and starts each within a fraction of a second.

A plain process worker starts a Python and imports Prefect for every run, which takes seconds. This one forks every run
from a process that has imported everything already; each run still has a process of its own, so that one that crashes
takes nothing with it. Any process worker can serve the same pool beside it.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import Abort, ObjectNotFound
from prefect.states import Cancelled, Completed, Crashed, Pending
from prefect.utilities.engine import propose_state

from doors import warm
from doors.due import is_due
from doors.pool import make_pool
from recovery.history import is_through
from recovery.model import now

POLL = 0.25  # seconds between two looks for runs
POLLED = 10.0  # seconds after which the server is told at the latest that somebody serves the pool
HEARTBEAT = 15.0  # seconds between two signs of life
STOP = 20.0  # seconds a cancelled run has to put its end on record
MEANWHILE = "It went through while the Prefect server was away: its journal says so."
log = logging.getLogger("lifeboat.runner")


class Runner:
    """Serves one work pool until it is stopped."""

    def __init__(self, pool: str) -> None:
        self._pool, self._name = pool, f"lifeboat {socket.gethostname()} {os.getpid()}"
        self._fork = multiprocessing.get_context("forkserver")
        self._fork.set_forkserver_preload(["doors.warm"])
        self._running: dict[UUID, BaseProcess] = {}
        self._stopping: dict[UUID, float] = {}
        self._heard = self._polled = 0.0
        self._made = False

    async def serve(self, stop: asyncio.Event) -> None:
        """Runs until `stop` is set; runs under way are then cancelled, so that none is left behind."""
        first = self._fork.Process(target=warm.nothing)
        first.start()
        await asyncio.to_thread(first.join, 60)
        async with get_client() as client:
            log.info("Serving the work pool %s.", self._pool)
            while not stop.is_set():
                await self._round(client)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), POLL)
            for flow_run_id in list(self._running):
                self._interrupt(flow_run_id)
            while self._running:
                await self._reap_at_the_end(client)
                await asyncio.sleep(POLL)

    async def _round(self, client: PrefectClient) -> None:
        """One look; a server that is away for a while is no reason to end."""
        try:
            if not self._made:
                await make_pool(client, self._pool)
                self._made = True
            await self._take(client)
            if self._running:
                await self._heed_cancellations(client)
                await self._reap(client)
            if time.monotonic() - self._heard > HEARTBEAT:
                await client.send_worker_heartbeat(self._pool, self._name, HEARTBEAT)
                self._heard = time.monotonic()
        except Exception as error:  # noqa: BLE001  (the runner outlives whatever the server does)
            log.warning("The Prefect server did not answer: %s. Trying again.", error)
            await asyncio.sleep(1)

    async def _take(self, client: PrefectClient) -> None:
        if time.monotonic() - self._polled < POLLED and not await is_due(client, self._pool):
            return
        self._polled = time.monotonic()
        for response in await client.get_scheduled_flow_runs_for_work_pool(self._pool, scheduled_before=now()):
            flow_run = response.flow_run
            if flow_run.id not in self._running:
                await self._start(client, flow_run)

    async def _start(self, client: PrefectClient, flow_run: FlowRun) -> None:
        try:
            state = await propose_state(client, Pending(), flow_run_id=flow_run.id)
        except Abort as refusal:
            log.info("%s was not started: %s", flow_run.name, refusal)
            return
        if not state.is_pending() or flow_run.deployment_id is None:
            log.info("%s was not started: it is %s.", flow_run.name, state.name)
            return
        deployment = await client.read_deployment(flow_run.deployment_id)
        process = self._fork.Process(target=warm.carry_out, args=(flow_run.id, deployment.entrypoint))
        process.start()
        self._running[flow_run.id] = process
        log.info("Started %s in process %s.", flow_run.name, process.pid)

    async def _heed_cancellations(self, client: PrefectClient) -> None:
        wanted = FlowRunFilter(
            id=FlowRunFilterId(any_=list(self._running)),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLING])),
        )
        for flow_run in await client.read_flow_runs(flow_run_filter=wanted):
            if flow_run.id not in self._stopping:
                self._interrupt(flow_run.id)

    def _interrupt(self, flow_run_id: UUID) -> None:
        """Asks the run to end, as Ctrl-C would: it closes its journal and says what was changed."""
        self._stopping[flow_run_id] = time.monotonic() + STOP
        self._signal(flow_run_id, signal.SIGINT, group=False)

    def _signal(self, flow_run_id: UUID, number: signal.Signals, group: bool) -> None:
        process = self._running[flow_run_id]
        if process.pid is None or not process.is_alive():
            return
        try:
            (os.killpg if group else os.kill)(process.pid, number)
        except ProcessLookupError:
            return

    async def _reap(self, client: PrefectClient) -> None:
        for flow_run_id, process in list(self._running.items()):
            if process.is_alive():
                if time.monotonic() > self._stopping.get(flow_run_id, float("inf")):
                    self._signal(flow_run_id, signal.SIGKILL, group=True)
                continue
            with suppress(ObjectNotFound):  # somebody deleted the run
                await self._settle(client, flow_run_id, process.exitcode)
            del self._running[flow_run_id]  # only now: where the server is away, it is told later

    async def _reap_at_the_end(self, client: PrefectClient) -> None:
        """A server that is away is no reason to wait for it: the journals say what became of the runs."""
        try:
            await self._reap(client)
        except Exception as error:  # noqa: BLE001  (whatever the server does, this ends)
            log.warning("The Prefect server did not take the end of a run: %s.", error)
            self._running = {each: process for each, process in self._running.items() if process.is_alive()}

    async def _settle(self, client: PrefectClient, flow_run_id: UUID, exit_code: int | None) -> None:
        """A run that ended without saying so is set to what it is: through by its journal, cancelled, or crashed."""
        flow_run = await client.read_flow_run(flow_run_id)
        state = flow_run.state
        if state and not state.is_completed() and await asyncio.to_thread(is_through, str(flow_run_id)):
            await client.set_flow_run_state(flow_run_id, Completed(message=MEANWHILE), force=True)
        elif flow_run_id in self._stopping and state and not state.is_completed():
            await client.set_flow_run_state(flow_run_id, Cancelled(message="Stopped as asked."), force=True)
        elif state and not state.is_final() and not state.is_paused() and not state.is_scheduled():
            await client.set_flow_run_state(
                flow_run_id, Crashed(message=f"Its process ended with exit code {exit_code}."), force=True
            )
        self._stopping.pop(flow_run_id, None)
