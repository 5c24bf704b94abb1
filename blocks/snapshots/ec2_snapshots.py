"""What EBS volumes and machine images share: EC2's tags, snapshots, and who may use them."""

from collections.abc import Iterable, Mapping
from typing import Any

from blocks.snapshots.held import GIB, SOURCE, Held, State, read_held, tag_list, tags_of
from blocks.snapshots.verdicts import sharing

_STATES: dict[str, State] = {"completed": "whole", "error": "failed"}
Tags = Mapping[str, str]


def specify(tags: Tags, *kinds: str) -> list[dict[str, Any]]:
    """Tags that are on things from their first moment, so that nothing is ever without."""
    return [{"ResourceType": kind, "Tags": tag_list(tags)} for kind in kinds]


def ours(address: str, tags: Tags | None = None) -> list[dict[str, Any]]:
    """Filters for what carries our tags for one source, and these."""
    wanted = {SOURCE: address, **(tags or {})}
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in wanted.items()]


def snapshot_rows(ec2: Any, **which: Any) -> list[Any]:
    pages = ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"], **which)
    return [row for page in pages for row in page["Snapshots"]]


def held_snapshot(row: Mapping[str, Any]) -> Held | None:
    return read_held(
        tags_of(row.get("Tags", [])),
        reference=row["SnapshotId"],
        part=row["VolumeId"],
        state=_STATES.get(row["State"], "pending"),
        taken_at=row["StartTime"],
        size=row["VolumeSize"] * GIB,
        keys=(row.get("KmsKeyId") if row.get("Encrypted") else None,),
    )


def snapshot_sharing(ec2: Any, snapshots: Iterable[str]) -> list[str]:
    """Who else may use these snapshots."""
    said = []
    for each in snapshots:
        told = ec2.describe_snapshot_attribute(SnapshotId=each, Attribute="createVolumePermission")
        said += sharing(each, granted(told.get("CreateVolumePermissions", [])))
    return said


def granted(permissions: Iterable[Mapping[str, str]]) -> list[str]:
    """Who is named in permissions, as EC2 lists them for snapshots and images: one key each, `all` for everybody."""
    return [who for each in permissions for who in each.values()]
