"""The copy of a bucket after a kill, with damage, and across regions."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_fixtures import moto_url  # noqa: F401 - a fixture
from bucket_place import BucketPlace, moto_place, weed_place
from server_fixtures import S3Store, s3_store, wait_until  # noqa: F401 - a fixture
from snapshot_contract import FIRST, SECOND, THIRD, assert_sound

from blocks.snapshots.bucket_listing import copies
from blocks.snapshots.bucket_record import UNFINISHED
from recovery.errors import NotProved

pytestmark = pytest.mark.slow
# Writes a note of every version; its secrets come by standard input.
TAKE = """
import json, sys
from blocks.snapshots.bucket import S3BucketCopy
from blocks.snapshots.bucket_work import Notes
Notes.MOST = 1
S3BucketCopy(**json.load(sys.stdin)).take(sys.argv[1])
"""


@pytest.fixture
def place(s3_store: S3Store) -> BucketPlace:  # noqa: F811
    return weed_place(s3_store)


@pytest.fixture
def regions(moto_url: str) -> BucketPlace:  # noqa: F811
    return moto_place(moto_url)


def made(place: BucketPlace) -> set[tuple[str, str]]:
    return {each.place for each in copies(place.target, place.backup.copy_bucket)}


def test_a_killed_backup_is_gone_on_with(place: BucketPlace) -> None:
    for number in range(100):
        place.put(f"more/{number}", b"x")
    fields = {name: getattr(place.backup, name) for name in type(place.backup).model_fields}
    fields["secret_access_key"] = place.backup.secret_access_key.get_secret_value()  # type: ignore[union-attr]
    told = json.dumps({name: value for name, value in fields.items() if not name.startswith("_")}).encode()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE, FIRST], stdin=subprocess.PIPE, cwd=Path(__file__).parent.parent
    )
    try:
        assert process.stdin
        process.stdin.write(told)
        process.stdin.close()
        records = place.backup._records
        wait_until(lambda: len(records._keys(UNFINISHED)) > 3 or process.poll() is not None, 120, "a note")
    finally:
        process.kill()
        process.wait(timeout=15)
    assert place.backup.backups() == []
    noted = {(each.key, each.copy_version) for each in place.backup._records.unfinished()}
    assert len(noted) > 3
    place.target.create_multipart_upload(Bucket=place.backup.copy_bucket, Key="half a large one")
    place.backup.take(FIRST)
    assert noted < made(place)
    assert len(made(place)) == 100 + 18
    assert place.target.list_multipart_uploads(Bucket=place.backup.copy_bucket).get("Uploads", []) == []
    assert place.backup._records.unfinished() == []
    assert_sound(place, FIRST, "listed")


def test_a_killed_restore_is_gone_on_with(place: BucketPlace, monkeypatch: Any) -> None:
    place.backup.take(FIRST)
    target, whole = place.backup.aws("s3", place.backup.copy_region), []

    def some(**words: Any) -> Any:
        if len(whole) == 5:
            raise KeyboardInterrupt
        whole.append(words["Key"])
        return place.target.copy_object(**words)

    monkeypatch.setattr(target, "copy_object", some)
    with pytest.raises(KeyboardInterrupt):
        place.backup.restore(FIRST)
    monkeypatch.undo()
    with contextlib.suppress(AssertionError):
        assert_sound(place, FIRST, "listed")
        pytest.fail("half a restore was called equal")
    place.backup.restore(FIRST)
    assert_sound(place, FIRST, "proved equal")


def test_a_copy_that_is_missing_is_made_again_by_the_next_backup(place: BucketPlace) -> None:
    place.backup.take(FIRST)
    place._remove("many/7", 1)
    with pytest.raises(NotProved, match=r"many/7 \(version 1\) is missing"):
        place.backup.restore(FIRST)
    place.backup.take(SECOND)
    assert_sound(place, SECOND, "listed")
    assert "object many/7 (version 1) is missing" in place.backup.prove(FIRST).problems


def test_a_damaged_record_stops_no_other_backup_and_costs_no_copy(place: BucketPlace) -> None:
    place.backup.take(FIRST)
    place.change_live()
    place.backup.take(SECOND)
    before = made(place)
    place._damage_record()
    place.backup.take(THIRD)
    assert before <= made(place)
    for name in (SECOND, THIRD):
        assert_sound(place, name, "listed")
    assert place.backup.expire([SECOND]).removed == (FIRST,)
    place._damage_record(THIRD)
    # The newest is kept, and so is the newest that can be restored.
    assert place.backup.expire([]).removed == ()
    assert_sound(place, SECOND, "listed")


def test_what_a_lock_holds_stays_and_is_told(s3_store: S3Store) -> None:  # noqa: F811
    place = weed_place(s3_store, locked=True)
    place.backup.take(FIRST)
    place.change_live()
    place.backup.take(SECOND)
    expired = place.backup.expire([])
    assert expired.removed == ()
    assert expired.held
    assert all("is held by a lock" in sentence for sentence in expired.held)
    for name in (FIRST, SECOND):
        assert_sound(place, name, "listed")


def test_across_regions_and_in_parts_without_reading_a_byte(regions: BucketPlace, monkeypatch: Any) -> None:
    where = {"Bucket": regions.backup.bucket, "Key": "parts"}
    upload = {**where, "UploadId": regions.source.create_multipart_upload(**where, Tagging="a=b")["UploadId"]}
    parts = []
    for number, size in enumerate((5 * 1024**2 + 7, 5 * 1024**2 + 7, 11), start=1):
        answer = regions.source.upload_part(**upload, PartNumber=number, Body=os.urandom(size))
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    etag = regions.source.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})["ETag"]
    with monkeypatch.context() as patched:
        patched.setattr("blocks.snapshots.bucket_copying.read_digest", _killed)
        regions.backup.take(FIRST)
        regions.backup.restore(FIRST)
    at = {"Bucket": regions.backup.restore_bucket, "Key": "parts"}
    assert regions.target.head_object(**at)["ETag"] == etag
    assert regions.target.get_object_tagging(**at)["TagSet"] == [{"Key": "a", "Value": "b"}]
    assert_sound(regions, FIRST, "proved equal")
    assert regions.target.get_bucket_location(Bucket=at["Bucket"])["LocationConstraint"] == "eu-west-1"
    regions.change_live()
    regions.backup.take(SECOND)
    assert_sound(regions, SECOND, "listed")


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
