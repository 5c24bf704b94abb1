"""A recovery that was taken back before anything was touched ends as Cancelled: nothing failed."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Cancelled

from recovery.errors import Withdrawn

Parameters = ParamSpec("Parameters")
Playbook = Callable[Parameters, Awaitable[str]]


def cancelled_when_withdrawn(playbook: "Playbook[Parameters]") -> "Playbook[Parameters]":
    """Put it between `@flow` and the playbook. Without a Prefect server, `Withdrawn` is raised as it is."""

    @functools.wraps(playbook)
    async def carried_out(*args: Parameters.args, **options: Parameters.kwargs) -> Any:
        try:
            return await playbook(*args, **options)
        except Withdrawn as withdrawn:
            if FlowRunContext.get() is None:
                raise
            end: State[Any] = Cancelled(message=str(withdrawn))
            return end

    return carried_out
