"""Runs the receiver: the web server in front, the worker behind, one file between them."""

import asyncio
import fcntl
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import uvicorn
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL

from doors.receiver.application import Receiver, make_application
from doors.receiver.certificates import Certificates
from doors.receiver.guard import Guard
from doors.receiver.keeping import Keeper
from doors.receiver.loop import keep_doing
from doors.receiver.platform import Platform
from doors.receiver.secrets import fetch_secrets
from doors.receiver.store import Store
from doors.receiver.surroundings import Applications
from doors.receiver.worker import Worker
from recovery.alerts.configuration import ReceiverConfiguration
from recovery.errors import Busy, Missing, RecoveryError
from recovery.places import home

MOST_CONNECTIONS = 2_000
log = logging.getLogger("lifeboat.receiver")


def check_receiver(configuration: ReceiverConfiguration) -> int:
    """Prints what would be served. Returns 0, or 1 where a plan is missing or wrong."""
    asyncio.run(fetch_secrets(configuration))
    plans, wrong = Applications(), 0
    for name, endpoint in configuration.endpoints.items():
        print(f"POST /alerts/{name}: {endpoint.format}, {endpoint.authentication.kind}")
        for application in endpoint.applications:
            try:
                rules = plans.plan(application).alerts.rules
                print(f"  {application}: {len(rules)} rules")
            except RecoveryError as error:
                wrong += 1
                print(f"  {application}: {error.what}")
    return 1 if wrong else 0


async def run_receiver(configuration: ReceiverConfiguration) -> None:
    """Serves until SIGTERM or SIGINT.

    Raises:
        RecoveryError: it cannot be: a secret, the store, the address or the server's address is missing or wrong.
    """
    if not PREFECT_API_URL.value():
        raise Missing("No Prefect server is configured (PREFECT_API_URL).", remedy="`lifeboat up`, or set it.")
    secrets = await fetch_secrets(configuration)
    path = Path(configuration.store).expanduser() if configuration.store else home() / "receiver" / "alerts.sqlite"
    stop, wake = asyncio.Event(), (asyncio.Event(), asyncio.Event())
    async with AsyncExitStack() as stack:
        store = Store(path)
        stack.callback(store.close)
        stack.enter_context(_alone(path))
        applications = Applications()
        stack.callback(applications.close)
        client = await stack.enter_async_context(get_client())
        keeper = Keeper(store, wake)
        points = {name: each.vantage_point for name, each in configuration.endpoints.items() if each.vantage_point}
        worker = Worker(store, applications, Platform(client), points)
        rounds = (worker.round, worker.hand_over_events)
        loops = [asyncio.create_task(keep_doing(each, woken, stop)) for each, woken in zip(rounds, wake, strict=True)]
        tasks = [asyncio.create_task(keeper.work()), *loops]
        for application in {name for each in configuration.endpoints.values() for name in each.applications}:
            await _warm(applications, application)
        receiver = Receiver(configuration, secrets, keeper, Certificates())
        app = make_application(receiver, configuration, lambda: not any(task.done() for task in tasks))
        try:
            await _serve(Guard(app, configuration.largest_body, configuration.most_a_second), configuration)
        finally:
            for event in (stop, *wake):
                event.set()
            await asyncio.wait(loops, timeout=10)
            for task in tasks:
                task.cancel()


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn raises them once more when it has ended, before anything else could."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(guard: Guard, configuration: ReceiverConfiguration) -> None:
    server = _Server(
        uvicorn.Config(
            guard,
            host=configuration.listen,
            port=configuration.port,
            ssl_certfile=configuration.certificate,
            ssl_keyfile=configuration.key,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            limit_concurrency=MOST_CONNECTIONS,
            backlog=MOST_CONNECTIONS,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=5,
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, setattr, server, "should_exit", True)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    if server.started:
        scheme = "https" if configuration.certificate else "http"
        port = server.servers[0].sockets[0].getsockname()[1]
        log.info("Receiving alerts at %s://%s:%s/alerts/", scheme, configuration.listen, port)
    try:
        await serving
    except SystemExit as error:  # uvicorn's way of saying that the address is taken
        raise RecoveryError(f"{configuration.listen}:{configuration.port} cannot be listened at.") from error


async def _warm(applications: Applications, application: str) -> None:
    """Reads what a decision needs before the first alert comes, if it is there."""
    with suppress(Exception):
        await applications.surroundings(application)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One receiver a store: two would each begin what the other has begun."""
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(lock, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy(f"Another receiver works with {path}.", remedy="Stop it, or give this one a store.") from error
        yield
