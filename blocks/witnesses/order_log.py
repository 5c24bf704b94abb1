"""A witness that is a log file: one line an acknowledged write."""

import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from blocks.witnesses.kind import Witness
from recovery.errors import Missing, NotProved


class OrderLogWitness(Witness):
    """A file of JSON lines outside the primary, one an acknowledged write: `{"id": ..., "at": ...}`, more is ignored.

    A last line without its end was still being written, so it is passed over. Any other line that cannot be read is an
    error: a loss that is measured too small would be worse than none.
    """

    _block_type_name = "Order log"
    _block_type_slug = "order-log"
    _description = "Knows which writes were acknowledged, from a file of JSON lines that lies outside the primary."

    path: Path = Field(title="File", description='JSON lines, each with "id" and "at" (ISO 8601, with its zone).')

    def acknowledged(self, before: datetime) -> list[tuple[str, datetime]]:
        """Raises `Missing` where there is no file, and `NotProved` where a line cannot be read."""
        try:
            raw = self.path.read_bytes()
        except OSError as error:
            raise Missing(
                f"The order log {self.path} cannot be read: {error.strerror}.",
                remedy="Without it the loss cannot be measured. Check the block's path.",
            ) from error
        whole = raw[: raw.rfind(b"\n") + 1].splitlines()
        writes = [self._write(line, number) for number, line in enumerate(whole, 1) if line.strip()]
        return sorted((write for write in writes if write[1] < before), key=lambda write: write[1])

    def _write(self, line: bytes, number: int) -> tuple[str, datetime]:
        try:
            fields = json.loads(line)
            at = datetime.fromisoformat(fields["at"])
            identifier = str(fields["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise NotProved(
                f'Line {number} of the order log {self.path} has no "id" and "at" that can be read.',
                remedy="Mend or remove that line; then measure the loss again.",
            ) from error
        return identifier, at if at.tzinfo else at.replace(tzinfo=UTC)
