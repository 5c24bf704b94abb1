"""How each part of the world is started. Each function returns when its part is ready to be used."""

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import botocore.config

from demo.postgres import create_cluster, create_owner, start_cluster
from demo.processes import Processes
from demo.seed import seed_database, seed_uploads
from demo.waiting import answers, listens, wait_for_process
from demo.world_state import Aws, Database, WorldState

PRIMARY_DATABASE, PRIMARY_SHOP = "primary-database", "primary-shop"


def start_primary(processes: Processes, state: WorldState) -> None:
    """The primary's database, seeded, its uploaded files, and its shop."""
    create_cluster(processes, PRIMARY_DATABASE, state.primary)
    start_cluster(processes, PRIMARY_DATABASE, state.primary)
    create_owner(state.primary, "shop")
    seed_database(state.primary.libpq() | {"host": state.primary.private_address})
    seed_uploads(state.uploads)
    start_shop(processes, state)


def start_shop(processes: Processes, state: WorldState) -> None:
    """The primary's shop, at its private address."""
    private = state.addresses.primary_private
    config = state.primary.folder.parent / "shop.json"
    config.touch(mode=0o600)
    settings = {
        "site": "primary",
        "address": private,
        "port": state.shop_port,
        "database": state.primary.libpq() | {"host": private},
        "uploads": str(state.uploads),
        "pid_file": str(config.with_name("shop.pid")),
    }
    config.write_text(json.dumps(settings))
    processes.start(PRIMARY_SHOP, _python("shop", "--config", config))
    wait_for_process(processes, PRIMARY_SHOP, answers(f"http://{private}:{state.shop_port}/health"))


def start_empty_database(processes: Processes, name: str, database: Database, *, scratch: bool) -> None:
    """A cluster without a shop in it, where the role `shop` may make one."""
    create_cluster(processes, name, database, scratch=scratch)
    start_cluster(processes, name, database)
    create_owner(database)


def start_aws(processes: Processes, state: WorldState) -> Aws:
    """The emulated AWS, with the primary's security group, the zone, and the bucket for Terraform's state."""
    aws, place = state.aws, state.aws.endpoint
    processes.start("aws", _python("aws", place.address, place.port))
    wait_for_process(processes, "aws", listens(place.address, place.port))
    ec2 = _client(aws, "ec2", aws.primary_region)
    group = ec2.create_security_group(GroupName="shop-primary", Description="Lets customers in")["GroupId"]
    rules = [_ingress(port) for port in (state.shop_port, state.primary.port)]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
    route53 = _client(aws, "route53", aws.primary_region)
    zone = route53.create_hosted_zone(Name=state.shop_name.partition(".")[2], CallerReference="lifeboat")["HostedZone"]
    for name, address in ((state.shop_name, state.addresses.primary), (state.drill_name, state.addresses.parked)):
        record = {"Name": name, "Type": "A", "TTL": 2, "ResourceRecords": [{"Value": address}]}
        changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch=changes)
    region = {"LocationConstraint": aws.standby_region}
    s3 = _client(aws, "s3", aws.standby_region)
    s3.create_bucket(Bucket=aws.state_bucket, CreateBucketConfiguration=region)
    return aws.model_copy(update={"security_group": group, "zone": zone["Id"].removeprefix("/hostedzone/")})


def start_gate(processes: Processes, state: WorldState) -> None:
    """The primary's network, which follows the security group."""
    places = ("--public", state.addresses.primary, "--private", state.addresses.primary_private)
    ports = (state.shop_port, state.primary.port)
    argv = _python("gate", "--group", state.aws.security_group, *places, *ports)
    processes.start("gate", argv, state.aws.env, grace=1)
    for port in ports:
        wait_for_process(processes, "gate", listens(state.addresses.primary, port))


def start_dns(processes: Processes, state: WorldState) -> None:
    """The name server, which follows Route 53, and the caching resolver."""
    nameserver, resolver = state.nameserver, state.resolver
    processes.start("nameserver", _python("dns", "nameserver", "--listen", nameserver), state.aws.env, grace=1)
    processes.start("resolver", _python("dns", "resolver", "--listen", resolver, "--upstream", nameserver), grace=1)
    for name, place in (("nameserver", nameserver), ("resolver", resolver)):
        wait_for_process(processes, name, listens(place.address, place.port))


def start_slack(processes: Processes, state: WorldState) -> None:
    """The stand-in for Slack."""
    slack = state.slack
    argv = _python("slack", "--listen", slack.endpoint, "--messages", slack.messages, "--switches", slack.switches)
    processes.start("slack", argv, {"SLACK_TOKEN": slack.token.get_secret_value()}, grace=1)
    wait_for_process(processes, "slack", answers(f"{slack.endpoint.url}/messages"))


def start_customers(processes: Processes, state: WorldState) -> None:
    """Customers, who order ten times a second from now on."""
    places = ("--shop", f"{state.shop_name}:{state.shop_port}", "--resolver", state.resolver)
    files = ("--acknowledged", state.acknowledged, "--failed", state.failed)
    processes.start("writer", _python("writer", *places, *files), grace=2)
    ordered = state.acknowledged
    wait_for_process(processes, "writer", lambda: ordered.exists() and ordered.stat().st_size > 0)


def _python(module: str, *words: object) -> list[str | Path]:
    return [sys.executable, "-m", f"demo.{module}", *map(str, words)]


def _client(aws: Aws, service: str, region: str) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=aws.endpoint.url,
        aws_access_key_id=aws.access_key,
        aws_secret_access_key=aws.secret_key.get_secret_value(),
        config=botocore.config.Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 2}),
    )


def _ingress(port: int) -> dict[str, object]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
