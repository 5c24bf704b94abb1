"""Draws the ports and passwords of a new world."""

import secrets
from pathlib import Path

from pydantic import SecretStr

from demo.ports import free_port
from demo.world_state import Addresses, Aws, Database, Endpoint, SlackPlace, VaultPlace, WorldState


def plan_world(folder: Path, places: Addresses) -> WorldState:
    """Draws every port and password of a world before any of it runs."""

    def database(name: str, address: str, private: str) -> Database:
        return Database(
            address=address,
            private_address=private,
            port=free_port(address, private),
            folder=folder / name / "database",
            superuser_password=SecretStr(secrets.token_urlsafe(24)),
            shop_password=SecretStr(secrets.token_urlsafe(24)),
        )

    def endpoint(address: str) -> Endpoint:
        return Endpoint(address=address, port=free_port(address, "127.0.0.1"))

    return WorldState(
        folder=folder,
        addresses=places,
        shop_port=free_port(places.primary, places.primary_private, places.standby),
        primary=database("primary", places.primary, places.primary_private),
        standby=database("standby", places.standby, places.standby),
        scratch=database("scratch", places.scratch, places.scratch),
        vault=VaultPlace(
            endpoint=endpoint(places.vault),
            access_key=secrets.token_hex(10).upper(),
            secret_key=SecretStr(secrets.token_urlsafe(30)),
        ),
        aws=Aws(endpoint=endpoint(places.aws), secret_key=SecretStr(secrets.token_urlsafe(30))),
        nameserver=endpoint(places.nameserver),
        resolver=endpoint(places.resolver),
        slack=SlackPlace(
            endpoint=endpoint(places.slack),
            token=SecretStr(f"xoxb-{secrets.token_hex(12)}"),
            switches=folder / "slack" / "switches.json",
            messages=folder / "slack" / "messages.jsonl",
        ),
        standby_ssh=endpoint(places.standby),
        acknowledged=folder / "customers" / "acknowledged.jsonl",
        failed=folder / "customers" / "failed.jsonl",
        uploads=folder / "primary" / "uploads",
        standby_uploads=folder / "standby" / "uploads",
        scratch_uploads=folder / "scratch" / "uploads",
    )
