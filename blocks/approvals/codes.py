"""One-time codes of approvers, as authenticator apps show them (TOTP, RFC 6238)."""

import hmac
from datetime import datetime, timedelta

import pyotp
from prefect.blocks.core import Block
from pydantic import ConfigDict, Field, SecretStr, field_validator

from recovery.errors import NotProved

STEP = timedelta(seconds=30)


class ApprovalCodes(Block):
    """The secrets that approvers' authenticator apps hold.

    A code shows that somebody holds the secret; it says nothing of what was approved, and nobody can check it
    afterwards. SSH signatures do both.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "Approval codes"
    _block_type_slug = "approval-codes"
    _description = "The one-time codes of approvers without an SSH key: one secret a person."

    secrets: dict[str, SecretStr] = Field(
        min_length=1, title="Secrets", description="Approver to secret in base32, as the authenticator app takes it."
    )

    @field_validator("secrets")
    @classmethod
    def _are_base32(cls, secrets: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, secret in secrets.items():
            try:
                sound = len(pyotp.TOTP(secret.get_secret_value()).byte_secret()) >= 16
            except ValueError:
                sound = False
            if not sound:
                raise ValueError(f"the secret of {name} is no base32 of at least 26 characters")
        return secrets

    def check(self, approver: str, code: str, at: datetime) -> int:
        """Whether this is the approver's code of now, the one before or the one after.

        Returns:
            Its number, which counts half minutes since 1970: the same code must not be taken twice.

        Raises:
            NotProved: it is not.
        """
        given = "".join(code.split()).encode()
        secret = self.secrets.get(approver, SecretStr("")).get_secret_value()
        for moment in (at, at - STEP, at + STEP) if secret else ():
            if hmac.compare_digest(pyotp.TOTP(secret).at(moment).encode(), given):
                return int(moment.timestamp() // STEP.total_seconds())
        raise NotProved(f"This is not {approver}'s one-time code of now.", remedy="Give the next one that is shown.")
