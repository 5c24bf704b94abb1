"""Restores one component of a backup beside the live data, and proves it equal to what was backed up."""

from datetime import timedelta

from recovery.choose import may_restore
from recovery.content import prove
from recovery.decision import Decision, go
from recovery.errors import NotProved
from recovery.outcome import Outcome, did
from recovery.resume import keeps, keeps_promoted
from tasks.progress import Progress
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, component: str, backup: str, scratch: bool, progress: Progress) -> Decision:
    """Refuses a target that is the source itself."""
    part = run.plan.components[component]
    target = run.source(part.scratch if scratch else part.restore_to)
    decision = may_restore(run.source(part.source).address, target.address)
    return decision.model_copy(update={"facts": {"backup": backup, "part": component, **decision.facts}})


def still(run: Run, component: str, backup: str, scratch: bool, progress: Progress, before: Outcome) -> Decision:
    """Once promoted it is never restored again; until then it stands where it is the same backup's, and still equal."""
    if run.earlier.past_return or scratch:
        return keeps_promoted(run.earlier, before)
    if before.facts.get("backup") != backup:
        return go(f"{component} was restored from {before.facts.get('backup')}; {backup} is to be restored now.")
    target = run.source(run.plan.components[component].restore_to)
    manifest = run.backups.manifest(run.plan.application, backup)
    proof = prove(run.backups.expected(manifest, component), target.content(staged=True))
    return keeps(before) if proof.equal else go(f"What was restored of {component} is {proof.sentence}")


@verb(
    "restore {component}",
    look=look,
    still=still,
    timeout=timedelta(hours=6),
    retries=1,
    undo="lifeboat abandon INCIDENT removes the copy beside the live data; live data is not touched.",
)
def restore_backup(run: Run, component: str, backup: str, scratch: bool, progress: Progress, seen: Decision) -> Outcome:
    """Fetches, decrypts and restores it, computes every fingerprint again, and compares."""
    part = run.plan.components[component]
    target = run.source(part.scratch if scratch else part.restore_to)
    store = run.backups
    manifest = store.manifest(run.plan.application, backup)
    folder = run.scratch("restore")
    size = sum(archive.size for archive in manifest.part(component).archives)
    with target.restoring(size, folder, run.say) as sink:
        store.pour(manifest, component, sink, run.say)
        progress.reached(component, "checksummed")
    progress.reached(component, "restored")
    expected = store.expected(manifest, component)
    proof = prove(expected, target.content(staged=True))
    if not proof.equal:
        target.discard()
        raise NotProved(
            f"{component} of backup {backup} was restored, but is {proof.sentence}",
            changed="The restored copy was removed; live data was not touched.",
            remedy="Take another backup: the list says which ones were proved.",
        )
    progress.reached(component, "proved equal")
    total = sum(item.count for item in expected.items.values())
    facts = {"backup": backup, "part": component, "proved": True, "checked": proof.checked, "bytes": size}
    counted = {"rows": total} if expected.kind == "postgresql" else {"file_bytes": total}
    newest = {"newest": expected.newest.isoformat()} if expected.newest else {}
    return did(f"{component}: {proof.sentence}", **facts, **counted, **newest, taken_at=expected.taken_at.isoformat())
