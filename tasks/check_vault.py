"""Looks for what no single backup can show: backups that are missing, records that were forged, a source that moved."""

from blocks.backups import BackupStore
from blocks.chat.kind import Message
from blocks.vaults.kind import Posture, Vault
from recovery.choose import BackupSummary
from recovery.decision import Decision, go
from recovery.errors import NotProved, RecoveryError
from recovery.freshness import newest_expected
from recovery.model import now
from recovery.origin import moved_origins
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, backup: str) -> Decision:
    return go("Looking for backups that are missing, records that do not count, and sources that moved.")


@verb("check vault", look=look, retries=1, reads=True)
def check_vault(run: Run, backup: str, seen: Decision) -> Outcome:
    """Tells people what it finds. What means that backups were lost, or meddled with, fails the run as well."""
    store, application = run.backups, run.plan.application
    backups = store.list(application)
    alarms = [*_missing(run, backups), *store.verification_faults(application)]
    alarms += [f"Backup {each.backup}: {each.reason}" for each in backups if each.manifest is None]
    reach, exposed = _reach(run)
    alarms += exposed
    moved = _moved(store, application, backup)
    if alarms or moved:
        title = f"{application}: look at its backups"
        run.tell(Message(incident=run.incident, kind="note", title=title, lines=(*alarms, *moved)))
    if alarms:
        raise NotProved(" ".join(alarms), remedy="Find out who or what did this; a failover passes such backups over.")
    said = " ".join(moved) or "No backup is missing, and every record counts."
    return did(f"{said} {' '.join(reach)}", moved=list(moved), reach=list(reach))


def _reach(run: Run) -> tuple[list[str], list[str]]:
    """What stands between a thief of the vaults' keys and new backups; and the fault, where the plan says it is one."""
    policy, postures = run.plan.backup, list[Posture]()
    for name in (policy.vault, *policy.copies):
        try:
            postures.append(run.block(name, Vault).posture())  # type: ignore[type-abstract]
        except RecoveryError as error:
            run.say(f"What protects {name} could not be seen: {error.what}")
    reach = [each.sentence for each in postures]
    if not policy.must_be_locked or any(each.out_of_reach for each in postures):
        return reach, []
    return reach, [f"No vault keeps new backups out of reach of whoever has its keys: {' '.join(reach)}"]


def _missing(run: Run, backups: list[BackupSummary]) -> list[str]:
    policy = run.plan.backup
    newest = max((each.manifest.taken_at for each in backups if each.manifest), default=None)
    late = newest_expected(newest, policy.schedule, policy.timezone, now(), policy.allowance)
    return [late.sentence] if late.verdict == "refuse" else []


def _moved(store: BackupStore, application: str, backup: str) -> tuple[str, ...]:
    """Compared with the newest other backup that was proved. A failover moves the source on purpose: only told."""
    proved = {one.backup for one in store.verifications(application) if one.shows("proved equal")} - {backup}
    if not proved:
        return ()
    return moved_origins(store.manifest(application, backup), store.manifest(application, max(proved)))
