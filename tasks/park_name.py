"""Points the drill's name back at the address where nothing answers."""

from datetime import timedelta

from blocks.zones.kind import Record, Zone
from recovery.decision import Decision, done, go, refuse
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    parked, copy = run.plan.sites.primary.address, run.plan.sites.standby.address
    record = _read(run)
    if record is None:
        return refuse(f"There is no record {run.plan.dns.name}.", f"Create it, pointing at {parked}.")
    if record.values == (parked,):
        return done(f"{record.name} is parked at {parked}.")
    if record.values != (copy,):
        said = f"{record.name} points at {', '.join(record.values)}, which is neither the copy nor where it is parked."
        return refuse(said, "Find out who changed it; point it back by hand.")
    return go(f"{record.name} points at the copy, {copy}: it is parked at {parked}.")


@verb("park name", look=look, timeout=timedelta(minutes=2), retries=2)
def park_name(run: Run, seen: Decision) -> Outcome:
    record, parked = _read(run), run.plan.sites.primary.address
    assert record is not None
    zone = run.block(run.plan.dns.zone, Zone)  # type: ignore[type-abstract]
    zone.swap(record, Record(name=record.name, values=(parked,), ttl=record.ttl))
    return did(f"{record.name} is parked at {parked} again.")


def _read(run: Run) -> Record | None:
    return run.block(run.plan.dns.zone, Zone).read(run.plan.dns.name)  # type: ignore[type-abstract]
