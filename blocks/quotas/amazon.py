"""The service quotas of AWS in one region."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from blocks.amazon import AmazonAccess, error_code, is_refusal
from blocks.quotas.kind import Quotas, QuotasFound
from recovery.quotas import Headroom

# Instances of these families share one quota, counted in vCPUs.
# Source: AWS, "Amazon EC2 On-Demand Instance quotas".
STANDARD = "acdhimrtz"
_VCPUS = ("vCPUs of standard instances", "ec2", "L-1216C47A")


class _Counted(NamedTuple):
    """A quota that counts resources.

    Args:
        name: what it limits.
        service, code: as Service Quotas names it.
        api, operation, key: how those that exist are listed.
    """

    name: str
    service: str
    code: str
    api: str
    operation: str
    key: str
    counts: Callable[[dict[str, Any]], bool] = lambda _: True


# Terraform's resource type to the quota that it uses. Source: AWS, "Service endpoints and quotas".
COUNTED = {
    "aws_eip": _Counted("elastic IP addresses", "ec2", "L-0263D0A3", "ec2", "describe_addresses", "Addresses"),
    "aws_vpc": _Counted("VPCs", "vpc", "L-F678F1CE", "ec2", "describe_vpcs", "Vpcs"),
    "aws_internet_gateway": _Counted(
        "internet gateways", "vpc", "L-A4707A72", "ec2", "describe_internet_gateways", "InternetGateways"
    ),
    "aws_security_group": _Counted(
        "security groups", "vpc", "L-E79EC296", "ec2", "describe_security_groups", "SecurityGroups"
    ),
    "aws_db_instance": _Counted(
        "database instances", "rds", "L-7B6409FD", "rds", "describe_db_instances", "DBInstances"
    ),
    "aws_lb": _Counted(
        "application load balancers",
        "elasticloadbalancing",
        "L-53DA6B97",
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers",
        lambda each: each.get("Type") == "application",
    ),
}


class AmazonQuotas(AmazonAccess, Quotas):
    """Service quotas of AWS, against what exists: vCPUs of standard instances, elastic IPs, VPCs, internet gateways,
    security groups, RDS instances, application load balancers.

    Needs servicequotas:GetServiceQuota, GetAWSDefaultServiceQuota, and the Describe calls of what it counts.
    """

    _block_type_name = "AWS quotas"
    _block_type_slug = "aws-quotas"
    _description = (
        "Reads the service quotas of an AWS region, to tell beforehand whether a standby could be built there."
    )

    def look(self, wanted: Mapping[str, int]) -> QuotasFound:
        counted = {kind: number for kind, number in wanted.items() if kind in COUNTED}
        sizes = _sizes(wanted)
        headroom = [self._counted(COUNTED[kind], number) for kind, number in counted.items()]
        if standard := {size: number for size, number in sizes.items() if _is_standard(size)}:
            headroom.append(self._vcpus(standard))
        others = [f"instances of type {size}" for size in sizes if size not in standard]
        return QuotasFound(tuple(headroom), tuple(others))

    def _counted(self, quota: _Counted, number: int) -> Headroom:
        client = self.aws(quota.api)
        with self.aws_errors(f"listing {quota.name}"):
            paged = client.can_paginate(quota.operation)
            pages = client.get_paginator(quota.operation).paginate() if paged else [getattr(client, quota.operation)()]
            used = sum(quota.counts(each) for page in pages for each in page[quota.key])
        return Headroom(name=quota.name, wanted=number, used=used, limit=self._limit(quota.service, quota.code))

    def _vcpus(self, wanted: Mapping[str, int]) -> Headroom:
        name, service, code = _VCPUS
        running = self._running()
        size = self._size({*wanted, *running})
        used = sum(size[kind] * number for kind, number in running.items())
        needed = sum(size[kind] * number for kind, number in wanted.items())
        return Headroom(name=name, wanted=needed, used=used, limit=self._limit(service, code))

    def _running(self) -> dict[str, int]:
        """Standard instances that count against the quota: on demand, and not stopped."""
        states = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        found: dict[str, int] = {}
        with self.aws_errors("listing instances"):
            for page in self.aws("ec2").get_paginator("describe_instances").paginate(Filters=states):
                for instance in (each for group in page["Reservations"] for each in group["Instances"]):
                    if "InstanceLifecycle" not in instance and _is_standard(instance["InstanceType"]):
                        found[instance["InstanceType"]] = found.get(instance["InstanceType"], 0) + 1
        return found

    def _size(self, kinds: set[str]) -> dict[str, int]:
        """The vCPUs of each type."""
        with self.aws_errors("reading instance types"):
            pages = self.aws("ec2").get_paginator("describe_instance_types").paginate(InstanceTypes=sorted(kinds))
            return {
                each["InstanceType"]: each["VCpuInfo"]["DefaultVCpus"]
                for page in pages
                for each in page["InstanceTypes"]
            }

    def _limit(self, service: str, code: str) -> float | None:
        """The region's own quota, or AWS's default where it was never changed; None where neither is told."""
        client = self.aws("service-quotas")
        for call in (client.get_service_quota, client.get_aws_default_service_quota):
            with self.aws_errors(f"reading the quota {code}"):
                try:
                    return float(call(ServiceCode=service, QuotaCode=code)["Quota"]["Value"])
                except ClientError as error:
                    if error_code(error) != "NoSuchResourceException" and not is_refusal(error):
                        raise
        return None


def _sizes(wanted: Mapping[str, int]) -> dict[str, int]:
    """Instance type to how many."""
    made = [(kind.partition(" "), number) for kind, number in wanted.items()]
    return {size: number for (kind, _, size), number in made if kind == "aws_instance" and size}


def _is_standard(size: str) -> bool:
    family = size.partition(".")[0]
    return bool(family) and family[0] in STANDARD and not family.startswith(("hpc", "dl", "inf", "trn"))
