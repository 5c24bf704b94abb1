"""Which pgBackRest backups can go: none that another one, which stays, is made upon. Pure."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from blocks.snapshots.pgbackrest_label import NAME, Label


class Decided(NamedTuple):
    """Args:
    going: labels, the newest first.
    removed: their names.
    held: why others that nobody wants stay, one sentence each.
    full_left: how many full backups stay, ours or not.
    """

    going: tuple[str, ...]
    removed: tuple[str, ...]
    held: tuple[str, ...]
    full_left: int


def decide_expiry(labels: Sequence[Label], keep: Collection[str]) -> Decided:
    """Args:
    labels: every backup in the repository, the newest first. Those that others took stay.
    keep: the names that must stay.
    """
    unwanted = [each for each in labels if NAME in each.notes and each.notes[NAME] not in keep]
    if labels and labels[0] in unwanted:
        unwanted.remove(labels[0])
    staying = [each for each in labels if each not in unwanted]
    needed = {label: each for each in reversed(staying) for label in each.needs}
    held = [each for each in unwanted if each.label in needed]
    going = [each for each in unwanted if each.label not in needed]
    return Decided(
        going=tuple(each.label for each in going),
        removed=tuple(each.notes[NAME] for each in going),
        held=tuple(f"{each.notes[NAME]} is needed by {needed[each.label].label}" for each in held),
        full_left=sum(each.kind == "full" for each in [*staying, *held]),
    )
