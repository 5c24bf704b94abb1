"""Failover records of Amazon Route 53, swapped without Route 53: by an object in the standby's region."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import ConfigDict, Field

from blocks.amazon import AmazonAccess, error_code
from blocks.zones.kind import Record, Zone
from blocks.zones.questions import Server, ask_all
from blocks.zones.route53_pair import Pair, faults_of, unreadable
from recovery.errors import Conflict, Refused

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_s3 import S3Client


class Route53Switch(AmazonAccess, Zone):
    """Names with a pair of failover records each, and the bucket that says which record holds.

    The primary's record follows an *inverted* health check of the name's object in the bucket. While the object is not
    there, the check is healthy and the primary is handed out; once it is there, the standby is. So a swap is one PUT
    into S3 in the standby's region and the work of Route 53's health checkers and name servers, which are data planes:
    no control plane takes part, in whatever region. If that bucket cannot be read, nothing is swapped.

    Records, health check and bucket are made beforehand (infra/terraform/web/entrance). `region` is the bucket's. The
    keys need s3:GetObject, s3:PutObject and s3:DeleteObject on the objects, and s3:ListBucket on the bucket, without
    which an object that is absent looks forbidden.
    """

    # An error about a missing field would print all the others, secrets too.
    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "Route 53 switch"
    _block_type_slug = "route53-switch"
    _description = "Swaps failover records of Amazon Route 53 by an object in the standby's region: no control plane."

    bucket: str = Field(title="Bucket", description="The switches' bucket, in the standby's region. It must exist.")
    zone_id: str = Field(
        title="Zone", description="The hosted zone. Looked at only by readiness checks, never in a swap."
    )
    names: tuple[Pair, ...] = Field(
        min_length=1, title="Names", description="The names and what each hands out, as the failover records say."
    )
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
        """What the switch says. `answers` tells whether DNS follows it."""
        pair = self._pair(name)
        return pair.record(name, swapped=self._held(pair) is not None) if pair else None

    def swap(self, expected: Record, target: Record) -> str:
        """Puts or removes the name's object, on condition that it is as it was read. The target's TTL has no say."""
        pair = self._pair(expected.name)
        if pair is None:
            raise _conflict(expected, "this block has no such name")
        held = self._held(pair)
        current = pair.record(expected.name, swapped=held is not None)
        if current.values == target.values:
            return "unchanged"
        if (current.values, current.ttl) != (tuple(sorted(expected.values)), expected.ttl):
            raise _conflict(expected, f"it is switched to {', '.join(current.values)} (TTL {current.ttl})")
        if target.values != pair.record(expected.name, swapped=held is None).values:
            raise Refused(
                f"{expected.name} is switched between {pair.primary[0]} and {pair.standby[0]}, "
                f"and cannot point at {', '.join(target.values)}.",
                remedy="Give the plan's sites the addresses of the failover records.",
            )
        return self._turn(pair, expected, held)

    def answers(self, name: str) -> dict[str, tuple[str, ...]]:
        """As every zone does. A site's whole set of addresses stands as its first one, by which the plan knows it."""
        found = ask_all(name, self.authoritative, self.resolvers, self.query_timeout_seconds)
        pair = self._pair(name)
        return {server: pair.known_as(values) if pair else values for server, values in found.items()}

    def faults(self, name: str) -> tuple[str, ...]:
        pair = self._pair(name)
        if pair is None:
            return (f"the block has no name {name}",)
        client: Route53Client = self.aws("route53")
        with self.aws_errors(f"reading {name} in zone {self.zone_id}"):
            page = client.list_resource_record_sets(
                HostedZoneId=self.zone_id, StartRecordName=pair.absolute, StartRecordType="A", MaxItems="100"
            )
            held = [each for each in page["ResourceRecordSets"] if each["Name"].lower() == pair.absolute]
            checks = {
                each["HealthCheckId"]: client.get_health_check(HealthCheckId=each["HealthCheckId"])["HealthCheck"]
                for each in held
                if "HealthCheckId" in each
            }
        place = f"{self.endpoint_url}/{self.bucket}" if self.endpoint_url else f"https://{self.host}"
        return (*faults_of(pair, held, checks, self.host), *unreadable(place, self.read_timeout_seconds))

    @property
    def host(self) -> str:
        """Where the checkers read the switches."""
        return f"{self.bucket}.s3.{self.region}.amazonaws.com"

    def _pair(self, name: str) -> Pair | None:
        return next((each for each in self.names if each.is_named(name)), None)

    def _held(self, pair: Pair) -> str | None:
        """The ETag of the name's object, or None where it is not there."""
        client: S3Client = self.aws("s3")
        with self.aws_errors(f"reading the switch s3://{self.bucket}/{pair.key}"):
            try:
                return client.get_object(Bucket=self.bucket, Key=pair.key)["ETag"]
            except ClientError as error:
                if error_code(error) == "NoSuchKey":
                    return None
                raise

    def _turn(self, pair: Pair, expected: Record, held: str | None) -> str:
        client: S3Client = self.aws("s3")
        unknown = f"Whether {expected.name} was swapped is not known: read it before trying again."
        with self.aws_errors(f"turning the switch s3://{self.bucket}/{pair.key}", changed=unknown):
            try:
                if held is None:
                    client.put_object(
                        Bucket=self.bucket, Key=pair.key, Body=b"swapped\n", ContentType="text/plain", IfNoneMatch="*"
                    )
                    return f"put s3://{self.bucket}/{pair.key}"
                client.delete_object(Bucket=self.bucket, Key=pair.key, IfMatch=held)
            except ClientError as error:
                if error_code(error) in ("PreconditionFailed", "ConditionalRequestConflict"):
                    raise _conflict(expected, "it was switched at this very moment") from error
                raise
        return f"removed s3://{self.bucket}/{pair.key}"


def _conflict(expected: Record, held: str) -> Conflict:
    return Conflict(
        f"{expected.name} does not point at {', '.join(expected.values)} (TTL {expected.ttl}): {held}.",
        changed="It was left as it is.",
        remedy="Find out who changed it and why, then run again.",
    )
