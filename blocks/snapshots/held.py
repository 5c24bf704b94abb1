"""What our tags say of snapshots: which of them make a whole backup, and which may go. Pure."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from blocks.snapshots.kind import Taken
from recovery.errors import RecoveryError
from recovery.model import Frozen

SOURCE, BACKUP, PART, PARTS = "lifeboat:source", "lifeboat:backup", "lifeboat:part", "lifeboat:parts"
TAKEN, SIZE, RESTORED = "lifeboat:taken-at", "lifeboat:size", "lifeboat:restored"
GIB = 1024**3

State = Literal["pending", "whole", "failed"]


class Held(Frozen):
    """One snapshot that carries our tags, in one region.

    Args:
        name: of the backup that it is of, or is a part of.
        reference: what the provider calls it.
        part: which part it is, where a backup is of several volumes.
        parts: of how many parts the backup is.
        state: whether AWS is done with it.
        taken_at: the moment of the source's snapshot.
        size: in bytes, as read back.
        expected_size: in bytes, of what it is a copy of, where it is one.
        keys: the ARN of the KMS key of each disk in it; None where one is not encrypted.
    """

    name: str
    reference: str
    part: str = ""
    parts: int = 1
    state: State
    taken_at: datetime
    size: int
    expected_size: int | None = None
    keys: tuple[str | None, ...]

    @property
    def copy_tags(self) -> dict[str, str]:
        """What a copy of this one carries, so that it tells all without its source."""
        about = {TAKEN: self.taken_at.isoformat(), SIZE: str(self.size)}
        return {BACKUP: self.name, PART: self.part, PARTS: str(self.parts)} | about


class Restored(Frozen):
    """What stands restored of one backup.

    Args:
        reference: what the provider calls it.
        endpoint: host and port, where it is a database.
        problems: what is wrong with it, one sentence each.
    """

    reference: str
    endpoint: tuple[str, int] | None = None
    problems: tuple[str, ...] = ()


def read_held(tags: Mapping[str, str], **facts: Any) -> Held | None:
    """Joins what AWS tells of a snapshot with its tags; None where the tags are not ours."""
    if BACKUP not in tags:
        return None
    if TAKEN in tags:
        facts["taken_at"] = datetime.fromisoformat(tags[TAKEN])
    size = int(tags[SIZE]) if SIZE in tags else None
    part = tags.get(PART) or facts.pop("part", "")
    facts.pop("part", None)
    return Held(name=tags[BACKUP], part=part, parts=int(tags.get(PARTS, "1")), expected_size=size, **facts)


def by_name(held: Iterable[Held]) -> dict[str, list[Held]]:
    found: dict[str, list[Held]] = {}
    for each in held:
        found.setdefault(each.name, []).append(each)
    return found


def whole(held: Sequence[Held]) -> list[Held]:
    """One whole snapshot for every part of a backup; nothing where one is missing or not done."""
    parts = {each.part: each for each in sorted(held, key=lambda each: each.reference) if each.state == "whole"}
    return [parts[part] for part in sorted(parts)] if held and len(parts) == held[0].parts else []


def as_taken(held: Sequence[Held], place: str) -> Taken:
    return Taken(
        name=held[0].name,
        reference=",".join(each.reference for each in held),
        place=place,
        taken_at=min(each.taken_at for each in held),
        size=sum(each.size for each in held),
        encrypted=all(all(each.keys) for each in held),
    )


def newest_whole(copies: Mapping[str, Sequence[Held]]) -> str:
    return max((name for name, held in copies.items() if whole(held)), default="")


def going(copies: Mapping[str, Sequence[Held]], keep: Collection[str]) -> list[str]:
    """The names that may go: those not kept and older than the newest whole one, what was never finished among them."""
    newest = newest_whole(copies)
    return sorted(name for name in copies if name < newest and name not in keep)


def identifier(address: str, name: str) -> str:
    """A name for a thing of AWS's made of a source's backup: always the same one, and nobody else's.

    Raises:
        RecoveryError: AWS would not take it.
    """
    if not name.replace("-", "").isalnum() or "--" in name or name.endswith("-") or len(name) > 40:
        remedy = "Use letters, digits and single hyphens, 40 at most."
        raise RecoveryError(f"{name!r} cannot name a snapshot.", remedy=remedy)
    return f"lifeboat-{hashlib.sha256(address.encode()).hexdigest()[:8]}-{name.lower()}"


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items() if value]


def tags_of(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in listed}
