"""The copy of an S3 bucket against the contract, on SeaweedFS, which is a real store."""

import os
from typing import Any

import pytest
from bucket_place import ODD, BucketPlace, weed_place
from server_fixtures import S3Store, s3_store  # noqa: F401 - a fixture
from snapshot_contract import FIRST, SECOND, SnapshotContract, assert_sound

from blocks.snapshots.bucket_listing import copies, versions
from recovery.errors import Missing, NotProved, Refused


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

    def test_versions_and_metadata_come_back_in_order_and_changes_are_found(self, place: BucketPlace) -> None:
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
        place.target.put_object(Bucket=place.backup.restore_bucket, Key="many/3", Body=b"4")
        assert place.backup.prove(FIRST).problems[0] == "object many/3 (version 2) is extra"

    def test_a_large_one_is_copied_in_parts_and_read_to_be_compared(self, s3_store: S3Store) -> None:  # noqa: F811
        place = weed_place(s3_store, at_once=5 * 1024**2)
        place.put("large", os.urandom(6 * 1024**2), ContentType="x/y")
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
