"""Whether a backup was read from the same places as the one before it: a backup of the wrong database proves equal to
that wrong database, and only where it was read from tells."""

from recovery.manifest import Manifest


def moved_origins(manifest: Manifest, before: Manifest) -> tuple[str, ...]:
    """What differs between two backups of one application in where their parts were read from.

    A recovery moves an application to another place on purpose, so this is a question for a person, not a verdict.

    Args:
        manifest: the backup to look at.
        before: an earlier one that was proved.

    Returns:
        One sentence a part; none where nothing moved.
    """
    found = []
    earlier = {part.name: part for part in before.parts}
    for part in manifest.parts:
        was = earlier.pop(part.name, None)
        if was is None:
            found.append(f"Part {part.name} of backup {manifest.backup} is new: {before.backup} has none of that name.")
        elif (was.kind, was.origin) != (part.kind, part.origin):
            found.append(
                f"Part {part.name} of backup {manifest.backup} was read from {part.origin}, but in {before.backup} "
                f"from {was.origin}: it is a backup of another place, unless the application was moved."
            )
    found.extend(f"Backup {manifest.backup} has no part {name}, which {before.backup} has." for name in earlier)
    return tuple(found)
