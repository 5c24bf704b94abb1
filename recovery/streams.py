"""Streams of blocks: read ahead by a thread, and read like a file."""

import contextlib
import io
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Protocol, cast

BLOCK = 1024 * 1024
_END = object()


class Sink(Protocol):
    """Takes bytes, one piece after another."""

    def write(self, data: bytes, /) -> int: ...


class BlockStream(io.RawIOBase):
    """An iterator of byte blocks as a file. An error of the iterator is raised again by every later read.

    A generator that failed only says that it is at its end when asked again, and half a dump would look whole.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = memoryview(b"")
        self.error: BaseException | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size` of them; none at the end.

        Raises:
            BaseException: whatever the iterator raised.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(BLOCK), b""))
        if not self._rest:
            block = self._next_block()
            if len(block) <= size:
                return block  # as it is: at this speed every copy counts
            self._rest = memoryview(block)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken.tobytes()

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _next_block(self) -> bytes:
        if self.error is not None:
            raise self.error
        try:
            for block in self._blocks:
                if block:
                    return block
        except BaseException as error:
            self.error = error
            raise
        return b""


def as_file(blocks: Iterable[bytes]) -> BinaryIO:
    """The blocks as a file. Its `read` gives what there is, at most as much as was asked for."""
    return cast("BinaryIO", BlockStream(blocks))


def blocks_of(stream: BinaryIO) -> Iterator[bytes]:
    """The stream in blocks of at most `BLOCK` bytes."""
    return iter(lambda: stream.read(BLOCK), b"")


def gathered(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of `BLOCK` bytes or more: what is done to every block is not done to every crumb."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size >= BLOCK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


class ReadAhead(contextlib.AbstractContextManager["ReadAhead"]):
    """Works an iterator in a thread of its own, a few blocks ahead of whoever reads.

    Leaving the context stops it. An error of the iterator is raised where its blocks are read.
    """

    def __init__(self, blocks: Iterator[bytes], ahead: int = 8) -> None:
        self._queue: queue.Queue[object] = queue.Queue(maxsize=ahead)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(blocks,), daemon=True, name="read-ahead")
        self._thread.start()

    def __iter__(self) -> Iterator[bytes]:
        while (block := self._queue.get()) is not _END:
            if isinstance(block, BaseException):
                raise block
            yield cast("bytes", block)

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        # The thread may be inside a read of a source that stands still: closing the source ends it, not we.
        self._thread.join(timeout=1)

    def _work(self, blocks: Iterator[bytes]) -> None:
        try:
            for block in blocks:
                if not self._offer(block):
                    return
            self._offer(_END)
        except BaseException as error:  # noqa: BLE001 - handed to the reader's thread, which raises it
            self._offer(error)

    def _offer(self, block: object) -> bool:
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(block, timeout=0.2)
                return True
        return False
