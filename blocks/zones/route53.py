"""A DNS zone in Amazon Route 53."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import Field

from blocks.amazon import AmazonAccess, error_code
from blocks.zones.kind import Record, Zone
from blocks.zones.questions import Server, ask_all
from blocks.zones.route53_rotation import absolute, same_shares, shares_of, turned_meanwhile, turning
from recovery.errors import Conflict, Refused
from recovery.rotation import Shares

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.type_defs import (
        ChangeTypeDef,
        ResourceRecordSetOutputTypeDef,
        ResourceRecordSetTypeDef,
    )


class Route53Zone(AmazonAccess, Zone):
    """A public or private hosted zone in Amazon Route 53, and the resolvers that its users ask.

    Plain A records are swapped. A name with AAAA, CNAME, alias, weighted or other routed records beside is refused:
    swapping one of several would leave users at the old site. Weighted A records are what an active-active application
    has: their weights are turned, and so are the addresses of a plain record that has several.
    """

    _block_type_name = "Route 53 zone"
    _block_type_slug = "route53-zone"
    _description = "Swaps an address record in Amazon Route 53, by compare and swap, and asks the world's resolvers."

    zone_id: str = Field(title="Zone", description="The hosted zone's identifier, such as Z0123456789ABC.")
    authoritative: tuple[Server, ...] = Field(
        min_length=1, title="Name servers", description="The zone's own name servers, each as address:port."
    )
    resolvers: tuple[Server, ...] = Field(
        min_length=1, title="Resolvers", description="Resolvers that users ask, each as address:port, 8.8.8.8:53 say."
    )
    query_timeout_seconds: float = Field(
        default=1, gt=0, title="Query time-out", description="For one question to one server, in seconds."
    )

    def read(self, name: str) -> Record | None:
        held = self._held(name)
        _demand_plain(name, held)
        plain = next((each for each in held if each["Type"] == "A"), None)
        if plain is None:
            return None
        values = tuple(sorted(each["Value"] for each in plain["ResourceRecords"]))
        return Record(name=name, values=values, ttl=plain["TTL"])

    def swap(self, expected: Record, target: Record) -> str:
        """Deletes the expected record and creates the target in one batch, which Route 53 does whole or not at all.

        It also refuses the batch unless the deleted record is there exactly as given: that is the comparison. An
        emulator may be less strict, so the record is read first as well.
        """
        current = self.read(expected.name)
        if current is not None and _same(current, target):
            return "unchanged"
        if current is None or not _same(current, expected):
            raise _conflict(expected, f"it holds {_say(current)}")
        changes: list[ChangeTypeDef] = [
            {"Action": "DELETE", "ResourceRecordSet": _record_set(expected)},
            {"Action": "CREATE", "ResourceRecordSet": _record_set(target)},
        ]
        conflict = _conflict(expected, "it was changed at this very moment")
        return self._change(expected.name, "Lifeboat: swap to the standby", changes, conflict)

    def shares(self, name: str) -> Shares | None:
        return shares_of(name, self._held(name))

    def turn(self, expected: Shares, target: Shares) -> str:
        """Deletes and creates every weighted record that changes, in one batch, as `swap` does with a plain one."""
        held = self._held(expected.name)
        current = shares_of(expected.name, held)
        if current is not None and same_shares(held, current, target):
            return "unchanged"
        if current is None or not same_shares(held, current, expected):
            raise turned_meanwhile(expected, current)
        changes = turning(held, target)
        return self._change(expected.name, "Lifeboat: rotation", changes, turned_meanwhile(expected, None))

    def answers(self, name: str) -> dict[str, tuple[str, ...]]:
        return ask_all(name, self.authoritative, self.resolvers, self.query_timeout_seconds)

    def _held(self, name: str) -> "list[ResourceRecordSetOutputTypeDef]":
        client: Route53Client = self.aws("route53")
        with self.aws_errors(f"reading {name} in zone {self.zone_id}"):
            page = client.list_resource_record_sets(
                HostedZoneId=self.zone_id, StartRecordName=absolute(name), StartRecordType="A", MaxItems="100"
            )
        return [each for each in page["ResourceRecordSets"] if each["Name"].lower() == absolute(name)]

    def _change(self, name: str, comment: str, changes: "list[ChangeTypeDef]", conflict: Conflict) -> str:
        """Whole or not at all; raises the conflict where the zone no longer holds what is to be deleted."""
        client: Route53Client = self.aws("route53")
        unknown = f"Whether {name} was changed is not known: read it before trying again."
        with self.aws_errors(f"changing {name} in zone {self.zone_id}", changed=unknown):
            try:
                answer = client.change_resource_record_sets(
                    HostedZoneId=self.zone_id, ChangeBatch={"Comment": comment, "Changes": changes}
                )
            except ClientError as error:
                if error_code(error) == "InvalidChangeBatch":
                    raise conflict from error
                raise
        return answer["ChangeInfo"]["Id"]


def _demand_plain(name: str, held: "list[ResourceRecordSetOutputTypeDef]") -> None:
    others = [kind for kind in ("AAAA", "CNAME") if any(each["Type"] == kind for each in held)]
    if any("AliasTarget" in each for each in held):
        others.append("alias")
    if any("SetIdentifier" in each for each in held):
        others.append("weighted, failover or other routed")
    if others:
        raise Refused(
            f"{name} has {' and '.join(others)} records: this block swaps plain A records only.",
            remedy="Use one plain A record for this name, or give the plan a name that has one.",
        )


def _conflict(expected: Record, held: str) -> Conflict:
    return Conflict(
        f"{expected.name} no longer points at {', '.join(expected.values)} (TTL {expected.ttl}): {held}.",
        changed="It was left as it is.",
        remedy="Find out who changed it and why, then run again.",
    )


def _same(one: Record, other: Record) -> bool:
    return (sorted(one.values), one.ttl) == (sorted(other.values), other.ttl)


def _say(record: Record | None) -> str:
    return f"{', '.join(record.values)} (TTL {record.ttl})" if record else "no A record"


def _record_set(record: Record) -> "ResourceRecordSetTypeDef":
    return {
        "Name": absolute(record.name),
        "Type": "A",
        "TTL": record.ttl,
        "ResourceRecords": [{"Value": value} for value in record.values],
    }
