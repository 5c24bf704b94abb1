"""The token of a site that may take writes: a small object in a store, with a number that only grows.

Who writes takes the token by a conditional write, renews it, and stops writing when its term ends without a renewal.
Whoever takes it next gets a higher number, and waits until every earlier holder's term has ended. See docs/fences.md.
"""

from datetime import datetime, timedelta

from recovery.decision import Decision, done, refuse
from recovery.model import Frozen


class FenceToken(Frozen):
    """Who may write.

    Args:
        number: grows with every holder, so that a store can refuse what a late one still sends.
        holder: the site that may write, or the fence; empty where it was given back.
        until: when its term ends unless it is renewed.
        writes_end: by when every earlier holder has stopped, if it keeps to its term.
    """

    number: int
    holder: str
    until: datetime
    writes_end: datetime


def take(held: FenceToken | None, holder: str, at: datetime, term: timedelta) -> FenceToken:
    """The token as the next holder writes it, whoever holds it: a fence does not ask."""
    if held is None:
        return FenceToken(number=1, holder=holder, until=at + term, writes_end=at)
    ends = max(held.writes_end, held.until) if held.holder else held.writes_end
    return FenceToken(number=held.number + 1, holder=holder, until=at + term, writes_end=ends)


def give_back(held: FenceToken, at: datetime) -> FenceToken:
    """The token as nobody's: the next one may take it."""
    return held.model_copy(update={"number": held.number + 1, "holder": "", "until": at, "writes_end": at})


def judge_token(held: FenceToken | None, holder: str, at: datetime, skew: timedelta) -> Decision:
    """Whether the fence holds the token, and no earlier holder may still write.

    Args:
        held: the token as it was read back.
        holder: the fence's name.
        at: now.
        skew: how far clocks may be apart.
    """
    if held is None:
        return refuse("nobody holds a token", "Raise the fence.")
    if held.holder != holder:
        return refuse(f"token {held.number} is held by {held.holder or 'nobody'}", "Raise the fence.")
    if at < held.writes_end + skew:
        ends = f"{held.writes_end + skew:%H:%M:%S} UTC"
        return refuse(f"token {held.number} is ours, but the holder before may write until {ends}", "Wait.")
    return done(f"token {held.number} is ours, and no earlier holder's term lasts any longer", token=held.number)
