"""The recovery from ransomware, on a stage where it can be killed anywhere."""

import asyncio
from pathlib import Path
from typing import Any

from attack import Attack
from dns_counter import Counter
from fault_stages import Stage
from theatre import Theatre

from flows.backup import backup
from flows.verify import verify


class Ransomware(Stage):
    """Each recovery begins with an infected backup that nobody has looked at yet; the clean one before it is proved."""

    flow = "ransomware"

    def __init__(self, theatre: Theatre, folder: Path, changes: Counter) -> None:
        self.attack = Attack(theatre)
        super().__init__(theatre, folder, changes)

    def write(self, plan: Any) -> None:
        self.attack.change(plan)
        super().write(plan)

    def prepare(self) -> None:
        super().rewind()
        asyncio.run(verify.fn(plan="shop", backup=self.theatre.backup))

    def rewind(self) -> None:
        super().rewind()
        self.password = self.attack.new_password()
        self.attack.encrypt()
        self.infected = asyncio.run(backup.fn(plan="shop"))

    def wrong(self) -> list[str]:
        """Beside what is true of each failover: clean data, the old secret refused, and evidence that is whole."""
        found = super().wrong()
        if left := sorted(path.name for path in self.state.standby_uploads.rglob("*.akira")):
            found.append(f"infected files were restored: {', '.join(left)}")
        new = self.attack.new_password()
        if new == self.password or self.attack.lets_in(self.password) or not self.attack.lets_in(new):
            found.append("the secret of the old site was not rotated")
        return found + self._evidence()

    def _evidence(self) -> list[str]:
        incident = str(self.played()[-1][0].data["incident"])
        kept = {piece.what for piece in self.attack.custody(incident).pieces if piece.kept}
        return [] if kept == {"database", "uploads"} else [f"of the evidence of {incident} is kept: {sorted(kept)}"]
