"""Fences the primary: from here on no write can reach it, and that is proved."""

from datetime import timedelta

from blocks.fences.kind import Fence, FenceProof
from recovery.decision import Decision, go
from recovery.fencing import judge_fences
from recovery.outcome import Outcome, did
from tasks.raise_fences import raise_fences
from tasks.run import Run
from tasks.verb import verb

TIMEOUT = timedelta(minutes=5)  # an EC2 instance may take minutes to stop


def look(run: Run) -> Decision:
    """The fence is raised even where it seems to stand: raising it twice does no harm, trusting it once might."""
    site, fences = run.plan.sites.primary, run.plan.fence
    return go(f"Cutting the primary in {site.region} off by {' and '.join(fences)}.", fence=list(fences))


@verb("fence primary", look=look, timeout=TIMEOUT, retries=2, delay=1)
def fence_primary(run: Run, seen: Decision) -> Outcome:
    """Raises every fence at once, then proves each by reading it back and by trying to write."""
    fences = {name: run.block(name, Fence) for name in run.plan.fence}  # type: ignore[type-abstract]
    proofs = raise_fences(fences, TIMEOUT.total_seconds() - 10)
    judged = judge_fences(proofs, run.break_glass).or_refuse()
    return did(judged.sentence, **judged.facts, **_facts(proofs))


def _facts(proofs: dict[str, FenceProof]) -> dict[str, object]:
    """What was observed, all of it, and each fence by itself."""
    return {
        "method": " and ".join(proof.method for proof in proofs.values()),
        "evidence": [sentence for proof in proofs.values() for sentence in proof.evidence],
        "at": max(proof.at for proof in proofs.values()).isoformat(),
        "fences": {name: proof.model_dump(mode="json") for name, proof in proofs.items()},
    }
