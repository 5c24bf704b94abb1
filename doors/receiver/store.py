"""What the worker asks of the store: alerts that wait, incidents that are open, events that were not delivered."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from doors.receiver.database import Database
from doors.receiver.intake import add_event, keep
from doors.receiver.kept import Delivery, Incident, KeptAlert, Receipt
from doors.receiver.rows import OPEN, open_incident, open_one, read_alert, read_incident
from recovery.alerts.decide import STRENGTH, Choice, strongest
from recovery.plan_alerts import Action

KEPT_FOR = timedelta(days=30)
Event = Literal["opened", "asked", "started", "held", "withdrawn", "closed"]


class Store:
    """The receiver's memory. Every method is one transaction; all raise `sqlite3.Error` where the disk fails."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)

    def close(self) -> None:
        self._database.close()

    def keep(self, deliveries: Sequence[Delivery]) -> list[Receipt]:
        """Has all of them on disk before it returns."""
        with self._database.transaction() as connection:
            return keep(connection, deliveries)

    def waiting(self, most: int = 500) -> list[KeptAlert]:
        """Alerts that nobody has decided about, oldest first."""
        with self._database.transaction() as connection:
            rows = connection.execute("select * from alerts where waiting order by id limit ?", (most,)).fetchall()
        return [read_alert(row) for row in rows]

    def record(
        self, application: str | None, decided: Sequence[tuple[KeptAlert, Choice]], at: datetime
    ) -> Incident | None:
        """Puts decisions on record, and the alerts into the application's incident, which is opened where one asks.

        Returns:
            The incident, where it was opened by this or is asked for more than before.
        """
        most = strongest([choice for _, choice in decided])
        with self._database.transaction() as connection:
            before = open_incident(connection, application)
            number = before.id if before else None
            if application and not before and most.action != "note":
                number = open_one(connection, application, most, at)
            elif before and STRENGTH[most.action] > STRENGTH[before.action]:
                values = (most.action, most.sentence, number)
                connection.execute("update incidents set action = ?, sentence = ? where id = ?", values)
            connection.executemany(
                "update alerts set waiting = 0, action = ?, sentence = ?, incident = ? where id = ?",
                [
                    (each.action, each.sentence, number if each.action != "note" else None, alert.id)
                    for alert, each in decided
                ],
            )
            after = open_incident(connection, application)
        changed = after and (before is None or before.action != after.action)
        return after if changed else None

    def open_incidents(self) -> list[Incident]:
        with self._database.transaction() as connection:
            return [read_incident(row) for row in connection.execute(f"{OPEN} order by id").fetchall()]

    def candidate(self, incident: Incident, action: Action, since: datetime) -> KeptAlert | None:
        """The alert that has lasted longest of those that ask for the action, began since then, and are not over."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "select * from alerts where incident = ? and status = 'firing' and action = ? and began >= ?"
                " order by began limit 1",
                (incident.id, action, since.timestamp()),
            ).fetchone()
        return read_alert(row) if row else None

    def change(
        self, incident: Incident, event: Event, sentence: str, at: datetime, flow_run: str | None = None
    ) -> None:
        """Puts what happened to an incident on record, and among the events.

        What still fires when a withdrawn one is closed waits to be decided about anew.
        """
        closed = at.timestamp() if event == "closed" else None
        with self._database.transaction() as connection:
            connection.execute(
                "update incidents set sentence = ?, flow_run = coalesce(?, flow_run), withdrawn = withdrawn or ?,"
                " closed = ? where id = ?",
                (sentence, flow_run, event == "withdrawn", closed, incident.id),
            )
            if closed:
                connection.execute(
                    "update alerts set waiting = 1, incident = null where incident = ? and status = 'firing'",
                    (incident.id,),
                )
            resource = {
                "prefect.resource.id": f"lifeboat.application.{incident.application}",
                "prefect.resource.name": incident.application,
            }
            payload = {"incident": incident.name, "sentence": sentence, "flow_run": flow_run or incident.flow_run}
            add_event(connection, f"lifeboat.incident.{event}", resource, dict(payload), at)

    def forget(self, application: str, before: datetime) -> int:
        """Takes alerts for over that were not heard of since then. Returns how many."""
        with self._database.transaction() as connection:
            return connection.execute(
                "update alerts set status = 'resolved', waiting = 0"
                " where application = ? and status = 'firing' and last_seen < ?",
                (application, before.timestamp()),
            ).rowcount

    def events(self, most: int = 100) -> list[tuple[int, str]]:
        """Prefect events that wait for the server, oldest first: number and JSON."""
        with self._database.transaction() as connection:
            rows = connection.execute("select number, body from events order by number limit ?", (most,)).fetchall()
        return [(row["number"], row["body"]) for row in rows]

    def delivered(self, numbers: Sequence[int]) -> None:
        with self._database.transaction() as connection:
            connection.executemany("delete from events where number = ?", [(each,) for each in numbers])

    def prune(self, at: datetime) -> None:
        """Drops what nobody will ask for again."""
        old = (at - KEPT_FOR).timestamp()
        with self._database.transaction() as connection:
            connection.execute("delete from seen where until < ?", (at.timestamp(),))
            connection.execute("delete from alerts where not waiting and last_seen < ?", (old,))
            connection.execute("delete from incidents where closed < ?", (old,))
