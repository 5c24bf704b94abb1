"""The keys that backups are sealed and signed with."""

from typing import Self

import pyrage
from prefect.blocks.core import Block
from pydantic import ConfigDict, Field, SecretStr, field_validator

from blocks.kms import KmsKey
from recovery.errors import RecoveryError
from recovery.signing import check_public_key, generate_signing_key, public_key_of


class BackupKeys(Block):
    """Who can open a backup, and who can vouch for one.

    A machine that only takes backups needs no age identity: it can write backups that it cannot read. Keep the
    identity, the signing key and these settings somewhere that outlives the primary site.
    """

    # An error about a missing field would print all the others, secrets too.
    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "Backup keys"
    _block_type_slug = "backup-keys"
    _description = "The age keys backups are encrypted with, and the Ed25519 keys they are signed with."

    recipients: list[str] = Field(
        min_length=1, title="Recipients", description="The age public keys (age1…) that can open new backups."
    )
    identity: SecretStr | None = Field(
        default=None, title="Identity", description="The age secret key that opens backups. Not needed to take them."
    )
    older_identities: list[SecretStr] = Field(
        default=[],
        title="Older identities",
        description="Age secret keys of before a rotation. Drop them when every backup is wrapped anew.",
    )
    kms_keys: list[KmsKey] = Field(
        default=[],
        title="KMS keys",
        description="Keys of AWS KMS that can open new backups as well, besides the recipients.",
    )
    signing_key: SecretStr | None = Field(
        default=None, title="Signing key", description="An Ed25519 private key, PEM (PKCS8). Not needed to restore."
    )
    trusted: list[str] = Field(
        min_length=1, title="Trusted keys", description="Ed25519 public keys, PEM, whose signatures count."
    )

    @classmethod
    def generate(cls) -> Self:
        """New keys, all of them."""
        identity = pyrage.x25519.Identity.generate()
        signing_key = generate_signing_key()
        return cls(
            recipients=[str(identity.to_public())],
            identity=SecretStr(str(identity)),
            signing_key=SecretStr(signing_key),
            trusted=[public_key_of(signing_key)],
        )

    @field_validator("recipients")
    @classmethod
    def _recipients_are_age_keys(cls, recipients: list[str]) -> list[str]:
        for recipient in recipients:
            try:
                pyrage.x25519.Recipient.from_str(recipient)
            except pyrage.RecipientError as error:
                raise ValueError("not an age public key: it begins with age1") from error
        return recipients

    @field_validator("identity")
    @classmethod
    def _identity_is_an_age_key(cls, identity: SecretStr | None) -> SecretStr | None:
        if identity is not None:
            try:
                pyrage.x25519.Identity.from_str(identity.get_secret_value())
            except pyrage.IdentityError:
                raise ValueError("not an age secret key: it begins with AGE-SECRET-KEY-1") from None
        return identity

    @field_validator("older_identities")
    @classmethod
    def _older_identities_are_age_keys(cls, identities: list[SecretStr]) -> list[SecretStr]:
        for identity in identities:
            cls._identity_is_an_age_key(identity)
        return identities

    @field_validator("signing_key")
    @classmethod
    def _signing_key_is_ed25519(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            try:
                public_key_of(key.get_secret_value())
            except ValueError:
                raise ValueError("not an Ed25519 private key in PEM") from None
        return key

    @field_validator("trusted")
    @classmethod
    def _trusted_are_ed25519(cls, trusted: list[str]) -> list[str]:
        for public_pem in trusted:
            check_public_key(public_pem)
        return trusted

    def secret_identity(self) -> str:
        """Raises `RecoveryError` where these keys cannot open backups."""
        if self.identity is None:
            raise RecoveryError("These backup keys hold no age identity.", remedy="Use the keys meant for restores.")
        return self.identity.get_secret_value()

    def identities(self) -> list[str]:
        """The age secret keys that open backups, the present one first."""
        present = [self.identity] if self.identity else []
        return [each.get_secret_value() for each in [*present, *self.older_identities]]

    def recipient_names(self) -> tuple[str, ...]:
        """Everybody that new backups are wrapped for, as the manifest names them."""
        return (*self.recipients, *(f"aws-kms:{each.key_id}" for each in self.kms_keys))

    def secret_signing_key(self) -> str:
        """Raises `RecoveryError` where these keys cannot sign."""
        if self.signing_key is None:
            raise RecoveryError("These backup keys hold no signing key.", remedy="Use the keys meant for backups.")
        return self.signing_key.get_secret_value()
