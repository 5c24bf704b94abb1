"""Finds blocks by "type/name": in the Prefect server, or in a file that needs no server.

The file is YAML, "type/name" to the block's fields. `${NAME}` stands for an environment variable, so that secrets stay
out of the file. The same file registers the blocks with a server (`lifeboat blocks register`).
"""

import importlib
import os
import pkgutil
import re
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from prefect.blocks.core import Block
from prefect.client.schemas.objects import BlockDocument
from prefect.client.utilities import get_or_create_client
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

import blocks
from recovery.errors import Missing, RecoveryError

PAGE = 200  # blocks in one answer, the most that Prefect gives
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def block_types() -> dict[str, type[Block]]:
    """Every provider under `blocks/`, by its type's slug. A new file there is found without being listed."""
    return dict(_providers())


@cache
def _providers() -> dict[str, type[Block]]:
    for module in pkgutil.walk_packages(blocks.__path__, "blocks."):
        importlib.import_module(module.name)
    found: dict[str, type[Block]] = {}
    waiting = [Block]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("blocks.") and not getattr(kind, "__abstractmethods__", None):
                found[kind.get_block_type_slug()] = kind
    return found


def read_blocks(path: Path) -> dict[str, Block]:
    """Builds every block of a file.

    Raises:
        RecoveryError: the file, a type or a field is wrong; every fault is named at once.
    """
    try:
        documents = YAML(typ="safe").load(path.read_text()) or {}
    except (OSError, YAMLError) as error:
        raise RecoveryError(f"The blocks file {path} cannot be read: {error}.") from error
    types, built, faults = block_types(), {}, []
    for reference, fields in documents.items():
        slug, _, name = reference.partition("/")
        if slug not in types or not name:
            faults.append(f"{reference}: there is no block type {slug}; known are {', '.join(sorted(types))}")
            continue
        unknown = sorted(set(fields or {}) - set(types[slug].model_fields))
        faults += [f"{reference}: there is no field {name}" for name in unknown]
        try:
            built[reference] = types[slug](**_filled(fields or {}))
        except (ValidationError, KeyError) as error:
            faults.append(f"{reference}: {_say(error)}")
    if faults:
        raise RecoveryError(f"The blocks file {path} is wrong: {'; '.join(faults)}.", remedy="Mend it, then try again.")
    return built


async def load_blocks(references: Iterable[str]) -> dict[str, Block]:
    """Loads blocks from the Prefect server, all or none.

    Raises:
        Missing: names every one that is not there.
    """
    block_types()
    wanted = sorted(set(references))
    documents = await _read_documents(wanted) if wanted else {}
    if absent := [reference for reference in wanted if reference not in documents]:
        raise Missing(
            f"The Prefect server has no block {', '.join(absent)}.",
            remedy="Create it under Blocks in the UI, or register a blocks file: lifeboat blocks register FILE.",
        )
    return {reference: Block._from_block_document(documents[reference]) for reference in wanted}


async def _read_documents(wanted: Sequence[str]) -> dict[str, BlockDocument]:
    """All at once, or by pages: one request a block would be most of what stands between an alert and its recovery."""
    slugs, _, names = zip(*(reference.partition("/") for reference in wanted), strict=True)
    sought = {"block_types": {"slug": {"any_": [*slugs]}}, "block_documents": {"name": {"any_": [*names]}}}
    found: list[BlockDocument] = []
    client, entered = get_or_create_client()
    async with nullcontext(client) if entered else client as server:
        while len(found) % PAGE == 0:
            body = {**sought, "include_secrets": True, "limit": PAGE, "offset": len(found)}
            response = await server.request("POST", "/block_documents/filter", json=body)
            page = BlockDocument.model_validate_list(response.json())
            found += page
            if not page:
                break
    return {f"{each.block_type.slug}/{each.name}": each for each in found if each.block_type}


async def register_blocks(built: dict[str, Block]) -> None:
    """Saves blocks in the Prefect server, over older ones of the same name."""
    for kind in {type(block) for block in built.values()}:
        await kind.register_type_and_schema()
    for reference, block in built.items():
        await block.save(reference.partition("/")[2], overwrite=True)


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner) for inner in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: os.environ[match[1]], value)
    return value


def _say(error: ValidationError | KeyError) -> str:
    """What is wrong with a block, without the values: they may be secrets."""
    if isinstance(error, KeyError):
        return f"the environment variable {error.args[0]} is not set"
    return ", ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
