"""docs/plan.md tells of every key, every default and every check."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from recovery.duration import parse_duration
from recovery.plan import Plan
from recovery.plan_annotations import annotation_of, model_of
from recovery.plan_check import CHECKS
from recovery.plan_clock import CLOCK_CHECKS
from recovery.plan_places import PLACE_CHECKS
from recovery.plan_warnings import WEAKNESSES

PAGE = (Path(__file__).parent.parent / "docs" / "plan.md").read_text()
KEYS, CHECKED = PAGE.split("## Every check")


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        inner = model_of(annotation_of(field))
        if inner is not None:
            yield from models(inner)


FIELDS = [(model, name) for model in models(Plan) for name in model.model_fields]


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=[f"{model.__name__}.{name}" for model, name in FIELDS])
def test_every_key_is_explained(model: type[BaseModel], name: str) -> None:
    assert re.search(rf"^\|[^|]*`{name}`", KEYS, re.MULTILINE)


def test_every_default_duration_is_told() -> None:
    told = {parse_duration(text) for text in re.findall(r"\| `(\d+[a-z]+)` \|", KEYS)}
    real = {model.model_fields[name].default for model, name in FIELDS}
    assert told == {default for default in real if isinstance(default, timedelta)}


EVERY = [*CHECKS, *PLACE_CHECKS, *CLOCK_CHECKS, *WEAKNESSES]


@pytest.mark.parametrize("check", EVERY, ids=lambda check: check.__name__)
def test_every_check_is_explained(check: object) -> None:
    assert f"- `{check.__name__}`:" in CHECKED  # type: ignore[attr-defined]
