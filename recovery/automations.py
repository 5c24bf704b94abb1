"""The automations that Lifeboat wants of a Prefect server: what no run can tell of itself, because it is dead."""

from collections.abc import Sequence
from typing import Any

from recovery.deployment import TAG
from recovery.plan import Plan
from recovery.telling import decide_told

HEARTBEAT = 30  # seconds; PREFECT_FLOWS_HEARTBEAT_FREQUENCY
SILENCE = 90.0  # seconds without one after which a run is dead
_ENDS = ("Completed", "Failed", "Cancelled", "Crashed")
_FLOW_RUNS = {"prefect.resource.id": "prefect.flow-run.*"}
BODY = """{{ flow_run.state.message }}
No step of it was undone. Look at its journal; started again, it goes on from there.
{{ flow_run|ui_url }}"""


def wanted_automations(plans: Sequence[Plan]) -> dict[str, dict[str, Any]]:
    """Name to automation, in the shape of Prefect's own files; a notification names its block as "type/name"."""
    found = [_crashed()]
    for plan in plans:
        if _told(plan):
            found.append(_nobody_told(plan))
    return {each["name"]: each for each in found}


def _told(plan: Plan) -> list[str]:
    """Who is told that a run failed."""
    return list(decide_told(plan.notifications, "failed").facts["to"])


def _crashed() -> dict[str, Any]:
    """A machine that dies takes its runs with it, and nobody says so: they would be `Running` for ever."""
    return {
        "name": f"{TAG}: a run that is silent has crashed",
        "description": f"A run gives a sign of life every {HEARTBEAT} s. One that gave none for {SILENCE:g} s is dead: "
        "its slot is free again, and the next run goes on from its journal.",
        "tags": [TAG],
        "enabled": True,
        "trigger": {
            "type": "event",
            "posture": "Proactive",
            "after": ["prefect.flow-run.heartbeat"],
            "expect": ["prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in _ENDS)],
            "match": _FLOW_RUNS,
            "for_each": ["prefect.resource.id"],
            "threshold": 1,
            "within": SILENCE,
        },
        "actions": [
            {
                "type": "change-flow-run-state",
                "state": "CRASHED",
                "message": f"It gave no sign of life for {SILENCE:g} s.",
            }
        ],
    }


def _nobody_told(plan: Plan) -> dict[str, Any]:
    """A run that fails tells people itself. One that crashed cannot."""
    return {
        "name": f"{TAG}: a run of {plan.application} crashed",
        "description": f"Tells people when a run of {plan.application} crashes: it can no longer do so itself.",
        "tags": [TAG, plan.application],
        "enabled": True,
        "trigger": {
            "type": "event",
            "posture": "Reactive",
            "expect": ["prefect.flow-run.Crashed"],
            "match": _FLOW_RUNS,
            "match_related": [
                {"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{plan.application}"},
                {"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{TAG}"},
            ],
            "for_each": ["prefect.resource.id"],
            "threshold": 1,
            "within": 0.0,
        },
        "actions": [
            {
                "type": "send-notification",
                "block": block,
                "subject": f"{plan.application}: {{{{ flow.name }}}} crashed",
                "body": BODY,
            }
            for block in _told(plan)
        ],
    }
