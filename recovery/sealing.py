"""Sealing: a stream is compressed (zstd), encrypted (age) and cut into chunks, each with its digest.

`cat` of the chunks is one ordinary age file, and what it opens to one ordinary zstd file: public tools open them too.
Memory stays bounded by the size of a chunk and the number of uploads. `recovery.opening` is the way back.
"""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, BinaryIO

import pyrage
import zstandard
from blake3 import blake3

from recovery.errors import RecoveryError
from recovery.model import Frozen
from recovery.streams import BlockStream, ReadAhead, blocks_of
from recovery.uploads import UPLOADS, Chunk, Uploads

CHUNK_BYTES = 32 * 1024 * 1024


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


class Sealing:
    """A stream that was read to its end, and whose last chunks may still be on their way."""

    def __init__(self, chunks: list[Future[Chunk]], size: int, digest: str) -> None:
        self._chunks, self._size, self._digest = chunks, size, digest

    def result(self) -> Sealed:
        """Waits until every chunk is stored. Raises what `put` raised."""
        chunks = tuple(each.result() for each in self._chunks)
        return Sealed(chunks=chunks, size=self._size, digest=self._digest)


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
    with Uploads(put, uploads) as storing:
        return seal_into(storing, stream, recipients, prefix, chunk_bytes).result()


def seal_into(
    storing: Uploads, stream: BinaryIO, recipients: list[str], prefix: str, chunk_bytes: int = CHUNK_BYTES
) -> Sealing:
    """The same, with uploads that several streams share: the next is read while the last chunks of this are stored."""
    plain = _Compressing(stream)
    keys = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
    cutter = _Cutter(prefix, storing, chunk_bytes)
    with ReadAhead(iter(plain)) as ahead:
        reader = BlockStream(ahead)
        try:
            pyrage.encrypt_io(reader, cutter, keys)
        except (pyrage.EncryptError, OSError) as error:
            # pyrage keeps only the text of what the reader and the writer raised.
            raise reader.error or cutter.error or RecoveryError(f"age could not encrypt: {error}.") from error
    return Sealing(cutter.finish(), plain.size, plain.digest.hexdigest())


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


class _Cutter:
    """Takes the sealed bytes, and cuts them into chunks."""

    def __init__(self, prefix: str, storing: Uploads, chunk_bytes: int) -> None:
        self._prefix, self._storing, self._chunk_bytes = prefix, storing, chunk_bytes
        self._held = io.BytesIO()
        self._stored: list[Future[Chunk]] = []
        self.error: BaseException | None = None

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

    def finish(self) -> list[Future[Chunk]]:
        if self._held.tell():
            self._store()
        return self._stored

    def _store(self) -> None:
        # BytesIO gives its buffer away without a copy: gathering pieces and joining them took a third of all time.
        data, self._held = self._held.getvalue(), io.BytesIO()
        self._stored.append(self._storing.start(f"{self._prefix}{len(self._stored):05d}.age", data))
