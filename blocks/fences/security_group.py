"""A fence made of an EC2 security group without ingress rules."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import Field

from blocks.amazon import AmazonAccess, error_code
from blocks.fences.endpoints import Attempt, Endpoint, attempt_all
from blocks.fences.ingress import Rule, identity, permission, plain_rule, union
from blocks.fences.kind import Fence, FenceProof
from blocks.fences.record import RuleRecord
from recovery.errors import Conflict, RecoveryError
from recovery.model import now

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

TURNS = 5  # how often rules are read anew because somebody else revoked one meanwhile
_GONE = ("InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound")


class SecurityGroupFence(AmazonAccess, Fence):
    """Takes every ingress rule from the security group in front of the primary.

    The rules are kept in an SSM parameter before they are revoked, so that `lower` can give them back from any machine.
    AWS lets connections that were made before a revocation go on for a while: a primary that still lives and holds
    some must be stopped too. Rules' own tags are not kept.
    """

    _block_type_name = "Security group fence"
    _block_type_slug = "security-group-fence"
    _description = "Keeps writes from the primary: takes every ingress rule from its EC2 security group, and proves it."

    group_id: str = Field(
        pattern=r"^sg-\w+$", title="Security group", description="The group in front of the primary, such as sg-0a1b2c."
    )
    endpoints: tuple[Endpoint, ...] = Field(
        min_length=1,
        title="Endpoints",
        description="Where writes would get in: http://host:port/path (sent a POST) or tcp://host:port.",
    )
    record_region: str | None = Field(
        default=None,
        title="Region of the record",
        description="Where the revoked rules are kept (SSM). Another region than the primary's is safer.",
    )
    attempt_timeout_seconds: float = Field(
        default=1, gt=0, title="Attempt time-out", description="For one try of one endpoint, in seconds."
    )
    settle_seconds: float = Field(
        default=10, ge=0, title="Settle", description="How long endpoints may take to close, in seconds."
    )

    def raise_fence(self) -> None:
        for _ in range(TURNS):
            found = self._ingress()
            if not found:
                return
            record = self._record()
            record.write(union(record.read(), [plain_rule(rule) for rule in found]))
            if self._revoke([rule["SecurityGroupRuleId"] for rule in found]):
                return
        raise Conflict(
            f"The ingress rules of {self.group_id} were changed by somebody else {TURNS} times meanwhile.",
            changed="Some rules may have been revoked; each of them is on record.",
            remedy="Find out who changes the group, then raise the fence again.",
        )

    def _revoke(self, rules: list[str]) -> bool:
        """All or none; none where one of them is gone: applications that share a group are fenced at the same time."""
        ec2: EC2Client = self.aws("ec2")
        with self.aws_errors(f"revoking the ingress of {self.group_id}", changed="Some rules may have been revoked."):
            try:
                ec2.revoke_security_group_ingress(GroupId=self.group_id, SecurityGroupRuleIds=rules)
            except ClientError as error:
                if error_code(error) not in _GONE:
                    raise
                return False
        return True

    def prove(self) -> FenceProof:
        """Both must hold: AWS lists no ingress rule, and every endpoint refuses or drops a connection."""
        read_back = self._read_back()
        settle = self.settle_seconds if read_back.closed else 0
        checks = (read_back, *attempt_all(self.endpoints, self.attempt_timeout_seconds, settle))
        return FenceProof(
            proved=all(each.closed for each in checks),
            method=f"security group {self.group_id}",
            evidence=tuple(each.sentence for each in checks),
            at=now(),
        )

    def lower(self) -> None:
        record = self._record()
        kept = record.read()
        there = {identity(plain_rule(rule)) for rule in self._ingress()}
        ec2: EC2Client = self.aws("ec2")
        for rule in kept:
            if identity(rule) in there:
                continue
            with self.aws_errors(
                f"giving {self.group_id} its rules back", changed="Some rules may have been restored."
            ):
                _authorize(ec2, self.group_id, rule)
        if kept:
            record.remove()

    def _ingress(self) -> list[Any]:
        ec2: EC2Client = self.aws("ec2")
        with self.aws_errors(f"reading the rules of {self.group_id}"):
            ec2.describe_security_groups(GroupIds=[self.group_id])  # an unknown group has no rules, but is no fence
            pages = ec2.get_paginator("describe_security_group_rules").paginate(
                Filters=[{"Name": "group-id", "Values": [self.group_id]}]
            )
            return [rule for page in pages for rule in page["SecurityGroupRules"] if not rule["IsEgress"]]

    def _record(self) -> RuleRecord:
        return RuleRecord(self, self.record_region, self.group_id)

    def _read_back(self) -> Attempt:
        try:
            left = len(self._ingress())
        except RecoveryError as error:
            return Attempt(False, f"the rules of {self.group_id} could not be read back ({error.what.rstrip('.')})")
        if left:
            return Attempt(False, f"{self.group_id} still has {left} ingress rules")
        return Attempt(True, f"AWS lists no ingress rule in {self.group_id}")


def _authorize(ec2: "EC2Client", group_id: str, rule: Rule) -> None:
    try:
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission(rule)])  # type: ignore[list-item]
    except ClientError as error:
        if error_code(error) != "InvalidPermission.Duplicate":
            raise
