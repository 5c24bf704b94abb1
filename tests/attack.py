"""Ransomware at the demo's primary, and what tests ask of the recovery from it."""

import json
import secrets
from typing import Any

import psycopg
from theatre import Theatre
from world_fixtures import aws_client

from blocks.backups import BackupStore
from blocks.keys import BackupKeys
from blocks.signed_records import SignedRecords
from demo.postgres import superuser
from recovery.custody import Custody

ROLE, SECRET = "shop_reports", "shop/reports"
NOTE = "how_to_restore_files.txt"


class Attack:
    """A theatre whose primary is being encrypted, and what the tests ask of it. Its blocks are to be written anew."""

    def __init__(self, stage: Theatre) -> None:
        self.stage, self.state = stage, stage.world.state
        self.old = secrets.token_urlsafe(12)
        inside = {**stage.documents["postgresql/shop-primary"], "host": self.state.primary.private_address}
        stage.documents["postgresql/shop-primary-inside"] = inside
        self._make_role()

    def change(self, plan: Any) -> None:
        """What the plan of the shop lacks."""
        plan["verification"] = {"ransomware": {"rewritten_tables": 0.2, "least_tables": 3}}
        plan["backup"]["keep"] = {"last": 1, "daily": 0, "weekly": 0, "monthly": 0, "yearly": 0, "at_least": "1s"}
        plan["ransomware"] = {
            "evidence": {"database": "postgresql/shop-primary-inside"},
            "secrets": [f"postgresql-role/{ROLE.replace('_', '-')}"],
            "rotate_keys": True,
        }

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
