"""EBS volumes against the contract, on moto: it shows that the calls are right, and nothing of real data."""

from collections.abc import Callable
from typing import Any

import pytest
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

from blocks.snapshots.ebs_volume import EbsVolumeSnapshot
from recovery.errors import Refused

__all__ = ["bare_moto", "moto_url"]

pytestmark = pytest.mark.slow


class EbsPlace:
    shallow, deepest, faults = "listed", "restored", ()

    def __init__(self, url: str, source: str | None = None) -> None:
        self.url, self.home, self.away = url, client("ec2", url), client("ec2", url, AWAY)
        self.source = source or str(self.home.create_volume(AvailabilityZone="us-east-1a", Size=7)["VolumeId"])
        self.key = new_key(url)
        self.backup = self.again()
        self.unreachable = unreachable(self.backup)

    def again(self, **changes: Any) -> EbsVolumeSnapshot:
        more = {"source_id": self.source, "restore_zone": "eu-west-1a"} | changes
        return EbsVolumeSnapshot(**fields(self.url, more.pop("kms_key_id", self.key), **more))

    @property
    def damages(self) -> dict[str, tuple[Callable[[], object], str]]:
        def share(**who: Any) -> Callable[[], object]:
            return lambda: self.away.modify_snapshot_attribute(
                SnapshotId=self.copies()[0], Attribute="createVolumePermission", OperationType="add", **who
            )

        # Each leaves the next one to be found; after the last but one, taking makes a new copy.
        return {
            "made public": (share(GroupNames=["all"]), "is public: everybody may use it"),
            "shared": (share(UserIds=["123412341234"]), "is shared with 123412341234"),
            "tampered tags": (self._shrink, "its source of 1"),
            "copy deleted": (lambda: self._delete_copies(), f"There is no backup {FIRST}"),
            "key disabled": (self._disable, "is in the state Disabled"),
        }

    def _shrink(self) -> None:
        self.away.create_tags(Resources=self.copies(), Tags=[{"Key": "lifeboat:size", "Value": "1"}])

    def _disable(self) -> None:
        client("kms", self.url, AWAY).disable_key(KeyId=self.key.rpartition("/")[2])

    def _delete_copies(self) -> None:
        for each in self.copies():
            self.away.delete_snapshot(SnapshotId=each)

    def copies(self) -> list[str]:
        return [each.reference for each in self.backup._find(AWAY)]

    def change_live(self) -> None:
        self.home.create_tags(Resources=[self.source], Tags=[{"Key": "changed", "Value": "yes"}])

    def restored(self) -> object:
        found = self.away.describe_volumes(Filters=[{"Name": "tag:lifeboat:source", "Values": [self.backup.address]}])
        return [(each["VolumeId"], each["SnapshotId"], each["KmsKeyId"]) for each in found["Volumes"]] or None


def volumes_of_an_instance(url: str) -> EbsPlace:
    home = client("ec2", url)
    made = home.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro")
    instance = str(made["Instances"][0]["InstanceId"])
    extra = home.create_volume(AvailabilityZone="us-east-1a", Size=3)["VolumeId"]
    home.attach_volume(VolumeId=extra, InstanceId=instance, Device="/dev/sdf")
    return EbsPlace(url, instance)


@pytest.fixture
def place(bare_moto: str) -> EbsPlace:
    return EbsPlace(bare_moto)


class TestEbsVolume(SnapshotContract):
    @pytest.fixture
    def place(self, bare_moto: str) -> EbsPlace:
        return EbsPlace(bare_moto)


class TestVolumesOfAnInstance(SnapshotContract):
    @pytest.fixture
    def place(self, bare_moto: str) -> EbsPlace:
        return volumes_of_an_instance(bare_moto)

    def test_all_of_them_are_taken(self, place: EbsPlace) -> None:
        taken = place.backup.take(FIRST)
        assert len(taken.reference.split(",")) == 2
        assert len(place.backup.restore(FIRST).split(",")) == 2
        place.away.delete_snapshot(SnapshotId=place.copies()[0])
        assert place.backup.backups() == []
        assert place.backup.take(FIRST).reference != taken.reference
        assert len(place.copies()) == 2


@pytest.mark.parametrize(("call", "region"), [("create_snapshot", HOME), ("copy_snapshot", AWAY)])
def test_a_killed_run_is_taken_up(place: EbsPlace, monkeypatch: Any, call: str, region: str) -> None:
    dying = place.again()
    killed_at(dying, call, "ec2", region, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        dying.take(FIRST)
    made = dying._find(HOME)
    assert len(made) == (call == "copy_snapshot")
    assert place.backup.backups() == []
    taken = place.again().take(FIRST)  # another machine
    if made:
        assert place.backup._find(HOME) == made
    assert taken.taken_at == place.backup._find(HOME)[0].taken_at
    assert_sound(place, FIRST, "listed")


def test_a_killed_restore_is_taken_up(bare_moto: str, monkeypatch: Any) -> None:
    place = volumes_of_an_instance(bare_moto)
    place.backup.take(FIRST)
    whole, calls = place.backup.aws("ec2", AWAY).create_volume, []

    def once(**words: Any) -> Any:
        if calls:
            raise KeyboardInterrupt
        calls.append(words)
        return whole(**words)

    dying = place.again()
    monkeypatch.setattr(dying.aws("ec2", AWAY), "create_volume", once)
    with pytest.raises(KeyboardInterrupt):
        dying.restore(FIRST)
    assert len(place.restored()) == 1  # type: ignore[arg-type]
    assert place.backup.prove(FIRST).depth == "listed"
    place.backup.restore(FIRST)
    assert len(place.restored()) == 2  # type: ignore[arg-type]


def test_expiry_clears_what_was_never_finished_and_nothing_of_others(place: EbsPlace, monkeypatch: Any) -> None:
    theirs = place.home.create_snapshot(VolumeId=place.source)["SnapshotId"]
    dying = place.again()
    killed_at(dying, "copy_snapshot", "ec2", AWAY, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        dying.take(FIRST)
    place.backup.expire([])
    assert [each.name for each in place.backup._find(HOME)] == [FIRST]  # the newest that there is
    place.backup.take(SECOND)
    assert place.backup.expire([]).removed == ()
    assert [each.name for each in place.backup._find(HOME)] == [SECOND]
    assert place.home.describe_snapshots(SnapshotIds=[theirs])["Snapshots"]


def test_a_key_that_cannot_be_used_stops_it_before_anything_is_made(place: EbsPlace) -> None:
    with pytest.raises(Refused, match="is not there in eu-west-1"):
        place.again(kms_key_id="alias/none").take(FIRST)
    assert place.backup._find(HOME) == []


def test_another_key_is_told(place: EbsPlace, bare_moto: str) -> None:
    place.backup.take(FIRST)
    place.backup.restore(FIRST)
    other = new_key(bare_moto)
    problems = place.again(kms_key_id=other).prove(FIRST).problems
    assert f"is encrypted with {place.key}, not with {other}" in problems[0]
    assert f"is not encrypted with {other}" in problems[1]


def test_the_sentence_says_how_deep(place: EbsPlace) -> None:
    place.backup.take(FIRST)
    assert "it was not restored, and its content was not read" in place.backup.prove(FIRST).sentence
    place.backup.restore(FIRST)
    assert "restores only: its content was not read" in place.backup.prove(FIRST).sentence


def test_the_policy_allows_what_is_called_and_no_more(bare_moto: str) -> None:
    # An instance's volumes are taken by one call, a single one by another.
    backups = [volumes_of_an_instance(bare_moto).backup, EbsPlace(bare_moto).backup]
    assert_policy_fits(backups, ("ec2", "kms"), "EBS volumes")
