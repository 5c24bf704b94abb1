"""Makes sure that a verification cannot touch what is in use, by any plan."""

import asyncio
import socket
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit

from blocks.registry import load_blocks, read_blocks
from blocks.sources.kind import Source
from recovery.decision import Decision
from recovery.errors import RecoveryError
from recovery.isolation import decide_isolation, used_places
from recovery.outcome import Outcome, did
from recovery.places import blocks_file, plan_file, plan_names
from recovery.plan import Plan
from recovery.plan_file import read_plan
from tasks.run import Run
from tasks.verb import verb

# Block to address. One process, one run or one fleet: what was looked up once holds for it.
_KNOWN: dict[str, str | None] = {}


def look(run: Run) -> Decision:
    """Reads every plan there is, and asks every block that it finds where it points."""
    plans = [run.plan, *other_plans(run)]
    used = used_places(plans, {})
    mine = {part for each in run.plan.components.values() for part in (each.source, each.restore_to, each.scratch)}
    addresses = {reference: run.source(reference).address for reference in mine}
    others = sorted({place.reference for place in used} - mine)
    addresses |= {reference: at for reference, at in addresses_of(run, others).items() if at}
    addresses = {reference: same_for_aliases(at) for reference, at in addresses.items()}
    return decide_isolation(run.plan, addresses, used_places(plans, addresses))


@verb("check isolation", look=look, timeout=timedelta(minutes=2), retries=1, reads=True)
def check_isolation(run: Run, seen: Decision) -> Outcome:
    """Goes on only where no scratch place meets a source, a restore target or another application's scratch place."""
    return did(seen.sentence, **seen.facts)


@cache
def same_for_aliases(address: str) -> str:
    """The address with its server's IP addresses in the place of its name: a server may have many names."""
    parts = urlsplit(address)
    if not parts.hostname:
        return address
    try:
        found = socket.getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
    except OSError:
        return address  # a name that nobody knows meets nothing but itself
    numbers = sorted({str(each[4][0]) for each in found})
    if set(numbers) <= {"127.0.0.1", "::1"}:
        numbers = ["127.0.0.1"]
    return parts._replace(netloc=f"{','.join(numbers)}:{parts.port}").geturl()


def other_plans(run: Run) -> list[Plan]:
    found = []
    for name in plan_names():
        try:
            plan = read_plan(plan_file(name))
        except RecoveryError as error:
            run.say(f"The plan {name} cannot be read, so its places are not known: {error.what}")
            continue
        if plan.application != run.plan.application:
            found.append(plan)
    return found


def addresses_of(run: Run, references: Sequence[str]) -> dict[str, str | None]:
    new = [each for each in references if each not in _KNOWN]
    if new and run.on_platform:
        # In this thread there is no loop.
        _KNOWN.update({each: asyncio.run(_of_server(each)) for each in new})
    elif new:
        built = read_blocks(blocks_file())
        blocks = {each: built.get(each) for each in new}
        _KNOWN.update({each: block.address if isinstance(block, Source) else None for each, block in blocks.items()})
    return {each: _KNOWN[each] for each in references}


async def _of_server(reference: str) -> str | None:
    """Where a block points, or None where the server does not have it."""
    try:
        block = (await load_blocks([reference]))[reference]
    except RecoveryError:
        return None
    return block.address if isinstance(block, Source) else None
