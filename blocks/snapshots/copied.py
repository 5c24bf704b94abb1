"""What all copied snapshots have in common: made, copied, read back, restored, proved and aged out in the same way."""

from abc import abstractmethod
from collections.abc import Collection

from blocks.snapshots.expiry import expire
from blocks.snapshots.held import Held, Restored, as_taken, by_name, whole
from blocks.snapshots.kind import Expired, ManagedBackup, Shown, Taken
from blocks.snapshots.place import RecoveryPlace
from blocks.snapshots.verdicts import faults
from recovery.errors import Missing, NotProved

GOES_ON = "What was made carries our tags: the same call goes on with it."
RESTORES_ONLY = "restores only: its content was not read"


class CopiedSnapshot(RecoveryPlace, ManagedBackup):
    """A snapshot beside its source, and a copy in the recovery region. Only the copy makes a backup.

    All state is in AWS: in the tags of what was made. Nothing else is ever touched.
    """

    def take(self, name: str) -> Taken:
        with self.aws_errors(f"taking {name} of {self.address}", GOES_ON):
            if copies := whole(self._copies(name)):
                return as_taken(copies, self.recovery_region)
            key = self.usable_key()
            if not self._named(self.region, name):
                self._snapshot(name)
            sources = self.wait_for(lambda: self._done(self.region, name), f"the snapshot {name} of {self.address}")
            there = {each.part for each in self._copies(name)}
            for source in sources:
                if source.part not in there:
                    self._copy(source, key)
            what = f"the copy {name} of {self.address}"
            return as_taken(self.wait_for(lambda: self._done(self.recovery_region, name), what), self.recovery_region)

    def backups(self) -> list[Taken]:
        with self.aws_errors(f"listing the backups of {self.address}"):
            groups = [whole(held) for held in by_name(self._find(self.recovery_region)).values()]
        found = [as_taken(held, self.recovery_region) for held in groups if held]
        return sorted(found, key=lambda each: each.name, reverse=True)

    def restore(self, name: str) -> str:
        with self.aws_errors(f"restoring {name} of {self.address}", GOES_ON):
            copies = self._whole_copies(name)
            return self.wait_for(lambda: self._restore(name, copies), f"the restore of {name} of {self.address}")

    def prove(self, name: str) -> Shown:
        with self.aws_errors(f"looking at {name} of {self.address}"):
            copies = self._whole_copies(name)
            key = self.key()
            problems = [*([key.problem] if key.problem else faults(copies, key.arn)), *self._shared(copies)]
            restored = self._restored(name, copies, key.arn)
        ids = ", ".join(each.reference for each in copies)
        sentence = f"{ids} of {self.address} is whole in {self.recovery_region}"
        if not restored:
            said = f"{sentence}; it was not restored, and its content was not read."
            return Shown(depth="listed", sentence=said, problems=tuple(problems))
        found, more = self._look_inside(as_taken(copies, self.recovery_region), restored)
        said = f"{sentence}, and was restored as {restored.reference}: {found}."
        return Shown(depth="restored", sentence=said, problems=(*problems, *restored.problems, *more))

    def discard(self) -> None:
        with self.aws_errors(f"removing what was restored of {self.address}", "Some of it may be gone."):
            self.wait_for(self._discard, f"the removal of what was restored of {self.address}")

    def expire(self, keep: Collection[str]) -> Expired:
        with self.aws_errors(f"expiring backups of {self.address}", "Some may be gone."):
            return expire(self._find, self._remove, self.recovery_region, self.region, keep)

    def _named(self, region: str, name: str) -> list[Held]:
        return [each for each in self._find(region) if each.name == name]

    def _copies(self, name: str) -> list[Held]:
        return self._named(self.recovery_region, name)

    def _whole_copies(self, name: str) -> list[Held]:
        if copies := whole(self._copies(name)):
            return copies
        raise Missing(f"There is no backup {name} of {self.address} in {self.recovery_region}.")

    def _done(self, region: str, name: str) -> list[Held]:
        """Raises `NotProved` where AWS failed at one; that one is removed, so that the next call makes it anew."""
        held = self._named(region, name)
        if failed := [each for each in held if each.state == "failed"]:
            for each in failed:
                self._remove(region, each.reference)
            ids = ", ".join(each.reference for each in failed)
            raise NotProved(f"AWS failed at {ids} in {region}.", changed="It was removed.", remedy="Take it again.")
        return whole(held)

    def _look_inside(self, taken: Taken, restored: Restored) -> tuple[str, list[str]]:
        """Reads what was restored, as far as it can be reached: what was found, and what is wrong."""
        return RESTORES_ONLY, []

    @abstractmethod
    def _find(self, region: str) -> list[Held]:
        """Every snapshot of this source in a region that carries our tags."""

    @abstractmethod
    def _snapshot(self, name: str) -> None:
        """Begins a snapshot beside the source, with our tags from the first moment."""

    @abstractmethod
    def _copy(self, source: Held, key: str) -> None:
        """Begins a copy to the recovery region, encrypted with a key of it."""

    @abstractmethod
    def _remove(self, region: str, reference: str) -> None:
        """Removes one snapshot."""

    @abstractmethod
    def _shared(self, copies: list[Held]) -> list[str]:
        """Who else may use them, one sentence each."""

    @abstractmethod
    def _restore(self, name: str, copies: list[Held]) -> str | None:
        """Does what is to be done next; returns what was restored once it is whole."""

    @abstractmethod
    def _restored(self, name: str, copies: list[Held], key: str) -> Restored | None:
        """What stands restored of a backup, whole."""

    @abstractmethod
    def _discard(self) -> bool:
        """Does what is to be done next; returns whether nothing is left."""
