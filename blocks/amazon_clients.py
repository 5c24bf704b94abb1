"""Makes clients of AWS. The descriptions of the services are read once a process, however many blocks there are."""

import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader

# Botocore keeps what it has read (endpoints, the service's operations, its retries) in a loader, and every session has
# a loader of its own: reading it anew takes 60 to 220 ms a client, sharing it 9 ms.
_LOADER: Loader = create_loader()
_MAKING = threading.Lock()


def make_client(service: str, region: str, config: Config, **access: Any) -> Any:
    """Makes a client with a session, and so with credentials, of its own. Safe from several threads.

    Args:
        service: AWS's name of the service, such as `route53`.
        region: where.
        config: time-outs, tries and whatever else the service wants.
        access: `endpoint_url`, `aws_access_key_id` and `aws_secret_access_key`; None where AWS itself and the
            machine's own role are meant.
    """
    with _MAKING:
        session = botocore.session.Session()
        session.register_component("data_loader", _LOADER)
        client = boto3.session.Session(botocore_session=session).client(
            service, region_name=region, config=config, **access
        )
        # Each boto3 session adds its own folder to the loader's.
        _LOADER.search_paths[:] = dict.fromkeys(_LOADER.search_paths)
        return client
