"""One secret in AWS Secrets Manager, with its versions: the current one, the one before, and the one to come.

Source: Secrets Manager's own rotation goes through the stages AWSPENDING, AWSCURRENT and AWSPREVIOUS, and a version's
identifier is the client's request token, so that a call that is made twice makes one version.
"""

import hashlib
from typing import Any

from blocks.amazon import AmazonAccess

PENDING, CURRENT, PREVIOUS = "AWSPENDING", "AWSCURRENT", "AWSPREVIOUS"


class SecretVersions:
    """The versions of one secret, for one incident."""

    def __init__(self, access: AmazonAccess, secret_id: str, incident: str) -> None:
        self._access, self._secret = access, secret_id
        # 32 to 64 characters are asked for.
        self.token = hashlib.sha256(f"{secret_id} {incident}".encode()).hexdigest()

    def new(self) -> str | None:
        """This incident's version, or None where it does not exist yet."""
        if self.token not in self._stages():
            return None
        return self._text(VersionId=self.token)

    def put_new(self, text: str) -> None:
        """Stores this incident's version, which does not count yet."""
        with self._access.aws_errors(f"storing the new version of {self._secret}"):
            self._client.put_secret_value(
                SecretId=self._secret, ClientRequestToken=self.token, SecretString=text, VersionStages=[PENDING]
            )

    def old(self) -> str | None:
        """The version that counted before this incident's, or None where there was none."""
        stages = self._stages()
        wanted = PREVIOUS if CURRENT in stages.get(self.token, []) else CURRENT
        found = [version for version, names in stages.items() if wanted in names and version != self.token]
        return self._text(VersionId=found[0]) if found else None

    def make_current(self) -> None:
        """From now on whoever asks for the secret gets this incident's version. Idempotent."""
        stages = self._stages()
        if CURRENT in stages.get(self.token, []):
            return
        current = next((version for version, names in stages.items() if CURRENT in names), None)
        words = {"RemoveFromVersionId": current} if current else {}
        with self._access.aws_errors(f"making the new version of {self._secret} count"):
            self._client.update_secret_version_stage(
                SecretId=self._secret, VersionStage=CURRENT, MoveToVersionId=self.token, **words
            )

    def is_current(self) -> bool:
        return CURRENT in self._stages().get(self.token, [])

    @property
    def _client(self) -> Any:
        return self._access.aws("secretsmanager")

    def _stages(self) -> dict[str, list[str]]:
        with self._access.aws_errors(f"reading the versions of {self._secret}"):
            return dict(self._client.describe_secret(SecretId=self._secret).get("VersionIdsToStages", {}))

    def _text(self, **which: str) -> str:
        with self._access.aws_errors(f"reading {self._secret}"):
            return str(self._client.get_secret_value(SecretId=self._secret, **which)["SecretString"])
