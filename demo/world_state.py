"""What there is to know about a running world: every address, port and credential."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainSerializer, SecretStr, SerializationInfo

from recovery.model import Frozen

SHOP_NAME = "shop.example.test"


def _hide(secret: SecretStr, info: SerializationInfo) -> str:
    shown = isinstance(info.context, dict) and info.context.get("reveal")
    return secret.get_secret_value() if shown else str(secret)


# Written out in the state file only, which nobody else may read.
Secret = Annotated[SecretStr, PlainSerializer(_hide, when_used="json")]


class Addresses(Frozen):
    """The loopback addresses of the places. Worlds may share them: every port is drawn anew."""

    primary: str = "127.0.0.10"
    primary_private: str = "127.0.1.10"
    standby: str = "127.0.0.20"
    scratch: str = "127.0.0.30"
    drill: str = "127.0.0.70"
    parked: str = "127.0.0.77"
    vault: str = "127.0.0.40"
    aws: str = "127.0.0.50"
    nameserver: str = "127.0.0.53"
    resolver: str = "127.0.0.54"
    slack: str = "127.0.0.60"


class Endpoint(Frozen):
    address: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


class Database(Frozen):
    """One PostgreSQL cluster.

    Args:
        address, port: where clients reach it.
        private_address: where the server itself listens. At the primary the gate stands between the two.
        folder: its data.
        superuser_password, shop_password: of the roles `postgres` and `shop`.
    """

    address: str
    private_address: str
    port: int
    folder: Path
    superuser_password: Secret
    shop_password: Secret

    def libpq(self, user: str = "shop", dbname: str = "shop") -> dict[str, Any]:
        """Keywords for libpq, password included, as clients connect."""
        password = self.superuser_password if user == "postgres" else self.shop_password
        words = {"host": self.address, "port": self.port, "dbname": dbname, "user": user}
        return words | {"password": password.get_secret_value()}


class VaultPlace(Frozen):
    """The S3 store in the recovery region."""

    endpoint: Endpoint
    region: str = "eu-west-1"
    bucket: str = "lifeboat-vault"
    access_key: str
    secret_key: Secret


class Aws(Frozen):
    """The emulated AWS. `security_group` and `zone` are identifiers, known once it runs."""

    endpoint: Endpoint
    primary_region: str = "us-east-1"
    standby_region: str = "eu-west-1"
    access_key: str = "lifeboat"
    secret_key: Secret
    state_bucket: str = "lifeboat-terraform-state"
    security_group: str = ""
    zone: str = ""

    @property
    def env(self) -> dict[str, str]:
        """What boto3 and Terraform need in their environment to find it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key.get_secret_value(),
            "AWS_REGION": self.primary_region,
            "AWS_DEFAULT_REGION": self.primary_region,
        }


class SlackPlace(Frozen):
    """The stand-in for Slack. `switches` is a file that makes it misbehave, see `demo.slack`."""

    endpoint: Endpoint
    token: Secret
    channel: str = "#incidents"
    switches: Path
    messages: Path


class WorldState(Frozen):
    """Everything about one world.

    Args:
        shop_name: the name the shop's customers know.
        drill_name: the name that drills swap.
        shop_port: the shop's port, the same at both sites.
        acknowledged, failed: what the customers wrote down, one JSON object a line.
        standby_ssh: where Ansible logs in at the standby.
        uploads, standby_uploads, scratch_uploads: the shop's files, and where they are restored to.
        seconds: how long each part took to start.
    """

    folder: Path
    addresses: Addresses
    shop_name: str = SHOP_NAME
    drill_name: str = f"drill.{SHOP_NAME}"
    shop_port: int
    primary: Database
    standby: Database
    scratch: Database
    vault: VaultPlace
    aws: Aws
    nameserver: Endpoint
    resolver: Endpoint
    slack: SlackPlace
    standby_ssh: Endpoint
    acknowledged: Path
    failed: Path
    uploads: Path
    standby_uploads: Path
    scratch_uploads: Path
    seconds: dict[str, float] = {}
