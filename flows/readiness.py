"""Readiness: could this application be recovered right now? Looks at everything that a recovery will need."""

from prefect import flow

from recovery.errors import NotProved
from recovery.model import now
from recovery.readiness import Check, Readiness
from tasks.check_readiness import check_readiness
from tasks.forms import PlanName
from tasks.opening import open_run
from tasks.publish_readiness import publish_readiness
from tasks.readiness_probes import PROBES
from tasks.together import together


@flow(name="readiness", flow_run_name="readiness of {plan}")
async def readiness(plan: PlanName = "shop") -> str:
    """Checks backup, vault, infrastructure, configuration, DNS, fence, certificate and the time a recovery would take.

    Args:
        plan: The application, by its plan.

    Returns:
        What was found, in a sentence. The artifact `readiness-APPLICATION` says more.
    """
    async with open_run("readiness", plan) as run:
        checks = await together(*(check_readiness(run, what=name) for name in PROBES))
        found = Readiness(
            application=run.plan.application,
            at=now(),
            checks=tuple(Check.model_validate(each.facts["check"]) for each in checks),
        )
        await publish_readiness(run, found=found)
        if found.state == "not ready":
            raise NotProved(found.sentence, remedy=" ".join(each.remedy for each in found.of("not ready")))
        return found.sentence
