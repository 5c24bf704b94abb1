"""What one run of a playbook carries from step to step: the plan, the places, the journal, and how it was asked for."""

import logging
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TypeVar

from prefect.blocks.core import Block
from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger

from blocks.backups import BackupStore
from blocks.chat.courier import Courier
from blocks.chat.kind import Message
from blocks.keys import BackupKeys
from blocks.sources.kind import Source
from blocks.vaults.kind import Vault
from recovery.errors import Missing
from recovery.journal import Journal
from recovery.plan import Plan
from recovery.resume import Earlier
from recovery.secrets import Scrubber
from recovery.telling import decide_told, topic_of

ESCALATED = "escalated"  # the journal's mark
_plain = logging.getLogger("lifeboat")
Wanted = TypeVar("Wanted", bound=Block)


class Run:
    """One run of one playbook. Not a dataclass, so that Prefect passes it on as it is."""

    def __init__(
        self,
        *,
        playbook: str,
        plan: Plan,
        incident: str,
        folder: Path,
        journal: Journal,
        blocks: Mapping[str, Block],
        scrubber: Scrubber,
        courier: Courier,
        dry_run: bool,
        break_glass: str | None,
        on_platform: bool,
        links: dict[str, str] | None = None,
        initiator: str = "",
        taken_over: Callable[[], str | None] = lambda: None,
        earlier: Earlier | None = None,
    ) -> None:
        """Args:
        playbook: the flow's name.
        incident: this run's identifier.
        folder: what this run writes on this machine, for this user only.
        blocks: every block the plan names, loaded, by "type/name".
        dry_run: read the world, say what would be done, change nothing.
        break_glass: the reason, where a person chose to go on without a proof or without the Prefect server.
        initiator: who started it, by the name that the plan lists approvers by; empty where nobody knows.
        links: what every message links to, label to address.
        taken_over: says so, if another run has taken this one's lease: then this one must not act any more.
        earlier: what earlier runs of the same incident put on record, where this one goes on with it.
        on_platform: whether a Prefect server runs the steps; otherwise they run by themselves.
        """
        self.playbook, self.plan, self.incident, self.folder = playbook, plan, incident, folder
        self.journal, self.scrubber, self.courier = journal, scrubber, courier
        self.dry_run, self.break_glass, self.on_platform = dry_run, break_glass, on_platform
        self.initiator = initiator
        self.earlier = earlier or Earlier()
        self._blocks, self.links, self.taken_over = blocks, links or {}, taken_over

    def block(self, reference: str, kind: type[Wanted]) -> Wanted:
        """The block a plan names.

        Raises:
            Missing: it is no block of that kind.
        """
        block = self._blocks.get(reference)
        if not isinstance(block, kind):
            raise Missing(f"{reference} is not a {kind.__name__} block.", remedy="See `lifeboat plan check`.")
        return block

    def any_block(self, reference: str) -> Block | None:
        """The block a plan names, of whatever kind."""
        return self._blocks.get(reference)

    def source(self, reference: str) -> Source:
        return self.block(reference, Source)  # type: ignore[type-abstract]

    @property
    def vault(self) -> Vault:
        return self.block(self.plan.backup.vault, Vault)  # type: ignore[type-abstract]

    @property
    def backups(self) -> BackupStore:
        copies = {name: self.block(name, Vault) for name in self.plan.backup.copies}  # type: ignore[type-abstract]
        return BackupStore(self.vault, self.block(self.plan.backup.keys, BackupKeys), copies=copies)

    def say(self, line: str) -> None:
        """Logs a line, without secrets, where the run's log is read: the Prefect UI, or standard error."""
        line = self.scrubber.clean(line)
        try:
            get_run_logger().info("%s", line)
        except MissingContextError:
            _plain.info("%s", line)

    def tell(self, message: Message, only: Collection[str] | None = None) -> None:
        """Tells those whom the plan wants told of it. Returns at once, whatever the chats do.

        Args:
            message: what to tell.
            only: these chats, whatever the plan says.
        """
        topic, clean = topic_of(self.playbook, message.kind), self.scrubber.clean
        told = decide_told(self.plan.notifications, topic, also=self.escalated_to)
        whole = message.model_copy(
            update={
                "title": clean(message.title),
                "lines": tuple(clean(line) for line in message.lines),
                "links": {**self.links, **message.links},
                "topic": topic,
            }
        )
        if not self.dry_run:
            self.courier.post(whole, to=told.facts["to"] if only is None else only)

    @property
    def escalated_to(self) -> list[str]:
        """Who was told only because nobody had answered; from then on they hear of everything of the incident."""
        return [name for line in self.journal.lines if line.step == ESCALATED for name in line.data["tell"]]

    def scratch(self, name: str) -> Path:
        """A private folder of this run."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder
