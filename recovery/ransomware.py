"""Signs of ransomware in a restored backup, against the backup proved before it.

Pure. A backup that is equal to its source is no help where its source was encrypted already; each sign is a sentence,
and together they make a verdict. A sign is a reason for a person to look, not a proof.
"""

from collections.abc import Sequence
from typing import Literal

from recovery.content import Content
from recovery.entropy import Sample, kind_in, kinds_of
from recovery.model import Frozen
from recovery.plan_verification import Thresholds
from recovery.ransomware_marks import Marks, extension_of

RANDOM = 7.5  # bits a byte; text has 4 to 6, what is encrypted 7.9
LEAST_SAMPLES = 3
MOST_NAMED = 5


class Signs(Frozen):
    """What was found in one component.

    Args:
        verdict: `clean` or `suspicious`.
        signs: one sentence each; none where it is clean.
        measures: what the next verification is to compare with.
    """

    verdict: Literal["clean", "suspicious"]
    signs: tuple[str, ...]
    measures: dict[str, float] = {}


def find_signs(
    component: str,
    now: Content,
    before: Content | None,
    samples: Sequence[Sample],
    measures: dict[str, float],
    thresholds: Thresholds,
    marks: Marks,
) -> Signs:
    """Looks for all of them in one component.

    Args:
        component: its name, for the sentences.
        now: what the backup holds.
        before: what the backup proved before it held, or None where there is none.
        samples: of its files, where it has any.
        measures: what the verification of that earlier backup measured.
    """
    if now.kind == "postgresql":
        found = [*_marked_tables(now, before, marks), *_changed_tables(now, before, thresholds)]
    else:
        found = [*_marked_files(now, marks), *_changed_files(now, before, thresholds)]
        found += [*_random_kinds(samples, measures, thresholds, marks), *_wrong_beginnings(samples, thresholds)]
    signs = tuple(f"{component}: {sign}" for sign in found)
    return Signs(verdict="suspicious" if signs else "clean", signs=signs, measures=kinds_of(samples))


def _marked_files(now: Content, marks: Marks) -> list[str]:
    found = []
    if ended := [name for name in now.items if marks.has_extension(name)]:
        found.append(f"{len(ended)} file(s) have an ending that ransomware gives: {_named(ended)}.")
    if notes := [name for name in now.items if marks.is_note(name)]:
        found.append(f"{len(notes)} file(s) are named like a ransom note: {_named(notes)}.")
    return found


def _changed_files(now: Content, before: Content | None, thresholds: Thresholds) -> list[str]:
    if before is None or len(before.items) < thresholds.least_items:
        return []
    digests = {item.digest for item in now.items.values()}
    changed = [name for name, item in before.items.items() if name in now.items and now.items[name] != item]
    gone = [name for name in before.items if name not in now.items]
    renamed = [name for name in gone if before.items[name].digest in digests]
    share = (len(changed) + len(gone)) / len(before.items)
    if share < thresholds.changed_share:
        return []
    return [
        f"{share:.0%} of the {len(before.items)} files of the backup before are not as they were: "
        f"{len(changed)} changed, {len(renamed)} renamed, {len(gone) - len(renamed)} deleted."
    ]


def _random_kinds(
    samples: Sequence[Sample], measures: dict[str, float], thresholds: Thresholds, marks: Marks
) -> list[str]:
    known = {kind_in(name): value for name, value in measures.items()}
    found = []
    for name, value in kinds_of(samples).items():
        kind = kind_in(name)
        count = sum(extension_of(each.name) == kind and each.entropy is not None for each in samples)
        if count < LEAST_SAMPLES:
            continue
        if kind in known and value - known[kind] >= thresholds.entropy_jump:
            found.append(f"the entropy of .{kind} files rose from {known[kind]:.1f} to {value:.1f} bits a byte.")
        elif kind not in known and kind in marks.text and value >= RANDOM:
            found.append(f".{kind} files look random: {value:.1f} bits a byte, where text has 4 to 6.")
    return found


def _wrong_beginnings(samples: Sequence[Sample], thresholds: Thresholds) -> list[str]:
    told = [each for each in samples if each.begins_rightly is not None]
    wrong = [each.name for each in told if not each.begins_rightly]
    if len(wrong) < LEAST_SAMPLES or len(wrong) / len(told) < thresholds.wrong_beginnings:
        return []
    return [f"{len(wrong)} of {len(told)} sampled files do not begin as their ending says: {_named(wrong)}."]


def _marked_tables(now: Content, before: Content | None, marks: Marks) -> list[str]:
    notes = [name for name in now.items if marks.is_note_table(name) and (before is None or name not in before.items)]
    return [f"{len(notes)} new table(s) are named like a ransom note: {_named(notes)}."] if notes else []


def _changed_tables(now: Content, before: Content | None, thresholds: Thresholds) -> list[str]:
    if before is None:
        return []
    found = []
    counted = {name: item.count for name, item in before.items.items() if item.count >= thresholds.least_items}
    left = {name: now.items[name].count if name in now.items else 0 for name in counted}
    fallen = [name for name in counted if left[name] <= counted[name] * (1 - thresholds.lost_rows)]
    if fallen:
        told = [f"{name} from {counted[name]} to {left[name]}" for name in fallen]
        found.append(f"{len(fallen)} table(s) lost most of their rows: {_named(told)}.")
    # Rows come and go in a live database; that all rows of most tables are other ones, and as many, is rare.
    same = [name for name in counted if left[name] == counted[name]]
    rewritten = [name for name in same if now.items[name].digest != before.items[name].digest]
    if len(counted) >= thresholds.least_tables and len(rewritten) / len(counted) >= thresholds.rewritten_tables:
        found.append(f"{len(rewritten)} of {len(counted)} tables hold as many rows as before and other content.")
    return found


def _named(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(sorted(names)[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
