"""A pair of failover records, and whether Route 53 holds it as the switch needs it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import httpx
from pydantic import BaseModel, ConfigDict, Field

from blocks.zones.kind import Record
from recovery.plan_types import Address, HostName

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import HealthCheckTypeDef, ResourceRecordSetOutputTypeDef

READABLE = "readable"  # the object beside the switches that is always there


class Pair(BaseModel):
    """One name's failover records."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: HostName = Field(title="Name", description="The records' full name.")
    primary: tuple[Address, ...] = Field(
        min_length=1, title="Primary", description="The primary record's addresses; the plan names the first."
    )
    standby: tuple[Address, ...] = Field(
        min_length=1, title="Standby", description="The standby record's addresses; the plan names the first."
    )
    ttl: int = Field(gt=0, title="TTL", description="Of both records, in seconds.")

    @property
    def key(self) -> str:
        """Of the object whose presence swaps the name."""
        return self.name.rstrip(".").lower()

    @property
    def absolute(self) -> str:
        return f"{self.key}."

    def is_named(self, name: str) -> bool:
        return name.rstrip(".").lower() == self.key

    def record(self, name: str, swapped: bool) -> Record:
        return Record(name=name, values=((self.standby if swapped else self.primary)[0],), ttl=self.ttl)

    def known_as(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """A site's addresses as its first one; anything else as it is."""
        side = next((side for side in (self.primary, self.standby) if set(side) == set(values)), None)
        return (side[0],) if side else values


def faults_of(
    pair: Pair,
    held: "Sequence[ResourceRecordSetOutputTypeDef]",
    checks: "Mapping[str, HealthCheckTypeDef]",
    host: str,
) -> tuple[str, ...]:
    """What would keep the switch from swapping, in sentences without a full stop. Pure.

    Args:
        pair: what the block says.
        held: all records of the name.
        checks: the health checks they follow, by identifier.
        host: where the switch is read.
    """
    by_role = {each.get("Failover", ""): each for each in held if each["Type"] == "A"}
    if set(by_role) != {"PRIMARY", "SECONDARY"} or len(held) != 2:
        return (f"{pair.name} has not exactly one primary and one secondary failover record of type A",)
    found = list(_record_faults(pair, by_role))
    check = checks.get(by_role["PRIMARY"].get("HealthCheckId", ""))
    if check is None:
        return (*found, f"the primary record of {pair.name} follows no health check, so that nothing would swap it")
    return (*found, *_check_faults(pair, check, host))


def _record_faults(pair: Pair, by_role: "Mapping[str, ResourceRecordSetOutputTypeDef]") -> Iterator[str]:
    for role, wanted in (("PRIMARY", pair.primary), ("SECONDARY", pair.standby)):
        record = by_role[role]
        values = {each["Value"] for each in record.get("ResourceRecords", ())}
        if values != set(wanted):
            said = ", ".join(sorted(values)) or "an alias"
            yield f"the {role.lower()} record of {pair.name} holds {said}, and the block says {', '.join(wanted)}"
        elif record.get("TTL") != pair.ttl:
            yield f"the {role.lower()} record of {pair.name} has TTL {record.get('TTL')}, and the block says {pair.ttl}"
    if "HealthCheckId" in by_role["SECONDARY"]:
        yield f"the secondary record of {pair.name} follows a health check, so that a swap may lead nowhere"


def _check_faults(pair: Pair, check: "HealthCheckTypeDef", host: str) -> Iterator[str]:
    config = check["HealthCheckConfig"]
    asked = f"{config.get('FullyQualifiedDomainName', '')}{config.get('ResourcePath', '')}"
    if not config.get("Inverted"):
        yield f"the health check of {pair.name} is not inverted, so that it says the standby while nothing is swapped"
    if asked != f"{host}/{pair.key}":
        yield f"the health check of {pair.name} asks {asked}, not the switch {host}/{pair.key}"
    if config.get("Disabled"):
        yield f"the health check of {pair.name} is disabled, so that it never changes its mind"


def unreadable(place: str, timeout: float) -> tuple[str, ...]:
    """Reads what always lies beside the switches as the checkers read a switch: without keys.

    Args:
        place: the bucket's address.
        timeout: in seconds.
    """
    address = f"{place}/{READABLE}"
    try:
        status = str(httpx.get(address, timeout=timeout).status_code)
    except httpx.HTTPError as error:
        status = type(error).__name__
    if status == "200":
        return ()
    return (f"{address} cannot be read without keys ({status}), so neither can the checkers read a switch there",)
