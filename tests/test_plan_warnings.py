"""What `lifeboat plan check` warns of, sentence by sentence; it refuses nothing because of it."""

from pathlib import Path
from typing import Any

import pytest
from plan_fixtures import SHOP, TEXT

from doors.plans import check
from recovery.plan_fault import render_warnings
from recovery.plan_file import check_file, read_plan, warnings_of
from recovery.plan_warnings import warn_plan

SWITCH = "a route53-switch block over failover records with an inverted health check in {} (docs/web.md)"
LOST = "us-east-1, the region that is lost with the primary: it may not answer when it is needed"


def plan(zone: str = "route53-zone/web", primary: str = "us-east-1", standby: str = "eu-west-1") -> Any:
    read = read_plan(SHOP)
    sites = read.sites.model_copy(
        update={
            "primary": read.sites.primary.model_copy(update={"region": primary}),
            "standby": read.sites.standby.model_copy(update={"region": standby}),
        }
    )
    return read.model_copy(update={"sites": sites, "dns": read.dns.model_copy(update={"zone": zone})})


def test_editing_records_when_the_control_plane_is_lost_with_the_primary() -> None:
    (found,) = warn_plan(plan())
    assert found.where == ("dns", "zone")
    assert found.what == f"the swap edits a Route 53 record, and the control plane for that lies in {LOST}"
    assert found.write_instead == SWITCH.format("eu-west-1")


def test_changing_a_cdn_is_no_better() -> None:
    (found,) = warn_plan(plan("cloudfront-origin/web"))
    assert found.what == f"the swap edits a CloudFront distribution, and the control plane for that lies in {LOST}"
    assert found.write_instead == f"one origin, whose name is swapped by {SWITCH.format('eu-west-1')}"


def test_neither_site_lies_where_the_control_plane_is() -> None:
    (found,) = warn_plan(plan(primary="eu-central-1", standby="eu-north-1"))
    assert found.what.endswith("lies in us-east-1: an outage there holds up a swap from eu-central-1 to eu-north-1 too")
    assert found.write_instead == SWITCH.format("eu-north-1")


@pytest.mark.parametrize(
    ("zone", "standby"),
    [("route53-switch/web", "eu-west-1"), ("bind-zone/web", "eu-west-1"), ("route53-zone/web", "US-EAST-1")],
)
def test_what_needs_no_warning(zone: str, standby: str) -> None:
    assert warn_plan(plan(zone, "eu-central-1", standby)) == []


def test_the_check_prints_it_after_the_faults_and_its_exit_code_is_that_of_the_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = next(number for number, text in enumerate(TEXT.splitlines(), 1) if "route53-zone" in text)
    assert check(SHOP) == 0
    sound, warned = capsys.readouterr().out.splitlines()
    assert sound.endswith("this plan has no faults.")
    assert warned.startswith(f"{SHOP}:{line}: dns.zone: warning: the swap edits a Route 53 record, and ")
    assert f". Better: {SWITCH.format('eu-west-1')}" in warned
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text(TEXT.replace("rto: 15m", "rto: soon"))
    assert check(faulty) == 2
    assert [": warning: " in each for each in capsys.readouterr().out.splitlines()] == [False, True]


@pytest.mark.parametrize("text", ["", "dns: 3", "dns: {zone: route53-zone/web}", "a: [", "sites: {primary: 1}"])
def test_a_plan_of_almost_nothing_is_warned_about_without_a_traceback(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    assert check_file(path) and warnings_of(path) == []


def test_nothing_is_printed_for_no_warnings() -> None:
    assert render_warnings(SHOP, []) == ""
