"""Every fault a failover may meet, on real parts: it says what is wrong, and leaves nothing half swapped."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from shop_fences import DATABASE, NETWORK, TOKEN, fences
from theatre import ROOT, Theatre, closed_port, damaged

from blocks.keys import BackupKeys
from blocks.workspaces.terraform import TerraformWorkspace
from demo.customers import Customers
from flows.failover import failover
from recovery.errors import RecoveryError, Refused
from recovery.history import journals
from recovery.journal import Line, read_journal

__all__ = ["fences"]
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def nothing_is_left_of_it(theatre: Theatre) -> Iterator[None]:
    """Every fault starts from a whole world, and whatever it was, users are still sent to the primary."""
    theatre.write_blocks()
    yield
    theatre.reopen()
    assert theatre.addresses() == (theatre.world.state.addresses.primary,)
    orders = Customers(theatre.world.state)
    orders.await_orders(orders.count() + 2, seconds=10)


def steps(lines: tuple[Line, ...], kind: str) -> list[str]:
    return [line.step for line in lines if line.kind == kind]


def has_shop(theatre: Theatre) -> bool:
    with psycopg.connect(**theatre.world.state.standby.libpq(dbname="postgres")) as connection:
        return connection.execute("select 1 from pg_database where datname = 'shop'").fetchone() is not None


def test_vault_unreachable(theatre: Theatre) -> None:
    theatre.write_blocks({"s3-vault/shop": {"endpoint_url": f"http://127.0.0.1:{closed_port()}"}})
    lines, error = theatre.fail_over()
    assert error is not None
    assert "could not be reached" in error.what
    assert "Nothing was changed" in error.changed
    assert steps(lines, "intent") == []


def test_fence_without_proof(theatre: Theatre) -> None:
    state = theatre.world.state
    open_door = f"tcp://{state.standby.address}:{state.standby.port}"
    theatre.write_blocks({"security-group-fence/shop-primary": {"endpoints": [open_door], "settle_seconds": 0.5}})
    lines, error = theatre.fail_over()
    assert isinstance(error, Refused)
    assert "fence is not proved" in error.what
    assert "still takes connections" in error.what
    assert not {"restore database", "promote standby", "swap DNS"} & set(steps(lines, "intent"))
    assert lines[-1].data["state"] == "failed"


def test_fence_api_gone_is_a_fence_without_proof(theatre: Theatre) -> None:
    dead = {"endpoint_url": f"http://127.0.0.1:{closed_port()}", "tries": 1}
    theatre.write_blocks({"security-group-fence/shop-primary": dead})
    lines, error = theatre.fail_over()
    assert isinstance(error, Refused)
    assert "could not be raised" in error.what
    assert "promote standby" not in steps(lines, "intent")


@pytest.mark.parametrize("way", ["missing", "truncated", "one bit flipped"])
def test_damaged_backup(theatre: Theatre, way: str) -> None:
    key = f"data/shop/{theatre.backup}/database/00000.age"
    whole = theatre.vault.get(key).data
    flipped = whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:]
    with damaged(theatre, key, {"missing": None, "truncated": whole[:-100], "one bit flipped": flipped}[way]):
        lines, error = theatre.fail_over()
    assert error is not None
    assert theatre.backup in error.what
    assert "00000.age" in error.what
    assert "promote standby" not in steps(lines, "intent")
    assert not has_shop(theatre)


def test_manifest_edited(theatre: Theatre) -> None:
    key = f"manifests/shop/{theatre.backup}.json"
    edited = theatre.vault.get(key).data.replace(b'"shop"', b'"shap"', 1)
    with damaged(theatre, key, edited):
        lines, error = theatre.fail_over()
    assert isinstance(error, Refused)
    assert theatre.backup in error.what
    assert "fence primary" not in steps(lines, "intent")


def test_wrong_key(theatre: Theatre) -> None:
    other = BackupKeys.generate().identity
    assert other is not None
    theatre.write_blocks({"backup-keys/shop": {"identity": other.get_secret_value()}})
    lines, error = theatre.fail_over()
    assert error is not None
    assert "key" in error.what
    assert "promote standby" not in steps(lines, "intent")
    assert other.get_secret_value() not in "".join(line.model_dump_json() for line in lines)


def test_terraform_would_destroy(theatre: Theatre, tmp_path: Path) -> None:
    module = tmp_path / "module"
    module.mkdir()
    before = (ROOT / "infra/terraform/standby-builtin/main.tf").read_text()
    for path in (ROOT / "infra/terraform/standby-builtin").glob("*.tf"):
        (module / path.name).write_text(path.read_text())
    (module / "main.tf").write_text(before + '\nresource "terraform_data" "precious" {}\n')
    fields = theatre.documents["terraform-workspace/shop-standby"]
    state = {"path": str(tmp_path / "state.tfstate")}
    older = TerraformWorkspace(**{**fields, "module": str(module), "backend_config": state})
    older.apply(tmp_path / "run", older.plan(tmp_path / "run", print).digest, print)
    theatre.write_blocks({"terraform-workspace/shop-standby": {"backend_config": state}})
    lines, error = theatre.fail_over()
    assert isinstance(error, Refused)
    assert "terraform_data.precious" in error.what
    assert not {"fence primary", "apply Terraform"} & set(steps(lines, "intent"))


def test_ansible_host_unreachable(theatre: Theatre) -> None:
    host = theatre.documents["ansible-inventory/shop-standby"]["hosts"]["standby"]
    theatre.write_blocks(
        {"ansible-inventory/shop-standby": {"hosts": {"standby": {**host, "ansible_port": closed_port()}}}}
    )
    lines, error = theatre.fail_over()
    assert error is not None
    assert "standby" in error.what
    assert "reach" in error.what
    assert "swap DNS" not in steps(lines, "intent")


def plan_with(theatre: Theatre, folder: Path, monkeypatch: pytest.MonkeyPatch, *changes: tuple[str, str]) -> None:
    text = (ROOT / "plans" / "shop.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "shop.yaml").write_text(text)
    monkeypatch.setenv("LIFEBOAT_PLANS", str(folder))


def test_health_probe_never_green(theatre: Theatre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never = ("path: /orders/latest", "path: /orders/latest\n      expect_text: never there")
    plan_with(theatre, tmp_path, monkeypatch, ("within: 2m", "within: 1s"), never)
    lines, error = theatre.fail_over()
    assert error is not None
    assert "not healthy" in error.what
    assert "DNS was not swapped" in error.changed
    assert "swap DNS" not in steps(lines, "intent")


def test_dns_changed_by_somebody_else_meanwhile(theatre: Theatre) -> None:
    known, stop = set(journals()), threading.Event()

    def meddle() -> None:
        """Somebody points the name elsewhere, as soon as the recovery has looked at it and gone on."""
        while not stop.wait(0.02):
            new = [path for path in journals() if path not in known]
            if new and "configure standby" in [line.step for line in read_journal(new[0])]:
                theatre.point_name_at("127.0.0.99")
                return

    meddler = threading.Thread(target=meddle)
    meddler.start()
    try:
        lines, error = theatre.fail_over()
    finally:
        stop.set()
        meddler.join(10)
        held = theatre.addresses()
        theatre.point_name_at(theatre.world.state.addresses.primary)
    assert error is not None
    assert "127.0.0.99" in error.what
    assert "somebody changed it" in error.what
    assert "swap DNS" not in steps(lines, "outcome")
    assert held == ("127.0.0.99",)


def test_second_failover_while_one_runs(theatre: Theatre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both end before DNS is swapped, so that the next test finds the world as it was."""
    plan_with(
        theatre, tmp_path, monkeypatch, ("within: 2m", "within: 1s"), ("expect_status: 201", "expect_status: 299")
    )

    async def both() -> list[object]:
        wanted = {"plan": "shop", "mode": "for real", "even_if_primary_answers": True, "incident": "new"}
        return list(await asyncio.gather(failover.fn(**wanted), failover.fn(**wanted), return_exceptions=True))

    ends = [end for end in asyncio.run(both()) if isinstance(end, RecoveryError)]
    one_acts = [end for end in ends if "not healthy" in end.what]
    turned_away = [end for end in ends if "right now" in end.what or "in this moment" in end.what]
    assert (len(one_acts), len(turned_away)) == (1, 1)
    assert "Nothing was changed" in turned_away[0].changed


def test_plan_invalid(theatre: Theatre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_with(
        theatre, tmp_path, monkeypatch, ("restore_to: postgresql/shop-standby", "restore_to: postgresql/shop-primary")
    )
    lines, error = theatre.fail_over()
    assert error is not None
    assert "shop.yaml" in str(error)
    assert lines == ()


def test_primary_that_answers_is_left_alone(theatre: Theatre) -> None:
    lines, error = theatre.fail_over(even_if_primary_answers=False)
    assert isinstance(error, Refused)
    assert "still answers" in error.what
    assert steps(lines, "intent") == ["write report"]


def test_a_dry_run_changes_nothing(theatre: Theatre) -> None:
    lines, error = theatre.fail_over(mode="dry run")
    assert error is None
    assert "swap DNS" in steps(lines, "would")
    assert "fence primary" in steps(lines, "would")
    assert not {"fence primary", "apply Terraform", "restore database", "swap DNS"} & set(steps(lines, "intent"))


@pytest.mark.usefixtures("fences")
def test_one_proved_is_enough_and_the_decision_says_which(theatre: Theatre) -> None:
    with damaged(theatre, f"data/shop/{theatre.backup}/database/00000.age", None):  # so that it ends after the fence
        lines, error = theatre.fail_over()
    assert error is not None
    assert "00000.age" in error.what
    fenced = next(line for line in lines if (line.kind, line.step) == ("outcome", "fence primary"))
    assert fenced.data["proved"] is True
    assert fenced.data["by"] == [DATABASE]
    assert f"What counts is {DATABASE}; {NETWORK} and {TOKEN} alone would not do." in fenced.sentence
    assert list(fenced.data["fences"]) == [NETWORK, TOKEN, DATABASE]
    assert not fenced.data["fences"][NETWORK]["proved"]
    assert any("too many connections" in sentence for sentence in fenced.data["evidence"])


@pytest.mark.usefixtures("fences")
def test_a_bare_token_and_a_fence_that_is_gone_are_none(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(theatre.documents[DATABASE], "port", closed_port())
    theatre.write_blocks({NETWORK: {"endpoint_url": f"http://127.0.0.1:{closed_port()}", "tries": 1}})
    lines, error = theatre.fail_over()
    assert isinstance(error, Refused)
    assert f"{TOKEN} only says who may write, and stops nobody." in error.what
    assert "could not be reached" in error.what
    assert "promote standby" not in [line.step for line in lines if line.kind == "intent"]
