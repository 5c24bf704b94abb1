"""What else a readiness check looks at: quotas, secrets, approvers, dependencies. Every verdict by its sentence."""

from collections.abc import Mapping
from typing import Any

import pytest
from aws_fixtures import KEYS, client, moto_url
from botocore.stub import Stubber
from chat_fixtures import slack_stand_in

from blocks.chat.kind import Chat, Message
from blocks.chat.slack import SlackChat
from blocks.quotas.amazon import AmazonQuotas
from blocks.secret_stores.amazon import AmazonSecretStore
from recovery.errors import NotProved, RecoveryError, Unreachable
from recovery.plan import Dependency
from recovery.plan_approval import Approval, Approver
from recovery.quotas import Headroom, count_wanted, judge_quotas
from recovery.readiness_needs import ALWAYS, judge_dependencies, judge_secrets
from recovery.readiness_people import judge_approvers

__all__ = ["moto_url"]
REGION = "eu-west-1"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


def change(kind: str, *actions: str, **after: Any) -> dict[str, Any]:
    return {"type": kind, "change": {"actions": list(actions) or ["create"], "after": after}}


def test_what_would_be_created_is_counted_by_type_and_size() -> None:
    shown = [
        change("aws_instance", instance_type="t3.micro"),
        change("aws_instance", instance_type="t3.micro"),
        change("aws_instance", "no-op", instance_type="t3.micro"),
        change("aws_instance", "delete", "create", instance_type="t3.micro"),  # one goes, one comes
        change("aws_db_instance", instance_class="db.t3.medium"),
        change("aws_eip"),
        change("aws_launch_template", instance_type="m5.large"),
        change("aws_autoscaling_group", desired_capacity=3),
    ]
    assert count_wanted({"resource_changes": shown}) == {
        "aws_instance t3.micro": 2,
        "aws_db_instance db.t3.medium": 1,
        "aws_eip": 1,
        "aws_launch_template m5.large": 1,
        "aws_autoscaling_group": 1,
        "aws_instance m5.large": 3,
    }
    unknown = count_wanted({"resource_changes": [change("aws_autoscaling_group", min_size=2)]})
    assert unknown == {"aws_autoscaling_group": 1, "aws_instance ?": 2}


@pytest.mark.parametrize(
    ("found", "state", "sentence"),
    [
        ([], "ready", "Nothing would be created that a known quota limits."),
        ([(2, 3, 100.0)], "ready", "VPCs: 2 wanted, 3 in use, 100 allowed."),
        ([(2, 3, 5.0)], "warning", "would nearly use up its quotas. VPCs: 2 wanted, 3 in use, 5 allowed."),
        ([(2, 4, 5.0)], "not ready", "Quotas would stop the standby from being built. VPCs: 2 wanted, 4 in use"),
        ([(2, 4, None)], "warning", "the limit could not be read"),
    ],
)
def test_quotas(found: list[tuple[float, float, float | None]], state: str, sentence: str) -> None:
    headroom = [Headroom(name="VPCs", wanted=wanted, used=used, limit=limit) for wanted, used, limit in found]
    check = judge_quotas(headroom, ["instances of type p4d.24xlarge"])
    assert check.state == state
    assert sentence in check.sentence
    assert check.sentence.endswith("Not looked at: instances of type p4d.24xlarge.")


def test_vpcs_are_counted_on_an_emulator(moto_url: str) -> None:
    """moto knows the quotas of VPCs alone, and enforces none; the others are played below."""
    ec2 = client("ec2", moto_url, REGION)
    before = len(ec2.describe_vpcs()["Vpcs"])
    ec2.create_vpc(CidrBlock="10.7.0.0/16")
    found = AmazonQuotas(region=REGION, endpoint_url=moto_url, **KEYS).look({"aws_vpc": 2, "aws_sns_topic": 1})
    assert found.headroom == (Headroom(name="VPCs", wanted=2, used=before + 1, limit=5),)
    assert found.unknown == ()


def test_vcpus_are_counted_and_a_quota_never_changed_is_the_default() -> None:
    """Played answers: what is asked, and what is made of it."""
    block = AmazonQuotas(region=REGION, **KEYS)
    running = [{"InstanceType": "m5.large"}, {"InstanceType": "m5.large", "InstanceLifecycle": "spot"}]
    running += [{"InstanceType": "g5.xlarge"}]
    sizes = [{"InstanceType": "m5.large", "VCpuInfo": {"DefaultVCpus": 2}}]
    sizes += [{"InstanceType": "t3.xlarge", "VCpuInfo": {"DefaultVCpus": 4}}]
    code = {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}
    with Stubber(block.aws("ec2")) as ec2, Stubber(block.aws("service-quotas")) as quotas:
        ec2.add_response("describe_instances", {"Reservations": [{"Instances": running}]})
        wanted = {"InstanceTypes": ["m5.large", "t3.xlarge"]}
        ec2.add_response("describe_instance_types", {"InstanceTypes": sizes}, wanted)
        quotas.add_client_error("get_service_quota", "NoSuchResourceException", expected_params=code)
        quotas.add_response("get_aws_default_service_quota", {"Quota": {"Value": 8.0}}, code)
        found = block.look({"aws_instance t3.xlarge": 2, "aws_instance p4d.24xlarge": 1})
    assert found.headroom == (Headroom(name="vCPUs of standard instances", wanted=8, used=2, limit=8),)
    assert found.unknown == ("instances of type p4d.24xlarge",)
    assert judge_quotas(*found).state == "not ready"


@pytest.mark.parametrize(("refused", "limit"), [("AccessDeniedException", None), ("NoSuchResourceException", None)])
def test_a_quota_that_may_not_be_read_is_said_so(refused: str, limit: float | None) -> None:
    block = AmazonQuotas(region=REGION, **KEYS)
    with Stubber(block.aws("ec2")) as ec2, Stubber(block.aws("service-quotas")) as quotas:
        ec2.add_response("describe_addresses", {"Addresses": [{"PublicIp": "203.0.113.1"}]})
        quotas.add_client_error("get_service_quota", refused)
        quotas.add_client_error("get_aws_default_service_quota", refused)
        assert block.look({"aws_eip": 1}).headroom[0].limit == limit


def test_secrets_are_looked_for_without_being_read(moto_url: str) -> None:
    secrets, ssm = client("secretsmanager", moto_url, REGION), client("ssm", moto_url, REGION)
    secrets.create_secret(Name="there", SecretString="not-to-be-shown")
    secrets.create_secret(Name="going", SecretString="not-to-be-shown")
    secrets.delete_secret(SecretId="going", RecoveryWindowInDays=7)
    ssm.put_parameter(Name="/shop/there", Value="not-to-be-shown", Type="SecureString")
    store = AmazonSecretStore(region=REGION, endpoint_url=moto_url, **KEYS)
    assert store.missing(["there", "going", "never"]) == ("going", "never")
    parameters = AmazonSecretStore(region=REGION, endpoint_url=moto_url, service="ssm", **KEYS)
    assert parameters.missing(["/shop/there", "/shop/never"]) == ("/shop/never",)
    assert parameters.missing([]) == ()


def test_a_store_that_does_not_answer_is_unreachable() -> None:
    store = AmazonSecretStore(region=REGION, endpoint_url="http://127.0.0.1:9", tries=1, **KEYS)
    with pytest.raises(Unreachable, match="could not be reached for looking for the secret"):
        store.missing(["any"])


@pytest.mark.parametrize(
    ("there", "missing", "unlooked", "state", "sentence"),
    [
        (("a",), (), (), "ready", "1 secret(s) are there."),
        (("a",), (), ("b",), "ready", "Not looked for, as the plan names no store: b."),
        ((), (), (), "ready", "No secret was looked for."),
        (("a",), ("a in store/x",), (), "not ready", "Not there: a in store/x."),
    ],
)
def test_secrets(there: tuple[str], missing: tuple[str], unlooked: tuple[str], state: str, sentence: str) -> None:
    check = judge_secrets(there, missing, unlooked)
    assert check.state == state
    assert sentence in check.sentence


def approval(*names: str, keyed: bool = True, **fields: Any) -> Approval:
    return Approval(approvers=tuple(Approver(name=each, key=KEY if keyed else None) for each in names), **fields)


@pytest.mark.parametrize(
    ("asked", "codes", "chats", "state", "sentence"),
    [
        (Approval(mode="policy"), (), {"c": None}, "ready", "No person has to approve; 1 of 1 chat(s) answer."),
        (Approval(mode="policy"), (), {"c": "away."}, "warning", "0 of 1 chat(s) answer, but not c (away)."),
        (approval("ada", "ben"), (), {"c": None}, "ready", "2 approver(s) can sign, and 1 must."),
        (approval("ada"), (), {"c": None}, "warning", "One who is away, or who started it, would hold it up."),
        (approval("ada", "ben", keyed=False), ("ada",), {"c": None}, "warning", "ben can not: there is neither a key"),
        (approval("ada", "ben", keyed=False), (), {"c": None}, "not ready", "0 approver(s) can sign, and 1 must."),
        (approval("ada", "ben", "cyd"), (), {"c": "away."}, "not ready", "0 of 1 chat(s) answer, but not c (away)."),
        (approval("ada", "ben", on_timeout="proceed"), (), {"c": "x"}, "warning", "0 of 1 chat(s) answer"),
    ],
)
def test_approvers(
    asked: Approval, codes: tuple[str, ...], chats: Mapping[str, str | None], state: str, sentence: str
) -> None:
    check = judge_approvers(asked, codes, chats)
    assert check.state == state
    assert sentence in check.sentence


def test_slack_is_asked_without_a_word_being_posted() -> None:
    with slack_stand_in() as server:
        SlackChat(token="not-to-be-shown", channel="#operations", base_url=server.url).ask()
        assert [each["method"] for each in server.requests] == ["auth.test"]
        body = '{"ok": false, "error": "token_revoked"}'
        server.answer = lambda _number: (200, {"Content-Type": "application/json"}, body)
        with pytest.raises(Unreachable, match="Slack did not take the token: token_revoked") as caught:
            SlackChat(token="not-to-be-shown", channel="#operations", base_url=server.url).ask()
    assert "not-to-be-shown" not in str(caught.value)


def test_a_chat_that_cannot_be_asked_says_so() -> None:
    class Pager(Chat):
        _block_type_name = "Pager"

        def post(self, message: Message) -> None:
            raise AssertionError("nothing is posted")

    with pytest.raises(NotProved, match="Pager cannot be asked without posting") as caught:
        Pager().ask()
    assert isinstance(caught.value, RecoveryError)


def needs(*pairs: tuple[str, str]) -> tuple[Dependency, ...]:
    return tuple(Dependency.model_validate({"name": "x", "kind": kind, "region": region}) for kind, region in pairs)


EVERYTHING = tuple((kind, REGION) for kind in ALWAYS)


@pytest.mark.parametrize(
    ("pairs", "places", "state", "sentence"),
    [
        (EVERYTHING, {"vault": REGION}, "ready", "Of 5 dependencies and 1 places, none lies only in us-east-1."),
        ((*EVERYTHING, ("secret", "us-east-1")), {}, "ready", "none lies only in"),
        (EVERYTHING[1:], {}, "warning", "so they may be lost with us-east-1: the secrets."),
        (EVERYTHING[:-2], {}, "warning", "Prefect's own server and database, the DNS provider's API."),
        ((*EVERYTHING[:-1], ("dns", "US-East-1")), {}, "not ready", "the dns x lies only in us-east-1."),
        (
            EVERYTHING,
            {"zone/x": "us-east-1"},
            "not ready",
            "lost with us-east-1: zone/x lies in us-east-1.",
        ),
    ],
)
def test_dependencies(pairs: tuple[tuple[str, str], ...], places: dict[str, str], state: str, sentence: str) -> None:
    check = judge_dependencies("us-east-1", needs(*pairs), places)
    assert check.state == state
    assert sentence in check.sentence
