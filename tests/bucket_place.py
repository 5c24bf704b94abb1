"""A bucket with everything in it that a bucket keeps, and two to copy and to restore to."""

import itertools
from collections.abc import Callable
from typing import Any

import boto3
from aws_fixtures import KEYS, client
from pydantic import SecretStr
from server_fixtures import S3Store
from snapshot_contract import FIRST

from blocks.snapshots.bucket import S3BucketCopy
from blocks.snapshots.bucket_listing import copies, versions

_numbers = itertools.count()
ODD = "odd/ü &+%41 <'>\"\t.txt"


class BucketPlace:
    shallow, deepest, faults = "listed", "proved equal", ()

    def __init__(
        self,
        source: Any,
        target: Any,
        block: S3BucketCopy,
        versioned: bool = True,
        real: bool = True,
        locked: bool = False,
    ) -> None:
        self.source, self.target, self.backup, self.real = source, target, block, real
        self.unreachable = block.model_copy(update={"endpoint_url": "http://127.0.0.1:9", "tries": 1, "_clients": {}})
        self.unreachable._clients = {}
        region = source.meta.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        source.create_bucket(Bucket=block.bucket, **where)
        there = {"LocationConstraint": target.meta.region_name}
        target.create_bucket(
            Bucket=block.copy_bucket, CreateBucketConfiguration=there, ObjectLockEnabledForBucket=locked
        )
        for at, name in ((source, block.bucket), (target, block.copy_bucket)):
            if versioned or (at is target and name == block.copy_bucket):
                at.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        if locked:
            rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
            lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
            target.put_object_lock_configuration(Bucket=block.copy_bucket, ObjectLockConfiguration=lock)
        self._fill()

    def _fill(self) -> None:
        for number in range(9):
            self.put(f"many/{number}", b"%d" % number)
        self.put("twice", b"first", ContentType="text/plain", Metadata={"who": "me"})
        self.put("twice", b"second", Metadata={"who": "you"})
        self.put("back again", b"1")
        if self.real:  # moto does not tell in what order the things of one second came
            self.source.delete_object(Bucket=self.backup.bucket, Key="back again")
        self.put("back again", b"2")
        self.put("gone", b"x")
        self.source.delete_object(Bucket=self.backup.bucket, Key="gone")
        self.put(ODD, b"odd")
        self.put("empty", b"")

    def put(self, key: str, data: bytes, **more: Any) -> None:
        self.source.put_object(Bucket=self.backup.bucket, Key=key, Body=data, **more)

    @property
    def damages(self) -> dict[str, tuple[Callable[[], object], str]]:
        def remove(key: str, number: int) -> Callable[[], object]:
            return lambda: self._remove(key, number)

        # Each leaves the next one to be found: they are of different objects.
        return {
            "deleted": (remove("many/7", 1), "object many/7 (version 1) is missing"),
            "old one deleted": (remove("twice", 1), "object twice (version 1) is missing"),
            "marker removed": (remove("gone", 2), "delete marker gone (version 2) is missing"),
            "added": (lambda: self._put_copy("new", b"x"), "object new (unknown version"),
            "overwritten": (lambda: self._put_copy("many/8", b"9"), "object many/8 (unknown version"),
            "record gone": (self._damage_record, "The record of backup"),
        }

    def _remove(self, key: str, number: int) -> None:
        [found] = [
            each for each in copies(self.target, self.backup.copy_bucket) if (each.key, each.number) == (key, number)
        ]
        self.target.delete_object(Bucket=self.backup.copy_bucket, Key=key, VersionId=found.version)

    def _put_copy(self, key: str, data: bytes) -> None:
        self.target.put_object(Bucket=self.backup.copy_bucket, Key=key, Body=data)

    def _damage_record(self, name: str = FIRST) -> None:
        self._put_copy(f".lifeboat/records/{name}.json.zst", b"{}")

    def change_live(self) -> None:
        self.put("twice", b"changed %d" % next(_numbers))
        self.source.delete_object(Bucket=self.backup.bucket, Key="many/1")
        self.put("many/2", b"changed")

    def restored(self) -> object:
        try:
            found = versions(self.target, self.backup.restore_bucket)
        except self.target.exceptions.NoSuchBucket:
            return None
        return [(each.key, each.number, each.version, each.etag) for each in found]


def weed_place(store: S3Store, versioned: bool = True, locked: bool = False, **changes: Any) -> BucketPlace:
    number = next(_numbers)
    fields = {"region": store.region, "endpoint_url": store.url, "access_key_id": store.access_key}
    fields |= {"secret_access_key": SecretStr(store.secret_key), "copy_region": "eu-central-1"}
    names = {"bucket": f"live-{number}", "copy_bucket": f"copy-{number}", "restore_bucket": f"back-{number}"}
    block = S3BucketCopy(**fields, **names, **changes)
    at = {"endpoint_url": store.url, "aws_access_key_id": store.access_key, "aws_secret_access_key": store.secret_key}
    source, target = (boto3.client("s3", region_name=region, **at) for region in (store.region, "eu-central-1"))
    return BucketPlace(source, target, block, versioned, locked=locked)


def moto_place(url: str) -> BucketPlace:
    """Two regions. Shows that the calls are right, and nothing of a real store."""
    number = next(_numbers)
    names = {"bucket": f"live-{number}", "copy_bucket": f"copies-{number}", "restore_bucket": f"back-{number}"}
    block = S3BucketCopy(region="us-east-1", endpoint_url=url, copy_region="eu-west-1", **names, **KEYS)
    return BucketPlace(client("s3", url), client("s3", url, "eu-west-1"), block, real=False)
