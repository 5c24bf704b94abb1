"""Makes sure that a drill cannot touch anything that is in use, by any plan. By check, not by habit."""

from datetime import timedelta

from recovery.decision import Decision, refuse
from recovery.isolation import used_places
from recovery.outcome import Outcome, did
from recovery.places import plan_file
from recovery.plan_file import read_plan
from recovery.rehearsal import decide_rehearsal
from tasks.check_isolation import addresses_of, other_plans, same_for_aliases
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, plan: str) -> Decision:
    """Reads every plan there is, and asks every block that it finds where it points."""
    real = read_plan(plan_file(plan))
    if real.drill is None:
        return refuse("The plan does not say where to rehearse.", "Write drill (docs/drill.md).")
    plans = [real, *other_plans(run)]
    references = sorted({place.reference for place in used_places(plans, {})} | set(real.drill.restore_to.values()))
    addresses = {name: same_for_aliases(at) for name, at in addresses_of(run, references).items() if at}
    if unknown := [name for name in real.drill.restore_to.values() if name not in addresses]:
        return refuse(f"Where {', '.join(unknown)} points is not known.", "Register these blocks first.")
    return decide_rehearsal(real, real.drill, addresses, used_places(plans, addresses))


@verb("check rehearsal", look=look, timeout=timedelta(minutes=2), retries=1, reads=True)
def check_rehearsal(run: Run, plan: str, seen: Decision) -> Outcome:
    """Nothing of a drill begins before this."""
    return did(seen.sentence, **seen.facts)
