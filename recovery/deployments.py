"""Which deployments a plan wants: every playbook that it can play, on its own schedules, safe as the form stands."""

from typing import Any, Literal, NamedTuple

from recovery.bound_for import AS_PLANNED
from recovery.deployment import TAG, Choice, Deployment, Schedule
from recovery.model import Frozen
from recovery.plan import Plan
from recovery.plan_diagram import draw_plan

DRY = "**As it stands this is a dry run**: it reads the world, says what each step would do, and changes nothing."
NEWEST, NEWEST_PROVED, UNFINISHED = "newest", "newest proved", "unfinished"
MOST_OFFERED = 50
OFFERED = ("failover", "drill", "verify")  # the playbooks whose forms offer backups
_BY_HAND: dict[str, Any] = {"mode": "dry run", "incident": UNFINISHED}


class Offer(Frozen):
    """The backups that a form offers, the newest first.

    Args:
        whole: those that can be verified.
        proved: those that a recovery may restore.
    """

    whole: tuple[str, ...] = ()
    proved: tuple[str, ...] = ()


class _Playbook(NamedTuple):
    """What the deployments of one playbook have in common."""

    flow: str
    says: str
    parameters: dict[str, Any]
    collision: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"
    drawn: bool = False


def _form(**more: Any) -> dict[str, Any]:
    return {"break_glass": "", "initiator": "", **more}


_RECOVERY = _form(graceful=False, backup=NEWEST_PROVED, even_if_primary_answers=False, site=AS_PLANNED, **_BY_HAND)
_PLAYBOOKS = (
    _Playbook("backup", "Takes a backup of {}, encrypted, with the proof of what it held.", {}),
    _Playbook(
        "verify",
        "Restores the newest backup of {} into a scratch place, proves it equal to its source, and tears it down.",
        {"backup": NEWEST},
    ),
    _Playbook("failover", f"Brings {{}} back at its standby site.\n{DRY}", _RECOVERY, "CANCEL_NEW", True),
    _Playbook(
        "failback",
        f"Brings {{}} back to its primary site; nothing that was written at the standby is lost.\n{DRY}",
        _form(**_BY_HAND),
        "CANCEL_NEW",
        True,
    ),
    _Playbook(
        "drill",
        "Rehearses the failover of {} by the same steps, in an isolated copy that is removed afterwards, and measures "
        "it.\nProduction is not touched, and that is checked.",
        {"backup": NEWEST_PROVED, "dry_run": False},
        "CANCEL_NEW",
        True,
    ),
    _Playbook(
        "retention",
        "Removes the backups of {} that no rule of its plan keeps. Never the newest, never the newest that was "
        "proved.\n**Pressed by hand it is a dry run**; only its schedule removes anything.",
        {"mode": "dry run"},
    ),
    _Playbook(
        "rotate-keys",
        f"Wraps the key of every backup of {{}} anew, for the recipients that the block of keys names now. No data is "
        f"copied.\n{DRY}",
        {"mode": "dry run"},
    ),
    _Playbook(
        "abandon",
        f"Gives up a failover of {{}} that promoted nothing yet: lowers the fence, removes what was restored.\n{DRY}",
        dict(_BY_HAND),
        "CANCEL_NEW",
    ),
    _Playbook(
        "readiness",
        "Could {} be recovered right now? Looks at everything that a recovery will need; changes nothing.",
        {},
        "CANCEL_NEW",
    ),
)
PLAYBOOKS = (*(each.flow for each in _PLAYBOOKS), "verify-fleet", "failover-many")


def deployments_of(plan: Plan, offer: Offer | None = None) -> tuple[Deployment, ...]:
    """What one plan wants.

    Args:
        plan: of the application.
        offer: the backups that there are, or None where nobody could look: then names are typed in.
    """
    left_out = {name for name, part in (("failback", plan.failback), ("drill", plan.drill)) if part is None}
    return tuple(_deployment(each, plan, offer) for each in _PLAYBOOKS if each.flow not in left_out)


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
            parameters=_form(mode="dry run", at_once=4, even_if_primary_answers=False),
            collision="CANCEL_NEW",
        ),
    )


def _deployment(playbook: _Playbook, plan: Plan, offer: Offer | None) -> Deployment:
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
