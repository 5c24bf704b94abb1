"""The restore point of a backup, at which it is known what a database held; told in the backup's annotations."""

import time
from secrets import token_hex

from blocks.snapshots.content_record import digest, keep_content
from blocks.snapshots.pgbackrest_label import DIGEST, NAME, NO_POINT, POINT, SEGMENT, Label
from blocks.snapshots.pgbackrest_settings import PgBackRestSettings
from blocks.snapshots.postgresql_point import known_point
from recovery.errors import RecoveryError

ANSWER_SECONDS = 120
ARCHIVE_SECONDS = 300


def set_point(settings: PgBackRestSettings, name: str, label: Label) -> Label:
    """Sets the point, waits until its part of the log is in the repository, and annotates the backup, last of all.

    Args:
        settings: of the live database and the repository.
        name: of the backup.
        label: the backup, finished.

    Returns:
        The backup with its annotations.
    """

    # A take that was cut off after its point leaves that in the log: the next one must have another name.
    unique = f"{NAME}-{name}-{token_hex(3)}"
    server = settings.server(settings.host, settings.port)
    found = known_point(server, unique, settings.quiet_seconds, lambda segment: _archived(settings, segment))
    notes = dict.fromkeys((POINT, SEGMENT, DIGEST), NO_POINT)
    if found is not None:
        notes = {POINT: found.name, SEGMENT: found.segment, DIGEST: digest(found.content)}
        if settings.records:
            keep_content(found.content, settings.records, name)
    words = [f"--annotation={note}={value}" for note, value in notes.items()]
    settings.pgbackrest.run("annotate", f"--set={label.label}", *words, seconds=ANSWER_SECONDS)
    return label.model_copy(update={"notes": label.notes | notes})


def _archived(settings: PgBackRestSettings, segment: str) -> None:
    with settings.server(settings.host, settings.port).connected(settings.database) as live:
        live.execute("select pg_switch_wal()")
    deadline = time.monotonic() + ARCHIVE_SECONDS
    while settings.pgbackrest.newest_segment(ANSWER_SECONDS) < segment:
        if time.monotonic() > deadline:
            told = f"The log's file {segment} did not reach the repository within {ARCHIVE_SECONDS} s."
            remedy = "See what archive_command says in the server's log, mend it, and take the same backup again."
            raise RecoveryError(told, changed="The backup is there, but has no known point yet.", remedy=remedy)
        time.sleep(0.1)
