"""What a plan may do, decided on the JSON that `terraform show` prints. Pure."""

import pytest

from blocks.workspaces.diagnostics import Reader, failure
from blocks.workspaces.running import Ending
from recovery.errors import Conflict, Refused, Unreachable
from recovery.terraform import judge, summarise


def shown(**actions: list[str]) -> dict:
    resources = [{"address": f"thing.{name}", "change": {"actions": acts}} for name, acts in actions.items()]
    return {"resource_changes": resources, "errored": False, "complete": True}


def test_every_action_is_told_apart() -> None:
    changes = summarise(
        shown(
            made=["create"],
            mended=["update"],
            gone=["delete"],
            swapped=["delete", "create"],
            swapped_first=["create", "delete"],
            let_go=["forget"],
            same=["no-op"],
            looked_at=["read"],
        )
    )
    assert changes.create == ("thing.made",)
    assert changes.update == ("thing.mended",)
    assert changes.destroy == ("thing.gone",)
    assert changes.replace == ("thing.swapped", "thing.swapped_first")
    assert changes.forget == ("thing.let_go",)
    assert changes.complete
    assert changes.sentence == "1 to create, 1 to update, 1 to destroy, 2 to replace, 1 to forget"


def test_building_and_updating_goes() -> None:
    decision = judge(summarise(shown(made=["create"], mended=["update"])), may_destroy=())
    assert decision.verdict == "go"
    assert decision.facts == {"create": ["thing.made"], "update": ["thing.mended"]}


def test_nothing_to_change_is_done_but_a_changed_output_is_not() -> None:
    assert judge(summarise(shown(same=["no-op"])), ()).verdict == "done"
    changed = {
        **shown(same=["no-op"]),
        "output_changes": {"url": {"actions": ["update"]}, "old": {"actions": ["no-op"]}},
    }
    assert summarise(changed).outputs == ("url",)
    assert judge(summarise(changed), ()).verdict == "go"


@pytest.mark.parametrize("actions", [["delete"], ["delete", "create"], ["create", "delete"], ["forget"]])
def test_losing_something_is_refused_unless_the_plan_allows_that_address(actions: list[str]) -> None:
    changes = summarise(shown(database=actions, made=["create"]))
    decision = judge(changes, may_destroy=("thing.made",))
    assert decision.verdict == "refuse"
    assert "thing.database" in decision.sentence
    assert "may_destroy" in decision.remedy
    with pytest.raises(Refused, match=r"thing\.database"):
        decision.or_refuse()
    assert judge(changes, may_destroy=("thing.database",)).verdict == "go"


def test_what_an_interrupted_run_left_half_made_is_named() -> None:
    plan = shown(half=["delete", "create"])
    plan["resource_changes"][0]["action_reason"] = "replace_because_tainted"
    decision = judge(summarise(plan), ())
    assert decision.verdict == "refuse"
    assert "thing.half half made" in decision.remedy


@pytest.mark.parametrize("fault", [{"errored": True}, {"complete": False}, {"deferred_changes": [{"reason": "x"}]}])
def test_a_plan_that_is_not_whole_is_refused(fault: dict) -> None:
    assert judge(summarise({**shown(made=["create"]), **fault}), ("thing.made",)).verdict == "refuse"


def test_an_unknown_action_is_refused() -> None:
    assert judge(summarise(shown(odd=["evaporate"])), ("thing.odd",)).verdict == "refuse"


LOCK = (
    "Error message: resource temporarily unavailable\nLock Info:\n  ID:        96b5f600-b0c6\n"
    "  Path:      state.tfstate\n  Operation: OperationTypeApply\n  Who:       carol@laptop\n"
    "  Version:   1.11.4\n  Created:   2026-11-24 08:22:56\n"
)


def test_a_lock_names_its_holder() -> None:
    error = failure("plan", Ending(code=1), [("Error acquiring the state lock", LOCK)], 5)
    assert isinstance(error, Conflict)
    assert "carol@laptop" in error.what
    assert "force-unlock -force 96b5f600-b0c6" in error.remedy


def test_a_dead_network_is_told_from_a_wrong_module() -> None:
    dead = failure("plan", Ending(code=1), [("listing tags", 'Post "https://x/": dial tcp: connection refused')], 5)
    wrong = failure("plan", Ending(code=1), [("Unsupported argument", "An argument named x is not expected")], 5)
    assert isinstance(dead, Unreachable)
    assert not isinstance(wrong, Unreachable)
    assert "Unsupported argument" in wrong.what


def test_a_killed_apply_does_not_promise_a_released_lock() -> None:
    error = failure("apply", Ending(code=-9, overdue=True, killed=True), [], 5)
    assert "5.0 s" in error.what
    assert "lock may be left behind" in error.changed


def test_the_reader_survives_lines_that_are_no_events() -> None:
    lines: list[str] = []
    reader = Reader(lines.append, lambda text: text.replace("hunter22", "[secret]"))
    for line in (
        "",
        "{half a line",
        "[1]",
        "plain hunter22 text",
        '{"type":"outputs","outputs":{"a":{"value":1},"b":{}}}',
    ):
        reader.take(line)
    assert lines == ["{half a line", "[1]", "plain [secret] text"]
    assert reader.outputs == {"a": 1}
