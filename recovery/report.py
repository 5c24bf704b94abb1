"""The post-incident report: one self-contained page, and the same as Markdown. Everything in it is from the journal."""

from collections.abc import Sequence

from recovery.journal import Line
from recovery.report_advice import improve
from recovery.report_chain import CHECK
from recovery.report_markdown import markdown
from recovery.report_story import story_of
from recovery.report_template import render
from recovery.report_timeline import NARROW, WIDE, timeline_svg

__all__ = ["improve", "render_html", "render_markdown", "timeline_svg"]


def render_html(lines: Sequence[Line]) -> str:
    """The report as one HTML page that asks nobody for anything: styles and pictures are in it.

    Args:
        lines: a failover's journal, whole or cut off anywhere.

    Raises:
        recovery.errors.Missing: there is no line at all.
    """
    story = story_of(lines)
    wide = timeline_svg(story.clock, WIDE, "timeline-wide")
    narrow = timeline_svg(story.clock, NARROW, "timeline-narrow")
    return render("report.html", story=story, wide=wide, narrow=narrow, check=CHECK)


def render_markdown(lines: Sequence[Line]) -> str:
    """The same content as Markdown, for an artifact of the run.

    Args:
        lines: a failover's journal, whole or cut off anywhere.

    Raises:
        recovery.errors.Missing: there is no line at all.
    """
    return markdown(story_of(lines))
