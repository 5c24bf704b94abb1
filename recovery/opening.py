"""Opening what was sealed: chunks are fetched ahead, each is checked against its digest, decrypted, decompressed."""

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import pyrage
from blake3 import blake3

from recovery.decompressing import PlainStream
from recovery.errors import NotProved
from recovery.sealing import Sealed
from recovery.streams import BlockStream, Sink
from recovery.uploads import Chunk

DOWNLOADS = 3


def unseal(sealed: Sealed, identity: str, get: Callable[[str], bytes], into: Sink, downloads: int = DOWNLOADS) -> None:
    """Writes the plain stream.

    Args:
        sealed: what to open, as a signed manifest names it.
        identity: the age secret key; or several, one a line, of which one opens it.
        get: fetches one object by its key; called from several threads.
        into: takes the plain bytes. After an error what was written is worthless.
        downloads: how many chunks are fetched at once.

    Raises:
        NotProved: a chunk, the key or the plain stream is not what it should be; the message names it.
    """
    unseal_all((sealed,), identity, get, into, downloads)


def unseal_all(
    streams: Sequence[Sealed], identity: str, get: Callable[[str], bytes], into: Sink, downloads: int = DOWNLOADS
) -> None:
    """The same of several streams, one after another, each checked by itself. Chunks are fetched ahead across them."""
    identities = _identities(identity)
    with contextlib.closing(_verified([chunk for each in streams for chunk in each.chunks], get, downloads)) as chunks:
        for sealed in streams:
            _unseal(sealed, islice(chunks, len(sealed.chunks)), identities, into)


def _unseal(sealed: Sealed, chunks: Iterator[bytes], identities: list[pyrage.x25519.Identity], into: Sink) -> None:
    reader = BlockStream(chunks)
    with PlainStream(sealed, into) as plain:
        try:
            pyrage.decrypt_io(reader, plain, identities)
        except (pyrage.DecryptError, OSError) as error:
            # The first says that the header does not open, the second that what follows was damaged. Of what the reader
            # and the writer raised, pyrage keeps only the text.
            raise reader.error or plain.error or _closed(sealed, str(error)) from error
        if reader.read(1):
            raise _closed(sealed, "there is more than one age file in it")
        plain.finish()


def _identities(text: str) -> list[pyrage.x25519.Identity]:
    try:
        return [pyrage.x25519.Identity.from_str(each) for each in text.split() or [""]]
    except pyrage.IdentityError:
        # Without the cause: it could show the text.
        raise NotProved("The key that was given is no age identity: it begins with AGE-SECRET-KEY-1.") from None


def _closed(sealed: Sealed, reason: str) -> NotProved:
    first = sealed.chunks[0].key if sealed.chunks else "the stream"
    return NotProved(
        f"{first} cannot be decrypted: {reason.rstrip('.')}.", remedy="Give the age identity it was sealed for."
    )


def _verified(chunks: list[Chunk], get: Callable[[str], bytes], downloads: int) -> Generator[bytes, None, None]:
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
