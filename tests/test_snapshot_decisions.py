"""Copied snapshots: what is decided, and the exact calls where moto falls short (botocore's Stubber)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber
from pydantic import SecretStr, ValidationError
from snapshot_contract import FIRST, SECOND, THIRD
from snapshot_fixtures import AWAY, HOME, fields

from blocks.snapshots.database_probe import DatabaseProbe, TableCheck, judge
from blocks.snapshots.dynamodb_items import fingerprint
from blocks.snapshots.ebs_volume import EbsVolumeSnapshot
from blocks.snapshots.expiry import expire
from blocks.snapshots.held import Held, as_taken, going, identifier, whole
from blocks.snapshots.machine_image import MachineImage
from blocks.snapshots.rds_faults import failed, instance_faults
from blocks.snapshots.verdicts import faults
from recovery.errors import Conflict, NotProved, RecoveryError

AT = datetime(2026, 1, 1, tzinfo=UTC)
KEY = "arn:aws:kms:eu-west-1:123456789012:key/ours"
SOURCE = "ebs://us-east-1/vol-1"


def held(name: str = FIRST, **more: Any) -> Held:
    usual = {"reference": f"snap-{name}", "state": "whole", "taken_at": AT, "size": 7, "keys": (KEY,)}
    return Held(name=name, **usual | more)


def test_a_backup_is_whole_when_every_part_of_it_is() -> None:
    one, other = held(part="a", parts=2, reference="1"), held(part="b", parts=2, reference="2")
    assert whole([]) == []
    assert whole([one]) == []
    assert whole([one, other.model_copy(update={"state": "pending"})]) == []
    assert whole([other, one]) == [one, other]
    twice = one.model_copy(update={"reference": "3"})  # two runs at once made it twice
    assert len(whole([one, other, twice])) == 2
    assert as_taken([one, other], AWAY).size == 14


def test_what_may_go_is_older_than_the_newest_whole_one() -> None:
    unfinished = held(FIRST, state="pending")
    assert going({FIRST: [unfinished]}, []) == []
    assert going({FIRST: [unfinished], SECOND: [held(SECOND)], THIRD: [held(THIRD, state="pending")]}, []) == [FIRST]
    assert going({FIRST: [held()], SECOND: [held(SECOND)]}, [FIRST]) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"keys": (None,)}, "is not encrypted"),
        ({"keys": (KEY, None)}, "is not encrypted"),
        ({"keys": ()}, "is not encrypted"),
        ({"keys": (KEY, "another")}, "is encrypted with another, not with"),
        ({"expected_size": 8}, "is of 7 bytes, its source of 8"),
    ],
)
def test_every_fault_of_a_copy_is_named(changes: dict[str, Any], words: str) -> None:
    assert faults([held(expected_size=7)], KEY) == []
    [said] = faults([held(**changes)], KEY)
    assert words in said


def test_a_source_region_that_is_down_does_not_stop_expiry() -> None:
    gone: list[tuple[str, str]] = []

    def find(region: str) -> list[Held]:
        if region == HOME:
            raise EndpointConnectionError(endpoint_url="https://home")
        return [held(FIRST), held(SECOND)]

    expired = expire(find, lambda region, reference: gone.append((region, reference)), AWAY, HOME, [])
    assert gone == [(AWAY, f"snap-{FIRST}")]
    assert expired.removed == (FIRST,)
    assert f"The snapshots in {HOME} stay" in expired.held[0]


def test_names_of_what_is_made_are_told_apart() -> None:
    assert identifier(SOURCE, FIRST) != identifier("ebs://us-east-1/vol-2", FIRST)
    assert len(identifier(SOURCE, FIRST)) <= 63
    for name in ("a_b", "a--b", "a-", "a" * 41, ""):
        with pytest.raises(RecoveryError, match="cannot name a snapshot"):
            identifier(SOURCE, name)


def test_the_recovery_region_is_another_one() -> None:
    with pytest.raises(ValidationError, match="must be another one"):
        EbsVolumeSnapshot(
            **fields("http://127.0.0.1:9", KEY, source_id="vol-1", restore_zone="x", recovery_region=HOME)
        )


def test_restored_databases_are_judged() -> None:
    row = {"DBInstanceIdentifier": "it", "DBInstanceStatus": "available", "StorageEncrypted": True, "KmsKeyId": KEY}
    assert instance_faults(row, KEY) == []
    changed = {"DBInstanceStatus": "modifying", "PubliclyAccessible": True, "KmsKeyId": "another"}
    assert len(instance_faults(row | changed, KEY)) == 3
    assert instance_faults(row | {"StorageEncrypted": False}, KEY) == ["it is not encrypted"]
    failed("it", "creating")
    with pytest.raises(NotProved, match="it is incompatible-parameters"):
        failed("it", "incompatible-parameters")


def test_rows_and_freshness_are_judged_from_the_snapshot() -> None:
    check = TableCheck(table="orders", at_least=3, newest="at", rpo_seconds=60)
    assert judge(check, 3, AT - timedelta(seconds=60), AT) == []
    assert judge(check, 2, AT, AT) == ["table orders has 2 rows, fewer than 3"]
    assert "over its RPO" in judge(check, 3, AT - timedelta(seconds=61), AT)[0]
    assert judge(check, 3, None, AT) == ["table orders has no newest at"]


@pytest.mark.parametrize("dsn", ["host={host} user=me", "postgresql://me:pw@{host}/", "host={other}", "{", "dbname=x"])
def test_a_dsn_is_checked_and_never_echoed(dsn: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DatabaseProbe(dsn=dsn, user="me", password=SecretStr("pw"), checks=(TableCheck(table="t"),))
    assert "pw" not in str(caught.value)


def test_items_are_the_same_in_any_order_and_spelling() -> None:
    one, other = {"id": {"S": "1"}, "t": {"SS": ["b", "a"]}, "b": {"B": b"\x00"}}, {"id": {"S": "2"}}
    same = {"b": {"B": "AA=="}, "t": {"SS": ["a", "b"]}, "id": {"S": "1"}}
    assert fingerprint([one, other]) == fingerprint([other, same])
    assert fingerprint([one]) != fingerprint([one | {"t": {"SS": ["a"]}}])
    assert fingerprint([{"l": {"L": [{"N": "1"}, {"N": "2"}]}}]) != fingerprint(
        [{"l": {"L": [{"N": "2"}, {"N": "1"}]}}]
    )


def ebs(source: str = "vol-1") -> EbsVolumeSnapshot:
    return EbsVolumeSnapshot(**fields("http://127.0.0.1:9", KEY, source_id=source, restore_zone="eu-west-1a"))


def row(name: str, state: str = "completed") -> dict[str, Any]:
    tags = [{"Key": "lifeboat:source", "Value": SOURCE}, {"Key": "lifeboat:backup", "Value": name}]
    about = {"SnapshotId": f"snap-{name}", "VolumeId": "vol-1", "State": state, "StartTime": AT, "VolumeSize": 7}
    return about | {"Tags": tags, "Encrypted": True, "KmsKeyId": KEY}


def key_told(stub: Stubber) -> None:
    stub.add_response("describe_key", {"KeyMetadata": {"KeyId": "ours", "Arn": KEY, "KeyState": "Enabled"}})


def test_a_copy_that_failed_is_removed_and_told() -> None:
    block = ebs()
    home, away = Stubber(block.aws("ec2")), Stubber(block.aws("ec2", AWAY))
    kms = Stubber(block.aws("kms", AWAY))
    key_told(kms)
    for _ in range(2):
        home.add_response("describe_snapshots", {"Snapshots": [row(FIRST)]})
    for _ in range(3):
        away.add_response("describe_snapshots", {"Snapshots": [row(FIRST, "error")]})
    away.add_response("delete_snapshot", {}, {"SnapshotId": f"snap-{FIRST}"})
    with home, away, kms, pytest.raises(NotProved, match=f"AWS failed at snap-{FIRST} in eu-west-1"):
        block.take(FIRST)
    away.assert_no_pending_responses()


def test_what_a_lock_holds_stays_and_is_told() -> None:
    block = ebs()
    home, away = Stubber(block.aws("ec2")), Stubber(block.aws("ec2", AWAY))
    away.add_response("describe_snapshots", {"Snapshots": [row(FIRST), row(SECOND)]})
    away.add_client_error("delete_snapshot", "SnapshotLocked")
    home.add_response("describe_snapshots", {"Snapshots": [row(FIRST), row(SECOND)]})
    with home, away:
        expired = block.expire([])
    assert expired.removed == ()
    assert "SnapshotLocked" in expired.held[0]


def test_keys_that_may_not_delete_are_an_error() -> None:
    block = ebs()
    away = Stubber(block.aws("ec2", AWAY))
    away.add_response("describe_snapshots", {"Snapshots": [row(FIRST), row(SECOND)]})
    away.add_client_error("delete_snapshot", "UnauthorizedOperation")
    with away, pytest.raises(RecoveryError, match="Check the block's keys"):
        block.expire([])


def test_volumes_that_changed_while_they_were_taken_are_no_set() -> None:
    block = ebs("i-1")
    home, away, kms = Stubber(block.aws("ec2")), Stubber(block.aws("ec2", AWAY)), Stubber(block.aws("kms", AWAY))
    key_told(kms)
    away.add_response("describe_snapshots", {"Snapshots": []})
    home.add_response("describe_snapshots", {"Snapshots": []})
    home.add_response("describe_volumes", {"Volumes": [{"VolumeId": "vol-1"}, {"VolumeId": "vol-2"}]})
    sent = {"InstanceSpecification": {"InstanceId": "i-1"}, "TagSpecifications": ANY}
    home.add_response("create_snapshots", {"Snapshots": [{"SnapshotId": "snap-1"}]}, sent)
    home.add_response("delete_snapshot", {}, {"SnapshotId": "snap-1"})
    with home, away, kms, pytest.raises(Conflict, match="while its snapshots were made"):
        block.take(FIRST)
    home.assert_no_pending_responses()


def test_an_image_whose_disks_have_the_right_key_is_sound() -> None:
    """moto encrypts no copy of an image, so that only this shows it."""
    where = {"restore_subnet_id": "subnet-1", "restore_security_group_ids": ("sg-1",)}
    block = MachineImage(**fields("http://127.0.0.1:9", KEY, instance_id="i-1", **where))
    away, kms = Stubber(block.aws("ec2", AWAY)), Stubber(block.aws("kms", AWAY))
    key_told(kms)
    tags = [{"Key": "lifeboat:backup", "Value": FIRST}]
    disk = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": f"snap-{FIRST}"}}
    image = {"ImageId": "ami-1", "State": "available", "CreationDate": "2026-01-01T00:00:00.000Z", "Tags": tags}
    images = {"Images": [image | {"BlockDeviceMappings": [disk]}]}
    away.add_response("describe_images", images)
    away.add_response("describe_snapshots", {"Snapshots": [row(FIRST)]})
    away.add_response("describe_image_attribute", {"LaunchPermissions": []})
    away.add_response("describe_images", images)
    away.add_response("describe_snapshot_attribute", {"CreateVolumePermissions": []})
    away.add_response("describe_instances", {"Reservations": []})
    with away, kms:
        shown = block.prove(FIRST)
    away.assert_no_pending_responses()
    assert shown.problems == ()
    assert shown.depth == "listed"
