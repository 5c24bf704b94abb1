"""Ageing out: only what carries our tags and is older than the newest whole copy, and the copy before its source."""

from collections.abc import Callable, Collection, Mapping, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from blocks.amazon import error_code, is_refusal
from blocks.snapshots.held import Held, by_name, going, newest_whole
from blocks.snapshots.kind import Expired

Find = Callable[[str], list[Held]]
Remove = Callable[[str, str], None]


def expire(find: Find, remove: Remove, recovery_region: str, region: str, keep: Collection[str]) -> Expired:
    """Removes every backup that is not kept, in both regions.

    Args:
        find: every snapshot of ours in a region.
        remove: removes one, by region and reference.
        recovery_region, region: of the copies, and of the source.
        keep: the names that stay.
    """
    copies = by_name(find(recovery_region))
    held: list[str] = []
    gone = [name for name in going(copies, keep) if _removed(remove, recovery_region, copies[name], held)]
    left = {name: snapshots for name, snapshots in copies.items() if name not in gone}
    held += _expire_sources(find, remove, region, left, keep)
    return Expired(removed=tuple(gone), held=tuple(held))


def _expire_sources(
    find: Find, remove: Remove, region: str, left: Mapping[str, Sequence[Held]], keep: Collection[str]
) -> list[str]:
    """Removes the snapshots beside the source whose copies are gone. A region that is down must not stop expiry."""
    held: list[str] = []
    try:
        sources = by_name(find(region))
    except BotoCoreError as error:
        return [f"The snapshots in {region} stay: it could not be reached ({type(error).__name__})"]
    for name in sorted(sources.keys() - left.keys() - set(keep)):
        if name < newest_whole(left):
            _removed(remove, region, sources[name], held)
    return held


def _removed(remove: Remove, region: str, snapshots: Sequence[Held], held: list[str]) -> bool:
    """Removes them; whether all are gone. What AWS will not let go stays, and is told."""
    before = len(held)
    for each in snapshots:
        try:
            remove(region, each.reference)
        except ClientError as error:
            if is_refusal(error):
                raise
            held.append(f"{each.name}: AWS does not let {each.reference} in {region} go ({error_code(error)})")
    return len(held) == before
