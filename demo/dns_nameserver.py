"""The authoritative name server: what Route 53 holds, within a fifth of a second.

Failover records follow their health checks, which are made for real (`demo.dns_health`). Other routing, by weight say,
is not emulated: all such records of a name are handed out.
"""

import re
import threading
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
from dnslib import QTYPE, RCODE, RR, DNSError, DNSRecord
from dnslib.server import BaseResolver

from demo.dns_health import HealthChecks, in_force

EVERY = 0.2
_TYPES = {"A", "AAAA", "CNAME", "MX", "NS", "SOA", "TXT"}
# moto 5.2 wraps the SOA record of a new zone in the text of a Python dictionary.
_SOA = re.compile(r"\S+ \S+(?: \d+){5}")

Records = dict[tuple[str, str], list[RR]]


class Zone:
    """One zone. Names are in lower case with a dot at the end.

    Args:
        name: of the zone.
        records: by name and type.
    """

    def __init__(self, name: str, records: Records) -> None:
        self.name, self.records = name, records
        self._names = {owner for owner, _ in records}

    def exists(self, name: str) -> bool:
        """Whether there is a record at the name or below it: then "no such type" is the answer, not "no such name"."""
        return name in self._names or any(owner.endswith(f".{name}") for owner in self._names)

    def find(self, name: str, kind: str) -> list[RR]:
        """The records asked for. An alias is followed within the zone."""
        found: list[RR] = []
        for _ in range(8):
            if exact := self.records.get((name, kind)):
                return found + exact
            alias = self.records.get((name, "CNAME"))
            if not alias:
                break
            found += alias
            name = str(alias[0].rdata.label).lower()
        return found


class ZoneMirror:
    """The zones of Route 53 as they were last read. While AWS is away, they stay."""

    def __init__(self) -> None:
        bounds = botocore.config.Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
        # A session of its own: boto3's default one goes by what the environment was when somebody first used it.
        self._route53 = boto3.session.Session().client("route53", config=bounds)
        self._checks = HealthChecks(self._route53)
        self.zones: list[Zone] = []

    def follow(self, stop: threading.Event) -> None:
        """Reads them anew five times a second until told to stop."""
        while not stop.is_set():
            try:
                self.zones = self._read()
            except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, DNSError) as error:
                print(f"the zones could not be read: {error}", flush=True)
            stop.wait(EVERY)

    def _read(self) -> list[Zone]:
        zones = []
        for zone in self._route53.list_hosted_zones()["HostedZones"]:
            pages = self._route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone["Id"])
            records: Records = {}
            held = [one for page in pages for one in page["ResourceRecordSets"]]
            for one in in_force(held, self._checks.healthy):
                if one["Type"] in _TYPES:
                    name = one["Name"].lower().rstrip(".") + "."
                    records.setdefault((name, one["Type"]), []).extend(_read_set(name, one))
            zones.append(Zone(zone["Name"].lower(), records))
        return sorted(zones, key=lambda zone: -len(zone.name))


class Nameserver(BaseResolver):  # type: ignore[misc]
    """Answers with authority for its zones, and refuses all else."""

    def __init__(self, mirror: ZoneMirror) -> None:
        self._mirror = mirror

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        reply = request.reply(ra=0, aa=1)
        name, kind = str(request.q.qname).lower(), QTYPE[request.q.qtype]
        zone = next((one for one in self._mirror.zones if name == one.name or name.endswith(f".{one.name}")), None)
        if zone is None:
            reply.header.aa, reply.header.rcode = 0, RCODE.REFUSED
            return reply
        found = zone.find(name, kind)
        reply.add_answer(*found)
        if not found:
            reply.header.rcode = RCODE.NOERROR if zone.exists(name) else RCODE.NXDOMAIN
            reply.add_auth(*zone.records.get((zone.name, "SOA"), []))
        return reply


def _read_set(name: str, one: dict[str, Any]) -> list[RR]:
    """dnslib reads the text form itself, as in a zone file."""
    records: list[RR] = []
    for value in (record["Value"] for record in one.get("ResourceRecords", ())):
        text = value
        if one["Type"] == "SOA":
            match = _SOA.search(value.replace("'", " "))
            text = match.group() if match else value
        records += RR.fromZone(f"{name} {one['TTL']} IN {one['Type']} {text}")
    return records
