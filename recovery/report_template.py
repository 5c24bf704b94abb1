"""Fills templates in. Every value is escaped, so that no text out of a journal can become markup."""

import json
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from recovery.clock_objectives import say
from recovery.report_words import count, day_time, exact, only_time, percent, size


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "n": lambda pixels: f"{pixels:.2f}".rstrip("0").rstrip("."),
        "json": lambda data: json.dumps(data, ensure_ascii=False),
        "say": say,
        "count": count,
        "size": size,
        "day_time": day_time,
        "exact": exact,
        "only_time": only_time,
        "percent": percent,
    }
    return environment


def render(name: str, **values: object) -> str:
    """Fills in one template of the `templates` folder."""
    return _environment().get_template(name).render(**values)
