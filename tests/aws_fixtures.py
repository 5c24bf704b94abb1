"""A moto server for tests. What it does not enforce is not shown by a test on it."""

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from blocks.amazon_clients import make_client

KEYS = {"access_key_id": "test", "secret_access_key": "not-to-be-shown"}


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    # Moto keeps what it emulates by process, not by server: zones and buckets of another module would be there still.
    httpx.post(f"{url}/moto-api/reset", timeout=60).raise_for_status()
    yield url
    server.stop()


def client(service: str, url: str, region: str = "us-east-1") -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return make_client(service, region, Config(), endpoint_url=url, **keys)
