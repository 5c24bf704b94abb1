"""The form of a playbook, as the UI draws it from a schema: plain words, and drop-downs of what there really is."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from recovery.deployment import Choice


def make_form(schema: Mapping[str, Any], choices: Mapping[str, Choice], filled: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of one deployment's form.

    Args:
        schema: of the flow's parameters, as Prefect derives it (JSON Schema).
        choices: parameter to its drop-down.
        filled: what the form is filled in with.
    """
    form = deepcopy(dict(schema))
    for name, field in form["properties"].items():
        field["title"] = name.replace("_", " ").capitalize()
        if "description" in field:
            field["description"] = " ".join(field["description"].split())
        if name in filled:
            field["default"] = filled[name]
    return with_choices(form, choices)


def with_choices(form: Mapping[str, Any], choices: Mapping[str, Choice]) -> dict[str, Any]:
    """A form with other drop-downs. A field that it does not have is left out."""
    changed = deepcopy(dict(form))
    for name, choice in choices.items():
        field = changed["properties"].get(name)
        if field is not None:
            for word in ("type", "enum", "anyOf"):
                field.pop(word, None)
            field.update(_drop_down(choice))
    return changed


def keep_choices(form: dict[str, Any], old: Mapping[str, Any], name: str) -> None:
    """Leaves one field as it was in an older form, where nobody could look what there is to choose from."""
    fields, before = form["properties"], old.get("properties", {})
    if name in fields and name in before:
        fields[name] = before[name]


def _drop_down(choice: Choice) -> dict[str, Any]:
    """Two tabs where others count too: a list that is a little old must not keep anybody from a newer backup."""
    listed = {"type": "string", "enum": list(choice.options)}
    if not choice.others:
        return listed
    return {"anyOf": [{"title": "From the list", **listed}, {"title": "By name", "type": "string"}]}
