"""Storing chunks, a few at a time, each with its digest."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from blake3 import blake3

from recovery.model import Frozen

UPLOADS = 2


class Chunk(Frozen):
    """One stored object: its key in the vault, its size in bytes and its BLAKE3 digest."""

    key: str
    size: int
    digest: str


class Uploads(contextlib.AbstractContextManager["Uploads"]):
    """Bounds how many chunks are on their way, and so the memory that they take."""

    def __init__(self, put: Callable[[str, bytes], Any], uploads: int = UPLOADS) -> None:
        """Args:
        put: stores one chunk; called from several threads.
        uploads: how many at once.
        """
        self._put, self._room = put, threading.Semaphore(uploads)
        self._pool = ThreadPoolExecutor(uploads, thread_name_prefix="upload")
        self._failed: BaseException | None = None

    def __exit__(self, *_: object) -> None:
        # After this no upload is under way, so that a failed backup can be removed whole.
        self._pool.shutdown(wait=True, cancel_futures=True)

    def start(self, key: str, data: bytes) -> Future[Chunk]:
        """Begins to store a chunk, once there is room.

        Raises:
            BaseException: what `put` raised for an earlier one.
        """
        self._room.acquire()
        if self._failed is not None:
            self._room.release()
            raise self._failed
        return self._pool.submit(self._store, key, data)

    def _store(self, key: str, data: bytes) -> Chunk:
        try:
            self._put(key, data)
            return Chunk(key=key, size=len(data), digest=blake3(data).hexdigest())
        except BaseException as error:
            self._failed = error
            raise
        finally:
            self._room.release()
