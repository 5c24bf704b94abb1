"""A hold: from it on no backup of an application is removed, until a person releases it and says why. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from recovery.decision import Decision, done, go, refuse
from recovery.model import Frozen
from recovery.part import Name


class Hold(Frozen):
    """A hold on record.

    Args:
        application, incident: whose backups, and because of what.
        region: where the site lies that must not be backed up any more.
        at, by, reason: when, who, and why.
    """

    format: Literal["lifeboat-hold-1"] = "lifeboat-hold-1"
    application: Name
    incident: Name
    region: str
    at: datetime
    by: str
    reason: str


class Release(Frozen):
    """The record that a person released a hold. `by` and `reason` are never empty."""

    format: Literal["lifeboat-release-1"] = "lifeboat-release-1"
    application: Name
    incident: Name
    at: datetime
    by: str
    reason: str


class Standing(Frozen):
    """A hold that was not released.

    Args:
        incident: because of what.
        hold: its record, or None where that cannot be read: it holds all the same.
        fault: what is wrong with its record, or with that of its release.
    """

    incident: str
    hold: Hold | None = None
    fault: str = ""

    @property
    def sentence(self) -> str:
        said = f"held because of {self.incident}"
        if self.hold:
            said += f", since {self.hold.at:%Y-%m-%d %H:%M} UTC by {self.hold.by}"
        return f"{said} ({self.fault.rstrip('.')})" if self.fault else said


def may_remove(standing: Sequence[Standing], application: str) -> Decision:
    """Whether anything of an application's backups may be removed: `go`, or `done` where a hold keeps everything."""
    if not standing:
        return go(f"Nothing holds the backups of {application}.")
    said = "; ".join(each.sentence for each in standing)
    return done(
        f"Every backup of {application} stays: it is {said}. A person releases it: "
        f"lifeboat hold release {application} {standing[0].incident} --by NAME --reason REASON.",
        held=[each.incident for each in standing],
    )


def may_back_up(standing: Sequence[Standing], application: str, region: str) -> Decision:
    """Whether a site may be backed up: not the one that was left because of ransomware.

    Args:
        region: where the site lies that is live now.
    """
    against = [each for each in standing if each.hold is None or each.hold.region == region]
    if not against:
        return go(f"Nothing speaks against backing {application} up in {region}.")
    return refuse(
        f"{application} in {region} is not backed up: it is {against[0].sentence}, and what it holds may be infected.",
        f"Finish the incident ({against[0].incident}), or release the hold: "
        f"lifeboat hold release {application} {against[0].incident} --by NAME --reason REASON.",
    )


def may_release(standing: Sequence[Standing], application: str, incident: str, by: str, reason: str) -> Decision:
    """Whether a person may release a hold: they give their name and a reason, and there is such a hold."""
    if not by.strip() or not reason.strip():
        return refuse("A hold is released by a person with a reason.", "Give both: --by NAME --reason REASON.")
    if incident not in [each.incident for each in standing]:
        have = ", ".join(each.incident for each in standing)
        if have:
            return refuse(f"No hold of {application} is because of {incident}.", f"There are holds because of {have}.")
        return done(f"Nothing holds the backups of {application}.")
    return go(f"{by.strip()} releases the backups of {application}, because {reason.strip()}.", incident=incident)
