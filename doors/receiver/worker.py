"""Turns kept alerts into what the plans say. Whatever it had in hand when it was killed, it takes up again."""

import asyncio
import logging
from collections import defaultdict

from doors.receiver.beginning import Beginning
from doors.receiver.kept import Incident, KeptAlert
from doors.receiver.platform import Platform
from doors.receiver.store import Store
from doors.receiver.surroundings import Applications
from doors.receiver.telling import Teller
from recovery.alerts.decide import choose_action, judge_over
from recovery.errors import RecoveryError
from recovery.model import now
from recovery.plan import Plan

log = logging.getLogger("lifeboat.receiver")
WITHDRAWN = "the receiver, as the alerts are over"  # who answers in the approvers' place


class Worker:
    """One round after the other, of everything that is to be done.

    Args:
        store: of the alerts.
        applications: their plans and what belongs to them.
        platform: the Prefect server.
        vantage_points: by endpoint, what a plan may call it.
    """

    def __init__(
        self, store: Store, applications: Applications, platform: Platform, vantage_points: dict[str, str]
    ) -> None:
        self._store, self._applications, self._platform = store, applications, platform
        self._teller = Teller(store, applications)
        self._beginning = Beginning(store, applications, platform, self._teller, vantage_points)

    async def round(self) -> bool:
        """Decides about what waits, begins what is to begin, and ends what is over.

        Returns:
            Whether something is under way that has to be looked at again soon.

        Raises:
            The Prefect client's errors, where the server is away; whatever was not done is done in the next round.
        """
        while waiting := await asyncio.to_thread(self._store.waiting):
            await self._decide(waiting)
        for incident in await asyncio.to_thread(self._store.open_incidents):
            try:
                await self._attend(incident)
            except RecoveryError as error:
                await self._teller.say_once(incident, "held", f"No failover is begun. {error.what}")
        return bool(await asyncio.to_thread(self._store.open_incidents))

    async def hand_over_events(self) -> bool:
        """Gives the server every event that waits for it. Beside the rounds: a storm of them must not hold one up."""
        await asyncio.to_thread(self._store.prune, now())
        while events := await asyncio.to_thread(self._store.events):
            await self._platform.post_events([body for _, body in events])
            await asyncio.to_thread(self._store.delivered, [number for number, _ in events])
        return False

    async def _decide(self, waiting: list[KeptAlert]) -> None:
        of: dict[str | None, list[KeptAlert]] = defaultdict(list)
        for alert in waiting:
            of[alert.application].append(alert)
        for application, alerts in of.items():
            plan, at = self._plan(application), now()
            rules = plan.alerts if plan else None
            decided = [(each, choose_action(rules, each.endpoint, each.alert, each.began, at)) for each in alerts]
            changed = await asyncio.to_thread(self._store.record, application, decided, at)
            for alert, choice in decided:
                log.info("%s: %s: %s", alert.endpoint, choice.action, choice.sentence)
            if changed:
                summary = next((each.alert.summary for each, choice in decided if choice.action == changed.action), "")
                await self._teller.say(changed, "opened", f"{changed.sentence} {summary}")

    async def _attend(self, incident: Incident) -> None:
        plan = self._plan(incident.application)
        if plan is not None:
            before = now() - plan.alerts.forgotten_after
            await asyncio.to_thread(self._store.forget, incident.application, before)
        run = incident.flow_run
        state = await self._platform.state(run) if run else None
        what, why = judge_over(incident.firing, state, incident.withdrawn)
        if what == "close":
            await self._teller.say(incident, "closed", why)
        elif run and what in ("withdraw", "cancel"):
            taken = self._platform.withdraw(run, WITHDRAWN) if what == "withdraw" else self._platform.cancel(run)
            if await taken:
                await self._teller.say(incident, "withdrawn", why)
        elif incident.firing and not run and plan is not None:
            await self._beginning.begin_if_it_may(incident, plan)

    def _plan(self, application: str | None) -> Plan | None:
        """None where it cannot be used: then its alerts are noted, and nothing is begun."""
        try:
            return self._applications.plan(application) if application else None
        except RecoveryError as error:
            log.error("The plan of %s cannot be used: %s", application, error.what)
            return None
