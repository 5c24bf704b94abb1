"""Both sites serve: one is taken out of rotation and put back, with Route 53 (moto), DNS servers and sites."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_fixtures import KEYS, client, moto_url
from dns_fixtures import dns_server
from killed_run import play
from plan_fixtures import EXAMPLES
from ruamel.yaml import YAML
from site_fixtures import Site

from blocks.keys import BackupKeys
from blocks.zones.route53 import Route53Zone
from flows.failback import failback
from flows.failover import failover
from recovery.clock import Clock
from recovery.errors import RecoveryError
from recovery.history import journals
from recovery.journal import Line, read_journal
from recovery.plan_file import read_plan
from recovery.plan_references import references

__all__ = ["moto_url"]

pytestmark = pytest.mark.slow
NAME, ONE, OTHER = "shop.example.test", "127.0.0.10", "127.0.0.20"
FENCE = "security-group-fence/shop-us"
_callers = itertools.count()


class Stage:
    """Two sites, a weighted name, a name server and a resolver, which answer one site in turn as Route 53 does."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self._dice = folder, url, random.Random(7)
        self.up = {ONE: True, OTHER: True}
        self.one, self.other = Site(lambda: self.up[ONE]), Site(lambda: self.up[OTHER])
        self.servers = ("127.0.0.1:9", "127.0.0.1:9")
        self.new_zone()

    def new_zone(self) -> None:
        """Both sites in rotation. moto takes no record that is just as one which it was told to create before."""
        route53 = client("route53", self.url)
        made = route53.create_hosted_zone(Name="example.test", CallerReference=f"both-{next(_callers)}")
        self.zone_id = str(made["HostedZone"]["Id"]).rpartition("/")[2]
        usual = {"Name": NAME, "Type": "A", "TTL": 1, "Weight": 100}
        sets = [{**usual, "SetIdentifier": at, "ResourceRecords": [{"Value": at}]} for at in (ONE, OTHER)]
        changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": each} for each in sets]}
        route53.change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch=changes)
        self.zone = Route53Zone(**self.document())

    def document(self) -> dict[str, Any]:
        servers = {"authoritative": [self.servers[0]], "resolvers": [self.servers[1]]}
        return {"zone_id": self.zone_id, "region": "us-east-1", "endpoint_url": self.url, **KEYS, **servers}

    def answer(self, name: str) -> tuple[str, ...]:
        shares = self.zone.shares(name)
        return tuple(self._dice.choices([*shares.on], [*shares.on.values()])) if shares and shares.on else ()

    def weights(self) -> dict[str, int]:
        shares = self.zone.shares(NAME)
        assert shares is not None
        return shares.weights

    def write_plan(self, fence: list[str]) -> None:
        """The example plan, with this stage's places."""
        plan = YAML().load((EXAMPLES / "active-active.yaml").read_text())
        for name, address, site in (("primary", ONE, self.one), ("standby", OTHER, self.other)):
            plan["sites"][name] |= {"address": address, "url": f"http://127.0.0.1:{site.port}"}
        del plan["fence"]
        if fence:
            plan["fence"] = fence
        plan["backup"]["vault"] = "folder-vault/shop"
        plan["dns"] |= {"zone": "route53-zone/shop", "ttl": "1s", "drain": "30s"}
        plan["rotation"] = {"primary": 70, "standby": 100}
        plan["health"] = {
            "within": "20s",
            "probes": [{"name": "write", "method": "POST", "path": "/orders", "expect_status": 201}],
        }
        with (self.folder / "shop.yaml").open("w") as file:
            YAML().dump(plan, file)

    def write_blocks(self) -> None:
        """Those that this strategy never asks are there by their names only."""
        (self.folder / "vault").mkdir(exist_ok=True)
        keys = BackupKeys.generate()
        secret = {"identity": keys.identity, "signing_key": keys.signing_key}
        nowhere = {"host": "127.0.0.1", "port": 9, "database": "shop", "user": "shop"}
        found: dict[str, dict[str, Any]] = {
            "folder-vault/shop": {"folder": str(self.folder / "vault")},
            "backup-keys/shop": {
                "recipients": keys.recipients,
                "trusted": keys.trusted,
                **{name: value.get_secret_value() for name, value in secret.items() if value},
            },
            "route53-zone/shop": self.document(),
            **{f"postgresql/{name}": nowhere for name in ("shop-us", "shop-eu", "shop-scratch")},
            "terraform-workspace/shop-eu": {"module": "infra/terraform/standby-builtin"},
            "ansible-inventory/shop-eu": {"playbook": "infra/ansible/standby.yml", "hosts": {"eu": {}}},
            "slack-chat/operations": {"token": "xoxb-none", "channel": "#none", "base_url": "http://127.0.0.1:9/api/"},
            FENCE: self.fence_document(),
        }
        with (self.folder / "blocks.yaml").open("w") as file:
            YAML().dump(found, file)

    def fence_document(self) -> dict[str, Any]:
        """The first site's network; the door of that site does not follow it here, but is shut when it dies."""
        group = client("ec2", self.url).create_security_group(GroupName=f"us-{next(_callers)}", Description="The shop")
        rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        client("ec2", self.url).authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])
        self.group = str(group["GroupId"])
        where = {"region": "us-east-1", "record_region": "eu-west-1", "endpoint_url": self.url, **KEYS}
        return {**where, "group_id": self.group, "endpoints": [f"http://127.0.0.1:{self.one.port}/"]}

    def rules(self) -> int:
        found = client("ec2", self.url).describe_security_groups(GroupIds=[self.group])
        return len(found["SecurityGroups"][0]["IpPermissions"])


@pytest.fixture(scope="module")
def both(moto_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("both")
    made = Stage(folder, moto_url)
    with (
        pytest.MonkeyPatch.context() as patch,
        dns_server(made.answer) as own,
        dns_server(made.answer, authoritative=False) as resolver,
    ):
        made.servers = (own, resolver)
        for name in ("PLANS", "HOME", "BLOCKS"):
            patch.setenv(f"LIFEBOAT_{name}", str(folder / {"BLOCKS": "blocks.yaml"}.get(name, "")))
        for name in ("PREFECT_API_URL", "PREFECT_HOME"):
            patch.delenv(name, raising=False)
        yield made
    made.one.close()
    made.other.close()


@pytest.fixture
def stage(both: Stage) -> Stage:
    """As it is when all is well."""
    both.up = {ONE: True, OTHER: True}
    both.new_zone()
    both.write_plan([])
    both.write_blocks()
    return both


def played(flow: Any, **parameters: Any) -> tuple[tuple[Line, ...], RecoveryError | None]:
    known, trouble = set(journals()), None
    try:
        asyncio.run(flow.fn(**{"plan": "shop", "mode": "for real", "incident": "new"} | parameters))
    except RecoveryError as error:
        trouble = error
    new = set(journals()) - known
    assert len(new) == 1, trouble
    return tuple(read_journal(new.pop())), trouble


def steps(lines: tuple[Line, ...], kind: str) -> list[str]:
    return [line.step for line in lines if line.kind == kind]


def test_with_both_sites_well_nothing_is_taken_out(stage: Stage) -> None:
    lines, error = played(failover)
    assert error is not None and "Both sites answer their health probe" in error.what
    lines, error = played(failover, mode="dry run")
    assert error is None
    assert "take site out" in steps(lines, "would")
    assert stage.weights() == {ONE: 100, OTHER: 100}


def test_the_site_that_fails_is_taken_out_and_put_back_once_it_is_well(stage: Stage) -> None:
    stage.up[ONE] = False
    lines, error = played(failover)
    assert error is None, str(error)
    assert stage.weights() == {ONE: 0, OTHER: 100}
    assert not {"choose backup", "restore database", "promote standby", "fence site"} & set(steps(lines, "intent"))
    shown = next(line for line in lines if (line.step, line.kind) == ("probe rotation", "outcome"))
    assert f"none hands out {ONE}" in shown.sentence and shown.data["looks"] >= 10
    assert Clock.of(lines).ending == "recovered"
    assert {stage.answer(NAME) for _ in range(50)} == {(OTHER,)}

    lines, error = played(failover)
    assert error is None
    assert [line.kind for line in lines if line.step == "declare incident"] == ["found-done"]

    stage.up[ONE] = True
    lines, error = played(failback)
    assert error is None, str(error)
    assert stage.weights() == {ONE: 70, OTHER: 100}, "with the share that the plan gives it"
    done = steps(lines, "outcome")
    assert done.index("probe site") < done.index("put site back") < done.index("probe rotation")
    assert stage.one.writes > 0
    lines, error = played(failback)
    assert error is None and "put site back" not in steps(lines, "intent")


def test_the_last_one_is_never_taken_out(stage: Stage) -> None:
    shares = stage.zone.shares(NAME)
    assert shares is not None
    stage.zone.turn(shares, shares.turned(ONE, 0))
    stage.up[OTHER] = False
    _, error = played(failover)
    assert error is not None and "at least one stays on" in error.what
    assert stage.weights() == {ONE: 0, OTHER: 100}
    stage.up = {ONE: False, OTHER: False}
    _, error = played(failover)
    assert error is not None and "No site answers" in error.what


def test_fenced_too_where_the_plan_says_so_and_killed_in_between_it_goes_on(stage: Stage) -> None:
    stage.write_plan([FENCE])
    stage.up[ONE] = False
    known = set(journals())
    assert play("before outcome", "take site out", incident="new", even_if_primary_answers=False) == -9
    assert stage.weights()[ONE] == 0, "the world has it, the journal does not"
    assert play(even_if_primary_answers=False) == 0
    [path] = set(journals()) - known
    lines = tuple(read_journal(path))
    assert "take site out" in steps(lines, "found-done"), "it is not taken out twice"
    assert stage.rules() == 0, "no rule lets anybody in"
    assert Clock.of(lines).ending == "recovered"

    stage.up[ONE] = True
    lines, error = played(failback)
    assert error is None, str(error)
    assert stage.rules() == 1
    done = steps(lines, "outcome")
    assert done.index("open site") < done.index("probe site") < done.index("put site back")


def test_every_block_of_the_plan_is_known() -> None:
    assert FENCE in references(read_plan(EXAMPLES / "active-active.yaml"))
