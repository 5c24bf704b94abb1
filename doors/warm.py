"""What a warm runner has imported before a run is asked for, and how a run is carried out in a process of its own."""

import asyncio
import os
import sys
from contextlib import suppress
from typing import Any
from uuid import UUID

from prefect.engine import handle_engine_signals
from prefect.flow_engine import load_flow_run, run_flow
from prefect.logging.handlers import APILogHandler
from prefect.plugins import load_prefect_collections

import flows.abandon
import flows.backup
import flows.drill
import flows.failback
import flows.failover
import flows.failover_many
import flows.ransomware
import flows.readiness
import flows.release_hold
import flows.retention
import flows.rotate_keys
import flows.verify
import flows.verify_fleet  # noqa: F401  (imported here so that a run finds them imported)
from blocks.registry import block_types
from doors.find_flow import find_flow
from recovery.errors import RecoveryError
from recovery.places import plan_file, plan_names
from recovery.plan_file import read_plan


def get_ready() -> None:
    """What every run would do first: import providers and Prefect's own blocks, and read the plans."""
    block_types()
    load_prefect_collections()
    for name in plan_names():
        with suppress(RecoveryError):  # whoever runs it will be told
            read_plan(plan_file(name))


get_ready()


def carry_out(flow_run_id: UUID, entrypoint: str) -> None:
    """Runs one flow run to its end. It leads a process group of its own, so that it can be stopped whole."""
    os.setsid()
    try:
        with handle_engine_signals(flow_run_id):
            flow_run = load_flow_run(flow_run_id)
            result: Any = run_flow(find_flow(entrypoint), flow_run=flow_run)
            asyncio.run(result)
    finally:
        APILogHandler().flush()
        sys.stdout.flush()
        sys.stderr.flush()


def nothing() -> None:
    """The target that makes the fork server import this module before the first run is asked for."""
