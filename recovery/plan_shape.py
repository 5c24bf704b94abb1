"""Whether a plan's values have the right keys and types, and as much of a Plan as the sound ones make."""

from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from recovery.plan import Plan
from recovery.plan_annotations import annotation_at, annotation_of, bare_of, example_of, model_of
from recovery.plan_fault import Finding, Where

_SAY = {
    "model_type": "{} stands where keys belong",
    "dict_type": "{} stands where keys belong",
    "tuple_type": "{} stands where a list belongs",
    "too_short": "this must not be empty",
    "string_type": "{} is not a text",
    "bool_parsing": "{} is neither true nor false",
    "bool_type": "{} is neither true nor false",
    "string_pattern_mismatch": "{} does not fit here",
    "literal_error": "{} is no choice here",
}


def check_shape(data: Any) -> tuple[Plan | None, list[Finding]]:
    """Reads plain values as a plan.

    Args:
        data: what the YAML holds.

    Returns:
        The plan, or None; and what is wrong.
    """
    try:
        return Plan.model_validate(data), []
    except ValidationError as error:
        return None, [_finding(detail) for detail in error.errors(include_url=False)]


def sound_parts(data: Any) -> Plan:
    """A Plan of the sound parts only: reading a faulty or missing one raises AttributeError."""
    plan: Plan = _parts(Plan, data)
    return plan


def _parts(model: Any, data: Any) -> Any:
    data = data if isinstance(data, dict) else {}
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if name in data:
            values.update((name, value) for value in _part(annotation_of(field), data[name]))
        elif not field.is_required():
            values[name] = field.get_default(call_default_factory=True)
    made = model.model_construct(**values)
    for name in model.model_fields.keys() - values.keys():
        made.__dict__.pop(name, None)  # model_construct puts defaults where a faulty value was
    return made


def _part(annotation: Any, value: Any) -> Iterator[Any]:
    """Yields the sound part of a value, or nothing."""
    inner = model_of(annotation)
    if inner is not None and isinstance(value, dict):
        if get_origin(bare_of(annotation)) is dict:
            yield {key: _parts(inner, each) for key, each in value.items()}
        else:
            yield _parts(inner, value)
    elif inner is not None and isinstance(value, list):
        yield tuple(_item(inner, each) for each in value)
    else:
        try:
            yield TypeAdapter(annotation).validate_python(value)
        except ValidationError:
            return


def _item(model: Any, data: Any) -> Any:
    """One of a list; some may be written shorter than by their keys."""
    if not isinstance(data, dict):
        with suppress(ValidationError):
            return TypeAdapter(model).validate_python(data)
    return _parts(model, data)


def _finding(detail: ErrorDetails) -> Finding:
    where: Where = tuple(part for part in detail["loc"] if part != "[key]")
    annotation = annotation_at(where)
    if detail["type"] == "missing":
        return Finding(where, "this key is missing", f"{where[-1]}: followed by {example_of(annotation)}")
    if detail["type"] == "extra_forbidden":
        return _unknown_key(where)
    if detail["type"] == "literal_error" and (near := _near(detail["input"], annotation)):
        return Finding(where, f"{_say(detail)}: did you mean {near}?", near)
    context = detail.get("ctx", {})
    what = str(context["error"]) if detail["type"] == "value_error" else _say(detail)
    return Finding(where, what, example_of(annotation))


def _unknown_key(where: Where) -> Finding:
    model = model_of(annotation_at(where[:-1]))
    known = list(model.model_fields) if model else []
    near = get_close_matches(str(where[-1]), known, n=1)
    guess = f": did you mean {near[0]}?" if near else ""
    return Finding(where, f"this key is not known{guess}", near[0] if near else f"one of {', '.join(known)}")


def _near(value: Any, annotation: Any) -> str:
    """The choice that was probably meant."""
    choices = [each for each in get_args(bare_of(annotation)) if isinstance(each, str)]
    return next(iter(get_close_matches(str(value), choices, n=1)), "")


def _say(detail: ErrorDetails) -> str:
    value = detail["input"]
    plain = isinstance(value, (str, int, float, bool)) or value is None
    shown = repr(value) if plain else {"list": "a list", "dict": "a set of keys"}.get(type(value).__name__, "this")
    shown = "nothing" if value is None else shown
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    message = detail["msg"]
    return _SAY.get(detail["type"], f"{{}} is wrong: {message[:1].lower()}{message[1:]}").replace("{}", shown)
