"""Readiness: could this application be recovered right now? Looks at everything that a recovery will need."""

from prefect import flow

from recovery.errors import NotProved, RecoveryError
from recovery.model import now
from recovery.readiness import Check, Readiness, has_drifted
from tasks.check_readiness import check_readiness
from tasks.forms import PlanName
from tasks.heal_drift import heal_drift, refused
from tasks.opening import open_run
from tasks.publish_readiness import publish_readiness
from tasks.readiness_probes import PROBES
from tasks.run import Run
from tasks.together import together


@flow(name="readiness", flow_run_name="readiness of {plan}")
async def readiness(plan: PlanName = "shop") -> str:
    """Checks backup, vault, infrastructure and its quotas, configuration, DNS, fence, certificate, secrets, approvers,
    what the recovery depends on, and the time it would take. Heals drift where the plan says so.

    Args:
        plan: The application, by its plan.

    Returns:
        What was found, in a sentence. The artifact `readiness-APPLICATION` says more.
    """
    async with open_run("readiness", plan) as run:
        looked = await together(*(check_readiness(run, what=name) for name in PROBES))
        checks = await _healed(run, [Check.model_validate(each) for one in looked for each in one.facts["checks"]])
        found = Readiness(application=run.plan.application, at=now(), checks=tuple(checks))
        await publish_readiness(run, found=found)
        if found.state == "not ready":
            raise NotProved(found.sentence, remedy=" ".join(each.remedy for each in found.of("not ready")))
        return found.sentence


async def _healed(run: Run, checks: list[Check]) -> list[Check]:
    """The checks, where the standby has drifted and may be healed as it is afterwards."""
    if not run.plan.infrastructure.heal_drift or not has_drifted(checks):
        return checks
    try:
        healed = await heal_drift(run)
    except RecoveryError as error:
        return [*checks, refused(error)]
    after = [Check.model_validate(healed.facts["check"])] if "check" in healed.facts else []
    return [each for each in checks if each.name not in {check.name for check in after}] + after
