"""Which step of a failover waits for which, by the plan's strategy. Pure."""

from recovery.plan import Plan

DETECTION, START = "detection", "start of the run"
RESTORE, CATCH_UP = "restore ", "catch up "


def order_of(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    """What waits for what, as `flows/failover.py` runs it; a test holds the two against each other."""
    if plan.strategy == "active-active":
        return _chain(DETECTION, START, "declare incident", "approve", "take site out", "fence site", "probe rotation")
    restores = [(_brings(plan, name), _needs(plan, name)) for name in _sorted_components(plan)]
    return [
        (DETECTION, ()),
        (START, (DETECTION,)),
        ("declare incident", (START,)),
        ("choose backup", ("declare incident",)),
        ("plan Terraform", ("declare incident",)),
        ("approve", ("choose backup", "plan Terraform")),
        ("fence primary", ("approve",)),
        *restores,
        ("apply Terraform", ("fence primary",)),
        ("measure data loss", (*(name for name, _ in restores), "apply Terraform")),
        ("promote standby", ("measure data loss",)),
        ("configure standby", ("promote standby",)),
        ("probe health", ("configure standby",)),
        ("swap DNS", ("probe health",)),
        ("probe DNS", ("swap DNS",)),
    ]


def _chain(*names: str) -> list[tuple[str, tuple[str, ...]]]:
    """Each after the one before it."""
    return [(name, names[index - 1 : index] if index else ()) for index, name in enumerate(names)]


def _brings(plan: Plan, name: str) -> str:
    return f"{CATCH_UP if plan.components[name].replica else RESTORE}{name}"


def _needs(plan: Plan, name: str) -> tuple[str, ...]:
    """One that has a replica is there already: it waits for none, and none for it."""
    part = plan.components[name]
    after = [] if part.replica else [needed for needed in part.after if not plan.components[needed].replica]
    return ("fence primary", *(_brings(plan, needed) for needed in after))


def _sorted_components(plan: Plan) -> list[str]:
    """Each component after those that must be restored first."""
    ordered: list[str] = []
    while len(ordered) < len(plan.components):
        ready = [
            name for name, part in plan.components.items() if name not in ordered and set(part.after) <= set(ordered)
        ]
        ordered += ready or [name for name in plan.components if name not in ordered]
    return ordered
