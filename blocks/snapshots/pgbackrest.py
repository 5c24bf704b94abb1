"""PostgreSQL, physically, with point-in-time recovery, by pgBackRest."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from blocks.snapshots.content_record import digest, kept
from blocks.snapshots.kind import Expired, Shown, Taken
from blocks.snapshots.pgbackrest_expiry import decide_expiry
from blocks.snapshots.pgbackrest_label import DIGEST, NAME, NO_POINT, POINT, Label
from blocks.snapshots.pgbackrest_point import ANSWER_SECONDS, set_point
from blocks.snapshots.pgbackrest_settings import PgBackRestSettings
from blocks.snapshots.postgresql_end import last_replayed
from blocks.snapshots.postgresql_point import content_at
from blocks.snapshots.postgresql_scratch import PORT, ScratchServer, scratch_server
from recovery.content import prove
from recovery.errors import Missing, NotProved

# Which backups go is said one by one, whatever the configuration says of retention.
OURS_ALONE = ("--repo1-retention-full-type=count", "--reset-repo1-retention-diff", "--reset-repo1-retention-archive")
ALL_STAY = "--repo1-retention-full=9999999"
TO_THE_END = "to the end"
# Nothing that is there already is touched, whatever the configuration says.
BESIDE = ("--archive-mode=off", "--no-delta", "--no-link-all")


class PgBackRestBackup(PgBackRestSettings):
    """A whole PostgreSQL cluster, and all that is written to it meanwhile, in a pgBackRest repository.

    Repository, encryption, parallelism and the archiving of the log are set up in pgBackRest's own configuration, on
    the machine where this runs: the database's for `take`, any other for the rest. `take` sets a named restore point
    when nobody writes, and fingerprints one database there, so that a restore to it is proved row by row.
    """

    _block_type_name = "pgBackRest backup"
    _block_type_slug = "pgbackrest"
    _description = "A PostgreSQL cluster by pgBackRest: restored to a time, a name or the end, and proved."

    @property
    def address(self) -> str:
        return f"pgbackrest://{self.stanza}"

    def take(self, name: str) -> Taken:
        label = self.pgbackrest.named(name, ANSWER_SECONDS)
        if label is None:
            words = (f"--type={self.backup_type}", f"--annotation={NAME}={name}", "--start-fast", "--no-expire-auto")
            self.pgbackrest.run("backup", *words, seconds=self.timeout_seconds)
            label = self._found(name)
        return _taken(label if POINT in label.notes else set_point(self, name, label))

    def backups(self) -> list[Taken]:
        return [_taken(each) for each in self.pgbackrest.labels(ANSWER_SECONDS) if POINT in each.notes]

    def restore(self, name: str) -> str:
        """Restores to the moment of the fingerprint."""
        label = self._found(name)
        point = label.notes.get(POINT, NO_POINT)
        target = ("--type=immediate",) if point == NO_POINT else ("--type=name", f"--target={point}")
        return self._restore(name, f"--set={label.label}", *target, "--target-action=promote")

    def restore_to(self, moment: datetime | None) -> str:
        """Restores the last that was committed by a moment, or, without one, everything that reached the repository.

        Raises:
            NotProved: the log has a gap, or is damaged: PostgreSQL stopped there, as if that were the end.
        """
        if moment is None:
            return self._restore(TO_THE_END, "--type=default")
        at = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"
        return self._restore(f"to {at}", "--type=time", f"--target={at}", "--target-action=promote")

    def prove(self, name: str) -> Shown:
        """Reads the repository; where `restore` made a cluster of this backup, starts, checks and fingerprints it."""
        label = self._found(name)
        wrong = list(self.pgbackrest.verify(label, self.timeout_seconds))
        if label.damaged:
            wrong.append(f"{label.label} holds pages whose checksum was wrong when they were read")
        if wrong or self.folder.restored != name:
            said = f"pgbackrest verify read {label.label}, what it needs, and the log."
            return Shown(depth="checksummed", sentence=said, problems=tuple(wrong))
        with self._started() as server:
            found = content_at(self.server(server.socket, PORT))
            wrong += server.check(self.user, self.timeout_seconds)
        if label.notes.get(DIGEST, NO_POINT) == NO_POINT:
            said = "The cluster starts and pg_amcheck finds no damage; there was no quiet moment to fingerprint it at."
            return Shown(depth="restored", sentence=said, problems=tuple(wrong))
        expected = kept(self.records, name, label.notes[DIGEST])
        if expected is not None:
            wrong += prove(expected, found).differences
        elif digest(found) != label.notes[DIGEST]:
            wrong.append(f"{self.database} differs from what it was at {label.notes[POINT]}")
        said = f"The cluster starts, pg_amcheck was run, and {self.database} compared at {label.notes[POINT]}."
        return Shown(depth="proved equal", sentence=said, problems=tuple(wrong))

    def discard(self) -> None:
        self.folder.discard()

    def expire(self, keep: Collection[str]) -> Expired:
        decided = decide_expiry(self.pgbackrest.labels(ANSWER_SECONDS), keep)
        for label in decided.going:
            self.pgbackrest.run("expire", f"--set={label}", *OURS_ALONE, ALL_STAY, seconds=self.timeout_seconds)
        if decided.going:
            # The log from before the oldest full backup that is left: nothing can be restored from it.
            left = f"--repo1-retention-full={max(decided.full_left, 1)}"
            self.pgbackrest.run("expire", *OURS_ALONE, left, seconds=self.timeout_seconds)
        return Expired(removed=decided.removed, held=decided.held)

    def _restore(self, what: str, *target: str) -> str:
        if self.folder.restored != what:
            self.folder.begin()
            where = (f"--pg1-path={self.restore_folder}", f"--tablespace-map-all={self.folder.tablespaces}")
            newest = self.pgbackrest.newest_segment(ANSWER_SECONDS)
            self.pgbackrest.run("restore", *where, *BESIDE, *target, seconds=self.timeout_seconds)
            with self._started() as server:
                if what == TO_THE_END:
                    self._whole(last_replayed(self.server(server.socket, PORT)), newest)
                self.folder.finish(what)
        return self.restore_folder

    def _whole(self, reached: str, newest: str) -> None:
        if reached < newest[8:]:
            told = f"The log could be replayed to {reached} only, and the repository holds it until {newest}."
            remedy = "Restore to a moment before the gap, and see `pgbackrest verify` for what is missing or damaged."
            raise NotProved(told, changed=f"{self.restore_folder} holds what came before.", remedy=remedy)

    def _started(self) -> AbstractContextManager[ScratchServer]:
        who = (self.programs, self.run_as, self.user)
        return scratch_server(self.folder.path, *who, self.timeout_seconds, self.secrets)

    def _found(self, name: str) -> Label:
        label = self.pgbackrest.named(name, ANSWER_SECONDS)
        if label is None:
            raise Missing(f"There is no backup {name} of the stanza {self.stanza}.")
        return label


def _taken(label: Label) -> Taken:
    return Taken(
        name=label.notes[NAME],
        reference=label.label,
        place="repo1",
        taken_at=datetime.fromtimestamp(label.stopped, UTC),
        size=label.size,
        encrypted=label.encrypted,
    )
