"""A database cluster of Aurora: its storage is one snapshot; to be read, a restored one needs an instance too."""

from typing import Any

from pydantic import Field

from blocks.snapshots.held import Held, Restored, identifier
from blocks.snapshots.rds_faults import failed, instance_faults, storage_faults
from blocks.snapshots.rds_snapshots import RdsSnapshots


class AuroraClusterSnapshot(RdsSnapshots):
    """Snapshots of an Aurora cluster, restored as a cluster with one instance."""

    _block_type_name = "Aurora cluster snapshot"
    _block_type_slug = "aurora-cluster-snapshot"
    _description = "Takes snapshots of an Aurora cluster, keeps copies in the recovery region, and restores them there."

    noun, verb, source_field = "DBClusterSnapshot", "db_cluster_snapshot", "DBClusterIdentifier"

    cluster: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$", title="Cluster", description="Its identifier.")
    restore_instance_class: str = Field(
        default="db.t4g.medium", title="Instance class", description="Of the one instance that is restored."
    )

    @property
    def source(self) -> str:
        return self.cluster

    @property
    def address(self) -> str:
        return f"aurora://{self.region}/{self.cluster}"

    def _read(self, row: Any) -> Held | None:
        """Aurora does not tell how large a copy is in a way that could be compared."""
        held = super()._read(row)
        return held.model_copy(update={"expected_size": None}) if held else None

    def _restore(self, name: str, copies: list[Held]) -> str | None:
        clusters = self._clusters(name)
        if not clusters:
            self._restore_cluster(name, copies[0].reference)
            return None
        cluster = clusters[0]
        failed(cluster["DBClusterIdentifier"], cluster["Status"])
        if cluster["Status"] != "available":
            return None
        for each in self._instances(name):
            failed(each["DBInstanceIdentifier"], each["DBInstanceStatus"])
            return str(cluster["DBClusterIdentifier"]) if each["DBInstanceStatus"] == "available" else None
        self.recovery("rds").create_db_instance(
            DBInstanceIdentifier=f"{cluster['DBClusterIdentifier']}-1",
            DBClusterIdentifier=cluster["DBClusterIdentifier"],
            DBInstanceClass=self.restore_instance_class,
            Engine=cluster["Engine"],
            PubliclyAccessible=False,
            AutoMinorVersionUpgrade=False,
            Tags=self._restored_tags(name),
        )
        return None

    def _restore_cluster(self, name: str, snapshot: str) -> None:
        told = self._call(self.recovery_region, "describe_{}s", DBClusterSnapshotIdentifier=snapshot)
        row = told["DBClusterSnapshots"][0]
        self.recovery("rds").restore_db_cluster_from_snapshot(
            DBClusterIdentifier=identifier(self.address, name),
            SnapshotIdentifier=snapshot,
            Engine=row["Engine"],
            EngineVersion=row["EngineVersion"],
            DBSubnetGroupName=self.restore_subnet_group,
            VpcSecurityGroupIds=list(self.restore_security_group_ids),
            DeletionProtection=False,
            Tags=self._restored_tags(name),
        )

    def _restored(self, name: str, copies: list[Held], key: str) -> Restored | None:
        instances = self._instances(name)
        for each in self._clusters(name) if instances else []:
            cluster = each["DBClusterIdentifier"]
            problems = storage_faults(cluster, each, key)
            problems += [fault for one in instances for fault in instance_faults(one, key)]
            at = (each["Endpoint"], each["Port"]) if each.get("Endpoint") else None
            return Restored(reference=cluster, endpoint=at, problems=tuple(problems))
        return None

    def _discard(self) -> bool:
        """The instance first: RDS keeps a cluster that has one."""
        instances, clusters = self._instances(), self._clusters()
        for each in instances:
            if each["DBInstanceStatus"] != "deleting":
                self._take_down("delete_db_instance", DBInstanceIdentifier=each["DBInstanceIdentifier"])
        for each in [] if instances else clusters:
            if each["Status"] != "deleting":
                self._take_down("delete_db_cluster", DBClusterIdentifier=each["DBClusterIdentifier"])
        return not instances and not clusters

    def _instances(self, name: str | None = None) -> list[Any]:
        return self._standing("describe_db_instances", "DBInstances", name)

    def _clusters(self, name: str | None = None) -> list[Any]:
        return self._standing("describe_db_clusters", "DBClusters", name)
