"""What every block has that calls AWS: where, with which keys, for how long, and errors in our own words."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, Field, PrivateAttr, SecretStr

from blocks.amazon_clients import make_client
from recovery.errors import RecoveryError, Unreachable

# A refusal that a second try will not change.
_REFUSALS = ("AccessDenied", "UnauthorizedOperation", "InvalidClientTokenId", "SignatureDoesNotMatch", "AuthFailure")


class AmazonAccess(BaseModel):
    """The fields and the client. Put it before the block's own kind among the bases."""

    region: str = Field(title="Region", description="The region of what this block refers to.")
    endpoint_url: str | None = Field(
        default=None, title="Endpoint", description="The API's address, where it is not AWS itself."
    )
    access_key_id: str | None = Field(
        default=None, title="Access key ID", description="Leave empty to use the machine's own role or profile."
    )
    secret_access_key: SecretStr | None = Field(
        default=None, title="Secret access key", description="Belongs to the access key ID."
    )
    connect_timeout_seconds: float = Field(
        default=2.5, gt=0, title="Connect time-out", description="For one try to connect, in seconds."
    )
    read_timeout_seconds: float = Field(
        default=10, gt=0, title="Read time-out", description="For one answer, in seconds."
    )
    tries: int = Field(default=3, ge=1, le=10, title="Tries", description="How often a call is tried in all.")

    _clients: dict[tuple[str, str], Any] = PrivateAttr(default_factory=dict)
    _making: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def aws(self, service: str, region: str | None = None) -> Any:
        """A client, made once a block. Safe to use from several threads."""
        key = (service, region or self.region)
        with self._making:
            if key not in self._clients:
                secret = self.secret_access_key.get_secret_value() if self.secret_access_key else None
                self._clients[key] = make_client(
                    *key,
                    endpoint_url=self.endpoint_url,
                    aws_access_key_id=self.access_key_id,
                    aws_secret_access_key=secret,
                    config=Config(
                        connect_timeout=self.connect_timeout_seconds,
                        read_timeout=self.read_timeout_seconds,
                        retries={"total_max_attempts": self.tries, "mode": "standard"},
                    ),
                )
            return self._clients[key]

    @contextlib.contextmanager
    def aws_errors(self, doing: str, changed: str = "Nothing was changed.") -> Iterator[None]:
        """Says what failed, in our own words and without secrets.

        Args:
            doing: what is being done, to follow "AWS failed at".
            changed: what holds if the call got lost on its way.

        Raises:
            RecoveryError: AWS refused.
            Unreachable: AWS could not be reached, or failed.
        """
        try:
            yield
        except ClientError as error:
            code = error_code(error)
            if is_refusal(error):
                remedy = "Check the block's keys and their policy."
                raise RecoveryError(f"AWS refused {doing}: {code}.", remedy=remedy) from error
            raise Unreachable(f"AWS failed at {doing}: {code or 'no reason given'}.", changed=changed) from error
        except BotoCoreError as error:
            place = self.endpoint_url or f"AWS in {self.region}"
            what = f"{place} could not be reached for {doing}: {type(error).__name__}."
            raise Unreachable(what, changed=changed) from error


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def is_refusal(error: ClientError) -> bool:
    """Whether the keys or their policy are at fault."""
    return error_code(error).startswith(_REFUSALS)
