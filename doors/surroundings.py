"""Which Prefect server a command talks to: the one in the environment, else the embedded world of this checkout."""

import json
import os
import ssl

import httpx

from recovery.errors import Unreachable
from recovery.places import out_folder

EMBEDDED = out_folder() / "environment.json"


def adopt_embedded_world() -> None:
    """Takes over the embedded world's settings, unless the environment names a server already.

    Must come before Prefect is imported: it reads its settings once.
    """
    if "PREFECT_API_URL" in os.environ or not EMBEDDED.exists():
        return
    for name, value in json.loads(EMBEDDED.read_text()).items():
        os.environ.setdefault(name, value)


def demand_server(seconds: float = 2.0) -> None:
    """Asks the Prefect server for a sign of life, before anything is begun.

    Raises:
        Unreachable: none is configured, or it does not answer.
    """
    address = os.environ.get("PREFECT_API_URL")
    remedy = "Start it (`lifeboat up` for the embedded one), or run without it: --break-glass REASON."
    if not address:
        raise Unreachable("No Prefect server is configured (PREFECT_API_URL).", remedy=remedy)
    try:
        trusted = ssl.create_default_context(cafile=os.environ.get("PREFECT_API_SSL_CERT_FILE"))
        url = f"{address.rstrip('/')}/health"
        httpx.get(url, timeout=seconds, trust_env=False, verify=trusted).raise_for_status()
    except (httpx.HTTPError, OSError) as error:
        raise Unreachable(f"The Prefect server at {address} does not answer.", remedy=remedy) from error
