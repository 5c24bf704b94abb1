"""Whether the approvers of a recovery could be told, and could sign. Pure."""

from collections.abc import Collection, Mapping

from recovery.plan_approval import Approval
from recovery.readiness import Check, State


def judge_approvers(approval: Approval, with_codes: Collection[str], chats: Mapping[str, str | None]) -> Check:
    """Whether enough approvers can sign, and whether they would hear of it.

    Args:
        approval: the plan's.
        with_codes: whom the block of one-time codes knows.
        chats: every chat that the plan tells, to what is wrong with it, or None where it answers.
    """
    silent = [f"{name} ({trouble.rstrip('.')})" for name, trouble in chats.items() if trouble]
    told = len(chats) - len(silent)
    heard = f"{told} of {len(chats)} chat(s) answer" + (f", but not {', '.join(silent)}" if silent else "")
    if approval.mode == "policy":
        return _check(_told(told, silent), f"No person has to approve; {heard}.", "Mend the chat." if silent else "")
    able = [each.name for each in approval.approvers if each.key or each.name in with_codes]
    unable = [each.name for each in approval.approvers if each.name not in able]
    cannot = f" {', '.join(unable)} can not: there is neither a key nor a one-time code." if unable else ""
    said = f"{len(able)} approver(s) can sign, and {approval.needed} must.{cannot} {heard[0].upper()}{heard[1:]}."
    if len(able) < approval.needed:
        return _check("not ready", said, "Give them keys in the plan, or one-time codes in its block.")
    if not told and approval.on_timeout == "stop":
        return _check("not ready", said, "Mend the chat: nobody would hear that an approval is awaited.")
    if unable or len(able) == approval.needed:
        more = f"{said} One who is away, or who started it, would hold it up." if len(able) == approval.needed else said
        return _check("warning", more, "Name one approver more, each with a key.")
    return _check(_told(told, silent), said, "Mend the chat." if silent else "")


def _told(told: int, silent: list[str]) -> State:
    return "warning" if silent or not told else "ready"


def _check(state: State, sentence: str, remedy: str) -> Check:
    return Check(name="approvers", state=state, sentence=sentence, remedy=remedy)
