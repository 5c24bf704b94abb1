"""What every test of copied snapshots needs: a moto server, a key in the recovery region, and blocks' fields."""

import itertools
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from aws_fixtures import KEYS, moto_url
from aws_fixtures import client as new_client
from snapshot_contract import FIRST, SECOND

from blocks.snapshots.place import RecoveryPlace

__all__ = ["moto_url"]

Block = TypeVar("Block", bound=RecoveryPlace)
HOME, AWAY = "us-east-1", "eu-west-1"


@cache
def client(service: str, url: str, region: str = HOME) -> Any:
    return new_client(service, url, region)


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


_S3_ACTIONS = {
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "HeadObject": "GetObject",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
}
# What AWS does with the caller's rights in the course of another call.
_IMPLIED = ("kms:", "logs:", "s3:PutObjectAcl", "s3:AbortMultipartUpload", "s3:DeleteObjectVersion")
_IMPLIED += ("ec2:CreateTags", "ec2:DeleteSnapshot", "rds:AddTagsToResource")


def assert_policy_fits(backups: list[Any], services: tuple[str, ...], heading: str) -> None:
    """Runs everything that a backup can do, and holds the calls against the policy in the documentation, both ways."""
    called: set[str] = set()
    for backup in backups:
        for service, region in itertools.product(services, (HOME, AWAY)):
            events = backup.aws(service, region).meta.events
            events.register("before-call.*.*", lambda model, **_: called.add(_action(model)))
        for name in (FIRST, SECOND):
            backup.take(name)
        backup.restore(FIRST)
        backup.prove(FIRST)
        backup.discard()
        backup.expire([])
    text = (Path(__file__).parent.parent / "docs" / "snapshots.md").read_text()
    policy = json.loads(text.split(f"### {heading}")[1].split("```json")[1].split("```")[0])
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert called <= allowed
    assert not {each for each in allowed - called if not each.startswith(_IMPLIED)}


def _action(model: Any) -> str:
    service = model.service_model.service_name
    return f"{service}:{_S3_ACTIONS.get(model.name, model.name) if service == 's3' else model.name}"
