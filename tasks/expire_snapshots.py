"""Lets a provider remove those of its own backups that no rule of the plan keeps."""

from datetime import timedelta

from recovery.decision import Decision, done, go
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.retention import Rules
from recovery.snapshots import decide_expiry
from tasks.holds import removal
from tasks.run import Run
from tasks.snapshots import at_live_site, managed, records
from tasks.verb import verb


def look(run: Run, snapshot: str) -> Decision:
    """Lists the backups, and decides about each."""
    keep = run.plan.snapshots[snapshot].keep
    if keep is None:
        return done(f"The plan does not say which backups of {snapshot} to keep: all stay.")
    free = removal(run)
    if free.verdict != "go":
        return free
    active, block = at_live_site(run, snapshot)
    if block is None:
        return active
    taken = block.backups()
    counting = {one.reference for one in records(run).read(run.plan.application, snapshot) if one.counts}
    proved = {each.name for each in taken if each.reference in counting}
    rules = Rules.model_validate(keep.model_dump())
    keeping, said = decide_expiry({each.name: each.taken_at for each in taken}, proved, rules, now())
    for sentence in said:
        run.say(f"{snapshot}: {sentence}")
    going = len(taken) - len(keeping)
    if not going:
        return done(f"Every backup of {snapshot} is kept by a rule.", kept=len(keeping))
    return go(f"{going} of {len(taken)} backups of {snapshot} go.", keep=list(keeping), **active.facts)


@verb("expire snapshots of {snapshot}", look=look, timeout=timedelta(hours=1), retries=1)
def expire_snapshots(run: Run, snapshot: str, seen: Decision) -> Outcome:
    """What a lock holds, or another backup needs, is left, and said."""
    block = managed(run, snapshot, str(seen.facts["site"]))
    assert block is not None
    expired = block.expire(seen.facts["keep"])
    said = f"{len(expired.removed)} backups of {snapshot} removed."
    return did(" ".join([said, *expired.held]), removed=list(expired.removed), held=list(expired.held))
