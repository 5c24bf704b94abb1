"""A small folder, and backups of it that can name groups of earlier ones."""

import itertools
import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
from test_backups import World

from blocks.sources import files_index
from blocks.vaults.folder import FolderVault
from recovery.manifest import Manifest
from recovery.model import now

DAY = timedelta(hours=24)
FILES = 12


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of about three of the files below, files that count as at rest as soon as they are written, and backups
    that seem to be a minute apart."""
    monkeypatch.setattr(files_index, "GROUP_BYTES", 40_000)
    monkeypatch.setattr(files_index, "RESTED_SECONDS", 0.0)
    times = itertools.count(1)
    monkeypatch.setattr("blocks.backup_taking.now", lambda: now() + timedelta(minutes=next(times)))


def world_of(folder: Path, vault: FolderVault | None = None) -> World:
    world = World(folder, vault)
    live, dice = folder / "live", random.Random(3)
    (live / "noise").write_bytes(dice.randbytes(200_000))
    for number in range(FILES):
        (live / f"file-{number:02d}").write_bytes(dice.randbytes(10_000))
    os.link(live / "sub" / "text", live / "second name")
    (live / "link").symlink_to("noise")
    return world


@pytest.fixture(name="world")
def world_fixture(tmp_path: Path) -> World:
    return world_of(tmp_path)


def sources_of(manifest: Manifest) -> list[str]:
    return [group.backup for group in manifest.parts[0].groups]


def sent(manifest: Manifest) -> int:
    """How many files were read and sent in groups."""
    return sum(group.items for group in manifest.parts[0].groups if group.backup == manifest.backup)
