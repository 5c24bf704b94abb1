"""A receiver in a process of its own, before a real Prefect server, with the deployments that it may start."""

import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from plan_fixtures import TEXT
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL
from prefect.utilities.callables import parameter_schema
from ruamel.yaml import YAML
from server_fixtures import wait_until

from blocks.registry import read_blocks, register_blocks
from flows.failover import failover
from recovery.places import ROOT

SECRET = "a secret that nobody guesses"
BEARER = {"Authorization": f"Bearer {SECRET}"}
RULES = """
alerts:
  rules:
    - {when: {alertname: ShopDown, severity: critical}, then: start}
    - {when: {alertname: ShopSlow, severity: critical}, then: ask}
    - {when: {severity: critical}, then: open}
"""
APPROVERS = "approval:\n  mode: policy\n  approvers: [{name: ada}, {name: ben}]\n  codes: approval-codes/a\n"


class Place:
    """What receivers of a module share: plans, blocks, and the server.

    Args:
        folder: for all of it.
        away: a port that nothing listens at, where the chat is said to be.
    """

    def __init__(self, folder: Path, away: int) -> None:
        self.folder = folder
        (folder / "plans").mkdir()
        (folder / "vault").mkdir()
        text = TEXT.replace("s3-vault/shop", "folder-vault/shop")
        text = re.sub(r"\nalerts:\n.*?(?=\n\n)", RULES, text, flags=re.DOTALL)
        text = re.sub(r"approval:\n  mode: policy[^\n]*\n", APPROVERS, text)
        self.text = text
        blocks = {
            "folder-vault/shop": {"folder": str(folder / "vault")},
            "slack-chat/operations": {
                "token": "xoxb-none",
                "channel": "C1",
                "base_url": f"http://127.0.0.1:{away}/",
            },
        }
        with (folder / "blocks.yaml").open("w") as file:
            YAML().dump(blocks, file)
        asyncio.run(register_blocks(read_blocks(folder / "blocks.yaml")))

    def deploy(self, application: str) -> None:
        """A plan and a failover deployment of this application, which nobody serves."""
        plan = self.text.replace("application: shop\n", f"application: {application}\n")
        (self.folder / "plans" / f"{application}.yaml").write_text(plan)
        schema = parameter_schema(failover).model_dump_for_openapi()
        schema["properties"]["plan"]["enum"] = [application]

        async def create() -> None:
            async with get_client() as client:
                flow_id = await client.create_flow(failover)
                await client.create_deployment(
                    flow_id=flow_id,
                    name=application,
                    parameter_openapi_schema=schema,
                    enforce_parameter_schema=True,
                )

        asyncio.run(create())

    def runs(self, application: str) -> list[Any]:
        """Every failover of the application that was ever asked for."""
        with get_client(sync_client=True) as client:
            return [each for each in client.read_flow_runs() if each.parameters.get("plan") == application]

    def configuration(self, applications: list[str], **changes: Any) -> Path:
        endpoint = {
            "format": "alertmanager",
            "authentication": {"kind": "bearer", "secret": "env:ALERTS_TOKEN"},
            "applications": applications,
        }
        store = str(self.folder / f"{applications[0]}.sqlite")
        whole = {"port": 0, "store": store, "endpoints": {"prometheus": endpoint}, **changes}
        path = self.folder / f"{applications[0]}.yaml"
        with path.open("w") as file:
            YAML().dump(whole, file)
        return path


class Process:
    """One receiver that runs.

    Args:
        arguments: of Python, which it runs in.
        environment: beside this process's.
    """

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self._said: list[str] = []
        self._popen = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._popen.stderr
        self._said.extend(iter(self._popen.stderr.readline, ""))

    @property
    def said(self) -> str:
        return "".join(self._said)

    @property
    def url(self) -> str:
        found = re.search(r"Receiving alerts at (\S+)/alerts/", self.said)
        return found[1] if found else ""

    def await_start(self) -> None:
        wait_until(lambda: bool(self.url) or self._popen.poll() is not None, 90, "the receiver's start")
        assert self.url, self.said

    def post(self, body: Any, name: str = "prometheus", **options: Any) -> httpx.Response:
        url = f"{self.url}/alerts/{name}"
        return httpx.post(url, json=body, headers=BEARER, trust_env=False, timeout=60, **options)

    def kill(self) -> int:
        return self.end(signal.SIGKILL)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self._popen.send_signal(number)
        code = self._popen.wait(30)
        self._reader.join(10)
        return code


@contextlib.contextmanager
def receiving(place: Place, configuration: Path, program: str = "", **environment: str) -> Iterator[Process]:
    """A receiver for the length of the block.

    Args:
        place: what it finds around it.
        configuration: its file.
        program: Python to run before it.
        environment: what is else than usual.
    """
    arguments = ["-c", f"{program}\nfrom doors.cli import main; main()", "receiver", str(configuration)]
    usual = {
        "PREFECT_API_URL": str(PREFECT_API_URL.value()),
        "LIFEBOAT_PLANS": str(place.folder / "plans"),
        "LIFEBOAT_HOME": str(place.folder / "home"),
        "ALERTS_TOKEN": SECRET,
        "PYTHONPATH": str(ROOT),
    }
    process = Process(arguments, usual | environment)
    try:
        process.await_start()
        yield process
    finally:
        if process._popen.poll() is None:
            process.end()


def stored(configuration: Path, question: str) -> list[tuple[Any, ...]]:
    """What the receiver's file answers, while it runs or after."""
    path = YAML(typ="safe").load(configuration.read_text())["store"]
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()
