"""How long a run takes from being asked for to RUNNING: the warm runner against Prefect's own process worker.

Usage: `lifeboat up`, then `.venv/bin/python benchmarks/start_latency.py [RUNS]`. Both serve the same server in one run,
each a pool of its own, with the same flow (a backup's dry run, which reads and changes nothing).
"""

import contextlib
import statistics
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from doors.surroundings import adopt_embedded_world

adopt_embedded_world()

from prefect.client.orchestration import SyncPrefectClient, get_client  # noqa: E402
from prefect.client.schemas.actions import WorkPoolCreate  # noqa: E402
from prefect.exceptions import ObjectAlreadyExists  # noqa: E402

OTHER = "process-worker"


def measure(client: SyncPrefectClient, deployment: UUID) -> float:
    """Seconds from the request to the start that Prefect recorded."""
    asked = time.time()
    run = client.create_flow_run_from_deployment(deployment, parameters={"plan": "shop", "dry_run": True})
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = client.read_flow_run(run.id)
        if found.start_time and found.state and found.state.is_final():
            return found.start_time.timestamp() - asked
        time.sleep(0.2)
    raise SystemExit("The run did not end within 60 s.")


def other_deployment(client: SyncPrefectClient) -> UUID:
    """The backup's deployment again, on a pool that a plain worker serves."""
    with contextlib.suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=OTHER, type="process"))
    known = client.read_deployment_by_name("backup/shop")
    return client.create_deployment(
        flow_id=known.flow_id,
        name=OTHER,
        entrypoint=known.entrypoint,
        path=known.path,
        pull_steps=known.pull_steps,
        work_pool_name=OTHER,
        parameter_openapi_schema=known.parameter_openapi_schema,
    )


def main(runs: int) -> None:
    with get_client(sync_client=True) as client:
        warm = client.read_deployment_by_name("backup/shop").id
        plain = other_deployment(client)
        prefect = [sys.executable, "-m", "prefect", "worker", "start", "--pool", OTHER, "--type", "process"]
        worker = subprocess.Popen(prefect, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            measure(client, plain)
            pairs = [(measure(client, warm), measure(client, plain)) for _ in range(runs)]
        finally:
            worker.terminate()
            worker.wait(30)
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"warm runner      median {ours:.2f} s, slowest {max(pair[0] for pair in pairs):.2f} s")
    print(f"process worker   median {theirs:.2f} s, slowest {max(pair[1] for pair in pairs):.2f} s")
    print(f"ratio            {ours / theirs:.3f}  ({runs} runs each, in turns)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
