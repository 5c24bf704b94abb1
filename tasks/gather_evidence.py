"""Keeps what the old site holds, before anything is rebuilt."""

from recovery.outcome import Outcome
from tasks.keep_evidence import keep_evidence
from tasks.keep_snapshot import keep_snapshot
from tasks.run import Run
from tasks.sign_custody import sign_custody
from tasks.together import together


async def gather_evidence(run: Run) -> Outcome:
    """Every component and every provider's snapshot at once, then the record of them all.

    Returns:
        What was kept, and where its chain of custody lies.
    """
    components = [keep_evidence(run, component=name) for name in run.plan.components]
    snapshots = [keep_snapshot(run, component=name) for name in run.plan.snapshots]
    kept = await together(*components, *snapshots)
    return await sign_custody(run, kept=kept)
