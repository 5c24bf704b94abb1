"""Opening what was sealed: chunks are fetched ahead, each is checked against its digest, decrypted, decompressed."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, cast

import pyrage
import zstandard
from blake3 import blake3

from recovery.errors import NotProved
from recovery.sealing import Chunk, Sealed
from recovery.streams import BlockStream

DOWNLOADS = 3


def unseal(
    sealed: Sealed, identity: str, get: Callable[[str], bytes], into: BinaryIO, downloads: int = DOWNLOADS
) -> None:
    """Writes the plain stream.

    Args:
        sealed: what to open, as a signed manifest names it.
        identity: the age secret key.
        get: fetches one object by its key; called from several threads.
        into: takes the plain bytes. After an error what was written is worthless.
        downloads: how many chunks are fetched at once.

    Raises:
        NotProved: a chunk, the key or the plain stream is not what it should be; the message names it.
    """
    plain = _Plain(sealed, into)
    reader = BlockStream(_verified(sealed.chunks, get, downloads))
    try:
        pyrage.decrypt_io(reader, plain, [pyrage.x25519.Identity.from_str(identity)])
    except (pyrage.DecryptError, OSError) as error:
        # The first says that the header does not open, the second that what follows was damaged. Of what the reader
        # and the writer raised, pyrage keeps only the text.
        raise reader.error or plain.error or _closed(sealed, str(error)) from error
    plain.finish()


def _closed(sealed: Sealed, reason: str) -> NotProved:
    first = sealed.chunks[0].key if sealed.chunks else "the stream"
    return NotProved(
        f"{first} cannot be decrypted: {reason.rstrip('.')}.", remedy="Give the age identity it was sealed for."
    )


def _verified(chunks: tuple[Chunk, ...], get: Callable[[str], bytes], downloads: int) -> Iterator[bytes]:
    pool = ThreadPoolExecutor(downloads, thread_name_prefix="open")
    pending: deque[Future[bytes]] = deque()
    todo = iter(chunks)
    try:
        while True:
            while len(pending) < downloads and (chunk := next(todo, None)) is not None:
                pending.append(pool.submit(_fetch, chunk, get))
            if not pending:
                return
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _fetch(chunk: Chunk, get: Callable[[str], bytes]) -> bytes:
    data = get(chunk.key)
    check_chunk(chunk, data)
    return data


def check_chunk(chunk: Chunk, data: bytes) -> None:
    """Raises:
    NotProved: the bytes are not those that were stored under that key.
    """
    if len(data) != chunk.size:
        raise NotProved(f"{chunk.key} has {len(data)} bytes, not {chunk.size}: it was cut short or replaced.")
    if blake3(data).hexdigest() != chunk.digest:
        raise NotProved(f"{chunk.key} has the right size but another digest: it was damaged or replaced.")


class _Plain:
    """Takes the decrypted bytes, decompresses, counts and hashes them."""

    def __init__(self, sealed: Sealed, into: BinaryIO) -> None:
        self._sealed, self._into = sealed, into
        self._size, self._digest = 0, blake3()
        counting = cast("BinaryIO", _Counting(self))
        self._zstd = zstandard.ZstdDecompressor().stream_writer(counting, closefd=False)
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self._zstd.write(data)
        except zstandard.ZstdError as error:
            self.error = self._wrong(f"zstd says {error}")
            raise self.error from error
        except BaseException as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        """pyrage calls it."""

    def take(self, data: bytes) -> int:
        self._size += len(data)
        if self._size > self._sealed.size:
            raise self._wrong(f"it is longer than {self._sealed.size} bytes")
        self._digest.update(data)
        return self._into.write(data)

    def finish(self) -> None:
        if self._size != self._sealed.size:
            raise self._wrong(f"it has {self._size} bytes, not {self._sealed.size}")
        if self._digest.hexdigest() != self._sealed.digest:
            raise self._wrong("it has another digest")

    def _wrong(self, reason: str) -> NotProved:
        return NotProved(f"The plain stream of {self._sealed.chunks[0].key} is not what was backed up: {reason}.")


class _Counting:
    """What zstd writes to."""

    def __init__(self, plain: _Plain) -> None:
        self._plain = plain

    def write(self, data: bytes) -> int:
        return self._plain.take(data)
