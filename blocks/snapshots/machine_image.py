"""A whole machine as an image (AMI), and an instance started of the copy where it can reach nothing."""

from datetime import datetime
from typing import Any

from pydantic import Field

from blocks.snapshots.copied import CopiedSnapshot
from blocks.snapshots.ec2_snapshots import granted, ours, snapshot_sharing, specify
from blocks.snapshots.held import BACKUP, GIB, RESTORED, SOURCE, Held, Restored, State, identifier, read_held, tags_of
from blocks.snapshots.machine_start import disk_rows, disks, instances, refuse_open_groups, started, status_problems
from blocks.snapshots.verdicts import sharing

_STATES: dict[str, State] = {
    "available": "whole",
    "failed": "failed",
    "error": "failed",
    "invalid": "failed",
    "deregistered": "failed",
}


class MachineImage(CopiedSnapshot):
    """An image of an EC2 instance. Restored, it is started without a role, and in groups that let nothing out.

    Without a restart (the default) its disks are as after a loss of power.
    """

    _block_type_name = "Machine image"
    _block_type_slug = "machine-image"
    _description = "Makes images (AMI) of an EC2 instance, keeps copies in the recovery region, and starts them there."

    instance_id: str = Field(pattern=r"^i-[0-9a-f]+$", title="Instance", description="What images are made of.")
    restart: bool = Field(
        default=False, title="Restart", description="Shut the instance down for its image, so that its files are whole."
    )
    restore_subnet_id: str = Field(title="Subnet to restore in", description="Of the recovery region. An isolated one.")
    restore_security_group_ids: tuple[str, ...] = Field(
        min_length=1, title="Security groups", description="Of what is restored. They must let nothing out."
    )
    restore_instance_type: str = Field(
        default="t3.small", title="Instance type", description="To restore on. It must fit the image's architecture."
    )

    @property
    def address(self) -> str:
        return f"ami://{self.region}/{self.instance_id}"

    def _find(self, region: str) -> list[Held]:
        ec2 = self.aws("ec2", region)
        pages = ec2.get_paginator("describe_images").paginate(Owners=["self"], Filters=ours(self.address))
        images = [row for page in pages for row in page["Images"]]
        snapshots = {row["SnapshotId"]: row for row in disk_rows(ec2, images)}
        return [held for image in images if (held := _read(image, snapshots))]

    def _snapshot(self, name: str) -> None:
        self.aws("ec2").create_image(
            InstanceId=self.instance_id,
            Name=identifier(self.address, name),
            NoReboot=not self.restart,
            TagSpecifications=specify({SOURCE: self.address, BACKUP: name}, "image", "snapshot"),
        )

    def _copy(self, source: Held, key: str) -> None:
        self.recovery("ec2").copy_image(
            SourceRegion=self.region,
            SourceImageId=source.reference,
            Name=identifier(self.address, source.name),
            Encrypted=True,
            KmsKeyId=key,
            TagSpecifications=specify({SOURCE: self.address, **source.copy_tags}, "image", "snapshot"),
        )

    def _remove(self, region: str, reference: str) -> None:
        self.aws("ec2", region).deregister_image(ImageId=reference, DeleteAssociatedSnapshots=True)

    def _shared(self, copies: list[Held]) -> list[str]:
        ec2, said = self.recovery("ec2"), []
        for each in copies:
            told = ec2.describe_image_attribute(ImageId=each.reference, Attribute="launchPermission")
            [image] = ec2.describe_images(ImageIds=[each.reference])["Images"]
            said += sharing(each.reference, granted(told.get("LaunchPermissions", [])))
            said += snapshot_sharing(ec2, disks(image))
        return said

    def _restore(self, name: str, copies: list[Held]) -> str | None:
        ec2, tags = self.recovery("ec2"), {SOURCE: self.address, RESTORED: name}
        if there := self._alive(name):
            return started(ec2, there[0]["InstanceId"])
        refuse_open_groups(ec2, self.restore_security_group_ids)
        [image] = ec2.describe_images(ImageIds=[copies[0].reference])["Images"]
        network = {"DeviceIndex": 0, "SubnetId": self.restore_subnet_id, "AssociatePublicIpAddress": False}
        ec2.run_instances(
            ImageId=copies[0].reference,
            InstanceType=self.restore_instance_type,
            MinCount=1,
            MaxCount=1,
            NetworkInterfaces=[{**network, "Groups": list(self.restore_security_group_ids)}],
            BlockDeviceMappings=[
                {
                    "DeviceName": each["DeviceName"],
                    "Ebs": {"SnapshotId": each["Ebs"]["SnapshotId"], "DeleteOnTermination": True},
                }
                for each in image["BlockDeviceMappings"]
                if "Ebs" in each
            ],
            MetadataOptions={"HttpTokens": "required"},
            TagSpecifications=specify(tags, "instance", "volume"),
        )
        return None

    def _restored(self, name: str, copies: list[Held], key: str) -> Restored | None:
        ec2 = self.recovery("ec2")
        for each in self._alive(name):
            problems = status_problems(ec2, each)
            if each["ImageId"] != copies[0].reference:
                problems.append(f"{each['InstanceId']} was not started from {copies[0].reference}")
            return Restored(reference=each["InstanceId"], problems=tuple(problems))
        return None

    def _alive(self, name: str) -> list[Any]:
        """What was started of a backup, and is not on its way out."""
        found = instances(self.recovery("ec2"), ours(self.address, {RESTORED: name}))
        return [each for each in found if each["State"]["Name"] != "shutting-down"]

    def _discard(self) -> bool:
        ec2 = self.recovery("ec2")
        left = instances(ec2, [*ours(self.address), {"Name": "tag-key", "Values": [RESTORED]}])
        if ids := [each["InstanceId"] for each in left if each["State"]["Name"] != "shutting-down"]:
            ec2.terminate_instances(InstanceIds=ids)
        return not left


def _read(image: Any, snapshots: dict[str, Any]) -> Held | None:
    found = [snapshots[each] for each in disks(image) if each in snapshots]
    return read_held(
        tags_of(image.get("Tags", [])),
        reference=image["ImageId"],
        state=_STATES.get(image["State"], "pending"),
        taken_at=datetime.fromisoformat(image["CreationDate"]),
        size=sum(each["VolumeSize"] for each in found) * GIB,
        keys=tuple(each.get("KmsKeyId") if each.get("Encrypted") else None for each in found),
    )
