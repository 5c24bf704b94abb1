"""The restore point of a backup, at which it is known what a database held; told in the backup's annotations."""

from secrets import token_hex

from blocks.snapshots.content_record import digest, keep_content
from blocks.snapshots.pgbackrest_label import DIGEST, NAME, NO_POINT, POINT, SEGMENT, Label
from blocks.snapshots.pgbackrest_settings import PgBackRestSettings
from blocks.snapshots.postgresql_point import known_point

ANSWER_SECONDS = 120


def set_point(settings: PgBackRestSettings, name: str, label: Label) -> Label:
    """Sets the point, waits until its part of the log is in the repository, and annotates the backup, last of all.

    Args:
        settings: of the live database and the repository.
        name: of the backup.
        label: the backup, finished.

    Returns:
        The backup with its annotations.
    """

    def archived() -> None:
        # Switches to the next file of the log, and waits until the last is in the repository.
        settings.pgbackrest.run("check", seconds=settings.timeout_seconds)

    # A take that was cut off after its point leaves that in the log: the next one must have another name.
    unique = f"{NAME}-{name}-{token_hex(3)}"
    found = known_point(settings.server(settings.host, settings.port), unique, settings.quiet_seconds, archived)
    notes = dict.fromkeys((POINT, SEGMENT, DIGEST), NO_POINT)
    if found is not None:
        notes = {POINT: found.name, SEGMENT: found.segment, DIGEST: digest(found.content)}
        if settings.records:
            keep_content(found.content, settings.records, name)
    words = [f"--annotation={note}={value}" for note, value in notes.items()]
    settings.pgbackrest.run("annotate", f"--set={label.label}", *words, seconds=ANSWER_SECONDS)
    return label.model_copy(update={"notes": label.notes | notes})
