"""The report as Markdown, for places that show no HTML page: an artifact of the run, an issue, a chat."""

from collections.abc import Iterable, Sequence

from recovery.clock_objectives import say
from recovery.report_bars import bars
from recovery.report_story import Story
from recovery.report_words import STATE_WORDS, count, exact, only_time, percent, size

_MARKUP = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]#|~$!"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def markdown(story: Story) -> str:
    """Writes the whole report."""
    parts = [
        f"# {plain(story.verdict)}",
        plain(story.title),
        *(plain(sentence) for sentence in story.explained),
        _table(("About", "this incident"), story.about.items()),
    ]
    parts += _dry(story) if story.dry else [*_times(story), *_evidence(story)]
    return "\n\n".join([*(part for part in parts if part), *_journal(story)]) + "\n"


def plain(words: str) -> str:
    """Text in which nothing is markup."""
    return " ".join(str(words).translate(_MARKUP).split())


def _table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = ["| " + " | ".join(plain(str(cell)) for cell in row) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join(["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads), *lines])


def _list(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {plain(sentence)}" for sentence in sentences)


def _section(title: str, *parts: str) -> list[str]:
    kept = [part for part in parts if part]
    return [f"## {title}", *kept] if kept else []


def _dry(story: Story) -> list[str]:
    return [
        *_section("What each step would do", _table(("Step", "Decision", "Why"), story.decisions)),
        *_section("What Terraform would change", *_changes(story)),
    ]


def _times(story: Story) -> list[str]:
    clock = story.clock
    figures = [(tile.label, tile.value, tile.badge, tile.note) for tile in story.tiles]
    path = [(part.name, say(part.seconds), percent(part.share)) for part in story.path]
    moments = [
        (
            moment.name if moment.kind == "mark" else f"· {moment.name}",
            only_time(moment.at),
            say(moment.since_outage),
            say(moment.since_before),
            say(moment.took) if moment.took is not None else "",
        )
        for moment in clock.moments
    ]
    heads = ("Line", "Time (UTC)", "Since the outage", "Since the line before", "The step took")
    return [
        _table(("Figure", "Value", "Objective", "Note"), figures),
        *_section("Timeline", plain(" ".join([clock.basis, *clock.notes])), bars(story.clock)),
        *_section("What to improve", _list(story.advice)),
        *_section("What decided the recovery time", _table(("Step, or what was waited for", "Time", "Share"), path)),
        *_section("RTO clock", plain(clock.rto.sentence), _table(heads, moments)),
    ]


def _evidence(story: Story) -> list[str]:
    found = story.facts
    parts = _section("What failed or was tried again", _table(("Step", "State", "What it said"), story.troubles))
    if found.loss:
        counted = [
            (name, count(value, "order") or "not counted")
            for name, value in (
                ("Acknowledged", found.loss.before),
                ("Recovered", found.loss.recovered),
                ("Lost", found.loss.lost),
            )
        ]
        newest = [("Newest order lost", exact(found.loss.newest_lost) or "none")]
        newest.append(("Newest order recovered", exact(found.loss.newest_recovered) or "none"))
        said = f"{story.clock.rpo.sentence} How it was measured: {found.loss.method}."
        parts += _section("Data loss", plain(said), _table(("Orders", "Measured"), [*counted, *newest]))
    parts += _cleanup(story)
    parts += _section("What was restored, and the proof", *_restored(story))
    parts += _approvals(story)
    if found.fence:
        proved = "Proved" if found.fence.proved else "NOT proved"
        parts += _section("Fence", plain(f"{proved}, by {found.fence.method}."), _list(found.fence.evidence))
    if found.dns.state != "not begun":
        change = f"{found.dns.before} → {found.dns.after} ({STATE_WORDS.get(found.dns.state, found.dns.state)})"
        answers = _table(("Server", "Answer at the end"), found.dns.answers.items())
        parts += _section("DNS", plain(f"{change} {found.dns.change}"), answers)
    parts += _section("Terraform", *_changes(story))
    probes = [(str(probe.get("name", "")), str(probe.get("status"))) for probe in story.probes]
    return parts + _section("Health probes", _table(("Probe", "Status"), probes))


def _cleanup(story: Story) -> list[str]:
    found = story.cleanup
    if found is None:
        return []
    custody = f"The signed chain of custody is {found.custody} in the vault." if found.custody else ""
    rotated = [
        (each.name, "rotated" if each.proved else "NOT rotated", "; ".join(each.evidence)) for each in found.rotated
    ]
    return [
        *_section("Evidence of the old site", plain(custody), _table(("What", "State", "How"), found.pieces)),
        *_section("Backups that are not clean", _list(found.rejected), plain(found.hold)),
        *_section("Clean nodes", plain(found.site)),
        *_section(
            "Secrets", plain("" if rotated else found.rotation), _table(("Secret", "State", "Shown by"), rotated)
        ),
    ]


def _approvals(story: Story) -> list[str]:
    found = []
    for given in story.approvals:
        digest = "The digest is of exactly this" if given.whole else "The digest on record is NOT of what is shown"
        rows = [(each.approver, each.way, exact(each.at), each.key, each.checked) for each in given.signers]
        table = _table(("Approver", "How", "When", "Key", "Checked from the journal alone"), rows)
        said = plain(f"{given.sentence} Line {given.line} of the journal.")
        found += _section("Approval", said, plain(given.shown), f"{digest}: `{given.digest}`", table)
    return found


def _restored(story: Story) -> list[str]:
    found = story.facts
    words = {True: "proved", False: "NOT proved", None: "no proof on record"}
    rows = [(part.part, words[part.proved], part.sentence, size(part.bytes)) for part in found.restored]
    chosen = f"Backup {found.backup.name}. {found.backup.sentence}" if found.backup else ""
    passed = _list(found.backup.passed_over) if found.backup and not story.cleanup else ""
    return [plain(chosen), passed, _table(("Part", "Proof", "What it said", "Archive"), rows)]


def _changes(story: Story) -> list[str]:
    return [_table(("Change", "Address"), ((kind, name) for kind, names in story.terraform.items() for name in names))]


def _journal(story: Story) -> list[str]:
    last = story.lines[-1]
    if story.broken is not None:
        return ["## The journal", f"**BROKEN**: line {story.broken} does not follow from the line before it."]
    whole = f"All {len(story.lines)} lines follow from each other. Line {last.number} has the hash `{last.hash}`."
    return ["## The journal", whole]
