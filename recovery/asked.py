"""The plan of a recovery that people are asked about, whatever the plan itself says."""

from recovery.errors import Refused
from recovery.plan import Plan


def asked_of_people(plan: Plan) -> Plan:
    """The plan, with its approvers in the place of its policy. Too late an answer is a no.

    Raises:
        Refused: it lists none.
    """
    if not plan.approval.approvers:
        raise Refused(f"The plan of {plan.application} lists no approvers.", remedy="Add approval.approvers to it.")
    approval = plan.approval.model_copy(update={"mode": "human", "on_timeout": "stop"})
    return plan.model_copy(update={"approval": approval})
