"""The copy of an S3 bucket against the contract, on SeaweedFS, which is a real store, and on moto, for two regions."""

import itertools
import os
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from aws_fixtures import KEYS, client, moto_url  # noqa: F401 - a fixture
from pydantic import SecretStr
from server_fixtures import S3Store, s3_store  # noqa: F401 - a fixture
from snapshot_contract import FIRST, SECOND, SnapshotContract, assert_sound

from blocks.snapshots.bucket import S3BucketCopy
from blocks.snapshots.bucket_listing import copies, versions
from recovery.errors import Missing, NotProved, Refused

_numbers = itertools.count()
LARGE = os.urandom(6 * 1024**2)
ODD = "odd/ü &+%41 <'>\"\t.txt"


class BucketPlace:
    shallow, deepest, faults = "listed", "proved equal", ()

    def __init__(
        self, source: Any, target: Any, block: S3BucketCopy, versioned: bool = True, real: bool = True
    ) -> None:
        self.source, self.target, self.backup, self.real = source, target, block, real
        self.unreachable = block.model_copy(update={"endpoint_url": "http://127.0.0.1:9", "tries": 1, "_clients": {}})
        self.unreachable._clients = {}
        region = source.meta.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        source.create_bucket(Bucket=block.bucket, **where)
        target.create_bucket(
            Bucket=block.copy_bucket, CreateBucketConfiguration={"LocationConstraint": target.meta.region_name}
        )
        for at, name in ((source, block.bucket), (target, block.copy_bucket)):
            if versioned or (at is target and name == block.copy_bucket):
                at.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self._fill()

    def _fill(self) -> None:
        for number in range(12):
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

    def _damage_record(self) -> None:
        self._put_copy(f".lifeboat/records/{FIRST}.json.zst", b"{}")

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


def weed_place(store: S3Store, **changes: Any) -> BucketPlace:
    number = next(_numbers)
    fields = {"region": store.region, "endpoint_url": store.url, "access_key_id": store.access_key}
    fields |= {"secret_access_key": SecretStr(store.secret_key), "copy_region": "eu-central-1"}
    names = {"bucket": f"live-{number}", "copy_bucket": f"copy-{number}", "restore_bucket": f"back-{number}"}
    block = S3BucketCopy(**fields, **names, **{k: v for k, v in changes.items() if k != "versioned"})
    at = {"endpoint_url": store.url, "aws_access_key_id": store.access_key, "aws_secret_access_key": store.secret_key}
    source = boto3.client("s3", region_name=store.region, **at)
    return BucketPlace(
        source, boto3.client("s3", region_name="eu-central-1", **at), block, changes.get("versioned", True)
    )


@pytest.mark.slow
class TestBucketCopy(SnapshotContract):
    @pytest.fixture
    def place(self, s3_store: S3Store) -> BucketPlace:  # noqa: F811
        return weed_place(s3_store)

    def test_only_what_changed_is_copied(self, place: BucketPlace) -> None:
        place.backup.take(FIRST)
        made = {(each.key, each.version) for each in copies(place.target, place.backup.copy_bucket)}
        place.change_live()
        place.backup.take(SECOND)
        now = {(each.key, each.version) for each in copies(place.target, place.backup.copy_bucket)}
        assert made < now
        assert sorted(key for key, _ in now - made) == ["many/1", "many/2", "twice"]

    def test_versions_and_metadata_come_back_in_order(self, place: BucketPlace) -> None:
        place.backup.take(FIRST)
        place.backup.restore(FIRST)
        told = []
        for where, bucket in ((place.source, place.backup.bucket), (place.target, place.backup.restore_bucket)):
            found = [each for each in versions(where, bucket) if each.key in ("twice", "back again", "gone", ODD)]
            told.append([(each.key, each.number, each.marker, each.latest, each.etag) for each in found])
        assert told[0] == told[1]
        assert len(told[0]) == 8
        restored = place.target.get_object(Bucket=place.backup.restore_bucket, Key="twice")
        assert restored["Body"].read() == b"second"
        assert restored["Metadata"] == {"who": "you"}

    def test_a_large_one_is_copied_in_parts_and_read_to_be_compared(self, s3_store: S3Store) -> None:  # noqa: F811
        place = weed_place(s3_store, at_once=5 * 1024**2)
        place.put("large", LARGE, ContentType="x/y")
        place.backup.take(FIRST)
        place.backup.restore(FIRST)
        head = place.target.head_object(Bucket=place.backup.copy_bucket, Key="large")
        assert head["ETag"].strip('"').endswith("-2")
        assert head["ContentType"] == "x/y"
        assert_sound(place, FIRST, "proved equal")

    def test_a_bucket_without_versions(self, s3_store: S3Store) -> None:  # noqa: F811
        place = weed_place(s3_store, versioned=False)
        place.backup.take(FIRST)
        place.change_live()
        place.backup.take(SECOND)
        for name in (FIRST, SECOND):
            assert_sound(place, name, "listed")
        place.backup.restore(FIRST)
        assert_sound(place, FIRST, "proved equal")
        with pytest.raises(place.target.exceptions.NoSuchKey):
            place.target.get_object(Bucket=place.backup.copy_bucket, Key="many/1")
        assert place.target.get_object(Bucket=place.backup.restore_bucket, Key="many/1")["Body"].read() == b"1"

    def test_changes_in_the_restored_bucket_are_found(self, place: BucketPlace) -> None:
        place.backup.take(FIRST)
        place.backup.restore(FIRST)
        place.target.put_object(Bucket=place.backup.restore_bucket, Key="many/3", Body=b"4")
        assert "object many/3 (version 2) is extra" in place.backup.prove(FIRST).problems

    def test_what_a_killed_run_left_is_cleared_and_not_counted(self, place: BucketPlace, monkeypatch: Any) -> None:
        monkeypatch.setattr("blocks.snapshots.bucket_record.Records.write", _killed)
        with pytest.raises(KeyboardInterrupt):
            place.backup.take(FIRST)
        monkeypatch.undo()
        assert place.backup.backups() == []
        place.backup.take(SECOND)
        assert_sound(place, SECOND, "listed")

    def test_nobody_elses_bucket_is_taken(self, place: BucketPlace) -> None:
        place.target.put_object(Bucket=place.backup.copy_bucket, Key="theirs", Body=b"x")
        with pytest.raises(Refused, match="not empty"):
            place.backup.take(FIRST)
        place._remove("theirs", 1)
        place.backup.take(FIRST)
        other = place.backup.model_copy(update={"bucket": "another"})
        with pytest.raises(Refused, match="holds the copies of"):
            other.take(SECOND)
        place.target.create_bucket(Bucket=place.backup.restore_bucket)
        with pytest.raises(Refused, match="was not made for"):
            place.backup.restore(FIRST)
        place.backup.discard()
        place.target.head_bucket(Bucket=place.backup.restore_bucket)

    def test_a_copy_that_differs_is_not_taken(self, place: BucketPlace, monkeypatch: Any) -> None:
        target = place.backup.aws("s3", place.backup.copy_region)
        whole = target.copy_object

        def other(**words: Any) -> Any:
            if words["Key"] != "many/4":
                return whole(**words)
            return place.target.put_object(Bucket=words["Bucket"], Key=words["Key"], Body=b"5")

        monkeypatch.setattr(target, "copy_object", other)
        with pytest.raises(NotProved, match=r"many/4 \(version 1\)"):
            place.backup.take(FIRST)
        assert place.backup.backups() == []

    def test_a_bucket_that_is_not_there_is_named(self, place: BucketPlace) -> None:
        with pytest.raises(Missing, match="no-such-bucket"):
            place.backup.model_copy(update={"copy_bucket": "no-such-bucket"}).take(FIRST)


@pytest.mark.slow
def test_across_regions(moto_url: str) -> None:  # noqa: F811
    """On moto: shows that the calls are right for two regions, and nothing of a real store."""
    names = {"bucket": "live", "copy_bucket": "copies", "restore_bucket": "back", "copy_region": "eu-west-1"}
    block = S3BucketCopy(region="us-east-1", endpoint_url=moto_url, tries=1, **names, **KEYS)
    place = BucketPlace(client("s3", moto_url), client("s3", moto_url, "eu-west-1"), block, real=False)
    place.backup.take(FIRST)
    place.change_live()
    place.backup.take(SECOND)
    place.backup.restore(FIRST)
    assert_sound(place, FIRST, "proved equal")
    assert_sound(place, SECOND, "listed")
    assert place.target.get_bucket_location(Bucket="back")["LocationConstraint"] == "eu-west-1"


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
