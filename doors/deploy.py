"""`lifeboat deploy`: deployments, automations and blocks as code, for every plan there is."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter


def deploy(
    *,
    check: bool = False,
    plan: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    blocks: Path | None = None,
    pool: str = "lifeboat",
    file: Path | None = None,
) -> int:
    """Make the Prefect server's deployments and automations as the plans want them. It can be done again.

    Args:
        check: only show what differs, and exit with 1 if anything does.
        plan: only these plans; by default all there are, and deployments of plans that are gone are removed.
        blocks: a blocks file to register first.
        pool: the work pool whose workers run them.
        file: write them into a file for `prefect deploy --all` instead, such as prefect.yaml; no server is asked.
    """
    from doors.prefect_file import write_prefect_file
    from recovery.planned import read_plans

    plans = read_plans(plan)
    if file:
        write_prefect_file(file, plans, pool)
        return 0
    from doors.surroundings import demand_server

    demand_server()
    return asyncio.run(_deploy(plans, bool(plan), check, blocks, pool))


async def _deploy(plans: Sequence[Any], some: bool, check: bool, blocks: Path | None, pool: str) -> int:
    from prefect.client.orchestration import get_client

    from blocks.registry import read_blocks, register_blocks
    from doors.deployed import Deployed

    if blocks and not check:
        built = read_blocks(blocks)
        await register_blocks(built)
        print(f"Registered {len(built)} blocks.")
    async with get_client() as client:
        deployed = Deployed(client, plans, pool, only_these=some)
        changes = await deployed.look()
        for note in deployed.notes:
            print(f"Note: {note}")
        for change in changes:
            print(change.sentence)
        if not check:
            await deployed.apply()
    done = "would have to be done" if check else "done"
    print(f"{len(changes)} changes {done}." if changes else "Everything is as the plans want it.")
    return 1 if check and changes else 0
