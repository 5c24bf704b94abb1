"""Fences the primary: from here on no write can reach it, and that is proved."""

from datetime import timedelta

from blocks.fences.kind import Fence, FenceProof
from recovery.decision import Decision, go
from recovery.errors import RecoveryError
from recovery.fencing import judge_fence
from recovery.model import now
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    """The fence is raised even where it seems to stand: raising it twice does no harm, trusting it once might."""
    site = run.plan.sites.primary
    return go(f"Cutting the primary in {site.region} off by {run.plan.fence}.", fence=run.plan.fence)


@verb(
    "fence primary",
    look=look,
    timeout=timedelta(minutes=2),
    retries=2,
    delay=1,
    undo="lifeboat abandon INCIDENT lowers it, until the standby is promoted.",
)
def fence_primary(run: Run, seen: Decision) -> Outcome:
    """Raises the fence, then proves it by reading it back and by trying to write."""
    fence = run.block(run.plan.fence, Fence)  # type: ignore[type-abstract]
    proof = _raise_and_prove(fence)
    judge_fence(proof.proved, proof.sentence, run.break_glass).or_refuse()
    return did(proof.sentence, **proof.model_dump(mode="json"))


def _raise_and_prove(fence: Fence) -> FenceProof:
    """A fence that cannot be raised is a fence without proof: whether that stops the recovery is decided by the plan's
    rules, so that a broken glass helps where the fence's own API is gone with the primary."""
    try:
        fence.raise_fence()
        return fence.prove()
    except RecoveryError as error:
        evidence = f"the fence could not be raised: {error.what}"
        return FenceProof(proved=False, method=type(fence).__name__, evidence=(evidence,), at=now())
