"""A database instance of RDS."""

from typing import Any

from pydantic import Field

from blocks.snapshots.held import GIB, Held, Restored, identifier
from blocks.snapshots.rds_faults import failed, instance_faults
from blocks.snapshots.rds_snapshots import RdsSnapshots


class RdsInstanceSnapshot(RdsSnapshots):
    """Snapshots of an RDS instance that is no part of a cluster."""

    _block_type_name = "RDS instance snapshot"
    _block_type_slug = "rds-instance-snapshot"
    _description = "Takes snapshots of an RDS instance, keeps copies in the recovery region, and restores them there."

    noun, verb, source_field = "DBSnapshot", "db_snapshot", "DBInstanceIdentifier"

    instance: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$", title="Instance", description="Its identifier.")
    restore_instance_class: str | None = Field(
        default=None, title="Instance class", description="To restore on. Empty for the source's."
    )

    @property
    def source(self) -> str:
        return self.instance

    @property
    def address(self) -> str:
        return f"rds://{self.region}/{self.instance}"

    def _restore(self, name: str, copies: list[Held]) -> str | None:
        for each in self._instances(name):
            failed(each["DBInstanceIdentifier"], each["DBInstanceStatus"])
            return str(each["DBInstanceIdentifier"]) if each["DBInstanceStatus"] == "available" else None
        size = {"DBInstanceClass": self.restore_instance_class} if self.restore_instance_class else {}
        self.recovery("rds").restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=identifier(self.address, name),
            DBSnapshotIdentifier=copies[0].reference,
            DBSubnetGroupName=self.restore_subnet_group,
            VpcSecurityGroupIds=list(self.restore_security_group_ids),
            PubliclyAccessible=False,
            MultiAZ=False,
            DeletionProtection=False,
            AutoMinorVersionUpgrade=False,
            Tags=self._restored_tags(name),
            **size,
        )
        return None

    def _restored(self, name: str, copies: list[Held], key: str) -> Restored | None:
        for each in self._instances(name):
            at = each.get("Endpoint")
            problems = instance_faults(each, key)
            if each["AllocatedStorage"] * GIB < copies[0].size:
                problems.append(f"{each['DBInstanceIdentifier']} is smaller than its snapshot")
            return Restored(
                reference=each["DBInstanceIdentifier"],
                endpoint=(at["Address"], at["Port"]) if at else None,
                problems=tuple(problems),
            )
        return None

    def _discard(self) -> bool:
        left = self._instances()
        for each in left:
            if each["DBInstanceStatus"] != "deleting":
                self._take_down(
                    "delete_db_instance",
                    DBInstanceIdentifier=each["DBInstanceIdentifier"],
                    DeleteAutomatedBackups=True,
                )
        return not left

    def _instances(self, name: str | None = None) -> list[Any]:
        return self._standing("describe_db_instances", "DBInstances", name)
