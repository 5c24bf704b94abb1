"""A drill is the failover in places of its own; one that is not apart is refused."""

from typing import Any

import pytest
from plan_fixtures import SHOP

from recovery.errors import Refused
from recovery.isolation import used_places
from recovery.plan import Plan
from recovery.plan_drill import Drill
from recovery.plan_file import read_plan
from recovery.plan_references import references
from recovery.rehearsal import decide_rehearsal, rehearsal_plan
from recovery.terraform import Changes, judge

REAL = read_plan(SHOP, {"SHOP_PORT": "8080"})
PLACES = {"database": "postgresql/drill", "uploads": "files/drill"}
ADDRESSES = {name: f"there://{name}" for name in references(REAL)} | {
    "postgresql/drill": "postgresql://drill/shop",
    "files/drill": "file:///drill/uploads",
}


def drill(**changes: Any) -> Drill:
    fields: dict[str, Any] = {"region": "eu-west-1", "address": "192.0.2.10", "url": "http://192.0.2.10:8080"}
    fields |= {"name": "drill.example.test", "parked": "192.0.2.1", "restore_to": PLACES}
    fields |= {"workspace": "terraform-workspace/drill", "inventory": "ansible-inventory/drill"}
    return Drill.model_validate(fields | changes)


def plan(**changes: Any) -> Plan:
    return REAL.model_copy(update={"drill": drill(**changes)})


def test_everything_it_acts_on_is_its_own() -> None:
    real = plan()
    rehearsed = rehearsal_plan(real)
    assert rehearsed.sites.primary.address == "192.0.2.1"
    assert rehearsed.sites.standby.url == "http://192.0.2.10:8080"
    assert {part.restore_to for part in rehearsed.components.values()} == set(PLACES.values())
    assert rehearsed.dns.name == "drill.example.test"
    assert rehearsed.infrastructure.workspace == "terraform-workspace/drill"
    assert (rehearsed.health, rehearsed.backup) == (real.health, real.backup)
    assert set(PLACES.values()) <= references(real)


def test_a_plan_that_leaves_a_component_out_is_refused() -> None:
    for unfit in (REAL.model_copy(update={"drill": None}), plan(restore_to={"database": "postgresql/drill"})):
        with pytest.raises(Refused, match="does not say where to rehearse every component"):
            rehearsal_plan(unfit)


SCRATCH = {"postgresql/drill": "there://postgresql/shop-scratch"}
TARGET = {"postgresql/drill": "there://postgresql/shop-standby"}


@pytest.mark.parametrize(
    ("changes", "moved", "sentence"),
    [
        ({}, {}, None),
        ({"restore_to": {**PLACES, "uploads": "files/uploads-primary"}}, {}, "meets the source files/uploads-primary"),
        ({}, TARGET, "meets the restore target postgresql/shop-standby"),
        ({}, SCRATCH, "meets the scratch place postgresql/shop-scratch"),
        ({"name": f"{REAL.dns.name.upper()}."}, {}, "is the standby's own"),
        ({"workspace": REAL.infrastructure.workspace}, {}, "the workspace terraform-workspace/shop-standby is"),
        ({"inventory": REAL.configuration.inventory}, {}, "the inventory ansible-inventory/shop-standby is"),
        ({"address": REAL.sites.standby.address}, {}, "its address or its front door is that of the site in"),
        ({"url": f"{REAL.sites.primary.url}/"}, {}, "its address or its front door is that of the site in"),
    ],
)
def test_one_that_is_not_apart_is_refused(changes: dict[str, Any], moved: dict[str, str], sentence: str | None) -> None:
    addresses = ADDRESSES | moved
    decision = decide_rehearsal(REAL, drill(**changes), addresses, used_places([REAL], addresses))
    assert decision.verdict == ("refuse" if sentence else "go")
    assert (sentence or "has a name of its own") in decision.sentence


def test_a_drill_has_a_limit_to_what_it_may_build() -> None:
    three = Changes(create=("a", "b", "c"))
    assert judge(three, (), 3).verdict == "go"
    assert judge(three, (), 2).sentence == "The Terraform plan would create 3 resources, and 2 are allowed."


def test_a_drill_restores_and_touches_neither_replicas_nor_rotation() -> None:
    part = REAL.components["database"].model_copy(update={"replica": "postgresql-replica/shop"})
    warm = plan().model_copy(update={"strategy": "warm-standby", "components": {**REAL.components, "database": part}})
    assert {each.replica for each in rehearsal_plan(warm).components.values()} == {None}
    both = plan().model_copy(update={"strategy": "active-active"})
    assert rehearsal_plan(both).strategy == "backup-restore"
