"""Reads a plan from its file, or says everything that is wrong with it."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from recovery.errors import Missing
from recovery.plan import Plan
from recovery.plan_check import check_plan
from recovery.plan_fault import Fault, Finding, PlanInvalid, render_faults, say_where
from recovery.plan_shape import check_shape, sound_parts
from recovery.plan_tree import Place, Tree, Unreadable
from recovery.plan_warnings import warn_plan

__all__ = ["Fault", "PlanInvalid", "check_file", "read_plan", "render_faults", "warnings_of"]

LARGEST = 1_000_000


def read_plan(path: Path, environment: Mapping[str, str] | None = None) -> Plan:
    """Reads and checks a plan.

    Args:
        path: the YAML file.
        environment: what `${NAME}` in it stands for; by default the process's environment.

    Raises:
        PlanInvalid: it has faults, all of them in the error.
        Missing: there is no such file.
    """
    try:
        text = _text(path)
    except Unreadable as error:
        raise PlanInvalid(path, (_unreadable(error),)) from error
    return _sound(path, text, tuple(sorted((os.environ if environment is None else environment).items())))


@lru_cache(maxsize=64)
def _sound(path: Path, text: str, environment: tuple[tuple[str, str], ...]) -> Plan:
    """A plan that was found sound stays so, as long as neither its text nor the environment changes: a runner reads it
    before a recovery is asked for, which then starts a third of a second sooner."""
    plan, faults = _examine(text, dict(environment))
    if faults or plan is None:
        raise PlanInvalid(path, tuple(faults))
    return plan


def check_file(path: Path, environment: Mapping[str, str] | None = None) -> list[Fault]:
    """Every fault of a plan, in the order of its lines.

    Args:
        path: the YAML file.
        environment: what `${NAME}` in it stands for; by default the process's environment.

    Raises:
        Missing: there is no such file.
    """
    try:
        return _examine(_text(path), os.environ if environment is None else environment)[1]
    except Unreadable as error:
        return [_unreadable(error)]


def warnings_of(path: Path, environment: Mapping[str, str] | None = None) -> list[Fault]:
    """What is weak in a plan, though no fault. Arguments and errors as of `check_file`."""
    try:
        tree = Tree(_text(path), os.environ if environment is None else environment)
    except Unreadable:
        return []
    return [_fault(tree.place(each.where), each) for each in warn_plan(sound_parts(tree.data), partial=True)]


def _examine(text: str, environment: Mapping[str, str]) -> tuple[Plan | None, list[Fault]]:
    try:
        tree = Tree(text, environment)
    except Unreadable as error:
        return None, [_unreadable(error)]
    plan, shape = check_shape(tree.data)
    sound = sound_parts(tree.data) if plan is None else plan
    # What stands at a place that is known to be faulty already would only be said twice.
    said = {finding.where for _, finding in tree.findings}
    found = [each for each in shape if each.where not in said]
    if isinstance(tree.data, dict):
        found += [each for each in check_plan(sound, partial=plan is None) if each.where not in said]
    faults = [_fault(place, finding) for place, finding in tree.findings]
    return plan, sorted(faults + [_fault(tree.place(each.where), each) for each in found])


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Missing(
            f"The plan {path} cannot be read: {error.strerror}.", remedy="Name a plan, such as plans/shop.yaml."
        ) from error
    if len(raw) > LARGEST:
        raise Unreadable(f"a plan has at most {LARGEST} bytes, this one has {len(raw)}", (1, 1))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("this is not UTF-8 text", (raw.count(b"\n", 0, error.start) + 1, 1)) from error


def _unreadable(error: Unreadable) -> Fault:
    return _fault(error.place, Finding((), error.what, "YAML: keys, a colon and values, indented by spaces"))


def _fault(place: Place, finding: Finding) -> Fault:
    return Fault(*place, say_where(finding.where), finding.what, finding.write_instead)
