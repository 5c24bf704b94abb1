"""Loads the chat blocks of a plan. One that is not there holds up no run, and keeps nobody from hearing by another."""

import asyncio
import logging
from collections.abc import Collection

from prefect.blocks.core import Block

from blocks.chat.kind import Chat
from blocks.registry import load_blocks, read_blocks
from recovery.errors import RecoveryError
from recovery.places import blocks_file

log = logging.getLogger("lifeboat")


async def load_chats(names: Collection[str], on_platform: bool) -> dict[str, Chat]:
    """Those that are there, by "type/name"; what is missing is logged.

    Args:
        names: the blocks.
        on_platform: whether a Prefect server has them; otherwise they are in the blocks file.
    """
    in_file = {} if on_platform or not names else _in_file()
    wanted = sorted(names)
    loaded = await asyncio.gather(*(_load(name) for name in wanted)) if on_platform else map(in_file.get, wanted)
    found: dict[str, Chat] = {}
    for name, block in zip(wanted, loaded, strict=True):
        if isinstance(block, Chat):
            found[name] = block
        elif block is not None or not on_platform:  # else what is wrong was said
            log.warning("%s is not told anything: there is no such chat block.", name)
    return found


async def _load(name: str) -> Block | None:
    """Each by itself: what is wrong with one says nothing of another."""
    try:
        return (await load_blocks([name]))[name]
    except RecoveryError as error:
        log.warning("%s is not told anything: %s", name, error.what)
    except Exception as error:  # noqa: BLE001  (whatever is wrong with a chat's block, the recovery goes on)
        log.warning("%s is not told anything: %s", name, type(error).__name__)
    return None


def _in_file() -> dict[str, Block]:
    try:
        return read_blocks(blocks_file())
    except RecoveryError as error:
        log.warning("Nobody is told anything: %s", error.what)
        return {}
