"""What Terraform's events say of a plan, and that a doubt is never taken for nothing."""

from typing import Any

import pytest

from recovery.terraform_events import read_events

Event = dict[str, Any]


def planned(action: str, address: str = "a.b", **more: Any) -> Event:
    return {"type": "planned_change", "change": {"resource": {"addr": address}, "action": action, **more}}


def summary(add: int = 0, change: int = 0, remove: int = 0) -> Event:
    return {"type": "change_summary", "changes": {"add": add, "change": change, "remove": remove, "operation": "plan"}}


def outputs(**actions: str) -> Event:
    return {"type": "outputs", "outputs": {name: {"action": action} for name, action in actions.items()}}


def test_every_kind_of_change_is_read() -> None:
    found = read_events(
        [
            planned("create", "a.new"),
            planned("update", "a.old"),
            planned("delete", "a.gone"),
            planned("replace", "a.half", reason="tainted"),
            planned("replace", "a.anew", reason="requested"),
            planned("read", "data.a.b"),
            planned("move", "a.moved"),
            summary(add=3, change=1, remove=3),
            outputs(same="noop", new="create", gone="delete"),
        ]
    )
    assert found is not None
    assert (found.create, found.update, found.destroy) == (("a.new",), ("a.old",), ("a.gone",))
    assert (found.replace, found.tainted) == (("a.anew", "a.half"), ("a.half",))
    assert (found.outputs, found.complete, found.nothing) == (("gone", "new"), True, False)


def test_a_plan_that_changes_nothing_says_so() -> None:
    found = read_events([summary(), outputs(url="noop")])
    assert found is not None
    assert found.nothing


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([], id="nothing was said"),
        pytest.param([planned("create")], id="no summary"),
        pytest.param([summary(), summary()], id="two summaries"),
        pytest.param([planned("remove"), summary()], id="an action not known here"),
        pytest.param([summary(remove=1)], id="a destruction that no event names"),
        pytest.param([planned("update"), summary()], id="a change that the summary leaves out"),
        pytest.param([planned("create"), summary(add=1), {"type": "deferred_change"}], id="deferred changes"),
    ],
)
def test_a_doubt_has_the_plan_file_read(events: list[Event]) -> None:
    assert read_events(events) is None
