"""What the receiver asks of the Prefect server."""

import json
from collections.abc import Sequence
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.states import Cancelled

from recovery.alerts.decide import RunState
from recovery.errors import Missing, Refused
from recovery.failover import Alert

AWAY = (httpx.HTTPError, PrefectException, OSError)
_FINAL = (400, 404, 409, 422)  # asked again, the server would say the same
_STATES: dict[StateType, RunState] = {
    StateType.SCHEDULED: "scheduled",
    StateType.PAUSED: "paused",
    StateType.COMPLETED: "ended",
    StateType.FAILED: "ended",
    StateType.CRASHED: "ended",
    StateType.CANCELLED: "ended",
}


class Platform:
    """The server, by one client that stays open."""

    def __init__(self, client: PrefectClient) -> None:
        self._client = client

    async def begin(self, application: str, alert: Alert, *, ask: bool, initiator: str, key: str) -> str:
        """Starts the failover's deployment; asked again with the same key, it gives the same run.

        Returns:
            The flow run's identifier.

        Raises:
            Missing: there is no such deployment.
            Refused: it does not take these parameters.
        """
        try:
            deployment = await self._client.read_deployment_by_name(f"failover/{application}")
        except ObjectNotFound as error:
            what = f"The Prefect server has no deployment failover/{application}."
            raise Missing(what, remedy="Deploy it: prefect deploy --all.") from error
        parameters = {
            "plan": application,
            "mode": "for real",
            "alert": alert.model_dump(mode="json"),
            "initiator": initiator,
            "ask": ask,
        }
        try:
            flow_run = await self._client.create_flow_run_from_deployment(
                deployment.id, parameters=parameters, idempotency_key=key
            )
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in _FINAL:
                raise
            what = f"The Prefect server turned the failover of {application} down ({error.response.status_code})."
            raise Refused(
                what, remedy="Deploy again, as the plan or Lifeboat changed: prefect deploy --all."
            ) from error
        return str(flow_run.id)

    async def state(self, flow_run: str) -> RunState:
        """Where a run stands; one that is gone has ended."""
        try:
            state = (await self._client.read_flow_run(UUID(flow_run))).state
        except ObjectNotFound:
            return "ended"
        return _STATES.get(state.type, "running") if state else "running"

    async def withdraw(self, flow_run: str, reason: str) -> bool:
        """Takes a paused run back by its own form, so that it ends by itself as cancelled, having changed nothing.

        The server takes the answer only while the run is paused: an approval that comes at the same moment wins or
        loses whole. Cancelling instead could hit a failover that was approved just before.

        Returns:
            Whether it was taken.
        """
        answer = {"decision": "withdraw", "approver": reason, "proof": ""}
        try:
            result = await self._client.resume_flow_run(UUID(flow_run), run_input=answer)
        except httpx.HTTPStatusError as error:
            if error.response.status_code < 500:
                return False
            raise
        return result.status.value == "ACCEPT"

    async def cancel(self, flow_run: str) -> bool:
        """Cancels a run that nobody has taken up. Returns whether it was."""
        state: State[object] = Cancelled(message="Its alerts are over.")
        result = await self._client.set_flow_run_state(UUID(flow_run), state)
        return result.status.value == "ACCEPT"

    async def post_events(self, bodies: Sequence[str]) -> None:
        """Hands events over; the server knows one that it has already by its id."""
        response = await self._client.request("POST", "/events", json=[json.loads(each) for each in bodies])
        response.raise_for_status()
