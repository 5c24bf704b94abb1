"""Makes the work pool and deploys prefect.yaml: `python -m demo.deploy`. It can be done again."""

import asyncio
import os
import subprocess
import sys
from contextlib import suppress

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from recovery.places import ROOT

POOL = "lifeboat"
DEADLINE = 120.0  # seconds


async def make_pool() -> None:
    """A pool of type process, so that Prefect's own workers can serve it beside the warm runner."""
    async with get_client() as client:
        with suppress(ObjectAlreadyExists):
            await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))


if __name__ == "__main__":
    asyncio.run(make_pool())
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    subprocess.run(command, cwd=ROOT, env=os.environ, check=True, timeout=DEADLINE)
