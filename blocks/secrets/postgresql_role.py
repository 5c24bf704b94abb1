"""The password of a PostgreSQL role, kept in AWS Secrets Manager."""

import json
import secrets
from typing import Any

import psycopg
from psycopg import sql
from pydantic import ConfigDict, Field, SecretStr

from blocks.amazon import AmazonAccess
from blocks.secrets.amazon_versions import SecretVersions
from blocks.secrets.kind import RotatingSecret, RotationProof
from recovery.errors import NotProved, RecoveryError, Unreachable
from recovery.model import now

BYTES = 32  # of chance in a new password
_WRONG = ("28P01", "28000")  # invalid password, invalid authorisation
Check = tuple[bool, str]


class PostgresRoleSecret(AmazonAccess, RotatingSecret):
    """Gives a role of the standby's server a new password, and puts it into AWS Secrets Manager.

    The secret's text is the password itself, or a JSON object with the key `password`, of which all else is kept. The
    server gets the SCRAM verifier only, so that its log can hold no password. The new version counts in Secrets Manager
    after the server took it. The application must read the secret when it is configured or started. A server that
    trusts its clients without a password refuses no old one: that is no proof, and said.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "PostgreSQL role's password"
    _block_type_slug = "postgresql-role"
    _description = "Rotates the password of a PostgreSQL role that AWS Secrets Manager keeps, and proves it."

    secret_id: str = Field(title="Secret", description="The secret's name or ARN in AWS Secrets Manager.")
    host: str = Field(title="Host", description="The standby server's name or address.")
    port: int = Field(default=5432, ge=1, le=65535, title="Port", description="The server's port.")
    role: str = Field(min_length=1, title="Role", description="Whose password is rotated.")
    admin_user: str = Field(default="postgres", title="Administrator", description="May alter the role.")
    admin_password: SecretStr | None = Field(
        default=None, title="Administrator's password", description="Not the role's own."
    )
    maintenance_database: str = Field(
        default="postgres", title="Maintenance database", description="Where the role may connect to be tried."
    )
    sslmode: str = Field(
        default="prefer",
        pattern="^(disable|allow|prefer|require|verify-ca|verify-full)$",
        title="TLS",
        description="libpq's sslmode. Across a network: verify-full.",
    )
    database_timeout_seconds: int = Field(
        default=5, ge=2, title="Database time-out", description="To connect, and for one statement, in seconds."
    )

    def rotate(self, incident: str) -> None:
        versions = SecretVersions(self, self.secret_id, incident)
        new = versions.new()
        if new is None:
            new = _with_password(versions.old(), secrets.token_urlsafe(BYTES))
            versions.put_new(new)
        self._alter(_password_of(new))
        versions.make_current()

    def prove(self, incident: str) -> RotationProof:
        """All must hold: the new one counts in Secrets Manager, lets in, and is another; the old one does not."""
        versions = SecretVersions(self, self.secret_id, incident)
        try:
            checks = self._checks(versions)
        except RecoveryError as error:
            checks = [(False, f"it could not be tried ({error.what.rstrip('.')})")]
        return RotationProof(
            proved=all(good for good, _ in checks),
            method=f"The password of {self.role} at {self.host}:{self.port}",
            evidence=tuple(sentence for _, sentence in checks),
            at=now(),
        )

    def _checks(self, versions: SecretVersions) -> list[Check]:
        new, old = versions.new(), versions.old()
        if new is None:
            return [(False, "there is no new one")]
        current = versions.is_current()
        checks = [(current, f"Secrets Manager hands out {'the new' if current else 'another'} version")]
        let_in = self._lets_in(_password_of(new))
        checks.append((let_in, f"the new password {'lets in' if let_in else 'is refused'}"))
        if old is None:
            return [*checks, (False, "there was no old one in Secrets Manager, so whether it is refused is not known")]
        let_in = self._lets_in(_password_of(old))
        return [*checks, (not let_in, f"the old password {'STILL lets in' if let_in else 'is refused'}")]

    def _alter(self, password: str) -> None:
        admin = self.admin_password.get_secret_value() if self.admin_password else None
        try:
            with psycopg.connect(**self._words(self.admin_user, admin), autocommit=True) as connection:
                verifier = connection.pgconn.encrypt_password(password.encode(), self.role.encode(), b"scram-sha-256")
                altered = sql.SQL("alter role {} password {}")
                connection.execute(altered.format(sql.Identifier(self.role), sql.Literal(verifier.decode())))
        except psycopg.Error as error:
            reason = (error.diag.message_primary or type(error).__name__).splitlines()[0]
            kind = Unreachable if error.sqlstate is None else RecoveryError
            what = f"The password of {self.role} at {self.host}:{self.port} could not be changed: {reason}."
            raise kind(what, changed="The old one still counts.") from None

    def _lets_in(self, password: str) -> bool:
        try:
            psycopg.connect(**self._words(self.role, password)).close()
        except psycopg.OperationalError as error:
            said = str(error)
            if error.sqlstate in _WRONG or "password authentication failed" in said:
                return False
            raise Unreachable(f"{self.host}:{self.port} could not be asked: {said.strip().splitlines()[-1]}.") from None
        return True

    def _words(self, user: str, password: str | None) -> dict[str, Any]:
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.maintenance_database,
            "user": user,
            "password": password,
            "sslmode": self.sslmode,
            "connect_timeout": self.database_timeout_seconds,
            "options": f"-c statement_timeout={self.database_timeout_seconds * 1000}",
            "application_name": "lifeboat",
        }


def _password_of(text: str) -> str:
    """Raises `NotProved` where the text is a JSON object without a password."""
    if (kept := _object(text)) is None:
        return text
    if not isinstance(kept.get("password"), str):
        raise NotProved("The secret is a JSON object without a password.", remedy="Give it the key password.")
    return str(kept["password"])


def _with_password(old: str | None, password: str) -> str:
    kept = _object(old or "")
    return password if kept is None else json.dumps(kept | {"password": password})


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
