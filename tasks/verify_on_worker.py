"""Has a worker verify one application, as a run of its own."""

from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound

from recovery.duration import say_duration
from recovery.errors import Missing, NotProved, RecoveryError

LONGEST = 8 * 3600.0  # seconds that one application may take, waiting for a worker included
PAUSE = 5.0  # seconds between two looks at the run


async def verify_on_worker(plan: str, more_within_budget: bool) -> None:
    """Starts the deployment `verify/<plan>` and waits for its end.

    Args:
        plan: the application's plan.
        more_within_budget: as the flow `verify` takes it.

    Raises:
        Missing: there is no such deployment.
        NotProved: the run did not complete; its own words say why.
        RecoveryError: it did not end in time.
    """
    wanted, name = {"plan": plan, "more_within_budget": more_within_budget}, f"verify/{plan}"
    try:
        run = await arun_deployment(name, parameters=wanted, timeout=LONGEST, poll_interval=PAUSE)
    except ObjectNotFound as error:
        raise Missing(f"There is no deployment {name}.", remedy="Deploy it: lifeboat deploy.") from error
    if run.state is None or not run.state.is_final():
        raise RecoveryError(
            f"The run {run.name} of {name} did not end within {say_duration(LONGEST)}.",
            remedy="See whether a worker serves its work pool.",
        )
    if not run.state.is_completed():
        raise NotProved(
            f"The run {run.name} of {name} ended {run.state.name}: {run.state.message or 'no reason given'}"
        )
