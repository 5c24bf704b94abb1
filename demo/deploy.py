"""Registers the blocks file and deploys prefect.yaml: `python -m demo.deploy blocks.yaml`. Both can be done again."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from blocks.registry import read_blocks, register_blocks
from recovery.places import ROOT

POOL = "lifeboat"
DEADLINE = 120.0  # seconds


async def main(blocks: Path) -> None:
    """Makes the work pool, then deploys while the blocks are registered."""
    async with get_client() as client:
        try:
            await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        except ObjectAlreadyExists:
            pass
    deploying = asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        cwd=ROOT,
        env=os.environ,
        check=True,
        timeout=DEADLINE,
    )
    await asyncio.gather(deploying, register_blocks(read_blocks(blocks)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
