"""The web application's Terraform: written as Terraform formats it, valid, and planned against an emulated AWS.

Applying it takes minutes: tests/test_terraform_web_whole.py does, and `make faults` runs that.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from aws_fixtures import moto_url
from web_fixtures import ENTRANCE, SITE, prepare, workspace

from blocks.registry import read_blocks
from blocks.workspaces.kind import ChangeSummary
from blocks.workspaces.programs import describe
from blocks.zones.route53_switch import Route53Switch
from recovery.plan_file import check_file, read_plan, warnings_of

__all__ = ["moto_url"]
WEB = Path(__file__).parent.parent / "infra" / "terraform" / "web"
provided = pytest.mark.skipif(
    not describe().providers.can_provide("hashicorp/aws"), reason="no AWS provider can be had on this machine"
)


def test_the_example_plan_has_no_faults_and_swaps_without_a_control_plane() -> None:
    path = WEB / "plan.yaml"
    assert check_file(path) == []
    assert warnings_of(path) == []
    assert read_plan(path).dns.zone == "route53-switch/web"


def test_the_example_blocks_are_what_the_plan_names_and_know_its_sites() -> None:
    blocks, plan = read_blocks(WEB / "blocks.yaml"), read_plan(WEB / "plan.yaml", {})
    switch = blocks["route53-switch/web"]
    assert isinstance(switch, Route53Switch)
    (pair,) = switch.names
    assert (pair.name, pair.primary[0], pair.standby[0]) == (
        plan.dns.name,
        plan.sites.primary.address,
        plan.sites.standby.address,
    )
    assert plan.dns.ttl.total_seconds() == pair.ttl
    named = {plan.dns.zone, plan.infrastructure.workspace, *plan.fence} & blocks.keys()
    assert named == blocks.keys() - {"cloudfront-origin/web"}


@pytest.mark.slow
def test_it_is_written_as_terraform_formats_it() -> None:
    argv = [*describe().program.argv, "fmt", "-check", "-recursive", str(WEB)]
    shown = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (shown.returncode, shown.stdout) == (0, "")


@pytest.mark.exhaustive
@pytest.mark.slow
@provided
def test_every_root_can_be_planned_as_it_is(moto_url: str, tmp_path: Path) -> None:
    """A plan validates first. All at once: most of the time is the provider's start."""
    zone = prepare(moto_url)
    wanted: dict[str, dict[str, Any]] = {
        "primary": {**SITE, "capacity": 2},
        "recovery": {**SITE, "copy_snapshot_arn": "arn:aws:rds:us-east-1:123456789012:snapshot:nightly"},
        "entrance": {**ENTRANCE, "zone_id": zone},
    }

    def plan(root: str) -> ChangeSummary:
        return workspace(moto_url, root, **wanted[root]).plan(tmp_path / root, print)

    with ThreadPoolExecutor() as pool:
        plans = dict(zip(wanted, pool.map(plan, wanted), strict=True))
    for made in plans.values():
        assert made.complete and made.create
        assert not (made.update or made.replace or made.destroy)
    site = "module.site.module."
    pilot_light = set(plans["recovery"].create)
    assert f"{site}database.aws_db_snapshot_copy.this[0]" in pilot_light
    started = {f"{site}database.aws_db_instance.this[0]", f"{site}compute.aws_autoscaling_group.this[0]"}
    assert started <= set(plans["primary"].create) and not started & pilot_light
    assert not [each for each in pilot_light if "route53" in each or "cloudfront" in each or "aws_iam" in each]
    assert 'module.dns["web.example.test"].aws_route53_record.primary' in plans["entrance"].create
    assert 'module.not_swapped["web.example.test"].aws_route53_health_check.this' in plans["entrance"].create
