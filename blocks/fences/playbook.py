"""A fence made of Ansible playbooks: whatever your machines need to be cut off."""

import tempfile
from pathlib import Path
from typing import Self

from pydantic import Field, PrivateAttr, model_validator

from blocks.fences.endpoints import Endpoint, attempt_all
from blocks.fences.kind import Fence, FenceProof
from blocks.inventories.access import AnsibleAccess
from recovery.errors import NotProved, RecoveryError
from recovery.model import now

Check = tuple[bool, str]


class PlaybookFence(AnsibleAccess, Fence):
    """Runs one playbook to cut the primary off, one to prove that it is cut off, and one to let it back in.

    All three must be idempotent, and the proving one must change nothing: it fails (`ansible.builtin.assert`) unless
    the fence holds. Where there is none, the endpoints alone prove it, and only together with a raising playbook that
    ended well in the same run: a dead primary refuses connections too, and comes back.
    """

    _block_type_name = "Playbook fence"
    _block_type_slug = "playbook-fence"
    _description = "Keeps writes from the primary by Ansible playbooks of your own, and proves it."

    raise_playbook: str = Field(title="Raise", description="The playbook that cuts off; absolute or in the project.")
    lower_playbook: str = Field(title="Lower", description="The playbook that lets in again.")
    prove_playbook: str | None = Field(
        default=None, title="Prove", description="The playbook that fails unless the fence holds. Changes nothing."
    )
    endpoints: tuple[Endpoint, ...] = Field(
        default=(),
        title="Endpoints",
        description="Where writes would get in: http://host:port/path (sent a POST) or tcp://host:port.",
    )
    attempt_timeout_seconds: float = Field(
        default=1, gt=0, title="Attempt time-out", description="For one try of one endpoint, in seconds."
    )
    settle_seconds: float = Field(
        default=5, ge=0, title="Settle", description="How long endpoints may take to close, in seconds."
    )
    timeout_seconds: float = Field(default=120, gt=0, title="Time-out", description="Seconds for one whole playbook.")

    _raised: str | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _is_proved_somehow(self) -> Self:
        if not self.prove_playbook and not self.endpoints:
            raise ValueError("give prove_playbook, endpoints or both: a fence is worth what proves it")
        return self

    def raise_fence(self) -> None:
        self._raised = None
        self._raised = self._played(self.raise_playbook)[1]

    def prove(self) -> FenceProof:
        """All must hold: the proving playbook ended well and changed nothing, and every endpoint is closed."""
        first = self._proved_by_playbook() if self.prove_playbook else self._proved_by_raising()
        settle = self.settle_seconds if first[0] else 0
        tried = attempt_all(self.endpoints, self.attempt_timeout_seconds, settle) if self.endpoints else []
        checks: list[Check] = [first, *((each.closed, each.sentence) for each in tried)]
        return FenceProof(
            proved=all(good for good, _ in checks),
            method=f"the playbook {self.raise_playbook}",
            evidence=tuple(sentence for _, sentence in checks),
            at=now(),
        )

    def lower(self) -> None:
        self._raised = None
        self._played(self.lower_playbook)

    def _played(self, playbook: str) -> tuple[int, str]:
        """How many tasks changed something, and a sentence.

        Raises:
            NotProved: it met no machine, so it did nothing.
        """
        with tempfile.TemporaryDirectory(prefix="lifeboat-fence-") as folder:
            result = self.play(playbook, Path(folder), lambda _line: None)
        if not result.hosts:
            raise NotProved(f"The playbook {playbook} met no machine at all.", remedy="Look at its hosts.")
        hosts = ", ".join(result.hosts)
        return result.changed, f"the playbook {playbook} ended well on {hosts}, {result.changed} tasks changed"

    def _proved_by_playbook(self) -> Check:
        try:
            changed, sentence = self._played(str(self.prove_playbook))
        except RecoveryError as error:
            return False, error.what.rstrip(".")
        return changed == 0, sentence if changed == 0 else f"{sentence}: what proves must change nothing"

    def _proved_by_raising(self) -> Check:
        return self._raised is not None, self._raised or "the fence was not raised by this run"
