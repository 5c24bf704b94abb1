"""The plan of a failback is the plan of the failover, turned round."""

import pytest
from plan_fixtures import SHOP

from recovery.errors import Refused
from recovery.plan import Failback, Infrastructure, Plan
from recovery.plan_file import read_plan
from recovery.plan_references import references
from recovery.reverse import reversed_plan, way_back


@pytest.fixture
def plan() -> Plan:
    read = read_plan(SHOP)
    back = Failback(
        infrastructure=Infrastructure(workspace="terraform-workspace/back", state_region="eu-central-1"),
        configuration=read.configuration,
        fence=("postgresql-fence/standby",),
        drain=("postgresql-drain/standby",),
    )
    return read.model_copy(update={"failback": back, "drain": ("postgresql-drain/primary",)})


def test_turned_round_twice_it_is_the_plan_itself(plan: Plan) -> None:
    back = reversed_plan(plan)
    assert back.sites.primary == plan.sites.standby
    assert back.components["database"].restore_to == plan.components["database"].source
    assert back.components["database"].scratch == plan.components["database"].scratch
    assert back.infrastructure.workspace == "terraform-workspace/back"
    assert (back.fence, back.drain) == (("postgresql-fence/standby",), ("postgresql-drain/standby",))
    assert reversed_plan(back) == plan


def test_every_block_of_the_way_back_is_loaded(plan: Plan) -> None:
    assert {"postgresql-fence/standby", "postgresql-drain/primary", "terraform-workspace/back"} <= references(plan)
    assert references(reversed_plan(plan)) == references(plan)


def test_a_plan_that_says_nothing_of_the_way_back_is_refused() -> None:
    with pytest.raises(Refused, match="The plan of shop does not say how to fail back"):
        reversed_plan(read_plan(SHOP))


def test_what_was_promoted_follows_nobody_on_the_way_back(plan: Plan) -> None:
    part = plan.components["database"].model_copy(update={"replica": "postgresql-replica/shop"})
    warm = plan.model_copy(update={"strategy": "warm-standby", "components": {"database": part}})
    assert way_back(warm).components["database"].replica is None
    assert way_back(warm).components["database"].source == part.restore_to


def test_where_both_sites_serve_there_is_no_other_way_round(plan: Plan) -> None:
    both = plan.model_copy(update={"strategy": "active-active", "failback": None})
    assert way_back(both) == both
