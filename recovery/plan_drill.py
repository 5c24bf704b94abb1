"""The part of a plan that says where its failover is rehearsed."""

from datetime import timedelta

from recovery.model import Frozen
from recovery.plan_types import Address, BlockReference, Cron, Duration, HostName, Region, Url


class Drill(Frozen):
    """An isolated copy of the standby: everything in it is the drill's own, and is removed afterwards.

    Args:
        region, address, url: of the copy, as of a site.
        name: the DNS name that the drill swaps, of its own, in the plan's zone. It must exist.
        parked: the address that name holds between drills. Nothing must answer there.
        restore_to: a place of its own for each component.
        workspace: the Terraform workspace block of the copy, with a state of its own.
        inventory: the Ansible inventory block of the copy.
        tear_down: an Ansible inventory block whose playbook stops the application again, or None where destroying the
            machines does.
        schedule: when it is played by itself, a cron line, read in the backups' time zone.
        within: how long a drill may take before it is stopped and removed.
        most_resources: a Terraform plan that would create more than this is refused.
    """

    region: Region
    address: Address
    url: Url
    name: HostName
    parked: Address
    restore_to: dict[str, BlockReference]
    workspace: BlockReference
    inventory: BlockReference
    tear_down: BlockReference | None = None
    schedule: Cron = "30 5 * * 2"
    within: Duration = timedelta(hours=1)
    most_resources: int = 50
