"""Reads from the vault, and from this machine, what is measured of an application."""

import asyncio
import contextlib

from pydantic import ValidationError

from blocks.vaults.kind import Entry, Vault
from recovery.errors import RecoveryError
from recovery.history import journals
from recovery.journal import parse_journal, read_journal
from recovery.metrics import PastRun, Seen, past_run
from recovery.model import now
from recovery.places import home, plan_file
from recovery.plan import Plan
from recovery.plan_file import read_plan
from recovery.readiness import Readiness
from tasks.foresee import foresee
from tasks.opening import load_places
from tasks.read_standing import read_standing

NEWEST = 200  # journals of the vault that are looked at
FEW = 2_000  # recoveries to play

Cache = dict[Entry, PastRun | None]


async def read_metrics(plan: str, on_platform: bool, cache: Cache) -> Seen:
    """What is known of one application. Never raises: what cannot be read is absent, and its standing `failed`.

    Args:
        plan: its plan's name.
        on_platform: whether a Prefect server has the blocks; otherwise they are in the blocks file.
        cache: journals of the vault that were read before, as they were listed.
    """
    looked = await read_standing(plan, None, on_platform)
    standing, newest = looked.standing, looked.ledger.newest_proved if looked.ledger else None
    seen = Seen(
        application=standing.application,
        at=now(),
        standing=standing.state,
        proved_at=newest.taken_at if newest else None,
        backups=standing.backups,
        proved=standing.proved,
        rpo_seconds=standing.rpo_seconds,
    )
    with contextlib.suppress(RecoveryError):
        read = await asyncio.to_thread(read_plan, plan_file(plan))
        update: dict[str, object] = {
            "application": read.application,
            "forecast": await asyncio.to_thread(foresee, read, runs=FEW),
        }
        if ready := _readiness(read.application):
            update |= {"readiness": ready.state, "readiness_at": ready.at}
        vault = (await load_places({read.backup.vault}, on_platform))[read.backup.vault]
        update["runs"] = await asyncio.to_thread(_runs, read, vault, cache)
        return seen.model_copy(update=update)
    return seen


def _readiness(application: str) -> Readiness | None:
    try:
        return Readiness.model_validate_json((home() / "readiness" / f"{application}.json").read_bytes())
    except (OSError, ValidationError):
        return None


def _runs(plan: Plan, vault: Vault, cache: Cache) -> tuple[PastRun, ...]:
    """By the journals in the vault, which come from every machine, and those on this one that are not there."""
    listed = sorted(vault.entries(f"journals/{plan.application}/"), key=lambda entry: entry.written_at)[-NEWEST:]
    for gone in cache.keys() - set(listed):
        if gone.key.startswith(f"journals/{plan.application}/"):
            del cache[gone]
    found = {}
    for entry in listed:
        if entry not in cache:
            cache[entry] = _read(vault, entry)
        found[entry.key.rpartition("/")[2].removesuffix(".jsonl")] = cache[entry]
    for path in journals():
        if path.parent.name.startswith(f"{plan.application}-") and path.parent.name not in found:
            with contextlib.suppress(RecoveryError, OSError):
                lines = tuple(read_journal(path))
                mine = bool(lines) and lines[0].data.get("application") == plan.application
                found[path.parent.name] = past_run(lines) if mine else None
    return tuple(sorted((each for each in found.values() if each), key=lambda each: each.began))


def _read(vault: Vault, entry: Entry) -> PastRun | None:
    try:
        return past_run(tuple(parse_journal(vault.get(entry.key).data, entry.key)))
    except RecoveryError:
        return None
