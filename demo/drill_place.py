"""Where the demo rehearses: a copy of the standby with an address, a database, a state and a name of its own."""

from typing import Any

from demo.world_state import Database, WorldState


def drill_documents(state: WorldState, standby: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Block by "type/name" to its fields.

    Args:
        standby: the blocks of the standby, whose modules, machine and playbook serve here too.
    """
    workspace, inventory = standby["terraform-workspace/shop-standby"], standby["ansible-inventory/shop-standby"]
    words, folder = state.scratch.libpq(dbname="shop_drill"), state.folder / "drill"
    shop = {
        "shop_folder": str(folder / "shop"),
        "shop_uploads": str(folder / "uploads"),
        "shop_address": state.addresses.drill,
        "shop_site": "drill",
        "shop_database": {name: words[name] for name in ("host", "port", "dbname", "user")},
    }
    variables = {"application": "shop-drill", "address": state.addresses.drill}
    variables["database_address"] = f"{state.scratch.address}:{state.scratch.port}"
    return {
        "postgresql/shop-drill": standby["postgresql/shop-scratch"] | {"database": "shop_drill"},
        "files/uploads-drill": {"folder": str(folder / "uploads")},
        "terraform-workspace/shop-drill": {
            **workspace,
            "variables": workspace["variables"] | variables,
            "secret_variables": {"database_password": words["password"]},
            "backend_config": _backend(state, workspace["backend_config"]),
        },
        "ansible-inventory/shop-drill": {
            **inventory,
            "variables": inventory["variables"] | shop,
            "secret_variables": {"shop_database_password": words["password"]},
        },
        "ansible-inventory/shop-drill-stop": {
            **inventory,
            "playbook": "infra/ansible/stop.yml",
            "variables": {"shop_folder": str(folder / "shop")},
            "secret_variables": {},
        },
    }


def drain_document(database: Database) -> dict[str, Any]:
    """What stops the primary's writes in a graceful failover."""
    words = database.libpq()
    return {
        "host": words["host"],
        "port": words["port"],
        "database": "shop",
        "password": database.superuser_password.get_secret_value(),
        "application_user": words["user"],
        "application_password": words["password"],
    }


def _backend(state: WorldState, standby: dict[str, Any]) -> dict[str, Any]:
    """A state of its own."""
    if "key" in standby:
        return standby | {"key": "shop/drill.tfstate"}
    return {"path": str(state.folder / "drill" / "drill.tfstate")}
