"""Finds the flow that a deployment names."""

import importlib
from typing import Any

from prefect import Flow


def find_flow(entrypoint: str) -> Flow[Any, Any]:
    """The flow behind `flows.failover.failover`.

    Raises:
        ImportError, AttributeError: there is none.
    """
    module, _, name = entrypoint.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    if not isinstance(found, Flow):
        raise AttributeError(f"{entrypoint} is no flow")
    return found
