"""Whether to fail over. Pure: what was seen goes in, a decision and its sentence come out."""

from datetime import datetime

from recovery.decision import Decision, done, go, refuse
from recovery.model import Frozen


class Alert(Frozen):
    """Why somebody, or something, thinks that the primary is down.

    Args:
        sentence: what was seen.
        source: who says so (the uptime monitor, a person).
        detected_at: when it was seen first.
        alerted_at: when it had lasted long enough to be an alert.
        last_seen_healthy: the last moment at which the application was known to answer, if anybody knows.
        automatic: no person is asked before it acts, beyond what the plan says.
    """

    sentence: str
    source: str
    detected_at: datetime
    alerted_at: datetime
    last_seen_healthy: datetime | None = None
    automatic: bool = True


def decide_failover(
    active: tuple[str, ...], primary: str, standby: str, answers: bool, insisted: bool, rehearsal: bool
) -> Decision:
    """Whether the application should be moved from its primary to its standby.

    Args:
        active: the addresses that DNS hands out now; empty where it hands out none.
        primary, standby: the sites' addresses.
        answers: the application answers its health probe at the primary.
        insisted: the operator wants it although the primary answers.
        rehearsal: nothing will be changed, so nothing needs to be refused.
    """
    facts = {"active": list(active), "primary_answers": answers}
    if active == (standby,):
        return done(f"The application already runs at the standby, {standby}: nothing to fail over.", **facts)
    if active not in ((primary,), ()):
        return refuse(
            f"DNS hands out {', '.join(active)}, which is neither the primary nor the standby of this plan.",
            "Find out who changed it; bring the plan up to date; then run the failover again.",
            **facts,
        )
    if not answers:
        return go(f"The primary, {primary}, does not answer: failing over to {standby}.", **facts)
    if rehearsal:
        return go("The primary answers; a real failover would be refused unless you insist.", **facts)
    if insisted:
        return go("The primary answers, but the operator insists on failing over.", **facts)
    return refuse(
        f"The primary, {primary}, still answers its health probe.",
        "If it must be taken over all the same, run again with even_if_primary_answers.",
        **facts,
    )
