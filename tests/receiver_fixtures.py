"""A receiver in this process: the whole application over its real store, asked over ASGI."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from doors.receiver.application import Receiver, make_application
from doors.receiver.certificates import Certificates, Fetch
from doors.receiver.guard import Guard
from doors.receiver.keeping import Keeper
from doors.receiver.store import Store
from recovery.alerts.configuration import ReceiverConfiguration

SECRET = "a secret that nobody guesses"
BEARER = {"Authorization": f"Bearer {SECRET}"}


def configuration(**changes: Any) -> ReceiverConfiguration:
    """One endpoint of each way to authenticate."""
    endpoint = {"applications": ["shop"], "format": "alertmanager"}
    bearer, basic = {"kind": "bearer", "secret": "env:X"}, {"kind": "basic", "user": "prom", "secret": "env:X"}
    hmac = {"kind": "hmac", "secret": "env:X", "timestamp_header": "X-At"}
    sns = {"kind": "sns", "topics": ["arn:aws:sns:eu-west-1:123456789012:alarms"]}
    return ReceiverConfiguration.model_validate(
        {
            "endpoints": {
                "prometheus": {**endpoint, "authentication": bearer},
                "other-prometheus": {**endpoint, "authentication": basic},
                "grafana": {**endpoint, "format": "grafana", "authentication": hmac},
                "kibana": {**endpoint, "format": "kibana", "authentication": bearer},
                "amazon": {**endpoint, "format": "cloudwatch", "authentication": sns, "application": "shop"},
            },
            **changes,
        }
    )


class Played:
    """A receiver that runs for the length of a test."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, store: Store, keeper: Keeper) -> None:
        self.app, self.client, self.store, self.keeper = app, client, store, keeper
        self.healthy = True

    async def post(self, name: str, body: Any, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(f"/alerts/{name}", content=content, headers=headers)


def never(url: str) -> bytes:
    raise AssertionError(f"{url} was fetched")


@contextlib.asynccontextmanager
async def playing(folder: Path, fetch: Fetch = never, **changes: Any) -> AsyncIterator[Played]:
    """The receiver, whatever it fetches of Amazon, and changes of its configuration."""
    settings, store = configuration(**changes), Store(folder / "alerts.sqlite")
    keeper = Keeper(store, [asyncio.Event()])
    secrets = {name: SECRET.encode() for name in settings.endpoints}
    receiver = Receiver(settings, secrets, keeper, Certificates(fetch))
    app = make_application(receiver, settings, lambda: played.healthy)
    guard = Guard(app, settings.largest_body, settings.most_a_second)
    task = asyncio.create_task(keeper.work())
    transport = httpx.ASGITransport(guard, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
        played = Played(app, client, store, keeper)
        yield played
    task.cancel()
    store.close()
