"""Which deployments a plan wants: every playbook that it can play, on its own schedules, safe as the form stands."""

from recovery.bound_for import AS_PLANNED
from recovery.deployment import TAG, Choice, Deployment, Schedule
from recovery.model import Frozen
from recovery.plan import Plan
from recovery.plan_diagram import draw_plan
from recovery.playbooks import DRY, NEWEST, NEWEST_PROVED, OF_ONE_PLAN, Playbook, form

MOST_OFFERED = 50
OFFERED = ("failover", "drill", "verify")  # the playbooks whose forms offer backups


class Offer(Frozen):
    """The backups that a form offers, the newest first.

    Args:
        whole: those that can be verified.
        proved: those that a recovery may restore.
    """

    whole: tuple[str, ...] = ()
    proved: tuple[str, ...] = ()


def deployments_of(plan: Plan, offer: Offer | None = None) -> tuple[Deployment, ...]:
    """What one plan wants.

    Args:
        plan: of the application.
        offer: the backups that there are, or None where nobody could look: then names are typed in.
    """
    goes_back = plan.failback or plan.strategy == "active-active"  # there, a site is put back into rotation
    left_out = {name for name, part in (("failback", goes_back), ("drill", plan.drill)) if not part}
    return tuple(_deployment(each, plan, offer) for each in OF_ONE_PLAN if each.flow not in left_out)


def choices_of(flow: str, plan: Plan, offer: Offer | None) -> dict[str, Choice]:
    """The drop-downs of one playbook's form. The only plan is its own: another has its own deployment."""
    found = {"plan": Choice(options=(plan.application,))}
    if flow == "failover":
        found["site"] = Choice(options=(AS_PLANNED, plan.sites.standby.region))
    if offer and flow in ("failover", "drill"):
        found["backup"] = Choice(options=(NEWEST_PROVED, *offer.proved[:MOST_OFFERED]), others=True)
    if offer and flow == "verify":
        found["backup"] = Choice(options=(NEWEST, *offer.whole[:MOST_OFFERED]), others=True)
    return found


def fleet_deployments() -> tuple[Deployment, ...]:
    """Those that are of all plans together."""
    return (
        Deployment(
            flow="verify-fleet",
            name="nightly",
            description="Verifies the newest backup of every application, many at once, and older ones within each "
            "plan's budget of time; one that fails never stops the others. The artifact `fleet` shows where each "
            "stands, green, stale or failed, and why; the artifact `coverage` shows every backup.",
            tags=(TAG,),
            parameters={"at_once": 4, "more_within_budget": True, "on_workers": False},
            schedules=(Schedule(slug="nightly", cron="35 4 * * *", timezone="UTC"),),
            collision="CANCEL_NEW",
        ),
        Deployment(
            flow="failover-many",
            name="all",
            description="Recovers every application, by need and tier; one that fails holds back only those that need "
            f"it.\n{DRY}",
            tags=(TAG,),
            parameters=form(mode="dry run", at_once=4, even_if_primary_answers=False),
            collision="CANCEL_NEW",
        ),
    )


def _deployment(playbook: Playbook, plan: Plan, offer: Offer | None) -> Deployment:
    said = playbook.says.format(f"`{plan.application}`")
    return Deployment(
        flow=playbook.flow,
        name=plan.application,
        description=f"{said}\n\n{draw_plan(plan)}" if playbook.drawn else said,
        tags=(TAG, plan.application),
        parameters={"plan": plan.application, **playbook.parameters},
        schedules=_schedules(playbook.flow, plan),
        collision=playbook.collision,
        choices=choices_of(playbook.flow, plan, offer),
    )


def _schedules(flow: str, plan: Plan) -> tuple[Schedule, ...]:
    """The plan's own; readiness every half hour, and retention daily where the plan says what to keep."""
    policy = plan.backup
    lines = {"backup": policy.schedule, "verify": policy.verify_schedule, "readiness": "10,40 * * * *"}
    if policy.keep or any(each.keep for each in plan.snapshots.values()):
        lines["retention"] = "20 3 * * *"
    if plan.drill:
        lines["drill"] = plan.drill.schedule
    if flow not in lines:
        return ()
    real = {"plan": plan.application, "mode": "for real"} if flow == "retention" else {}
    return (Schedule(slug="regular", cron=lines[flow], timezone=policy.timezone, parameters=real),)
