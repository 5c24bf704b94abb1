"""Fetches the receiver's secrets from where its configuration says. None ever stands in an argument or a log."""

import os
import stat
from pathlib import Path

from prefect.blocks.system import Secret

from recovery.alerts.authenticity import SHORTEST, secret_is_sound
from recovery.alerts.configuration import ReceiverConfiguration, Sns
from recovery.errors import Missing, Refused


async def fetch_secrets(configuration: ReceiverConfiguration) -> dict[str, bytes]:
    """Every endpoint's secret by the endpoint's name; SNS needs none.

    Raises:
        Missing: one is not there.
        Refused: a file can be read by others, or a secret can be guessed.
    """
    found: dict[str, bytes] = {}
    for name, endpoint in configuration.endpoints.items():
        rules = endpoint.authentication
        if isinstance(rules, Sns):
            continue
        secret = await _fetch(name, rules.secret)
        if not secret_is_sound(secret):
            what = f"The secret of the endpoint {name} has fewer than {SHORTEST} bytes."
            raise Refused(what, remedy="Take a longer one: openssl rand -hex 32.")
        found[name] = secret
    return found


async def _fetch(endpoint: str, place: str) -> bytes:
    kind, _, where = place.partition(":")
    if kind == "env":
        if not (value := os.environ.get(where)):
            raise Missing(f"The secret of the endpoint {endpoint} is not in the environment variable {where}.")
        return value.encode()
    return _from_file(endpoint, Path(where)) if kind == "file" else await _from_block(endpoint, where)


def _from_file(endpoint: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            secret = file.read(10_000).strip()
    except OSError as error:
        raise Missing(f"The secret of the endpoint {endpoint} cannot be read from {path}: {error.strerror}.") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Refused(f"{path} can be read by other users.", remedy=f"chmod 600 {path}")
    return secret


async def _from_block(endpoint: str, name: str) -> bytes:
    try:
        block: Secret[str] = await Secret.aload(name)
    except ValueError as error:
        raise Missing(f"The Prefect server has no Secret block {name}, which {endpoint} needs.") from error
    return str(block.get()).encode()
