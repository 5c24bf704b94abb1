"""Whether an application could be recovered right now, check by check. Pure: what was seen goes in."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from recovery.fleet import Standing
from recovery.forecast import Forecast
from recovery.model import Frozen
from recovery.terraform import Changes

State = Literal["ready", "warning", "not ready"]
DRIFTED = "The standby has drifted from its code"
WORST_FIRST: tuple[State, ...] = ("not ready", "warning", "ready")


class Check(Frozen):
    """What one check came to.

    Args:
        name: what was looked at.
        state: `not ready` means that a recovery started now would stop, or break a promise.
        sentence: what was seen.
        remedy: what to do, where there is something to do.
    """

    name: str
    state: State
    sentence: str
    remedy: str = ""


class Readiness(Frozen):
    """All the checks of one application."""

    application: str
    at: datetime
    checks: tuple[Check, ...]

    @property
    def state(self) -> State:
        return next(state for state in WORST_FIRST if state == "ready" or self.of(state))

    def of(self, state: State) -> tuple[Check, ...]:
        return tuple(each for each in self.checks if each.state == state)

    @property
    def sentence(self) -> str:
        bad, warned = self.of("not ready"), self.of("warning")
        if bad:
            return f"{self.application} is NOT ready for a recovery: {' '.join(each.sentence for each in bad)}"
        if warned:
            return f"{self.application} is ready, with warnings: {' '.join(each.sentence for each in warned)}"
        return f"{self.application} is ready for a recovery: all {len(self.checks)} checks passed."


def judge_backup(standing: Standing) -> Check:
    """Whether there is a proved backup within the objective."""
    if standing.state == "green":
        said = f"The newest proved backup, {standing.newest_proved}, is within the objective."
        return Check(name="backup", state="ready", sentence=said)
    said = standing.alert or standing.why
    return Check(name="backup", state="not ready", sentence=said, remedy="Run backup, then verify.")


def judge_infrastructure(changes: Changes, strategy: str, allowed: bool, sentence: str) -> Check:
    """Whether the standby's infrastructure can be built, or is built as its code says.

    Args:
        changes: what Terraform would do now.
        strategy: the plan's; a standby that is only built when needed has nothing that could drift.
        allowed: whether the plan may be applied as it is.
        sentence: what was said of that.
    """
    name = "infrastructure"
    if not allowed:
        return Check(
            name=name, state="not ready", sentence=sentence, remedy="A failover would stop there: mend it now."
        )
    if changes.nothing:
        return Check(name=name, state="ready", sentence="The standby is as its code says.")
    if strategy == "backup-restore" and not (changes.update or changes.replace or changes.destroy):
        return Check(name=name, state="ready", sentence=f"The standby can be built: {changes.sentence}.")
    said = f"{DRIFTED}: {changes.sentence}."
    return Check(name=name, state="warning", sentence=said, remedy="Apply the code, or let the plan heal drift.")


def has_drifted(checks: Sequence[Check]) -> bool:
    """Whether the standby differs from its code."""
    return any(each.sentence.startswith(DRIFTED) for each in checks)


def judge_dns(name: str, ttl: int | None, wanted: timedelta, answers: Mapping[str, tuple[str, ...]]) -> Check:
    """Whether the record is there, is forgotten fast enough, and is answered by every server.

    Args:
        ttl: of the record, in seconds, or None where there is no record.
        wanted: the plan's.
        answers: server to what it answers.
    """
    if ttl is None:
        return Check(name="DNS", state="not ready", sentence=f"There is no record {name}.", remedy="Create it.")
    silent = [server for server, values in answers.items() if not values]
    if ttl > wanted.total_seconds():
        said = f"Resolvers may keep {name} for {ttl} s, longer than the {wanted.total_seconds():g} s of the plan."
        return Check(
            name="DNS", state="warning", sentence=said, remedy="Lower the record's TTL now: later is too late."
        )
    if silent:
        said = f"{', '.join(silent)} did not answer for {name}."
        return Check(name="DNS", state="warning", sentence=said, remedy="Look at these servers.")
    return Check(name="DNS", state="ready", sentence=f"{name} is answered by {len(answers)} servers, TTL {ttl} s.")


def judge_forecast(expected: Forecast) -> Check:
    """Whether the recovery time that is to be expected is within the objective."""
    measured = f" Never measured: {', '.join(expected.unmeasured)}." if expected.unmeasured else ""
    state: State = "ready" if expected.p95 <= expected.objective else "warning"
    best = f"Shorten “{expected.helps[0].step}” first." if expected.helps and state == "warning" else ""
    return Check(name="forecast", state=state, sentence=f"{expected.sentence}{measured}", remedy=best)


def judge_certificate(host: str, ends: datetime, now: datetime, margin: timedelta) -> Check:
    """Whether the standby's certificate lasts.

    Args:
        margin: how long it must still last: what is left of it where renewals work.
    """
    days, name = (ends - now) / timedelta(days=1), "certificate"
    if days <= 0:
        said = f"The certificate of {host} ended on {ends:%Y-%m-%d}."
        return Check(name=name, state="not ready", sentence=said, remedy="Renew it.")
    said = f"The certificate of {host} ends on {ends:%Y-%m-%d}, in {days:.0f} days."
    if ends - now < margin:
        said += f" It should last {margin / timedelta(days=1):g} days at least: its renewal does not work."
        return Check(name=name, state="warning", sentence=said, remedy="Renew it.")
    return Check(name=name, state="ready", sentence=said)


def changed(before: Readiness | None, after: Readiness) -> Sequence[str]:
    """What to tell people: what became worse or better since the last look; nothing where all is as it was."""
    old = {each.name: each.state for each in before.checks} if before else {}
    lines = []
    for each in after.checks:
        was = old.get(each.name, "ready")
        if each.state != was:
            lines.append(f"{each.name}: {was} → {each.state}. {each.sentence} {each.remedy}".strip())
    return lines
