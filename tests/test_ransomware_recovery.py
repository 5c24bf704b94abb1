"""Ransomware on real parts: two infected backups, a clean one before them, a kill on the way, and what is left."""

import asyncio
import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from killed_run import play
from ruamel.yaml import YAML
from theatre import ROOT, Theatre
from world_fixtures import aws_client

from blocks.backups import BackupStore
from blocks.keys import BackupKeys
from blocks.signed_records import SignedRecords
from demo.postgres import superuser
from flows.backup import backup
from flows.ransomware import ransomware
from flows.release_hold import release_hold
from flows.retention import retention
from flows.verify import verify
from recovery.clock import Clock
from recovery.custody import Custody
from recovery.errors import RecoveryError, Refused
from recovery.history import journals
from recovery.journal import Line, read_journal

# A world, two infected backups and three runs take minutes on a machine that is busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROLE, SECRET = "shop_reports", "shop/reports"
KILLED = -9
NOTE = "how_to_restore_files.txt"


class Attack:
    """A theatre whose primary is being encrypted, and what the tests ask of it.

    Args:
        folder: of the changed plan.
    """

    def __init__(self, stage: Theatre, folder: Path) -> None:
        self.stage, self.state = stage, stage.world.state
        self.old = secrets.token_urlsafe(12)
        self._write_plan(folder)
        self._make_role()
        stage.write_blocks()

    def _write_plan(self, folder: Path) -> None:
        inside = {**self.stage.documents["postgresql/shop-primary"], "host": self.state.primary.private_address}
        self.stage.documents["postgresql/shop-primary-inside"] = inside
        yaml = YAML()
        plan = yaml.load((ROOT / "plans" / "shop.yaml").read_text())
        plan["verification"] = {"ransomware": {"rewritten_tables": 0.2, "least_tables": 3}}
        plan["backup"]["keep"] = {"last": 1, "daily": 0, "weekly": 0, "monthly": 0, "yearly": 0, "at_least": "1s"}
        plan["ransomware"] = {
            "evidence": {"database": "postgresql/shop-primary-inside"},
            "secrets": [f"postgresql-role/{ROLE.replace('_', '-')}"],
            "rotate_keys": True,
        }
        yaml.dump(plan, folder / "shop.yaml")

    def _make_role(self) -> None:
        """A role of the standby whose password the old site knows, as Secrets Manager has it."""
        standby = self.state.standby
        with psycopg.connect(**superuser(standby), autocommit=True) as admin:
            admin.execute(f"create role {ROLE} login password '{self.old}'")
        text = json.dumps({"username": ROLE, "password": self.old})
        aws_client(self.stage.world, "secretsmanager").create_secret(Name=SECRET, SecretString=text)
        self.stage.documents[f"postgresql-role/{ROLE.replace('_', '-')}"] = {
            "region": self.state.aws.primary_region,
            "endpoint_url": self.state.aws.endpoint.url,
            "access_key_id": self.state.aws.access_key,
            "secret_access_key": self.state.aws.secret_key.get_secret_value(),
            "secret_id": SECRET,
            "host": standby.private_address,
            "port": standby.port,
            "role": ROLE,
            "admin_password": standby.superuser_password.get_secret_value(),
        }

    def encrypt(self) -> None:
        """What ransomware does: files replaced by noise under another ending, a note, and rows overwritten."""
        uploads = self.state.uploads
        for path in [each for each in uploads.rglob("*.bin") if each.stat().st_size < 100_000]:
            path.with_name(f"{path.name}.akira").write_bytes(secrets.token_bytes(4096))
            path.unlink()
        (uploads / NOTE).write_text("Your files are encrypted. Pay.")
        with psycopg.connect(**superuser(self.state.primary) | {"dbname": "shop"}) as live:
            live.execute("update customers set name = md5(random()::text)")
            live.execute("update products set price = round((random() * 100)::numeric, 2)")

    def store(self) -> BackupStore:
        return BackupStore(self.stage.vault, BackupKeys(**self.stage.documents["backup-keys/shop"]))

    def custody(self, incident: str) -> Custody:
        records = SignedRecords({"vault": self.stage.vault}, BackupKeys(**self.stage.documents["backup-keys/shop"]))
        return records.read(f"evidence/shop/{incident}", Custody)

    def lets_in(self, password: str) -> bool:
        standby = self.state.standby
        words = {"host": standby.private_address, "port": standby.port, "user": ROLE, "password": password}
        try:
            psycopg.connect(**words, dbname="postgres", connect_timeout=5).close()
        except psycopg.OperationalError as error:
            assert "password authentication failed" in str(error)
            return False
        return True

    def new_password(self) -> str:
        client = aws_client(self.stage.world, "secretsmanager")
        found = json.loads(client.get_secret_value(SecretId=SECRET, VersionStage="AWSCURRENT")["SecretString"])
        assert found["username"] == ROLE
        return str(found["password"])


@pytest.fixture(scope="module")
def attack(theatre: Theatre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attack]:
    folder = tmp_path_factory.mktemp("plans")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFEBOAT_PLANS", str(folder))
        yield Attack(theatre, folder)


def take() -> str:
    return asyncio.run(backup.fn(plan="shop"))


def of(lines: tuple[Line, ...], kind: str, step: str) -> list[Line]:
    return [line for line in lines if (line.kind, line.step) == (kind, step)]


def journal_of(incident: str) -> tuple[Line, ...]:
    return next(tuple(read_journal(path)) for path in journals() if path.parent.name == incident)


def run_dry(**more: Any) -> tuple[Line, ...]:
    return journal_of(asyncio.run(ransomware.fn(plan="shop", **more)))


@pytest.fixture(scope="module")
def walked(attack: Attack) -> tuple[list[str], tuple[Line, ...]]:
    """The whole run, killed on the way: the backups, the oldest first, and its journal."""
    clean = attack.stage.backup
    asyncio.run(verify.fn(plan="shop", backup=clean))
    attack.encrypt()
    second = take()
    attack.encrypt()
    third = take()
    lines = run_dry()
    assert of(lines, "would", "fence primary")
    assert f"A real run would begin here. Looking at {third}" in of(lines, "outcome", "choose backup")[0].sentence
    assert attack.stage.addresses() == (attack.state.addresses.primary,)
    assert attack.lets_in(attack.old)

    known = set(journals())
    assert play("intent", "rotate secrets", 0.05, flow="ransomware") == KILLED
    assert play(flow="ransomware") == 0
    [journal] = [path for path in set(journals()) - known if "-ransomware-" in path.parent.name]
    return [clean, second, third], tuple(read_journal(journal))


def test_the_last_clean_backup_is_restored_and_none_is_looked_at_twice(
    attack: Attack, walked: tuple[list[str], tuple[Line, ...]]
) -> None:
    [clean, second, third], lines = walked
    assert Clock.of(lines).ending == "recovered"
    chosen = of(lines, "outcome", "choose backup")[-1].data
    assert chosen["backup"] == clean
    assert [sentence.split()[0] for sentence in chosen["passed_over"]] == [third, second]
    for sentence in chosen["passed_over"]:
        assert "shows signs of ransomware" in sentence
        assert "have an ending that ransomware gives" in sentence
        assert re.search(r"\d of \d tables hold as many rows as before and other content", sentence)
    assert [len(of(lines, "intent", f"look at {name}")) for name in (third, second, clean)] == [1, 1, 0]
    assert attack.stage.addresses() == (attack.state.addresses.standby,)
    assert not [*attack.state.standby_uploads.rglob("*.akira")]
    with psycopg.connect(**attack.state.standby.libpq(dbname="shop")) as live:
        assert live.execute("select count(*) from customers where name ~ '^[0-9a-f]{32}$'").fetchone() == (0,)


def test_the_order_is_contain_keep_rebuild_rotate_promote(walked: tuple[list[str], tuple[Line, ...]]) -> None:
    lines = walked[1]
    begun = [line.step for line in lines if line.kind == "intent"]
    wanted = ["fence primary", "hold backups", "keep evidence of database", "approve", "apply Terraform"]
    wanted += ["restore database", "rotate secrets", "promote standby", "configure standby", "rotate keys"]
    assert sorted(wanted, key=lambda step: begun.index(step)) == wanted
    assert of(lines, "outcome", "fence primary")[-1].data["proved"] is True


def test_evidence_is_kept_signed_and_never_to_be_chosen(
    attack: Attack, walked: tuple[list[str], tuple[Line, ...]], tmp_path: Path
) -> None:
    lines, store = walked[1], attack.store()
    custody = attack.custody(lines[0].data["incident"])
    pieces = {piece.what: piece for piece in custody.pieces}
    assert all(piece.kept for piece in pieces.values())
    assert set(pieces) == {"database", "uploads"}
    manifest = store.manifest("shop.evidence", str(pieces["uploads"].reference))
    assert manifest.digest == pieces["uploads"].manifest
    names = store.expected(manifest, "uploads").items
    assert NOTE in names
    assert any(name.endswith(".akira") for name in names)
    assert custody.journal in {line.hash for line in lines}
    evidence = {piece.reference for piece in pieces.values()}
    assert not evidence & {each.backup for each in store.list("shop")}


def test_the_old_secret_is_refused_and_nobody_wrote_the_new_one_down(
    attack: Attack, walked: tuple[list[str], tuple[Line, ...]]
) -> None:
    lines, new = walked[1], attack.new_password()
    assert new != attack.old
    assert attack.lets_in(new)
    assert not attack.lets_in(attack.old)
    evidence = of(lines, "outcome", "rotate secrets")[-1].data["evidence"]
    assert evidence == [
        "Secrets Manager hands out the new version",
        "the new password lets in",
        "the old password is refused",
    ]
    written = [path.read_text(errors="replace") for path in journals()]
    report = next(path.with_name("report.html") for path in journals() if path.parent.name == lines[0].data["incident"])
    for text in [*written, report.read_text()]:
        assert new not in text
        assert attack.old not in text


def test_the_report_tells_of_it(walked: tuple[list[str], tuple[Line, ...]]) -> None:
    incident = walked[1][0].data["incident"]
    report = next(path.with_name("report.html") for path in journals() if path.parent.name == incident).read_text()
    assert "Evidence of the old site" in report
    assert f"evidence/shop/{incident}.json" in report
    assert "the old password is refused" in report
    assert all(name in report for name in walked[0])


def test_it_is_refused_where_the_application_has_left_the_primary(
    attack: Attack, walked: tuple[list[str], tuple[Line, ...]]
) -> None:
    with pytest.raises(Refused, match="already runs at the standby"):
        asyncio.run(ransomware.fn(plan="shop", mode="for real", incident="new"))


def test_nothing_ages_out_until_a_person_releases_the_hold(
    attack: Attack, walked: tuple[list[str], tuple[Line, ...]]
) -> None:
    [clean, *_], lines = walked
    store, incident = attack.store(), lines[0].data["incident"]
    newest = take()  # at the standby, whose backups go on
    assert incident in asyncio.run(retention.fn(plan="shop", mode="for real"))
    assert len(store.list("shop")) == 4
    with pytest.raises(Refused, match="held because of"):
        store.care.remove("shop", clean)
    with pytest.raises(RecoveryError, match="released by a person with a reason"):
        asyncio.run(release_hold.fn(plan="shop", mode="for real", held=incident, by="ada", reason=" "))
    asyncio.run(release_hold.fn(plan="shop", mode="for real", held=incident, by="ada", reason="the police has a copy"))
    assert "2 backups removed, 2 kept" in asyncio.run(retention.fn(plan="shop", mode="for real"))
    assert {each.backup for each in store.list("shop")} == {clean, newest}
    assert store.list("shop.evidence"), "the evidence stays"
