"""The web application's Terraform roots, as a user applies them, against an emulated AWS."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aws_fixtures import client
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer
from moto.rds.models import RDSBackend
from pydantic import SecretStr

from blocks.workspaces.terraform import TerraformWorkspace

ACCOUNT = "123456789012"
STATES = "terraform-states"
SITE = {"account_id": ACCOUNT, "image_id": "ami-12c6146b", "deletion_protection": False}
NAME, DRILL = "web.example.test", "drill.web.example.test"
ENTRANCE = {
    "account_id": ACCOUNT,
    "name": NAME,
    "ttl": 5,
    "primary_addresses": ["192.0.2.10", "192.0.2.11"],
    "standby_addresses": ["198.51.100.20"],
    "drill": {"name": DRILL, "parked": "198.51.100.77", "address": "198.51.100.70"},
    "cdn": {"origins": {"origin": NAME}, "origin_protocol": "http-only"},
}


def prepare(url: str) -> str:
    """The bucket for states and the hosted zone. Returns the zone's identifier."""
    client("s3", url).create_bucket(Bucket=STATES)
    zone = client("route53", url).create_hosted_zone(Name="example.test", CallerReference="web")["HostedZone"]
    return str(zone["Id"]).rpartition("/")[2]


def workspace(url: str, root: str, **variables: Any) -> TerraformWorkspace:
    """One root, with a state of its own."""
    region = "us-east-1" if root == "primary" else "eu-west-1"
    return TerraformWorkspace(
        module=f"infra/terraform/web/{root}",
        variables=variables,
        backend_config={"bucket": STATES, "key": f"web/{root}.tfstate", "region": "us-east-1", "use_lockfile": True},
        environment={
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": "test",
        },
        secret_environment={"AWS_SECRET_ACCESS_KEY": SecretStr("not-to-be-shown")},
        lock_seconds=0,
    )


@contextmanager
def a_better_memory() -> Iterator[None]:
    """moto forgets a load balancer's Elastic IPs and what a snapshot was copied from: Terraform would do both again."""
    copy = RDSBackend.copy_db_snapshot
    create, zones = ELBv2Backend.create_load_balancer, FakeLoadBalancer.availability_zones.fget

    def created(backend: ELBv2Backend, *arguments: Any, **options: Any) -> Any:
        made = create(backend, *arguments, **options)
        made.mapped = {each["SubnetId"]: each.get("AllocationId") for each in options.get("subnet_mappings") or ()}
        return made

    def addressed(balancer: Any) -> Any:
        found = zones(balancer)
        for each in found:
            each.load_balancer_addresses = [{"AllocationId": balancer.mapped.get(each.subnet_id)}]
        return found

    def copied(backend: RDSBackend, source_db_snapshot_identifier: str, **options: Any) -> Any:
        made = copy(backend, source_db_snapshot_identifier=source_db_snapshot_identifier, **options)
        made.source_db_snapshot_identifier = source_db_snapshot_identifier
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RDSBackend, "copy_db_snapshot", copied)
        patch.setattr(ELBv2Backend, "create_load_balancer", created)
        patch.setattr(FakeLoadBalancer, "availability_zones", property(addressed))
        yield
