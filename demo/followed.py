"""Follows a Prefect flow run by its journal, step by step."""

import time
from collections.abc import Iterator

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowFilter, FlowFilterName

from recovery.errors import RecoveryError
from recovery.history import find_run
from recovery.journal import Line

POLL = 0.1  # seconds


def start_run(client: SyncPrefectClient, deployment: str, parameters: dict[str, object]) -> str:
    """Asks for a run, as a button in the UI would. Returns its identifier."""
    found = client.read_deployment_by_name(deployment)
    return str(client.create_flow_run_from_deployment(found.id, parameters=parameters).id)


def follow(client: SyncPrefectClient, flow_run: str, seconds: float) -> Iterator[Line]:
    """Yields every line of the run's journal as it is written, until the run has ended.

    Raises:
        RecoveryError: the run failed, or did not end within `seconds`.
    """
    seen, deadline, checked = 0, time.monotonic() + seconds, 0.0
    while time.monotonic() < deadline:
        lines = find_run(flow_run)
        yield from lines[seen:]
        seen = len(lines)
        if time.monotonic() - checked > 0.5:
            state = client.read_flow_run(flow_run).state  # type: ignore[arg-type]
            checked = time.monotonic()
            if state and state.is_completed():
                yield from find_run(flow_run)[seen:]
                return
            if state and state.is_final():
                raise RecoveryError(f"The run ended as {state.name}: {state.message}", changed="See its log in the UI.")
        time.sleep(POLL)
    raise RecoveryError(f"The run {flow_run} did not end within {seconds:g} s.", changed="See its log in the UI.")


def runs_of(client: SyncPrefectClient, flow: str) -> set[str]:
    """The identifiers of the newest runs of a flow."""
    wanted = FlowFilter(name=FlowFilterName(any_=[flow]))
    return {str(run.id) for run in client.read_flow_runs(flow_filter=wanted, limit=50)}


def await_run(client: SyncPrefectClient, flow: str, known: set[str], seconds: float) -> str:
    """Waits for a run that somebody else asks for.

    Args:
        known: runs that were there before.
        seconds: how long to wait.
    """
    deadline = time.monotonic() + seconds
    while not (new := runs_of(client, flow) - known):
        if time.monotonic() > deadline:
            raise RecoveryError(f"No run of {flow} began within {seconds:g} s.", remedy="See logs/monitor.log.")
        time.sleep(POLL)
    return new.pop()
