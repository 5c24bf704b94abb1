"""The fence that stops EC2 instances: the contract on moto, with a real port that follows their state.

moto stops and starts an instance at once: that the fence waits is shown by answers that were put in its way.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from aws_fixtures import KEYS, client, moto_url
from fence_contract import FenceContract
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from site_fixtures import Site

from blocks.fences.instance_stop import InstanceStopFence
from recovery.errors import RecoveryError, Refused, Unreachable

__all__ = ["moto_url"]
pytestmark = pytest.mark.slow


@cache
def ec2(url: str) -> Any:
    """One client for all: making one takes longer than a test."""
    return client("ec2", url)


class Primary:
    """Two instances in moto, and a site that is open while one of them runs. A third one was stopped before."""

    def __init__(self, url: str) -> None:
        self.url, self.ec2, self.stuck = url, ec2(url), False
        made = self.ec2.run_instances(ImageId="ami-12c6146b", MinCount=3, MaxCount=3)["Instances"]
        self.ids = tuple(each["InstanceId"] for each in made)
        self.ec2.stop_instances(InstanceIds=[self.ids[2]])
        backend = ec2_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]  # in this process: no need to ask by HTTP
        self.site = Site(lambda: self.stuck or any(backend.get_instance(each).state == "running" for each in self.ids))

    def described(self) -> list[Any]:
        answer = self.ec2.describe_instances(InstanceIds=list(self.ids))
        return [each for reservation in answer["Reservations"] for each in reservation["Instances"]]

    def states(self) -> dict[str, str]:
        return {each["InstanceId"]: each["State"]["Name"] for each in self.described()}

    def rules(self) -> Any:
        tags = {each["InstanceId"]: sorted(tag["Key"] for tag in each.get("Tags", [])) for each in self.described()}
        return self.states(), tags

    def fence(self, **fields: Any) -> InstanceStopFence:
        usual: dict[str, Any] = {
            "instance_ids": self.ids,
            "endpoints": (f"tcp://127.0.0.1:{self.site.port}",),
            "stop_seconds": 10,
            "settle_seconds": 2,
            "poll_seconds": 0.02,
        }
        made = InstanceStopFence(region="us-east-1", endpoint_url=self.url, **KEYS, **usual | fields)
        made._clients["ec2", "us-east-1"] = self.ec2
        return made


@pytest.fixture
def primary(moto_url: str) -> Iterator[Primary]:
    made = Primary(moto_url)
    yield made
    made.site.close()


class TestInstanceStopFence(FenceContract):
    @pytest.fixture
    def fence(self, primary: Primary) -> InstanceStopFence:
        return primary.fence()

    @pytest.fixture
    def rules(self, primary: Primary) -> Callable[[], Any]:
        return primary.rules

    @pytest.fixture
    def undo_behind(self, primary: Primary) -> Callable[[], None]:
        return lambda: primary.ec2.start_instances(InstanceIds=[primary.ids[0]])

    @pytest.fixture
    def keep_open(self, primary: Primary, fence: InstanceStopFence) -> Callable[[], None]:
        def act() -> None:
            primary.stuck = True

        return act

    @pytest.fixture
    def away(self) -> InstanceStopFence:
        return InstanceStopFence(
            instance_ids=("i-1",),
            region="us-east-1",
            endpoint_url="http://127.0.0.1:9",
            endpoints=("tcp://127.0.0.1:9",),
            connect_timeout_seconds=0.2,
            tries=1,
            **KEYS,
        )


def test_what_was_stopped_before_is_left_stopped_and_the_evidence_says_what_was_seen(primary: Primary) -> None:
    fence = primary.fence()
    fence.raise_fence()
    proof = fence.prove()
    assert f"AWS says that {primary.ids[1]} is stopped" in proof.evidence
    assert "was refused" in proof.evidence[-1]
    primary.fence().lower()  # another machine
    assert list(primary.states().values()) == ["running", "running", "stopped"]


def test_killed_in_between_it_takes_up_where_it_was(primary: Primary, monkeypatch: pytest.MonkeyPatch) -> None:
    before, dying = primary.rules(), primary.fence()

    def die(**_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dying.aws("ec2"), "stop_instances", die)
        with pytest.raises(KeyboardInterrupt):
            dying.raise_fence()
    primary.fence().raise_fence()
    assert primary.fence().prove().proved
    primary.fence().lower()
    assert primary.rules() == before


def shown(primary: Primary, monkeypatch: pytest.MonkeyPatch, *states: str) -> tuple[InstanceStopFence, list[str]]:
    """A fence to which AWS shows the first instance in these states, one after the other, the last one for ever."""
    fence, looks, real = primary.fence(instance_ids=primary.ids[:1]), [], primary.described()[0]

    def describe(**_: Any) -> Any:
        state = states[min(len(looks), len(states) - 1)]
        looks.append(state)
        return {"Reservations": [{"Instances": [{**real, "State": {"Name": state}}]}]}

    monkeypatch.setattr(fence.aws("ec2"), "describe_instances", describe)
    return fence, looks


def test_it_waits_until_the_instance_is_stopped(primary: Primary, monkeypatch: pytest.MonkeyPatch) -> None:
    fence, looks = shown(primary, monkeypatch, "running", "stopping", "stopping", "stopped")
    fence.raise_fence()
    assert looks == ["running", "stopping", "stopping", "stopped"]


def test_one_that_does_not_stop_is_said_and_not_proved(primary: Primary, monkeypatch: pytest.MonkeyPatch) -> None:
    fence, _ = shown(primary, monkeypatch, "running", "stopping")
    fence.stop_seconds = 0.1
    with pytest.raises(Unreachable, match="is stopping, not stopped or terminated"):
        fence.raise_fence()
    assert f"{primary.ids[0]} is stopping" in fence.prove().evidence[0]
    assert not fence.prove().proved


def test_instances_of_a_group_that_replaces_them_are_refused(primary: Primary, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = [{"Key": "aws:autoscaling:groupName", "Value": "shop"}]
    fence = primary.fence()
    found = [{**each, "Tags": tag} for each in primary.described()]
    answer = {"Reservations": [{"Instances": found}]}
    with monkeypatch.context() as patch:
        patch.setattr(fence.aws("ec2"), "describe_instances", lambda **_: answer)
        with pytest.raises(Refused, match="group shop would replace"):
            fence.raise_fence()
    assert "running" in primary.states().values()


def test_an_instance_that_does_not_exist_is_no_fence(primary: Primary) -> None:
    fence = primary.fence(instance_ids=("i-00000000000000000",))
    with pytest.raises(RecoveryError, match=r"InvalidInstanceID.NotFound"):
        fence.raise_fence()
    assert not fence.prove().proved
