"""The walk back: from the newest backup to the last clean one. Pure: the ledger goes in, the next step comes out.

A backup is clean where it was restored, proved equal to its source, and looked through by the rules of today without a
sign of ransomware. What the ledger knows of that already is not done again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from recovery.coverage import Covered, Ledger
from recovery.decision import Decision, done, go, refuse
from recovery.duration import say_duration
from recovery.model import Frozen

NO_CLEAN = (
    "Look at the reasons. Where signs of one backup are harmless, run this again with that backup and your reason "
    "(backup, harmless). Older backups may lie elsewhere: copies, provider's snapshots, tapes."
)


class Candidate(Frozen):
    """One backup on the way.

    Args:
        backup, taken_at: which.
        state: `rejected`, `clean`, or `unknown`: then it has to be looked at.
        sentence: why.
    """

    backup: str
    taken_at: datetime | None
    state: Literal["rejected", "clean", "unknown"]
    sentence: str


def line_up(
    ledger: Ledger,
    rules: str,
    infected_since: datetime | None = None,
    wanted: str | None = None,
    tried: Mapping[str, str] = {},
    harmless: str = "",
) -> tuple[Candidate, ...]:
    """Every backup with what is known of it, the newest first.

    Args:
        ledger: every backup and its verifications.
        rules: the digest of today's rules.
        infected_since: the moment of the infection, if anybody knows: nothing taken then or later counts.
        wanted: only this one, which a person named.
        tried: backups that this walk looked at and could not finish with, and why.
        harmless: a person's reason for taking the signs of the wanted one for harmless.
    """
    asked = [each for each in ledger.backups if wanted in (None, each.backup)]
    waived = bool(wanted and harmless)
    return tuple(_candidate(each, rules, infected_since, tried.get(each.backup), waived) for each in asked)


def _candidate(
    each: Covered, rules: str, infected_since: datetime | None, tried: str | None, waived: bool
) -> Candidate:
    def said(state: Literal["rejected", "clean", "unknown"], sentence: str) -> Candidate:
        return Candidate(backup=each.backup, taken_at=each.taken_at, state=state, sentence=f"{each.backup} {sentence}")

    if each.taken_at is None:
        return said("rejected", f"is broken: {_bare(each.problem)}.")
    if infected_since and each.taken_at >= infected_since:
        return said("rejected", f"was taken {each.taken_at:%Y-%m-%d %H:%M:%S} UTC, when the infection was there.")
    if each.problem and not (waived and each.problem_kind == "suspicious" and tried is None):
        kind = "shows signs of ransomware" if each.problem_kind == "suspicious" else "is no good"
        reason = each.problem.partition(" is suspicious: ")[2] or each.problem
        return said("rejected", f"{kind}: {_bare(reason)}.")
    if each.proved and rules in each.scanned_by:
        return said("clean", "is proved equal to its source and shows no sign of ransomware by today's rules.")
    if each.proved and waived and tried is not None:
        return said("clean", "is proved equal to its source, and its signs were called harmless by a person.")
    if tried is not None:
        return said("rejected", f"could not be shown to be clean: {_bare(tried)}.")
    if each.proved:
        return said("unknown", "is proved, and was not looked through by today's rules.")
    return said("unknown", "is not proved yet.")


def next_step(candidates: Sequence[Candidate], seconds_left: float, budget: float) -> Decision:
    """Which backup to look at now, or that the walk is at its end.

    Args:
        candidates: of `line_up`.
        seconds_left: of the budget.
        budget: seconds in all.

    Returns:
        `go` with the fact `backup` to look at, `done` with the fact `backup` that is clean, or `refuse`. All with the
        fact `rejected`, a sentence each.
    """
    newer: list[str] = []
    for each in candidates:
        if each.state == "rejected":
            newer.append(each.sentence)
            continue
        if each.state == "clean":
            after = f", after {len(newer)} newer one(s) were rejected" if newer else ", and the newest of all"
            return done(f"The last clean backup is {each.backup}{after}.", backup=each.backup, rejected=newer)
        if seconds_left <= 0:
            return _too_late(candidates, newer, budget)
        return go(f"Looking at {each.backup}: {each.sentence}", backup=each.backup, rejected=newer)
    if not candidates:
        return refuse("There is no backup to walk back to.", "Check the vault's address and prefix.", rejected=newer)
    said = f"No backup is clean: all {len(newer)} were rejected. {' '.join(newer[:5])}"
    return refuse(said, NO_CLEAN, rejected=newer)


def _too_late(candidates: Sequence[Candidate], rejected: list[str], budget: float) -> Decision:
    left = sum(each.state == "unknown" for each in candidates)
    said = f"The walk back has used up its {say_duration(budget)}: {len(rejected)} backup(s) were rejected"
    return refuse(
        f"{said}, and {left} were not looked at.",
        "Raise ransomware.budget and run this again: what was found is on record and is not done twice.",
        rejected=rejected,
    )


def compare_with(ledger: Ledger, backup: str, rules: str) -> Covered | None:
    """What a candidate is compared with: the newest older backup that is clean by today's rules; without one, the
    oldest that is proved. The one just before it may be infected as well, and then nothing would differ."""
    older = [each for each in ledger.backups if each.proved and each.backup < backup]
    clean = [each for each in older if rules in each.scanned_by]
    return next(iter(clean or older[-1:]), None)


def _bare(sentence: str | None) -> str:
    return (sentence or "unknown").rstrip(".")
