"""Clients of AWS share what botocore reads about a service, and nothing else."""

from concurrent.futures import ThreadPoolExecutor

from botocore.config import Config

from blocks import amazon_clients
from blocks.amazon_clients import make_client


def test_each_client_has_its_own_keys() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(
                lambda name: make_client(
                    "s3", "eu-west-1", Config(), aws_access_key_id=name, aws_secret_access_key=name
                ),
                [f"key-{number}" for number in range(16)],
            )
        )
    keys = [client._request_signer._credentials.access_key for client in made]
    assert keys == [f"key-{number}" for number in range(16)]


def test_a_service_is_described_once_however_many_clients_there_are() -> None:
    folders = {len(amazon_clients._LOADER.search_paths) for _ in range(3) if make_client("sts", "eu-west-1", Config())}
    assert len(folders) == 1, "boto3 adds its folder with every session"
    first, second = (make_client("sts", "eu-west-1", Config()) for _ in range(2))
    described = [client.meta.service_model._service_description["operations"] for client in (first, second)]
    assert described[0] is described[1]
