"""Whether the application answers at the standby, asked without changing anything."""

from recovery.decision import Decision, go
from recovery.outcome import Outcome
from recovery.resume import keeps
from tasks.requests import ask
from tasks.run import Run


def standby_answers(run: Run, before: Outcome) -> Decision:
    """Sends the probes of the plan that only read.

    Args:
        before: what the step came to that this says whether it still stands.
    """
    for probe in run.plan.health.probes:
        if probe.method == "GET" and not (result := ask(run.plan.sites.standby.url, probe, host=run.plan.dns.name)).ok:
            return go(f"The standby does not answer: {result.sentence}.")
    return keeps(before)
