"""Rows of the store, and the incidents that they are put together to."""

import secrets
import sqlite3
from datetime import UTC, datetime

from doors.receiver.kept import Incident, KeptAlert
from recovery.alerts.alert import ReceivedAlert
from recovery.alerts.decide import Choice

OPEN = """
    select incidents.*, (select count(*) from alerts where incident = incidents.id and status = 'firing') as firing
    from incidents where closed is null
"""


def open_incident(connection: sqlite3.Connection, application: str | None) -> Incident | None:
    """The application's open incident, if it has one."""
    row = connection.execute(f"{OPEN} and application = ?", (application,)).fetchone()
    return read_incident(row) if row else None


def open_one(connection: sqlite3.Connection, application: str, choice: Choice, at: datetime) -> int:
    """Opens an incident of the application, which must have none that is open. Returns its number."""
    name = f"{application}-alerts-{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    added = connection.execute(
        "insert into incidents (name, application, opened, action, sentence) values (?, ?, ?, ?, ?)",
        (name, application, at.timestamp(), choice.action, choice.sentence),
    )
    return int(added.lastrowid or 0)


def read_incident(row: sqlite3.Row) -> Incident:
    """An incident as `OPEN` selects it."""
    names = ("id", "name", "application", "action", "sentence", "flow_run", "withdrawn", "firing")
    return Incident(opened=_moment(row["opened"]), **{name: row[name] for name in names})


def read_alert(row: sqlite3.Row) -> KeptAlert:
    """A whole row of alerts."""
    return KeptAlert(
        id=row["id"],
        endpoint=row["endpoint"],
        application=row["application"],
        began=_moment(row["began"]),
        alert=ReceivedAlert.model_validate_json(row["body"]),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
