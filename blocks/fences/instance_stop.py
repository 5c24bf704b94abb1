"""A fence made of stopped EC2 instances."""

import time
from typing import TYPE_CHECKING, Any

from pydantic import Field

from blocks.amazon import AmazonAccess
from blocks.fences.endpoints import Attempt, Endpoint, attempt_all
from blocks.fences.kind import Fence, FenceProof
from recovery.errors import RecoveryError, Refused, Unreachable
from recovery.model import now

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

MARK = "lifeboat:stopped-by-fence"
_OFF = ("stopped", "terminated")
_GROUP = "aws:autoscaling:groupName"


class InstanceStopFence(AmazonAccess, Fence):
    """Stops the EC2 instances that the primary runs on.

    Each is marked by a tag before it is stopped, so that `lower` starts those and no others, from any machine.
    Instances of an Auto Scaling group are refused: the group would put new ones in their place.
    """

    _block_type_name = "Instance stop fence"
    _block_type_slug = "instance-stop-fence"
    _description = "Keeps writes from the primary: stops its EC2 instances, and proves it."

    instance_ids: tuple[str, ...] = Field(
        min_length=1, title="Instances", description="Everything that takes writes at the primary, such as i-0a1b2c."
    )
    endpoints: tuple[Endpoint, ...] = Field(
        min_length=1,
        title="Endpoints",
        description="Where writes would get in: http://host:port/path (sent a POST) or tcp://host:port.",
    )
    force: bool = Field(
        default=False, title="Force", description="Stop without waiting for file systems to be flushed. May lose data."
    )
    stop_seconds: float = Field(
        default=240, gt=0, title="Stop time-out", description="How long stopping, or starting, may take, in seconds."
    )
    poll_seconds: float = Field(
        default=2, gt=0, title="Poll", description="Between two looks at the state, in seconds."
    )
    attempt_timeout_seconds: float = Field(
        default=1, gt=0, title="Attempt time-out", description="For one try of one endpoint, in seconds."
    )
    settle_seconds: float = Field(
        default=5, ge=0, title="Settle", description="How long endpoints may take to close, in seconds."
    )

    def raise_fence(self) -> None:
        found = self._instances()
        if groups := sorted({_tags(each)[_GROUP] for each in found if _GROUP in _tags(each)}):
            raise Refused(
                f"The Auto Scaling group {', '.join(groups)} would replace what is stopped.",
                remedy="Fence by the security group, or take the instances out of their group first.",
            )
        alive = [each["InstanceId"] for each in found if _state(each) not in (*_OFF, "stopping", "shutting-down")]
        if alive:
            ec2: EC2Client = self.aws("ec2")
            with self.aws_errors(f"stopping {', '.join(alive)}", changed="Some instances may be stopping."):
                ec2.create_tags(Resources=alive, Tags=[{"Key": MARK, "Value": f"{now():%Y-%m-%dT%H:%M:%SZ}"}])
                ec2.stop_instances(InstanceIds=alive, Force=self.force)
        self._wait_for(_OFF)

    def prove(self) -> FenceProof:
        """Both must hold: AWS says that every instance is stopped, and every endpoint refuses a connection."""
        states = self._read_back()
        settle = self.settle_seconds if all(each.closed for each in states) else 0
        checks = (*states, *attempt_all(self.endpoints, self.attempt_timeout_seconds, settle))
        return FenceProof(
            proved=all(each.closed for each in checks),
            method=f"stopping {', '.join(self.instance_ids)}",
            evidence=tuple(each.sentence for each in checks),
            at=now(),
        )

    def lower(self) -> None:
        """Starts what the fence stopped."""
        marked = [each["InstanceId"] for each in self._instances() if MARK in _tags(each)]
        if not marked:
            return
        # One that is still stopping cannot be started.
        self._wait_for((*_OFF, "running", "pending"))
        ec2: EC2Client = self.aws("ec2")
        with self.aws_errors(f"starting {', '.join(marked)}", changed="Some instances may have been started."):
            ec2.start_instances(InstanceIds=marked)
        self._wait_for(("running",), marked)
        with self.aws_errors(f"unmarking {', '.join(marked)}", changed="The instances were started."):
            ec2.delete_tags(Resources=marked, Tags=[{"Key": MARK}])

    def _instances(self) -> list[Any]:
        ec2: EC2Client = self.aws("ec2")
        with self.aws_errors(f"looking at {', '.join(self.instance_ids)}"):
            answer = ec2.describe_instances(InstanceIds=list(self.instance_ids))
        return [each for reservation in answer["Reservations"] for each in reservation["Instances"]]

    def _wait_for(self, states: tuple[str, ...], wanted: list[str] | None = None) -> None:
        deadline = time.monotonic() + self.stop_seconds
        while True:
            mine = [each for each in self._instances() if wanted is None or each["InstanceId"] in wanted]
            late = [f"{each['InstanceId']} is {_state(each)}" for each in mine if _state(each) not in states]
            if not late:
                return
            if time.monotonic() >= deadline:
                what = f"After {self.stop_seconds:g} s {', '.join(late)}, not {' or '.join(states)}."
                raise Unreachable(what, changed="It was told to change, and may still do so.")
            time.sleep(self.poll_seconds)

    def _read_back(self) -> list[Attempt]:
        try:
            found = self._instances()
        except RecoveryError as error:
            return [Attempt(False, f"the instances could not be looked at ({error.what.rstrip('.')})")]
        return [
            Attempt(_state(each) in _OFF, f"AWS says that {each['InstanceId']} is {_state(each)}") for each in found
        ]


def _state(instance: Any) -> str:
    return str(instance["State"]["Name"])


def _tags(instance: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
