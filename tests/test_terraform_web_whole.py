"""The whole web application, built in two regions, recovered, swapped, failed back and removed, on an emulated AWS.

Real are Terraform, the `hashicorp/aws` provider, the switch's object and policy, and the health check, which the demo's
name server makes itself. Not shown: machines, load balancers and databases that work, and replication; moto has none.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aws_fixtures import KEYS, client, moto_url
from web_fixtures import DRILL, ENTRANCE, NAME, SITE, a_better_memory, prepare, workspace

from blocks.workspaces.kind import ChangeSummary
from blocks.workspaces.programs import describe
from blocks.workspaces.terraform import TerraformWorkspace
from blocks.zones.route53_pair import Pair
from blocks.zones.route53_switch import Route53Switch
from demo.dns import serve
from demo.dns_nameserver import Nameserver, ZoneMirror
from demo.ports import free_port
from demo.waiting import wait_until
from recovery.errors import RecoveryError
from recovery.terraform import judge

__all__ = ["moto_url"]
# moto does not give back CloudFront's configuration as it was set.
FORGOTTEN_BY_MOTO = {"module.cdn[0].aws_cloudfront_distribution.this"}
pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        not describe().providers.can_provide("hashicorp/aws"), reason="no AWS provider can be had on this machine"
    ),
]


class Web:
    """The three roots, each with what it was last applied with."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self._folder, self._runs = url, folder, count()
        self.zone = prepare(url)
        self.roots: dict[str, TerraformWorkspace] = {}
        self.outputs: dict[str, dict[str, Any]] = {}

    def apply(self, root: str, **variables: Any) -> ChangeSummary:
        self.roots[root] = workspace(self.url, root, **variables)
        folder = self.fresh()
        plan = self.roots[root].plan(folder, print)
        judge(plan, ()).or_refuse()
        self.outputs[root] = self.roots[root].apply(folder, plan.digest, print)
        return plan

    def together(self, wanted: dict[str, dict[str, Any]]) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda root: self.apply(root, **wanted[root]), wanted))

    def changed(self, root: str) -> set[str]:
        """What Terraform would do now, but for what moto forgets."""
        plan = self.roots[root].plan(self.fresh(), lambda line: None)
        return {*plan.create, *plan.update, *plan.replace, *plan.destroy} - FORGOTTEN_BY_MOTO

    def fresh(self) -> Path:
        return self._folder / str(next(self._runs))


@pytest.fixture(scope="module")
def web(moto_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Both sites and the way in, as docs/web.md says: the standby as a pilot light with a copied snapshot."""
    made = Web(moto_url, tmp_path_factory.mktemp("web"))
    with a_better_memory():
        build(made)
        yield made


def build(made: Web) -> None:
    """What needs nothing of the other at the same time: most of it is waiting."""
    rds = client("rds", made.url)
    server = {"DBInstanceClass": "db.t4g.small", "Engine": "postgres", "MasterUsername": "web", "AllocatedStorage": 20}
    rds.create_db_instance(DBInstanceIdentifier="before", MasterUserPassword="not-to-be-shown", **server)
    taken = rds.create_db_snapshot(DBInstanceIdentifier="before", DBSnapshotIdentifier="nightly")["DBSnapshot"]
    standby = SITE | {"copy_snapshot_arn": taken["DBSnapshotArn"], "capacity": 0, "database_running": False}
    rds.delete_db_instance(DBInstanceIdentifier="before", SkipFinalSnapshot=True)
    made.together({"primary": SITE | {"capacity": 2}, "recovery": standby})
    replicated = SITE | {"capacity": 2, "replicate_to": made.outputs["recovery"]["uploads_arn"]}
    places = {f"{site}_addresses": made.outputs[root]["addresses"] for site, root in SITES.items()}
    made.together({"primary": replicated, "entrance": ENTRANCE | places | {"zone_id": made.zone}})


SITES = {"primary": "primary", "standby": "recovery"}


def test_a_pilot_light_has_no_machines_no_database_and_a_snapshot_of_its_own(web: Web) -> None:
    groups = client("autoscaling", web.url, "eu-west-1").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert groups == []
    rds = client("rds", web.url, "eu-west-1")
    assert rds.describe_db_instances()["DBInstances"] == []
    (snapshot,) = rds.describe_db_snapshots()["DBSnapshots"]
    assert snapshot["DBSnapshotIdentifier"] == "web-standby-nightly"


def test_planning_again_finds_nothing_to_do(web: Web) -> None:
    with ThreadPoolExecutor() as pool:
        assert dict(zip(web.roots, pool.map(web.changed, web.roots), strict=True)) == {
            root: set() for root in web.roots
        }


def test_a_front_door_closed_behind_its_back_is_found(web: Web) -> None:
    group = web.outputs["primary"]["front_door_security_group"]
    ec2 = client("ec2", web.url)
    (held,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=held["IpPermissions"])
    rule = 'module.site.module.compute.aws_vpc_security_group_ingress_rule.front_door["80 0.0.0.0/0"]'
    assert web.changed("primary") == {rule}
    web.apply("primary", **web.roots["primary"].variables)
    assert web.changed("primary") == set()


def test_the_recovery_starts_machines_and_the_database_and_destroys_nothing(web: Web) -> None:
    variables = web.roots["recovery"].variables | {"capacity": 2, "database_running": True}
    plan = web.apply("recovery", **variables)
    assert plan.create == (
        "module.site.module.alarms.aws_cloudwatch_metric_alarm.database_full[0]",
        "module.site.module.alarms.aws_cloudwatch_metric_alarm.no_healthy_machine[0]",
        "module.site.module.compute.aws_autoscaling_group.this[0]",
        "module.site.module.database.aws_db_instance.this[0]",
    )
    assert not (plan.update or plan.destroy or plan.replace)
    (group,) = client("autoscaling", web.url, "eu-west-1").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert len(group["Instances"]) == 2
    (database,) = client("rds", web.url, "eu-west-1").describe_db_instances()["DBInstances"]
    assert database["DBInstanceIdentifier"] == "web-standby"
    assert web.outputs["recovery"]["database_password_secret"].startswith("arn:aws:secretsmanager:eu-west-1:")
    assert web.changed("recovery") == set()


@pytest.fixture
def switch(web: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[Route53Switch]:
    """The block as docs/web.md writes it, and a name server that makes the health checks that Terraform built."""
    settings = {"ENDPOINT_URL": web.url, "DEFAULT_REGION": "eu-west-1", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}
    for name, value in settings.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    mirror, stop, port = ZoneMirror(), threading.Event(), free_port("127.0.0.53")
    following = threading.Thread(target=mirror.follow, args=(stop,))
    following.start()
    servers = serve(Nameserver(mirror), "127.0.0.53", port)
    sites = {site: web.outputs[root]["addresses"] for site, root in SITES.items()}
    drill = {"primary": ["198.51.100.77"], "standby": ["198.51.100.70"]}
    names = (Pair(name=NAME, ttl=5, **sites), Pair(name=DRILL, ttl=5, **drill))
    places = {"authoritative": (f"127.0.0.53:{port}",), "resolvers": (f"127.0.0.53:{port}",)}
    bucket = web.outputs["entrance"]["switch_bucket"]
    yield Route53Switch(
        bucket=bucket, region="eu-west-1", zone_id=web.zone, names=names, endpoint_url=web.url, **KEYS, **places
    )
    stop.set()
    following.join()
    for server in servers:
        server.stop()


@pytest.mark.parametrize("name", [NAME, DRILL])
def test_what_terraform_built_is_swapped_by_one_object_and_swapped_back(switch: Route53Switch, name: str) -> None:
    assert switch.faults(name) == ()
    before = switch.read(name)
    pair = next(each for each in switch.names if each.name == name)
    assert before is not None and before.values == pair.primary[:1]
    after = before.model_copy(update={"values": pair.standby[:1]})
    for here, there in ((before, after), (after, before)):
        wait_until(lambda here=here: set(switch.answers(name).values()) == {here.values}, "DNS", 120)  # type: ignore
        assert switch.swap(here, there)
        wait_until(lambda there=there: set(switch.answers(name).values()) == {there.values}, "DNS", 120)  # type: ignore


def test_everything_is_removed_again(web: Web) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda root: web.roots[root].destroy(web.fresh(), print), web.roots))
    for root in web.roots:
        plan = web.roots[root].plan(web.fresh(), lambda line: None)
        assert not plan.update and not plan.destroy, "nothing is left in the state"
    for region in ("us-east-1", "eu-west-1"):
        assert client("rds", web.url, region).describe_db_instances()["DBInstances"] == []
        assert client("elbv2", web.url, region).describe_load_balancers()["LoadBalancers"] == []
    left = [each["Name"] for each in client("s3", web.url).list_buckets()["Buckets"]]
    assert left == ["terraform-states"]


def test_bad_values_are_refused_with_our_own_words_before_anything_is_built(moto_url: str, tmp_path: Path) -> None:
    bad = {
        **ENTRANCE,
        "zone_id": "Z1",
        "account_id": "12",
        "name": "Web.Example.Test",
        "standby_addresses": ENTRANCE["primary_addresses"],
    }
    with pytest.raises(RecoveryError) as caught:
        workspace(moto_url, "entrance", **bad).plan(tmp_path / "run", print)
    for words in ("12 digits", "in small letters", "others than the primary's"):
        assert words in str(caught.value)
