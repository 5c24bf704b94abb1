"""Runs steps at the same time."""

import asyncio
from collections.abc import Awaitable
from typing import Any


async def together(*steps: Awaitable[Any]) -> list[Any]:
    """Runs steps at the same time and lets all of them end, so that none is cut off half way.

    Returns:
        What each returned, in their order.

    Raises:
        The first error, once all have ended.
    """
    results = await asyncio.gather(*steps, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
