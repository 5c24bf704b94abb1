"""Deployments as code: what a plan wants, what differs, and that prefect.yaml and the flows say the same."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from plan_fixtures import SHOP
from prefect import Flow
from prefect.utilities.callables import parameter_schema

from doors.deployments import wanted_facts
from doors.find_flow import find_flow
from doors.prefect_file import prefect_file
from recovery.automations import wanted_automations
from recovery.bound_for import AS_PLANNED, bound_for
from recovery.deployment import Choice, Deployment
from recovery.deployment_drift import Change, differences, ours, refuse_to_remove
from recovery.deployments import Offer, choices_of, deployments_of, fleet_deployments
from recovery.errors import Missing, Refused
from recovery.form import keep_choices, with_choices
from recovery.places import ROOT
from recovery.plan import Failback, Plan
from recovery.plan_diagram import draw_plan
from recovery.plan_file import read_plan
from recovery.planned import read_plans
from recovery.playbooks import PLAYBOOKS

OFFER = Offer(whole=("b-3", "b-2", "b-1"), proved=("b-2", "b-1"))
PLAN = read_plan(SHOP)
BACK = Failback(
    infrastructure=PLAN.infrastructure, configuration=PLAN.configuration, fence=PLAN.fence, drain=PLAN.fence
)
WHOLE = PLAN.model_copy(update={"failback": BACK})


def wanted(plan: Plan = PLAN, offer: Offer | None = OFFER) -> dict[str, Deployment]:
    return {each.full_name: each for each in (*deployments_of(plan, offer), *fleet_deployments())}


def facts(**changes: Any) -> dict[str, Any]:
    return wanted_facts(wanted()["failover/shop"], "lifeboat") | changes


def test_every_playbook_is_deployed_and_takes_the_parameters_that_its_form_is_filled_in_with() -> None:
    modules = [importlib.import_module(f"flows.{path.stem}") for path in (ROOT / "flows").glob("[a-z]*.py")]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Flow)]
    playbooks = {each.name for each in found}
    assert playbooks == set(PLAYBOOKS)
    assert {each.flow for each in wanted(WHOLE).values()} == playbooks
    for each in wanted(WHOLE).values():
        flow: Flow[Any, Any] = find_flow(each.entrypoint)
        assert flow.name == each.flow
        fields = parameter_schema(flow).properties
        assert set(each.parameters) | set(each.choices) <= set(fields)
        flow.validate_parameters(each.parameters)
        for schedule in each.schedules:
            assert set(schedule.parameters) <= set(fields)


def test_prefect_yaml_says_the_same() -> None:
    assert (ROOT / "prefect.yaml").read_text() == prefect_file([PLAN], "lifeboat")


def test_nothing_that_is_pressed_by_hand_changes_production_unasked() -> None:
    for name in (
        "failover/shop",
        "retention/shop",
        "rotate-keys/shop",
        "abandon/shop",
        "failback/shop",
        "failover-many/all",
    ):
        assert wanted(WHOLE)[name].parameters["mode"] == "dry run"
    assert "dry run" in wanted()["failover/shop"].description


def test_schedules_are_the_plans_own() -> None:
    found = {name: each.schedules for name, each in wanted().items()}
    assert [each.cron for each in found["backup/shop"]] == [PLAN.backup.schedule]
    assert [each.cron for each in found["verify/shop"]] == [PLAN.backup.verify_schedule]
    assert PLAN.drill and [each.cron for each in found["drill/shop"]] == [PLAN.drill.schedule]
    assert found["retention/shop"][0].parameters == {"plan": "shop", "mode": "for real"}
    assert found["failover/shop"] == ()
    berlin = PLAN.model_copy(update={"backup": PLAN.backup.model_copy(update={"timezone": "Europe/Berlin"})})
    assert {each.timezone for one in deployments_of(berlin) for each in one.schedules} == {"Europe/Berlin"}


def test_what_a_plan_leaves_out_has_no_deployment() -> None:
    bare = PLAN.model_copy(
        update={"drill": None, "failback": None, "backup": PLAN.backup.model_copy(update={"keep": None})}
    )
    found = wanted(bare)
    assert "drill/shop" not in found
    assert "failback/shop" not in found
    assert found["retention/shop"].schedules == ()


def test_forms_offer_what_there_is() -> None:
    form = facts()["form"]["properties"]
    listed, typed = form["backup"]["anyOf"]
    assert listed["enum"] == ["newest proved", "b-2", "b-1"]
    assert typed["type"] == "string"
    assert form["site"]["enum"] == [AS_PLANNED, PLAN.sites.standby.region]
    assert form["plan"]["enum"] == ["shop"]
    assert form["mode"]["default"] == "dry run"
    assert form["even_if_primary_answers"]["title"] == "Even if primary answers"
    assert choices_of("verify", PLAN, OFFER)["backup"].options == ("newest", "b-3", "b-2", "b-1")
    assert "backup" not in choices_of("failover", PLAN, None)
    other = PLAN.model_copy(update={"application": "desk"})
    assert wanted_facts(deployments_of(other)[0], "lifeboat")["form"]["properties"]["plan"]["enum"] == ["desk"]


def test_where_nobody_could_look_a_form_keeps_what_it_offered() -> None:
    old = facts()["form"]
    fresh = wanted_facts(wanted(offer=None)["failover/shop"], "lifeboat")["form"]
    assert fresh != old
    keep_choices(fresh, old, "backup")
    assert fresh == old
    assert with_choices(old, {"nothing": Choice(options=("a",))}) == old


def test_a_recovery_to_another_site_than_the_one_that_was_meant_is_refused() -> None:
    assert bound_for(AS_PLANNED)(PLAN) is bound_for(PLAN.sites.standby.region)(PLAN) is PLAN
    with pytest.raises(Refused, match="recovers at eu-west-1, not at mars"):
        bound_for("mars")(PLAN)


def test_the_diagram_shows_where_everything_lies_and_no_address() -> None:
    drawn = draw_plan(PLAN)
    for word in ("us-east-1", "eu-west-1", "s3-vault/shop", "shop.example.test", "database", "uploads"):
        assert word in drawn
    assert drawn.startswith("```mermaid\nflowchart LR\n")
    assert drawn.count("subgraph") == sum(line.strip() == "end" for line in drawn.splitlines())
    assert PLAN.sites.standby.address not in drawn


def test_what_differs_is_said_field_by_field() -> None:
    same = {"failover/shop": facts()}
    assert differences(same, same) == ()
    found = facts(paused=True, description="other", form=wanted_facts(wanted(offer=None)["failover/shop"], "x")["form"])
    changed, removed = differences(same, {"failover/shop": found, "failover/old": {}})
    said = changed.sentence
    assert "description differs" in said
    assert "paused True -> False" in said
    assert "form differs in backup" in said
    assert removed.sentence == "remove failover/old"
    assert [each.kind for each in differences(same, {})] == ["create"]


def test_only_what_lifeboat_made_is_ever_removed() -> None:
    assert ours("failover/old", ["lifeboat", "old"], set())
    assert not ours("failover/old", ["old"], set())
    assert not ours("somebody-elses/old", ["lifeboat"], set())
    assert ours("drill/shop", ["lifeboat", "shop"], {"shop"})
    assert not ours("drill/other", ["lifeboat", "other"], {"shop"})


def test_a_deployment_with_a_run_under_way_is_not_removed() -> None:
    remove = [Change(kind="remove", what="failover/old")]
    refuse_to_remove(remove, {"failover/shop"})
    with pytest.raises(Refused, match="run under way"):
        refuse_to_remove(remove, {"failover/old"})


def test_people_are_told_by_the_blocks_that_the_plan_names() -> None:
    found = wanted_automations([PLAN])
    assert len(found) == 2
    mine = found["lifeboat: a run of shop crashed"]
    assert [each["block"] for each in mine["actions"]] == [each.to for each in PLAN.notifications]
    assert len(wanted_automations([PLAN.model_copy(update={"notifications": ()})])) == 1


def test_no_plans_is_no_reason_to_remove_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFEBOAT_PLANS", str(tmp_path))
    with pytest.raises(Missing, match="There is no plan"):
        read_plans()
    (tmp_path / "other.yaml").write_text(SHOP.read_text())
    with pytest.raises(Refused, match=r"Name it shop\.yaml"):
        read_plans()
