"""The receiver, fuzzed by its own OpenAPI document: no credential, no change; and never an error of its own."""

import asyncio
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from receiver_fixtures import BEARER, Played, configuration, playing
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from server_fixtures import wait_until

pytestmark = pytest.mark.slow
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
NAMES = list(configuration().endpoints)
EXAMPLES = 15


class Served:
    """The receiver behind a real port, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.document: dict[str, Any] = {}
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        async with playing(self._folder, most_a_second=100_000, largest_body=50_000) as played:
            self._server = uvicorn.Server(uvicorn.Config(guarded(played), log_config=None, lifespan="off"))
            self.document = played.app.openapi()
            await self._server.serve([self._listening])

    def rows(self) -> int:
        """How many there are in the store, of whatever kind."""
        with sqlite3.connect(self._folder / "alerts.sqlite") as store:
            tables = ("alerts", "incidents", "events", "seen")
            return sum(store.execute(f"select count(*) from {each}").fetchone()[0] for each in tables)

    def __enter__(self) -> "Served":
        self._thread.start()
        wait_until(lambda: self._server is not None and self._server.started, 60, "the receiver's start")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server
        self._server.should_exit = True
        self._thread.join(30)
        self._listening.close()


def guarded(played: Played) -> Any:
    return played.client._transport.app  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("fuzz")) as found:
        yield found


def fuzz(served: Served, name: str, judge: Callable[[Any], None]) -> None:
    """Plays cases of one endpoint, right and wrong ones, and has each judged."""
    schema = schemathesis.openapi.from_dict(served.document)
    operation = schema[f"/alerts/{name}"]["POST"]
    modes = schemathesis.GenerationMode

    for mode in (modes.POSITIVE, modes.NEGATIVE):

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def play(case: Any) -> None:
            judge(case)

        play()


@pytest.mark.parametrize("name", NAMES)
def test_without_a_credential_nothing_changes(served: Served, name: str) -> None:
    before, played = served.rows(), []

    def judge(case: Any) -> None:
        case.headers.pop("Authorization", None)
        answer = case.call(base_url=served.url, timeout=60)
        played.append(answer.status_code)
        case.validate_response(answer, checks=CHECKS)
        assert 400 <= answer.status_code < 500

    fuzz(served, name, judge)
    assert served.rows() == before
    assert len(played) >= EXAMPLES


@pytest.mark.parametrize("name", [each for each in NAMES if each in ("prometheus", "kibana")])
def test_with_one_every_answer_is_one_that_is_documented(served: Served, name: str) -> None:
    codes = set[int]()

    def judge(case: Any) -> None:
        answer = case.call(base_url=served.url, headers=BEARER, timeout=60)
        codes.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    fuzz(served, name, judge)
    assert codes >= {202, 400}
    assert httpx.get(f"{served.url}/health", trust_env=False, timeout=60).status_code == 200
