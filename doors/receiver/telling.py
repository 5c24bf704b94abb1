"""Puts what happens to an incident on record, and tells people. Telling them never holds anything up."""

import asyncio
import logging

from blocks.chat.kind import Message
from doors.receiver.kept import Incident
from doors.receiver.platform import AWAY
from doors.receiver.store import Event, Store
from doors.receiver.surroundings import Applications
from recovery.errors import RecoveryError
from recovery.model import now
from recovery.telling import decide_told

log = logging.getLogger("lifeboat.receiver")


class Teller:
    """Args:
    store: that has it on record.
    applications: whose plans say who is told.
    """

    def __init__(self, store: Store, applications: Applications) -> None:
        self._store, self._applications = store, applications

    async def say(self, incident: Incident, event: Event, sentence: str, flow_run: str | None = None) -> None:
        """Something happened.

        Args:
            incident: to it.
            event: what.
            sentence: why, in plain words.
            flow_run: its failover, where it was begun just now.
        """
        log.warning("%s: %s: %s", incident.name, event, sentence)
        await asyncio.to_thread(self._store.change, incident, event, sentence, now(), flow_run)
        try:
            around = await self._applications.surroundings(incident.application)
        except (*AWAY, RecoveryError) as error:
            log.warning("People could not be told of %s: %s", incident.name, type(error).__name__)
            return
        title = f"Alerts of {incident.application}: {event}"
        told = decide_told(around.plan.notifications, "outage")
        message = Message(incident=incident.name, kind="note", title=title, lines=(sentence,), topic="outage")
        around.courier.post(message, to=told.facts["to"])

    async def say_once(self, incident: Incident, event: Event, sentence: str) -> None:
        """The same, unless it is what was said last."""
        if incident.sentence != sentence:
            await self.say(incident, event, sentence)
