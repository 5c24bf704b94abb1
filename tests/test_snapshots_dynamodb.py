"""A DynamoDB table against the contract, on moto, whose exports are completed as AWS documents them."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from dynamodb_export_fixtures import as_documented
from snapshot_contract import FIRST, SECOND, SnapshotContract, assert_sound
from snapshot_fixtures import (
    AWAY,
    HOME,
    assert_policy_fits,
    bare_moto,
    client,
    fields,
    killed_at,
    moto_url,
    new_key,
    unreachable,
)

from blocks.snapshots.dynamodb_table import DynamoDbTableExport
from blocks.snapshots.held import identifier
from recovery.errors import NotProved, Refused

__all__ = ["bare_moto", "moto_url"]

pytestmark = pytest.mark.slow

_numbers = itertools.count()
KEYS: dict[str, str] = {}


@pytest.fixture(autouse=True)
def documented(monkeypatch: pytest.MonkeyPatch) -> None:
    as_documented(monkeypatch, KEYS)


class TablePlace:
    shallow, deepest = "checksummed", "proved equal"
    faults: tuple[str, ...] = ()

    def __init__(self, url: str) -> None:
        number = next(_numbers)
        self.url, self.home, self.away = url, client("dynamodb", url), client("dynamodb", url, AWAY)
        self.s3, self.key = client("s3", url, AWAY), new_key(url)
        self.table, self.bucket = f"orders-{number}", f"exports-{number}"
        KEYS[self.bucket] = self.key
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": AWAY})
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.public(False)
        self._make()
        self.backup = self.again()
        self.unreachable = unreachable(self.backup)

    def public(self, open_: bool) -> None:
        words = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        self.s3.put_public_access_block(
            Bucket=self.bucket, PublicAccessBlockConfiguration=dict.fromkeys(words, not open_)
        )

    def _make(self) -> None:
        self.home.create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("id", "who")],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-who",
                    "KeySchema": [{"AttributeName": "who", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        self.home.update_continuous_backups(
            TableName=self.table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        for number in range(20):
            self.put(f"{number}", {"n": {"N": f"{number}.50"}, "tags": {"SS": ["b", "a"]}, "raw": {"B": b"\x00\xff"}})

    def put(self, name: str, more: dict[str, Any]) -> None:
        self.home.put_item(TableName=self.table, Item={"id": {"S": name}, "who": {"S": "me"}} | more)

    def again(self, **changes: Any) -> DynamoDbTableExport:
        where = {"table": self.table, "bucket": self.bucket}
        return DynamoDbTableExport(**fields(self.url, changes.pop("kms_key_id", self.key), **where | changes))

    @property
    def damages(self) -> dict[str, tuple[Callable[[], object], str]]:
        # Each leaves the next one to be found.
        return {
            "bucket opened": (lambda: self.public(True), "does not block all public access"),
            "file overwritten": (lambda: self._put(self.files()[0], b"other"), "is not what was exported"),
            "file in the clear": (lambda: self._put(self.files()[0], b"other"), "0.json.gz is not encrypted with"),
            "file damaged": (lambda: None, "0.json.gz cannot be read"),
            "file deleted": (
                lambda: self.s3.delete_object(Bucket=self.bucket, Key=self.files()[1]),
                "1.json.gz is missing",
            ),
            "record damaged": (lambda: self._put(f"{self.root}records/{FIRST}.json", b"{}"), "is damaged"),
        }

    @property
    def root(self) -> str:
        return f"lifeboat/{HOME}/{self.table}/"

    def files(self) -> list[str]:
        return [each.key for each in self.backup._shelf().record(FIRST).files]

    def _put(self, key: str, data: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=data)

    def change_live(self) -> None:
        self.put("0", {"n": {"N": "7"}})
        self.put(f"new {next(_numbers)}", {})

    def restored(self) -> object:
        name = identifier(self.backup.address, FIRST)
        if name not in self.away.list_tables()["TableNames"]:
            return None
        return self.away.describe_table(TableName=name)["Table"]["CreationDateTime"]


@pytest.fixture
def place(bare_moto: str) -> TablePlace:
    return TablePlace(bare_moto)


class TestDynamoDbTable(SnapshotContract):
    @pytest.fixture
    def place(self, bare_moto: str) -> TablePlace:
        return TablePlace(bare_moto)


@pytest.mark.parametrize(
    ("call", "service", "region"),
    [
        ("export_table_to_point_in_time", "dynamodb", HOME),
        ("describe_export", "dynamodb", HOME),
        ("head_object", "s3", AWAY),
    ],
)
def test_a_killed_run_is_taken_up(place: TablePlace, monkeypatch: Any, call: str, service: str, region: str) -> None:
    dying = place.again()
    killed_at(dying, call, service, region, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        dying.take(FIRST)
    assert place.backup.backups() == []
    arn = place.home.describe_table(TableName=place.table)["Table"]["TableArn"]
    begun = place.home.list_exports(TableArn=arn)["ExportSummaries"]
    place.again().take(FIRST)  # another machine
    exports = place.home.list_exports(TableArn=arn)["ExportSummaries"]
    assert len(exports) == 1 and len(begun) == (call != "export_table_to_point_in_time")
    assert_sound(place, FIRST, "checksummed")


def test_a_killed_restore_is_taken_up(place: TablePlace, monkeypatch: Any) -> None:
    place.backup.take(FIRST)
    dying = place.again()
    killed_at(dying, "describe_import", "dynamodb", AWAY, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        dying.restore(FIRST)
    place.backup.restore(FIRST)
    assert_sound(place, FIRST, "proved equal")
    place.backup.discard()
    place.backup.restore(FIRST)  # a new one, not the one that AWS remembers
    assert_sound(place, FIRST, "proved equal")


def test_one_changed_item_is_found(place: TablePlace) -> None:
    place.backup.take(FIRST)
    name = place.backup.restore(FIRST)
    item = {"id": {"S": "3"}, "who": {"S": "me"}, "n": {"N": "3.50"}, "raw": {"B": b"\x00\xff"}}
    place.away.put_item(TableName=name, Item=item | {"tags": {"SS": ["a", "b"]}})
    assert_sound(place, FIRST, "proved equal")
    place.away.put_item(TableName=name, Item=item | {"tags": {"SS": ["a", "c"]}})
    assert "right number of items but other content" in place.backup.prove(FIRST).problems[0]
    place.away.delete_item(TableName=name, Key={"id": {"S": "3"}})
    assert "has 19 items, the export 20" in place.backup.prove(FIRST).problems[0]


def test_indexes_come_back(place: TablePlace) -> None:
    place.backup.take(FIRST)
    told = place.away.describe_table(TableName=place.backup.restore(FIRST))["Table"]
    assert [each["IndexName"] for each in told["GlobalSecondaryIndexes"]] == ["by-who"]


def test_without_reading_the_depth_says_so(place: TablePlace) -> None:
    block = place.again(read_items=False)
    block.take(FIRST)
    assert block.prove(FIRST).depth == "listed"
    block.restore(FIRST)
    shown = block.prove(FIRST)
    assert shown.depth == "restored"
    assert "restores only: its content was not read" in shown.sentence


def test_what_cannot_be_restored_is_not_taken(place: TablePlace) -> None:
    place.home.update_continuous_backups(
        TableName=place.table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    with pytest.raises(Refused, match="has no point-in-time recovery"):
        place.backup.take(FIRST)


def test_nobody_elses_table_is_taken(place: TablePlace) -> None:
    place.backup.take(FIRST)
    theirs = identifier(place.backup.address, FIRST)
    place.away.create_table(
        TableName=theirs,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    with pytest.raises(Refused, match="is there already and was not made by us"):
        place.backup.restore(FIRST)
    place.backup.discard()
    assert place.restored()


def test_an_export_in_the_clear_is_told(place: TablePlace) -> None:
    del KEYS[place.bucket]
    assert place.backup.take(FIRST).encrypted is False
    assert "is not encrypted with" in place.backup.prove(FIRST).problems[0]


def test_an_export_that_is_not_whole_is_no_backup(place: TablePlace, monkeypatch: Any) -> None:
    block = place.again()
    monkeypatch.setattr(block.aws("dynamodb"), "describe_export", _without_a_file(place))
    with pytest.raises(NotProved, match=r"is not whole: .*0.json.gz is missing"):
        block.take(FIRST)
    assert block.backups() == []


def _without_a_file(place: TablePlace) -> Callable[..., Any]:
    """Once the export is complete, one of its files is deleted."""

    def describe(**words: Any) -> Any:
        told = place.home.describe_export(**words)
        if told["ExportDescription"]["ExportStatus"] == "COMPLETED":
            root = told["ExportDescription"]["ExportManifest"].rpartition("/")[0]
            place.s3.delete_object(Bucket=place.bucket, Key=f"{root}/data/0.json.gz")
        return told

    return describe


def test_a_damaged_record_is_no_backup_and_stays_as_evidence(place: TablePlace) -> None:
    for name in (FIRST, SECOND):
        place.backup.take(name)
    place._put(f"{place.root}records/{SECOND}.json", b"{torn")
    assert [each.name for each in place.backup.backups()] == [FIRST]
    expired = place.backup.expire([])
    assert expired.removed == ()
    assert f"{SECOND}: its record is damaged" in expired.held[0]
    assert_sound(place, FIRST, "checksummed")


def test_expiry_takes_the_data_too(place: TablePlace) -> None:
    for name in (FIRST, SECOND):
        place.backup.take(name)
    place.backup.expire([])
    left = place.s3.list_object_versions(Bucket=place.bucket)["Versions"]
    assert left and not [each["Key"] for each in left if FIRST in each["Key"]]


def test_the_policy_allows_what_is_called_and_no_more(place: TablePlace) -> None:
    assert_policy_fits([place.backup], ("dynamodb", "s3", "kms"), "DynamoDB tables")
