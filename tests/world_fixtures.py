"""A whole world, started once a module. It is real: give back what you take."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import httpx
import psutil
import pytest

from demo.process_tree import marked
from demo.world import World

EVERYTHING = {"primary-database", "primary-shop", "standby-database", "scratch-database", "vault", "vault-master"}
EVERYTHING |= {"aws", "gate", "nameserver", "resolver", "slack", "writer"}


@pytest.fixture(scope="module", name="world")
def running_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running world."""
    found = World.start(tmp_path_factory.mktemp("world"), lambda line: None)
    yield found
    found.stop()


def shop_client(world: World) -> httpx.Client:
    """Asks the primary's shop, through the gate."""
    url = f"http://{world.state.addresses.primary}:{world.state.shop_port}"
    return httpx.Client(base_url=url, trust_env=False, timeout=5)


def aws_client(world: World, service: str) -> Any:
    """A boto3 client of the emulated AWS, in the primary's region."""
    aws = world.state.aws
    return boto3.client(
        service,
        region_name=aws.primary_region,
        endpoint_url=aws.endpoint.url,
        aws_access_key_id=aws.access_key,
        aws_secret_access_key=aws.secret_key.get_secret_value(),
    )


def left_over(folder: Path) -> list[str]:
    """Living processes that name the folder in their arguments or carry its mark."""
    found = []
    for process in marked(str(folder)):
        with suppress(psutil.Error):  # it may end while it is looked at
            found.append(" ".join(process.cmdline()))
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = process.cmdline()
            if any(str(folder) in word for word in words) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(words))
    return found


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
