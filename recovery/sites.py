"""Which site may be taken off, and how: gracefully or not."""

from collections.abc import Sequence
from typing import Literal

from recovery.decision import Decision, go, refuse
from recovery.model import Frozen

Wanted = Literal["graceful", "ungraceful", "whichever can be"]


class SiteState(Frozen):
    """A site other than the one that is to be taken off.

    Args:
        name: of it.
        on: it serves the application now.
        can_be_brought_on: it does not, but all that is needed for it is there.
        sentence: how that is known.
    """

    name: str
    on: bool
    can_be_brought_on: bool
    sentence: str


def keep_one_on(off: str, others: Sequence[SiteState]) -> Decision:
    """Whether a site may be taken off: at least one must stay on, or be ready to come on.

    Args:
        off: the site that is to be taken off.
        others: all the others.
    """
    said = "; ".join(f"{each.name}: {each.sentence.rstrip('.')}" for each in others) or "there is no other site"
    if on := [each.name for each in others if each.on]:
        return go(f"{', '.join(on)} stays on when {off} is taken off ({said}).", left=on)
    if ready := [each.name for each in others if each.can_be_brought_on]:
        return go(f"{', '.join(ready)} can be brought on when {off} is taken off ({said}).", left=ready)
    remedy = "Make another site ready first; then run the playbook again."
    return refuse(f"Taking {off} off would leave no site on ({said}).", remedy, left=[])


def decide_grace(wanted: Wanted, answers: bool, drains: bool) -> Decision:
    """Whether to fail over gracefully, losing nothing, or not.

    Args:
        wanted: what the operator asked for.
        answers: the primary answers its health probe.
        drains: its writes can be held back while the last ones are brought over.

    Returns:
        `go` with the fact `mode`, or a refusal.
    """
    if answers and drains and wanted != "ungraceful":
        return go("The primary lives and its writes can be held back: nothing is lost.", mode="graceful")
    why = "the primary does not answer" if not answers else "the primary answers, but its writes cannot be held back"
    if wanted == "graceful":
        remedy = "Run the failover ungracefully; what was written since the newest proved copy is lost."
        return refuse(f"A graceful failover is not possible: {why}.", remedy)
    if answers and drains:
        why = "it was asked for so, although the primary lives and could be drained"
    return go(f"Failing over without grace, as {why}: what was written last may be lost.", mode="ungraceful")
