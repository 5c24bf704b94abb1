"""A whole world in which failovers are played on real parts, with no Prefect server and one fault at a time."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from world_fixtures import aws_client

from blocks.fences.security_group import SecurityGroupFence
from blocks.registry import read_blocks
from blocks.vaults.s3 import S3Vault
from blocks.zones.route53 import Route53Zone
from demo.blocks_file import documents
from demo.ports import free_port
from demo.settings import environment
from demo.site import start_ssh
from demo.waiting import listens, wait_until
from demo.world import World
from flows.backup import backup
from flows.failover import failover
from flows.verify import verify
from recovery.errors import RecoveryError
from recovery.history import journals
from recovery.journal import Line, read_journal
from recovery.places import ROOT

NAME = "shop.example.test"


class Theatre:
    """A world with one proved backup, and a stage for failovers.

    Args:
        folder: for what the runs write.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.documents = documents(world.state)
        module = self.documents["terraform-workspace/shop-standby"]
        module["module"] = "infra/terraform/standby-builtin"  # the real provider plays in the story itself
        module["backend_config"] = {"path": str(folder / "standby.tfstate")}
        self.documents["security-group-fence/shop-primary"]["settle_seconds"] = 3
        self.environment = environment(world.state, 1) | {
            "LIFEBOAT_HOME": str(folder / "home"),
            "LIFEBOAT_BLOCKS": str(folder / "blocks.yaml"),
        }
        self.backup = ""

    def write_blocks(self, changes: dict[str, dict[str, Any]] | None = None) -> None:
        changed = {name: {**fields, **(changes or {}).get(name, {})} for name, fields in self.documents.items()}
        with (self.folder / "blocks.yaml").open("w") as file:
            YAML().dump(changed, file)

    def prove_a_backup(self) -> str:
        self.write_blocks()
        taken = asyncio.run(backup.fn(plan="shop"))
        assert asyncio.run(verify.fn(plan="shop")) == taken
        return taken

    def fail_over(self, **parameters: Any) -> tuple[tuple[Line, ...], RecoveryError | None]:
        """Plays one failover to its end. Returns its journal and what stopped it."""
        wanted = {"plan": "shop", "mode": "for real", "even_if_primary_answers": True, "incident": "new"} | parameters
        known, trouble = set(journals()), None
        try:
            asyncio.run(failover.fn(**wanted))
        except RecoveryError as error:
            trouble = error
        new = [path for path in journals() if path not in known]
        return (tuple(read_journal(new[0])) if new else ()), trouble

    @property
    def vault(self) -> S3Vault:
        return S3Vault(**self.documents["s3-vault/shop"])

    @property
    def zone(self) -> Route53Zone:
        return Route53Zone(**self.documents["route53-zone/example-test"])

    def addresses(self) -> tuple[str, ...]:
        record = self.zone.read(NAME)
        return record.values if record else ()

    def point_name_at(self, address: str) -> None:
        """What somebody does who knows nothing of Lifeboat."""
        record = {"Name": NAME, "Type": "A", "TTL": 2, "ResourceRecords": [{"Value": address}]}
        aws_client(self.world, "route53").change_resource_record_sets(
            HostedZoneId=self.world.state.aws.zone,
            ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
        )

    def reopen(self) -> None:
        """Lowers the fence and waits until the primary is reached again."""
        SecurityGroupFence(**self.documents["security-group-fence/shop-primary"]).lower()
        state = self.world.state
        wait_until(listens(state.addresses.primary, state.shop_port), "the gate", 5)


@contextlib.contextmanager
def playing(folder: Path) -> Iterator[Theatre]:
    """A world in this folder, for the length of the block."""
    world = World.start(folder / "world", lambda _line: None, beside=start_ssh)
    try:
        stage = Theatre(world, folder)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in stage.environment.items():
                patch.setenv(name, value)
            for name in ("PREFECT_API_URL", "PREFECT_HOME"):
                patch.delenv(name, raising=False)
            stage.backup = stage.prove_a_backup()
            yield stage
    finally:
        world.stop()


@contextlib.contextmanager
def damaged(stage: Theatre, key: str, data: bytes | None) -> Iterator[None]:
    """An object of the vault replaced, or missing, for the length of the block."""
    whole = stage.vault.get(key).data
    if data is None:
        stage.vault.remove(key)
    else:
        stage.vault.put(key, data)
    try:
        yield
    finally:
        stage.vault.put(key, whole)


def closed_port() -> int:
    return free_port("127.0.0.1")


__all__ = ["NAME", "ROOT", "Theatre", "closed_port", "damaged", "playing", "read_blocks"]
