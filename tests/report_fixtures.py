"""Journals as a failover writes them, with a clock of their own, through the real `Journal`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from recovery.journal import Journal, Kind, Line

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
# Several random texts come to this in real life: whatever somebody typed as a reason or an order's name.
HOSTILE = "<script>alert('x')</script> & | `code` [link](http://x.test)"


class Story:
    """Writes a journal at moments of its own choosing, in seconds after noon."""

    def __init__(self, path: Path) -> None:
        self.path, self.seconds = path, 0.0
        self._journal = Journal(path)

    def at(self, seconds: float) -> str:
        return (NOON + timedelta(seconds=seconds)).isoformat()

    def write(self, kind: Kind, step: str, sentence: str, seconds: float | None = None, **data: Any) -> None:
        with patch("recovery.journal.now", lambda: NOON + timedelta(seconds=self.seconds)):
            self._journal.write(kind, step, sentence, seconds, **data)

    def open(self, dry_run: bool = False, rto: float = 900, rpo: float = 3600, **more: Any) -> None:
        plan = {
            "rto_seconds": rto,
            "rpo_seconds": rpo,
            "owner": "Shop team",
            "primary": {"region": "eu-west-1", "address": "127.0.0.11"},
            "standby": {"region": "eu-central-1", "address": "127.0.0.12"},
        }
        data = {
            "incident": "failover-shop-20261123-120000",
            "application": "shop",
            "plan": plan,
            "dry_run": dry_run,
            "break_glass": None,
            "started_by": "Prefect flow run failover of shop",
            "terraform": "terraform 1.11.4, hashicorp/aws 5.100.0",
        }
        self.write("opened", "failover", "failover of shop", **{**data, **more})
        self.mark("started", self.seconds)

    def mark(self, name: str, at: float | None = None, **data: Any) -> None:
        self.write("mark", name, f"{name}.", at=self.at(self.seconds if at is None else at), **data)

    def begin(self, step: str, sentence: str = "", **data: Any) -> None:
        self.write("intent", step, sentence or f"About to {step}.", **data)

    def end(self, step: str, took: float, sentence: str = "", kind: Kind = "outcome", **data: Any) -> None:
        self.write(kind, step, sentence or f"{step}: done.", took, **data)

    def step(self, step: str, took: float, sentence: str = "", kind: Kind = "outcome", **data: Any) -> None:
        """One step on its own."""
        self.begin(step, attempt=data.pop("attempt", 1))
        self.seconds += took
        self.end(step, took, sentence, kind, **data)

    def look(self, step: str, sentence: str, kind: Kind, **data: Any) -> None:
        """A step that looked, decided, and was left at that."""
        self.seconds += 0.1
        self.end(step, 0.1, sentence, kind, **data)

    @property
    def lines(self) -> tuple[Line, ...]:
        return self._journal.lines


def recovered(path: Path, scale: float = 1.0, **opened: Any) -> Story:
    """All went well, with steps side by side; `scale` stretches every time."""
    story = until_promoted(path, scale, **opened)
    story.step("configure standby", 4.2 * scale, "1 machine(s) configured, 6 change(s) made.")
    probes = [{"name": name, "status": 200, "seconds": 0.012} for name in ("read an order", "write an order")]
    story.step("probe health", 0.9 * scale, "Healthy at the standby.", probes=probes)
    before, after = "127.0.0.11", "127.0.0.12"
    story.step("swap DNS", 0.08 * scale, "Swapped.", before=before, after=after, change="/change/C0291")
    story.begin("probe DNS")
    story.seconds += 5.6 * scale
    story.mark("dns drained")
    story.mark("healthy")
    answers = {"127.0.0.1:5300 (authoritative)": [after], "127.0.0.1:5301 (resolver)": [after]}
    story.end("probe DNS", 5.6 * scale, "Every server answers.", answers=answers, drained_seconds=5.4 * scale)
    story.begin("write report")
    return story


def until_promoted(path: Path, scale: float = 1.0, **opened: Any) -> Story:
    story = Story(path)
    story.seconds = 6.4 * scale
    story.open(**opened)
    story.mark("last seen healthy", 0.0)
    story.mark("detected", 3.1 * scale)
    story.mark("alerted", 5.2 * scale)
    story.step("declare incident", 0.12 * scale, "Incident declared.")
    story.begin("choose backup")
    story.begin("plan Terraform")
    story.seconds += 0.05 * scale
    skipped = ["shop-20261123-115800 is not verified yet"]
    chosen = {"backup": "shop-20261123-115500", "taken_at": story.at(-4), "verified_at": story.at(-2)}
    story.end("choose backup", 0.05 * scale, "The newest proved backup.", passed_over=skipped, **chosen)
    story.seconds += 3.2 * scale
    create = ["aws_instance.shop", "aws_security_group.shop", "aws_ssm_parameter.dsn"]
    changes = {"create": create, "update": [], "destroy": [], "digest": "9f2c71d05be1" * 4}
    story.end("plan Terraform", 3.25 * scale, "3 to create.", **changes)
    story.step("approve", 0.01 * scale, "Approved by the plan's policy.")
    story.mark("approved")
    checks = ["the database refuses connections", "a write was tried and refused", "the network rule is in place"]
    story.step("fence primary", 1.4 * scale, "Fenced.", proved=True, method="network isolation", evidence=checks)
    side_by_side(story, scale)
    loss = {"orders_before": 1204, "orders_recovered": 1187, "lost": 17, "rpo_seconds": 3.1}
    loss |= {"newest_lost_at": story.at(-0.2), "newest_recovered_at": story.at(-3.3)}
    how = "every write acknowledged to a customer was looked up in the recovered data"
    story.write("mark", "data loss", how, **loss, method=how)
    story.step("promote standby", 0.4 * scale, "Restored copies are live.")
    return story


def side_by_side(story: Story, scale: float) -> None:
    """Both restores beside Terraform."""
    begun = story.seconds
    for step in ("restore database", "restore uploads", "apply Terraform"):
        story.begin(step)
    story.seconds = begun + 1.1 * scale
    facts = {"backup": "shop-20261123-115500", "proved": True}
    proof = "Equal to its source: 42 fingerprints match."
    story.end("restore uploads", 1.1 * scale, proof, part="uploads", checked=42, bytes=5_200_000, **facts)
    story.seconds = begun + 9.8 * scale
    proof = "Equal to its source: 14 fingerprints match."
    story.end(
        "restore database", 9.8 * scale, proof, part="database", checked=14, rows=51_204, bytes=52_000_000, **facts
    )
    story.seconds = begun + 12.3 * scale
    story.end("apply Terraform", 12.3 * scale, "The standby's infrastructure stands.")


def unhealthy(path: Path) -> Story:
    """The health probe never turned green, so DNS was left alone."""
    story = until_promoted(path)
    story.step("configure standby", 4.2, "1 machine(s) configured.")
    why = "The standby is not healthy after 120 s: read an order answered 503, not 200. DNS was not swapped."
    story.step("probe health", 120.0, why, kind="failure", error="RecoveryError")
    story.begin("write report")
    return story


def dry(path: Path) -> Story:
    """Every step looked and none acted."""
    story = Story(path)
    story.open(dry_run=True)
    story.look("declare incident", "The primary answers; a real failover would be refused.", "would")
    story.step("choose backup", 0.1, "The newest proved one is shop-1.", backup="shop-1", taken_at=story.at(-60))
    story.step("plan Terraform", 3.0, "Terraform plan: 2 to create.", create=["aws_vpc.a", "aws_instance.b"])
    story.look("fence primary", "Would cut the primary off.", "would", fence="network-fence/shop")
    story.look("restore database", "Would restore database from shop-1.", "would", backup="shop-1")
    story.look("apply Terraform", "The standby already is as its code says.", "found-done")
    story.look("swap DNS", "Would point shop.example.test at 127.0.0.12.", "would", before="127.0.0.11")
    return story


def killed(path: Path) -> Story:
    """The machine died while two steps ran."""
    story = Story(path)
    story.seconds = 5.0
    story.open()
    story.mark("last seen healthy", 0.0)
    story.mark("detected", 3.0)
    story.step("declare incident", 0.2)
    story.step("choose backup", 0.1, backup="shop-1", taken_at=story.at(-7200))
    for step in ("restore database", "apply Terraform", "restore uploads"):
        story.begin(step)
    story.seconds += 2.5
    story.end("restore uploads", 2.5, "Equal to its source.", part="uploads", proved=True, checked=3)
    return story


def crowded(path: Path) -> Story:
    """Forty steps, many very short, some tried again, one name far too long, one text hostile."""
    story = Story(path)
    story.seconds = 1.0
    story.open(break_glass=HOSTILE)
    for name in ("last seen healthy", "detected", "alerted", "approved"):
        story.mark(name, 0.2)
    for number in range(40):
        name = f"step {number:02d}" + (" with a name nobody should ever give to a step of a recovery" * (number == 7))
        for attempt in range(1, 1 + (4 if number % 9 == 3 else 1)):
            last = attempt == (4 if number % 9 == 3 else 1)
            kind: Kind = "outcome" if last else "failure"
            story.step(name, 0.002 if number % 2 else 3.0 + number / 10, HOSTILE, kind, attempt=attempt)
    story.mark("healthy")
    return story


def long(path: Path) -> Story:
    """Eight hours, most of them spent waiting for an approver; both objectives missed."""
    story = recovered(path, scale=1.0, rto=3600, rpo=2)
    slow = Story(path.with_name("long.jsonl"))
    shift = 0.0
    for line in story.lines:
        if line.step == "approve" and line.kind == "outcome":
            shift = 8 * 3600.0
        slow.seconds = (line.at - NOON).total_seconds() + shift
        data = dict(line.data)
        if line.kind == "mark" and line.step != "data loss" and shift:
            data["at"] = slow.at(slow.seconds)
        seconds = line.seconds if line.step != "approve" else shift
        slow.write(line.kind, line.step, line.sentence, seconds, **data)
    return slow


STORIES: dict[str, Callable[[Path], Story]] = {
    "recovered": recovered,
    "unhealthy": unhealthy,
    "dry": dry,
    "killed": killed,
    "crowded": crowded,
    "long": long,
}
