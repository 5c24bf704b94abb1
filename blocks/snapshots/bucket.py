"""An S3 bucket, copied by the store itself to a second region or account."""

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

from botocore.exceptions import ClientError
from pydantic import Field

from blocks.amazon import AmazonAccess, error_code
from blocks.snapshots.bucket_copying import LARGEST_AT_ONCE, Copier
from blocks.snapshots.bucket_listing import OURS, Copied, copies, versions
from blocks.snapshots.bucket_owned import abort_uploads, claim, claim_restored, remove_restored, restored_name
from blocks.snapshots.bucket_record import BucketRecord, Records
from blocks.snapshots.bucket_work import Notes, close_gone, compared, copy_back, copy_new, read_whole, remove_unneeded
from blocks.snapshots.kind import Expired, ManagedBackup, Shown, Taken
from recovery.content import prove
from recovery.errors import Missing, NotProved, Refused
from recovery.model import now


class S3BucketCopy(AmazonAccess, ManagedBackup):
    """Every object of a bucket and every version of it, copied within the store: no byte passes through here.

    The copies lie in a bucket of their own, which must keep versions; only what changed since the last backup is
    copied. A delete becomes a delete marker: nothing that was copied goes before `expire` takes it. Each copy is held
    against its source as it is made: size, MD5 (where the ETag is none, both are read) and metadata. A record of all of
    them, written last, makes the backup. It is not signed: who may write to the bucket of copies may forge it, so keep
    that bucket in another account, with Object Lock.
    Not copied: tags, access lists, storage classes and locks.
    """

    _block_type_name = "S3 bucket copy"
    _block_type_slug = "s3-bucket-copy"
    _description = "Copies a bucket's objects and versions to a second region or account, and proves the copies."

    bucket: str = Field(title="Bucket", description="The bucket to back up, in the block's region.")
    copy_bucket: str = Field(title="Bucket of copies", description="There, with versions, and empty at first.")
    copy_region: str = Field(title="Region of the copies", description="Another one than the bucket's.")
    restore_bucket: str = Field(
        title="Bucket to restore to", description="Made when it is needed, in the region of the copies; must not exist."
    )
    at_once: int = Field(
        default=LARGEST_AT_ONCE,
        ge=5 * 1024**2,
        le=LARGEST_AT_ONCE,
        title="Largest copy",
        description="In bytes. Larger objects are copied in parts of this size.",
    )

    @property
    def address(self) -> str:
        return f"s3://{self.bucket}" if not self.endpoint_url else f"{self.endpoint_url.rstrip('/')}/{self.bucket}"

    def take(self, name: str) -> Taken:
        with self._saying("copying", changed="What was copied stays, and is not copied again."):
            if name not in self._records.names():
                self._take(name)
            return self._records.taken(name)

    def backups(self) -> list[Taken]:
        with self._saying("listing the backups of"):
            return [self._records.taken(name) for name in self._records.names()]

    def restore(self, name: str) -> str:
        with self._saying("restoring", changed=f"Some objects may be in {self.restore_bucket} already."):
            record = self._records.read(name)
            claim_restored(self._target, self.restore_bucket, self.copy_region, name)
            abort_uploads(self._target, self.restore_bucket)
            copier = Copier(self._target, self.copy_bucket, self._target, self.restore_bucket, self.at_once)
            copy_back(record, versions(self._target, self.restore_bucket), copier)
        return f"s3://{self.restore_bucket}"

    def prove(self, name: str) -> Shown:
        """The copies by listing and heads, both ways; the restored bucket, if it is there, by reading every byte."""
        with self._saying("comparing the copies of"):
            record = self._records.read(name)
            needed = self._records.needed()
            copies = prove(record.content(), compared(self._target, self.copy_bucket, record, needed))
            if not copies.equal or restored_name(self._target, self.restore_bucket) != name:
                said = f"{len(record.versions)} versions compared with their copies' listing and metadata."
                return Shown(depth="listed", sentence=said, problems=copies.differences)
            restored = prove(record.content(), read_whole(self._target, self.restore_bucket, record))
        said = f"Every byte of {self.restore_bucket} was read. {restored.sentence}"
        return Shown(depth="proved equal", sentence=said, problems=restored.differences)

    def discard(self) -> None:
        with self._saying("removing the restored copy of"):
            remove_restored(self._target, self.restore_bucket)

    def expire(self, keep: Collection[str]) -> Expired:
        with self._saying("expiring backups of", changed="Some backups may be gone."):
            names, held, sound = self._records.names(), list[str](), self._records.newest()
            for name in names[1:]:
                if name not in keep and not (sound and name == sound.name):
                    self._records.remove(name, held)
            left = self._records.names()
            if left != names:
                remove_unneeded(self._target, self.copy_bucket, self._records.needed(), held)
            return Expired(removed=tuple(name for name in names if name not in left), held=tuple(held))

    def _take(self, name: str) -> None:
        claim(self._target, self.copy_bucket, self.address)
        abort_uploads(self._target, self.copy_bucket)
        taken_at, found = now(), versions(self.aws("s3"), self.bucket)
        if mixed := [each.key for each in found if each.key.startswith(OURS)]:
            raise Refused(
                f"The bucket {self.bucket} holds {mixed[0]}: keys under {OURS} are for our records of copies."
            )
        last = self._records.newest()
        record = BucketRecord(name=name, origin=self.address, taken_at=taken_at)
        notes = Notes(lambda new: self._records.note(record.model_copy(update={"versions": new})))
        copier = Copier(self.aws("s3"), self.bucket, self._target, self.copy_bucket, self.at_once)
        copied = copy_new(found, self._known(last), copier, notes)
        there = copies(self._target, self.copy_bucket)
        kept = {each.place for each in there}
        if gone := [each.label for each in copied if (each.key, each.copy_version) not in kept]:
            raise NotProved(f"The copy of {gone[0]} is gone again: was another backup taken at the same time?")
        closed = close_gone(self._target, self.copy_bucket, there, {each.key for each in found})
        before = [each for each in (last.closed if last else ()) if each in kept]
        self._records.write(record.model_copy(update={"versions": tuple(copied), "closed": (*before, *closed)}))
        self._records.remove_notes()

    def _known(self, last: BucketRecord | None) -> dict[tuple[Any, ...], Copied]:
        """What needs no copying, since a copy of it is there. What no backup needs is removed before."""
        left = remove_unneeded(self._target, self.copy_bucket, self._records.needed(), [])
        there = {(each.key, each.version, each.etag) for each in left}
        made = [*(last.versions if last else ()), *self._records.unfinished()]
        return {each.identity: each for each in made if (each.key, each.copy_version, each.copy_etag) in there}

    @property
    def _target(self) -> Any:
        return self.aws("s3", self.copy_region)

    @property
    def _records(self) -> Records:
        return Records(self._target, self.copy_bucket)

    @contextlib.contextmanager
    def _saying(self, doing: str, changed: str = "Nothing was changed.") -> Iterator[None]:
        with self.aws_errors(f"{doing} the bucket {self.bucket}", changed):
            try:
                yield
            except ClientError as error:
                if error_code(error) == "NoSuchBucket":
                    name = error.response["Error"].get("BucketName", self.copy_bucket)
                    raise Missing(f"There is no bucket {name}.", remedy="Create it, or mend the block.") from error
                raise
