"""What the plan's model wants at a path of keys, as a type and in words."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from recovery.plan import Plan
from recovery.plan_fault import Where

_PLAIN = {str: "a text", int: "a whole number", bool: "true or false"}


def annotation_of(field: FieldInfo) -> Any:
    return Annotated[field.annotation, field]


def annotation_at(where: Where) -> Any:
    """The type that the plan's model wants at a path; None where it knows none."""
    annotation: Any = Plan
    for part in where:
        bare = bare_of(annotation)
        if get_origin(bare) in (dict, tuple):
            annotation = next((each for each in reversed(get_args(bare)) if each is not Ellipsis), None)
        elif isinstance(bare, type) and issubclass(bare, BaseModel) and part in bare.model_fields:
            annotation = annotation_of(bare.model_fields[str(part)])
        else:
            return None
    return annotation


def bare_of(annotation: Any) -> Any:
    """Without its metadata, and without `| None`."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return bare_of(next(each for each in get_args(annotation) if each is not type(None)))
    return annotation


def model_of(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or holds as the items of its dict or tuple."""
    bare = bare_of(annotation)
    for each in (bare, *(bare_of(inner) for inner in get_args(bare))):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def example_of(annotation: Any) -> str:
    """What to write where this type is wanted."""
    for each in get_args(annotation)[1:] if get_origin(annotation) is Annotated else ():
        if isinstance(each, FieldInfo) and each.description:
            return each.description
    bare = bare_of(annotation)
    if bare in _PLAIN:
        return _PLAIN[bare]
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return f"the keys {', '.join(bare.model_fields)}"
    if get_origin(bare) is tuple:
        return f"a list, each item {example_of(get_args(bare)[0])}"
    if get_origin(bare) is dict:
        return f"names, each with {example_of(get_args(bare)[-1])}"
    return f"one of {', '.join(str(each) for each in get_args(bare))}" if get_args(bare) else "what docs/plan.md says"
