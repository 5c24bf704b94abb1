"""Machine images against the contract, on moto, which does not encrypt what it copies: the exact calls are checked."""

from collections.abc import Callable
from typing import Any

import pytest
from moto.ec2.models.amis import AmiBackend
from moto.ec2.responses.amis import AmisResponse
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

from blocks.snapshots.machine_image import MachineImage
from recovery.errors import NotProved, Refused

__all__ = ["bare_moto", "moto_url"]

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def tags(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto drops the tags of a copy, and cannot tag an image's disks; EC2 does both, from the first moment."""
    without, plain = AmisResponse.copy_image, AmiBackend.create_image

    def with_tags(self: Any) -> Any:
        answer = without(self)
        for kind, tags in self._parse_tag_specification().items():
            if kind == "image":
                self.ec2_backend.amis[answer.result["ImageId"]].add_tags(tags)
        return answer

    def of_images(self: Any, *words: Any, tag_specifications: list[Any]) -> Any:
        images = [each for each in tag_specifications if each["ResourceType"] == "image"]
        return plain(self, *words, tag_specifications=images)

    monkeypatch.setattr(AmisResponse, "copy_image", with_tags)
    monkeypatch.setattr(AmiBackend, "create_image", of_images)


class ImagePlace:
    shallow, deepest, faults = "listed", "restored", ("is not encrypted",)

    def __init__(self, url: str) -> None:
        self.url, self.home, self.away = url, client("ec2", url), client("ec2", url, AWAY)
        made = self.home.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro")
        self.source = str(made["Instances"][0]["InstanceId"])
        self.subnet, network = self._network()
        self.group = self.away.create_security_group(GroupName=self.source, Description="shut", VpcId=network)[
            "GroupId"
        ]
        self.away.revoke_security_group_egress(
            GroupId=self.group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        )
        self.key = new_key(url)
        self.backup = self.again()
        self.unreachable = unreachable(self.backup)

    def _network(self) -> tuple[str, str]:
        found = self.away.describe_subnets()["Subnets"][0]
        return str(found["SubnetId"]), str(found["VpcId"])

    def again(self, **changes: Any) -> MachineImage:
        where = {"restore_subnet_id": self.subnet, "restore_security_group_ids": (self.group,)}
        return MachineImage(**fields(self.url, self.key, instance_id=self.source, **where | changes))

    @property
    def damages(self) -> dict[str, tuple[Callable[[], object], str]]:
        def share(**who: str) -> Callable[[], object]:
            return lambda: self.away.modify_image_attribute(ImageId=self.copy(), LaunchPermission={"Add": [who]})

        def disk() -> str:
            [image] = self.away.describe_images(ImageIds=[self.copy()])["Images"]
            return str(image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"])

        # Each leaves the next one to be found.
        return {
            "made public": (share(Group="all"), "is public: everybody may use it"),
            "shared": (share(UserId="123412341234"), "is shared with 123412341234"),
            "its disk shared": (
                lambda: self.away.modify_snapshot_attribute(
                    SnapshotId=disk(), Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
                ),
                "snap-",  # its sentence is of the disk
            ),
            "deregistered": (lambda: self.away.deregister_image(ImageId=self.copy()), f"no backup {FIRST}"),
        }

    def copy(self) -> str:
        return self.backup._copies(FIRST)[0].reference

    def change_live(self) -> None:
        self.home.create_tags(Resources=[self.source], Tags=[{"Key": "changed", "Value": "yes"}])

    def restored(self) -> object:
        alive = {"Name": "instance-state-name", "Values": ["pending", "running"]}
        ours = {"Name": "tag:lifeboat:source", "Values": [self.backup.address]}
        found = self.away.describe_instances(Filters=[alive, ours])["Reservations"]
        return [(each["InstanceId"], each["ImageId"]) for row in found for each in row["Instances"]] or None


@pytest.fixture
def place(bare_moto: str) -> ImagePlace:
    return ImagePlace(bare_moto)


class TestMachineImage(SnapshotContract):
    @pytest.fixture
    def place(self, bare_moto: str) -> ImagePlace:
        return ImagePlace(bare_moto)


@pytest.mark.parametrize(("call", "region"), [("create_image", HOME), ("copy_image", AWAY)])
def test_a_killed_run_is_taken_up(place: ImagePlace, monkeypatch: Any, call: str, region: str) -> None:
    dying = place.again()
    killed_at(dying, call, "ec2", region, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        dying.take(FIRST)
    made = dying._find(HOME)
    assert len(made) == (call == "copy_image")
    assert place.backup.backups() == []
    place.again().take(FIRST)  # another machine
    assert len(place.backup._find(HOME)) == len(place.backup._find(AWAY)) == 1
    assert_sound(place, FIRST, "listed")


def test_nothing_is_started_where_it_could_reach_production(place: ImagePlace) -> None:
    place.backup.take(FIRST)
    network = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    place.away.authorize_security_group_egress(GroupId=place.group, IpPermissions=[network])
    with pytest.raises(Refused, match="lets traffic out"):
        place.backup.restore(FIRST)
    assert place.restored() is None


@pytest.fixture
def calls(place: ImagePlace, monkeypatch: Any) -> dict[str, dict[str, Any]]:
    """What was sent to EC2, call by call, before boto3 made a request of it."""
    sent: dict[str, dict[str, Any]] = {}
    for region in (HOME, AWAY):
        events = place.backup.aws("ec2", region).meta.events
        events.register("provide-client-params.ec2.*", lambda params, model, **_: sent.update({model.name: params}))
    return sent


def test_the_exact_calls(place: ImagePlace, calls: dict[str, dict[str, Any]]) -> None:
    """What moto does not heed: encryption, tags of disks, and that disks go with their image and their instance."""
    place.backup.take(FIRST)
    copied = calls["CopyImage"]
    assert copied["Encrypted"] is True and copied["KmsKeyId"] == place.key
    assert [each["ResourceType"] for each in copied["TagSpecifications"]] == ["image", "snapshot"]
    assert calls["CreateImage"]["NoReboot"] is True
    assert [each["ResourceType"] for each in calls["CreateImage"]["TagSpecifications"]] == ["image", "snapshot"]
    place.backup.restore(FIRST)
    run = calls["RunInstances"]
    assert "IamInstanceProfile" not in run
    assert run["NetworkInterfaces"][0]["Groups"] == [place.group]
    assert run["NetworkInterfaces"][0]["AssociatePublicIpAddress"] is False
    assert all(each["Ebs"]["DeleteOnTermination"] for each in run["BlockDeviceMappings"])
    place.backup.discard()
    place.backup.take(SECOND)
    assert place.backup.expire([]).removed == (FIRST,)
    assert calls["DeregisterImage"]["DeleteAssociatedSnapshots"] is True


def test_a_machine_that_does_not_boot_is_not_restored(place: ImagePlace, monkeypatch: Any) -> None:
    place.backup.take(FIRST)
    broken = {"InstanceStatuses": [{"InstanceStatus": {"Status": "impaired"}, "SystemStatus": {"Status": "ok"}}]}
    ec2 = place.backup.aws("ec2", AWAY)
    monkeypatch.setattr(ec2, "describe_instance_status", lambda **_: broken)
    with pytest.raises(NotProved, match="does not answer EC2's status checks"):
        place.backup.restore(FIRST)
    assert any("InstanceStatus of i-" in each for each in place.backup.prove(FIRST).problems)


def test_the_policy_allows_what_is_called_and_no_more(place: ImagePlace) -> None:
    assert_policy_fits([place.backup], ("ec2", "kms"), "Machine images")
