"""Fences a site of an active-active application that was taken out, where the plan names a fence; opens it again."""

from datetime import timedelta

from blocks.fences.kind import Fence
from recovery.decision import Decision, done, go
from recovery.fencing import judge_fences
from recovery.outcome import Outcome, did
from tasks.fence_primary import facts_of
from tasks.raise_fences import raise_fences
from tasks.rotation import fences_of
from tasks.run import Run
from tasks.verb import verb

TIMEOUT = timedelta(minutes=5)


def look(run: Run, site: str) -> Decision:
    """Both sites take writes while all is well: a fence only keeps a sick one from going on by itself."""
    if not (fences := fences_of(run, site)):
        return done(f"The plan names no fence for the {site}.")
    return go(f"Cutting the {site} off by {' and '.join(fences)}.", fence=list(fences))


@verb(
    "fence site",
    look=look,
    timeout=TIMEOUT,
    retries=2,
    delay=1,
    undo="lifeboat run failback lowers it before the site is put back.",
)
def fence_site(run: Run, site: str, seen: Decision) -> Outcome:
    """Raises every fence at once, then proves each."""
    fences = {name: run.block(name, Fence) for name in fences_of(run, site)}  # type: ignore[type-abstract]
    proofs = raise_fences(fences, TIMEOUT.total_seconds() - 10)
    judged = judge_fences(proofs, run.break_glass).or_refuse()
    return did(judged.sentence, **judged.facts, **facts_of(proofs))


def look_to_open(run: Run, site: str) -> Decision:
    if not (fences := fences_of(run, site)):
        return done(f"The plan names no fence for the {site}.")
    return go(f"Lowering {' and '.join(fences)} around the {site}.", fence=list(fences))


@verb(
    "open site",
    look=look_to_open,
    timeout=timedelta(minutes=3),
    retries=2,
    undo="Raise it again by hand if the site is not put back.",
)
def open_site(run: Run, site: str, seen: Decision) -> Outcome:
    """Behind its fence it could not pass a health probe that writes."""
    for name in fences_of(run, site):
        run.block(name, Fence).lower()  # type: ignore[type-abstract]
    return did(f"{' and '.join(fences_of(run, site))} lowered: the {site} can be reached.")
