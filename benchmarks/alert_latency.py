"""From an alert's POST to the first recovery action: the warm runner against Prefect's process worker as it comes.

Usage: `.venv/bin/python benchmarks/alert_latency.py [ROUNDS]`. It brings up a world of its own, kills the shop's
primary, and posts the same alert for two applications that differ in one thing: who serves their deployment. The action
is the first intent in the journal. That world has no backup, so that each failover ends soon after, nothing changed.
"""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
FOLDER = Path(tempfile.mkdtemp(prefix="lifeboat-latency-"))
os.environ["LIFEBOAT_DEMO_OUT"] = str(FOLDER / "out")

import httpx  # noqa: E402

from demo.up import start_everything, stop_everything  # noqa: E402

TOKEN = "measured, not secret"
SIDES = {"swift": "alerts to the warm runner", "plain": "alerts to a process worker"}
PLAN = "  rules: [{when: {alertname: ShopDown}, then: start}]\n"
DEADLINE = 180.0  # seconds


def write_plans() -> None:
    """The shop's plan under two names; rules that count earlier failovers let every round through."""
    text = (ROOT / "plans" / "shop.yaml").read_text()
    rules = text[text.index("\nalerts:\n") : text.index("\n\n", text.index("\nalerts:\n"))]
    text = text.replace(rules, f"\nalerts:\n{PLAN}").replace("cool_down: 1h", "cool_down: 1ms")
    text = text.replace("most_a_day: 2", "most_a_day: 100000")
    (FOLDER / "plans").mkdir()
    for name in SIDES:
        (FOLDER / "plans" / f"{name}.yaml").write_text(text.replace("application: shop\n", f"application: {name}\n"))


def deploy(server: str) -> None:
    """One pool and one failover deployment for each side, at the server with this address."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: server}), get_client(sync_client=True) as client:
        known = client.read_deployment_by_name("failover/shop")
        for name in SIDES:
            client.create_work_pool(WorkPoolCreate(name=name, type="process"))
            client.create_deployment(
                flow_id=known.flow_id,
                name=name,
                entrypoint=known.entrypoint,
                path=known.path,
                pull_steps=known.pull_steps,
                work_pool_name=name,
                parameter_openapi_schema=known.parameter_openapi_schema,
                enforce_parameter_schema=False,
            )


@contextlib.contextmanager
def running(*words: str, log: str) -> Iterator[Path]:
    """A program beside the benchmark, ended with it; gives its log."""
    path = FOLDER / f"{log}.log"
    settings = {"LIFEBOAT_PLANS": str(FOLDER / "plans"), "ALERTS_TOKEN": TOKEN}
    with path.open("wb") as file:
        program = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env={**os.environ, **settings}, stdout=file, stderr=file
        )
    try:
        yield path
    finally:
        program.send_signal(signal.SIGTERM)
        try:
            program.wait(60)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait(10)


def until(what: str, look: Any) -> Any:
    """What `look` finds, as soon as it finds anything."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise SystemExit(f"{what} did not come within {DEADLINE:g} s; see {FOLDER}")


def journal_lines(name: str, since: datetime) -> list[dict[str, Any]]:
    """All lines of an application's journals since then."""
    found: list[dict[str, Any]] = []
    for path in Path(os.environ["LIFEBOAT_HOME"]).glob(f"incidents/{name}-failover-*/journal.jsonl"):
        found += [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    return [line for line in found if datetime.fromisoformat(line["at"]) >= since]


def measure(url: str, name: str) -> float:
    """One alert, from its POST to the first intent; waits until all of it is over."""

    def post(status: str, began: datetime) -> None:
        labels = {"alertname": "ShopDown", "application": name, "severity": "critical"}
        alert = {"status": status, "labels": labels, "startsAt": began.isoformat(), "fingerprint": name}
        body = {"groupKey": name, "alerts": [alert]}
        headers = {"Authorization": f"Bearer {TOKEN}"}
        httpx.post(f"{url}/alerts/prometheus", json=body, headers=headers, trust_env=False).raise_for_status()

    asked = datetime.now(UTC)
    post("firing", asked)
    first = until("The first action", lambda: _first(journal_lines(name, asked), "intent"))
    until("The failover's end", lambda: _first(journal_lines(name, asked), "closed"))
    post("resolved", asked)
    until("The incident's end", lambda: _closed(name))
    return (datetime.fromisoformat(first["at"]) - asked).total_seconds()


def _first(lines: list[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    return min((line for line in lines if line["kind"] == kind), key=lambda line: line["at"], default=None)


def _closed(name: str) -> bool:
    import sqlite3

    with contextlib.closing(sqlite3.connect(FOLDER / "alerts.sqlite")) as store:
        question = "select count(*) from incidents where application = ? and closed is null"
        return bool(store.execute(question, (name,)).fetchone()[0] == 0)


def configure() -> Path:
    """The receiver's configuration. JSON is YAML too."""
    authentication = {"kind": "bearer", "secret": "env:ALERTS_TOKEN"}
    endpoint = {"format": "alertmanager", "authentication": authentication, "applications": list(SIDES)}
    path = FOLDER / "receiver.yaml"
    whole = {"port": 0, "store": str(FOLDER / "alerts.sqlite"), "endpoints": {"prometheus": endpoint}}
    path.write_text(json.dumps(whole))
    return path


def play(rounds: int) -> dict[str, list[float]]:
    """The two sides in turns; each has a round before that does not count."""
    lifeboat = ("-c", "from doors.cli import main; main()")
    worker = ("-m", "prefect", "worker", "start", "--pool", "plain", "--type", "process")
    seconds: dict[str, list[float]] = {name: [] for name in SIDES}
    with (
        running(*lifeboat, "runner", "--pool", "swift", log="runner"),
        running(*worker, log="worker"),
        running(*lifeboat, "receiver", str(configure()), log="receiver") as log,
    ):
        said = until("The receiver", lambda: [line for line in log.read_text().split() if line.startswith("http://")])
        url = said[0].removesuffix("/alerts/")
        for number in range(rounds + 1):
            for name in SIDES:
                taken = measure(url, name)
                print(f"  {'round ' + str(number) if number else 'before'}: {SIDES[name]} {taken:.2f} s", flush=True)
                seconds[name] += [taken] if number else []
    return seconds


def main(rounds: int) -> None:
    try:
        world, settings = start_everything(lambda line: print(f"  {line}", flush=True))
        world.processes.stop("monitor")
        world.kill_primary()
        write_plans()
        deploy(settings["PREFECT_API_URL"])
        seconds = play(rounds)
    finally:
        stop_everything()
    print(f"{'from POST to the first action':<30}{'median':>9}{'fastest':>9}{'slowest':>9}")
    for name, taken in seconds.items():
        print(f"{SIDES[name]:<30}{statistics.median(taken):>8.2f}s{min(taken):>8.2f}s{max(taken):>8.2f}s")
    print(f"{rounds} rounds in turns; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
