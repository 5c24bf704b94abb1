"""Tells people of an outage that the uptime monitor sees, more of them while nobody acts, and all when it is over."""

from blocks.chat.courier import Courier
from blocks.chat.kind import Message
from recovery.escalation import decide_escalation
from recovery.failover import Alert
from recovery.model import now
from recovery.plan import Plan
from recovery.telling import Told, decide_told


class Outage:
    """The outages of one application, one after the other, as one vantage point sees them.

    Args:
        plan: of the application.
        courier: delivers.
        vantage_point: the name of this one.
    """

    def __init__(self, plan: Plan, courier: Courier, vantage_point: str) -> None:
        self._plan, self._courier, self._own = plan, courier, vantage_point
        self._question: Message | None = None
        self._acted = False
        self._escalated_to: list[str] = []
        self._steps = 0

    def is_on(self, alert: Alert, done: str, acted: bool) -> None:
        """An outage is on. People are told once, and again when something is done about it.

        Args:
            alert: what was seen.
            done: what is done about it, in a sentence.
            acted: its failover was started.
        """
        lines = (alert.sentence, done)
        if self._question is None:
            incident = f"{self._plan.application}-outage-{self._own}-{alert.detected_at:%Y%m%dT%H%M%SZ}"
            title = f"{self._plan.application} does not answer (seen from: {self._own})"
            self._question = Message(incident=incident, kind="started", title=title, lines=lines, topic="outage")
            self._send(self._question)
        elif acted and not self._acted:
            self._tell("answered", f"The failover of {self._plan.application} was started", lines)
        self._acted = self._acted or acted

    def while_on(self) -> None:
        """Tells more people where it is time, by the plan's escalation."""
        if self._question is None:
            return
        decision = decide_escalation(self._plan.escalation, self._question.at, self._steps, now(), self._acted)
        if decision.verdict != "go":
            return
        self._steps += 1
        self._escalated_to += decision.facts["tell"]
        update = {"lines": (decision.sentence, *self._question.lines), "at": now(), "id": self._question.id + "+"}
        self._courier.post(self._question.model_copy(update=update), to=decision.facts["tell"])

    def is_over(self) -> None:
        """Everybody who was told of it hears that it is over."""
        if self._question is None:
            return
        self._tell("finished", f"{self._plan.application} answers again (seen from: {self._own})", ())
        self._question, self._acted, self._escalated_to, self._steps = None, False, [], 0

    def _tell(self, kind: Told, title: str, lines: tuple[str, ...]) -> None:
        assert self._question is not None
        incident = self._question.incident
        self._send(Message(incident=incident, kind=kind, title=title, lines=lines, topic="outage"))

    def _send(self, message: Message) -> None:
        told = decide_told(self._plan.notifications, "outage", self._escalated_to)
        self._courier.post(message, to=told.facts["to"])
