"""What a pgBackRest backup has to be told."""

from pathlib import Path

from pydantic import ConfigDict, Field, SecretStr

from blocks.snapshots.kind import ManagedBackup
from blocks.snapshots.pgbackrest_folder import RestoreFolder
from blocks.snapshots.pgbackrest_program import PgBackRest
from blocks.sources.postgresql import PostgresSource


class PgBackRestSettings(ManagedBackup):
    """The fields, and what is made of them. Not a backup by itself."""

    # An error about a missing field would print all the others, secrets too.
    model_config = ConfigDict(hide_input_in_errors=True)

    stanza: str = Field(pattern=r"^[\w.-]+$", title="Stanza", description="The cluster's name in the configuration.")
    config: str = Field(default="/etc/pgbackrest/pgbackrest.conf", title="Configuration", description="pgBackRest's.")
    backup_type: str = Field(
        default="incr", pattern="^(full|diff|incr)$", title="Type", description="full, diff or incr."
    )
    restore_folder: str = Field(title="Folder to restore to", description="Must not exist; never the live one.")
    programs: str = Field(title="Programs", description="The folder of postgres and pg_amcheck, of the same version.")
    run_as: str = Field(
        default="postgres", title="System user", description="Who owns the cluster. Only root becomes another user."
    )
    host: str = Field(default="localhost", title="Host", description="The live server.")
    port: int = Field(default=5432, title="Port", description="The live server's port.")
    database: str = Field(default="postgres", title="Database", description="Which one is fingerprinted.")
    user: str = Field(default="postgres", title="User", description="A superuser, live and restored.")
    password: SecretStr | None = Field(default=None, title="Password", description="The user's, on the live server.")
    repository_key: SecretStr | None = Field(default=None, title="Repository's key ID", description="repo1-s3-key.")
    repository_secret: SecretStr | None = Field(default=None, title="Repository's secret", description="Its secret.")
    cipher_pass: SecretStr | None = Field(default=None, title="Passphrase", description="repo1-cipher-pass.")
    records: str | None = Field(
        default=None, title="Records", description="A folder for fingerprints; without it, no difference can be named."
    )
    quiet_seconds: float = Field(
        default=10, gt=0, title="Quiet moment", description="How long to wait for one without a writer, in s."
    )
    timeout_seconds: float = Field(
        default=12 * 3600, gt=0, title="Time-out", description="For one backup, restore or verification, in seconds."
    )

    def server(self, host: str, port: int) -> PostgresSource:
        words = {"host": host, "port": port, "user": self.user, "database": self.database}
        return PostgresSource(**words, password=self.password, programs=self.programs)

    @property
    def folder(self) -> RestoreFolder:
        return RestoreFolder(Path(self.restore_folder), self.run_as)

    @property
    def secrets(self) -> dict[str, str]:
        """As environment variables, which only the programs' own user can see."""
        secrets = {
            "PGBACKREST_REPO1_S3_KEY": self.repository_key,
            "PGBACKREST_REPO1_S3_KEY_SECRET": self.repository_secret,
            "PGBACKREST_REPO1_CIPHER_PASS": self.cipher_pass,
        }
        return {name: secret.get_secret_value() for name, secret in secrets.items() if secret}

    @property
    def pgbackrest(self) -> PgBackRest:
        return PgBackRest(self.config, self.stanza, self.run_as, self.secrets)
