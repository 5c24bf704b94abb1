"""Advice on what a recovery found: proofs, backups, DNS and the measure of lost data."""

from recovery.clock import Clock
from recovery.clock_objectives import say
from recovery.report_parts import Facts
from recovery.report_words import count, listed, percent

# How a step is made shorter, where it decided the recovery time.
SHORTER = {
    "apply Terraform": "keep its slowest resources standing at the standby (a pilot light)",
    "approve": "let the plan be the approval (approval mode policy), or page the approvers sooner",
    "choose backup": "let the vault list fewer backups, by a shorter retention",
    "configure standby": "build the machines' image ahead, so that only the start is left to do",
    "fence primary": "shorten the fence's time-outs, or fence by something that answers while the primary is dead",
    "measure data loss": "index the column the witness looks up",
    "plan Terraform": "keep the providers in a local mirror and refresh less",
    "probe DNS": "lower the record's TTL, well ahead of the next incident",
    "probe rotation": "lower the record's TTL, well ahead of the next incident",
    "probe health": "start the application sooner, or find out what it waits for",
    "swap DNS": "look at how long the DNS provider takes to accept a change",
}
NOTABLE = 0.10  # a share of the recovery time worth a sentence


def unproved(facts: Facts) -> list[str]:
    found = []
    if facts.fence is not None and not facts.fence.proved:
        found.append("The fence was not proved: make sure by hand that no write can reach the old primary.")
    if parts := [part.part for part in facts.restored if part.proved is False]:
        found.append(f"{listed(parts)} was not proved equal to its backup: do not rely on that backup.")
    if facts.break_glass:
        found.append(f"The glass was broken ({facts.break_glass}): see that it need not be next time.")
    return found


def backups(clock: Clock, facts: Facts) -> list[str]:
    """On the restored backup's age, and on newer ones that could not be used."""
    if facts.backup is None:
        return []
    found = []
    taken, allowed = facts.backup.taken_at, clock.rpo.allowed
    age = (clock.began - taken).total_seconds() if taken else None
    if age is not None and allowed and age > allowed:
        found.append(
            f"The restored backup was {say(age)} old when the outage began, and the RPO allows {say(allowed)}: "
            f"take and verify one at least every {say(allowed)}."
        )
    if (passed := facts.backup.passed_over) and facts.playbook != "ransomware":  # there it is as it should be
        were = f"{count(len(passed), 'newer backup')} {'was' if len(passed) == 1 else 'were'} passed over"
        found.append(f"{were} ({passed[0].rstrip('.')}): verify each backup as soon as it is taken.")
    return found


def dns(clock: Clock, facts: Facts) -> list[str]:
    """On the time resolvers went on handing out the old address; skipped where it is the step that decided most."""
    drained = facts.dns.drained_seconds
    if drained is None or not clock.elapsed or drained / clock.elapsed < NOTABLE:
        return []
    share = percent(drained / clock.elapsed)
    return [f"Resolvers handed out the old address for {say(drained)} ({share} of the time): {SHORTER['probe DNS']}."]


def witness(facts: Facts) -> list[str]:
    if facts.loss is None:
        measured = facts.dns.state in ("ok", "found done")
        return ["Nobody measured what was lost: name a witness in the plan."] if measured else []
    if facts.loss.before is None:
        return [f"The loss is a bound, not a count ({facts.loss.method}): name a witness of acknowledged writes."]
    return []
