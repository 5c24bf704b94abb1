"""Sealing: a stream is compressed (zstd), encrypted (age) and cut into chunks, each with its digest.

`cat` of the chunks is one ordinary age file, and what it opens to one ordinary zstd file: public tools open them too.
Memory stays bounded by the size of a chunk and the number of uploads. `recovery.opening` is the way back.
"""

import contextlib
import io
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO

import pyrage
import zstandard
from blake3 import blake3

from recovery.errors import RecoveryError
from recovery.model import Frozen
from recovery.streams import BlockStream, ReadAhead, blocks_of

CHUNK_BYTES = 32 * 1024 * 1024
UPLOADS = 2


class Chunk(Frozen):
    """One stored object: its key in the vault, its size in bytes and its BLAKE3 digest."""

    key: str
    size: int
    digest: str


class Sealed(Frozen):
    """A stream as it was stored.

    Args:
        chunks: in order.
        size: bytes of the plain stream.
        digest: BLAKE3 of the plain stream.
    """

    chunks: tuple[Chunk, ...]
    size: int
    digest: str

    @property
    def sealed_size(self) -> int:
        return sum(chunk.size for chunk in self.chunks)


def seal(
    stream: BinaryIO,
    recipients: list[str],
    prefix: str,
    put: Callable[[str, bytes], Any],
    chunk_bytes: int = CHUNK_BYTES,
    uploads: int = UPLOADS,
) -> Sealed:
    """Seals a stream to its end.

    Args:
        stream: the plain bytes. It must raise where what feeds it failed.
        recipients: age public keys that can open it.
        prefix: the chunks' keys are `<prefix>00000.age` and up.
        put: stores one chunk; called from several threads.
        chunk_bytes: the size of every chunk but the last.
        uploads: how many chunks are stored at once.

    Raises:
        BaseException: whatever the stream or `put` raised.
    """
    plain = _Compressing(stream)
    keys = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
    with ReadAhead(iter(plain)) as ahead, _Cutter(prefix, put, chunk_bytes, uploads) as cutter:
        reader = BlockStream(ahead)
        try:
            pyrage.encrypt_io(reader, cutter, keys)
        except (pyrage.EncryptError, OSError) as error:
            # pyrage keeps only the text of what the reader and the writer raised.
            raise reader.error or cutter.error or RecoveryError(f"age could not encrypt: {error}.") from error
        chunks = cutter.finish()
    return Sealed(chunks=chunks, size=plain.size, digest=plain.digest.hexdigest())


class _Compressing:
    """The stream's bytes, counted, hashed and compressed."""

    def __init__(self, stream: BinaryIO) -> None:
        self.size, self.digest = 0, blake3()
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        compressor = zstandard.ZstdCompressor(level=1, write_checksum=True, threads=2).compressobj()
        for block in blocks_of(self._stream):
            self.size += len(block)
            self.digest.update(block)
            yield compressor.compress(block)
        yield compressor.flush()


class _Cutter(contextlib.AbstractContextManager["_Cutter"]):
    """Takes the sealed bytes, cuts them and stores the chunks, a few at a time."""

    def __init__(self, prefix: str, put: Callable[[str, bytes], Any], chunk_bytes: int, uploads: int) -> None:
        self._prefix, self._put, self._chunk_bytes, self._uploads = prefix, put, chunk_bytes, uploads
        self._pool = ThreadPoolExecutor(uploads, thread_name_prefix="seal")
        self._held = io.BytesIO()
        self._count = 0
        self._pending: deque[Future[Chunk]] = deque()
        self._done: list[Chunk] = []
        self.error: BaseException | None = None

    def __exit__(self, *_: object) -> None:
        # After this no upload is under way, so that a failed backup can be removed whole.
        self._pool.shutdown(wait=True, cancel_futures=True)

    def write(self, data: bytes) -> int:
        try:
            rest = memoryview(data)
            while len(rest) >= (room := self._chunk_bytes - self._held.tell()):
                self._held.write(rest[:room])
                rest = rest[room:]
                self._store()
            self._held.write(rest)
        except BaseException as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        """pyrage calls it; a chunk is stored when it is full."""

    def finish(self) -> tuple[Chunk, ...]:
        if self._held.tell():
            self._store()
        while self._pending:
            self._done.append(self._pending.popleft().result())
        return tuple(self._done)

    def _store(self) -> None:
        while len(self._pending) >= self._uploads:
            self._done.append(self._pending.popleft().result())
        # BytesIO gives its buffer away without a copy: gathering pieces and joining them took a third of all time.
        data, self._held = self._held.getvalue(), io.BytesIO()
        self._pending.append(self._pool.submit(self._upload, f"{self._prefix}{self._count:05d}.age", data))
        self._count += 1

    def _upload(self, key: str, data: bytes) -> Chunk:
        self._put(key, data)
        return Chunk(key=key, size=len(data), digest=blake3(data).hexdigest())
