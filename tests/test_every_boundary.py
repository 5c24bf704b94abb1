"""Each playbook killed after every line of its journal, and in the middle of every step: `make faults`.

Each time it is started again and must end recovered, with nothing done twice and no write at both sites. A few of
these places are killed in test_killed_runs.py and test_graceful.py too. One playbook, one way: `pytest -m exhaustive -s
-k "graceful and after"`; from the twentieth place on: FAULTS_FROM=20, and to the thirtieth: FAULTS_TO=30.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from dns_counter import counting_changes
from fault_play import all_places, each_by_itself, one_after_the_other
from fault_stages import Stage
from fault_stages_more import STAGES
from theatre import Theatre

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(6 * 3600)]
WAYS = {"each by itself": each_by_itself, "one after the other": one_after_the_other}


@pytest.fixture(params=STAGES)
def stage(theatre: Theatre, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch, counting_changes(theatre.world.state.aws.endpoint.url) as changes:
        patch.setenv("LIFEBOAT_PLANS", str(tmp_path))
        yield STAGES[request.param](theatre, tmp_path, changes)


@pytest.mark.parametrize("way", WAYS)
def test_killed_anywhere_it_ends_recovered_and_nothing_acts_twice(stage: Stage, way: str) -> None:
    places = all_places(stage)
    assert len(places) > 40
    first, last = int(os.environ.get("FAULTS_FROM", "1")), int(os.environ.get("FAULTS_TO", len(places)))
    assert WAYS[way](stage, places[first - 1 : last]) == []
