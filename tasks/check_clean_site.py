"""Makes sure that nothing of the old site, or of an earlier one, is used to rebuild."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from prefect.blocks.core import Block

from recovery.clean_site import judge_apart, judge_targets
from recovery.decision import Decision, done, go
from recovery.errors import RecoveryError, Unreachable
from recovery.outcome import Outcome, did
from recovery.plan_ransomware import RansomwarePolicy
from recovery.resume import keeps
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    """Compares addresses and images, and asks the places to restore to what they hold. Changes nothing."""
    if run.earlier.past_return:
        return done("The standby was promoted: its data is live.")
    policy = run.plan.ransomware or RansomwarePolicy()
    parts = run.plan.components
    wanted = (run.plan.infrastructure.workspace, run.plan.configuration.inventory)
    apart = judge_apart(
        {name: run.source(part.source).address for name, part in parts.items()},
        {name: run.source(part.restore_to).address for name, part in parts.items()},
        {name: [*_values(run.block(name, Block).model_dump())] for name in wanted},
        [run.plan.sites.primary.address, *policy.old_images],
    )
    if apart.verdict == "refuse":
        return apart
    if run.earlier.done("clear targets"):
        return go(f"{apart.sentence} The places to restore to were empty; this incident restores there.")
    empty = judge_targets(what_targets_hold(run), policy.may_erase)
    return empty if empty.verdict == "refuse" else go(f"{apart.sentence} {empty.sentence}", **empty.facts)


@verb("check clean site", look=look, timeout=timedelta(hours=1), retries=1, reads=True)
def check_clean_site(run: Run, seen: Decision) -> Outcome:
    """What stands there already is for Terraform's plan to tell."""
    return did(seen.sentence, **seen.facts)


def look_again(run: Run) -> Decision:
    """Now that everything is built, the places that could not be asked before can be."""
    if run.earlier.past_return:
        return done("The standby was promoted: its data is live, and is never removed.")
    policy = run.plan.ransomware or RansomwarePolicy()
    found = what_targets_hold(run)
    decided = judge_targets(found, policy.may_erase)
    if decided.verdict != "go" or decided.facts["erase"] or decided.facts["unknown"]:
        return decided
    return done("The standby's places are empty.", erase=[])


def still(run: Run, before: Outcome) -> Decision:
    """What is there since is what this incident restored."""
    return keeps(before)


@verb("clear targets", look=look_again, still=still, timeout=timedelta(hours=1), retries=1)
def clear_targets(run: Run, seen: Decision) -> Outcome:
    """Erases what the plan lets it, copies that were kept beside it too; then every place is asked again."""
    for name in seen.facts["erase"]:
        run.source(run.plan.components[name].restore_to).erase()
    found = what_targets_hold(run)
    if unknown := [name for name, count in found.items() if count is None]:
        raise Unreachable(f"The place to restore {', '.join(unknown)} to does not answer: nobody knows what it holds.")
    judge_targets(found, may_erase=False).or_refuse()
    erased = ", ".join(seen.facts["erase"])
    return did(f"{erased} erased; the standby's places are empty." if erased else "The standby's places are empty.")


def what_targets_hold(run: Run) -> dict[str, int | None]:
    """Component to how many items its place holds; None where it could not be asked."""
    found: dict[str, int | None] = {}
    for name, part in run.plan.components.items():
        try:
            found[name] = run.source(part.restore_to).count_live()
        except RecoveryError as error:
            run.say(f"{name}: {error.what}")
            found[name] = None
    return found


def _values(fields: Mapping[str, Any] | list[Any] | Any) -> Iterator[str]:
    """Every value and key in a block that is a text and no secret, however deep."""
    if isinstance(fields, Mapping):
        yield from (key for key in fields if isinstance(key, str))
        for inner in fields.values():
            yield from _values(inner)
    elif isinstance(fields, (list, tuple, set)):
        for inner in fields:
            yield from _values(inner)
    elif isinstance(fields, str):
        yield fields
