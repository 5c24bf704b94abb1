"""Begins an incident's failover, where the plan's rules let it: once, whenever it is killed meanwhile."""

import asyncio

from doors.automatic import judge_automatic
from doors.receiver.kept import Incident, KeptAlert
from doors.receiver.platform import Platform
from doors.receiver.store import Store
from doors.receiver.surroundings import Applications, Surroundings
from doors.receiver.telling import Teller
from recovery.alerts.decide import Choice, choose_action, judge_begin, judge_lasting
from recovery.decision import Decision, go
from recovery.failover import Alert
from recovery.model import now
from recovery.plan import Plan
from recovery.plan_alerts import Action
from recovery.vantage import Observation

_ACTIONS: tuple[Action, ...] = ("start", "ask")  # one that is held back does not keep people from being asked


class Beginning:
    """Args:
    store: of the alerts.
    applications: their plans and what belongs to them.
    platform: the Prefect server.
    teller: tells people.
    vantage_points: by endpoint, what a plan may call it.
    """

    def __init__(
        self,
        store: Store,
        applications: Applications,
        platform: Platform,
        teller: Teller,
        vantage_points: dict[str, str],
    ) -> None:
        self._store, self._applications, self._platform = store, applications, platform
        self._teller, self._vantage_points = teller, vantage_points

    async def begin_if_it_may(self, incident: Incident, plan: Plan) -> None:
        """Begins it, or says once what is in the way; the next round looks again."""
        since, held = now() - plan.alerts.counts_for, None
        for action in _ACTIONS:
            alert = await asyncio.to_thread(self._store.candidate, incident, action, since)
            if alert is None:
                continue
            choice = choose_action(plan.alerts, alert.endpoint, alert.alert, alert.began, now())
            decision = await self._judge(await self._applications.surroundings(incident.application), alert, choice)
            if decision.verdict == "go":
                return await self._begin(incident, alert, choice, decision)
            held = held or decision
        if held:
            await self._teller.say_once(incident, "held", f"No failover is begun. {held.sentence}")
        return None

    async def _judge(self, surroundings: Surroundings, alert: KeptAlert, choice: Choice) -> Decision:
        at, automatic = now(), go("Its approvers are asked.")
        lasted = judge_lasting(choice, alert.began, at)
        if choice.action == "start" and lasted.verdict == "go":
            name = self._vantage_points.get(alert.endpoint, alert.endpoint)
            own = Observation(vantage_point=name, health="dead", sentence=alert.alert.summary, at=at)
            automatic = await asyncio.to_thread(_judge_automatic, surroundings, own)
        return judge_begin(choice, lasted, automatic)

    async def _begin(self, incident: Incident, kept: KeptAlert, choice: Choice, decision: Decision) -> None:
        """Killed before the run's number is kept, it asks again with the same key, and gets the same run."""
        ask, initiator = choice.action == "ask", f"receiver {kept.endpoint}"
        alert = Alert(
            sentence=f"{kept.alert.summary} ({choice.sentence})",
            source=initiator,
            detected_at=kept.began,
            alerted_at=now(),
            automatic=not ask,
        )
        key = f"alert:{incident.application}:{kept.began.isoformat()}"
        run = await self._platform.begin(incident.application, alert, ask=ask, initiator=initiator, key=key)
        await self._teller.say(incident, "asked" if ask else "started", decision.sentence, run)


def _judge_automatic(surroundings: Surroundings, own: Observation) -> Decision:
    """Other vantage points are told, where the plan counts this one among them."""
    rules = surroundings.plan.automatic
    if own.vantage_point in rules.vantage_points:
        surroundings.records.observe(own)
    return judge_automatic(rules, surroundings.records, own)
