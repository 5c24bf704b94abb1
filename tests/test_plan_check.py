"""Whether a plan can work: each check, with what it says."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from plan_fixtures import EXAMPLES, TEXT

from recovery.plan import Plan
from recovery.plan_check import check_plan
from recovery.plan_fault import say_where
from recovery.plan_file import check_file
from recovery.plan_shape import sound_parts
from recovery.plan_tree import Tree


def change(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The example plan's values, some of them changed: path with dots, and the new value."""
    data = Tree(TEXT, {}).data
    for path, value in changes:
        *above, last = path.split(".")
        place = data
        for part in above:
            place = place[int(part) if part.isdigit() else part]
        place[last] = value
    return dict(data)


def component(name: str, **fields: Any) -> dict[str, Any]:
    return {"source": f"files/{name}-a", "restore_to": f"files/{name}-b", "scratch": f"files/{name}-c", **fields}


RING = {"a": component("a", after=["c"]), "b": component("b", after=["a"]), "c": component("c", after=["b"])}
TWO_RINGS = {"a": component("a", after=["a"]), "b": component("b", after=["c"]), "c": component("c", after=["b"])}
KEY, OTHER_KEY = (f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{letter * 42}A" for letter in "AB")
BOTH = [{"name": "ada", "key": KEY}, {"name": "ben", "key": OTHER_KEY}]
HUMAN = ("approval", {"mode": "human", "within": "10m", "approvers": BOTH})
GRAVE = ["incident", "failed", "recovered"]
CASES: list[tuple[list[tuple[str, Any]], str, str, str]] = [
    ([("components.uploads.after", ["databse"])], "components.uploads.after[0]", "no component databse", "database"),
    ([("witness.component", "orders")], "witness.component", "no component orders", "one of database, uploads"),
    ([("components", RING), ("witness.component", "a")], "components", "wait for each other", "the list without"),
    ([("components.database.restore_to", "postgresql/shop-primary")], "components.database.restore_to",
     "postgresql/shop-primary is already the source of database", "a block of its own"),
    ([("components.uploads.scratch", "files/uploads-standby")], "components.uploads.scratch",
     "files/uploads-standby is already the restore target of uploads", "a block of its own"),
    ([("components.uploads.restore_to", "postgresql/shop-primary")], "components.uploads.restore_to",
     "is already the source of database", "at a place that nothing else uses"),
    ([("components.uploads.scratch", "postgresql/shop-scratch")], "components.uploads.scratch",
     "is already the scratch of database", "a block of its own"),
    ([("infrastructure.state_region", "us-east-1")], "infrastructure.state_region",
     "the Terraform state lies in us-east-1, the region that is lost", "another region, such as eu-west-1"),
    ([("backup.vault_region", "US-EAST-1")], "backup.vault_region", "the vault lies in us-east-1", "such as eu-west-1"),
    ([("depends_on", [{"name": "images", "kind": "registry", "region": "us-east-1"}])], "depends_on[0].region",
     "the registry images lies only in us-east-1", "a copy of it as one more entry"),
    ([("depends_on", [{"name": "kms", "kind": "secret", "region": "us-east-1"}])], "depends_on[0].region",
     "the secret kms lies only in us-east-1", "a copy of it"),
    ([("sites.standby.region", "us-east-1")], "sites.standby.region", "has the primary's region", "own region"),
    ([("sites.standby.address", "127.0.0.10")], "sites.standby.address", "primary's address", "standby's own address"),
    ([("sites.standby.url", "http://127.0.0.10:8080/")], "sites.standby.url", "primary's url", "standby's own url"),
    ([("health.probes", [{"name": "a", "path": "/"}])], "health.probes", "no probe writes", "method: POST"),
    ([("alerts.rules", [{"then": "start"}])], "alerts.rules[0].when", "any alert at all would start", "alertname"),
    ([("alerts.rules", [{"then": "note"}, {"when": {"a": "b"}, "then": "open"}])], "alerts.rules[0]",
     "this rule fits every alert", "the last one"),
    ([("alerts.rules", [{"when": {"a": "b"}, "then": "start", "lasting": "20m"}])], "alerts.rules[0].lasting",
     "does not count any more", "less than alerts.counts_for, which is 20 min"),
    ([("alerts.rules", [{"then": "ask"}])], "approval.approvers", "nobody is listed who could approve", "approvers:"),
    ([("health.probes.0.name", "write an order")], "health.probes[1].name", "two probes are named", "another name"),
    ([("health.probes.0.body", {"a": 1})], "health.probes[0].body", "a GET sends no body", "method: POST, or no body"),
    ([("notifications", [])], "notifications", "nobody would hear of a recovery", "[slack-chat/operations]"),
    ([("notifications", []), HUMAN], "notifications", "an approval is awaited", "[slack-chat/operations]"),
    ([("notifications", []), ("monitor.starts_failover", False)], "notifications", "alert starts nothing", "slack"),
    ([("notifications", [{"to": "slack-chat/a", "when": ["note"]}])], "notifications",
     "nobody would hear of: incident, failed, recovered", "when: [incident, failed, recovered]"),
    ([("notifications", [{"to": "slack-chat/a", "when": GRAVE}]), HUMAN], "notifications",
     "nobody would hear of: approval", "when: [approval]"),
    ([("notifications", [{"to": "slack-chat/a", "when": GRAVE}]), ("monitor.starts_failover", False)], "notifications",
     "nobody would hear of: outage", "when: [outage]"),
    ([("notifications", ["slack-chat/a", {"to": "slack-chat/a", "when": "note"}])], "notifications[1]",
     "slack-chat/a stands here twice", "one entry"),
    ([("escalation", [{"after": "5m", "tell": "a/b"}, {"after": "5m", "tell": "a/c"}])], "escalation[1].after",
     "not later than the one before it", "more than 5 min 00 s"),
    ([HUMAN, ("escalation", [{"after": "1h", "tell": "a/b"}])], "escalation[0].after",
     "an approval is not awaited any more", "a longer approval.within"),
    ([("monitor.probes", [{"kind": "tcp"}])], "monitor.probes[0]", "of kind tcp needs port", "{kind: tcp, port"),
    ([("monitor.probes", [{"kind": "postgresql"}])], "monitor.probes[0]", "kind postgresql needs block", "block: ..."),
    ([("monitor.probes", [{"kind": "http", "block": "a/b"}])], "monitor.probes[0].block",
     "of kind http knows no block", "one of path, port"),
    ([("monitor.probes", [{"kind": "dns", "port": 53}])], "monitor.probes[0].port", "no port", "nothing but kind"),
    ([("monitor.silence", "9s")], "monitor.silence", "9.0 s of silence mean nothing yet", "at least 10.0 s"),
    ([("monitor.failures", 2)], "monitor.failures", "2 failed requests would start a failover", "3 or more"),
    ([("objectives.rpo", "49m")], "backup.schedule", "cannot meet the RPO of 49 min 00 s", "objectives.rpo: 50m"),
    ([("backup.schedule", "0 0 29 2 *")], "backup.schedule", "never bring a verified backup", "*/15 * * * *"),
    ([("backup.timezone", "Europe/Berlin")], "backup.schedule", "gets 1 h 50 min old", "timezone: UTC"),
    ([("dns.drain", "5s")], "dns.drain", "before resolvers drop the old address (5.0 s)", "more than 5.0 s"),
    ([("health.within", "14m30s")], "health.within", "health and drain may take 15 min 30 s", "an objectives.rto"),
    ([("monitor.every", "6m"), ("monitor.silence", "1h")], "monitor.failures",
     "noticing the failure may take 18 min 00 s", "less"),
    ([("approval", {"within": "16m", "approvers": BOTH})], "approval.within", "the approval may take 16 min", "less"),
    ([("approval", {"within": "14m", "approvers": BOTH})], "objectives.rto", "the waits alone may take 17 min 01 s",
     "more than 17 min 01 s, or shorter waits"),
    ([("approval", {"within": "5m"})], "approval.approvers", "nobody is listed who could approve", "or mode: policy"),
    ([("approval", {"within": "5m", "approvers": BOTH[:1]})], "approval.approvers", "only ada can approve", "two"),
    ([("approval", {"within": "5m", "approvers": [BOTH[0], {**BOTH[1], "key": KEY}]})], "approval.approvers",
     "two approvers have the same key", "each one's own"),
    ([("approval", {"within": "5m", "approvers": [BOTH[0], {**BOTH[1], "name": "ada"}]})], "approval.approvers",
     "two approvers have the same name", "each one's own"),
    ([("approval", {"within": "5m", "approvers": BOTH, "needed": 3})], "approval.needed", "3 must approve, and 2 can",
     "2 or less"),
    ([("approval", {"within": "5m", "approvers": [BOTH[0], {"name": "ben"}]})], "approval.approvers",
     "ben can neither sign nor give a code", "approval.codes"),
    ([("monitor.of", 2)], "monitor.of", "3 of 2 can never be", "3 or more, or nothing"),
    ([("monitor.passes", 2), ("monitor.passes_of", 1)], "monitor.passes_of", "2 of 1 can never be", "2 or more"),
    ([("automatic", {"quorum": 2})], "automatic.quorum", "2 vantage points must agree, and there are 1", "or more"),
    ([("automatic", {"vantage_points": ["a", "b"], "quorum": 1})], "automatic.quorum", "1 of 2 vantage points may be",
     "2: more than half"),
    ([("automatic", {"vantage_points": ["a", "a", "b"], "quorum": 2})], "automatic.vantage_points", "twice", "once"),
    ([("automatic", {"vantage_points": ["a", "b"], "quorum": 2, "fresh": "1s"})], "automatic.fresh",
     "what is seen every 0.5 s would soon not count", "at least 1.5 s"),
    ([("strategy", "warm-standby")], "strategy", "no component has a replica", "or strategy: pilot-light"),
    ([("components.database.replica", "postgresql-replica/a")], "components.database.replica",
     "a failover by backup-restore never promotes a replica", "strategy: warm-standby, or no replica"),
    ([("strategy", "warm-standby"), ("components.database.replica", "postgresql/shop-primary")],
     "components.database.replica", "postgresql/shop-primary is the source of database", "postgresql-replica/NAME"),
    ([("strategy", "warm-standby"), ("components.database.replica", "files/uploads-standby")],
     "components.database.replica", "files/uploads-standby is the restore_to of uploads", "postgresql-replica/NAME"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "where", "what", "write"), CASES)
def test_each_check(changes: list[tuple[str, Any]], where: str, what: str, write: str) -> None:
    findings = check_plan(Plan.model_validate(change(*changes)))
    assert len(findings) == 1, findings
    (found,) = findings
    assert say_where(found.where).startswith(where)
    assert what in found.what
    assert write in found.write_instead


def test_only_where_both_sites_serve_nothing_has_to_be_fenced() -> None:
    data = change()
    del data["fence"]
    (found,) = check_plan(Plan.model_validate(data))
    assert (found.where, found.what) == (
        ("fence",),
        "nothing keeps writes from the primary while its standby takes them",
    )
    assert check_plan(Plan.model_validate(data | {"strategy": "active-active"})) == []


def test_the_schedule_is_bound_by_the_rpo_only_where_something_is_restored() -> None:
    part = {**change()["components"]["database"], "replica": "postgresql-replica/shop"}
    warm = [("strategy", "warm-standby"), ("objectives.rpo", "1m"), ("components.database", part)]
    assert [each.where for each in check_plan(Plan.model_validate(change(*warm)))] == [("backup", "schedule")]
    assert check_plan(Plan.model_validate(change(*warm, ("components", {"database": part})))) == []
    assert check_plan(Plan.model_validate(change(("strategy", "active-active"), ("objectives.rpo", "1m")))) == []


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_example_plans_have_no_faults(path: Path) -> None:
    assert check_file(path, {}) == []


def test_a_ttl_longer_than_the_rto() -> None:
    findings = check_plan(Plan.model_validate(change(("dns.ttl", "16m"), ("dns.drain", "17m"))))
    found = next(each for each in findings if each.where == ("dns", "ttl"))
    assert found.what == "resolvers may keep the old address for 16 min 00 s, longer than the RTO"
    assert found.write_instead == "far less than 15 min 00 s, such as 30s"


def test_a_ring_is_named_whole_and_in_its_direction() -> None:
    (found,) = check_plan(Plan.model_validate(change(("components", RING), ("witness.component", "a"))))
    names = found.what.removeprefix("components wait for each other: ").split(" after ")
    assert names[0] == names[-1] and set(names) == {"a", "b", "c"}
    assert all(following in RING[waiting]["after"] for waiting, following in pairwise(names))
    assert found.where == ("components", names[0], "after")


def test_every_ring_is_found() -> None:
    findings = check_plan(Plan.model_validate(change(("components", TWO_RINGS), ("witness.component", "a"))))
    assert sorted(len(each.what.split(" after ")) for each in findings) == [2, 3]


def test_something_needed_that_lies_in_both_regions_is_fine() -> None:
    both = [{"name": "images", "kind": "registry", "region": region} for region in ("us-east-1", "eu-west-1")]
    assert check_plan(Plan.model_validate(change(("depends_on", both)))) == []


def test_a_human_who_must_say_yes_may_be_called_after_two_failures() -> None:
    plan = Plan.model_validate(change(HUMAN, ("monitor.failures", 2)))
    assert check_plan(plan) == []
    hasty = plan.model_copy(update={"approval": plan.approval.model_copy(update={"on_timeout": "proceed"})})
    assert [each.where for each in check_plan(hasty)] == [("monitor", "failures")]


def test_the_sound_parts_of_a_faulty_plan_are_checked() -> None:
    data = change(
        ("objectives.rpo", "soon"),
        ("sites.standby.address", "nowhere"),
        ("sites.standby.url", "http://127.0.0.10:8080"),
        ("components.database.source", "no block"),
        ("components.uploads.scratch", "files/uploads-primary"),
        ("infrastructure.state_region", "us-east-1"),
        ("depends_on", ["nothing", {"name": "images", "kind": "registry", "region": "us-east-1"}]),
        ("dns.drain", "1s"),
    )
    where = {say_where(each.where) for each in check_plan(sound_parts(data), partial=True)}
    assert {"sites.standby.url", "components.uploads.scratch", "infrastructure.state_region", "dns.drain"} <= where


@pytest.mark.parametrize("data", [None, [], "text", {}, {"sites": 3}, {"components": {"a": 1}}, {"depends_on": [1]}])
def test_a_plan_of_almost_nothing_is_checked_without_a_traceback(data: Any) -> None:
    assert isinstance(check_plan(sound_parts(data), partial=True), list)
