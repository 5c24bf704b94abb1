"""A recovery plan: one YAML file an application, read into a frozen model."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from recovery.duration import parse_duration
from recovery.model import Frozen

Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
# A place or a credential, by block type and document name: "s3-vault/shop".
BlockReference = Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]


class Objectives(Frozen):
    """What the business was promised: recovery time, and how much data may be lost."""

    rto: Duration
    rpo: Duration


class Site(Frozen):
    """One place the application can run at.

    Args:
        region: the cloud region or data centre it lies in.
        address: what DNS hands out for it.
        url: where its front door answers, without going through DNS.
    """

    region: str
    address: str
    url: str


class Sites(Frozen):
    primary: Site
    standby: Site


class Component(Frozen):
    """One thing that holds data.

    Args:
        source: where it lives while the primary is well.
        restore_to: where it is restored in a failover.
        scratch: where a backup is restored to be proved. Never a live place.
        after: components that must be restored first.
        expectations: a Great Expectations suite (JSON), or None for the built-in one.
    """

    source: BlockReference
    restore_to: BlockReference
    scratch: BlockReference
    after: tuple[str, ...] = ()
    expectations: str | None = None


class BackupPolicy(Frozen):
    """Where backups go and when. Schedules are cron lines in the named time zone."""

    vault: BlockReference
    keys: BlockReference
    schedule: str
    verify_schedule: str
    timezone: str = "UTC"


class Infrastructure(Frozen):
    """Terraform for the standby.

    Args:
        workspace: the Terraform workspace block.
        state_region: the region its state is stored in.
        may_destroy: addresses the plan may destroy or replace; everything else is refused.
    """

    workspace: BlockReference
    state_region: str
    may_destroy: tuple[str, ...] = ()


class Configuration(Frozen):
    """Ansible for the standby."""

    inventory: BlockReference


class Dependency(Frozen):
    """Something the recovery itself needs, and the region it lies in."""

    name: str
    kind: Literal["secret", "registry", "sign-on", "other"]
    region: str


class Dns(Frozen):
    """The name the application's users know.

    Args:
        zone: the DNS zone block.
        name: the record to swap.
        ttl: how long resolvers may keep it.
        drain: how long to wait until every resolver hands out the new address.
    """

    zone: BlockReference
    name: str
    ttl: Duration = timedelta(seconds=30)
    drain: Duration = timedelta(minutes=5)


class HealthProbe(Frozen):
    """One request through the application that must be answered as expected."""

    name: str
    method: Literal["GET", "POST"] = "GET"
    path: str
    body: dict[str, Any] | None = None
    expect_status: int = 200
    expect_text: str | None = None


class Health(Frozen):
    """Args:
    probes: all must pass, in order.
    within: how long to go on trying before the recovery stops.
    """

    probes: tuple[HealthProbe, ...] = Field(min_length=1)
    within: Duration = timedelta(minutes=2)


class Approval(Frozen):
    """Who says yes.

    Args:
        mode: `policy` (this plan is the approval) or `human` (a form in the Prefect UI).
        within: how long to wait for a human.
        on_timeout: what to do when nobody answers.
    """

    mode: Literal["policy", "human"] = "human"
    within: Duration = timedelta(minutes=15)
    on_timeout: Literal["stop", "proceed"] = "stop"


class Monitor(Frozen):
    """When the uptime monitor calls it a disaster.

    Args:
        path: the path asked at the application's name.
        every: the time between two probes.
        failures: how many in a row make an alert.
        starts_failover: whether the alert starts the failover, or only tells people.
    """

    path: str = "/health"
    every: Duration = timedelta(seconds=5)
    failures: int = Field(default=3, ge=2)
    starts_failover: bool = False


class Plan(Frozen):
    """All there is to know to bring one application back."""

    application: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    description: str = ""
    owner: str = ""
    strategy: Literal["backup-restore", "pilot-light"]
    objectives: Objectives
    sites: Sites
    components: dict[str, Component] = Field(min_length=1)
    backup: BackupPolicy
    infrastructure: Infrastructure
    configuration: Configuration
    fence: BlockReference
    dns: Dns
    health: Health
    monitor: Monitor = Monitor()
    approval: Approval = Approval()
    witness: BlockReference | None = None
    notifications: tuple[BlockReference, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
