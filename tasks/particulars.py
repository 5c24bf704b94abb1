"""Who and what a run is: what its journal opens with, and what its messages link to."""

import getpass
import socket
from typing import Any

from prefect.context import FlowRunContext
from prefect.settings import get_current_settings

from recovery.model import now
from tasks.run import Run


def particulars(run: Run) -> dict[str, Any]:
    """What the journal opens with."""
    sites, objectives = run.plan.sites, run.plan.objectives
    return {
        "incident": run.incident,
        "application": run.plan.application,
        "plan": {
            "rto_seconds": objectives.rto.total_seconds(),
            "rpo_seconds": objectives.rpo.total_seconds(),
            "owner": run.plan.owner,
            "primary": {"region": sites.primary.region, "address": sites.primary.address},
            "standby": {"region": sites.standby.region, "address": sites.standby.address},
        },
        "dry_run": run.dry_run,
        "break_glass": run.break_glass,
        "started_by": _who(),
        "initiator": run.initiator,
        "flow_run": _flow_run(),
        "started_at": now().isoformat(),
    }


def _who() -> str:
    context = FlowRunContext.get()
    if context and context.flow_run:
        return f"Prefect flow run {context.flow_run.name}"
    return f"{getpass.getuser()} on {socket.gethostname()}, without a Prefect server"


def _flow_run() -> str | None:
    context = FlowRunContext.get()
    return str(context.flow_run.id) if context and context.flow_run else None


def links() -> dict[str, str]:
    """The run's page, where there is a server with one."""
    flow_run, ui = _flow_run(), get_current_settings().ui_url
    return {"Open the run": f"{ui}/runs/flow-run/{flow_run}"} if flow_run and ui else {}
