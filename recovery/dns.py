"""Decides about DNS: whether to swap a record, and whether the swap has reached everybody."""

from collections.abc import Mapping, Sequence

from recovery.decision import Decision, done, go, refuse


def decide_swap(name: str, current: tuple[str, ...] | None, primary: str, standby: str) -> Decision:
    """Whether a record may be swapped from the primary to the standby.

    Args:
        name: the record.
        current: what the zone holds for it now; None where there is no such record.
        primary, standby: the sites' addresses.
    """
    if current is None:
        return refuse(f"There is no record {name}.", f"Create it, pointing at {primary}, and run again.")
    if current == (standby,):
        return done(f"{name} already points at the standby, {standby}.", address=standby)
    if current == (primary,):
        return go(
            f"{name} points at the primary, {primary}: it will point at {standby}.", before=primary, after=standby
        )
    held = ", ".join(current) or "nothing"
    return refuse(
        f"{name} points at {held}, not at the primary {primary} nor the standby {standby}: somebody changed it.",
        f"Find out who changed {name} and why. Point it at {primary} again, or mend the plan, and run again.",
        current=list(current),
    )


def judge_faults(faults: Sequence[str]) -> Decision:
    """Whether a swap would work at all.

    Args:
        faults: what would keep it from working, without full stops.
    """
    if faults:
        return refuse(f"A swap would not work: {'; '.join(faults)}.", "Mend the records, or the block, now.")
    return done("Nothing would keep a swap from working.")


def drained(answers: Mapping[str, tuple[str, ...]], target: str) -> Decision:
    """Whether every server and resolver hands out the target and nothing else.

    Args:
        answers: the address of each server to what it answers; an empty tuple for one that does not.
        target: the address that was swapped in.
    """
    if not answers:
        return refuse("No server was asked.", "Give the DNS zone block its name servers and resolvers.")
    behind = [
        f"{server} answers {', '.join(values)}" if values else f"{server} does not answer"
        for server, values in answers.items()
        if values != (target,)
    ]
    if behind:
        return refuse(
            f"Not every server hands out {target}: {'; '.join(behind)}.",
            "Wait for the TTL to pass. A server that does not answer at all is looked at by hand.",
            waiting=len(behind),
        )
    noun = "server hands" if len(answers) == 1 else "servers hand"
    return done(f"All {len(answers)} {noun} out {target}." if len(answers) > 1 else f"The only {noun} out {target}.")
