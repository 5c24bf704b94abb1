"""A recovery plan: one YAML file an application, read into a frozen model."""

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from recovery.model import Frozen
from recovery.plan_alerts import Alerts
from recovery.plan_approval import Approval
from recovery.plan_automatic import Automatic, Monitor
from recovery.plan_drill import Drill
from recovery.plan_keep import Keep, SnapshotPolicy
from recovery.plan_notifications import EscalationStep, Notified
from recovery.plan_ransomware import RansomwarePolicy
from recovery.plan_strategy import Replication, Rotation, Strategy
from recovery.plan_types import (
    Address,
    ApplicationName,
    BlockReference,
    ColumnName,
    Cron,
    Duration,
    Fences,
    HostName,
    Region,
    TableName,
    Timezone,
    Url,
    WebPath,
)
from recovery.plan_verification import VerificationPolicy


class Objectives(Frozen):
    """What the business was promised: recovery time, and how much data may be lost."""

    rto: Duration
    rpo: Duration


class Site(Frozen):
    """One place the application can run at.

    Args:
        region: the cloud region or data centre it lies in.
        address: what DNS hands out for it, an IPv4 address.
        url: where its front door answers, without going through DNS.
    """

    region: Region
    address: Address
    url: Url


class Sites(Frozen):
    primary: Site
    standby: Site


class Component(Frozen):
    """One thing that holds data.

    Args:
        source: where it lives while the primary is well.
        restore_to: where it is restored in a failover.
        scratch: where a backup is restored to be proved. Never a live place.
        replica: what follows the source at the standby and is promoted; without it the component is restored.
        after: components that must be restored first.
        expectations: a Great Expectations suite (JSON), or None for the built-in one.
    """

    source: BlockReference
    restore_to: BlockReference
    scratch: BlockReference
    replica: BlockReference | None = None
    after: tuple[str, ...] = ()
    expectations: str | None = None


class BackupPolicy(Frozen):
    """Where backups go and when.

    Args:
        vault: the block of the vault that keeps them.
        vault_region: the region the vault's data lies in. It must outlive the primary site.
        keys: the block of the keys that seal and sign them.
        schedule: when a backup is taken, a cron line.
        verify_schedule: when the newest backup is restored and proved, a cron line.
        timezone: that both are read in.
        allowance: what one backup, and one verification, takes at most.
        keep: which backups stay; without it none is ever removed.
        must_be_locked: whether it is a fault if no vault keeps new backups out of reach of whoever has all its keys.
        copies: the blocks of more vaults, best in other clouds, that every backup is written to in the same pass.
    """

    vault: BlockReference
    vault_region: Region
    keys: BlockReference
    schedule: Cron
    verify_schedule: Cron
    timezone: Timezone = "UTC"
    allowance: Duration = timedelta(minutes=5)
    keep: Keep | None = None
    copies: tuple[BlockReference, ...] = ()
    must_be_locked: bool = False


class Infrastructure(Frozen):
    """Terraform for the standby.

    Args:
        workspace: the Terraform workspace block.
        state_region: the region its state is stored in.
        may_destroy: addresses the plan may destroy or replace; everything else is refused.
        heal_drift: whether the readiness check applies the workspace's folder, as it lies in git, where the standby
            has drifted from it.
        quotas: the block that knows the provider's quotas at the standby.
    """

    workspace: BlockReference
    state_region: Region
    may_destroy: tuple[str, ...] = ()
    heal_drift: bool = False
    quotas: BlockReference | None = None


class Configuration(Frozen):
    """Ansible for the standby."""

    inventory: BlockReference


class Failback(Frozen):
    """What brings the application back to its primary, once it runs at the standby: the same, the other way round.

    Args:
        infrastructure, configuration: of the primary.
        fence: what keeps writes from the standby.
        drain: what stops its writes first, and still lets a backup be read.
    """

    infrastructure: Infrastructure
    configuration: Configuration
    fence: Fences
    drain: Fences


class Dependency(Frozen):
    """Something the recovery itself needs, and a region it lies in. One that lies in two regions is listed twice.

    Args:
        store: of a secret, the block that can tell whether it is there.
        key: its name in that store, where that is another.
    """

    name: str
    kind: Literal["secret", "registry", "sign-on", "prefect", "dns", "other"]
    region: Region
    store: BlockReference | None = None
    key: str = ""


class Dns(Frozen):
    """The name the application's users know.

    Args:
        zone: the DNS zone block.
        name: the record to swap.
        ttl: how long resolvers may keep it.
        drain: how long to wait until every resolver hands out the new address.
    """

    zone: BlockReference
    name: HostName
    ttl: Duration = timedelta(seconds=30)
    drain: Duration = timedelta(minutes=5)


class HealthProbe(Frozen):
    """One request through the application that must be answered as expected."""

    name: str
    method: Literal["GET", "POST"] = "GET"
    path: WebPath
    body: dict[str, Any] | None = None
    expect_status: int = Field(default=200, ge=100, le=599)
    expect_text: str | None = None


class Health(Frozen):
    """Args:
    probes: all must pass, in order.
    within: how long to go on trying before the recovery stops.
    certificate_lasts: the readiness check warns where the standby's certificate ends sooner.
    """

    probes: tuple[HealthProbe, ...] = Field(min_length=1)
    within: Duration = timedelta(minutes=2)
    certificate_lasts: Duration = timedelta(days=14)


class Witness(Frozen):
    """Who knows which writes were acknowledged, and where their identifiers stand in the restored database.

    Args:
        block: the witness block.
        component: the component, a database, that holds them.
        table, column: where an acknowledged write's identifier is found.
    """

    block: BlockReference
    component: str
    table: TableName
    column: ColumnName


class Plan(Frozen):
    """All there is to know to bring one application back."""

    application: ApplicationName
    description: str = ""
    owner: str = ""
    tier: int = Field(default=2, ge=0, le=9)
    needs: tuple[ApplicationName, ...] = ()
    strategy: Strategy
    objectives: Objectives
    sites: Sites
    components: dict[str, Component] = Field(min_length=1)
    snapshots: dict[str, SnapshotPolicy] = Field(default_factory=dict)
    backup: BackupPolicy
    verification: VerificationPolicy = VerificationPolicy()
    infrastructure: Infrastructure
    configuration: Configuration
    fence: Fences = ()
    drain: Fences | None = None
    failback: Failback | None = None
    drill: Drill | None = None
    replication: Replication = Replication()
    rotation: Rotation = Rotation()
    ransomware: RansomwarePolicy | None = None
    dns: Dns
    health: Health
    monitor: Monitor = Monitor()
    automatic: Automatic = Automatic()
    alerts: Alerts = Alerts()
    approval: Approval = Approval()
    witness: Witness | None = None
    notifications: tuple[Notified, ...] = ()
    escalation: tuple[EscalationStep, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
