"""Keeps what came in: repeats are told from what is new, and what is over from what is not, over restarts too."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from doors.receiver.kept import Delivery, Receipt
from recovery.alerts.alert import ReceivedAlert

_SAME = "endpoint = ? and grouping = ? and fingerprint = ?"


def keep(connection: sqlite3.Connection, deliveries: Sequence[Delivery]) -> list[Receipt]:
    """Keeps deliveries, within the caller's transaction.

    Returns:
        A receipt for each.
    """
    return [_keep_delivery(connection, each) for each in deliveries]


def _keep_delivery(connection: sqlite3.Connection, delivery: Delivery) -> Receipt:
    if delivery.seen and not _first_time(connection, delivery):
        return Receipt(replayed=True)
    new = 0
    for alert, application in zip(delivery.alerts, delivery.applications, strict=True):
        new += _keep_alert(connection, delivery, alert, application)
    return Receipt(new=new, repeated=len(delivery.alerts) - new)


def _first_time(connection: sqlite3.Connection, delivery: Delivery) -> bool:
    """In the same transaction as the alerts: a request that could not be kept may come again."""
    until = (delivery.at + 2 * delivery.seen_for + timedelta(minutes=1)).timestamp()
    added = connection.execute(
        "insert into seen values (?, ?) on conflict do nothing", (f"{delivery.endpoint}/{delivery.seen}", until)
    )
    return added.rowcount == 1


def _keep_alert(
    connection: sqlite3.Connection, delivery: Delivery, alert: ReceivedAlert, application: str | None
) -> bool:
    """Whether it is new."""
    same = (delivery.endpoint, alert.group, alert.fingerprint)
    began = _began(connection, same, delivery, alert)
    if alert.status == "resolved":
        new = _end(connection, same, began, delivery.at)
        # One whose beginning never came, or comes later: it must be known then that it is over.
        return new or _insert(connection, delivery, alert, application, began, waiting=False)
    seen = connection.execute(
        f"update alerts set last_seen = ?, times = times + 1 where {_SAME} and began = ?",
        (delivery.at.timestamp(), *same, began),
    )
    if seen.rowcount:
        return False
    ended = f"select 1 from alerts where {_SAME} and status = 'resolved' and began >= ?"
    if connection.execute(ended, (*same, began)).fetchone():
        over = alert.model_copy(update={"status": "resolved"})
        return _insert(connection, delivery, over, application, began, waiting=False)
    return _insert(connection, delivery, alert, application, began, waiting=True)


def _began(
    connection: sqlite3.Connection, same: tuple[str, str, str], delivery: Delivery, alert: ReceivedAlert
) -> float:
    """When it began, in seconds since 1970. Where the sender does not say: with the first of its repeats."""
    if alert.starts_at is not None:
        return alert.starts_at.timestamp()
    if alert.status == "resolved":
        return delivery.at.timestamp()
    since = (delivery.at - delivery.repeats_within).timestamp()
    row = connection.execute(
        f"select began from alerts where {_SAME} and status = 'firing' and last_seen >= ? order by began desc",
        (*same, since),
    ).fetchone()
    return float(row["began"]) if row else delivery.at.timestamp()


def _end(connection: sqlite3.Connection, same: tuple[str, str, str], began: float, at: datetime) -> bool:
    rows = connection.execute(
        f"select id, application, body from alerts where {_SAME} and status = 'firing' and began <= ?", (*same, began)
    ).fetchall()
    for row in rows:
        body = ReceivedAlert.model_validate_json(row["body"]).model_copy(update={"status": "resolved"})
        connection.execute(
            "update alerts set status = 'resolved', body = ?, last_seen = ? where id = ?",
            (body.model_dump_json(), at.timestamp(), row["id"]),
        )
        _announce(connection, "lifeboat.alert.resolved", row["application"], body, at)
    return bool(rows)


def _insert(
    connection: sqlite3.Connection,
    delivery: Delivery,
    alert: ReceivedAlert,
    application: str | None,
    began: float,
    *,
    waiting: bool,
) -> bool:
    at, same = delivery.at.timestamp(), (delivery.endpoint, alert.group, alert.fingerprint)
    added = connection.execute(
        "insert into alerts (endpoint, grouping, fingerprint, began, status, application, body, received, last_seen,"
        " waiting) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
        (*same, began, alert.status, application, alert.model_dump_json(), at, at, waiting),
    )
    if added.rowcount:
        _announce(connection, f"lifeboat.alert.{alert.status}", application, alert, delivery.at)
    return added.rowcount == 1


def _announce(
    connection: sqlite3.Connection, event: str, application: str | None, alert: ReceivedAlert, at: datetime
) -> None:
    resource = {
        "prefect.resource.id": f"lifeboat.application.{application or 'unknown'}",
        "prefect.resource.name": application or "unknown",
        "lifeboat.severity": alert.severity,
    }
    add_event(connection, event, resource, alert.model_dump(mode="json"), at)


def add_event(
    connection: sqlite3.Connection, event: str, resource: dict[str, str], payload: dict[str, object], at: datetime
) -> None:
    """Puts a Prefect event among those that wait for the server, within the caller's transaction."""
    number = str(uuid4())
    body = {"id": number, "event": event, "occurred": at.isoformat(), "resource": resource, "payload": payload}
    connection.execute("insert into events (id, body) values (?, ?)", (number, json.dumps(body)))
