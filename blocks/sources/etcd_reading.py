"""Reading an etcd cluster at one revision."""

import contextlib
import tempfile
from collections.abc import Generator
from pathlib import Path

from blocks.sources.etcd_client import EtcdClient
from blocks.sources.etcd_content import etcd_content
from blocks.sources.etcd_member import EtcdPrograms
from blocks.sources.kind import Reading
from recovery.content import Content
from recovery.errors import RecoveryError
from recovery.model import now
from recovery.streams import as_file, gathered


class EtcdReading(Reading):
    """A snapshot being read.

    Only the snapshot itself tells its revision, so a copy of it is kept on disk until the reading is left. The keys are
    then read from the living cluster *at that revision*, not from the copy: what is proved is what the cluster held.
    """

    def __init__(self, client: EtcdClient, programs: EtcdPrograms, seconds: float) -> None:
        self._client, self._programs, self._seconds = client, programs, seconds
        self._folder = tempfile.TemporaryDirectory(prefix="lifeboat-etcd-")
        self._copy, self._finished, self._taken_at = Path(self._folder.name, "snapshot"), False, now()
        self._before, self._cluster = client.revision()
        self._blocks = self._read()
        self.stream = as_file(gathered(self._blocks))

    def content(self) -> Content:
        """To be called after the stream's end."""
        if not self._finished:
            raise RecoveryError("The snapshot was not read to its end, so there is no content to tell.")
        # The newest entry may be compacted away, if it was a deletion: then nothing is left to tell its revision.
        revision = max(self._programs.revision(self._copy, self._seconds), self._before)
        return etcd_content(self._client, revision, self._cluster, self._taken_at)

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ValueError):  # another thread may be reading it: it ends with the client
            self._blocks.close()
        self._client.close()
        self._folder.cleanup()

    def _read(self) -> Generator[bytes, None, None]:
        with self._copy.open("wb") as copy:
            for block in self._client.snapshot():
                copy.write(block)
                yield block
        self._finished = True
