"""The receiver's web application: one way in for each endpoint, and a sign of life."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from doors.receiver.authentication import judge_headers, judge_sender
from doors.receiver.certificates import Certificates
from doors.receiver.document import describe
from doors.receiver.guard import TooLarge
from doors.receiver.keeping import Keeper
from doors.receiver.kept import Delivery, Receipt
from recovery.alerts.alert import Malformed, ReceivedAlert
from recovery.alerts.configuration import Endpoint, ReceiverConfiguration
from recovery.alerts.read import read_alerts
from recovery.errors import RecoveryError
from recovery.model import now

log = logging.getLogger("lifeboat.receiver")
_KEEPING_FAILS = (sqlite3.Error, asyncio.QueueFull, TimeoutError)


class Taken(BaseModel):
    """The answer: what was kept. Nothing has been done about it yet."""

    new: int
    repeated: int
    replayed: bool


class Receiver:
    """Authenticates, reads and keeps; it decides nothing.

    Args:
        configuration: of the receiver.
        secrets: by endpoint.
        keeper: has it on disk.
        certificates: of SNS.
    """

    def __init__(
        self,
        configuration: ReceiverConfiguration,
        secrets: dict[str, bytes],
        keeper: Keeper,
        certificates: Certificates,
    ) -> None:
        self._endpoints, self._secrets = configuration.endpoints, secrets
        self._keeper, self._certificates = keeper, certificates

    async def take(self, name: str, request: Request) -> Taken:
        """One request, from its headers to its receipt."""
        endpoint, headers = self._endpoints[name], dict(request.headers.items())
        secret, at = self._secrets.get(name, b""), now()
        if (early := judge_headers(endpoint, headers, secret)).verdict != "go":
            raise self._turned_away(name, early.sentence)
        body = await _body(request)
        try:
            sender = await judge_sender(endpoint, headers, body, secret, self._certificates, at)
            if sender.decision.verdict != "go":
                raise self._turned_away(name, sender.decision.sentence)
            if sender.sns and sender.sns.kind != "Notification":
                return await self._answer_sns(name, sender.sns)
            alerts = read_alerts(endpoint, body, sender.sns, at)
        except Malformed as error:
            raise HTTPException(400, str(error)) from error
        except RecoveryError as error:
            log.warning("%s: %s", name, error.what)
            raise HTTPException(503, "Try again.", {"Retry-After": "5"}) from error
        delivery = Delivery(
            endpoint=name,
            alerts=alerts,
            applications=tuple(_application(endpoint, each) for each in alerts),
            at=at,
            repeats_within=endpoint.repeats_within,
            seen=sender.seen,
            seen_for=sender.seen_for,
        )
        return Taken(**(await self._keep(name, delivery)).model_dump())

    async def _keep(self, name: str, delivery: Delivery) -> Receipt:
        try:
            return await self._keeper.keep(delivery)
        except _KEEPING_FAILS as error:
            log.error("%s: %d alerts could not be kept: %r", name, len(delivery.alerts), error)
            raise HTTPException(503, "It could not be kept; try again.", {"Retry-After": "5"}) from error

    async def _answer_sns(self, name: str, message: Any) -> Taken:
        if message.kind == "SubscriptionConfirmation":
            decision = await asyncio.to_thread(self._certificates.confirm, message)
            if decision.verdict != "go":
                raise self._turned_away(name, decision.sentence)
            log.warning("%s: %s", name, decision.sentence)
        return Taken(new=0, repeated=0, replayed=False)

    def _turned_away(self, name: str, sentence: str) -> HTTPException:
        """The log says why; the sender is only told that."""
        log.warning("%s: turned away. %s", name, sentence)
        return HTTPException(401, "Not authenticated.", {"WWW-Authenticate": "Bearer"})


def make_application(receiver: Receiver, configuration: ReceiverConfiguration, healthy: Callable[[], bool]) -> FastAPI:
    """The application. Its document is not served: nobody outside needs to know the endpoints."""
    app = FastAPI(title="Lifeboat's receiver", docs_url=None, redoc_url=None, openapi_url=None)

    async def health() -> dict[str, str]:
        if not healthy():
            raise HTTPException(503, "The receiver does not work.")
        return {"status": "well"}

    for name, endpoint in configuration.endpoints.items():
        app.add_api_route(
            f"/alerts/{name}", _route(receiver, name), methods=["POST"], **describe(name, endpoint, Taken)
        )
    failing: dict[int | str, dict[str, Any]] = {503: {"description": "It does not work."}}
    app.add_api_route("/health", health, methods=["GET"], responses=failing, operation_id="health")
    return app


def _route(receiver: Receiver, name: str) -> Callable[[Request], Any]:
    async def take(request: Request) -> Taken:
        return await receiver.take(name, request)

    return take


async def _body(request: Request) -> bytes:
    try:
        return await request.body()
    except TooLarge as error:
        raise HTTPException(413, "The body is too large.", {"Connection": "close"}) from error
    except ClientDisconnect as error:
        raise HTTPException(400, "The sender went away.") from error
    except TimeoutError as error:
        raise HTTPException(408, "The body came too slowly.", {"Connection": "close"}) from error


def _application(endpoint: Endpoint, alert: ReceivedAlert) -> str | None:
    """Whose alert it is, where this endpoint may speak of that application."""
    label = alert.labels.get(endpoint.application_label) if endpoint.application_label else alert.application
    found = endpoint.application or label
    return found if found in endpoint.applications else None
