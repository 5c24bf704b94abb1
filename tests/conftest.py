"""Fixtures that several modules share, and the order of the slow tier."""

from collections import Counter

import pytest
from theatre import theatre

__all__ = ["theatre"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files of few slow tests have the longest ones: they come first, so that no worker waits for another at last."""
    if "slow and not" in config.option.markexpr:
        count = Counter(item.path for item in items if item.get_closest_marker("slow"))
        items.sort(key=lambda item: count[item.path])  # those of one file stay together, in their order
