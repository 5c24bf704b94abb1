"""Lowers the fences that an earlier failover left around the site that the application now moves to."""

from datetime import timedelta

from blocks.fences.kind import Fence
from recovery.decision import Decision, done, go, refuse
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, fence: Outcome) -> Decision:
    """Only once the other site takes no more writes: behind these fences may be an application with old data."""
    back = run.plan.failback
    if back is None:
        return done("Nothing was fenced around this site.")
    if fence.state != "would" and not fence.facts.get("proved") and not run.break_glass:
        return refuse("The live site is not fenced, so the other one stays fenced.", "Fence it, then run this again.")
    return go(f"Lowering {' and '.join(back.fence)} around {run.plan.sites.standby.region}.", fence=list(back.fence))


@verb(
    "open target",
    look=look,
    timeout=timedelta(minutes=3),
    retries=2,
    undo="Raise it again by hand if the failback is given up: the data behind it is old.",
)
def open_target(run: Run, fence: Outcome, seen: Decision) -> Outcome:
    """Without this, nothing could be restored there."""
    names = dict.fromkeys([*seen.facts["fence"], *(run.plan.failback.drain if run.plan.failback else ())])
    for name in names:
        run.block(name, Fence).lower()  # type: ignore[type-abstract]
    return did(f"{' and '.join(names)} are lowered.")
