"""A key of AWS KMS that backups' own keys are wrapped with. It never leaves KMS, which writes down every use of it."""

from typing import Any

from botocore.exceptions import ClientError
from pydantic import Field

from blocks.amazon import AmazonAccess, error_code
from recovery.errors import NotProved

# Of a ciphertext that this key, with this context, did not make.
_NOT_OURS = ("InvalidCiphertext", "IncorrectKey")


class KmsKey(AmazonAccess):
    """One KMS key. Keep it in a region and an account that outlive the primary site.

    What is wrapped is bound to its encryption context: KMS opens it only for whoever names the same backup, and a
    policy can ask for that context (`kms:EncryptionContext:application`).
    """

    key_id: str = Field(title="Key", description="The key's ARN, its ID, or its alias (alias/…).")

    def wrap(self, secret: bytes, context: dict[str, str]) -> bytes:
        """Args:
        secret: at most 4,096 bytes.
        context: what the ciphertext is bound to.

        Raises:
            RecoveryError: KMS refused.
            Unreachable: it could not be reached.
        """
        with self.aws_errors(f"wrapping with {self.key_id}"):
            answer: dict[str, Any] = self.aws("kms").encrypt(
                KeyId=self.key_id, Plaintext=secret, EncryptionContext=context
            )
        return bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        """Raises:
        NotProved: this key did not wrap it, or not for this context.
        RecoveryError: KMS refused.
        Unreachable: it could not be reached.
        """
        with self.aws_errors(f"opening with {self.key_id}"):
            try:
                answer: dict[str, Any] = self.aws("kms").decrypt(
                    KeyId=self.key_id, CiphertextBlob=wrapped, EncryptionContext=context
                )
            except ClientError as error:
                if not error_code(error).startswith(_NOT_OURS):
                    raise
                what = f"The KMS key {self.key_id} does not open it: another key, or for another backup."
                raise NotProved(what) from error
        return bytes(answer["Plaintext"])
