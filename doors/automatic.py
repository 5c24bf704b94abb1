"""Whether a failover may start by itself now, by what vantage points and journals say."""

from doors.records import Records
from recovery.automatic import decide_automatic
from recovery.decision import Decision, refuse
from recovery.errors import RecoveryError
from recovery.past import DAY
from recovery.plan_automatic import Automatic
from recovery.vantage import Observation


def judge_automatic(rules: Automatic, records: Records, own: Observation) -> Decision:
    """Whether the plan's rules let a failover start by itself. Without its history none does.

    Args:
        rules: of the plan.
        records: of the application.
        own: what the asking vantage point sees, and when.
    """
    try:
        others = records.observations(set(rules.vantage_points) - {own.vantage_point})
        past = records.past(max(DAY, rules.cool_down))
    except RecoveryError as error:
        return refuse(f"What went before cannot be known: {error.what}", error.remedy)
    return decide_automatic(rules, own.vantage_point, [*others, own], past, own.at)
