"""An instance that is started to see whether its image starts at all, and that must reach nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blocks.snapshots.ec2_snapshots import snapshot_rows
from recovery.errors import NotProved, Refused

_STANDING = ["pending", "running", "stopping", "stopped", "shutting-down"]
# As many values as EC2 takes in one filter.
_AT_ONCE = 200


def disks(image: Mapping[str, Any]) -> list[str]:
    """The snapshots that an image is made of."""
    ebs = [each["Ebs"] for each in image.get("BlockDeviceMappings", []) if "Ebs" in each]
    return [each["SnapshotId"] for each in ebs if each.get("SnapshotId")]


def disk_rows(ec2: Any, images: Iterable[Mapping[str, Any]]) -> list[Any]:
    """What EC2 tells of the snapshots of images, those that are there."""
    ids = [each for image in images for each in disks(image)]
    rows = []
    for start in range(0, len(ids), _AT_ONCE):
        wanted = {"Name": "snapshot-id", "Values": ids[start : start + _AT_ONCE]}
        rows += snapshot_rows(ec2, Filters=[wanted])
    return rows


def instances(ec2: Any, filters: Sequence[Any]) -> list[Any]:
    """Those that stand: a terminated one is listed for an hour more."""
    wanted = [*filters, {"Name": "instance-state-name", "Values": _STANDING}]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=wanted)
    return [each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"]]


def refuse_open_groups(ec2: Any, groups: Sequence[str]) -> None:
    """Raises `Refused` where one lets anything out: what is started is a twin of production, and acts like it."""
    for each in ec2.describe_security_groups(GroupIds=list(groups))["SecurityGroups"]:
        if each.get("IpPermissionsEgress"):
            what = f"Nothing is started: {each['GroupId']} lets traffic out, and the restored machine could act on it."
            raise Refused(what, remedy="Name a security group without any egress rule.")


def started(ec2: Any, instance: str) -> str | None:
    """The instance, once AWS says that it has booted. Raises `NotProved` where it says that it has not."""
    found = ec2.describe_instance_status(InstanceIds=[instance])["InstanceStatuses"]
    checks = {each[kind]["Status"] for each in found for kind in ("InstanceStatus", "SystemStatus")}
    if "impaired" in checks:
        what = f"{instance} was started and does not answer EC2's status checks."
        raise NotProved(what, changed="It stands.", remedy="Look at its console output, then discard it.")
    return instance if checks == {"ok"} else None


def status_problems(ec2: Any, instance: Mapping[str, Any]) -> list[str]:
    name, state = instance["InstanceId"], instance["State"]["Name"]
    if state != "running":
        return [f"{name} is {state}"]
    found = ec2.describe_instance_status(InstanceIds=[name])["InstanceStatuses"]
    checks = {kind: each[kind]["Status"] for each in found for kind in ("InstanceStatus", "SystemStatus")}
    return [f"{kind} of {name} is {status}" for kind, status in checks.items() if status != "ok"]
