"""What a Terraform plan would do, by the events that `terraform plan -json` printed while it planned. Pure.

With a cloud's provider, `terraform show` costs seconds to repeat what the plan has said already. Wherever these events
leave a doubt, `read_events` says so, and the plan file is read after all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from recovery.terraform import Changes

# Source: "Machine-readable UI" of Terraform's documentation, planned_change: its `action`.
_KINDS = {"create": "create", "update": "update", "delete": "destroy", "replace": "replace"}
_HARMLESS = ("noop", "read", "move")
KEPT = ("planned_change", "change_summary", "outputs")


def read_events(events: Sequence[Mapping[str, Any]]) -> Changes | None:
    """Reads the events of a plan that ended without an error.

    Args:
        events: those of the types `KEPT`, and any of deferred changes, in their order.

    Returns:
        What the plan would do, without `kept`; or None where the events do not say it for certain: an action that is
        not known here, counts that differ from Terraform's own summary, or no summary.
    """
    planned = [event["change"] for event in events if event["type"] == "planned_change"]
    summaries = [event["changes"] for event in events if event["type"] == "change_summary"]
    if len(summaries) != 1 or any(event["type"] not in KEPT for event in events):
        return None
    found: dict[str, list[str]] = {kind: [] for kind in (*_KINDS.values(), "tainted")}
    for change in planned:
        action, address = change["action"], change["resource"]["addr"]
        if action in _HARMLESS:
            continue
        if action not in _KINDS:
            return None
        found[_KINDS[action]].append(address)
        if action == "replace" and change.get("reason") == "tainted":
            found["tainted"].append(address)
    if _counted(found) != {name: summaries[0].get(name, 0) for name in ("add", "change", "remove")}:
        return None
    addresses = {kind: tuple(sorted(names)) for kind, names in found.items()}
    return Changes.model_validate({**addresses, "outputs": _outputs(events)})


def _counted(found: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """As Terraform counts: a replacement is added and removed."""
    replaced = len(found["replace"])
    return {
        "add": len(found["create"]) + replaced,
        "change": len(found["update"]),
        "remove": len(found["destroy"]) + replaced,
    }


def _outputs(events: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    outputs = [event["outputs"] for event in events if event["type"] == "outputs"]
    return tuple(sorted(name for each in outputs for name, out in each.items() if out.get("action") != "noop"))
