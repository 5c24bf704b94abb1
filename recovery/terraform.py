"""What a Terraform plan would do, and whether it may. Pure: it reads the JSON of `terraform show -json PLANFILE`."""

from collections.abc import Collection, Mapping
from typing import Any

from recovery.decision import Decision, done, go, refuse
from recovery.model import Frozen


class Changes(Frozen):
    """What a plan would do.

    Args:
        create, update, destroy, replace: addresses.
        forget: addresses Terraform would no longer look after, though they go on existing.
        tainted: those of `replace` that an interrupted run left half made.
        outputs: names of the outputs that would change.
        kept: those that stand already and would stay as they are; no data sources.
        complete: Terraform says that the plan is whole and without errors.
    """

    create: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    destroy: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    tainted: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    complete: bool = True

    @classmethod
    def on_record(cls, facts: Mapping[str, Any]) -> "Changes":
        """From the facts of a step, also of one that an earlier version put on record."""
        return cls.model_validate({name: facts[name] for name in cls.model_fields if name in facts})

    @property
    def nothing(self) -> bool:
        """Applying it would change neither a resource nor an output."""
        return not (self.create or self.update or self.destroy or self.replace or self.forget or self.outputs)

    @property
    def sentence(self) -> str:
        """The plan in one line: `3 to create, 1 to update`."""
        counts = {
            "to create": self.create,
            "to update": self.update,
            "to destroy": self.destroy,
            "to replace": self.replace,
            "to forget": self.forget,
            "outputs to change": self.outputs,
        }
        return ", ".join(f"{len(found)} {what}" for what, found in counts.items() if found) or "nothing to change"


# Source: the "change representation" of Terraform's JSON output format.
_KINDS: dict[frozenset[str], str] = {
    frozenset({"create"}): "create",
    frozenset({"update"}): "update",
    frozenset({"delete"}): "destroy",
    frozenset({"delete", "create"}): "replace",
    frozenset({"forget"}): "forget",
    frozenset({"forget", "create"}): "forget",
}
_HARMLESS: tuple[frozenset[str], ...] = (frozenset({"no-op"}), frozenset({"read"}), frozenset())


def summarise(shown: Mapping[str, Any]) -> Changes:
    """Reads the JSON of a plan file. Values, which may be secret, are not looked at.

    Args:
        shown: what `terraform show -json PLANFILE` printed, decoded.
    """
    found: dict[str, list[str]] = {kind: [] for kind in (*_KINDS.values(), "tainted", "kept")}
    # Both keys are younger than Terraform 1.6, where a plan file that exists is whole.
    whole = not shown.get("errored", False) and shown.get("complete", True) and not shown.get("deferred_changes")
    for resource in shown.get("resource_changes", []):
        actions = frozenset(resource["change"]["actions"])
        if actions in _HARMLESS:
            if actions == frozenset({"no-op"}) and resource.get("mode", "managed") == "managed":
                found["kept"].append(resource["address"])
            continue
        kind = _KINDS.get(actions)
        whole = whole and kind is not None  # an action nobody here knows is not let through
        if kind:
            found[kind].append(resource["address"])
        if kind == "replace" and resource.get("action_reason") == "replace_because_tainted":
            found["tainted"].append(resource["address"])
    outputs = sorted(
        name for name, change in shown.get("output_changes", {}).items() if change.get("actions") != ["no-op"]
    )
    addresses = {kind: tuple(sorted(names)) for kind, names in found.items()}
    return Changes.model_validate({**addresses, "outputs": tuple(outputs), "complete": bool(whole)})


def judge(changes: Changes, may_destroy: Collection[str], most_created: int | None = None) -> Decision:
    """Whether a plan may be applied.

    Args:
        changes: what it would do.
        may_destroy: addresses that may be destroyed, replaced or forgotten; every other one is refused.
        most_created: how many resources it may create, or None: any number.

    Returns:
        `done` where nothing would change, `go`, or `refuse` with the addresses.
    """
    if not changes.complete:
        return refuse(
            "The Terraform plan is not whole: Terraform reports errors, deferred changes or actions unknown here.",
            remedy="Read the errors above it, mend the module and plan again.",
        )
    losses = {"destroy": changes.destroy, "replace": changes.replace, "forget": changes.forget}
    unwanted = {verb: [name for name in names if name not in may_destroy] for verb, names in losses.items()}
    if any(unwanted.values()):
        return _refuse_losses(unwanted, changes.tainted)
    if most_created is not None and len(changes.create) > most_created:
        return refuse(
            f"The Terraform plan would create {len(changes.create)} resources, and {most_created} are allowed.",
            remedy="Raise drill.most_resources if that is meant.",
        )
    if changes.nothing:
        return done("The standby already is as Terraform wants it.")
    return go(f"Terraform plan: {changes.sentence}.", **_facts(changes))


def _refuse_losses(unwanted: dict[str, list[str]], tainted: tuple[str, ...]) -> Decision:
    losses = " and ".join(f"{verb} {', '.join(names)}" for verb, names in unwanted.items() if names)
    half_made = [name for name in unwanted["replace"] if name in tainted]
    remedy = "If that is meant, name these addresses under infrastructure.may_destroy; if not, mend the module."
    if half_made:
        remedy += f" An interrupted run left {', '.join(half_made)} half made: `terraform untaint` keeps what is there."
    return refuse(f"The Terraform plan would {losses}, which the recovery plan does not allow.", remedy, **unwanted)


def _facts(changes: Changes) -> dict[str, Any]:
    return {name: list(value) for name, value in changes.model_dump(exclude={"complete", "kept"}).items() if value}
