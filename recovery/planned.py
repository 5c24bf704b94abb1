"""Every plan that is to be deployed, read whole before anything is touched."""

from collections.abc import Sequence

from recovery.errors import Missing, Refused
from recovery.places import plan_file, plan_names, plans_folder
from recovery.plan import Plan
from recovery.plan_file import read_plan


def read_plans(names: Sequence[str] = ()) -> tuple[Plan, ...]:
    """Reads plans by name; all of them where none is named.

    Raises:
        Missing: there is none. Every deployment would have to be removed: nobody means that.
        Refused: a plan's file is not named as its application is; workers and the monitor would not find it.
        PlanInvalid: a plan has faults.
    """
    wanted = tuple(names) or plan_names()
    if not wanted:
        raise Missing(
            f"There is no plan in {plans_folder()}.", remedy="Set LIFEBOAT_PLANS to the folder of your plans."
        )
    plans = []
    for name in wanted:
        plan = read_plan(plan_file(name))
        if plan_file(name).resolve() != plan_file(plan.application).resolve():
            raise Refused(
                f"The plan {plan_file(name)} is of the application {plan.application}.",
                remedy=f"Name it {plan.application}.yaml, in {plans_folder()}: workers find it by that.",
            )
        plans.append(plan)
    return tuple(plans)
