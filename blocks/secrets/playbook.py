"""Secrets that Ansible playbooks of your own rotate: whatever your machines and services hold."""

import tempfile
from pathlib import Path

from pydantic import Field

from blocks.inventories.access import AnsibleAccess
from blocks.secrets.kind import RotatingSecret, RotationProof
from recovery.errors import NotProved, RecoveryError
from recovery.model import now


class PlaybookSecret(AnsibleAccess, RotatingSecret):
    """Runs one playbook to rotate, and one to prove it.

    Both get the variable `lifeboat_incident`. The rotating one must be idempotent for one incident. The proving one
    must try both secrets, change nothing, and fail (`ansible.builtin.assert`) unless the old one is refused and the new
    one works. Tasks that handle a secret need `no_log: true`.
    """

    _block_type_name = "Playbook secret"
    _block_type_slug = "playbook-secret"
    _description = "Rotates secrets by Ansible playbooks of your own, and proves it."

    rotate_playbook: str = Field(title="Rotate", description="The playbook that rotates; absolute or in the project.")
    prove_playbook: str = Field(
        title="Prove", description="The playbook that fails unless the old secret is refused and the new one works."
    )

    def rotate(self, incident: str) -> None:
        self._played(self.rotate_playbook, incident)

    def prove(self, incident: str) -> RotationProof:
        try:
            changed, sentence = self._played(self.prove_playbook, incident)
        except RecoveryError as error:
            changed, sentence = 1, error.what.rstrip(".")
        else:
            sentence += ": what proves must change nothing" if changed else ""
        return RotationProof(
            proved=changed == 0, method=f"What {self.rotate_playbook} rotates", evidence=(sentence,), at=now()
        )

    def _played(self, playbook: str, incident: str) -> tuple[int, str]:
        """How many tasks changed something, and a sentence.

        Raises:
            NotProved: it met no machine, so it did nothing.
        """
        told = self.model_copy(update={"variables": {**self.variables, "lifeboat_incident": incident}})
        with tempfile.TemporaryDirectory(prefix="lifeboat-secret-") as folder:
            result = told.play(playbook, Path(folder), lambda _line: None)
        if not result.hosts:
            raise NotProved(f"The playbook {playbook} met no machine at all.", remedy="Look at its hosts.")
        hosts = ", ".join(result.hosts)
        return result.changed, f"the playbook {playbook} ended well on {hosts}, {result.changed} tasks changed"
