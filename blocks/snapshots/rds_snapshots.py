"""What RDS instances and Aurora clusters share: the same calls under two names."""

from abc import abstractmethod
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from pydantic import Field

from blocks.amazon import error_code
from blocks.snapshots.copied import CopiedSnapshot
from blocks.snapshots.database_probe import DatabaseProbe
from blocks.snapshots.held import (
    BACKUP,
    GIB,
    RESTORED,
    SOURCE,
    Held,
    Restored,
    State,
    identifier,
    read_held,
    tag_list,
    tags_of,
)
from blocks.snapshots.kind import Taken
from blocks.snapshots.verdicts import sharing
from recovery.errors import Conflict

_STATES: dict[str, State] = {"available": "whole", "failed": "failed"}


class RdsSnapshots(CopiedSnapshot):
    """Snapshots of a database, and a database restored of the copy that nobody but its groups can reach.

    `noun` and `verb` are what RDS calls the snapshot in fields and in calls, `source_field` what it calls the source.
    """

    noun: ClassVar[str]
    verb: ClassVar[str]
    source_field: ClassVar[str]

    restore_subnet_group: str = Field(
        title="Subnet group to restore in", description="Of the recovery region. One that cannot reach production."
    )
    restore_security_group_ids: tuple[str, ...] = Field(
        min_length=1, title="Security groups", description="Of what is restored: who may reach it."
    )
    probe: DatabaseProbe | None = Field(
        default=None, title="Probe", description="How to read what was restored, where it is PostgreSQL."
    )

    @property
    @abstractmethod
    def source(self) -> str:
        """What RDS calls the database."""

    def _call(self, region: str, call: str, **words: Any) -> Any:
        return getattr(self.aws("rds", region), call.format(self.verb))(**words)

    def _find(self, region: str) -> list[Held]:
        pages = self.aws("rds", region).get_paginator(f"describe_{self.verb}s").paginate(SnapshotType="manual")
        rows = [row for page in pages for row in page[f"{self.noun}s"]]
        ours = [row for row in rows if tags_of(row.get("TagList", [])).get(SOURCE) == self.address]
        return [held for row in ours if (held := self._read(row))]

    def _read(self, row: Any) -> Held | None:
        encrypted = row.get("Encrypted") or row.get("StorageEncrypted")
        return read_held(
            tags_of(row.get("TagList", [])),
            reference=row[f"{self.noun}Identifier"],
            state=_STATES.get(row["Status"], "pending"),
            # A snapshot that is not done has no moment yet; it is not looked at before it is.
            taken_at=row.get("SnapshotCreateTime") or row.get("InstanceCreateTime") or row["ClusterCreateTime"],
            size=row["AllocatedStorage"] * GIB,
            keys=(row.get("KmsKeyId") if encrypted else None,),
        )

    def _snapshot(self, name: str) -> None:
        wanted = {f"{self.noun}Identifier": identifier(self.address, name), self.source_field: self.source}
        self._once(self.region, "create_{}", **wanted, Tags=tag_list({SOURCE: self.address, BACKUP: name}))

    def _copy(self, source: Held, key: str) -> None:
        told = self._call(self.region, "describe_{}s", **{f"{self.noun}Identifier": source.reference})
        wanted = {
            f"Source{self.noun}Identifier": told[f"{self.noun}s"][0][f"{self.noun}Arn"],
            f"Target{self.noun}Identifier": source.reference,
        }
        # SourceRegion makes boto3 sign the request for the source's region too, which encrypted ones need.
        self._once(
            self.recovery_region,
            "copy_{}",
            **wanted,
            KmsKeyId=key,
            CopyTags=False,
            Tags=tag_list({SOURCE: self.address, **source.copy_tags}),
            SourceRegion=self.region,
        )

    def _once(self, region: str, call: str, **words: Any) -> None:
        """Raises `Conflict` where something of that name is there, though it was not seen with our tags."""
        try:
            self._call(region, call, **words)
        except ClientError as error:
            if "AlreadyExists" not in error_code(error):
                raise
            what = f"A snapshot of {self.address} by our name for it is in {region}, and was not seen with our tags."
            remedy = "If another run is at it, make the same call again. If not, somebody made it: look, and remove it."
            raise Conflict(what, remedy=remedy) from error

    def _take_down(self, call: str, **words: Any) -> None:
        """Removes what was restored, or leaves it for the next try where RDS is still busy with it."""
        try:
            getattr(self.recovery("rds"), call)(**words, SkipFinalSnapshot=True)
        except ClientError as error:
            if not error_code(error).startswith(("InvalidDBInstanceState", "InvalidDBClusterState")):
                raise

    def _remove(self, region: str, reference: str) -> None:
        self._call(region, "delete_{}", **{f"{self.noun}Identifier": reference})

    def _shared(self, copies: list[Held]) -> list[str]:
        said = []
        for each in copies:
            words = {f"{self.noun}Identifier": each.reference}
            told = self._call(self.recovery_region, "describe_{}_attributes", **words)[f"{self.noun}AttributesResult"]
            for attribute in told[f"{self.noun}Attributes"]:
                if attribute["AttributeName"] == "restore":
                    said += sharing(each.reference, attribute.get("AttributeValues", []))
        return said

    def _look_inside(self, taken: Taken, restored: Restored) -> tuple[str, list[str]]:
        if not self.probe or not restored.endpoint:
            return super()._look_inside(taken, restored)
        found = self.probe.read(restored.endpoint, taken.taken_at)
        if found is None:
            said, _ = super()._look_inside(taken, restored)
            return f"{said} (nothing answers at {restored.endpoint[0]} from here)", []
        return found

    def _restored_tags(self, name: str) -> list[dict[str, str]]:
        return tag_list({SOURCE: self.address, RESTORED: name})

    def _standing(self, kind: str, listed: str, name: str | None = None) -> list[Any]:
        """What was restored of one backup, or of all, among `DBInstances` or `DBClusters`."""
        pages = self.recovery("rds").get_paginator(kind).paginate()
        rows = [(tags_of(row.get("TagList", [])), row) for page in pages for row in page[listed]]
        ours = [(tags, row) for tags, row in rows if tags.get(SOURCE) == self.address and RESTORED in tags]
        return [row for tags, row in ours if name in (None, tags[RESTORED])]
