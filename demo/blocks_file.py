"""Every place and credential of the embedded world as a blocks file, as a user would write one for their own."""

import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from blocks.keys import BackupKeys
from demo.drill_place import drain_document, drill_documents
from demo.postgres import program
from demo.site import ansible_inventory, terraform_workspace
from demo.world_state import Database, WorldState


def write_blocks(state: WorldState, path: Path) -> None:
    """Writes the file, for this user only: it holds the world's passwords."""
    path.touch(mode=0o600)
    with path.open("w") as file:
        YAML().dump(documents(state), file)


def documents(state: WorldState) -> dict[str, dict[str, Any]]:
    """Block by "type/name" to its fields."""
    aws = {
        "endpoint_url": state.aws.endpoint.url,
        "access_key_id": state.aws.access_key,
        "secret_access_key": state.aws.secret_key.get_secret_value(),
    }
    vault = state.vault
    found = {
        "s3-vault/shop": {
            "bucket": vault.bucket,
            "region": vault.region,
            "endpoint_url": vault.endpoint.url,
            "access_key_id": vault.access_key,
            "secret_access_key": vault.secret_key.get_secret_value(),
        },
        "backup-keys/shop": _keys(),
        "postgresql/shop-primary": _postgresql(state.primary),
        "postgresql/shop-standby": _postgresql(state.standby),
        "postgresql/shop-scratch": _postgresql(state.scratch),
        "files/uploads-primary": {"folder": str(state.uploads)},
        "files/uploads-standby": {"folder": str(state.standby_uploads)},
        "files/uploads-scratch": {"folder": str(state.scratch_uploads)},
        "terraform-workspace/shop-standby": terraform_workspace(state),
        "ansible-inventory/shop-standby": ansible_inventory(state, sys.executable),
        "security-group-fence/shop-primary": {
            **aws,
            "region": state.aws.primary_region,
            "group_id": state.aws.security_group,
            "endpoints": _front_doors(state),
            "record_region": state.aws.standby_region,
        },
        "route53-zone/example-test": {
            **aws,
            "region": state.aws.standby_region,
            "zone_id": state.aws.zone,
            "authoritative": [str(state.nameserver)],
            "resolvers": [str(state.resolver)],
        },
        "slack-chat/operations": {
            "token": state.slack.token.get_secret_value(),
            "channel": state.slack.channel,
            "base_url": f"{state.slack.endpoint.url}/api/",
        },
        "order-log/shop": {"path": str(state.acknowledged)},
    }
    found["postgresql-drain/shop-primary"] = drain_document(state.primary)
    return found | drill_documents(state, found)


def _postgresql(database: Database) -> dict[str, Any]:
    words = database.libpq()
    return {
        "host": words["host"],
        "port": words["port"],
        "database": "shop",
        "user": words["user"],
        "password": words["password"],
        "programs": str(program("pg_dump").parent),
        "newest_query": "select max(placed_at) from orders",
    }


def _front_doors(state: WorldState) -> list[str]:
    """What a write to the primary would go through: the shop, and its database."""
    shop = f"http://{state.addresses.primary}:{state.shop_port}/orders"
    return [shop, f"tcp://{state.primary.address}:{state.primary.port}"]


def _keys() -> dict[str, Any]:
    keys = BackupKeys.generate()
    secret = {"identity": keys.identity, "signing_key": keys.signing_key}
    shown = {name: value.get_secret_value() for name, value in secret.items() if value}
    return {"recipients": keys.recipients, "trusted": keys.trusted, **shown}
