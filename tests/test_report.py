"""The report's structure: whole, self-contained, legible, and nothing in it is markup that was not meant to be."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import example, given
from hypothesis import strategies as st
from report_fixtures import HOSTILE, NOON, STORIES, Story, crowded, dry, killed, recovered, unhealthy

from recovery.clock import Clock
from recovery.errors import Missing
from recovery.journal import Line
from recovery.report import improve, render_html, render_markdown, timeline_svg
from recovery.report_axis import spread, text_width, tick_label, ticks, tiers
from recovery.report_bars import bars
from recovery.report_chain import CHECK, first_break
from recovery.report_story import story_of

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Reads a page and insists that every tag that is opened is closed, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(params=STORIES)
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Story:
    return STORIES[request.param](tmp_path / "journal.jsonl")


def test_the_page_asks_nobody_for_anything(story: Story) -> None:
    page = Page(render_html(story.lines))
    for tag, attributes in page.elements:
        assert tag not in ("script", "link", "img", "iframe", "object", "base", "form")
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "href", "srcset", "action", "data", "xlink:href"), (tag, name)
            # A reference inside the page is all a style may hold.
            assert all(found.startswith("#") for found in re.findall(r"url\(([^)]*)\)", value))
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")
    assert "@import" not in render_html(story.lines)


def test_the_page_names_every_step_and_every_line(story: Story) -> None:
    page = Page(render_html(story.lines))
    for step in Clock.of(story.lines).steps:
        assert step.name in page.text
    for line in story.lines:
        assert line.hash[:16] in page.text
    assert story.lines[-1].hash in page.text


def test_the_page_can_be_read_by_everybody(story: Story) -> None:
    page = Page(render_html(story.lines))
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert page.all("html")[0]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for picture in page.all("svg"):
        assert all(name in ids for name in picture["aria-labelledby"].split())
    for heading in page.all("th"):
        assert heading["scope"] == "col"


@pytest.mark.parametrize("width", [960, 380, 700])
def test_bars_never_overlap_nor_leave_the_picture(story: Story, width: int) -> None:
    page = Page(timeline_svg(Clock.of(story.lines), width))
    rows: dict[str, list[tuple[float, float]]] = {}
    for rect in page.all("rect"):
        if rect.get("class", "").startswith("bar"):
            left, wide = float(rect["x"]), float(rect["width"])
            assert wide > 0.5 and left >= 0 and left + wide <= width
            rows.setdefault(rect["y"], []).append((left, left + wide))
    assert rows
    for drawn in rows.values():
        assert all(one[1] <= two[0] + 0.01 for one, two in pairwise(sorted(drawn)))


@pytest.mark.parametrize("width", [960, 380, 700])
def test_texts_stay_inside_the_picture(story: Story, width: int) -> None:
    svg = timeline_svg(Clock.of(story.lines), width)
    found = re.findall(r'<text class="(?:flag-name|after[^"]*)" x="([\d.]+)"[^>]*>([^<]*)</text>', svg)
    assert found
    for left, words in found:
        assert float(left) + text_width(words, 11) <= width + 1, words


def test_nothing_in_the_journal_becomes_markup(tmp_path: Path) -> None:
    lines = crowded(tmp_path / "journal.jsonl").lines
    page = Page(render_html(lines))
    assert not page.all("script") and HOSTILE in page.text
    written = render_markdown(lines)
    assert "<script" not in written and "[link](" not in written and "&lt;script&gt;" in written
    for row in written.splitlines():  # No text can add a column to a table.
        if "tries" not in row and row.startswith("| step"):
            assert len(re.findall(r"(?<!\\)\|", row)) in (4, 5, 6)


@given(st.text())
@example("```")
@example("a\n```\n<b>")
def test_no_step_name_breaks_the_block_of_bars(name: str) -> None:

    kinds = (("opened", "failover"), ("intent", name), ("outcome", name))
    lines = [
        Line(number=number, at=NOON, kind=kind, step=step, sentence="", before="")  # type: ignore[arg-type]
        for number, (kind, step) in enumerate(kinds)
    ]
    assert bars(Clock.of(lines)).count("```") in (0, 2)


def test_a_recovery_says_what_was_measured(tmp_path: Path) -> None:
    text = Page(render_html(recovered(tmp_path / "j").lines)).text
    for expected in (
        "Recovered in 34.7 s of 15 min allowed. 3.1 s of data lost of 1 h allowed.",
        "127.0.0.11 → 127.0.0.12",
        "56 fingerprints equal to the source",
        "a write was tried and refused",
        "1,204 orders",
        "aws_security_group.shop",
        "127.0.0.1:5301 (resolver)",
        "shop-20261123-115800 is not verified yet",
        "looked up in the recovered data",
    ):
        assert expected in text


def test_markdown_tells_the_same(tmp_path: Path) -> None:
    written = render_markdown(recovered(tmp_path / "j").lines)
    assert written.startswith("# Recovered in 34.7 s of 15 min allowed.")
    for heading in (
        "Timeline",
        "What to improve",
        "RTO clock",
        "Data loss",
        "Fence",
        "DNS",
        "Terraform",
        "The journal",
    ):
        assert f"## {heading}" in written
    assert "█" in written and "write report" not in written


def test_a_failed_recovery_does_not_claim_a_swap(tmp_path: Path) -> None:
    text = Page(render_html(unhealthy(tmp_path / "j").lines)).text
    assert "Not recovered: “probe health” failed" in text and "Not swapped" in text
    assert "127.0.0.11 → 127.0.0.12" not in text


def test_a_swap_without_an_end_is_not_told_as_either(tmp_path: Path) -> None:
    story = Story(tmp_path / "j")
    story.open()
    story.begin("swap DNS", before="127.0.0.11", after="127.0.0.12")
    text = Page(render_html(story.lines)).text
    assert "its end is not on record: look at the zone" in text and "Not swapped" not in text


def test_a_dry_run_pretends_nothing(tmp_path: Path) -> None:
    lines = dry(tmp_path / "j").lines
    page = Page(render_html(lines))
    assert "Dry run: what would be done to recover shop" in page.text
    assert "Would cut the primary off." in page.text and "would act" in page.text
    for claim in ("Recovered", "Proved", "RTO clock", "Timeline", "Fence"):
        assert claim not in page.text
    assert not page.all("svg") and improve(lines) == []


def test_a_killed_run_is_told_as_unfinished(tmp_path: Path) -> None:
    text = Page(render_html(killed(tmp_path / "j").lines)).text
    assert "while “restore database” and “apply Terraform” ran" in text
    assert "no proof of database" in text


def test_a_failed_proof_is_not_a_proof(tmp_path: Path) -> None:
    story = Story(tmp_path / "j")
    story.open()
    story.begin("restore database", proved=True)  # What was meant is no evidence.
    story.end("restore database", 2.0, "database: table orders differs", "failure", error="NotProved")
    assert "Not proved" in Page(render_html(story.lines)).text
    assert all(part.proved is False for part in story_of(story.lines).facts.restored)
    assert any("do not rely on that backup" in advice for advice in improve(story.lines))


def test_a_fence_without_an_end_is_not_proved(tmp_path: Path) -> None:
    story = Story(tmp_path / "j")
    story.open()
    story.begin("fence primary", fence="network-fence/shop")
    assert "writes may still reach the primary" in Page(render_html(story.lines)).text


def test_an_application_that_needed_nothing(tmp_path: Path) -> None:
    story = Story(tmp_path / "j")
    story.open()
    story.end("declare incident", 0.1, "The application already runs at the standby.", "found-done")
    assert "Nothing to do" in Page(render_html(story.lines)).text


@pytest.mark.parametrize("name", STORIES)
def test_every_prefix_can_be_reported(tmp_path: Path, name: str) -> None:
    lines = STORIES[name](tmp_path / "journal.jsonl").lines
    for length in range(1, len(lines) + 1, 3):
        Page(render_html(lines[:length]))
        render_markdown(lines[:length])
    with pytest.raises(Missing):
        render_html(())


def test_advice_names_the_figures_it_stands_on(tmp_path: Path) -> None:
    told = " ".join(improve(recovered(tmp_path / "a").lines))
    assert "“apply Terraform” was the longest step on the critical path (12.3 s of 34.7 s, 35%)" in told
    assert "1 newer backup was passed over" in told and "5.4 s (16% of the time): lower the record's TTL" in told
    old = " ".join(improve(killed(tmp_path / "b").lines))
    assert "was 2 h old when the outage began, and the RPO allows 1 h" in old
    tried = " ".join(improve(crowded(tmp_path / "c").lines))
    assert "took 20 tries" in tried


def test_a_changed_line_is_told(tmp_path: Path) -> None:
    lines = list(recovered(tmp_path / "j").lines)
    assert first_break(lines) is None
    lines[7] = lines[7].model_copy(update={"sentence": "Something else."})
    assert first_break(lines) == 7
    assert "Line 7 does not follow" in Page(render_html(lines)).text
    assert "**BROKEN**: line 7" in render_markdown(lines)
    bare = lines[7].model_dump(mode="json") | {"hash": ""}
    digest = blake3(json.dumps(bare, sort_keys=True).encode()).hexdigest()
    lines[7] = lines[7].model_copy(update={"hash": digest})  # Made to fit, but the next line remembers.
    assert first_break(lines) == 8


def test_the_chain_can_be_checked_without_lifeboat(tmp_path: Path) -> None:
    story = crowded(tmp_path / "journal.jsonl")
    command = [sys.executable, "-c", CHECK, str(story.path)]
    good = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert good.stdout.split()[-1] == story.lines[-1].hash
    raw = story.path.read_text().splitlines()
    changed = json.loads(raw[3]) | {"sentence": "Something else."}
    story.path.write_text("\n".join([*raw[:3], json.dumps(changed), *raw[4:]]))
    bad = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert bad.returncode == 1 and "breaks at line 3" in bad.stderr


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(5, 200)), max_size=12))
def test_labels_of_marks_never_touch(places: list[tuple[float, float]]) -> None:
    places.sort(key=lambda place: place[0])
    rows = tiers(places)
    for first, (left, width) in enumerate(places):
        for second in range(first + 1, len(places)):
            if places[second][0] < left + width:  # A later one begins under this label: it must stand lower.
                assert rows[second] < rows[first]


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20)), min_size=1, max_size=30))
@example([(0.0, 0.0), (0.0, 0.0)])
def test_short_bars_are_made_visible_without_overlap(gaps: list[tuple[float, float]]) -> None:
    edge, bars = 0.0, []
    for gap, width in gaps:
        bars.append((edge + gap, width))
        edge += gap + width
    placed = spread(bars, 3.0, edge + 300)
    assert all(width > 0 for _, width in placed)
    assert all(one[0] + one[1] <= two[0] + 1e-6 for one, two in pairwise(placed))
    assert placed[0][0] >= -1e-6 and placed[-1][0] + placed[-1][1] <= edge + 300


@given(st.floats(0.01, 1e7), st.integers(2, 12))
def test_ticks_are_few_and_round(total: float, most: int) -> None:
    found = ticks(total, most)
    assert found[0] == 0 and found[-1] <= total * 1.001 and len(found) <= most + 1


def test_ticks_are_said_shortly() -> None:
    assert [tick_label(seconds) for seconds in (0, 0.5, 30, 60, 90, 1800, 3600, 5400, 3 * 86400)] == [
        *("0", "0.5 s", "30 s", "1 min", "1:30 min", "30 min", "1 h", "1:30 h", "3 d")
    ]


def luminance(colour: str) -> float:
    """Relative luminance, by WCAG 2's definition."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1])
def test_texts_stand_out_from_what_is_behind_them(tmp_path: Path, scheme: int) -> None:
    style = re.findall(r":root\{([^}]*)\}", render_html(recovered(tmp_path / "j").lines))[scheme]
    colours = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})", style))
    colours = {
        name: value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:]) for name, value in colours.items()
    }
    for front, behind in (
        *(("ink", "paper"), ("soft", "paper"), ("soft", "wash"), ("good", "paper"), ("bad", "paper")),
        *(("good", "good-wash"), ("bad", "bad-wash"), ("ink", "wash")),
    ):
        one, two = sorted((luminance(colours[front]), luminance(colours[behind])), reverse=True)
        assert (one + 0.05) / (two + 0.05) >= 4.5, (front, behind)
