"""What every test of copied snapshots needs: a moto server, a key in the recovery region, and blocks' fields."""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

import boto3
import httpx
import pytest
from aws_fixtures import KEYS, moto_url

from blocks.snapshots.place import RecoveryPlace

__all__ = ["moto_url"]

Block = TypeVar("Block", bound=RecoveryPlace)
HOME, AWAY = "us-east-1", "eu-west-1"


_session = boto3.session.Session()


@cache
def client(service: str, url: str, region: str = HOME) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return _session.client(service, endpoint_url=url, region_name=region, **keys)


@pytest.fixture(scope="module")
def bare_moto(moto_url: str) -> Iterator[str]:
    """A moto without the 500 images of its own, each with a snapshot that every listing would go through."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        httpx.post(f"{moto_url}/moto-api/reset", timeout=60).raise_for_status()
        yield moto_url


def new_key(url: str, region: str = AWAY) -> str:
    return str(client("kms", url, region).create_key(Description="copies")["KeyMetadata"]["Arn"])


def fields(url: str, key: str, **more: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"region": HOME, "recovery_region": AWAY, "endpoint_url": url, "kms_key_id": key}
    return usual | {"poll_seconds": 0.02, "deadline_seconds": 30, "tries": 1} | KEYS | more


def unreachable(block: Block) -> Block:
    told = {name: getattr(block, name) for name in type(block).model_fields}
    return type(block)(**told | {"endpoint_url": "http://127.0.0.1:9", "connect_timeout_seconds": 0.5})


def killed_at(block: RecoveryPlace, call: str, service: str, region: str, monkeypatch: Any) -> None:
    """The next such call kills the run, before anything is sent."""

    def die(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(block.aws(service, region), call, die)
