"""Clean nodes, evidence and rotated secrets: every decision by its sentence."""

from datetime import UTC, datetime
from typing import Any

import pytest
from verification_fixtures import manifest

from recovery.clean_site import judge_apart, judge_targets, to_replace
from recovery.custody import evidence_of, go_on_without, keep, sum_up
from recovery.plan import Plan
from recovery.plan_ransomware import RansomwarePolicy
from recovery.plan_ransomware_check import ransomware_is_whole
from recovery.plan_types import ApplicationName
from recovery.secret_rotation import RotationProof, judge_rotations
from recovery.terraform import Changes, summarise

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DATABASE = "postgresql://{}:5432/shop"


def test_nothing_stood_before() -> None:
    found = to_replace(Changes(create=("aws_instance.shop",)), RansomwarePolicy())
    assert (found.sentence, found.facts["replace"]) == ("Nothing of the standby stood before.", [])


def test_what_stands_and_the_plan_says_nothing_of_is_refused() -> None:
    found = to_replace(Changes(kept=("aws_instance.shop",), update=("aws_instance.api",)), RansomwarePolicy())
    assert found.verdict == "refuse"
    assert "aws_instance.shop, aws_instance.api: it may be infected" in found.sentence
    assert "ransomware.may_replace" in found.remedy


def test_what_may_stay_stays_and_what_may_be_replaced_is() -> None:
    disk = "module.disks[0].aws_ebs_volume.a"
    policy = RansomwarePolicy(may_keep=("aws_vpc.*",), may_replace=("aws_instance.*", disk))
    kept = ("aws_vpc.main", "aws_instance.shop", disk)
    found = to_replace(Changes(kept=kept), policy)
    assert found.facts["replace"] == ["aws_instance.shop", disk]
    assert found.sentence.startswith("1 of the standby may stay as they are; aws_instance.shop,")


def test_what_this_incident_built_is_clean() -> None:
    assert to_replace(Changes(kept=("aws_instance.shop",)), RansomwarePolicy(), ["aws_instance.shop"]).verdict == "go"


def test_terraform_tells_what_stands_without_its_data_sources() -> None:
    def resource(address: str, *actions: str, mode: str = "managed") -> dict[str, Any]:
        return {"address": address, "mode": mode, "change": {"actions": list(actions)}}

    shown = [resource("a.kept", "no-op"), resource("data.b.read", "no-op", mode="data"), resource("c.new", "create")]
    found = summarise({"resource_changes": shown})
    assert (found.kept, found.create) == (("a.kept",), ("c.new",))
    assert Changes(kept=("a.kept",)).nothing
    assert Changes.on_record({"create": ["c.new"], "digest": "x"}).create == ("c.new",)


@pytest.mark.parametrize(
    ("found", "may_erase", "verdict", "said"),
    [
        ({"db": 0, "files": 0}, False, "go", "The standby's places are empty."),
        ({"db": 4, "files": 0}, False, "refuse", "The standby's places hold data from before: db (4 items)."),
        ({"db": 4, "files": 0}, True, "go", "What the standby's places hold is erased first: db (4 items)."),
        ({"db": None}, False, "go", "The standby's places are empty. db cannot be asked yet"),
    ],
)
def test_the_places_to_restore_to_are_empty(
    found: dict[str, int | None], may_erase: bool, verdict: str, said: str
) -> None:
    decided = judge_targets(found, may_erase)
    assert decided.verdict == verdict
    assert decided.sentence.startswith(said)


@pytest.mark.parametrize(
    ("target", "values", "said"),
    [
        (DATABASE.format("old"), {}, "db would be restored to old:5432, a server of the old site"),
        (DATABASE.format("new"), {"w": ["t3.small", "ami-1"]}, "w names ami-1, which is of the old site"),
        (DATABASE.format("new"), {"w": ["192.0.2.1"]}, "w names 192.0.2.1, which is of the old site"),
        (DATABASE.format("new"), {"w": ["ami-2"]}, "The new site shares no server, address or image with the old one."),
    ],
)
def test_the_new_site_shares_nothing_with_the_old_one(target: str, values: dict[str, list[str]], said: str) -> None:
    decided = judge_apart({"db": DATABASE.format("old")}, {"db": target}, values, ["192.0.2.1", "ami-1"])
    assert said in decided.sentence
    assert decided.verdict == ("go" if said.startswith("The new") else "refuse")


def test_folders_share_this_machine_by_their_nature() -> None:
    assert judge_apart({"f": "file:///a"}, {"f": "file:///b"}, {}, []).verdict == "go"


def test_no_plan_can_have_the_name_that_evidence_lies_under() -> None:
    from pydantic import TypeAdapter, ValidationError

    with pytest.raises(ValidationError):
        TypeAdapter(ApplicationName).validate_python(evidence_of("shop"))


def test_missing_evidence_is_said_and_stops_nothing() -> None:
    pieces = [
        keep("uploads", "file:///u", manifest(1)),
        go_on_without("database", "postgresql://old/shop", "It could not be reached."),
    ]
    found = sum_up(pieces)
    assert found.verdict == "go"
    assert found.sentence == (
        "Evidence of uploads is kept, 1 of 2 in all. database could not be read from postgresql://old/shop (It could "
        "not be reached): there is no evidence of it in the vault. The recovery goes on; leave the old site be."
    )
    assert pieces[0].manifest == manifest(1).digest
    assert sum_up(pieces[1:]).sentence.startswith("No evidence is kept in the vault, 0 of 1 in all.")


def proof(proved: bool) -> RotationProof:
    said = "the old password is refused" if proved else "the old password STILL lets in"
    return RotationProof(proved=proved, method="The password of shop", evidence=(said,), at=NOW)


def test_every_secret_must_be_shown_to_be_rotated() -> None:
    assert judge_rotations({"a/b": proof(True)}, None).sentence == (
        "1 secret(s) are rotated. The password of shop is rotated: the old password is refused."
    )
    found = judge_rotations({"a/b": proof(True), "c/d": proof(False)}, None)
    assert found.verdict == "refuse"
    assert found.sentence.startswith("Not rotated: c/d. A secret stolen from the old site would open the new one.")
    broken = judge_rotations({"c/d": proof(False)}, "the vault of secrets is gone")
    assert broken.verdict == "go"
    assert "WITHOUT c/d rotated, because: the vault of secrets is gone" in broken.sentence


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"secrets": ["postgresql-role/a"], "evidence": {"cache": "files/x"}}, "there is no component cache"),
        ({}, "no secret is rotated"),
        ({"secrets": ["postgresql-role/a", "postgresql-role/a"]}, "postgresql-role/a is named twice"),
        ({"secrets": ["a/b"], "may_keep": ["c.d"], "may_replace": ["c.d"]}, "may stay as it is and may be replaced"),
    ],
)
def test_what_is_wrong_with_a_plan(section: dict[str, Any], said: str) -> None:
    plan = Plan.model_construct(components={"database": None}, ransomware=RansomwarePolicy.model_validate(section))
    [found] = list(ransomware_is_whole(plan))
    assert said in found.what
    assert not [*ransomware_is_whole(Plan.model_construct(components={}, ransomware=None))]
