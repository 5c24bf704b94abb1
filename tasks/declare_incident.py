"""Declares the incident, or finds that there is none."""

from datetime import timedelta

from blocks.chat.kind import Message
from blocks.zones.kind import Zone
from recovery.decision import Decision
from recovery.failover import Alert, decide_failover
from recovery.outcome import Outcome, did
from recovery.plan import HealthProbe
from recovery.resume import keeps
from recovery.sites import decide_grace
from tasks.foresee import foreseen
from tasks.requests import ask
from tasks.rotation import look_at_rotation
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, alert: Alert | None, insisted: bool, graceful: bool) -> Decision:
    """Asks DNS where the application is, and the primary whether it still answers."""
    if run.plan.strategy == "active-active":
        return look_at_rotation(run, insisted=insisted or run.dry_run)
    sites, name = run.plan.sites, run.plan.dns.name
    zone = run.block(run.plan.dns.zone, Zone)  # type: ignore[type-abstract]
    record = zone.read(name)
    probe = HealthProbe(name="primary", path=run.plan.monitor.path)
    answer = ask(sites.primary.url, probe, host=name)
    decision = decide_failover(
        active=record.values if record else (),
        primary=sites.primary.address,
        standby=sites.standby.address,
        answers=answer.ok,
        insisted=insisted,
        rehearsal=run.dry_run,
    )
    if decision.verdict != "go" or not graceful:
        return decision
    grace = decide_grace("graceful", answers=answer.ok, drains=bool(run.plan.drain))
    return decision if grace.verdict == "go" else grace


def still(run: Run, alert: Alert | None, insisted: bool, graceful: bool, before: Outcome) -> Decision:
    """An incident is declared once; DNS may already name the standby when it is gone on with."""
    return keeps(before)


@verb("declare incident", look=look, still=still, timeout=timedelta(seconds=30), retries=2, delay=1)
def declare_incident(run: Run, alert: Alert | None, insisted: bool, graceful: bool, seen: Decision) -> Outcome:
    """Puts the incident on record and tells people that the recovery has begun."""
    if alert:
        if alert.last_seen_healthy:
            at = alert.last_seen_healthy
            run.journal.write("mark", "last seen healthy", "The application last answered.", at=at.isoformat())
        facts = {"at": alert.detected_at.isoformat(), "source": alert.source, "automatic": alert.automatic}
        run.journal.write("mark", "detected", alert.sentence, **facts)
        run.journal.write("mark", "alerted", f"Alert by {alert.source}.", at=alert.alerted_at.isoformat())
    expected = foreseen(run.plan)
    lines = [seen.sentence, *([expected.sentence] if expected else [])]
    lines += [f"{alert.source}: {alert.sentence}"] if alert else []
    title = f"Failing over {run.plan.application} to {run.plan.sites.standby.region}"
    if site := seen.facts.get("site"):
        title = f"Taking the {site} of {run.plan.application} out of rotation"
    run.tell(Message(incident=run.incident, kind="started", title=title, lines=tuple(lines)))
    facts = {"expected": expected.model_dump(mode="json")} if expected else {}
    return did(f"Incident {run.incident} declared. {seen.sentence}", **seen.facts, **facts)
