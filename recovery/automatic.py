"""Whether an alert may start a failover by itself. Pure: what was seen goes in, a decision comes out."""

from collections.abc import Sequence
from datetime import datetime

from recovery.decision import Decision, go
from recovery.maintenance import judge_maintenance
from recovery.past import PastFailover, judge_cool_down, judge_most_a_day
from recovery.plan_automatic import Automatic
from recovery.vantage import Observation, judge_quorum


def decide_automatic(
    rules: Automatic, own: str, observations: Sequence[Observation], past: Sequence[PastFailover], at: datetime
) -> Decision:
    """Whether every rule of the plan lets it start.

    Args:
        rules: of the plan.
        own: the vantage point that asks; the only one that counts where the plan names none.
        observations: what every vantage point saw, this one too.
        past: earlier failovers of this application, at least those of the last day and the cool-down.
        at: now.

    Returns:
        `go`, or the first rule that says no.
    """
    expected = rules.vantage_points or (own,)
    judged = (
        judge_quorum(observations, expected, rules.quorum, rules.fresh, at),
        judge_maintenance(rules.maintenance, at),
        judge_cool_down(past, rules.cool_down, at),
        judge_most_a_day(past, rules.most_a_day, at),
    )
    against = next((each for each in judged if each.verdict != "go"), None)
    return against or go(" ".join(each.sentence for each in judged), **judged[0].facts)
