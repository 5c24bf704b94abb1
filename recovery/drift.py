"""Whether drift of the standby may be healed right now, without a person. Pure."""

from recovery.decision import Decision, done, go, refuse
from recovery.model import Frozen


class Revision(Frozen):
    """What a folder holds, as git sees it.

    Args:
        commit: the commit that is checked out.
        changed: files in it that differ from that commit, or that git does not know.
    """

    commit: str
    changed: tuple[str, ...] = ()


def may_heal(live: str | None, recovering: str) -> Decision:
    """Whether the standby may be touched at all.

    Args:
        live: the site that serves the users, or None where that is not known.
        recovering: which recovery is under way or was cut off, or nothing.
    """
    if recovering:
        return done(f"Nothing is healed: {recovering}")
    if live != "primary":
        who = f"the {live} serves the users" if live else "which site serves the users is not known"
        return done(f"Nothing is healed: {who}.")
    return go("The primary serves the users, and no recovery is under way.")


def may_apply(revision: Revision, allowed: Decision) -> Decision:
    """Whether what lies in git may be applied: exactly that, and nothing that destroys what it may not.

    Args:
        revision: of the workspace's folder.
        allowed: what was decided about the Terraform plan.
    """
    if revision.changed:
        shown = ", ".join(revision.changed[:5])
        said = f"The workspace's folder is not as it lies in git ({shown}): nobody has reviewed that."
        return refuse(f"{said} Nothing is healed.", "Commit it, or throw it away.")
    if allowed.verdict == "refuse":
        return refuse(f"Nothing is healed. {allowed.sentence}", allowed.remedy)
    if allowed.verdict == "done":
        return done("There is no drift any more.")
    return go(f"Applying commit {revision.commit[:12]}. {allowed.sentence}", commit=revision.commit)
