"""The demo's plan and its blocks, without the world that they are of."""

from pathlib import Path

from plan_fixtures import SHOP
from ruamel.yaml import YAML

from demo.blocks_file import documents
from demo.world_plan import plan_world
from demo.world_state import Addresses


def write_plan(folder: Path) -> None:
    """The plan and its places, of which only the vault is there: `blocks.yaml` and `shop.yaml` in the folder."""
    state = plan_world(folder / "world", Addresses())
    state = state.model_copy(update={"aws": state.aws.model_copy(update={"security_group": "sg-1", "zone": "Z1"})})
    (folder / "vault").mkdir()
    found = documents(state) | {"folder-vault/shop": {"folder": str(folder / "vault")}}
    yaml = YAML()
    yaml.dump(found, folder / "blocks.yaml")
    plan = yaml.load(SHOP.read_text())
    plan["backup"]["vault"] = "folder-vault/shop"
    yaml.dump(plan, folder / "shop.yaml")
