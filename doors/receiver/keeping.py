"""Keeps what comes in, many requests in one transaction: a disk that takes milliseconds still keeps up with a storm."""

import asyncio
import contextlib
from collections.abc import Sequence

from doors.receiver.kept import Delivery, Receipt
from doors.receiver.store import Store

MOST_AT_ONCE = 200
MOST_WAITING = 5_000
SLOWEST = 20.0  # seconds a sender waits; then it is told to come again


class Keeper:
    """Takes deliveries one by one, keeps them together.

    Args:
        store: where to.
        wake: these are set whenever something new is on disk.
    """

    def __init__(self, store: Store, wake: Sequence[asyncio.Event]) -> None:
        self._store, self._wake = store, wake
        self._queue: asyncio.Queue[tuple[Delivery, asyncio.Future[Receipt]]] = asyncio.Queue(MOST_WAITING)

    async def keep(self, delivery: Delivery) -> Receipt:
        """Returns when it is on disk.

        Raises:
            sqlite3.Error: the disk failed. asyncio.QueueFull, TimeoutError: it does not keep up.
        """
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((delivery, future))
        return await asyncio.wait_for(future, SLOWEST)

    async def work(self) -> None:
        """Until it is cancelled."""
        while True:
            batch = [await self._queue.get()]
            with contextlib.suppress(asyncio.QueueEmpty):
                while len(batch) < MOST_AT_ONCE:
                    batch.append(self._queue.get_nowait())
            try:
                receipts = await asyncio.to_thread(self._store.keep, [delivery for delivery, _ in batch])
            except Exception as error:  # noqa: BLE001  (each sender is told; the next batch may go through)
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), receipt in zip(batch, receipts, strict=True):
                if not future.done():
                    future.set_result(receipt)
            if any(receipt.new for receipt in receipts):
                for each in self._wake:
                    each.set()
