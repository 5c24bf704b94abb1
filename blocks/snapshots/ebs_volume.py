"""EBS volumes: one, or all that an instance has, at one moment."""

from typing import Any

from pydantic import Field

from blocks.snapshots.copied import CopiedSnapshot
from blocks.snapshots.ec2_snapshots import held_snapshot, ours, snapshot_rows, snapshot_sharing, specify
from blocks.snapshots.held import BACKUP, GIB, PART, PARTS, RESTORED, SOURCE, Held, Restored
from recovery.errors import Conflict, NotProved, Refused


class EbsVolumeSnapshot(CopiedSnapshot):
    """Snapshots of EBS volumes. Those of one instance are taken at one moment, as after a loss of power."""

    _block_type_name = "EBS volume snapshot"
    _block_type_slug = "ebs-volume-snapshot"
    _description = "Takes snapshots of EBS volumes, keeps copies in the recovery region, and restores them beside it."

    source_id: str = Field(
        pattern=r"^(vol|i)-[0-9a-f]+$",
        title="Volume or instance",
        description="vol-… for one volume; i-… for all volumes that are attached to an instance, at one moment.",
    )
    restore_zone: str = Field(
        title="Zone to restore in", description="An availability zone of the recovery region, such as eu-west-1a."
    )

    @property
    def address(self) -> str:
        return f"ebs://{self.region}/{self.source_id}"

    def _find(self, region: str) -> list[Held]:
        rows = snapshot_rows(self.aws("ec2", region), Filters=ours(self.address))
        return [held for row in rows if (held := held_snapshot(row))]

    def _snapshot(self, name: str) -> None:
        ec2 = self.aws("ec2")
        tags = {SOURCE: self.address, BACKUP: name}
        if self.source_id.startswith("vol-"):
            ec2.create_snapshot(VolumeId=self.source_id, TagSpecifications=specify(tags, "snapshot"))
            return
        attached = [{"Name": "attachment.instance-id", "Values": [self.source_id]}]
        count = len(ec2.describe_volumes(Filters=attached)["Volumes"])
        if not count:
            raise Refused(f"No volume is attached to {self.source_id} in {self.region}.")
        # How many there are is on each from the first moment: a set that is not whole can be told from one that is.
        made = ec2.create_snapshots(
            InstanceSpecification={"InstanceId": self.source_id},
            TagSpecifications=specify({**tags, PARTS: str(count)}, "snapshot"),
        )["Snapshots"]
        if len(made) != count:
            for each in made:
                ec2.delete_snapshot(SnapshotId=each["SnapshotId"])
            what = f"A volume was attached to {self.source_id} or taken from it while its snapshots were made."
            raise Conflict(what, changed="The snapshots were removed.", remedy="Take it again.")

    def _copy(self, source: Held, key: str) -> None:
        self.recovery("ec2").copy_snapshot(
            SourceRegion=self.region,
            SourceSnapshotId=source.reference,
            Description=f"Copy of {source.reference} of {self.address}",
            Encrypted=True,
            KmsKeyId=key,
            TagSpecifications=specify({SOURCE: self.address, **source.copy_tags}, "snapshot"),
        )

    def _remove(self, region: str, reference: str) -> None:
        self.aws("ec2", region).delete_snapshot(SnapshotId=reference)

    def _shared(self, copies: list[Held]) -> list[str]:
        return snapshot_sharing(self.recovery("ec2"), [each.reference for each in copies])

    def _restore(self, name: str, copies: list[Held]) -> str | None:
        there = self._volumes(name)
        parts = {_part(each) for each in there}
        for each in copies:
            if each.part not in parts:
                key = {"Encrypted": True, "KmsKeyId": each.keys[0]} if each.keys[0] else {}
                self.recovery("ec2").create_volume(
                    AvailabilityZone=self.restore_zone,
                    SnapshotId=each.reference,
                    **key,
                    TagSpecifications=specify({SOURCE: self.address, RESTORED: name, PART: each.part}, "volume"),
                )
        if broken := [each["VolumeId"] for each in there if each["State"] == "error"]:
            raise NotProved(
                f"AWS failed to restore {', '.join(broken)}.", changed="They stand.", remedy="Discard them."
            )
        done = [each["VolumeId"] for each in there if each["State"] in ("available", "in-use")]
        return ",".join(done) if len(done) == len(copies) else None

    def _restored(self, name: str, copies: list[Held], key: str) -> Restored | None:
        volumes = {_part(each): each for each in self._volumes(name)}
        if len(volumes) < len(copies):
            return None
        problems = [fault for each in copies for fault in _faults(volumes[each.part], each, key)]
        return Restored(reference=",".join(each["VolumeId"] for each in volumes.values()), problems=tuple(problems))

    def _discard(self) -> bool:
        left = self._volumes(None)
        for each in left:
            if each["State"] not in ("creating", "deleting", "deleted"):
                self.recovery("ec2").delete_volume(VolumeId=each["VolumeId"])
        return not left

    def _volumes(self, name: str | None) -> list[Any]:
        """Restored volumes of one backup, or of all, in the order of the parts."""
        filters = [*ours(self.address), {"Name": "tag-key", "Values": [RESTORED]}]
        if name:
            filters = ours(self.address, {RESTORED: name})
        pages = self.recovery("ec2").get_paginator("describe_volumes").paginate(Filters=filters)
        return sorted((row for page in pages for row in page["Volumes"]), key=_part)


def _part(volume: Any) -> str:
    return next((str(tag["Value"]) for tag in volume["Tags"] if tag["Key"] == PART), "")


def _faults(volume: Any, copy: Held, key: str) -> list[str]:
    found = []
    if volume["SnapshotId"] != copy.reference:
        found.append(f"{volume['VolumeId']} was not restored from {copy.reference} but from {volume['SnapshotId']}")
    if volume["Size"] * GIB != copy.size:
        found.append(f"{volume['VolumeId']} is of {volume['Size']} GiB, its snapshot of {copy.size // GIB}")
    if volume.get("KmsKeyId") != key:
        found.append(f"{volume['VolumeId']} is not encrypted with {key}")
    return found
