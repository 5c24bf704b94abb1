"""A plan of three fences for the world's shop, of which the first one's API is gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from theatre import ROOT, Theatre, closed_port

from blocks.fences.lease import LeaseFence
from blocks.fences.postgresql import PostgresFence

NETWORK, TOKEN, DATABASE = "security-group-fence/shop-primary", "lease-fence/shop", "postgresql-fence/shop"


@pytest.fixture
def fences(theatre: Theatre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """They are lowered afterwards."""
    state = theatre.world.state
    words = state.primary.libpq()
    token = {**theatre.documents["s3-vault/shop"], "key": "fences/shop.json"}
    superuser = state.primary.superuser_password.get_secret_value()
    database = {"host": words["host"], "port": words["port"], "database": "shop", "password": superuser}
    database |= {"application_user": words["user"], "application_password": words["password"]}
    monkeypatch.setitem(theatre.documents, TOKEN, token)
    monkeypatch.setitem(theatre.documents, DATABASE, dict(database))
    yaml = YAML()
    plan = yaml.load((ROOT / "plans" / "shop.yaml").read_text())
    plan["fence"] = [NETWORK, TOKEN, DATABASE]
    yaml.dump(plan, tmp_path / "shop.yaml")
    monkeypatch.setenv("LIFEBOAT_PLANS", str(tmp_path))
    theatre.write_blocks({NETWORK: {"endpoint_url": f"http://127.0.0.1:{closed_port()}", "tries": 1}})
    yield
    PostgresFence(**database).lower()
    LeaseFence(**token).lower()
