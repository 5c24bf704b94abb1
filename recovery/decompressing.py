"""The last step of opening: compressed bytes are decompressed, and checked against what was backed up."""

import contextlib
import io
import queue
import threading
from typing import BinaryIO, cast

import zstandard
from blake3 import blake3

from recovery.errors import NotProved
from recovery.sealing import Sealed
from recovery.streams import BLOCK, Sink


class PlainStream(contextlib.AbstractContextManager["PlainStream"]):
    """Takes the decrypted bytes; a thread decompresses, counts and hashes them while age opens the next ones."""

    def __init__(self, sealed: Sealed, into: Sink) -> None:
        self._sealed, self._into = sealed, into
        self._size, self._digest = 0, blake3()
        self._held = io.BytesIO()
        self._queue: queue.Queue[bytes | None] = queue.Queue(maxsize=8)
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True, name="decompress")
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def write(self, data: bytes) -> int:
        if self.error is not None:
            raise self.error
        self._held.write(data)
        if self._held.tell() >= BLOCK:
            self._hand_over()
        return len(data)

    def flush(self) -> None:
        """pyrage calls it."""

    def _hand_over(self) -> None:
        self._queue.put(self._held.getvalue())
        self._held = io.BytesIO()

    def _work(self) -> None:
        # Python's garbage collector does not see what this writer refers to (zstandard 0.25): were it an attribute, it
        # and this object would hold each other, and 9 MB, for ever.
        zstd = zstandard.ZstdDecompressor().stream_writer(cast("BinaryIO", _Counting(self)), closefd=False)
        while (block := self._queue.get()) is not None:
            if self.error is not None:
                continue  # whoever writes learns of it at the next write, and must not find the queue full until then
            try:
                zstd.write(block)
            except zstandard.ZstdError as error:
                self.error = self._wrong(f"zstd says {error}")
            except BaseException as error:  # noqa: BLE001 - raised in the writer's thread
                self.error = error
        del zstd  # the error's traceback refers to this frame

    def take(self, data: bytes) -> int:
        self._size += len(data)
        if self._size > self._sealed.size:
            raise self._wrong(f"it is longer than {self._sealed.size} bytes")
        self._digest.update(data)
        return self._into.write(data)

    def finish(self) -> None:
        self._hand_over()
        self.__exit__()
        if self.error is not None:
            raise self.error
        if self._size != self._sealed.size:
            raise self._wrong(f"it has {self._size} bytes, not {self._sealed.size}")
        if self._digest.hexdigest() != self._sealed.digest:
            raise self._wrong("it has another digest")

    def _wrong(self, reason: str) -> NotProved:
        return NotProved(f"The plain stream of {self._sealed.chunks[0].key} is not what was backed up: {reason}.")


class _Counting:
    """What zstd writes to."""

    def __init__(self, plain: PlainStream) -> None:
        self._plain = plain

    def write(self, data: bytes) -> int:
        return self._plain.take(data)
