"""What `pgbackrest verify` says of one backup; and what it knows but does not call an error: gaps in the log. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from blocks.snapshots.pgbackrest_label import Label

_RANGE = re.compile(r"archiveId: (\S+), wal start: ([0-9A-F]{24}), wal stop: ([0-9A-F]{24})$")
_FILE = re.compile(r"INFO: ([a-z ]+ '\S+')$")
_COUNTED = re.compile(r"(?:missing|checksum invalid|size invalid|other): [1-9]\d*")
# The report's own lines are indented by at most so much; the log repeats them, further in.
_INDENT = 4


class Segments(NamedTuple):
    """A part of the log without a gap: the names of its first and its last file."""

    first: str
    last: str


def problems(output: str, label: Label) -> tuple[str, ...]:
    """What is wrong with a backup, with those that it needs, or with the log since it began; one sentence each.

    Args:
        output: of `verify --verbose --output=text`, and its log down to DETAIL.
        label: the backup.
    """
    reports = _reports(output)
    wanted = [f"backup: {each}," for each in (label.label, *label.needs)]
    unread = [each for each in wanted if not any(heading.startswith(each) for heading in reports)]
    found = [f"verify did not read {each.removeprefix('backup: ').rstrip(',')}" for each in unread]
    bad = {heading: _counted(counts) for heading, counts in reports.items() if _is_bad(heading, counts)}
    files = [match[1] for line in output.splitlines() if (match := _FILE.search(line))]
    for heading, counts in bad.items():
        if heading.startswith(tuple(wanted)) or _is_log_of(heading, label):
            found.append(f"{heading}{counts}{_named(files, heading)}")
    if bad and not any(heading.startswith(("backup:", "archiveId:")) for heading in bad):
        found += [f"{heading}: {reports[heading]}" for heading in bad]  # it does not say where
    ranges = [Segments(*match.groups()[1:]) for match in map(_RANGE.search, output.splitlines())
              if match and match[1].endswith(f"-{label.history}")]  # fmt: skip
    return (*found, *_gaps(ranges, label))


def gap(ranges: Sequence[Segments], first: str, last: str) -> str | None:
    """Where the log, from the file with which a backup begins, has a gap, or ends too early.

    Args:
        ranges: all that is there.
        first, last: what a restore of the backup needs.
    """
    lines = sorted({each.first[:8] for each in ranges if each.first[:8] >= first[:8]})
    end = None
    for line in lines:
        for part in sorted(each for each in ranges if each.first[:8] == line):
            if end is None:
                if part.first <= first <= part.last:
                    end = part.last
            elif part.first[8:] > end[8:] and not _follows(end, part.first):
                return f"the log has a gap between {end} and {part.first}"
            elif part.last[8:] > end[8:] or part.first[:8] != end[:8]:
                end = part.last
    if end is None:
        return f"the log lacks {first}, with which the backup begins"
    return f"the log ends with {end}, before {last}, which the backup needs" if end[8:] < last[8:] else None


def _gaps(ranges: Sequence[Segments], label: Label) -> Iterable[str]:
    told = gap(ranges, label.first, label.last_needed)
    return [told] if told else []


def _follows(before: str, after: str) -> bool:
    """Whether a file of the log can be the next: how many there are to a set is not in their names."""
    place, following = int(before[8:], 16), int(after[8:], 16)
    return following == place + 1 or following == ((place >> 32) + 1) << 32


def _reports(output: str) -> dict[str, str]:
    """Every heading of the report, that of the stanza too, to what was counted below it."""
    reports, heading = dict[str, str](), ""
    for line in output.splitlines():
        words = line.strip()
        if not words or len(line) - len(line.lstrip()) > _INDENT or re.search(r"P\d+ +[A-Z]+: ", line):
            continue
        if words.startswith(("stanza:", "backup:", "archiveId:")):
            heading = words
            reports[heading] = ""
        elif heading:
            reports[heading] = f"{reports[heading]}, {words}".lstrip(", ")
    return reports


def _is_bad(heading: str, counts: str) -> bool:
    if heading.startswith("stanza:"):
        return not counts.startswith("status: ok")
    if heading.startswith("backup:") and ", status: valid" not in heading:
        return True
    return bool(_COUNTED.search(counts))


def _counted(counts: str) -> str:
    return "".join(f", {each}" for each in _COUNTED.findall(counts))


def _is_log_of(heading: str, label: Label) -> bool:
    return heading.startswith("archiveId:") and heading.split(",")[0].endswith(f"-{label.history}")


def _named(files: Sequence[str], heading: str) -> str:
    about = heading.split(": ")[1].split(",")[0]
    named = [each for each in files if f"'{about}/" in each][:3]
    return f" ({', '.join(named)})" if named else ""
