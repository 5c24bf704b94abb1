"""Looks whether every object that a backup's manifest names is in the vault, in its full length."""

from datetime import timedelta

from blocks.vaults.kind import Vault
from recovery.decision import Decision, go
from recovery.errors import NotProved, Unreachable
from recovery.manifest import Manifest
from recovery.outcome import Outcome, did
from recovery.uploads import Chunk
from tasks.progress import Progress
from tasks.run import Run
from tasks.verb import verb

MOST_NAMED = 10


def look(run: Run, backup: str, progress: Progress) -> Decision:
    return go(f"Looking for every object of backup {backup}.", backup=backup)


@verb("list objects", look=look, timeout=timedelta(minutes=10), retries=2, reads=True)
def list_objects(run: Run, backup: str, progress: Progress, seen: Decision) -> Outcome:
    """Finds what is missing or cut short within seconds, before anything is fetched.

    One vault that has everything is enough to restore from; what another lacks is told.
    """
    manifest = run.backups.manifest(run.plan.application, backup)
    policy, lacking = run.plan.backup, dict[str, list[str]]()
    unreached: Unreachable | None = None
    for name in (policy.vault, *policy.copies):
        try:
            lacking[name] = _lacks(manifest, run.block(name, Vault))  # type: ignore[type-abstract]
        except Unreachable as error:
            unreached, lacking[name] = error, [error.what.rstrip(".")]
    said = [f"{_named(wrong)}{f' in {name}' if policy.copies else ''}" for name, wrong in lacking.items() if wrong]
    if len(said) == len(lacking):
        if unreached:
            raise unreached  # what could not be looked at may be whole
        raise NotProved(
            f"Backup {backup} of {manifest.application} is not whole: {'; '.join(said)}.",
            remedy="Restore another backup: the list says which ones were proved.",
        )
    progress.warnings += [f"Backup {backup} is whole in another vault only: {each}." for each in said]
    return did(f"All objects of backup {backup} are there.", whole_in=[name for name in lacking if not lacking[name]])


def _lacks(manifest: Manifest, vault: Vault) -> list[str]:
    """What of a backup is not in a vault as it should be."""
    chunks = manifest.chunks
    # Groups that did not change lie with the earlier backup that sent them.
    places = {manifest.prefix, *("/".join(chunk.key.split("/")[:3]) + "/" for chunk in chunks)}
    sizes = {entry.key: entry.size for place in sorted(places) for entry in vault.entries(place)}
    wrong = [_wrong(chunk, sizes.get(chunk.key)) for chunk in chunks if sizes.get(chunk.key) != chunk.size]
    return wrong if manifest.key in sizes else [*wrong, f"{manifest.key}, its key, is missing"]


def _named(wrong: list[str]) -> str:
    more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
    return "; ".join(wrong[:MOST_NAMED]) + more


def _wrong(chunk: Chunk, size: int | None) -> str:
    if size is None:
        return f"{chunk.key} is missing"
    return f"{chunk.key} has {size} bytes, not {chunk.size}: it was cut short or replaced"
