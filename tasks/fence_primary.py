"""Fences the primary: from here on no write can reach it, and that is proved."""

from datetime import timedelta

from blocks.fences.kind import Fence, FenceProof
from recovery.decision import Decision, go
from recovery.fencing import judge_fences
from recovery.outcome import Outcome, did
from recovery.sites import SiteState, keep_one_on
from tasks.raise_fences import raise_fences
from tasks.run import Run
from tasks.verb import verb

TIMEOUT = timedelta(minutes=5)  # an EC2 instance may take minutes to stop


def look(run: Run, backup: Outcome | None = None, replicas: Outcome | None = None) -> Decision:
    """The fence is raised even where it seems to stand: raising it twice does no harm, trusting it once might.

    Args:
        run: the run.
        backup: what the standby will be restored from, where it is: without it no site would be left.
        replicas: where those stand that will be promoted.
    """
    sites, fences = run.plan.sites, run.plan.fence
    if backup is not None and not run.break_glass:
        kept = keep_one_on(sites.primary.region, [_standby(sites.standby.region, backup, replicas)])
        if kept.verdict == "refuse":
            return kept
    return go(f"Cutting the primary in {sites.primary.region} off by {' and '.join(fences)}.", fence=list(fences))


@verb(
    "fence primary",
    look=look,
    timeout=TIMEOUT,
    retries=2,
    delay=1,
    undo="lifeboat abandon INCIDENT lowers it, until the standby is promoted.",
)
def fence_primary(run: Run, seen: Decision, backup: Outcome | None = None, replicas: Outcome | None = None) -> Outcome:
    """Raises every fence at once, then proves each by reading it back and by trying to write."""
    fences = {name: run.block(name, Fence) for name in run.plan.fence}  # type: ignore[type-abstract]
    proofs = raise_fences(fences, TIMEOUT.total_seconds() - 10)
    judged = judge_fences(proofs, run.break_glass).or_refuse()
    return did(judged.sentence, **judged.facts, **facts_of(proofs))


def _standby(name: str, backup: Outcome, replicas: Outcome | None) -> SiteState:
    there = bool(backup.facts.get("backup")) or bool(replicas and replicas.facts.get("replicas"))
    said = " ".join(each.sentence for each in (replicas, backup) if each and each.sentence)
    return SiteState(name=name, on=False, can_be_brought_on=there, sentence=said)


def facts_of(proofs: dict[str, FenceProof]) -> dict[str, object]:
    """What was observed, all of it, and each fence by itself."""
    return {
        "method": " and ".join(proof.method for proof in proofs.values()),
        "evidence": [sentence for proof in proofs.values() for sentence in proof.evidence],
        "at": max(proof.at for proof in proofs.values()).isoformat(),
        "fences": {name: proof.model_dump(mode="json") for name, proof in proofs.items()},
    }
