"""Fixtures that several modules share, what each tier collects, and the order of the slow one."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from theatre import Theatre

QUICK = "not slow and not exhaustive"
_NOT_QUICK = re.compile(r"^pytestmark = .*pytest\.mark\.(slow|exhaustive)", re.MULTILINE)


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Theatre]":
    """One world for all the faults of a module."""
    from theatre import playing  # the whole world, which the quick tier need not import

    with playing(tmp_path_factory.mktemp("theatre")) as stage:
        yield stage


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The quick tier does not even import modules of which every test is slow: servers and clouds, for seconds."""
    if config.option.markexpr != QUICK or collection_path.suffix != ".py":
        return None
    return True if _NOT_QUICK.search(collection_path.read_text()) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files of few slow tests have the longest ones: they come first, so that no worker waits for another at last."""
    if "slow and not" in config.option.markexpr and config.option.markexpr != QUICK:
        count = Counter(item.path for item in items if item.get_closest_marker("slow"))
        items.sort(key=lambda item: count[item.path])  # those of one file stay together, in their order
