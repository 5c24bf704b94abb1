"""The world that both sides of overhead.py recover in: how it is put back, and what a runbook needs to know."""

import json
import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import psycopg
from botocore.exceptions import ClientError

from blocks.fences.security_group import SecurityGroupFence
from blocks.inventories.ansible import AnsibleInventory
from blocks.inventories.run_folder import RunFolder
from blocks.keys import BackupKeys
from blocks.registry import read_blocks
from blocks.sources.kind import Source
from blocks.workspaces.folder import PlanFolder
from blocks.workspaces.terraform import TerraformWorkspace
from demo.postgres import programs_folder
from demo.waiting import listens, wait_until
from demo.world import World
from recovery.places import ROOT

_MORE = """
insert into orders (reference, placed_at, site, customer_id)
select gen_random_uuid(), now() - random() * interval '300 days', 'primary', 1 + (random() * 399)::int
from generate_series(1, %s)
"""
_LINES = """
insert into order_lines select number, 1, 1 + number %% 60, 1 + number %% 5, 9.99 from orders where number > %s
on conflict do nothing
"""


class OverheadWorld:
    """Args:
    world: running, without its monitor: nobody else may start a failover.
    folder: for the runbook's files.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.state, self.folder = world, world.state, folder
        self.blocks = read_blocks(Path(os.environ["LIFEBOAT_BLOCKS"]))
        secret = self.state.aws.secret_key.get_secret_value()
        self.aws = {"endpoint_url": self.state.aws.endpoint.url, "aws_secret_access_key": secret}
        self.aws["aws_access_key_id"] = self.state.aws.access_key

    def fill(self, orders: int) -> None:
        """So many more orders at the primary."""
        words = self.state.primary.libpq() | {"host": self.state.primary.private_address}
        with psycopg.connect(**words) as connection:
            row = connection.execute("select max(number) from orders").fetchone()
            connection.execute(_MORE, (orders,))
            connection.execute(_LINES, (row[0] if row else 0,))

    def rewind(self) -> None:
        """The primary serves the users, and there is nothing at the standby."""
        pid = self.state.folder / "standby" / "shop" / "shop.pid"
        with suppress(OSError, ValueError):
            os.kill(int(pid.read_text()), signal.SIGTERM)
        pid.unlink(missing_ok=True)
        for name in ("postgresql/shop-standby", "files/uploads-standby"):
            self.block(name, Source).erase()
        self.block("terraform-workspace/shop-standby", TerraformWorkspace).destroy(self.folder / "destroy", _quiet)
        self._point_at_the_primary()
        self.block("security-group-fence/shop-primary", SecurityGroupFence).lower()
        self._let_in()
        wait_until(listens(self.state.addresses.primary, self.state.shop_port), "the gate", 10)
        time.sleep(6)  # no resolver remembers the standby then

    def block(self, name: str, kind: type[Any]) -> Any:
        found = self.blocks[name]
        assert isinstance(found, kind)
        return found

    def runbook(self) -> dict[str, str]:
        """A fresh folder for one run of the runbook, and its environment."""
        work = self.folder / "runbook"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        keys = self.block("backup-keys/shop", BackupKeys)
        (work / "identity.txt").write_text(keys.secret_identity() + "\n")
        (work / "trusted.pem").write_text(keys.trusted[0])
        return {**os.environ, **self._places(work), **self._terraform(work), **self._ansible(work)}

    def _places(self, work: Path) -> dict[str, str]:
        state, standby = self.state, self.state.standby.libpq()
        path = f"{programs_folder()}:{Path(os.sys.executable).parent}:{os.environ['PATH']}"  # type: ignore[attr-defined]
        return {
            "WORK": str(work),
            "PATH": path,
            "AWS_ENDPOINT_URL": state.aws.endpoint.url,
            "AWS_ACCESS_KEY_ID": state.aws.access_key,
            "AWS_SECRET_ACCESS_KEY": state.aws.secret_key.get_secret_value(),
            "VAULT_ACCESS_KEY": state.vault.access_key,
            "VAULT_SECRET_KEY": state.vault.secret_key.get_secret_value(),
            "VAULT_REGION": state.vault.region,
            "BUCKET": f"{state.vault.endpoint.url}/{state.vault.bucket}",
            "PRIMARY_REGION": state.aws.primary_region,
            "GROUP": state.aws.security_group,
            "ZONE": state.aws.zone,
            "NAME": state.shop_name,
            "PRIMARY": state.addresses.primary,
            "STANDBY": state.addresses.standby,
            "SHOP_PORT": str(state.shop_port),
            "PRIMARY_PORT": str(state.primary.port),
            "UPLOADS": str(state.standby_uploads),
            "RESOLVER": state.resolver.address,
            "RESOLVER_PORT": str(state.resolver.port),
            "PGHOST": str(standby["host"]),
            "PGPORT": str(standby["port"]),
            "PGUSER": str(standby["user"]),
            "PGPASSWORD": str(standby["password"]),
        }

    def _terraform(self, work: Path) -> dict[str, str]:
        block = self.block("terraform-workspace/shop-standby", TerraformWorkspace)
        choice, place = block.describe(), PlanFolder(work / "terraform")
        place.prepare(block.module, block.variables, block.backend_config, choice.providers)
        secrets = {f"TF_VAR_{name}": value.get_secret_value() for name, value in block.secret_variables.items()}
        steered = choice.providers.place if choice.providers.kind == "configuration" else place.configuration
        own = {"TERRAFORM": " ".join(choice.program.argv), "TF_CLI_CONFIG_FILE": str(steered)}
        return {**block.environment, **secrets, **own}

    def _ansible(self, work: Path) -> dict[str, str]:
        block = self.block("ansible-inventory/shop-standby", AnsibleInventory)
        place = RunFolder(work)
        place.write("unused", "")
        (work / "hosts.json").write_text(json.dumps({"all": {"hosts": block.hosts}}))
        secrets = {name: value.get_secret_value() for name, value in block.secret_variables.items()}
        (work / "variables.json").write_text(json.dumps({**block.variables, **secrets}))
        key = block.ssh_private_key.get_secret_value() if block.ssh_private_key else ""
        made = place.environment(key, block.known_hosts)
        wanted = {name: value for name, value in made.items() if name.startswith(("ANSIBLE", "LC_ALL"))}
        return {**wanted, "PLAYBOOK": str(ROOT / block.playbook)}

    def _point_at_the_primary(self) -> None:
        record = {"Name": self.state.shop_name, "Type": "A", "TTL": 2}
        record["ResourceRecords"] = [{"Value": self.state.addresses.primary}]  # type: ignore[assignment]
        change = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        self._client("route53").change_resource_record_sets(HostedZoneId=self.state.aws.zone, ChangeBatch=change)

    def _let_in(self) -> None:
        """The runbook keeps no record of what it revoked."""
        for port in (self.state.shop_port, self.state.primary.port):
            rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            with suppress(ClientError):  # it is there
                self._client("ec2").authorize_security_group_ingress(
                    GroupId=self.state.aws.security_group, IpPermissions=[rule]
                )

    def _client(self, service: str) -> Any:
        return boto3.client(service, region_name=self.state.aws.primary_region, **self.aws)


def _quiet(_line: str) -> None:
    pass
